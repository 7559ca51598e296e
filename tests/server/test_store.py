"""The database file: locks, versions and what survives closing it."""

import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.server.harness import Sandbox
from zen_sandbox.clock import SteppingClock
from zen_sandbox.store import Database, DatabaseProblem, Locked, Store
from zen_sandbox.store.schema import STEPS, bring_up_to_date


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sandbox.db"


def test_a_new_file_is_made_for_its_owner_only(path: Path) -> None:
    with closing(Store(Database(path))) as store:
        assert store.is_new
        with store.database.writing():
            store.accounts.create_tenant("tnt_a", "A", store.now())
        if sys.platform != "win32":
            for each in path.parent.iterdir():
                assert stat.S_IMODE(each.stat().st_mode) == 0o600
    with closing(Store(Database(path))) as store:
        assert not store.is_new


def test_processes_that_open_and_close_one_new_file_at_once_all_succeed(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom zen_sandbox.store import Database, Store\n"
        "print('ready', flush=True)\n"
        "for path in map(str.strip, sys.stdin):\n"
        "    for _ in range(5):\n"
        "        Store(Database(Path(path))).close()\n"
        "    print('done', flush=True)\n"
    )
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", program],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(3)
        ]
        talks = [(one.stdin, one.stdout) for one in processes if one.stdin and one.stdout]
        assert [said.readline() for _, said in talks] == ["ready\n"] * 3
        for number in range(100):
            for asked, _ in talks:
                asked.write(f"{tmp_path / str(number)}\n")
                asked.flush()
            assert [said.readline() for _, said in talks] == ["done\n"] * 3
        for process in processes:
            assert process.communicate(timeout=20)[1] == ""


@pytest.mark.parametrize("seen", range(len(STEPS)))
def test_a_database_of_an_older_version_is_upgraded_in_place(path: Path, seen: int) -> None:
    with closing(Database(path)) as old:
        bring_up_to_date(old, STEPS[:seen])
        if seen:
            with old.writing():
                old.execute("INSERT INTO tenants VALUES ('tnt_old', 'Old', '2026', NULL)")
    with Sandbox(path) as sandbox:
        assert sandbox.store.is_new == (seen == 0)
        tenant = "tnt_old" if seen else "tnt_a"
        api = sandbox.api(tenant=tenant)
        api.get(api.at("deliveries")).expect(200)
        api.get("/v1/logs").expect(200)


def test_a_step_that_fails_leaves_the_database_as_it_was(path: Path) -> None:
    def fails(tables: object) -> None:
        raise RuntimeError("half way")

    with closing(Database(path)) as database:
        bring_up_to_date(database, STEPS[:1])
        with pytest.raises(RuntimeError, match="half way"):
            bring_up_to_date(database, (*STEPS, fails))
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        names = {row[0] for row in database.execute("SELECT name FROM sqlite_master").fetchall()}
        assert "deliveries" not in names
        bring_up_to_date(database)
        assert database.execute("PRAGMA user_version").fetchone() == (len(STEPS),)


def test_a_database_of_a_newer_version_is_refused_with_a_sentence(path: Path) -> None:
    with closing(Store(Database(path))) as store:
        store.database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    with closing(Database(path)) as database, pytest.raises(DatabaseProblem) as refused:
        Store(database)
    assert str(path) in str(refused.value)
    assert "newer zen-sandbox" in str(refused.value)
    assert "--db" in str(refused.value)


def test_a_file_that_is_no_database_is_refused_with_a_sentence(path: Path) -> None:
    path.write_bytes(b"This is a diary, and none of your business." * 100)
    with closing(Database(path)) as database, pytest.raises(DatabaseProblem) as refused:
        Store(database)
    assert str(path) in str(refused.value)
    assert path.read_bytes().startswith(b"This is a diary")


def test_the_lock_is_not_waited_for(path: Path) -> None:
    with closing(Store(Database(path))) as store, closing(Database(path)) as other:
        with other.writing(), pytest.raises(Locked):
            store.database.begin()
        store.database.begin()
        store.database.rollback()


def test_off_the_event_loop_the_lock_is_waited_for(path: Path) -> None:
    with closing(Store(Database(path))) as store:
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with store.database.writing():
                held.set()
                release.wait(10)

        thread = threading.Thread(target=hold)
        thread.start()
        assert held.wait(10)
        with pytest.raises(Locked):
            store.database.begin_waiting(0.05)
        threading.Timer(0.05, release.set).start()
        with store.database.writing():
            assert release.is_set()
        thread.join(10)
        with pytest.raises(sqlite3.OperationalError):  # no lock was left behind, nor a wait
            store.database.execute("ROLLBACK")


def test_a_write_that_raises_is_undone(path: Path) -> None:
    with closing(Store(Database(path))) as store:

        def make_and_fail() -> None:
            with store.database.writing():
                store.accounts.create_tenant("tnt_a", "A", store.now())
                raise LookupError("after the write")

        with pytest.raises(LookupError, match="after the write"):
            make_and_fail()
        assert store.accounts.tenants() == []


def test_eight_threads_that_read_and_write_lose_nothing(path: Path) -> None:
    with closing(Store(Database(path))) as store:
        with store.database.writing():
            store.database.execute("INSERT INTO meta VALUES ('count', 0)")

        def work() -> None:
            for _ in range(60):
                with store.database.writing():
                    [value] = store.database.execute(
                        "SELECT value FROM meta WHERE key = 'count'"
                    ).fetchone()
                    store.database.execute(
                        "UPDATE meta SET value = ? WHERE key = 'count'", (value + 1,)
                    )

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        row = store.database.execute("SELECT value FROM meta WHERE key = 'count'").fetchone()
        assert row == (480,)


def test_secrets_are_made_once_and_kept(path: Path) -> None:
    with closing(Store(Database(path))) as store:
        cursors, jwt = store.secret("cursors"), store.secret("jwt")
        assert store.secret("cursors") == cursors != jwt
        assert len(cursors) == 32
        assert store.secret("chosen", b"mine") == b"mine"
        assert store.secret("chosen", b"another") == b"mine"
    with closing(Store(Database(path))) as store:
        assert (store.secret("cursors"), store.secret("jwt")) == (cursors, jwt)


def test_the_clock_goes_on_after_the_newest_moment_in_the_file(path: Path) -> None:
    with Sandbox(path, clock=SteppingClock(4_000_000_000_000)) as sandbox:
        api = sandbox.api()
        made = api.post(api.at("ingesters"), {"name": "x", "type": "stripe"}).expect(201).json
    with closing(Store(Database(path), clock=SteppingClock(1_000_000_000_000))) as store:
        assert store.now() >= made["created_at"].rstrip("Z")


@pytest.mark.parametrize(("durability", "level"), [("process", 1), ("full", 2), ("none", 0)])
def test_durability_is_sqlites_own(path: Path, durability: str, level: int) -> None:
    with closing(Database(path, durability=durability)) as database:
        assert database.execute("PRAGMA synchronous").fetchone() == (level,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA foreign_keys").fetchone() == (1,)
