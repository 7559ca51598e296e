"""`kill -9` during deliveries: no acknowledged event is lost, and only what was under way repeats.

`python -m tests.server.delivery_crash --kills 1000` kills that often; the tests do it less often.
"""

import itertools
import json
import random
import sqlite3
import threading
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import click

from tests.crash.client import Client
from tests.crash.rounds import await_end, kill_often
from tests.server.delivery_target import Reply, Seen, Target
from tests.server.harness import SpawnedSandbox, spawn
from zen_sandbox.domain import RetryPolicy
from zen_sandbox.scopes import EVERYTHING
from zen_sandbox.store import Database, Store
from zen_sandbox.store.accounts import new_token

TENANT = "tnt_crash"
HOOK = "/hooks/ing_crash"
ADMIN = "zsa_admin_token_of_the_crash_test"
FLOWS = 2
_WRITERS = 3
_SHORTEST_ROUND, _LONGEST_ROUND = 0.02, 0.25  # seconds from the first event to the kill
_LAST_DUE = 40_000  # seconds in which every schedule ends
_KILLS_PER_DATABASE = 50


@dataclass
class Tally:
    """How often what happened, for the report: a run without repetitions says little."""

    kills: int = 0
    events: int = 0
    attempts: int = 0
    repeated: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.events} acknowledged events, none lost;"
            f" {self.attempts} attempts, {self.repeated} of them sent again after a kill"
        )


@dataclass
class Row:
    """An attempt as the database has it."""

    id: str
    event_id: str
    flow_id: str
    number: int
    status: str


@dataclass
class Writer:
    """Posts events until the server is gone, and keeps those that were acknowledged."""

    name: str
    acknowledged: dict[str, str] = field(default_factory=dict)  # event id: body
    failure: BaseException | None = None

    def write(self, base_url: str, stop: threading.Event) -> None:
        """For a thread of its own."""
        client = Client(base_url, "")
        try:
            for number in itertools.count():
                if stop.is_set():
                    return
                body = {"from": self.name, "number": number}
                answer = client.ask("POST", HOOK, body)
                if answer is None:
                    return
                assert answer.status == 202, answer
                assert answer.json["deliveries"] == FLOWS, answer
                self.acknowledged[answer.json["event_id"]] = json.dumps(body)
        except BaseException as error:
            self.failure = error
        finally:
            client.close()


