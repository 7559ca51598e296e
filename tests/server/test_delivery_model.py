"""The delivery path against its rules, whatever happens in whatever order (hypothesis chooses).

Clocks stand still but for the jumps, so that nothing happens between two steps by itself.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.server import given
from tests.server.client import Api
from tests.server.delivery_target import NO_ANSWER, Reply, Target
from tests.server.delivery_world import Json, World
from tests.server.delivery_world import settings as server_settings
from tests.server.harness import Sandbox

TARGETS = 2
MOST_EVENTS = 6
NOT_MADE = ("the target is disabled", "the target was deleted", "the flow was deleted")
ANSWERS: dict[str, Reply] = {
    "delivered": Reply(200),
    "accepted": Reply(204, body=b""),
    "moved": Reply(302, (("Location", "/elsewhere"),)),
    "broken": Reply(500),
    "busy": Reply(503, (("Retry-After", "900"),)),
    "silent": Reply(raw=b"", then="close"),
    "cut off": Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1", then="close"),
}

answers = st.sampled_from(sorted(ANSWERS))
policies = st.tuples(st.integers(1, 10), st.sampled_from([1, 10, 900, 3600]))
indexes = st.integers(0, 99)


class Server:
    """A sandbox that can be started again on its database, and the target it delivers to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = Target()
        self.target.__enter__()
        self.sandbox = self._started()

    def restart(self) -> None:
        """What is under way ends as with the process; only the database lives on."""
        self.sandbox.stop()
        self.sandbox = self._started()

    def stop(self) -> None:
        """Ends both."""
        self.sandbox.stop()
        self.target.__exit__()

    def _started(self) -> Sandbox:
        return Sandbox(self.folder / "sandbox.db", server_settings(), deliver=True).__enter__()


@dataclass
class Flow:
    """A flow as the model knows it."""

    shown: Json
    most: int  # the highest max_attempts that it ever had
    deleted: bool = False


@dataclass
class Chain:
    """What must be true of the attempts of one event through one flow."""

    flow: Flow
    retries: int = 0
    executed: list[Json] = field(default_factory=list)


