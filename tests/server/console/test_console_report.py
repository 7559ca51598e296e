"""A conformance report in the console: any that the suite writes, and nothing that it does not."""

import re
from typing import Any

import orjson
import pytest

from tests.conformance import given_report
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World
from tests.server.harness import DEADLINE
from zen_conformance.report import json_file
from zen_sandbox.console.shown import report_file

RIGHT_TO_LEFT = "\u202egnp.exe"


def document(**more: Any) -> dict[str, Any]:
    """A report of the suite's own, with every outcome and hostile text in it."""
    return {**json_file.document(given_report.report()), **more}


def bring(
    visitor: Visitor, data: bytes, code: int = 200, name: str = "report.json", tenant: str = ""
) -> str:
    """The page after a file was brought."""
    visitor.look("report")
    answer = visitor.session.post(
        visitor.address(f"/t/{tenant or visitor.tenant}/report"),
        data={"form_token": visitor.form_token},
        files={"report": (name, data, "application/json")},
        headers={"Origin": visitor.base_url},
        timeout=DEADLINE,
    )
    assert answer.status_code == code, answer.text[:3000]
    return answer.text


def test_a_report_is_shown_with_its_failures_linked_to_what_they_were_held_to(
    visitor: Visitor,
) -> None:
    page = bring(visitor, json_file.text(given_report.report()).encode())
    said = " ".join(text_of(page).split())
    assert "nonconformant" in said
    assert 'href="/docs/requirements.html#DEST-002"' in page
    assert "zen-conformance run --only DEST-002" in said
    assert "curl -sS -i http://127.0.0.1:1/" in said
    assert "Copy as curl" in said
    assert re.search("DEST 1 2", said)
    assert "a precondition failed" in said
    assert "LIST-003" not in said  # it was not selected


def test_nothing_in_a_report_becomes_a_part_of_the_page(visitor: Visitor) -> None:
    text = json_file.text(given_report.report()).replace("alert(1)", r"alert(1)\u202e")
    text = text.replace("POST", r"PO\u202eST").replace('"DEST"', r'"DE\u202eST"')
    page = bring(visitor, text.encode(), name="<img src=x>.json")
    assert "alert(1)" in page
    assert "<script>" not in page
    assert "<img" not in page
    assert not re.search("[\x00\x1b\u202a-\u202e]", page)


def test_a_report_is_not_kept(visitor: Visitor, world: World) -> None:
    bring(visitor, orjson.dumps(document(headline="A headline of one's own")))
    assert "A headline of one" not in visitor.look("report")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is no report of format"),
        (b"{}", "is no report of format"),
        (b'{"format": "zen-conformance-report/2"}', "is no report of format"),
        (b'{"format": "zen-conformance-report/1"}', "is damaged"),
        (orjson.dumps(document(verdict="<script>alert(1)</script>")), "verdict is not what"),
        (orjson.dumps(document(requirements={})), "requirements is not what"),
        (orjson.dumps(document(requirements=[{"id": "x"}])), "requirements/0"),
        (orjson.dumps(document(seconds="long")), "seconds is not what"),
        (orjson.dumps(document(errors=[1])), "errors/0 is not what"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(
    visitor: Visitor, data: bytes, said: str
) -> None:
    page = bring(visitor, data, 400, name=f"{RIGHT_TO_LEFT}<b>.json")
    alert = text_of(page.partition('role="alert">')[2].partition("</p>")[0])
    assert said in alert
    assert "\\u202e" in alert
    assert "<script>alert" not in page


def test_no_file_and_a_file_beyond_all_bounds_are_refused(visitor: Visitor) -> None:
    visitor.look("report")
    assert "Choose a file first." in visitor.send("report", 400)
    page = bring(visitor, b" " * (report_file.LARGEST + 1), 413)
    assert "This file is too large" in page


def test_a_report_of_many_large_failures_is_cut(visitor: Visitor) -> None:
    failure = given_report.failure("DEST-001", "m" * 6_000, curl="c" * 6_000, transcript=[])
    one = {**document()["requirements"][1], "failures": [failure] * 5}
    page = bring(
        visitor, orjson.dumps(document(requirements=[one] * 120, errors=["e" * 9_999] * 99))
    )
    assert len(page) < 5_000_000
    assert "c" * 5_001 not in page
    assert "And 20 more." in page
    assert "And 2 more." in page


def test_whatever_the_suite_may_write_is_read() -> None:
    unknown = {"something": "later"}
    found = report_file.read(orjson.dumps(document(**unknown)))
    assert [one["id"] for one in found.failed] == ["DEST-002"]
    assert [one["id"] for one in found.others] == ["DEST-003", "LIST-001"]
    assert [one["id"] for one in found.not_run] == ["LIST-002"]
    assert [area.name for area in found.areas] == ["DEST", "LIST"]
    strict = json_file.schema()
    known = set(strict["properties"])
    assert set(report_file.SCHEMA["properties"]) <= known
    asked = strict["$defs"]["requirement"]["properties"]
    mine = report_file.SCHEMA["properties"]["requirements"]["items"]["properties"]
    assert set(mine) <= set(asked)
    assert mine["outcome"] == asked["outcome"]
    assert (
        report_file.SCHEMA["properties"]["verdict"]["enum"]
        == (strict["properties"]["verdict"]["enum"])
    )


def test_a_report_for_a_tenant_that_is_not_there_is_not_shown(visitor: Visitor) -> None:
    bring(visitor, orjson.dumps(document()), 404, tenant="tnt_nowhere")
