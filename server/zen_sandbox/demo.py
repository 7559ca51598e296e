"""The demo tenant: the resources that the documentation's examples name, and a day of deliveries.

Names that those examples create are left free: the target `production-app-server`, the endpoint
`stripe-production` and the flows `stripe-to-app` and `production-invoice-claims-flow`.
"""

from typing import NamedTuple

from zen_sandbox import scopes
from zen_sandbox.clock import milliseconds
from zen_sandbox.demo_traffic import Traffic, log_attempt
from zen_sandbox.domain import DeliveryFlow, RetryPolicy
from zen_sandbox.store import Store
from zen_sandbox.store.deliveries import Outcome

TENANT_ID = "tnt_demo"
CLUSTER_ID = "plane_dev_us_east_1"
KEY_ID = "key_demo"

_DAY_MS = 24 * 60 * 60 * 1000
_FOUNDED = "2026-07-03T08:50:00.000"
_TRACE_FLOW = "flow_abc123"
_BATCH_FLOW = "flow_orders_to_crm"


class DemoTenant(NamedTuple):
    """What somebody needs to call the API as the demo tenant."""

    tenant_id: str
    token: str


class _Ingester(NamedTuple):
    id: str
    name: str
    type: str


class _Destination(NamedTuple):
    id: str
    name: str
    url: str
    type: str = "webhook"
    status: str = "active"


class _Flow(NamedTuple):
    id: str
    name: str
    source_id: str
    destination_id: str
    policy: RetryPolicy


class _Attempt(NamedTuple):
    delivery_id: str
    evidence_id: str
    outcome: Outcome


class _Trace(NamedTuple):
    event_id: str
    flow_id: str
    body: bytes
    attempts: tuple[_Attempt, ...]


_INGESTERS = (
    _Ingester("ing_abc123", "stripe-payments", "stripe"),
    _Ingester("ingester_stripe", "stripe-invoices", "stripe"),
    _Ingester("ing_shopify", "shopify-store", "shopify"),
    _Ingester("ing_github", "github-organization", "github"),
)
_DESTINATIONS = (
    _Destination("dest_abc123", "app-server", "https://app.example.com/webhooks"),
    _Destination(
        "dest_stripe_prod_us_east_1",
        "stripe-prod-us-east-1",
        "https://claims.example.com/stripe/invoices",
        type="stripe",
    ),
    _Destination("dest_crm", "crm-sync", "https://crm.example.com/hooks/orders"),
    _Destination("dest_warehouse", "warehouse-loader", "https://warehouse.example.com/ingest"),
    _Destination("dest_legacy_erp", "legacy-erp", "https://erp.example.com/notify", status="error"),
    _Destination("dest_archive", "archive", "https://archive.example.com/in", status="disabled"),
)
_FLOWS = (
    _Flow(_TRACE_FLOW, "payments-to-app", "ing_abc123", "dest_abc123", RetryPolicy(2, 60)),
    _Flow(
        "flow_invoices_to_claims",
        "invoices-to-claims",
        "ingester_stripe",
        "dest_stripe_prod_us_east_1",
        RetryPolicy(),
    ),
    _Flow(
        "flow_invoices_to_warehouse",
        "invoices-to-warehouse",
        "ingester_stripe",
        "dest_warehouse",
        RetryPolicy(3, 3600),
    ),
    _Flow(_BATCH_FLOW, "orders-to-crm", "ing_shopify", "dest_crm", RetryPolicy(3, 30)),
    _Flow(
        "flow_orders_to_erp", "orders-to-erp", "ing_shopify", "dest_legacy_erp", RetryPolicy(3, 300)
    ),
    _Flow("flow_pushes_to_app", "pushes-to-app", "ing_github", "dest_abc123", RetryPolicy()),
    _Flow(
        "flow_pushes_to_archive", "pushes-to-archive", "ing_github", "dest_archive", RetryPolicy()
    ),
)
_TRACES = (
    _Trace(
        "evt_abc123",
        _TRACE_FLOW,
        b'{"type":"payment_intent.succeeded","data":{"object":{"amount":4200,"currency":"usd"}}}',
        (
            _Attempt("del_001", "ev_xyz789", Outcome(True, "2026-07-03T10:30:00.000", 200)),
            _Attempt(
                "del_002",
                "ev_xyz790",
                Outcome(False, "2026-07-03T10:31:00.000", 500, "upstream timeout"),
            ),
        ),
    ),
    _Trace(
        "evt_abc130",
        _BATCH_FLOW,
        b'{"type":"orders/create","data":{"id":820982911946154508,"total_price":"199.00"}}',
        (
            _Attempt(
                "del_012",
                "ev_xyz812",
                Outcome(False, "2026-07-03T10:40:00.000", 503, "upstream unavailable"),
            ),
            _Attempt(
                "del_013",
                "ev_xyz813",
                Outcome(False, "2026-07-03T10:40:30.000", 503, "upstream unavailable"),
            ),
            _Attempt(
                "del_014",
                "ev_xyz814",
                Outcome(False, "2026-07-03T10:41:30.000", 503, "upstream unavailable"),
            ),
        ),
    ),
)
"""What the documentation's pages print, and a second failure for a batch of two."""