class DeliveryPath(RuleBasedStateMachine):
    """One tenant: an endpoint, two targets, flows between them, and what becomes of events."""

    server: Server

    @initialize()
    def begin(self) -> None:
        self.world = World(self.server.sandbox, self.server.target)
        self.world.move("freeze")
        self.ingester = given.ingester(self.world.api)
        self.paths = [f"{self.world.path}-{number}" for number in range(TARGETS)]
        self.targets = [self._new_target(number) for number in range(TARGETS)]
        self.flows: list[Flow] = []
        self.chains: dict[tuple[str, str], Chain] = {}
        self.events: list[str] = []
        self.killed: Counter[str] = Counter()
        self._add_flow(0, (3, 10))

    @rule()
    @precondition(lambda self: len(self.events) < MOST_EVENTS)
    def event(self) -> None:
        self._post()

    @rule(number=st.integers(0, TARGETS - 1), answer=answers)
    def answer(self, number: int, answer: str) -> None:
        self.server.target.answer(self.paths[number], ANSWERS[answer])

    @rule(number=st.integers(0, TARGETS - 1), status=st.sampled_from(["active", "disabled"]))
    def set_status(self, number: int, status: str) -> None:
        path = self.api.at("destinations", self.targets[number]["id"])
        self.targets[number] = self.api.patch(path, {"status": status}).expect(200).json

    @rule(number=st.integers(0, TARGETS - 1))
    def replace_target(self, number: int) -> None:
        """Deletes a target, when no flow leads to it, and makes another in its place."""
        used = {flow.shown["destination_id"] for flow in self._live()}
        old = self.targets[number]["id"]
        answer = self.api.delete(self.api.at("destinations", old))
        answer.expect(409 if old in used else 204)
        if old not in used:
            self.targets[number] = self._new_target(number)

    @rule(number=st.integers(0, TARGETS - 1), policy=policies)
    @precondition(lambda self: len(self._live()) < 3)
    def add_flow(self, number: int, policy: tuple[int, int]) -> None:
        self._add_flow(number, policy)

    @rule(index=indexes, number=st.integers(0, TARGETS - 1), policy=policies)
    @precondition(lambda self: self._live())
    def edit_flow(self, index: int, number: int, policy: tuple[int, int]) -> None:
        flow = self._live()[index % len(self._live())]
        body = self._body(number, policy, flow.shown["name"])
        path = self.api.at("delivery-flows", flow.shown["id"])
        flow.shown = self.api.put(path, body).expect(200).json
        flow.most = max(flow.most, policy[0])

    @rule(index=indexes)
    @precondition(lambda self: self._live())
    def delete_flow(self, index: int) -> None:
        flow = self._live()[index % len(self._live())]
        self.api.delete(self.api.at("delivery-flows", flow.shown["id"])).expect(204)
        flow.deleted = True

    @rule(index=indexes)
    @precondition(lambda self: self.events)
    def retry(self, index: int) -> None:
        event_id = self.events[index % len(self.events)]
        ended = [
            chain
            for (event, _), chain in self.chains.items()
            if event == event_id and self._newest(event_id, chain)["status"] == "failed"
        ]
        self.world.retry(event_id).expect(202 if ended else 409)
        for chain in ended:
            chain.retries += 1

    @rule(seconds=st.sampled_from([0, 1, 9, 10, 11, 900, 3600, 40_000]))
    def advance(self, seconds: int) -> None:
        self.world.advance(seconds)

    @rule()
    def next_attempt(self) -> None:
        self.world.move("next")

    @rule()
    def restart(self) -> None:
        self._restart()

    @rule(number=st.integers(0, TARGETS - 1))
    @precondition(lambda self: len(self.events) < MOST_EVENTS)
    def kill_during_an_attempt(self, number: int) -> None:
        """The target has the request and does not answer; the server ends and starts again."""
        self.server.target.answer(self.paths[number], NO_ANSWER)
        before = len(self.server.target.seen(self.paths[number]))
        event_id = self._post()
        rows = self.world.trace(event_id) if self._chains_of(event_id) else []
        expected = [one for one in rows if one["destination_id"] == self.targets[number]["id"]]
        seen = self.server.target.wait(self.paths[number], before + len(expected))[before:]
        self.killed.update(one.needed("X-Zen-Delivery-Id") for one in seen)
        self.server.target.answer(self.paths[number], Reply(200))
        self._restart()

    @invariant()
    def what_was_executed_stays_as_it_was_and_numbers_have_no_gaps(self) -> None:
        self.world.advance(0)
        found: dict[tuple[str, str], list[Json]] = {}
        for row in reversed(self.api.walk(self.api.at("deliveries"), "deliveries")):
            found.setdefault((row["event_id"], row["flow_id"]), []).append(row)
        assert found.keys() == self.chains.keys(), "an event was lost, or is there twice"
        for key, chain in self.chains.items():
            self._check(chain, found[key])

    def teardown(self) -> None:
        if not hasattr(self, "chains"):
            return
        for _ in range(2):
            self.world.advance(40_000)
        self.what_was_executed_stays_as_it_was_and_numbers_have_no_gaps()
        for (event_id, _), chain in self.chains.items():
            newest = self._newest(event_id, chain)
            assert newest["status"] in ("delivered", "failed"), f"no end to {newest}"
        self._check_what_arrived()

    @property
    def api(self) -> Api:
        return self.world.api

    def _check(self, chain: Chain, rows: list[Json]) -> None:
        assert [row["attempt_number"] for row in rows] == list(range(1, len(rows) + 1))
        executed = [row for row in rows if row["status"] in ("delivered", "failed")]
        assert executed == rows[: len(executed)], "something is queued before the end of a chain"
        assert len(rows) - len(executed) <= 1
        assert executed[: len(chain.executed)] == chain.executed, "an executed row has changed"
        chain.executed = executed
        assert len(rows) - chain.retries <= chain.flow.most, "more automatic attempts than allowed"
        for row in rows[:-1]:
            assert row["status"] == "failed", "an attempt follows one that did not fail"
        for row in executed:
            code = row.get("response_code")
            assert (row["status"] == "delivered") == (code in range(200, 300)), row

    def _check_what_arrived(self) -> None:
        arrived = Counter(
            seen.needed("X-Zen-Delivery-Id")
            for path in self.paths
            for seen in self.server.target.seen(path)
        )
        made: Counter[str] = Counter()
        for chain in self.chains.values():
            for row in chain.executed:
                made[row["id"]] += row.get("error_message") not in NOT_MADE
        made += self.killed
        assert arrived == made, "attempts that arrived are not those that were made"

    def _post(self) -> str:
        disabled = {one["id"] for one in self.targets if one["status"] == "disabled"}
        fed = [flow for flow in self._live() if flow.shown["destination_id"] not in disabled]
        taken = self.world.post({"source_id": self.ingester["id"]}).expect(202).json
        assert taken["deliveries"] == len(fed)
        event_id: str = taken["event_id"]
        self.events.append(event_id)
        for flow in fed:
            self.chains[event_id, flow.shown["id"]] = Chain(flow)
        return event_id

    def _restart(self) -> None:
        """The same tenant, seen through a server that has only the database."""
        self.server.restart()
        before, self.world = self.world, object.__new__(World)
        vars(self.world).update(vars(before))
        sandbox = self.world.sandbox = self.server.sandbox
        self.world.api = sandbox.api(token=before.api.token, tenant=before.tenant)
        self.world.admin = sandbox.api(token=before.admin.token, tenant=before.tenant)
        self.world.anybody = sandbox.anonymous()

    def _newest(self, event_id: str, chain: Chain) -> Json:
        flow_id = chain.flow.shown["id"]
        return [row for row in self.world.trace(event_id) if row["flow_id"] == flow_id][-1]

    def _chains_of(self, event_id: str) -> list[Chain]:
        return [chain for (event, _), chain in self.chains.items() if event == event_id]

    def _live(self) -> list[Flow]:
        return [flow for flow in self.flows if not flow.deleted]

    def _new_target(self, number: int) -> Json:
        return given.destination(self.api, url=self.server.target.url(self.paths[number]))

    def _add_flow(self, number: int, policy: tuple[int, int]) -> None:
        body = self._body(number, policy, given.name("flow"))
        made = self.api.post(self.api.at("delivery-flows"), body).expect(201).json
        self.flows.append(Flow(made, policy[0]))

    def _body(self, number: int, policy: tuple[int, int], name: str) -> Json:
        return {
            "name": name,
            "source_id": self.ingester["id"],
            "destination_id": self.targets[number]["id"],
            "config": {
                "retry_policy": {"max_attempts": policy[0], "backoff_seconds": policy[1]},
            },
        }


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        running = Server(Path(folder))
        yield running
        running.stop()


def play(server: Server, **effort: Any) -> None:
    """Plays so many games of so many steps."""
    DeliveryPath.server = server
    run_state_machine_as_test(
        DeliveryPath,
        settings=settings(
            deadline=None, database=None, suppress_health_check=list(HealthCheck), **effort
        ),
    )


def test_no_order_of_events_breaks_the_rules(server: Server) -> None:
    play(server, max_examples=8, stateful_step_count=25, derandomize=True)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_order_of_events_breaks_the_rules_in_many_games(server: Server) -> None:
    play(server, max_examples=40, stateful_step_count=50)
