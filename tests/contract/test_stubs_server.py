"""A made server before anybody wrote a line: what it answers by itself."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contract.made_server import (
    EVERYTHING,
    TENANT,
    changed_contract,
    made,
    serving,
    three_changes,
)
from zen_contract.contract import Operation, load

TARGETS = f"{TENANT}/destinations"
WHOLE = {"name": "shop", "url": "https://shop.example.com/in"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def base(made_once: Path) -> Iterator[str]:
    """Where the made server listens."""
    with serving(made_once) as url:
        yield url


def problem(answer: requests.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem document of an answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["type"] == f"https://api.zen-mesh.io/errors/{slug}"
    assert document["status"] == status
    assert document["instance"] == answer.headers["X-Request-Id"]
    return document


def ask(base: str, operation: Operation) -> requests.Response:
    """A request that is in order."""
    path = (
        operation.path.replace("{tenant_id}", "tnt_dev_primary").replace("{", "").replace("}", "")
    )
    content = (operation.request_body or {}).get("content", {})
    example = next(iter(content.values()))["examples"] if content else {}
    body = next(iter(example.values()))["value"] if example else None
    return requests.request(
        operation.method, base + path, headers=EVERYTHING, json=body, timeout=10
    )


@pytest.mark.parametrize("operation", load().operations, ids=lambda one: str(one.operation_id))
def test_each_operation_is_answered_501_with_a_problem(base: str, operation: Operation) -> None:
    answer = ask(base, operation)
    assert answer.status_code == 501, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Implemented",
        "status": 501,
        "detail": f"{operation.operation_id} is not implemented yet.",
        "instance": answer.headers["X-Request-Id"],
    }


def test_an_unknown_path_is_404_and_a_wrong_method_405_even_without_a_token(base: str) -> None:
    for path in (
        "/",
        "/v1/none",
        f"{TARGETS}/",
        f"{TARGETS}/a/b",
        f"{TARGETS}/a%0Ab",
        f"/{TARGETS}",
    ):
        problem(requests.get(base + path, timeout=10), 404, "not-found")
    refused = requests.put(base + TARGETS, timeout=10)
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("sent", "challenge"),
    [
        ({}, "Bearer"),
        ({"Authorization": "Basic eDp5"}, "Bearer"),
        ({"Authorization": "Bearer zpk_nobody"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Bearer zpk_dev_primary_expired"}, 'Bearer error="invalid_token"'),
        ({"Authorization": "Bearer zpk_dev_primary_revoked"}, 'Bearer error="invalid_token"'),
    ],
)
def test_who_has_no_token_that_is_good_is_answered_401(
    base: str, sent: dict[str, str], challenge: str
) -> None:
    refused = requests.get(base + TARGETS, headers=sent, timeout=10)
    problem(refused, 401, "unauthorized")
    assert refused.headers["WWW-Authenticate"] == challenge


def test_scopes_are_enforced(base: str) -> None:
    def status(name: str, method: str) -> int:
        headers = {"Authorization": f"bearer zpk_dev_primary_{name}"}
        answer = requests.request(method, base + TARGETS, headers=headers, json=WHOLE, timeout=10)
        return answer.status_code

    reads = {name: status(name, "GET") for name in ("read_destinations", "read_all", "none")}
    assert reads == {"read_destinations": 501, "read_all": 501, "none": 403}
    names = ("write_destinations", "admin_destinations", "read_all", "write_ingesters")
    writes = {name: status(name, "POST") for name in names}
    assert writes == dict(zip(names, (501, 501, 403, 403), strict=True))
    lacking = {"Authorization": "Bearer zpk_dev_primary_none"}
    refused = requests.get(base + TARGETS, headers=lacking, timeout=10)
    told = problem(refused, 403, "insufficient-scope")
    assert told["required_scope"] == "read:destinations"
    assert told["detail"] == "API key does not have read:destinations scope."
    assert 'scope="read:destinations"' in refused.headers["WWW-Authenticate"]


def test_another_tenants_path_is_403_whether_or_not_the_tenant_is_there(base: str) -> None:
    for tenant in ("tnt_dev_other", "tnt_nobody"):
        path = TARGETS.replace("tnt_dev_primary", tenant)
        problem(requests.get(base + path, headers=EVERYTHING, timeout=10), 403, "permission-denied")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "limit: must be an integer from 1 to 100"),
        ("limit=1_0", "limit: must be an integer from 1 to 100"),
        ("limit=", "limit: must not be empty"),
        ("limit=2&limit=2", "limit: must be given once"),
        ("cursor=", "cursor: must not be empty"),
    ],
)
def test_a_parameter_that_is_not_valid_is_named(base: str, query: str, detail: str) -> None:
    refused = requests.get(f"{base}{TARGETS}?{query}", headers=EVERYTHING, timeout=10)
    assert problem(refused, 400, "validation-error")["detail"] == detail


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (b"", {"body": "must not be empty"}),
        (b"{", {"body": "is not valid JSON in UTF-8"}),
        (b'{"name": "\xff"}', {"body": "is not valid JSON in UTF-8"}),
        (b'{"name": "\\ud800"}', {"body": "is not valid JSON in UTF-8"}),
        (b"[" * 100_000, {"body": "is not valid JSON in UTF-8"}),
        (b'{"name": ' + b"9" * 5000 + b"}", None),
        (b'{"name": "a", "name": "b"}', {"body": "names one key twice"}),
        (b"[]", {"body": "must be a JSON object"}),
        (b"{}", {"name": "is required", "url": "is required"}),
        (
            b'{"name": "a\\n", "url": "", "id": "x", "secret": null}',
            {
                "name": "must have 1 to 100 characters, no control characters and no white space "
                "at either end",
                "url": "must not be empty",
                "id": "is not a known field",
                "secret": "must not be null",
            },
        ),
    ],
)
def test_all_that_is_wrong_with_a_body_is_told(
    base: str, body: bytes, errors: dict[str, str] | None
) -> None:
    refused = requests.post(base + TARGETS, body, headers=EVERYTHING | JSON, timeout=10)
    told = problem(refused, 400, "validation-error")
    found = {one["field"]: one["message"] for one in told["errors"]}
    assert errors is None or found == errors
    assert told["detail"] == "{field}: {message}".format(**told["errors"][0])


@pytest.mark.parametrize(
    "sent",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": ""},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json; charset=bogus"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_a_body_of_another_type_is_415(base: str, sent: dict[str, str]) -> None:
    body = json.dumps(WHOLE).encode()
    refused = requests.post(base + TARGETS, body, headers=EVERYTHING | sent, timeout=10)
    problem(refused, 415, "unsupported-media-type")


@pytest.mark.parametrize("sent", ["APPLICATION/JSON", 'application/json; charset="UTF-8"'])
def test_a_media_type_is_read_in_any_case_and_chunks_are_taken(base: str, sent: str) -> None:
    body = iter([json.dumps(WHOLE).encode()])
    headers = EVERYTHING | {"Content-Type": sent}
    assert requests.post(base + TARGETS, body, headers=headers, timeout=10).status_code == 501


def test_a_body_over_a_mebibyte_is_413_and_one_of_it_is_not(base: str) -> None:
    whole = json.dumps(WHOLE).encode()
    for size, status in ((1_048_576, 501), (1_048_577, 413)):
        body = whole + b" " * (size - len(whole))
        for sent in (body, iter([body])):
            done = requests.post(base + TARGETS, sent, headers=EVERYTHING | JSON, timeout=10)
            assert done.status_code == status
            if status == 413:
                problem(done, 413, "payload-too-large")


def test_a_patch_without_a_field_or_with_an_unknown_status_is_400(base: str) -> None:
    one = f"{base}{TARGETS}/dest_1"
    for body in ({}, {"name": None}, {"status": "error"}):
        refused = requests.patch(one, json=body, headers=EVERYTHING, timeout=10)
        problem(refused, 400, "validation-error")
    taken = EVERYTHING | {"Content-Type": "application/merge-patch+json"}
    done = requests.patch(one, b'{"secret": null}', headers=taken, timeout=10)
    assert done.status_code == 501


def test_a_request_id_is_kept_when_it_can_be(base: str) -> None:
    for sent, kept in (("mine-1", True), ("no spaces", False), ("x" * 129, False)):
        answer = requests.get(base + TARGETS, headers={"X-Request-Id": sent}, timeout=10)
        assert (answer.headers["X-Request-Id"] == sent) is kept


def test_what_is_not_http_is_a_problem_document(base: str) -> None:
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert json.loads(body)["type"].endswith("/validation-error")


def test_development_keys_are_not_served_to_the_network(made_once: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zen_back_server", "--host", "0.0.0.0", "--port", "0"],
        cwd=made_once,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == ("Everybody knows the keys in keys.toml: make others to listen there.\n")


def test_a_new_operation_is_answered_501_although_nobody_wrote_it(
    mine: Path, tmp_path: Path
) -> None:
    made(mine, "--contract", changed_contract(tmp_path / "next.yaml", three_changes))
    with serving(mine) as base:
        new = requests.post(f"{base}{TARGETS}/dest_1/pause", headers=EVERYTHING, timeout=10)
        assert new.json()["detail"] == "pauseDestination is not implemented yet."
        problem(requests.get(f"{base}/v1/logs", headers=EVERYTHING, timeout=10), 404, "not-found")
