"""Who may do what: the whole matrix of operations and credentials, made from the contract.

And what one tenant can learn of another: nothing. An id of another tenant, wherever it may be put,
is answered byte for byte like one that does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from tests.server import given, snapshots
from tests.server.calls import LISTS, OPERATIONS, SECURED, WRITES, Call, World
from tests.server.client import Answer, Api
from tests.server.harness import Sandbox

RESOURCES = ("destinations", "delivery-flows", "deliveries", "ingesters", "logs")
SINGLE_SCOPES = [
    *(f"{verb}:{resource}" for verb in ("read", "write", "admin") for resource in RESOURCES),
    "read:*",
    "write:*",
    "admin:*",
    "*",
]


@dataclass(frozen=True)
class Credential:
    """A kind of credential: how it is made for a tenant, and whether it is worth anything."""

    make: Callable[[Sandbox, str], str | None]
    is_valid: bool = True
    is_of_another_tenant: bool = False
    scopes: tuple[str, ...] = ("read:*", *(f"admin:{resource}" for resource in RESOURCES))
    holder: str = "API key"


def _of_another(sandbox: Sandbox, kind: str) -> str:
    tenant = sandbox.new_tenant()
    return sandbox.new_key(tenant=tenant) if kind == "api_key" else sandbox.new_jwt(tenant=tenant)


def _of_a_revoked_tenant(sandbox: Sandbox, kind: str) -> str:
    tenant = sandbox.new_tenant()
    make = sandbox.new_key if kind == "api_key" else sandbox.new_jwt
    token = make(tenant=tenant)
    with sandbox.store.database.writing():
        sandbox.store.accounts.revoke_tenant(tenant, sandbox.store.now())
    return token


def _scoped(scope: str, kind: str) -> Credential:
    scopes = (scope,) if scope else ()

    def make(sandbox: Sandbox, tenant: str) -> str:
        issue = sandbox.new_key if kind == "api_key" else sandbox.new_jwt
        return issue(scopes, tenant=tenant)

    return Credential(make, scopes=scopes, holder="API key" if kind == "api_key" else "Token")


def _worthless(make: Callable[[Sandbox, str], str | None]) -> Credential:
    return Credential(make, is_valid=False)


CREDENTIALS = {
    "no token": _worthless(lambda sandbox, tenant: None),
    "malformed": _worthless(lambda sandbox, tenant: "zpk_"),
    "nonsense": _worthless(lambda sandbox, tenant: "x"),
    "unknown": _worthless(lambda sandbox, tenant: "zpk_" + "A" * 43),
    "expired": _worthless(lambda sandbox, tenant: sandbox.new_key(tenant=tenant, state="expired")),
    "revoked": _worthless(lambda sandbox, tenant: sandbox.new_key(tenant=tenant, state="revoked")),
    "of a revoked tenant": _worthless(lambda s, tenant: _of_a_revoked_tenant(s, "api_key")),
    "malformed JWT": _worthless(lambda sandbox, tenant: "eyJhbGciOiJIUzI1NiJ9.e30."),
    "expired JWT": _worthless(lambda sandbox, tenant: sandbox.new_jwt(tenant=tenant, exp=1)),
    "JWT of a revoked tenant": _worthless(lambda s, tenant: _of_a_revoked_tenant(s, "jwt")),
    "JWT of no tenant": _worthless(lambda sandbox, tenant: sandbox.new_jwt(tenant="tnt_none")),
    "another tenant's": Credential(
        lambda sandbox, tenant: _of_another(sandbox, "api_key"), is_of_another_tenant=True
    ),
    "another tenant's JWT": Credential(
        lambda sandbox, tenant: _of_another(sandbox, "jwt"), is_of_another_tenant=True
    ),
    "without scopes": _scoped("", "api_key"),
    "JWT without scopes": _scoped("", "jwt"),
    **{f"only {scope}": _scoped(scope, "api_key") for scope in SINGLE_SCOPES},
    **{f"JWT with only {scope}": _scoped(scope, "jwt") for scope in SINGLE_SCOPES},
}


def allows(scopes: tuple[str, ...], wanted: str) -> bool:
    """Whether the decisions let a credential of these scopes do what needs the wanted one."""
    verb, _, resource = wanted.partition(":")
    if verb == "read":
        return wanted in scopes or "read:*" in scopes
    return wanted in scopes or f"admin:{resource}" in scopes


@pytest.fixture(scope="module")
def world(shared: Sandbox) -> World:
    return World(shared)


@pytest.fixture(scope="module")
def stranger(shared: Sandbox) -> World:
    """Another tenant, with one of everything too."""
    return World(shared)


@pytest.fixture(scope="module")
def tokens(shared: Sandbox, world: World) -> dict[str, str | None]:
    return {name: one.make(shared, world.tenant) for name, one in CREDENTIALS.items()}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("operation_id", SECURED)
def test_every_operation_answers_every_credential_as_it_should(
    world: World, tokens: dict[str, str | None], operation_id: str, credential: str
) -> None:
    it = CREDENTIALS[credential]
    call = world.call(operation_id)
    before = snapshots.resources(world.sandbox, world.tenant)
    answer = call.send(world.sandbox.anonymous(), headers=_authorization(tokens[credential]))
    scope = call.operation.scope or ""
    if not it.is_valid:
        answer.refused("unauthorized")
        sent = tokens[credential] is not None
        assert ('error="invalid_token"' in answer.headers["www-authenticate"]) == sent
    elif it.is_of_another_tenant and "{tenant_id}" in call.operation.path:
        answer.refused("permission-denied", "The credential does not belong to this tenant.")
    elif not allows(it.scopes, scope):
        document = answer.refused("insufficient-scope", f"{it.holder} does not have {scope} scope.")
        assert document["required_scope"] == scope
    else:
        assert answer.status < 300
        return
    assert snapshots.resources(world.sandbox, world.tenant) == before


@pytest.mark.parametrize("operation_id", [n for n, one in OPERATIONS.items() if n not in SECURED])
def test_what_a_sandbox_says_of_itself_needs_no_token(world: World, operation_id: str) -> None:
    call = world.call(operation_id)
    for token in (None, "nonsense"):
        call.send(world.sandbox.anonymous(), headers=_authorization(token)).expect(200)


@pytest.mark.parametrize(
    "operation_id", [n for n, one in SECURED.items() if "{tenant_id}" in one.path]
)
def test_another_tenants_path_is_refused_alike_whether_or_not_the_tenant_exists(
    world: World, stranger: World, operation_id: str
) -> None:
    call = stranger.call(operation_id)
    existing = call.send(world.api)
    absent = call.at(call.path.replace(stranger.tenant, "tnt_none")).send(world.api)
    existing.refused("permission-denied")
    assert_same(existing, absent)


def _authorization(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


# --- what one tenant can learn of another -----------------------------------------------------


def assert_same(one: Answer, two: Answer, id_of_one: str = "", id_of_two: str = "") -> None:
    """Equal in status, headers and bytes, but for the request id and the id that was asked for."""

    def comparable(answer: Answer, asked_for: str) -> tuple[int, dict[str, str], bytes]:
        headers = {**answer.headers, "x-request-id": ""}
        body = answer.body.replace(answer.request_id.encode(), b"")
        if asked_for:
            body = body.replace(asked_for.encode(), b"<id>")
        return answer.status, headers, body

    assert len(id_of_one) == len(id_of_two)
    assert comparable(one, id_of_one) == comparable(two, id_of_two)


def absent_twin(identifier: str) -> str:
    """An id of the same look that nothing has."""
    return identifier[:-4] + ("0000" if not identifier.endswith("0000") else "1111")


def ask_for_foreign_and_absent(
    api: Api, foreign: str, request: Callable[[str], Call], **more: Any
) -> Answer:
    """Both answers must be the same; the one about the foreign id."""
    absent = absent_twin(foreign)
    about_foreign = request(foreign).send(api, **more)
    about_absent = request(absent).send(api, **more)
    assert_same(about_foreign, about_absent, foreign, absent)
    return about_foreign


OBJECT_IDS = ("destination_id", "flow_id", "ingester_id", "delivery_id", "event_id")


@pytest.mark.parametrize(
    "operation_id",
    [n for n, one in SECURED.items() if any("{" + i + "}" in one.path for i in OBJECT_IDS)],
)
def test_another_tenants_id_in_the_path_looks_like_a_missing_one(
    world: World, stranger: World, operation_id: str
) -> None:
    call = world.call(operation_id)
    name = next(one for one in OBJECT_IDS if "{" + one + "}" in call.operation.path)
    before = snapshots.resources(world.sandbox, world.tenant, stranger.tenant)
    answer = ask_for_foreign_and_absent(
        world.api,
        stranger.ids[name],
        lambda one: call.at(world.path(call.operation, **{name: one})),
    )
    answer.refused("not-found")
    assert snapshots.resources(world.sandbox, world.tenant, stranger.tenant) == before


@pytest.mark.parametrize("operation_id", ["listClusterDeliveryFlows", "createClusterDeliveryFlow"])
def test_another_tenants_cluster_looks_like_a_missing_one(world: World, operation_id: str) -> None:
    world.sandbox.new_tenant(clusters=("plane_of_another",))
    call = world.call(operation_id)
    ask_for_foreign_and_absent(
        world.api,
        "plane_of_another",
        lambda one: call.at(world.path(call.operation, cluster_id=one)),
    ).refused("not-found", "Cluster plane_of_another not found.")


@pytest.mark.parametrize("operation_id", ["createDeliveryFlow", "replaceDeliveryFlow"])
@pytest.mark.parametrize("field", ["source_id", "destination_id"])
def test_another_tenants_id_in_a_flow_looks_like_a_missing_one(
    world: World, stranger: World, operation_id: str, field: str
) -> None:
    call = world.call(operation_id)
    foreign = stranger.flow[field]
    answer = ask_for_foreign_and_absent(
        world.api, foreign, lambda one: call.saying({**call.body, field: one})
    )
    answer.refused("validation-error")
    assert field in answer.json["detail"]


def test_another_tenants_target_in_a_recipe_looks_like_a_missing_one(
    world: World, stranger: World
) -> None:
    call = world.call("createClusterDeliveryFlow")

    def targeting(identifier: str, kind: str) -> Call:
        return call.saying({**call.body, "target": {"id": identifier, "type": kind}})

    for kind in ("webhook", "stripe"):
        ask_for_foreign_and_absent(
            world.api, stranger.ids["destination_id"], partial(targeting, kind=kind)
        ).refused("validation-error", "target.id: target not found")


def test_another_tenants_endpoint_in_a_recipe_looks_like_a_missing_one(
    world: World, stranger: World
) -> None:
    call = world.call("createClusterDeliveryFlow")
    source = stranger.ids["ingester_id"]
    ask_for_foreign_and_absent(
        world.api, source, lambda one: call.saying({**call.body, "source": one})
    ).refused("not-found", f"Endpoint {source} not found.")


def test_another_tenants_attempt_in_a_batch_looks_like_a_missing_one(
    world: World, stranger: World
) -> None:
    call = world.call("retryBatch")
    own = call.body["delivery_ids"]
    before = snapshots.resources(world.sandbox, world.tenant, stranger.tenant)
    ask_for_foreign_and_absent(
        world.api,
        stranger.ids["delivery_id"],
        lambda one: call.saying({"delivery_ids": [*own, one]}),
    ).refused("not-found", f"Delivery {stranger.ids['delivery_id']} not found.")
    assert snapshots.resources(world.sandbox, world.tenant, stranger.tenant) == before


@pytest.mark.parametrize(
    ("operation_id", "name", "member"),
    [
        ("listDeliveries", "destination_id", "deliveries"),
        ("listDeliveries", "event_id", None),
        ("listLogs", "source_id", "logs"),
        ("listLogs", "delivery_id", "logs"),
    ],
)
def test_another_tenants_id_in_a_filter_looks_like_a_missing_one(
    world: World, stranger: World, operation_id: str, name: str, member: str | None
) -> None:
    call = world.call(operation_id)
    foreign = stranger.ids["ingester_id" if name == "source_id" else name]
    answer = ask_for_foreign_and_absent(
        world.api, foreign, lambda one: call.at(f"{call.path}?{name}={one}")
    )
    if member:
        assert answer.expect(200).json == {member: []}
    else:
        answer.refused("not-found", f"No deliveries found for event {foreign}.")


@pytest.mark.parametrize("operation_id", LISTS)
def test_another_tenants_cursor_looks_like_a_malformed_one(
    world: World, stranger: World, operation_id: str
) -> None:
    for one in (world, stranger):
        fill(one)
    foreign = stranger.call(operation_id)
    cursor = foreign.at(f"{foreign.path}?limit=1").send(stranger.api).json["next_cursor"]
    own = world.call(operation_id)
    with_foreign = own.at(f"{own.path}?cursor={cursor}").send(world.api)
    with_nonsense = own.at(f"{own.path}?cursor=nonsense").send(world.api)
    with_foreign.refused("validation-error", "cursor: is not a cursor of this list")
    assert_same(with_foreign, with_nonsense)


def fill(world: World) -> None:
    """At least two rows in every list."""
    for _ in range(2):
        given.flow(world.api)
        given.failed_event(world.sandbox, world.tenant)


@pytest.mark.parametrize("operation_id", LISTS)
def test_a_list_holds_only_the_tenants_own_rows(
    world: World, stranger: World, operation_id: str
) -> None:
    fill(world)
    fill(stranger)
    operation = LISTS[operation_id]
    schema = operation.responses["200"]["content"]["application/json"]["schema"]
    member = schema["required"][0]
    own = {row["id"] for row in world.api.walk(world.path(operation), member)}
    foreign = {row["id"] for row in stranger.api.walk(stranger.path(operation), member)}
    assert own
    assert foreign
    assert not own & foreign


@pytest.mark.parametrize("operation_id", WRITES)
def test_another_tenants_idempotency_key_is_free(
    world: World, stranger: World, operation_id: str
) -> None:
    key = given.name("key")
    for one in (world, stranger):
        answer = one.call(operation_id).send(one.api, key=key)
        assert answer.status < 300
        assert not answer.is_replay


def test_names_of_another_tenant_are_free(world: World, stranger: World) -> None:
    name = given.name("shared")
    for one in (world, stranger):
        target, source = given.destination(one.api, name=name), given.ingester(one.api, name=name)
        given.flow(one.api, name=name, destination_id=target["id"], source_id=source["id"])
