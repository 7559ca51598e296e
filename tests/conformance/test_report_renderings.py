"""JSON, JUnit and HTML are one report: valid in their own form, escaped, and of one mind."""

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import jsonschema_rs

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.given_report import report
from tests.conformance.suite_command import NARROW, suite
from zen_conformance.report import html, json_file, junit
from zen_conformance.report.model import Report

_JUNIT_WORDS = {"failed": "failure", "not_run": "skipped"}


class Page(HTMLParser):
    """What a browser would find in the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.outcomes: dict[str, str] = {}
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.words = ""
        self._in_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in_style = tag == "style"
        given = {name: value or "" for name, value in attrs}
        if "data-requirement" in given:
            self.outcomes[given["data-requirement"]] = given["data-outcome"]
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        self.loaded += [given[name] for name in ("src", "srcset", "action") if name in given]

    def handle_data(self, data: str) -> None:
        self.words += "" if self._in_style else data


def in_json(found: Report) -> dict[str, str]:
    """Outcome by requirement id."""
    return {one["id"]: one["outcome"] for one in json_file.document(found)["requirements"]}


def in_junit(text: bytes) -> dict[str, str]:
    """Outcome by requirement id, in JUnit's three words."""
    cases = ElementTree.fromstring(text).iter("testcase")
    found = {}
    for case in cases:
        marks = [part.tag for part in case if part.tag in ("failure", "error", "skipped")]
        found[str(case.get("name")).partition(" ")[0]] = marks[0] if marks else "passed"
    return found


def test_the_json_fits_its_published_schema_and_reads_back_as_the_same_report(
    tmp_path: Path,
) -> None:
    path = tmp_path / "report.json"
    path.write_text(json_file.text(report()), encoding="utf-8")
    jsonschema_rs.meta.validate(json_file.schema())
    jsonschema_rs.validate(json_file.schema(), json.loads(path.read_text(encoding="utf-8")))
    assert json_file.document(json_file.read(path)) == json_file.document(report())


def test_the_schema_refuses_a_failed_requirement_without_a_failure() -> None:
    document = json_file.document(report())
    next(one for one in document["requirements"] if one["outcome"] == "failed").pop("failures")
    assert not jsonschema_rs.is_valid(json_file.schema(), document)


def test_junit_has_one_case_for_each_requirement_in_junits_words() -> None:
    assert in_junit(junit.text(report())) == {
        "DEST-001": "passed",
        "DEST-002": "failure",
        "DEST-003": "skipped",  # an expected failure
        "LIST-001": "passed",  # a warning, told in its output
        "LIST-002": "skipped",
        "LIST-003": "skipped",
        "LIST-004": "failure",  # an unexpected pass
        "trouble": "error",
    }


def test_junit_counts_what_it_holds() -> None:
    root = ElementTree.fromstring(junit.text(report()))
    counts = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["8", "2", "1", "3"]


def test_strict_makes_a_warning_a_junit_failure() -> None:
    strict = {**report().configuration, "strict": True}
    assert in_junit(junit.text(report(configuration=strict)))["LIST-001"] == "failure"


def test_a_run_that_was_cut_short_is_an_error_in_junit() -> None:
    text = junit.text(report(errors=(), interrupted=True, unreachable="No connection."))
    sentences = [one.get("message") for one in ElementTree.fromstring(text).iter("error")]
    assert sentences == ["No connection.", "The run was interrupted."]


def test_the_page_opens_with_the_verdict_then_failures_then_every_requirement() -> None:
    words = Page(html.text(report())).words
    places = [
        words.index(text)
        for text in ("Not conformant", "Failed", "Failed as expected", "Every requirement")
    ]
    assert places == sorted(places)


def test_the_page_shows_hostile_text_and_runs_none_of_it() -> None:
    text = html.text(report())
    page = Page(text)
    assert "script" not in page.tags
    assert "<script" not in text
    assert "<script>alert(1)</script>" in page.words


def test_the_page_needs_no_network_and_its_links_lead_somewhere() -> None:
    text = html.text(report())
    page = Page(text)
    assert page.loaded == []
    assert {"link", "img", "iframe", "script"} & set(page.tags) == set()
    assert "url(" not in text.partition("</style>")[0]
    assert len(page.ids) == len(set(page.ids))
    assert {link for link in page.links if not link.startswith("#")} == set()
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_all_three_name_each_requirement_alike() -> None:
    found = report()
    page = Page(html.text(found))
    assert page.outcomes == in_json(found)
    assert set(in_junit(junit.text(found))) - {"trouble"} == set(page.outcomes)
    assert found.headline in page.words
    assert found.contract_digest in page.words


def test_the_files_of_a_real_run_agree(served: Served, tmp_path: Path) -> None:
    def no_request_id(passing: Passing) -> Passing:
        return passing.without("X-Request-Id")

    paths = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html")}
    words = [word for form, path in paths.items() for word in (f"--report-{form}", path)]
    with Front(served.base_url, no_request_id) as front:
        done = suite("run", "--target", served.target, "--base-url", front.url, *NARROW, *words)
    found = json_file.read(paths["json"])
    page = Page(paths["html"].read_text(encoding="utf-8"))
    assert page.outcomes == in_json(found)
    cases = in_junit(paths["junit"].read_bytes())
    assert cases == {one: _JUNIT_WORDS.get(word, word) for one, word in page.outcomes.items()}
    assert done.stdout.startswith(found.headline)
    assert found.headline in page.words
    assert cases["WIRE-001"] == "failure"
    counts = re.findall(r"(\d+) (passed|failed|warned|not run)", done.stdout)[:4]
    assert {name.replace(" ", "_"): int(n) for n, name in counts} == (
        json_file.document(found)["counts"]
    )
