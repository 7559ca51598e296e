"""What a name may be, and that one name is one resource, in every collection and on every path."""

import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.server import given
from tests.server.client import Answer, Api
from tests.server.harness import CLUSTER

# Unicode's property White_Space, as PropList.txt lists it.
WHITE_SPACE = [
    *range(0x0009, 0x000E),
    0x0020,
    0x0085,
    0x00A0,
    0x1680,
    *range(0x2000, 0x200B),
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
]
CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
# Looks like white space or like nothing, and is neither White_Space nor of category Cc.
HARMLESS = [0x00AD, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x2060, 0x2800, 0x3164, 0xFEFF, 0xE0001]
REASON = "must have 1 to 100 characters, no control characters and no white space at either end"

GOOD = [
    "a",
    "~",
    "/",
    "Ünïcode",
    "名前",
    "🎯",
    "a b",
    "a\u00a0b",
    "a\u3000b",
    "a\u2028b",
    "é",
    "e\u0301",
    '"quoted"',
    "back\\slash",
    "100%",
    "'; DROP TABLE destinations; --",
    "<script>alert(1)</script>",
    "null",
    "\ud7ff",
    "\ue000",
    "\uffff",
    "\U0010ffff",
    "x" * 100,
    "🎯" * 100,
    "名" * 100,
    "e\u0301" * 50,
]
BAD = [
    ("", "must not be empty"),
    (" ", REASON),
    (" a", REASON),
    ("a ", REASON),
    ("a\n", REASON),
    ("\na", REASON),
    ("x" * 101, REASON),
    ("🎯" * 101, REASON),
    ("e\u0301" * 51, REASON),
    (None, "must not be null"),
    (5, None),
    (["a"], None),
    ({"a": 1}, None),
    (True, None),
]


def _create_destination(api: Api, name: Any) -> Answer:
    return api.post(api.at("destinations"), given.destination_body(name=name))


def _update_destination(api: Api, name: Any) -> Answer:
    return api.patch(api.at("destinations", given.destination(api)["id"]), {"name": name})


def _create_ingester(api: Api, name: Any) -> Answer:
    return api.post(api.at("ingesters"), given.ingester_body(name=name))


def _replace_ingester(api: Api, name: Any) -> Answer:
    body = {"name": name, "type": "github"}
    return api.put(api.at("ingesters", given.ingester(api)["id"]), body)


def _create_flow(api: Api, name: Any) -> Answer:
    return api.post(api.at("delivery-flows"), given.flow_body(api, name=name))


def _replace_flow(api: Api, name: Any) -> Answer:
    flow = given.flow(api)
    body = {key: flow[key] for key in ("source_id", "destination_id")}
    return api.put(api.at("delivery-flows", flow["id"]), {**body, "name": name})


def _create_cluster_flow(api: Api, name: Any) -> Answer:
    body = {
        "name": name,
        "source": given.ingester(api)["id"],
        "target": {"id": given.destination(api)["id"], "type": "webhook"},
    }
    return api.post(api.cluster(CLUSTER), body)


