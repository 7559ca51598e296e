"""What one tenant's test bench holds is its own; and accounts are made as on the command line."""

from typing import Any

import pytest

from tests.server import given
from tests.server.client import Api
from tests.server.harness import CLUSTER, Sandbox


class Tenant:
    """A tenant with a client of its own, beside others."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.id = sandbox.new_tenant()
        self.admin = sandbox.admin()
        self.api = sandbox.api(tenant=self.id)

    def move(self, action: str, **more: Any) -> dict[str, Any]:
        body = {"tenant_id": self.id, "action": action, **more}
        [clock] = self.admin.post("/sandbox/clock", body).expect(200).json["clocks"]
        return dict(clock)

    def clock(self) -> dict[str, Any]:
        path = f"/sandbox/clock?tenant_id={self.id}"
        [clock] = self.admin.get(path).expect(200).json["clocks"]
        return dict(clock)

    def fault(self, **members: Any) -> None:
        body = {"side": "api", "kind": "status", "status": 503, "tenant_id": self.id, **members}
        self.admin.post("/sandbox/faults", body).expect(201)

    def listed(self, kind: str) -> list[dict[str, Any]]:
        found = self.admin.get(f"/sandbox/{kind}?tenant_id={self.id}").expect(200).json[kind]
        return [one for one in found if one.get("tenant_id") == self.id]

    def names(self) -> set[str]:
        found = self.api.walk(self.api.at("destinations"), "destinations")
        return {one["name"] for one in found}


@pytest.fixture
def one(delivering: Sandbox) -> Tenant:
    return Tenant(delivering)


@pytest.fixture
def other(delivering: Sandbox) -> Tenant:
    return Tenant(delivering)


def test_a_clock_that_is_moved_or_frozen_is_one_tenants(one: Tenant, other: Tenant) -> None:
    before = other.clock()["now"]
    one.move("advance", seconds=10 * 86_400)
    frozen = one.move("freeze")
    created = given.destination(other.api)["created_at"]
    assert before <= created < frozen["now"]
    assert not other.clock()["frozen"]
    assert given.destination(one.api)["created_at"] == frozen["now"] == one.clock()["now"]


def test_a_fault_strikes_its_tenant_only_and_ends_with_it_alone(one: Tenant, other: Tenant) -> None:
    one.fault()
    other.fault(operation_id="listDestinations")
    one.api.get(one.api.at("ingesters")).refused("service-unavailable")
    other.api.get(other.api.at("ingesters")).expect(200)
    one.admin.delete(f"/sandbox/faults?tenant_id={one.id}").expect(204)
    one.api.get(one.api.at("destinations")).expect(200)
    other.api.get(other.api.at("destinations")).refused("service-unavailable")
    assert [len(tenant.listed("faults")) for tenant in (one, other)] == [0, 1]


def test_a_tenants_fault_strikes_the_events_of_its_endpoints(one: Tenant, other: Tenant) -> None:
    hooks = [f"/hooks/{given.ingester(tenant.api)['id']}" for tenant in (one, other)]
    one.fault(operation_id="ingestEvent", count=1)
    provider = one.sandbox.anonymous()
    provider.post(hooks[1], {}).expect(202)
    provider.post(hooks[0], {}).refused("service-unavailable")
    provider.post(hooks[0], {}).expect(202)


def test_a_fault_for_everybody_leaves_the_test_bench_itself_alone(tmp_path: Any) -> None:
    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        api, admin = sandbox.api(), sandbox.admin()
        everywhere = {"side": "api", "kind": "drop"}
        admin.post("/sandbox/faults", everywhere).expect(201)
        admin.get("/health").expect(200)
        assert_dropped(api)
        admin.post(
            "/sandbox/faults",
            {"side": "api", "kind": "status", "status": 500, "operation_id": "getHealth"},
        ).expect(201)
        admin.get("/health").refused("internal-error")
        admin.delete("/sandbox/faults").expect(204)
        api.get(api.at("destinations")).expect(200)


def assert_dropped(api: Api) -> None:
    """That a request gets no answer."""
    with pytest.raises(ConnectionError):
        api.get(api.at("destinations"))


def test_a_receiver_ends_with_its_tenants_reset_and_not_with_anothers(
    one: Tenant, other: Tenant
) -> None:
    for tenant in (one, other):
        body = {"name": f"receiver-of-{tenant.id}", "tenant_id": tenant.id}
        url = tenant.admin.post("/sandbox/receivers", body).expect(201).json["url"]
        tenant.sandbox.anonymous().post(url.removeprefix(tenant.sandbox.base_url), {}).expect(200)
    one.admin.post("/sandbox/reset", {"tenant_id": one.id}).expect(200)
    assert one.listed("receivers") == []
    assert [receiver["received"] for receiver in other.listed("receivers")] == [1]


def test_a_snapshot_of_all_is_restored_for_one_tenant_alone(one: Tenant, other: Tenant) -> None:
    for tenant in (one, other):
        given.destination(tenant.api, name="before")
    name = given.name("snapshot")
    taken = one.admin.post("/sandbox/snapshots", {"name": name}).expect(201).json
    assert {one.id, other.id} <= set(taken["tenants"])
    for tenant in (one, other):
        given.destination(tenant.api, name="after")
    path = f"/sandbox/snapshots/{name}/restore?tenant_id={one.id}"
    assert one.admin.post(path).expect(200).json["tenants"] == [one.id]
    assert one.names() == {"before"}
    assert other.names() == {"before", "after"}


def test_a_snapshot_of_one_tenant_holds_nothing_of_another(one: Tenant, other: Tenant) -> None:
    name = given.name("snapshot")
    one.admin.post("/sandbox/snapshots", {"name": name, "tenant_id": one.id}).expect(201)
    path = f"/sandbox/snapshots/{name}/restore?tenant_id={other.id}"
    one.admin.post(path).refused(
        "not-found", f"Snapshot {name} holds nothing of tenant {other.id}."
    )


@pytest.mark.parametrize("to", ["empty", "demo"])
def test_a_reset_of_all_takes_everything_and_brings_the_demo_back_if_asked(
    tmp_path: Any, to: str
) -> None:
    from zen_sandbox import demo

    with Sandbox(tmp_path / "sandbox.db") as sandbox:
        with sandbox.store.database.writing():
            demo.fill(sandbox.store, token="zpk_a-demo-key-of-this-test")
        visitor = sandbox.api(token="zpk_a-demo-key-of-this-test", tenant=demo.TENANT_ID)
        before = len(visitor.walk(visitor.at("destinations"), "destinations"))
        api, admin = sandbox.api(), sandbox.admin()
        given.destination(api)
        admin.post("/sandbox/faults", {"side": "api", "kind": "drop", "count": 9}).expect(201)
        admin.post("/sandbox/receivers", {"name": "of-nobody"}).expect(201)
        done = admin.post("/sandbox/reset", {"to": to}).expect(200).json
        assert set(done["tenants"]) == {"tnt_a", "tnt_b", demo.TENANT_ID}
        assert admin.get("/sandbox/faults").json["faults"] == []
        assert admin.get("/sandbox/receivers").json["receivers"] == []
        assert api.walk(api.at("destinations"), "destinations") == []
        left = len(visitor.walk(visitor.at("destinations"), "destinations"))
        assert left == (before if to == "demo" else 0)


def test_a_key_without_scopes_given_does_everything_and_with_none_nothing(one: Tenant) -> None:
    everything = one.admin.post("/sandbox/keys", {"tenant_id": one.id}).expect(201).json
    api = one.sandbox.api(token=everything["api_key"], tenant=one.id)
    given.destination(api)
    api.get("/v1/logs").expect(200)
    body: dict[str, Any] = {"tenant_id": one.id, "scopes": []}
    nothing = one.admin.post("/sandbox/keys", body).expect(201).json
    api = one.sandbox.api(token=nothing["api_key"], tenant=one.id)
    api.get("/v1/logs").refused("insufficient-scope")


def test_a_key_says_whether_it_is_valid_by_the_tenants_clock(one: Tenant) -> None:
    body = {"tenant_id": one.id, "name": "an hour", "expires_in": 3600}
    made = one.admin.post("/sandbox/keys", body).expect(201).json
    path = f"/sandbox/keys?tenant_id={one.id}"

    def state() -> str:
        found = one.admin.get(path).expect(200).json["keys"]
        return str({key["key_id"]: key["state"] for key in found}[made["key_id"]])

    assert made["state"] == state() == "valid"
    one.move("advance", seconds=3600)
    assert state() == "expired"
    one.sandbox.api(token=made["api_key"], tenant=one.id).get("/v1/logs").refused("unauthorized")
    one.admin.delete(f"/sandbox/keys/{made['key_id']}").expect(204)
    assert state() == "revoked"


def test_a_cluster_serves_the_recipes_paths_until_it_is_revoked(one: Tenant) -> None:
    clusters = f"/sandbox/tenants/{one.id}/clusters"
    made = one.admin.post(clusters, {"cluster_id": "plane_new"}).expect(201)
    recipe = f"/tenants/{one.id}/clusters/plane_new/delivery-flows"
    one.api.get(recipe).expect(200)
    listed = one.admin.get(clusters).expect(200).json["clusters"]
    assert [cluster["cluster_id"] for cluster in listed] == [CLUSTER, "plane_new"]
    one.admin.delete(made.headers["location"]).expect(204)
    one.api.get(recipe).refused("not-found", "Cluster plane_new not found.")
