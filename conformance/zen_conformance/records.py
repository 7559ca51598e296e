"""What a check leaves behind, as JSON: it travels from the process that ran it to the report.

A record is `{"check", "requirement", "outcome", "reason"?, "seconds", "judged": [ids], "of_checks",
"unreachable", "failures": [failure…]}` with outcome passed, failed, not_run or error, and the
number of checks that the requirement has in this run.  A failure is
`{"requirement", "check", "message", "expected"?, "got"?, "curl", "request", "response",
"credential", "transcript": [[request, response]…], "deliveries"?, "smallest_input"?}`; a request
`{"method", "url", "headers", "body"}`, a response `{"status", "headers", "body"}` or `{"trouble"}`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from zen_conformance.failures import ConformanceFailure, NotRun, Unreachable
from zen_conformance.http.curl import curl
from zen_conformance.http.exchange import Exchange, Headers, NotJson
from zen_conformance.redaction import LONGEST_TOKEN, Redaction
from zen_conformance.traffic import Recording

_BODY_SHOWN = 4000
_TRANSCRIPT_SHOWN = 25
_FINDINGS_SHOWN = 3  # of one requirement in one check: the rest say the same

# What reading an odd answer in an unguarded way ends with; see `outcome`.
_MISREADINGS = (KeyError, IndexError, TypeError, AttributeError, ValueError, NotJson)
# How hypothesis, new and old, begins the note that shows the smallest failing example.
_SHRUNK = ("Failing test case", "Falsifying example")
_WITHOUT_VALUES = re.compile(r"=,?$", re.MULTILINE)
_IS_THE_REQUEST = "the request of this failure, which hypothesis has shrunk"


class Scribe:
    """Writes exchanges down."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def record(
        self,
        check: str,
        requirement: str,
        outcome: str,
        *,
        reason: str | None,
        seconds: float,
        recording: Recording,
        failures: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """The check's record, with the passive findings among its failures."""
        found = [
            self.failure(check, one.requirement, one.message, one.exchange, ())
            for one in _a_few(recording)
        ]
        return {
            "check": self._redaction.text(check),
            "requirement": requirement,
            "outcome": outcome,
            "reason": reason and self._redaction.text(reason),
            "seconds": round(seconds, 4),
            "judged": sorted(recording.judged),
            "failures": [*failures, *found],
        }

    def failure(
        self,
        check: str,
        requirement: str,
        message: str,
        exchange: Exchange | None,
        transcript: Iterable[Exchange],
        **more: Any,
    ) -> dict[str, Any]:
        """One failure of one requirement."""
        shown = list(transcript)[-_TRANSCRIPT_SHOWN:]
        return {
            "requirement": requirement,
            "check": self._redaction.text(check),
            "message": self._redaction.text(message),
            **{
                name: self._redaction.value(value)
                for name, value in more.items()
                if value is not None
            },
            "curl": self._curl(exchange) if exchange else "",
            "credential": exchange.credential if exchange else "",
            "request": self.request(exchange) if exchange else None,
            "response": self.response(exchange) if exchange else None,
            "transcript": [[self.request(one), self.response(one)] for one in shown],
        }

    def request(self, exchange: Exchange) -> dict[str, Any]:
        """What was sent."""
        sent = exchange.sent
        return {
            "method": sent.method,
            "url": self._redaction.text(sent.url),
            "headers": self._headers(sent.headers),
            "body": self._text(sent.body),
        }

    def response(self, exchange: Exchange) -> dict[str, Any]:
        """What came back."""
        received = exchange.received
        if received is None:
            return {"trouble": self._redaction.text(exchange.trouble or "")}
        return {
            "status": received.status,
            "headers": self._headers(received.headers),
            "body": self._text(received.body),
        }

    def _headers(self, headers: Headers) -> list[list[str]]:
        return [
            [self._redaction.text(name), self._redaction.text(value)] for name, value in headers
        ]

    def _curl(self, exchange: Exchange) -> str:
        return self._redaction.text(curl(exchange.sent, self._redaction.names))

    def _text(self, body: bytes) -> str:
        # A token at the edge must be seen whole to be recognised, so cutting comes last.
        decoded = body[: _BODY_SHOWN + LONGEST_TOKEN].decode("utf-8", "backslashreplace")
        text = self._redaction.text(decoded)[:_BODY_SHOWN]
        left = len(body) - _BODY_SHOWN
        return f"{text}… and {left} more bytes" if left > 0 else text


def _a_few(recording: Recording) -> list[Any]:
    counts: dict[str, int] = {}
    few = []
    for finding in recording.findings:
        counts[finding.requirement] = counts.get(finding.requirement, 0) + 1
        if counts[finding.requirement] <= _FINDINGS_SHOWN:
            few.append(finding)
    return few


def outcome(error: BaseException | None, recording: Recording) -> tuple[str, str | None]:
    """How a check ended, and why when that is neither passed nor failed."""
    if error is None:
        return "passed", None
    if isinstance(error, ConformanceFailure):
        return "failed", None
    if isinstance(error, NotRun | Unreachable | pytest.skip.Exception):
        return "not_run", str(error)
    if isinstance(error, _MISREADINGS) and recording.findings:
        # An answer that already broke the contract could not be read: that is not the suite's
        # fault.
        return (
            "not_run",
            f"an answer off the contract could not be read: {recording.findings[-1].message}",
        )
    return "error", f"{type(error).__name__}: {error}"


def smallest_input(error: BaseException) -> str | None:
    """The arguments that hypothesis has shrunk the failure to."""
    notes: list[str] = getattr(error, "__notes__", [])
    note = next((note for note in notes if note.startswith(_SHRUNK)), None)
    # Schemathesis, for speed, takes from hypothesis the means to print a value.
    return _IS_THE_REQUEST if note and _WITHOUT_VALUES.search(note) else note
