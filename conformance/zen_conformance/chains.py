"""Chains of attempts that retries are tried on: one event through flows that end differently.

How a chain stands follows from its flow's policy and target, so it is known before it is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zen_conformance.answer import Answer
from zen_conformance.failed_attempts import REFUSING
from zen_conformance.failing import post, trace
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.receiver import Box, Reply
from zen_conformance.stories import PROMPTLY_SECONDS, Row, are_executed, attempt_number
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant
from zen_conformance.traffic import until

HOUR = 3600


@dataclass(frozen=True)
class Way:
    """A flow's policy and how its target answers; a target without replies refuses connections."""

    statuses: tuple[str, ...]  # of its attempts, once nothing moves any more
    max_attempts: int = 1
    backoff_seconds: int = HOUR
    replies: tuple[Reply, ...] = ()


FAILED = Way(("failed",))


@dataclass
class Branched:
    """An endpoint with flows of several ways, by name."""

    suite: Suite
    ways: Mapping[str, Way]
    api: Tenant = field(init=False)
    ingester: dict[str, Any] = field(init=False)
    flows: dict[str, dict[str, Any]] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.api = self.suite.primary
        self.ingester = self.api.an_ingester()
        for name, way in self.ways.items():
            url = REFUSING
            if way.replies:
                self.boxes[name] = self.suite.receiver.box(*way.replies)
                url = self.boxes[name].url
            policy = {"max_attempts": way.max_attempts, "backoff_seconds": way.backoff_seconds}
            self.flows[name] = self.api.a_flow(
                source_id=self.ingester["id"],
                destination_id=self.api.a_destination(url=url)["id"],
                config={"retry_policy": policy},
            )

    def posted(self) -> str:
        """The id of an event whose chains stand as their ways say; NotRun when they do not."""
        return self.several(1)[0]

    def several(self, count: int) -> list[str]:
        """The ids of so many events of that kind."""
        events = [post(self.api, self.ingester) for _ in range(count)]
        for event_id in events:
            self._await(event_id)
        return events

    def _await(self, event_id: str) -> None:
        def over() -> bool:
            shown = self.statuses(event_id)
            return self._stand(shown) or self._are_too_many(shown)

        patience = self.api.traffic.patience
        patience.until("chains of attempts", over, seconds=2 * PROMPTLY_SECONDS)
        shown = self.statuses(event_id)
        if not self._stand(shown):
            raise NotRun(f"attempts of {event_id} came to {shown} in time")

    def _are_too_many(self, shown: Mapping[str, list[str]]) -> bool:
        """Whether there are attempts that the flows do not bring about: it is no use to wait."""
        return any(len(shown[name]) > len(way.statuses) for name, way in self.ways.items())

    def _stand(self, shown: Mapping[str, list[str]]) -> bool:
        return all(
            len(shown[name]) == len(way.statuses)
            # What is under way may be shown otherwise, and is over in the end.
            and all(map(_fits, shown[name], way.statuses))
            for name, way in self.ways.items()
        )

    def chains(self, event_id: str) -> dict[str, list[Row]]:
        """The event's attempts through each flow, by number."""
        return by_flow(trace(self.api, event_id), self.flows)

    def statuses(self, event_id: str) -> dict[str, list[str]]:
        """Their statuses."""
        rows = self.chains(event_id)
        return {name: [str(row.get("status")) for row in rows[name]] for name in rows}

    def numbers(self, event_id: str) -> dict[str, list[object]]:
        """Their numbers, the event's lowest counted as 1."""
        chains = self.chains(event_id)
        before = lowest_number([row for rows in chains.values() for row in rows]) - 1
        return {name: [attempt_number(row) - before for row in chains[name]] for name in chains}

    def over(self, event_id: str, seconds: float = PROMPTLY_SECONDS) -> bool:
        """Whether within that time nothing is queued that is not to wait for an hour."""
        waiting = {name for name, way in self.ways.items() if "retrying" in way.statuses}

        def quiet() -> bool:
            chains = self.chains(event_id)
            moving = [row for name in chains if name not in waiting for row in chains[name]]
            return are_executed(moving)

        return until(quiet, seconds=seconds, every=0.05)


def _fits(shown: str, wanted: str) -> bool:
    return shown == wanted or (wanted == "pending" and shown != "failed")


def by_flow(rows: Sequence[Row], flows: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Row]]:
    """The attempts through each of the named flows."""
    return {
        name: [row for row in rows if row.get("flow_id") == flow["id"]]
        for name, flow in flows.items()
    }


def one_chain(suite: Suite, way: Way = FAILED) -> Branched:
    """An endpoint with one flow, named `it`."""
    return Branched(suite, {"it": way})


def must_come(api: Tenant, event_id: str, count: int, answer: Answer) -> list[Row]:
    """The event's attempts once there are so many and all are executed; else a failure."""
    seen: list[Row] = []

    def over() -> bool:
        seen[:] = trace(api, event_id)
        return len(seen) >= count and are_executed(seen)

    if not api.traffic.patience.until("retries", over, seconds=PROMPTLY_SECONDS):
        found = [(row.get("attempt_number"), row.get("status")) for row in seen]
        raise ConformanceFailure(
            f"after the retry {count} executed attempts were expected"
            f" within {PROMPTLY_SECONDS:g} s, there are {found}",
            exchange=answer.exchange,
        )
    return seen


def must_be_numbered(rows: Sequence[Row], count: int, answer: Answer, why: str = "") -> None:
    """The attempts of one chain are so many and numbered one after the other.

    That the first one is 1 is another requirement's.
    """
    numbers = sorted(map(attempt_number, rows))
    first = lowest_number(rows)
    answer.must(
        numbers == list(range(first, first + count)),
        f"the attempts of one chain are numbered {numbers} instead of 1 to {count} {why}".rstrip(),
    )


def lowest_number(rows: Sequence[Row]) -> int:
    """The lowest number of those attempts; 1 where there is none."""
    return min(map(attempt_number, rows), default=1)


def must_stay(api: Tenant, event_id: str, ids: Sequence[object], answer: Answer) -> None:
    """The event has those attempts still and no other."""
    found = [row.get("id") for row in trace(api, event_id)]
    answer.must(
        sorted(map(str, found)) == sorted(map(str, ids)),
        f"{answer.asked} answered {answer.status}, and the event has {len(found)} attempts"
        f" instead of {len(ids)}",
    )


def batch(api: Tenant, ids: Sequence[object], **more: Any) -> Answer:
    """A batch of those ids."""
    return api.call("retryBatch", json={"delivery_ids": list(ids)}, **more)


def must_be_queued(answer: Answer, ids: Sequence[str]) -> None:
    """The batch's answer lists those ids, in any order, each as queued, and counts them."""
    answer.expect(202)
    rows = answer.rows("deliveries")
    listed = sorted((str(row.get("delivery_id")), str(row.get("status"))) for row in rows)
    wanted = sorted((one, "queued") for one in ids)
    answer.must(
        listed == wanted,
        f"deliveries are {listed[:4]} ({len(listed)}) instead of {wanted[:4]} ({len(wanted)})",
    )
    count = answer["queued"]
    answer.must(
        count == len(ids) and count is not True,
        f"queued is {count!r} instead of {len(ids)}",
    )
