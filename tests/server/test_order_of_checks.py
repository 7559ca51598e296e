"""Which check answers when a request fails several: every pair of checks, and all from one on.

A fault is a change of a request that fails one check by itself; two faults of one request change
different parts of it, so that both are there.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from limits import parse

from tests.server import given, snapshots
from tests.server.calls import World
from tests.server.client import Answer
from tests.server.harness import Sandbox
from zen_sandbox.settings import Settings

MIB = 1024 * 1024
ORDER = [
    "unknown path",
    "wrong method",
    "no token",
    "rate limit",
    "another tenant",
    "no scope",
    "too large",
    "media type",
    "not valid",
    "key reused",
    "unknown reference",
    "missing",
    "conflict",
]
SLUGS = {
    "unknown path": "not-found",
    "wrong method": "method-not-allowed",
    "no token": "unauthorized",
    "rate limit": "rate-limit-exceeded",
    "another tenant": "permission-denied",
    "no scope": "insufficient-scope",
    "too large": "payload-too-large",
    "media type": "unsupported-media-type",
    "not valid": "validation-error",
    "key reused": "idempotency-conflict",
    "unknown reference": "validation-error",
    "missing": "not-found",
    "conflict": "conflict",
}
# Of equal rank: either may answer.
EQUAL = [{"unknown path", "wrong method"}, {"too large", "media type"}]


@dataclass(frozen=True)
class Draft:
    """A request in parts, each of which one fault changes."""

    method: str
    place: str  # with {tenant} and {id}
    tenant: str
    token: str | None
    id: str = ""
    tail: str = ""
    key: str | None = None
    content_type: str = "application/json"
    padding: int = 0
    body: dict[str, Any] = field(default_factory=dict)

    def saying(self, **fields: Any) -> "Draft":
        """With these fields in the body."""
        return replace(self, body={**self.body, **fields})


class Ground:
    """A tenant with what the faults need, on a server of its choice."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.world = World(sandbox)
        self.sandbox = sandbox
        self.stranger = sandbox.new_tenant()
        self.reader = sandbox.new_key(["read:*"], tenant=self.world.tenant)
        api = self.world.api
        self.used_key = given.name("key")
        api.post(api.at("ingesters"), given.ingester_body(), key=self.used_key).expect(201)
        ends = {key: self.world.flow[key] for key in ("source_id", "destination_id")}
        self.flow, self.other_flow = (given.flow(api, **ends) for _ in range(2))
        self.target, self.other_target = (given.destination(api) for _ in range(2))
        self.source, self.other_source = (given.ingester(api) for _ in range(2))
        _, self.delivery = given.failed_event(sandbox, self.world.tenant)
        event_id, self.went_on = given.failed_event(sandbox, self.world.tenant)
        given.attempt(sandbox, self.world.tenant, event_id, number=2, ending="queued")

    def send(self, draft: Draft) -> Answer:
        """Asks for it."""
        path = draft.place.format(tenant=draft.tenant, id=draft.id) + draft.tail
        headers = {"Authorization": f"Bearer {draft.token}"} if draft.token else {}
        data = None
        if draft.body or draft.padding:
            data = json.dumps(draft.body).encode() + b" " * draft.padding
            headers["Content-Type"] = draft.content_type
        elif draft.content_type != "application/json":
            data, headers["Content-Type"] = b"{}", draft.content_type
        client = self.sandbox.anonymous()
        return client.request(draft.method, path, data=data, headers=headers, key=draft.key)


Fault = Callable[[Draft, Ground], Draft]

ANYWHERE: dict[str, Fault] = {
    "unknown path": lambda draft, ground: replace(draft, tail="/no/such/path"),
    "wrong method": lambda draft, ground: replace(draft, method="TRACE"),
    "no token": lambda draft, ground: replace(draft, token=None),
    "another tenant": lambda draft, ground: replace(draft, tenant=ground.stranger),
    "no scope": lambda draft, ground: replace(draft, token=ground.reader),
    "key reused": lambda draft, ground: replace(draft, key=ground.used_key),
}
WITH_A_BODY: dict[str, Fault] = {
    **ANYWHERE,
    "too large": lambda draft, ground: replace(draft, padding=MIB),
    "media type": lambda draft, ground: replace(draft, content_type="text/plain"),
    "not valid": lambda draft, ground: draft.saying(colour="red"),
}


def _missing(draft: Draft, ground: Ground) -> Draft:
    return replace(draft, id="missing")


def _flow_name_taken(draft: Draft, ground: Ground) -> Draft:
    return draft.saying(name=ground.other_flow["name"])


@dataclass(frozen=True)
class Case:
    """One operation: its good request and the faults it can have."""

    draft: Callable[[Ground], Draft]
    faults: dict[str, Fault]


