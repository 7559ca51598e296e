"""What is in a database, as a value, so that "nothing changed" can be said of a request."""

from typing import Any

from tests.server.harness import Sandbox

RESOURCES = (
    "destinations",
    "delivery_flows",
    "ingesters",
    "events",
    "deliveries",
    "clusters",
    "idempotency",
)

Rows = dict[str, list[tuple[Any, ...]]]


def resources(sandbox: Sandbox, *tenants: str) -> Rows:
    """Every row of these tenants but the log's, by table."""
    marks = ", ".join("?" * len(tenants))
    return {
        table: sandbox.store.database.execute(
            f"SELECT * FROM {table} WHERE tenant_id IN ({marks}) ORDER BY 1, 2", tenants
        ).fetchall()
        for table in RESOURCES
    }


def log(sandbox: Sandbox, tenant: str) -> list[dict[str, Any]]:
    """The tenant's log, oldest first, column by column."""
    rows = sandbox.store.database.execute(
        "SELECT * FROM logs WHERE tenant_id = ? ORDER BY seq", (tenant,)
    )
    names = [column[0] for column in rows.description]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
