"""Rate limits: RATE."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox.problems import Conflict
from zen_sandbox.request import security
from zen_sandbox.request.call import Call

_RATE = ("--rate-limit", "30/second")


@mutant("problem", "RATE-001", options=_RATE, also={"PROB": "it has no such header"})
def a_429_does_not_say_when(server: Faulty) -> None:
    """A 429 has no Retry-After."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 429:
            answer.set_header("retry-after", None)


@mutant("problem", "RATE-001", options=_RATE, also={"PROB": "it has another type"})
def a_429_has_another_type(server: Faulty) -> None:
    """A 429 has the type too-many-requests."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 429:
            answer.body = answer.body.replace(b"rate-limit-exceeded", b"too-many-requests")


@mutant("create", "RATE-002", options=_RATE)
def a_429_makes_a_target(server: Faulty) -> None:
    """POST of a target that is a 429 makes it."""
    seen: dict[str, str] = {}
    waiting: list[str] = []

    @server.requests("createDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("name"), str):
            seen["name"] = document["name"]

    @server.around(security.RateLimit, "count")
    def count(original: Any, self: Any, tenant_id: str) -> None:
        try:
            original(self, tenant_id)
        except Exception:
            waiting.append(seen.pop("name", ""))
            raise

    @server.handler("listDestinations", "createDestination", "getDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        names = [one for one in waiting if one]
        waiting.clear()
        for name in names:
            try:
                call.store.destinations.create(
                    call.tenant_id,
                    call.store.ids.new("dest"),
                    call.store.now(),
                    name=name,
                    url="https://x.example.com",
                )
            except Conflict:
                continue
        return run(call, **given)
