"""The Postman collection, read by Postman's own library and run against a sandbox."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Plant
from tests.contract.demo_data import KEY, Demo
from zen_contract import node_tools
from zen_contract.contract import Operation, load, load_path
from zen_contract.postman import collection
from zen_sandbox import demo

NODE = Path(__file__).parent / "node"
CONTRACT = load()

Request = dict[str, Any]


def requests_of(made: dict[str, Any], **variables: str) -> list[Request]:
    """What Postman would send, its variables filled in."""
    modules = node_tools.install(NODE)
    done = subprocess.run(
        [node_tools.node(), "--eval", (NODE / "requests.cjs").read_text(encoding="utf-8")],
        input=json.dumps({"collection": made, "variables": variables}),
        cwd=modules.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    requests: list[Request] = json.loads(done.stdout)
    return requests


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    """The collection's requests as it is imported, with a token."""
    return requests_of(collection(CONTRACT), token=KEY)


def operation_of(request: Request) -> Operation:
    """The operation that a request stands for."""
    [found] = [
        one
        for one in CONTRACT.operations
        if (one.summary, one.tags[0]) == (request["name"], request["folder"])
    ]
    return found


def test_each_request_gets_the_documented_success(requests: list[Request], demo_data: Demo) -> None:
    failures: dict[str, str] = {}
    for request in requests:
        operation = operation_of(request)
        demo_data.go_back()
        demo_data.make_deletable(operation)
        body = request["body"] and request["body"].encode()
        api = demo_data.with_token(request["bearer"])
        answer = api.request(
            request["method"], request["path"], data=body, headers=request["headers"]
        )
        if str(answer.status) not in operation.responses or answer.status >= 300:
            failures[operation.operation_id] = f"{answer.status} {answer.body.decode()}"
        assert demo_data.newest_request()[0] == operation.operation_id
    assert failures == {}


def test_every_operation_is_one_request_in_the_folder_of_its_tag(requests: list[Request]) -> None:
    assert len(requests) == len(CONTRACT.operations)
    assert len({operation_of(request).operation_id for request in requests}) == len(requests)


def test_the_variables_say_where_and_as_whom() -> None:
    asked = requests_of(
        collection(CONTRACT), baseUrl="https://there.example", tenant="tnt_mine", token="zpk_mine"
    )
    for request in asked:
        assert request["url"].startswith("https://there.example/")
        assert "tnt_mine" in request["url"] or "{tenant_id}" not in operation_of(request).path
        assert request["bearer"] == "zpk_mine"


def test_as_imported_it_asks_the_sandbox_for_the_demo_tenant(requests: list[Request]) -> None:
    for request in requests:
        assert request["url"].startswith("http://127.0.0.1:8080/")
        assert demo.TENANT_ID in request["url"] or request["name"] == "List log entries"
        assert "{{" not in json.dumps(request)


def test_a_write_has_a_key_of_its_own_each_time(requests: list[Request]) -> None:
    keys = [request["headers"].get("idempotency-key") for request in requests]
    takes = [operation_of(request).takes_idempotency_key for request in requests]
    assert [key is not None for key in keys] == takes
    given = [key for key in keys if key]
    assert len(set(given)) == len(given)


def test_filters_can_be_switched_on_with_a_value_that_fits() -> None:
    made = collection(CONTRACT)
    switched_off = 0
    for query in _filters(made):
        if "disabled" in query:
            switched_off += 1
            assert query["value"] or query["key"] == "cursor"
    assert switched_off >= 10


def _filters(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [one for item in part for one in _filters(item)]
    if not isinstance(part, dict):
        return []
    own = [] if "originalRequest" in part else [*part.get("url", {}).get("query", [])]
    return own + [one for key in ("item", "request") for one in _filters(part.get(key))]


def test_answers_are_saved_as_the_contract_shows_them(requests: list[Request]) -> None:
    for request in requests:
        saved = {(one["code"], one["body"]) for one in request["responses"]}
        for status, response in operation_of(request).responses.items():
            shown = [
                json.dumps(example["value"], indent=2, ensure_ascii=False)
                for media in response.get("content", {}).values()
                for example in media["examples"].values()
            ]
            expected = status.startswith("2") or status in ("400", "404", "409")
            for body in shown or [""]:
                assert ((int(status), body) in saved) == expected


def test_equal_contracts_give_equal_collections() -> None:
    again = load_path(CONTRACT.path)
    assert json.dumps(collection(again)) == json.dumps(collection(CONTRACT))


def test_an_operation_that_is_open_to_all_sends_no_token(plant: Plant) -> None:
    [health] = [
        one
        for one in requests_of(collection(load_path(plant("example: box_1}", "example: box_2}"))))
        if one["name"] == "Be alive"
    ]
    assert health["bearer"] is None
