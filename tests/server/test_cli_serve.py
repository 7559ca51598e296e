"""`zen-sandbox serve`: its banner, how it starts, refuses and ends."""

import http.client
import json
import os
import select
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
import requests
from click.testing import CliRunner

from tests.server.command_line import COMMAND, Served, clean_environment, refusal, zen, zen_json
from tests.server.harness import spawn
from zen_sandbox import __version__
from zen_sandbox.cli import Commands
from zen_sandbox.store import Database, schema

ON_POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and modes are POSIX's")


def run_curl(command: str) -> object:
    """What a pasted curl prints; without curl, what requests gets for the same words."""
    if shutil.which("curl"):
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=30)
        return json.loads(done.stdout)
    words = shlex.split(command)
    assert words[:3] == ["curl", "-sS", "-H"]
    assert len(words) == 5
    name, _, value = words[3].partition(": ")
    answer = requests.get(words[4], headers={name: value}, timeout=30)
    return answer.json()


def test_the_banner_says_where_the_server_is_and_its_curl_works_when_pasted(tmp_path: Path) -> None:
    with Served("--port", 0, "--db", tmp_path / "sandbox.db") as served:
        curls = [line for line in served.banner.splitlines() if line.strip().startswith("curl ")]
        assert len(curls) == 1
        answer = run_curl(curls[0].strip())
        assert isinstance(answer, dict)
        assert {"dest_abc123", "dest_stripe_prod_us_east_1"} <= {
            one["id"] for one in answer["destinations"]
        }
        base_url = served.fact("Base URL")
        assert served.fact("Tenant") == "tnt_demo"
        assert served.fact("API key").startswith("zpk_")
        assert served.fact("Database") == str(tmp_path / "sandbox.db")
        for link in served.fact("Contract").split():
            assert link.startswith(base_url)
            assert requests.get(link, timeout=30).status_code == 200
        assert "\x1b" not in served.banner, "colour belongs on a terminal only"
        assert served.end() == (0, "")


def test_the_banner_without_a_demo_says_how_to_get_a_key_and_that_works(tmp_path: Path) -> None:
    with Served("--no-demo", "--port", 0, "--db", tmp_path / "a b.db") as served:
        assert "zpk_" not in served.banner
        shown = [line.strip() for line in served.banner.splitlines()]
        commands = [shlex.split(line) for line in shown if line.startswith("zen-sandbox ")]
        tenants, keys = (words[1:] for words in commands if words[1] in ("tenants", "keys"))
        tenant_id = zen(*tenants).stdout.strip()
        token = zen(*keys).stdout.strip()
        api = served.api(token, tenant_id)
        assert api.get(api.at("destinations")).expect(200).json == {"destinations": []}


@ON_POSIX
@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_whose_user_wants_it(
    env: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    terminal, its_end = os.openpty()
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--db", str(tmp_path / "sandbox.db")],
        env={**clean_environment(env), "TERM": "xterm"},
        stdin=its_end,
        stdout=its_end,
        stderr=its_end,
    )
    os.close(its_end)
    try:
        shown = b""
        while b"Ctrl-C stops it" not in shown:
            assert select.select([terminal], [], [], 20)[0], shown
            shown += os.read(terminal, 65536)
        assert (b"\x1b[" in shown) is coloured
        server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
    finally:
        server.kill()
        server.wait(20)
        os.close(terminal)


