"""How the commands find the running server, what they say without one, and its note on the disk."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.server.command_line import refusal, zen, zen_json
from tests.server.harness import spawn
from zen_sandbox.files import noted_as_running, running, running_file


def test_a_server_is_found_by_its_database_while_it_runs(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        db = Path(server.banner["database"])
        note = running_file(db)
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        said = {"own_url": server.banner["own_url"], "pid": server.banner["pid"]}
        assert json.loads(note.read_text()) == said
        [clock] = zen_json("clock", "--db", db)["clocks"]
        assert clock["tenant_id"] == "tnt_demo"
        by_variable = {"ZEN_SANDBOX_DB": str(db)}
        assert zen("clock", env=by_variable).exit_code == 0
        assert server.terminate() == 0
        assert not note.exists()


def test_an_ephemeral_server_is_found_by_the_database_it_names(tmp_path: Path) -> None:
    with spawn(tmp_path, "--ephemeral") as server:
        assert zen("clock", "--db", server.banner["database"]).exit_code == 0


def test_a_public_address_is_not_the_way_of_this_machine(tmp_path: Path) -> None:
    with spawn(tmp_path, "--public-url", "http://public.example") as server:
        assert server.base_url == "http://public.example"
        assert zen("clock", "--db", server.banner["database"]).exit_code == 0


def test_a_server_is_named_by_its_address_and_token(tmp_path: Path) -> None:
    with spawn(tmp_path, "--admin-token", "zsa_chosen") as server:
        where = ("--url", server.base_url)
        assert zen("clock", *where, "--admin-token", "zsa_chosen").exit_code == 0
        env = {"ZEN_SANDBOX_URL": server.base_url, "ZEN_SANDBOX_ADMIN_TOKEN": "zsa_chosen"}
        assert zen("clock", env=env).exit_code == 0
        assert zen("clock", *where, "--db", server.banner["database"]).exit_code == 0
        assert zen("clock", *where).exit_code == 2
        done = zen("clock", *where, "--admin-token", "zsa_another")
        assert "takes another admin token; give the one that" in done.stderr


def test_no_server_is_one_sentence_in_a_process_of_its_own(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    code, sentence = refusal("clock", "--db", db)
    assert code == 1
    assert sentence == (
        f"No server is running on {db}; start `zen-sandbox serve`, or name another with --db or"
        " --url."
    )


def test_a_note_that_a_killed_server_left_is_not_believed(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        db = Path(server.banner["database"])
        server.kill9()
        assert running_file(db).exists()
        assert running(db) is None
        assert zen("clock", "--db", db).exit_code == 1


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"own_url": 1}', "no JSON", "\x00"])
def test_a_note_that_is_none_is_no_note(tmp_path: Path, text: str) -> None:
    running_file(tmp_path / "a.db").write_text(text)
    assert running(tmp_path / "a.db") is None


def test_the_first_of_two_servers_leaves_the_note_of_the_second(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    with noted_as_running(db, "http://127.0.0.1:1"):
        with noted_as_running(db, "http://127.0.0.1:2"):
            pass
        assert running(db) is None
    with noted_as_running(db, "http://127.0.0.1:1"):
        note = json.dumps({"own_url": "http://127.0.0.1:2", "pid": os.getpid()})
        running_file(db).write_text(note)
    found = running(db)
    assert found is not None
    assert found.own_url == "http://127.0.0.1:2"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"", "it closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "what answers there is no zen-sandbox"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", "its answer was cut off"),
        (b"220 mail.example ESMTP\r\n", "what answers there does not speak HTTP"),
    ],
)
def test_something_else_at_the_address_is_one_sentence(answer: bytes, sentence: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = zen("clock", "--url", url, "--admin-token", "x")
        thread.join(20)
    assert done.exit_code == 1
    assert done.stderr == f"Error: The server at {url} cannot be asked: {sentence}.\n"


def test_the_commands_need_no_library_of_the_server() -> None:
    code = (
        "import sys\n"
        "from zen_sandbox.cli import main\n"
        "try:\n"
        "    main(['clock', '--url', 'http://127.0.0.1:1', '--admin-token', 'x'])\n"
        "except SystemExit: pass\n"
        "heavy = {'connexion', 'uvicorn', 'aiohttp', 'sqlite_utils', 'orjson', 'jwt', 'limits'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n", done.stderr
    assert "Connection refused" in done.stderr