def fill(store: Store, *, token: str) -> DemoTenant:
    """Makes the demo tenant and all it has, inside the caller's write transaction.

    Everything but the token follows from the store's clock and ids, so two fills of equal ones are
    equal. sqlite3.IntegrityError when the tenant is there already.
    """
    store.clock.not_before(_told_until_ms())  # else one set far back would log new writes before
    now_ms = store.clock.now_ms()
    _create_accounts(store, token, store.at(now_ms))
    fill_data(store, now_ms)
    return DemoTenant(TENANT_ID, token)


def fill_data(store: Store, now_ms: int) -> None:
    """Puts the demo's data into the demo tenant, which is there and has none; none of it later."""
    flows = _create_resources(store)
    for trace in _TRACES:
        _deliver(store, trace)
    disabled = {target.id for target in _DESTINATIONS if target.status == "disabled"}
    served = [flow for flow in flows if flow.destination_id not in disabled]
    Traffic(store, TENANT_ID, served, now_ms).run(max(now_ms - _DAY_MS, _told_until_ms()))


def _create_accounts(store: Store, token: str, now: str) -> None:
    store.accounts.create_tenant(TENANT_ID, "Demo", _FOUNDED)
    store.accounts.create_cluster(TENANT_ID, CLUSTER_ID, _FOUNDED)
    store.accounts.create_api_key(
        KEY_ID, TENANT_ID, token, now, scopes=scopes.EVERYTHING, name="demo"
    )


def _create_resources(store: Store) -> list[DeliveryFlow]:
    founded = milliseconds(_FOUNDED)
    minutes = iter(range(1, 60))

    def next_minute() -> str:
        return store.at(founded + next(minutes) * 60_000)

    for ingester in _INGESTERS:
        store.ingesters.create(
            TENANT_ID, ingester.id, next_minute(), name=ingester.name, type=ingester.type
        )
    for destination_id, name, url, kind, status in _DESTINATIONS:
        store.destinations.create(
            TENANT_ID, destination_id, next_minute(), name=name, url=url, type=kind, status=status
        )
    return [
        store.delivery_flows.create(
            TENANT_ID,
            flow.id,
            next_minute(),
            name=flow.name,
            source_id=flow.source_id,
            destination_id=flow.destination_id,
            policy=flow.policy,
        )
        for flow in _FLOWS
    ]


def _told_until_ms() -> int:
    return milliseconds(_TRACES[-1].attempts[-1].outcome.attempted_at)


def _deliver(store: Store, trace: _Trace) -> None:
    flow = store.delivery_flows.get(TENANT_ID, trace.flow_id)
    received_at = trace.attempts[0].outcome.attempted_at
    store.deliveries.add_event(
        TENANT_ID, trace.event_id, received_at, ingester_id=flow.source_id, body=trace.body
    )
    for number, (delivery_id, evidence_id, outcome) in enumerate(trace.attempts, start=1):
        store.deliveries.queue(
            TENANT_ID,
            delivery_id,
            outcome.attempted_at,
            event_id=trace.event_id,
            flow_id=flow.id,
            destination_id=flow.destination_id,
            evidence_id=evidence_id,
            attempt_number=number,
            for_show=True,
        )
        store.deliveries.finish(TENANT_ID, delivery_id, outcome)
        log_attempt(
            store,
            TENANT_ID,
            milliseconds(outcome.attempted_at),
            outcome,
            attempt=f"attempt {number} of event {trace.event_id}",
            delivery_id=delivery_id,
            source_id=flow.source_id,
        )
