"""`--log-format`: what is logged of a request, and what never is."""

import json
import logging
import re
from pathlib import Path

from tests.server.harness import SpawnedSandbox, spawn
from zen_sandbox.request.request_log import JsonLines, TextLines


def ask(server: SpawnedSandbox) -> None:
    """Three requests, one of them hostile to logs."""
    api = server.api()
    api.get(api.at("destinations", limit=1)).expect(200)
    api.get("/a%0A2026-01-01%20INFO%20forged", headers={"X-Request-Id": "mine"}).expect(404)
    api.post(api.at("destinations"), {"name": "hush", "url": "https://hush.example/"}).expect(201)


def test_requests_are_not_logged_unless_asked_for(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        ask(server)
        assert server.terminate() == 0
        assert server.stderr == ""


def test_text_logs_one_line_per_request_without_query_header_or_body(tmp_path: Path) -> None:
    with spawn(tmp_path, "--log-format", "text") as server:
        ask(server)
        assert server.terminate() == 0
        lines = server.stderr.splitlines()
    assert len(lines) == 3
    shape = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO (\S+) (\S+) (\d+) [0-9.]+ ms (\S+)"
    found = [re.fullmatch(shape, line) for line in lines]
    assert all(found), lines
    destinations = "/v1/tenants/tnt_demo/destinations"
    assert [one.groups()[:3] for one in found if one] == [
        ("GET", destinations, "200"),
        ("GET", "/a%0A2026-01-01%20INFO%20forged", "404"),
        ("POST", destinations, "201"),
    ]
    assert lines[1].endswith(" mine")
    for hidden in ("limit", "zpk_", "hush", "uthorization", "forged\n"):
        assert hidden not in server.stderr.replace("forged 404", "")


def test_json_logs_one_object_per_request(tmp_path: Path) -> None:
    with spawn(tmp_path, "--log-format", "json") as server:
        ask(server)
        assert server.terminate() == 0
        lines = [json.loads(line) for line in server.stderr.splitlines()]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("GET", "/v1/tenants/tnt_demo/destinations", 200),
        ("GET", "/a%0A2026-01-01%20INFO%20forged", 404),
        ("POST", "/v1/tenants/tnt_demo/destinations", 201),
    ]
    assert set(lines[0]) == {
        "time",
        "level",
        "method",
        "path",
        "status",
        "milliseconds",
        "request_id",
    }
    assert lines[0]["level"] == "info"
    assert lines[0]["milliseconds"] > 0
    assert lines[1]["request_id"] == "mine"


def record_of_an_error() -> logging.LogRecord:
    """What the gate logs when a handler breaks."""
    logger = logging.getLogger("zen_sandbox.request")
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        info = (type(error), error, error.__traceback__)
        message = "%s failed"
        return logger.makeRecord(logger.name, logging.ERROR, "", 0, message, ("listLogs",), info)


def test_an_error_is_one_json_object_with_its_cause() -> None:
    line = JsonLines().format(record_of_an_error())
    assert "\n" not in line
    document = json.loads(line)
    assert document["message"] == "listLogs failed"
    assert document["logger"] == "zen_sandbox.request"
    assert document["exception"].endswith("RuntimeError: broken")


def test_an_error_in_text_is_followed_by_its_cause() -> None:
    first, *cause = TextLines().format(record_of_an_error()).splitlines()
    assert first.endswith(" ERROR listLogs failed")
    assert cause[-1] == "RuntimeError: broken"
