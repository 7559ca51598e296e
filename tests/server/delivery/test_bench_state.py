"""Snapshots and resets: what they hold, and that one tenant's leave the others alone."""

from tests.server.delivery_world import World


def made(world: World) -> list[str]:
    """The ids of the tenant's attempts in the order in which they were made."""
    query = f"after=0&tenant_id={world.tenant}&limit=100"
    found = world.admin.get(f"/sandbox/deliveries?{query}").expect(200).json
    return [one["delivery"]["id"] for one in found["deliveries"]]


def test_a_reset_leaves_no_places_of_attempts_and_a_snapshot_puts_them_back(world: World) -> None:
    [row] = world.executed(world.event(world.flow()))
    snapshot = {"name": world.tenant, "tenant_id": world.tenant}
    world.admin.post("/sandbox/snapshots", snapshot).expect(201)
    world.admin.post("/sandbox/reset", {"tenant_id": world.tenant}).expect(200)
    of_nobody = world.sandbox.store.database.execute(
        "SELECT COUNT(*) FROM made_attempts WHERE delivery_seq NOT IN (SELECT seq FROM deliveries)"
    ).fetchone()
    assert of_nobody == (0,)
    world.admin.post(f"/sandbox/snapshots/{world.tenant}/restore").expect(200)
    assert made(world) == [row["id"]]