Way = Callable[[Api, Any], Answer]
CREATES: dict[str, Way] = {
    "destinations": _create_destination,
    "ingesters": _create_ingester,
    "delivery-flows": _create_flow,
    "recipe": _create_cluster_flow,
}
WAYS: dict[str, Way] = {
    **CREATES,
    "PATCH destinations": _update_destination,
    "PUT ingesters": _replace_ingester,
    "PUT delivery-flows": _replace_flow,
}
KINDS = {
    "destinations": "A destination",
    "ingesters": "An endpoint",
    "delivery-flows": "A flow",
    "recipe": "A flow",
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Each request that gives something a name."""
    return WAYS[request.param]


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_a_name_is_returned_as_it_was_given(api: Api, way: Way, name: str) -> None:
    answer = way(api, name)
    assert answer.status in (200, 201)
    assert answer.json["name"] == name


@pytest.mark.parametrize(("name", "reason"), BAD, ids=lambda value: ascii(value)[:40])
def test_a_name_that_is_not_valid_is_refused(
    api: Api, way: Way, name: Any, reason: str | None
) -> None:
    way(api, name).invalid("name", reason)


def test_the_tables_of_code_points_are_unicodes_own() -> None:
    assert {point for point in range(0x110000) if unicodedata.category(chr(point)) == "Cc"} == set(
        CONTROLS
    )
    # str.isspace is White_Space and the four information separators, which are controls.
    assert {point for point in range(0x110000) if chr(point).isspace()} == set(WHITE_SPACE) | set(
        range(0x1C, 0x20)
    )


@pytest.mark.parametrize("point", sorted({*WHITE_SPACE, *CONTROLS}), ids="{:04X}".format)
def test_white_space_at_an_end_and_control_characters_anywhere_are_refused(
    api: Api, point: int
) -> None:
    character = chr(point)
    for create in (_create_destination, _create_ingester):
        for name in (character, f"{character}a", f"a{character}"):
            create(api, name).invalid("name", REASON)
        inside = create(api, f"a{character}b")
        if point in CONTROLS:
            inside.invalid("name", REASON)
        else:
            assert inside.expect(201).json["name"] == f"a{character}b"


@pytest.mark.parametrize("point", HARMLESS, ids="{:04X}".format)
def test_characters_that_only_look_like_nothing_are_taken(api: Api, point: int) -> None:
    for name in (chr(point), f"{chr(point)}a", f"a{chr(point)}b", f"a{chr(point)}"):
        assert _create_destination(api, name).expect(201).json["name"] == name


@pytest.mark.parametrize("create", CREATES)
def test_the_second_resource_of_a_name_is_a_conflict(api: Api, create: str) -> None:
    CREATES[create](api, "the name").expect(201)
    document = CREATES[create](api, "the name").refused("conflict")
    assert document["detail"] == f"{KINDS[create]} with name 'the name' already exists."


def test_the_two_views_of_flows_share_their_names(api: Api) -> None:
    _create_flow(api, "one").expect(201)
    _create_cluster_flow(api, "one").refused("conflict", "A flow with name 'one' already exists.")
    _create_cluster_flow(api, "two").expect(201)
    _create_flow(api, "two").refused("conflict", "A flow with name 'two' already exists.")


def test_collections_do_not_share_their_names(api: Api) -> None:
    for create in (_create_destination, _create_ingester, _create_flow):
        create(api, "the name").expect(201)


@pytest.mark.parametrize("create", CREATES)
def test_names_are_compared_exactly(api: Api, create: str) -> None:
    for name in ("name", "Name", "NAME", "é", "e\u0301", "name\u200b", "ß", "ss", "ﬁ", "fi"):
        CREATES[create](api, name).expect(201)


@pytest.mark.parametrize("change", [_update_destination, _replace_ingester, _replace_flow])
def test_a_change_to_a_taken_name_is_a_conflict_and_changes_nothing(api: Api, change: Way) -> None:
    taken = change(api, "the name").expect(200).json
    change(api, "the name").refused("conflict")
    path = api.at({"dest": "destinations", "ing": "ingesters"}.get(taken["id"].split("_")[0], ""))
    if not path.endswith("/"):
        rows = api.walk(path, path.rsplit("/", 1)[1])
        assert sum(row["name"] == "the name" for row in rows) == 1


def test_a_resource_may_be_given_the_name_it_has(api: Api) -> None:
    target, source, flow = given.destination(api), given.ingester(api), given.flow(api)
    api.patch(api.at("destinations", target["id"]), {"name": target["name"]}).expect(200)
    body = {"name": source["name"], "type": "twilio"}
    api.put(api.at("ingesters", source["id"]), body).expect(200)
    body = {key: flow[key] for key in ("name", "source_id", "destination_id")}
    api.put(api.at("delivery-flows", flow["id"]), body).expect(200)


@pytest.mark.parametrize(
    ("collection", "create"),
    [
        ("destinations", _create_destination),
        ("ingesters", _create_ingester),
        ("delivery-flows", _create_flow),
    ],
)
def test_a_name_is_free_again_once_its_resource_is_deleted_or_renamed(
    api: Api, collection: str, create: Way
) -> None:
    first = create(api, "the name").expect(201).json
    api.delete(api.at(collection, first["id"])).expect(204)
    second = create(api, "the name").expect(201).json
    assert second["id"] != first["id"]


def test_a_name_is_free_again_once_its_resource_has_another(api: Api) -> None:
    target = _create_destination(api, "the name").json
    api.patch(api.at("destinations", target["id"]), {"name": "another"}).expect(200)
    _create_destination(api, "the name").expect(201)


@pytest.mark.parametrize("create", CREATES)
def test_of_50_concurrent_creates_of_one_name_one_succeeds_and_the_rest_conflict(
    api: Api, create: str
) -> None:
    source, target = given.ingester(api)["id"], given.destination(api)["id"]
    bodies: dict[str, tuple[str, Any]] = {
        "destinations": (api.at("destinations"), given.destination_body(name="x")),
        "ingesters": (api.at("ingesters"), given.ingester_body(name="x")),
        "delivery-flows": (
            api.at("delivery-flows"),
            {"name": "x", "source_id": source, "destination_id": target},
        ),
        "recipe": (
            api.cluster(CLUSTER),
            {"name": "x", "source": source, "target": {"id": target, "type": "webhook"}},
        ),
    }
    path, body = bodies[create]
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: api.post(path, body), range(50)))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 49
    for answer in answers:
        if answer.status == 409:
            answer.refused("conflict", f"{KINDS[create]} with name 'x' already exists.")
