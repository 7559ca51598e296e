"""`zen-sandbox tail` and the operation behind it: attempts in the order in which they were made."""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.server.client import Connections
from tests.server.command_line import ADMIN_TOKEN, COMMAND, clean_environment, zen, zen_json
from tests.server.harness import Api, Sandbox, SpawnedSandbox, spawn
from zen_sandbox.http_client import HttpClient
from zen_sandbox.settings import Settings
from zen_sandbox.testing import ZenSandbox, new_tenant

DEADLINE = 20.0
Json = dict[str, Any]


@contextmanager
def asking(server: Sandbox, token: str | None = ADMIN_TOKEN) -> Iterator[Api]:
    """A client with that token."""
    with closing(Connections(server.base_url)) as connections:
        yield Api(connections, token=token)


@pytest.fixture
def admin(server: Sandbox) -> Iterator[Api]:
    with asking(server) as api:
        yield api


def connect(tenant: ZenSandbox, *answers: int, **policy: Any) -> str:
    """An endpoint whose events go to a receiver with those answers."""
    endpoint = tenant.create_endpoint()
    tenant.create_flow(endpoint, tenant.create_target(tenant.receiver(*answers)), **policy)
    return str(endpoint["id"])


def made(admin: Api, tenant: ZenSandbox, after: str | None = None, **more: Any) -> Json:
    """What the operation answers."""
    given = {"after": after, "tenant_id": tenant.tenant_id, **more}
    query = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
    document: Json = admin.get(f"/sandbox/deliveries?{query}").expect(200).json
    return document


def told(document: Json) -> list[tuple[int, str, bool]]:
    """Attempt number, status and whether it was the last, of each attempt."""
    return [
        (one["delivery"]["attempt_number"], one["delivery"]["status"], one["last"])
        for one in document["deliveries"]
    ]


def until(condition: Callable[[], Any]) -> Any:
    """The condition's first true value."""
    deadline = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
    return value


# ---- GET /sandbox/deliveries


def test_attempts_are_told_in_the_order_in_which_they_were_made(
    admin: Api, tenant: ZenSandbox
) -> None:
    ingester_id = connect(tenant, 500, 200, 200)
    begin = made(admin, tenant, "latest")
    assert begin["deliveries"] == []
    first = tenant.trigger(ingester_id)
    tenant.clock.settle()
    second = tenant.trigger(ingester_id)
    tenant.clock.settle()
    tenant.clock.next()
    found = made(admin, tenant, begin["position"])
    assert [one["delivery"]["event_id"] for one in found["deliveries"]] == [first, second, first]
    assert told(found) == [
        (1, "failed", False),
        (1, "delivered", True),
        (2, "delivered", True),
    ]
    assert "next_attempt_at" not in found["deliveries"][0], "it was made already"
    assert made(admin, tenant, found["position"])["deliveries"] == []


def test_a_failure_that_will_be_tried_again_says_when(admin: Api, tenant: ZenSandbox) -> None:
    ingester_id = connect(tenant, 500, backoff_seconds=60)
    begin = made(admin, tenant, "latest")["position"]
    event = tenant.trigger(ingester_id)
    found = made(admin, tenant, begin, timeout=10)
    assert told(found) == [(1, "failed", False)]
    queued = tenant.deliveries(event)[-1]
    assert found["deliveries"][0]["next_attempt_at"] == queued["next_attempt_at"]


def test_pages_follow_one_another_without_a_gap(admin: Api, tenant: ZenSandbox) -> None:
    ingester_id = connect(tenant)
    position = made(admin, tenant, "latest")["position"]
    events = [tenant.trigger(ingester_id) for _ in range(7)]
    tenant.clock.settle()
    seen: list[str] = []
    for size in (3, 3, 1, 0):
        page = made(admin, tenant, position, limit=3)
        assert len(page["deliveries"]) == size
        seen += [one["delivery"]["event_id"] for one in page["deliveries"]]
        position = page["position"]
    assert sorted(seen) == sorted(events)


