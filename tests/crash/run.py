"""Kill after kill on one database: start, judge the last round, write, kill at a random moment."""

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.crash.client import Client
from tests.crash.rounds import await_end
from tests.crash.verdict import Tally, judge
from tests.crash.writes import TAKEN_NAME, TENANT, Writer
from tests.server.harness import SpawnedSandbox, spawn
from zen_sandbox.scopes import EVERYTHING
from zen_sandbox.store import Database, Store
from zen_sandbox.store.accounts import new_token
from zen_sandbox.store.deliveries import Outcome

_WRITERS = 3
_LONGEST_ROUND = 0.12  # seconds from the first write to the kill
_EVENTS_PER_ROUND = 12


class Killings:
    """A database, and the rounds that are played on it. The seed decides what is asked when."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.tally = Tally()
        self.seed = seed
        self._folder = folder
        self._path = folder / "sandbox.db"
        self._random = random.Random(seed)
        self._token = new_token()

    def run(self, kills: int, progress: Callable[[Tally], None] = lambda tally: None) -> None:
        """Plays so many rounds; AssertionError, with the seed, when one of them ends badly."""
        try:
            self._play(kills, progress)
        except AssertionError as error:
            error.add_note(f"seed {self.seed}: {self.tally}")
            raise

    def _play(self, kills: int, progress: Callable[[Tally], None]) -> None:
        events = _furnish(self._path, self._token, kills * _EVENTS_PER_ROUND)
        prefix, writers = "", list[Writer]()
        for number in range(kills):
            with self._server() as server:
                self._judge(server, prefix, writers)
                prefix = f"r{number}-"
                writers = self._writers(prefix, events)
                self._write_and_kill(server, writers)
            self.tally.kills += 1
            progress(self.tally)
        with self._server() as server:
            self._judge(server, prefix, writers)

    def _server(self) -> SpawnedSandbox:
        return spawn(self._folder, "--no-demo", "--db", str(self._path))

    def _judge(self, server: SpawnedSandbox, prefix: str, writers: list[Writer]) -> None:
        if writers:
            client = Client(server.base_url, self._token)
            judge(self._path, prefix, writers, client, self.tally)
            client.close()

    def _writers(self, prefix: str, events: Iterator[str]) -> list[Writer]:
        return [
            Writer(
                f"{prefix}{letter}",
                random.Random(self._random.getrandbits(64)),
                iter(list(itertools.islice(events, _EVENTS_PER_ROUND // _WRITERS))),
            )
            for letter in "abcdefgh"[:_WRITERS]
        ]

    def _write_and_kill(self, server: SpawnedSandbox, writers: list[Writer]) -> None:
        stop = threading.Event()
        threads = [
            threading.Thread(
                target=writer.write_until_killed, args=(server.base_url, self._token, stop)
            )
            for writer in writers
        ]
        for thread in threads:
            thread.start()
        stop.wait(self._random.uniform(0, _LONGEST_ROUND))
        server.kill9()
        stop.set()
        await_end(writers, threads)


def _furnish(path: Path, token: str, events: int) -> Iterator[str]:
    """A tenant, its token, a taken name, and events whose one attempt failed; their ids."""
    store = Store(Database(path))
    ids = [f"evt_{number}" for number in range(events)]
    with store.database.writing():
        now = store.now()
        store.accounts.create_tenant(TENANT, TENANT, now)
        store.accounts.create_api_key("key_crash", TENANT, token, now, scopes=EVERYTHING)
        url = "https://example.com/"
        store.destinations.create(TENANT, "dest_taken", now, name=TAKEN_NAME, url=url)
        for id_ in ids:
            _furnish_failed_event(store, id_, now)
    store.close()
    return iter(ids)


def _furnish_failed_event(store: Store, event_id: str, now: str) -> None:
    delivery_id = event_id.replace("evt", "dlv")
    store.deliveries.add_event(TENANT, event_id, now, ingester_id="ing_gone", body=b"{}")
    store.deliveries.queue(
        TENANT,
        delivery_id,
        now,
        event_id=event_id,
        flow_id="flow_gone",
        destination_id="dest_taken",
        evidence_id=event_id.replace("evt", "ev"),
    )
    outcome = Outcome(delivered=False, attempted_at=now, response_code=500)
    store.deliveries.finish(TENANT, delivery_id, outcome)