def test_json_prints_one_line_that_says_all_a_program_needs(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        assert server.banner == {
            "base_url": server.base_url,
            "own_url": server.base_url,
            "admin_token": server.banner["admin_token"],
            "tenant_id": "tnt_demo",
            "api_key": server.api_key,
            "console": server.banner["console"],
            "database": str(tmp_path / "sandbox.db"),
            "ephemeral": False,
            "contract": f"{server.base_url}/openapi.json",
            "seed": None,
            "pid": server.process.pid,
            "version": __version__,
        }
        server.api().get(server.api().at("destinations")).expect(200)
        assert server.process.stdout is not None
        assert server.terminate() == 0
        assert server.stderr == ""


def test_a_reader_that_closes_the_output_does_not_end_the_server(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    read_end, write_end = os.pipe()
    os.close(read_end)
    server = subprocess.Popen(
        [*COMMAND, "serve", "--ephemeral", "--port", str(port)],
        env=clean_environment(),
        stdout=write_end,
        stderr=subprocess.PIPE,
    )
    os.close(write_end)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert requests.get(f"http://127.0.0.1:{port}/health", timeout=5).ok
                break
            except requests.ConnectionError:
                assert server.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
        server.terminate()
        assert (server.communicate(timeout=20)[1], server.returncode) == (b"", 0)
    finally:
        server.kill()
        server.communicate()


@ON_POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_within_two_seconds_though_a_connection_is_open(
    number: signal.Signals, tmp_path: Path
) -> None:
    with spawn(tmp_path, "--ephemeral") as server:
        folder = Path(server.banner["database"]).parent
        assert folder.is_dir()
        connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=20)
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        began = time.monotonic()
        assert server.terminate(number) == 0
        assert time.monotonic() - began < 2
        connection.close()
        assert server.stderr == ""
        assert not folder.exists(), "what is ephemeral is gone at the end"


@ON_POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_it_quietly(number: signal.Signals, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [*COMMAND, "serve", "--ephemeral", "--port", "0"],
        env=clean_environment({"TMPDIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 20
        while not list(tmp_path.iterdir()):  # its folder comes first, most of its imports after
            assert time.monotonic() < deadline
            time.sleep(0.001)
        server.send_signal(number)
        assert server.communicate(timeout=20) == (b"", b"")
        assert server.returncode == 0
        assert list(tmp_path.iterdir()) == []
    finally:
        server.kill()
        server.communicate()


def test_a_port_in_use_is_a_sentence_and_leaves_no_database(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, sentence = refusal("serve", "--port", port, "--db", tmp_path / "sandbox.db")
    assert code == 1
    assert sentence == f"Port {port} of 127.0.0.1 is in use; choose another, or 0 for any free one."
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes. " * 100)
    code, sentence = refusal("serve", "--port", 0, "--db", path)
    assert code == 1
    assert sentence == (
        f"{path} cannot be used as a database (file is not a database); give another with --db."
    )
    assert path.read_text() == "These are my notes. " * 100


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    code, sentence = refusal("serve", "--port", 0, "--db", tmp_path / "no" / "sandbox.db")
    assert code == 1
    assert sentence.endswith(
        "cannot be opened (No such file or directory); give another file with --db."
    )


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    database = Database(path)
    database.execute("PRAGMA user_version = 999")
    database.close()
    before = path.read_bytes()
    for words in (["serve", "--port", 0], ["tenants", "list"]):
        code, sentence = refusal(*words, "--db", path)
        assert code == 1
        assert "was made by a newer zen-sandbox (database version 999" in sentence
        assert sentence.endswith("upgrade zen-back, or give another file with --db.")
    assert path.read_bytes() == before


def test_a_database_of_an_older_version_is_upgraded_in_place(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    database = Database(path)
    schema.bring_up_to_date(database, schema.STEPS[:1])
    with database.writing():
        database.execute(
            "INSERT INTO tenants VALUES ('tnt_old', 'Old', '2026-01-01T00:00:00.000', NULL)"
        )
    database.close()
    with spawn(tmp_path) as server:
        assert server.banner["tenant_id"] is None, "a database that was used gets no demo unasked"
        token = zen_json("keys", "create", "--tenant", "tnt_old", "--db", path)["api_key"]
        api = server.api(token, "tnt_old")
        api.post(api.at("destinations"), {"name": "a", "url": "https://a.example/"}).expect(201)
        assert api.get("/v1/logs").expect(200).json["logs"]
    database = Database(path)
    version = database.execute("PRAGMA user_version").fetchone()[0]
    database.close()
    assert version == len(schema.STEPS)


@ON_POSIX
def test_the_default_database_is_in_the_data_folder_of_the_user(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with Served("--port", 0, env=env) as served:
        path = Path(served.fact("Database"))
        assert tmp_path in path.parents
        assert path.name == "sandbox.db"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        shown = zen_json("tenants", "list", env=env)
        assert [tenant["id"] for tenant in shown["tenants"]] == ["tnt_demo"]


def test_ephemeral_and_a_file_do_not_go_together_unless_one_is_only_a_variable(
    tmp_path: Path,
) -> None:
    code, sentence = refusal("serve", "--ephemeral", "--db", tmp_path / "x.db")
    assert (code, sentence) == (2, "Give one of --db and --ephemeral.")
    kept = tmp_path / "kept.db"
    env = {"ZEN_SANDBOX_DB": str(kept), "TMPDIR": str(tmp_path)}
    with spawn(tmp_path, "--ephemeral", env=env) as server:
        assert server.banner["ephemeral"] is True
    assert not kept.exists()
    with spawn(tmp_path, "--db", str(kept), env={"ZEN_SANDBOX_EPHEMERAL": "1"}) as server:
        assert server.banner["ephemeral"] is False
        assert server.banner["database"] == str(kept)


def test_an_ephemeral_server_takes_no_promise_of_durability() -> None:
    code, sentence = refusal("serve", "--ephemeral", "--durability", "full")
    assert code == 2
    assert sentence == "--ephemeral keeps nothing, so --durability has no use; leave it out."


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_base_url_names_the_host_that_was_asked_for(host: str, tmp_path: Path) -> None:
    with spawn(tmp_path, "--host", host) as server:
        assert server.base_url.startswith(f"http://{host}:")
        server.api().get("/ready").expect(200)


def test_an_ipv6_address_stands_in_brackets_in_the_base_url(tmp_path: Path) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with spawn(tmp_path, "--host", "::1") as server:
        assert server.base_url.startswith("http://[::1]:")
        server.api().get("/ready").expect(200)
        assert server.banner["tenant_id"] == "tnt_demo", "it is loopback, so the demo is there"


def test_a_public_url_is_the_base_of_what_the_server_gives_out(tmp_path: Path) -> None:
    with Served(
        *("--port", 0, "--db", tmp_path / "sandbox.db", "--public-url", "https://zen.example/box/")
    ) as served:
        assert served.fact("Base URL") == "https://zen.example/box"
        assert '"https://zen.example/box/v1/tenants/tnt_demo/destinations"' in served.banner


def test_the_application_imports_only_what_every_server_needs() -> None:
    watch = (
        "import sys, tempfile\nfrom pathlib import Path\n"
        "from zen_sandbox.app import create_app\nfrom zen_sandbox.opening import opened\n"
        "from zen_sandbox.settings import Settings\n"
        "with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / 'a.db') as store:\n"
        "    create_app(store, Settings())\n"
        "later = {'aiohttp', 'cryptography', 'jwt', 'limits'}\n"
        "assert not later & set(sys.modules), later & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", watch], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_help_and_version_import_nothing_of_the_server() -> None:
    watch = (
        "import sys\nfrom zen_sandbox.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "heavy = {'connexion', 'flask', 'jwt', 'limits', 'sqlite_utils', 'uvicorn', 'starlette'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    for words in (["--help"], ["--version"], ["serve", "--help"], ["keys", "create", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", watch, *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_a_fault_of_ours_is_a_sentence_too_that_says_how_to_see_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @click.group(cls=Commands)
    def faulty() -> None:
        """A group whose command has a fault."""

    @faulty.command()
    def stumble() -> None:
        raise TypeError("no such luck")

    done = CliRunner().invoke(faulty, ["stumble"])
    assert done.exit_code == 1
    assert done.stderr == (
        "Error: A fault of zen-sandbox (TypeError: no such luck); set ZEN_SANDBOX_TRACEBACK=1 to"
        " see where, and please report it.\n"
    )
    monkeypatch.setenv("ZEN_SANDBOX_TRACEBACK", "1")
    assert isinstance(CliRunner().invoke(faulty, ["stumble"]).exception, TypeError)


def test_without_the_sandbox_extra_it_says_what_to_install(tmp_path: Path) -> None:
    without = (
        "import sys\nfor name in ('connexion', 'sqlite_utils', 'uvicorn', 'limits', 'jwt'):\n"
        "    sys.modules[name] = None\nfrom zen_sandbox.cli import main\nmain(sys.argv[1:])\n"
    )
    for words in (
        ["serve", "--port", "0", "--db", str(tmp_path / "x.db")],
        ["serve", "--rate-limit", "1/minute"],
        ["tenants", "create"],
        ["token", "--tenant", "tnt_x"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", without, *words],
            env=clean_environment({"XDG_DATA_HOME": str(tmp_path)}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("Error: This needs ")
        assert done.stderr.endswith("; install it with: pip install 'zen-back[sandbox]'\n")
        assert done.stderr.count("\n") == 1