def test_an_answer_waits_for_an_attempt_of_that_tenant(
    server: Sandbox, admin: Api, tenant: ZenSandbox
) -> None:
    ingester_id = connect(tenant)
    begin = made(admin, tenant, "latest")["position"]
    found: list[Json] = []

    def wait() -> None:
        with asking(server) as api:
            found.append(made(api, tenant, begin, timeout=30))

    waiting = threading.Thread(target=wait)
    waiting.start()
    with new_tenant(server.base_url, ADMIN_TOKEN, 10) as other:
        other.trigger(connect(other))
        other.clock.settle()
        assert waiting.is_alive(), "another tenant's attempt is none of its business"
    tenant.trigger(ingester_id)
    waiting.join(DEADLINE)
    assert told(found[0]) == [(1, "delivered", True)]


def test_an_answer_does_not_wait_longer_than_it_was_asked_to(
    admin: Api, tenant: ZenSandbox
) -> None:
    begin = time.monotonic()
    assert made(admin, tenant, "latest", timeout=1)["deliveries"] == []
    assert 0.9 < time.monotonic() - begin < DEADLINE


def test_a_position_from_before_a_reset_of_the_numbering_begins_anew(
    admin: Api, tenant: ZenSandbox
) -> None:
    tenant.trigger(connect(tenant))
    tenant.clock.settle()
    assert told(made(admin, tenant, "9" * 18)) == [(1, "delivered", True)]


def test_what_was_made_before_the_server_started_is_not_told_unasked(tmp_path: Path) -> None:
    settings = Settings(admin_token=ADMIN_TOKEN)
    with (
        Sandbox(tmp_path / "sandbox.db", settings, deliver=True) as one,
        new_tenant(one.base_url, ADMIN_TOKEN, 10) as tenant,
    ):
        tenant.trigger(connect(tenant))
        tenant.clock.settle()
        with asking(one) as api:
            first = made(api, tenant)
        assert told(first) == [(1, "delivered", True)]
        with (
            Sandbox(tmp_path / "sandbox.db", settings, deliver=True) as second,
            asking(second) as later,
        ):
            assert made(later, tenant)["deliveries"] == []
            assert made(later, tenant, "0")["deliveries"] == first["deliveries"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=", "after"),
        ("after=later", "after"),
        ("after=-1", "after"),
        ("after=" + "9" * 19, "after"),
        ("timeout=61", "timeout"),
        ("timeout=x", "timeout"),
        ("limit=101", "limit"),
        ("tenant_id=a.b", "tenant_id"),
    ],
)
def test_a_query_that_is_not_valid_is_refused(admin: Api, query: str, field: str) -> None:
    admin.get(f"/sandbox/deliveries?{query}").invalid(field)


def test_only_the_admin_follows_attempts(server: Sandbox, tenant: ZenSandbox) -> None:
    for token in (None, tenant.api_key):
        with asking(server, token) as api:
            api.get("/sandbox/deliveries").refused("unauthorized")


# ---- zen-sandbox tail


class Tail:
    """`zen-sandbox tail` in a process of its own, and the lines it has printed. Use in a `with`."""

    def __init__(self, *words: object) -> None:
        self.lines: list[str] = []
        self.remarks: list[str] = []
        self._process = subprocess.Popen(
            [*COMMAND, "tail", *map(str, words)],
            env=clean_environment({"PYTHONUNBUFFERED": "1"}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self.lines)),
            threading.Thread(target=self._read, args=(self._process.stderr, self.remarks)),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> "Tail":
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait(DEADLINE)
        for reader in self._readers:
            reader.join(DEADLINE)

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(DEADLINE)

    @staticmethod
    def _read(stream: Any, lines: list[str]) -> None:
        with stream:
            lines.extend(iter(lambda: next(stream, "").rstrip("\n"), ""))

    def has(self, count: int) -> list[str]:
        """Its lines, once there are that many."""
        until(lambda: len(self.lines) >= count)
        return self.lines


def begun(tail: Tail, tenant: ZenSandbox, ingester_id: str) -> int:
    """Triggers events until one of them is seen; how many lines there are then."""
    deadline = time.monotonic() + DEADLINE
    while not tail.lines:
        assert time.monotonic() < deadline, tail.remarks
        tenant.trigger(ingester_id)
        tenant.clock.settle()
        time.sleep(0.05)
    sent = len(tenant.deliveries())
    last = tenant.deliveries()[0]["event_id"]
    until(lambda: any(last in line for line in tail.lines))
    assert len(tail.lines) <= sent
    return len(tail.lines)