class Killings:
    """A database, a target, and the rounds that are played on them."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.tally = Tally()
        self.seed = seed
        self._folder = folder
        self._path = folder / "sandbox.db"
        self._random = random.Random(seed)
        self._acknowledged: dict[str, str] = {}
        self._killed_at: list[float] = []

    def run(self, kills: int) -> None:
        """Plays so many rounds; AssertionError, with the seed, when they end badly."""
        try:
            with Target() as target:
                for path in range(FLOWS):
                    target.answer_with(f"/{path}", self._answer)
                self._furnish(target)
                for number in range(kills):
                    self._write_and_kill(number)
                    target.wait_until_alone()
                    self._killed_at.append(time.monotonic())
                self._finish()
                self._judge(target)
        except AssertionError as error:
            error.add_note(f"seed {self.seed}: {self.tally}")
            raise

    def _answer(self, seen: Seen) -> Reply:
        draw = self._random.random()
        if draw < 0.05:
            return Reply(raw=b"", then="close")
        return Reply(200 if draw < 0.75 else 503)

    def _furnish(self, target: Target) -> None:
        store = Store(Database(self._path))
        with store.database.writing():
            now = store.now()
            store.accounts.create_tenant(TENANT, TENANT, now)
            store.accounts.create_api_key("key_1", TENANT, new_token(), now, scopes=EVERYTHING)
            store.ingesters.create(TENANT, "ing_crash", now, name="crash", type="generic")
            for number in range(FLOWS):
                name, url = f"crash-{number}", target.url(f"/{number}")
                store.destinations.create(TENANT, f"dest_{number}", now, name=name, url=url)
                store.delivery_flows.create(
                    TENANT,
                    f"flow_{number}",
                    now,
                    name=name,
                    source_id="ing_crash",
                    destination_id=f"dest_{number}",
                    policy=RetryPolicy(10, 1),
                )
        store.close()

    def _server(self) -> SpawnedSandbox:
        return spawn(
            self._folder,
            "--no-demo",
            "--db",
            str(self._path),
            env={"ZEN_SANDBOX_ADMIN_TOKEN": ADMIN},
        )

    def _write_and_kill(self, number: int) -> None:
        stop = threading.Event()
        writers = [Writer(f"r{number}-{letter}") for letter in "abcdefgh"[:_WRITERS]]
        with self._server() as server:
            threads = [
                threading.Thread(target=writer.write, args=(server.base_url, stop))
                for writer in writers
            ]
            for thread in threads:
                thread.start()
            stop.wait(self._random.uniform(_SHORTEST_ROUND, _LONGEST_ROUND))
            server.kill9()
        stop.set()
        await_end(writers, threads)
        for writer in writers:
            self._acknowledged |= writer.acknowledged
        self.tally.kills += 1
        self.tally.events = len(self._acknowledged)

    def _finish(self) -> None:
        """One more server makes all that is left, and hours pass."""
        with self._server() as server:
            client = Client(server.base_url, ADMIN)
            body = {"action": "advance", "seconds": _LAST_DUE}
            answer = client.ask("POST", "/sandbox/clock", body)
            assert answer is not None, "the server that was to finish is gone"
            assert answer.status == 200, answer
            client.close()

    def _judge(self, target: Target) -> None:
        rows = self._rows()
        chains: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            chains[row.event_id, row.flow_id].append(row)
        for event_id in self._acknowledged:
            for flow in range(FLOWS):
                assert (event_id, f"flow_{flow}") in chains, f"{event_id} is lost"
        events = {event_id for event_id, _ in chains}
        doubtful = len(events) - len(self._acknowledged)
        assert doubtful <= self.tally.kills * _WRITERS, f"{doubtful} events nobody sent"
        for chain in chains.values():
            _judge_chain(chain)
        self._judge_arrivals(target, rows)
        self.tally.attempts = len(rows)

    def _judge_arrivals(self, target: Target, rows: list[Row]) -> None:
        arrived: dict[str, list[Seen]] = defaultdict(list)
        for flow in range(FLOWS):
            for seen in target.seen(f"/{flow}"):
                arrived[seen.needed("X-Zen-Delivery-Id")].append(seen)
        assert arrived.keys() == {row.id for row in rows}, "what arrived is not what was made"
        keys: dict[tuple[str, str], set[str]] = {}
        for row in rows:
            times = arrived[row.id]
            self.tally.repeated += len(times) - 1
            self._judge_repetition(row, times)
            keys.setdefault((row.event_id, row.flow_id), set()).update(
                one.needed("X-Zen-Delivery-Idempotency-Key") for one in times
            )
        assert all(len(one) == 1 for one in keys.values()), "a chain has several keys"
        assert len({next(iter(one)) for one in keys.values()}) == len(keys), "chains share a key"

    def _judge_repetition(self, row: Row, times: list[Seen]) -> None:
        for seen in times:
            assert seen.needed("X-Zen-Event-Id") == row.event_id
            assert seen.needed("X-Zen-Attempt") == str(row.number)
            sent = self._acknowledged.get(row.event_id)
            assert sent is None or seen.body.decode() == sent
        for one, two in itertools.pairwise(sorted(seen.at for seen in times)):
            killed = any(one <= at <= two for at in self._killed_at)
            assert killed, f"{row} was sent twice by one server"

    def _rows(self) -> list[Row]:
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as reader:
            assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            found = reader.execute(
                "SELECT id, event_id, flow_id, attempt_number, status FROM deliveries ORDER BY seq"
            ).fetchall()
        return [Row(*one) for one in found]


def _judge_chain(chain: list[Row]) -> None:
    assert [row.number for row in chain] == list(range(1, len(chain) + 1)), chain
    *before, last = chain
    assert all(row.status == "failed" for row in before), chain
    assert last.status == "delivered" or (last.status, last.number) == ("failed", 10), chain


@click.command()
@click.option("--kills", default=1000, show_default=True, help="How many times to kill it.")
@click.option("--seed", type=int, help="What decides the moments; chosen by chance if not given.")
def main(kills: int, seed: int | None) -> None:
    """Kill the server during deliveries, and hold it to what it had acknowledged."""
    kill_often(kills, seed, _KILLS_PER_DATABASE, _play)


def _play(folder: Path, seed: int, kills: int) -> Tally:
    killings = Killings(folder, seed)
    killings.run(kills)
    return killings.tally


if __name__ == "__main__":
    main()
