"""What a check leaves behind, as JSON: it travels from the process that ran it to the report.

A record is `{"check", "requirement", "outcome", "reason"?, "seconds", "judged": [ids],
"failures": [failure…]}` with outcome passed, failed, not_run or error.  A failure is
`{"requirement", "check", "message", "expected"?, "got"?, "curl", "request", "response",
"credential", "transcript": [[request, response]…], "deliveries"?}`; a request `{"method", "url",
"headers", "body"}`, a response `{"status", "headers", "body"}` or `{"trouble"}`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zen_conformance.http.curl import curl
from zen_conformance.http.exchange import Exchange, Headers
from zen_conformance.target_file import Target
from zen_conformance.traffic import Recording

_BODY_SHOWN = 4000
_TRANSCRIPT_SHOWN = 25
_FINDINGS_SHOWN = 3  # of one requirement in one check: the rest say the same


class Scribe:
    """Writes exchanges down; `show_secrets` leaves tokens in them."""

    def __init__(self, target: Target, *, show_secrets: bool = False) -> None:
        self._names = {} if show_secrets else _variables(target)

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
            "check": check,
            "requirement": requirement,
            "outcome": outcome,
            "reason": reason and self.redacted(reason),
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
            "check": check,
            "message": self.redacted(message),
            **{name: self.redacted(value) for name, value in more.items() if value is not None},
            "curl": self.redacted(curl(exchange.sent, self._names)) if exchange else "",
            "credential": exchange.credential if exchange else "",
            "request": self._request(exchange) if exchange else None,
            "response": self._response(exchange) if exchange else None,
            "transcript": [[self._request(one), self._response(one)] for one in shown],
        }

    def redacted(self, value: Any) -> Any:
        """The value with every token in it replaced by the name of its variable."""
        if isinstance(value, str):
            for token, variable in self._names.items():
                value = value.replace(token, f"${{{variable}}}")
            return value
        if isinstance(value, Mapping):
            return {name: self.redacted(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.redacted(one) for one in value]
        return value

    def _request(self, exchange: Exchange) -> dict[str, Any]:
        sent = exchange.sent
        return {
            "method": sent.method,
            "url": self.redacted(sent.url),
            "headers": self._headers(sent.headers),
            "body": self.redacted(_text(sent.body)),
        }

    def _response(self, exchange: Exchange) -> dict[str, Any]:
        received = exchange.received
        if received is None:
            return {"trouble": exchange.trouble}
        return {
            "status": received.status,
            "headers": self._headers(received.headers),
            "body": self.redacted(_text(received.body)),
        }

    def _headers(self, headers: Headers) -> list[list[str]]:
        return [[name, self.redacted(value)] for name, value in headers]


def _variables(target: Target) -> dict[str, str]:
    """Token to variable name, longest token first so that none hides inside another."""
    names = {one.token: f"ZEN_TOKEN_{number}" for number, one in enumerate(target.credentials, 1)}
    return dict(sorted(names.items(), key=lambda pair: -len(pair[0])))


def _a_few(recording: Recording) -> list[Any]:
    counts: dict[str, int] = {}
    few = []
    for finding in recording.findings:
        counts[finding.requirement] = counts.get(finding.requirement, 0) + 1
        if counts[finding.requirement] <= _FINDINGS_SHOWN:
            few.append(finding)
    return few


def _text(body: bytes) -> str:
    text = body[:_BODY_SHOWN].decode("utf-8", "backslashreplace")
    left = len(body) - _BODY_SHOWN
    return f"{text}… and {left} more bytes" if left > 0 else text
