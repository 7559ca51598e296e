"""A ready-made target of a test: what it was sent, and whether the signatures are right."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zen_sandbox.http_client import HttpClient

_SLACK = 10.0


class Received(NamedTuple):
    """A request that a receiver was sent; header names in lower case.

    `answered` is the status it was answered with, 0 when the connection was dropped.
    `signature_valid` is None when the receiver has no secret; when it is False,
    `signature_problem` says why.
    """

    number: int
    headers: Mapping[str, str]
    body: bytes
    answered: int
    signature_valid: bool | None
    signature_problem: str | None

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class Receiver:
    """A target that remembers what it was sent. Give it to `create_target`."""

    def __init__(
        self, admin: HttpClient, name: str, url: str, secret: str | None, timeout: float
    ) -> None:
        self.name = name
        self.url = url
        self.secret = secret
        self._admin = admin
        self._timeout = timeout
        self._path = f"/sandbox/receivers/{name}"

    @property
    def requests(self) -> list[Received]:
        """What it has been sent so far, oldest first."""
        return self._requests(0, 0)

    def wait_for(self, count: int = 1, timeout: float | None = None) -> list[Received]:
        """What it was sent, once that is `count` requests; AssertionError when they do not come."""
        seconds = math.ceil(self._timeout if timeout is None else timeout)
        found = self._requests(count, seconds)
        if len(found) < count:
            raise AssertionError(
                f"The receiver {self.name} has had {len(found)} of {count} requests after"
                f" {seconds} s."
            )
        return found

    def answer(self, *answers: int | Mapping[str, Any]) -> None:
        """Answers with these from now on, one after the other, and with the last one for good."""
        body: dict[str, Any] = {"script": script(answers)}
        if self.secret is not None:
            body["secret"] = self.secret
        self._admin.ask("PUT", self._path, body)

    def forget(self) -> None:
        """Forgets what it was sent."""
        self._admin.ask("DELETE", f"{self._path}/requests")

    def _requests(self, count: int, seconds: int) -> list[Received]:
        found = self._admin.ask(
            "GET",
            f"{self._path}/requests",
            query={"wait_for": count, "timeout": min(seconds, 60)},
            timeout=seconds + _SLACK,
        )
        return [_received(one) for one in found["requests"]]


def script(answers: Sequence[int | Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Answers as the contract has them: a number is a status."""
    return [{"status": one} if isinstance(one, int) else dict(one) for one in answers]


def _received(one: Mapping[str, Any]) -> Received:
    body, verdict = one["body"], one.get("signature", {})
    return Received(
        one["number"],
        {name.lower(): value for name, value in one["headers"].items()},
        body["text"].encode() if "text" in body else base64.b64decode(body["base64"]),
        one["answered"],
        verdict.get("valid"),
        verdict.get("reason"),
    )
