"""The report as JUnit XML, the form that build machines show: one test case per requirement."""

import re
from collections.abc import Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from zen_conformance.report.model import Report, Result

# XML has no way to say these, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text(report: Report) -> bytes:
    """The report as the text of a file, in UTF-8."""
    document = JUnitXml("zen-conformance")
    for area in dict.fromkeys(one.area for one in report.requirements):
        suite = TestSuite(area)
        suite.timestamp = report.started
        for one in report.requirements:
            if one.area == area:
                suite.add_testcase(_case(report, one))
        document.add_testsuite(suite)
    trouble = list(_trouble(report))
    if trouble:
        suite = TestSuite("run")
        suite.add_testcases(trouble)
        document.add_testsuite(suite)
    _add_properties(document, report)
    document.update_statistics()  # type: ignore[no-untyped-call]
    document.time = report.seconds
    written: bytes = document.tostring()  # type: ignore[no-untyped-call]
    return written


def _case(report: Report, one: Result) -> TestCase:
    case = TestCase(f"{one.id} {_xml(one.title)}", classname=one.area, time=one.seconds)
    expected = report.expected_failures.get(one.id)
    if one.id in report.unexpected_passes:
        case.result = [Failure(_xml(f"It passed, but was expected to fail: {expected}"))]
    elif one.outcome == "not_run":
        case.result = [Skipped(_xml(one.reason or ""))]
    elif one.failures and expected is not None:
        case.result = [Skipped(_xml(f"an expected failure: {expected}"))]
    elif one.outcome == "failed" or (one.failures and report.configuration["strict"]):
        failure = Failure(_xml(one.failures[0]["message"]), one.level)
        failure.text = _told(one)
        case.result = [failure]
    if one.failures and not any(isinstance(part, Failure) for part in case.result):
        case.system_out = f"{one.outcome}\n{_told(one)}"
    return case


def _told(one: Result) -> str:
    lines = [f"{one.contract} ({one.source})"]
    for failure in one.failures:
        lines += ["", failure["check"], failure["message"], failure["curl"]]
    return _xml("\n".join([*lines, "", one.replay or ""]))


def _trouble(report: Report) -> Iterator[TestCase]:
    sentences = [f"A fault of the suite: {error}" for error in report.errors]
    if report.unreachable:
        sentences.append(report.unreachable)
    if report.interrupted:
        sentences.append("The run was interrupted.")
    for number, sentence in enumerate(sentences, 1):
        case = TestCase(f"trouble {number}", classname="run")
        case.result = [Error(_xml(sentence))]
        yield case


def _add_properties(document: JUnitXml, report: Report) -> None:
    suite = next(iter(document))
    suite.add_property("verdict", report.verdict)
    suite.add_property("suite", report.suite_version)
    suite.add_property("contract", f"{report.contract_version} {report.contract_digest}")
    for name, value in report.configuration.items():
        suite.add_property(name, _xml(str(value)))
    for path in report.left_behind:
        suite.add_property("left_behind", _xml(path))


def _xml(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
