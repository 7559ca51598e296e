"""Paths and methods: what is served, what is a 404, what is a 405."""

import pytest

from zen_conformance import contract
from zen_conformance.check import requirement
from zen_conformance.operation_cases import (
    READS,
    each_operation,
    must_be_offered,
    must_be_served,
    standing_request,
    taken,
    valid_request,
)
from zen_conformance.provocations import METHODS, documented_methods, filled
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant

PATHS = tuple(documented_methods())
_OFF_THE_PATTERN = (
    "-zc",
    "_zc",
    "a" * 65,
    "zc.dot",
    "zc space",
    "zc/slash",
    "zc'quote",
    "zc:colon",
    "zé",
    "zc\0",
    "zc\n",
    "%",
    "*",
)


@requirement("ROUTE-001")
@each_operation()
def test_each_operation_is_served(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    answer = api.call(operation_id, **valid_request(api, operation_id))
    answer.expect(*taken(operation_id))


@requirement("ROUTE-002")
@pytest.mark.parametrize("path", PATHS)
def test_a_path_beside_one_of_the_contract_is_unknown(suite: Suite, api: Tenant, path: str) -> None:
    known = filled(suite, path)
    head, _, last = known.rpartition("/")
    beside = [
        f"{known}/zc-nothing/zc-here",
        f"/zc{known}",
        known.replace("/v1/", "/v2/") if known.startswith("/v1/") else f"/v2{known}",
        known.replace("tenants", "zc-tenants") if "tenants" in known else f"{head}/zc-{last}",
    ]
    if not path.endswith("}"):
        beside += [f"{known}x", f"{head}/zc-{last}", f"{head}/{last.upper()}"]
    for one in beside:
        for method in METHODS:
            api.raw(method, one).expect(404)


@requirement("ROUTE-002")
@pytest.mark.parametrize(
    "path",
    ["/v1/zc-nothing", "/zc-nothing", "/v1/tenants/{t}/zc-nothing", "/tenants/{t}/zc", "/v1"],
)
def test_a_path_of_nothing_is_unknown(api: Tenant, path: str) -> None:
    for method in METHODS:
        api.raw(method, path.replace("{t}", api.id)).expect(404)


@requirement("ROUTE-003")
@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_not_allowed(suite: Suite, api: Tenant, path: str) -> None:
    for method in METHODS:
        if method not in documented_methods()[path]:
            api.raw(method, filled(suite, path)).expect(405)
            body = b'{"name":"zc"}'
            headers = [("Content-Type", "application/json")]
            api.raw(method, filled(suite, path), headers, body).expect(405)


@requirement("ROUTE-004")
@pytest.mark.parametrize("path", PATHS)
def test_a_405_names_the_methods_there_are(suite: Suite, api: Tenant, path: str) -> None:
    known = documented_methods()[path]
    for method in METHODS:
        if method not in known:
            answer = api.raw(method, filled(suite, path)).precondition(405)
            said = {one.strip() for one in (answer.header("Allow") or "").split(",")}
            answer.must(known <= said, f"Allow is {answer.header('Allow')!r}")
            answer.must(method not in said, f"Allow names {method}, which is refused")


@requirement("ROUTE-005")
@each_operation(READS)
def test_head_is_answered_as_get_or_not_at_all(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    ids = standing_request(api, operation_id)["ids"]
    one = contract.operation(operation_id)
    cluster = {"cluster_id": ids["cluster_id"]} if "cluster_id" in ids else {}
    path = contract.path(one, {"tenant_id": api.id, **ids, **cluster})
    bare = suite.target.credential("primary", scopes=frozenset())
    for asking in (api, *map(api.using, (None, bare, suite.other.credential))):
        got = asking.raw("GET", path)
        answer = asking.raw("HEAD", path)
        answer.expect(got.status, 405, why="GET is answered so")
        answer.must(answer.body == b"", "the answer to HEAD has a body")
        if answer.status != 405:
            same = answer.received.media_type in ("", got.received.media_type)
            answer.must(same, f"HEAD is {answer.header('Content-Type')!r}, GET is not")


@requirement("ROUTE-005")
@pytest.mark.parametrize("path", PATHS)
def test_options_is_a_success_or_not_allowed(suite: Suite, api: Tenant, path: str) -> None:
    answer = api.raw("OPTIONS", filled(suite, path))
    fits = 200 <= answer.status < 300 or answer.status == 405
    answer.must(fits, f"{answer.asked} answered {answer.summary()} instead of 2xx or 405")


def _id_cases() -> list[tuple[str, str]]:
    return [
        (one.operation_id, parameter["name"])
        for one in contract.operations()
        for parameter in one.parameters
        if parameter["in"] == "path" and parameter["name"] != "tenant_id"
    ]


@requirement("ROUTE-006")
@pytest.mark.parametrize(("operation_id", "name"), _id_cases())
def test_an_id_off_the_pattern_finds_nothing(
    suite: Suite, api: Tenant, operation_id: str, name: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for value in _OFF_THE_PATTERN:
        ids = {**arguments["ids"], name: value}
        answer = api.call(operation_id, **{**arguments, "ids": ids})
        if answer.status >= 500:  # it may not be served at all
            must_be_served(api.call(operation_id, **arguments), api, operation_id)
        answer.expect(400, 404, why=f"{name} was {value!r}")


@requirement("ROUTE-006")
@each_operation(name for name in READS if name != "listLogs")
def test_a_tenant_off_the_pattern_is_not_served(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    for value in _OFF_THE_PATTERN:
        ids = {**arguments["ids"], "tenant_id": value}
        answer = api.call(operation_id, **{**arguments, "ids": ids})
        answer.expect(400, 403, 404, why=f"tenant_id was {value!r}")


@requirement("ROUTE-002")
@each_operation(READS)
def test_a_path_with_a_slash_at_its_end_is_another(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    path = contract.path(
        contract.operation(operation_id), {"tenant_id": api.id, **arguments["ids"]}
    )
    answer = api.raw("GET", f"{path}/")
    answer.must(answer.status >= 300, f"{answer.asked} is served as the path without the slash")


@requirement("ROUTE-002")
@each_operation(READS)
def test_a_path_with_an_empty_segment_is_another(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    arguments = standing_request(api, operation_id)
    path = contract.path(
        contract.operation(operation_id), {"tenant_id": api.id, **arguments["ids"]}
    )
    segments = path.split("/")[1:]
    for at in range(1, len(segments)):
        doubled = "/".join(["", *segments[:at], "", *segments[at:]])
        answer = api.raw("GET", doubled)
        answer.must(answer.status >= 300, f"{answer.asked} is served as if it said // once")


@requirement("ROUTE-005")
@pytest.mark.parametrize("collection", ["destinations", "delivery-flows", "deliveries"])
def test_head_of_what_is_missing_is_no_success(api: Tenant, collection: str) -> None:
    answer = api.raw("HEAD", f"/v1/tenants/{api.id}/{collection}/zc-missing")
    answer.must(answer.status >= 400, f"{answer.asked} was answered {answer.status}")


@requirement("ROUTE-006")
@pytest.mark.parametrize("odd", ["{}%20", "%20{}", "{}%09", "{}%00", "{}%0A"])
@each_operation(name for name in READS if name.startswith("get"))
def test_an_id_with_white_space_around_it_is_another(
    suite: Suite, api: Tenant, operation_id: str, odd: str
) -> None:
    must_be_offered(suite, operation_id)
    ids = standing_request(api, operation_id)["ids"]
    path = contract.path(contract.operation(operation_id), {"tenant_id": api.id, **ids})
    before, _, last = path.rpartition("/")
    answer = api.raw("GET", f"{before}/{odd.format(last)}")
    if answer.status >= 500:  # it may not be served at all
        api.raw("GET", path).precondition(200)
    answer.expect(400, 404)
