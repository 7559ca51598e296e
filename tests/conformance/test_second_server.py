"""The second implementation works: from a target over an event to a signed, retried delivery."""

from __future__ import annotations

import base64
import hmac
import json
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

_ROOT = Path(__file__).parents[2]
_KEY = bytes(range(32))
_PATIENCE = 20.0


class _Receiver(ThreadingHTTPServer):
    """Refuses the first request it gets, takes the others, and keeps them all."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taker)
        self.taken: list[tuple[dict[str, str], bytes]] = []


class _Taker(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.taken.append((headers, body))
        self.send_response(500 if len(self.server.taken) == 1 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[_Receiver]:
    with _Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(params=["whole", "fractional"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    file = tmp_path / "target.toml"
    command = [sys.executable, "-m", "tests.conformance.second", "--write-target", str(file)]
    command += ["--seconds", request.param]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        read = tomllib.loads(file.read_text())
        assert read["base_url"] == told["base_url"]
        yield read
        process.terminate()
        assert process.wait(_PATIENCE) == 0


def test_an_event_is_delivered_signed_retried_and_traced(
    target: dict[str, Any], receiver: _Receiver
) -> None:
    api = _Api(target)
    secret = {"value": "whsec_" + base64.b64encode(_KEY).decode()}
    url = f"http://127.0.0.1:{receiver.server_address[1]}/in?x=1"
    destination = api.made("destinations", name="shop", url=url, secret=secret)
    ingester = api.made("ingesters", name="stripe", type="stripe")
    policy = {"retry_policy": {"max_attempts": 2, "backoff_seconds": 1}}
    ends = {"source_id": ingester["id"], "destination_id": destination["id"]}
    api.made("delivery-flows", name="both", config=policy, **ends)

    body = b"\xff\x00 not text"
    sent = requests.post(ingester["ingest_url"], body, headers={"Content-Type": "x/y"}, timeout=10)
    assert sent.status_code == 202
    assert sent.json()["deliveries"] == 1
    event_id = sent.json()["event_id"]

    def trace() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = api.got("deliveries", event_id=event_id)["deliveries"]
        return rows

    _until(lambda: trace()[-1]["status"] == "delivered")
    assert [row["status"] for row in trace()] == ["failed", "delivered"]
    assert [row["attempt_number"] for row in trace()] == [1, 2]
    assert [row["response_code"] for row in trace()] == [500, 204]
    (first, first_body), (second, second_body) = receiver.taken
    assert (first_body, second_body) == (body, body)
    assert (first["content-type"], second["x-zen-attempt"]) == ("x/y", "2")
    name = "x-zen-delivery-idempotency-key"
    assert first[name] == second[name]
    signed = f"{event_id}.{second['webhook-timestamp']}.".encode() + body
    seal = base64.b64encode(hmac.digest(_KEY, signed, "sha256")).decode()
    assert second["webhook-signature"] == f"v1,{seal}"


def test_pages_hold_every_row_once_and_a_cursor_fits_no_other_list(target: dict[str, Any]) -> None:
    api = _Api(target)
    made = {api.made("ingesters", name=f"i{n}", type="generic")["id"] for n in range(7)}
    first = api.got("ingesters", limit="3")
    seen, page = [row["id"] for row in first["ingesters"]], first
    while "next_cursor" in page:
        page = api.got("ingesters", limit="3", cursor=page["next_cursor"])
        seen += [row["id"] for row in page["ingesters"]]
    assert sorted(seen) == sorted(made)
    foreign = api.get("destinations", cursor=first["next_cursor"])
    assert foreign.status_code == 400
    assert foreign.json()["detail"].startswith("cursor: ")


def test_a_key_repeats_the_first_answer_and_refuses_another_request(target: dict[str, Any]) -> None:
    api = _Api(target)
    wish = {"name": "once", "type": "github"}
    first = api.post("ingesters", wish, key="k")
    again = api.post("ingesters", wish, key="k")
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    other = api.post("ingesters", {**wish, "type": "stripe"}, key="k")
    assert other.status_code == 409
    assert other.json()["idempotency_key"] == "k"


class _Api:
    """The primary tenant's paths, with the key that may do everything."""

    def __init__(self, target: dict[str, Any]) -> None:
        self._base = f"{target['base_url']}/v1/tenants/{target['tenants']['primary']['id']}"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {target['credentials'][0]['token']}"

    def get(self, collection: str, **query: str) -> requests.Response:
        return self._session.get(f"{self._base}/{collection}", params=query, timeout=10)

    def got(self, collection: str, **query: str) -> dict[str, Any]:
        answer = self.get(collection, **query)
        assert answer.status_code == 200
        document: dict[str, Any] = answer.json()
        return document

    def post(self, collection: str, body: dict[str, Any], key: str) -> requests.Response:
        headers = {"Idempotency-Key": key}
        where = f"{self._base}/{collection}"
        return self._session.post(where, json=body, headers=headers, timeout=10)

    def made(self, collection: str, **body: Any) -> dict[str, Any]:
        answer = self.post(collection, body, key=f"{collection}-{body['name']}")
        assert answer.status_code == 201
        document: dict[str, Any] = answer.json()
        again = self._session.get(answer.headers["Location"], timeout=10)
        assert again.json() == document
        return document


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