def _draft(ground: Ground, method: str, tail: str, **more: Any) -> Draft:
    token = ground.world.api.token
    return Draft(method, f"/v1/tenants/{{tenant}}/{tail}", ground.world.tenant, token, **more)


def _flow_body(ground: Ground) -> dict[str, Any]:
    flow = ground.world.flow
    ends = {key: flow[key] for key in ("source_id", "destination_id")}
    return {"name": given.name("flow"), **ends}


def _recipe(ground: Ground) -> Draft:
    flow = ground.world.flow
    return Draft(
        "POST",
        "/tenants/{tenant}/clusters/{id}/delivery-flows",
        ground.world.tenant,
        ground.world.api.token,
        id="plane_1",
        body={
            "name": given.name("flow"),
            "source": flow["source_id"],
            "target": {"id": flow["destination_id"], "type": "webhook"},
        },
    )


CASES = {
    "replaceDeliveryFlow": Case(
        lambda g: _draft(g, "PUT", "delivery-flows/{id}", id=g.flow["id"], body=_flow_body(g)),
        {
            **WITH_A_BODY,
            "unknown reference": lambda draft, ground: draft.saying(source_id="ing_none"),
            "missing": _missing,
            "conflict": _flow_name_taken,
        },
    ),
    "createDeliveryFlow": Case(
        lambda g: _draft(g, "POST", "delivery-flows", body=_flow_body(g)),
        {
            **WITH_A_BODY,
            "unknown reference": lambda draft, ground: draft.saying(destination_id="dest_none"),
            "conflict": _flow_name_taken,
        },
    ),
    "createClusterDeliveryFlow": Case(
        _recipe,
        {
            **WITH_A_BODY,
            "unknown reference": lambda draft, ground: draft.saying(
                target={"id": "dest_none", "type": "webhook"}
            ),
            "missing": _missing,
            "conflict": _flow_name_taken,
        },
    ),
    "createClusterDeliveryFlow, other faults": Case(
        _recipe,
        {
            "unknown reference": lambda draft, ground: draft.saying(
                target={**draft.body["target"], "type": "stripe"}
            ),
            "missing": lambda draft, ground: draft.saying(source="ing_none"),
            "conflict": _flow_name_taken,
        },
    ),
    "updateDestination": Case(
        lambda g: _draft(
            g, "PATCH", "destinations/{id}", id=g.target["id"], body={"name": given.name("target")}
        ),
        {
            **WITH_A_BODY,
            "missing": _missing,
            "conflict": lambda draft, ground: draft.saying(name=ground.other_target["name"]),
        },
    ),
    "replaceIngester": Case(
        lambda g: _draft(g, "PUT", "ingesters/{id}", id=g.source["id"], body=given.ingester_body()),
        {
            **WITH_A_BODY,
            "missing": _missing,
            "conflict": lambda draft, ground: draft.saying(name=ground.other_source["name"]),
        },
    ),
    "createDestination": Case(
        lambda g: _draft(g, "POST", "destinations", body=given.destination_body()),
        {
            **WITH_A_BODY,
            "conflict": lambda draft, ground: draft.saying(name=ground.other_target["name"]),
        },
    ),
    "deleteDestination": Case(
        lambda g: _draft(g, "DELETE", "destinations/{id}", id=given.destination(g.world.api)["id"]),
        {
            **ANYWHERE,
            "not valid": lambda draft, ground: replace(draft, id="a.b"),
            "conflict": lambda draft, ground: replace(
                draft, id=ground.world.flow["destination_id"]
            ),
        },
    ),
    "retryBatch": Case(
        lambda g: _draft(g, "POST", "retry/batch", body={"delivery_ids": [g.delivery]}),
        {
            **WITH_A_BODY,
            "missing": lambda draft, ground: draft.saying(
                delivery_ids=[*draft.body["delivery_ids"], "dlv_none"]
            ),
            "conflict": lambda draft, ground: draft.saying(
                delivery_ids=[*draft.body["delivery_ids"], ground.went_on]
            ),
        },
    ),
}


@pytest.fixture(scope="module")
def ground(shared: Sandbox) -> Ground:
    return Ground(shared)


def expected_of(*faults: str) -> set[str]:
    """The faults that may be answered for."""
    first = min(faults, key=ORDER.index)
    for equal in EQUAL:
        if first in equal:
            return equal & set(faults)
    return {first}