@contextmanager
def served(server: SpawnedSandbox) -> Iterator[ZenSandbox]:
    """The demo tenant of a server, as the plugin's client sees it."""
    admin = HttpClient(server.base_url, token=str(server.banner["admin_token"]))
    with closing(admin), closing(ZenSandbox(admin, server.tenant_id, server.api_key)) as tenant:
        yield tenant


def test_it_goes_on_where_it_was_when_the_server_comes_back(tmp_path: Path) -> None:
    with spawn(tmp_path) as server, served(server) as tenant:
        db = server.banner["database"]
        target = tenant.create_target("http://127.0.0.1:1/")  # nobody listens there
        endpoint = tenant.create_endpoint()
        tenant.create_flow(endpoint, target, max_attempts=1)
        with Tail("--db", db, "--json") as tail:
            before = begun(tail, tenant, endpoint["id"])
            server.kill9()
            until(lambda: tail.remarks)
            with spawn(tmp_path) as again, served(again) as same_tenant:
                event = same_tenant.trigger(endpoint["id"])
                document = json.loads(tail.has(before + 1)[before])
                assert document["delivery"]["event_id"] == event
                assert document["delivery"]["status"] == "failed"
                assert tail.interrupt() == 0
                assert tail.remarks == [
                    "The server has ended; waiting for it to come back. Ctrl-C ends this.",
                    "The server is back.",
                ]
                seen = [json.loads(line)["delivery"]["id"] for line in tail.lines]
                assert len(set(seen)) == len(seen)


def test_it_prints_a_line_without_colour_into_a_pipe(tmp_path: Path) -> None:
    with (
        spawn(tmp_path) as server,
        served(server) as tenant,
        Tail("--db", server.banner["database"]) as tail,
    ):
        begun(tail, tenant, connect(tenant))
        _, tenant_id, event, *rest = tail.lines[-1].split()
        assert (tenant_id, event) == ("tnt_demo", tenant.deliveries()[0]["event_id"])
        assert rest[-4:] == ["attempt", "1", "delivered", "200"]
        assert "\x1b" not in "".join(tail.lines)
        assert tail.interrupt() == 0
        assert tail.remarks == [f"Watching {server.base_url}. Ctrl-C ends this."]


def test_since_start_begins_with_what_this_server_has_made(tmp_path: Path) -> None:
    with spawn(tmp_path) as server, served(server) as tenant:
        event = tenant.trigger(connect(tenant))
        tenant.clock.settle()
        with Tail("--db", server.banner["database"], "--since-start", "--json") as tail:
            [first] = tail.has(1)
            assert json.loads(first)["delivery"]["event_id"] == event, "and no attempt of the demo"


def test_without_a_server_it_says_so_and_ends(tmp_path: Path) -> None:
    done = zen("tail", "--db", tmp_path / "sandbox.db")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: No server is running on ")
    done = zen("tail", "--url", "http://127.0.0.1:1", "--admin-token", "x")
    assert done.exit_code == 1
    assert done.stderr == (
        "Error: The server at http://127.0.0.1:1 cannot be asked: Connection refused.\n"
    )


def test_a_tenant_that_is_named_is_the_only_one_that_is_watched(
    server: Sandbox, tenant: ZenSandbox
) -> None:
    ingester_id = connect(tenant)
    words = ("--url", server.base_url, "--admin-token", ADMIN_TOKEN, "--tenant", tenant.tenant_id)
    with Tail(*words, "--json") as tail, new_tenant(server.base_url, ADMIN_TOKEN, 10) as other:
        foreign = connect(other)
        other.trigger(foreign)
        other.clock.settle()
        begun(tail, tenant, ingester_id)
        assert {json.loads(line)["tenant_id"] for line in tail.lines} == {tenant.tenant_id}


def test_json_of_the_commands_is_one_line(server: Sandbox, tenant: ZenSandbox) -> None:
    where = ("--url", server.base_url, "--admin-token", ADMIN_TOKEN)
    done = zen_json("trigger", *where, "--ingester", connect(tenant), "--wait", 10)
    [event] = done["events"]
    assert [one["delivery"]["status"] for one in event["attempts"]] == ["delivered"]