def assert_answered_for(ground: Ground, case: str, *faults: str) -> None:
    """Asks for a request with these faults, and looks which of them the answer is about."""
    draft = CASES[case].draft(ground)
    # The later check's fault first: of two faults of one part the earlier check's stays.
    for name in sorted(faults, key=ORDER.index, reverse=True):
        draft = CASES[case].faults[name](draft, ground)
    before = snapshots.resources(ground.sandbox, ground.world.tenant)
    answer = ground.send(draft)
    slug = answer.json["type"].rsplit("/", 1)[1]
    expected = expected_of(*faults)
    assert slug in {SLUGS[name] for name in expected}, f"{answer.json} for {faults}"
    if slug == "validation-error":
        is_reference = (
            "not found" in answer.json["detail"] or "target.type" in answer.json["detail"]
        )
        assert is_reference == ("unknown reference" in expected)
    if slug == "not-found":
        is_path = answer.json["detail"] == "There is nothing at this path."
        assert is_path == ("unknown path" in expected)
    assert snapshots.resources(ground.sandbox, ground.world.tenant) == before


PAIRS = [
    (case, one, two)
    for case, it in CASES.items()
    for one, two in itertools.combinations([name for name in ORDER if name in it.faults], 2)
]


@pytest.mark.parametrize(
    ("case", "fault"), [(case, fault) for case, it in CASES.items() for fault in it.faults]
)
def test_each_fault_fails_its_check_by_itself(ground: Ground, case: str, fault: str) -> None:
    assert_answered_for(ground, case, fault)


@pytest.mark.parametrize(("case", "one", "two"), PAIRS)
def test_of_two_faults_the_earlier_check_answers(
    ground: Ground, case: str, one: str, two: str
) -> None:
    assert_answered_for(ground, case, one, two)


@pytest.mark.parametrize(
    ("case", "first"), [(case, fault) for case, it in CASES.items() for fault in it.faults]
)
def test_of_all_faults_from_one_check_on_that_check_answers(
    ground: Ground, case: str, first: str
) -> None:
    later = [name for name in ORDER if name in CASES[case].faults]
    assert_answered_for(ground, case, *later[later.index(first) :])


@pytest.mark.parametrize("case", CASES)
def test_a_request_without_a_fault_succeeds(ground: Ground, case: str) -> None:
    if case == "retryBatch":
        ground.delivery = given.failed_event(ground.sandbox, ground.world.tenant)[1]
    assert ground.send(CASES[case].draft(ground)).status < 300
    if case == "retryBatch":
        ground.delivery = given.failed_event(ground.sandbox, ground.world.tenant)[1]


def test_a_remembered_answer_comes_before_what_is_true_now(ground: Ground) -> None:
    api = ground.world.api
    key, body = given.name("key"), given.destination_body()
    made = api.post(api.at("destinations"), body, key=key).expect(201)
    api.delete(api.at("destinations", made.json["id"])).expect(204)
    again = api.post(api.at("destinations"), body, key=key).expect(201)
    assert again.is_replay
    assert again.body == made.body


# --- the rate limit, on a server that has one ---------------------------------------------------


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A tenant that has used up its requests."""
    settings = Settings(rate_limit=parse("50/hour"))
    with Sandbox(tmp_path_factory.mktemp("limited") / "sandbox.db", settings) as sandbox:
        ground = Ground(sandbox)
        api = ground.world.api
        while api.get(api.at("destinations")).status != 429:
            pass
        yield ground


EARLIER = ("unknown path", "wrong method", "no token")
LIMITED_CASE = "replaceDeliveryFlow"


@pytest.mark.parametrize("fault", [None, *CASES[LIMITED_CASE].faults])
def test_the_rate_limit_comes_after_the_token_and_before_the_tenant(
    limited: Ground, fault: str | None
) -> None:
    case = CASES[LIMITED_CASE]
    draft = case.draft(limited)
    if fault is not None:
        draft = case.faults[fault](draft, limited)
    limited.send(draft).refused(SLUGS[fault] if fault in EARLIER else SLUGS["rate limit"])


def test_reads_are_checked_in_the_same_order(ground: Ground, shared: Sandbox) -> None:
    world = ground.world
    bad_query = "?limit=0"
    missing = f"/v1/tenants/{world.tenant}/deliveries?event_id=missing&limit=0"
    writer = shared.api(["write:deliveries"], tenant=world.tenant)
    foreign = shared.api([], tenant=ground.stranger)
    path = world.api.at("deliveries") + bad_query
    shared.anonymous().get(path).refused("unauthorized")
    foreign.get(path).refused("permission-denied")
    writer.get(path).refused("insufficient-scope")
    world.api.get(missing).invalid("limit")
    world.api.get(world.api.cluster("missing") + bad_query).invalid("limit")
    world.api.get(world.api.cluster("missing") + "?cursor=x").invalid("cursor")
    world.api.get(missing.replace("limit=0", "cursor=x")).invalid("cursor")
