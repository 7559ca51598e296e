"""The pytest plugin, in pytest runs of its own: what an integrator's tests get from it."""

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.harness import spawn
from zen_sandbox.testing import ZenSandbox, new_tenant
from zen_sandbox.testing.server import CannotStart, Server

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
HEAVY = (
    "connexion",
    "uvicorn",
    "aiohttp",
    "sqlite_utils",
    "orjson",
    "click",
    "yaml",
    "zen_contract.contract",
)


def run(pytester: pytest.Pytester, *words: object) -> pytest.RunResult:
    """A pytest run in a process and a folder of its own, in which warnings are errors."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        only = ("-p", "zen_sandbox.pytest_plugin", "-p", "no:cacheprovider", "-W", "error")
        return pytester.runpytest_subprocess(*only, *map(str, words), timeout=60)


def test_an_installation_tells_pytest_of_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["entry-points"]["pytest11"]
    assert declared == {"zen_sandbox": "zen_sandbox.pytest_plugin"}


def test_a_test_sees_its_event_arrive_signed_fail_and_be_retried(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        from datetime import timedelta

        def test_a_day_of_backoff(zen_sandbox):
            receiver = zen_sandbox.receiver(503, 500, 200)
            endpoint = zen_sandbox.create_endpoint("stripe")
            target = zen_sandbox.create_target(receiver)
            zen_sandbox.create_flow(endpoint, target, max_attempts=3, backoff_seconds=3600)
            zen_sandbox.clock.freeze()
            before = zen_sandbox.clock.now()
            event = zen_sandbox.trigger(endpoint, "stripe.invoice.paid")
            [first] = receiver.wait_for(1)
            assert first.signature_valid, first.signature_problem
            assert first.json["type"] == "invoice.paid"
            assert first.headers["stripe-signature"].startswith("t=")
            assert zen_sandbox.clock.advance(timedelta(days=1)) == 2
            assert zen_sandbox.clock.now() - before == timedelta(days=1)
            statuses = [one["status"] for one in zen_sandbox.wait_for_deliveries(event)]
            assert statuses == ["failed", "failed", "delivered"]
            assert [one.answered for one in receiver.requests] == [503, 500, 200]

        def test_credentials_for_the_code_under_test(zen_sandbox):
            import json, urllib.request
            url = f"{zen_sandbox.base_url}/v1/tenants/{zen_sandbox.tenant_id}/destinations"
            headers = {"Authorization": f"Bearer {zen_sandbox.api_key}"}
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                assert json.load(answer) == {"destinations": []}
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_each_test_has_a_tenant_of_its_own_on_one_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        seen = []

        @pytest.mark.parametrize("number", range(5))
        def test_one(zen_sandbox, number):
            assert zen_sandbox.deliveries() == []
            zen_sandbox.create_endpoint(name="the same name")
            zen_sandbox.clock.advance(3600)
            zen_sandbox.fault("api", "status", status=503, operation_id="listIngesters")
            seen.append((zen_sandbox.base_url, zen_sandbox.tenant_id))

        def test_all():
            assert len({url for url, _ in seen}) == 1
            assert len({tenant for _, tenant in seen}) == 5
        """
    )
    run(pytester).assert_outcomes(passed=6)


def test_tests_side_by_side_do_not_meet(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_one(zen_sandbox, number):
            receiver = zen_sandbox.receiver(500)
            endpoint = zen_sandbox.create_endpoint()
            zen_sandbox.create_flow(endpoint, zen_sandbox.create_target(receiver), max_attempts=2)
            event = zen_sandbox.trigger(endpoint, data=b"%d" % number)
            receiver.wait_for(1)
            assert zen_sandbox.clock.next() == 1
            assert [one.body for one in receiver.requests] == [b"%d" % number] * 2
            assert {one["event_id"] for one in zen_sandbox.deliveries()} == {event}
        """
    )
    run(pytester, "-p", "xdist", "-n", 2).assert_outcomes(passed=8)


def test_what_a_test_does_to_its_own_process_does_not_reach_the_server(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import time

        def test_a_stopped_clock(zen_sandbox, monkeypatch):
            monkeypatch.setattr(time, "time", lambda: 0.0)
            receiver = zen_sandbox.receiver()
            endpoint = zen_sandbox.create_endpoint()
            zen_sandbox.create_flow(endpoint, zen_sandbox.create_target(receiver))
            zen_sandbox.trigger(endpoint)
            assert receiver.wait_for()[0].signature_valid
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_it_costs_nothing_when_no_test_uses_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import subprocess, sys

        def test_nothing_was_imported(pytestconfig):
            assert pytestconfig.pluginmanager.has_plugin("zen_sandbox.pytest_plugin")
            ours = [name for name in sys.modules if name.startswith("zen_sandbox")]
            assert set(ours) <= {{"zen_sandbox", "zen_sandbox.pytest_plugin"}}
            assert not set({HEAVY!r}) & sys.modules.keys()
            assert not subprocess._active
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_collecting_starts_no_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(zen_sandbox): pass")
    pytester.makeconftest(
        """
        def pytest_unconfigure(config):
            import sys
            assert "zen_sandbox.testing.server" not in sys.modules
        """
    )
    assert run(pytester, "--collect-only").ret == 0


def test_help_has_its_options(pytester: pytest.Pytester) -> None:
    text = run(pytester, "--help").stdout.str()
    _, _, ours = text.partition("zen-sandbox (the fixture zen_sandbox):")
    for option in ("--zen-sandbox-url", "--zen-sandbox-admin-token", "--zen-sandbox-timeout"):
        assert option in ours
    fixtures = run(pytester, "--fixtures").stdout.str()
    assert "A tenant of this test's own in a running sandbox" in fixtures


def test_a_server_that_runs_already_is_used_when_it_is_named(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    with spawn(tmp_path) as server:
        pytester.makepyfile(
            f"""
            def test_one(zen_sandbox):
                assert zen_sandbox.base_url == {server.base_url!r}
                assert zen_sandbox.create_endpoint()["ingest_url"].startswith({server.base_url!r})
            """
        )
        where = ("--zen-sandbox-url", server.base_url)
        token = ("--zen-sandbox-admin-token", server.banner["admin_token"])
        run(pytester, *where, *token).assert_outcomes(passed=1)
        done = run(pytester, *where)
        done.assert_outcomes(errors=1)
        done.stdout.fnmatch_lines(["*Give --zen-sandbox-admin-token with --zen-sandbox-url."])


def test_a_missing_library_is_one_sentence(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(zen_sandbox): pass")
    blocked = pytester.mkdir("blocked")
    (blocked / "connexion.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'connexion'\", name='connexion')"
    )
    before = os.environ.get("PYTHONPATH", "")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(blocked), before])))
        done = run(pytester)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(
        ["*The fixture zen_sandbox needs connexion; install it with: pip install*"]
    )


def test_waiting_in_vain_says_why(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_one(zen_sandbox):
            receiver = zen_sandbox.receiver(500)
            endpoint = zen_sandbox.create_endpoint()
            zen_sandbox.create_flow(endpoint, zen_sandbox.create_target(receiver))
            event = zen_sandbox.trigger(endpoint)
            with pytest.raises(AssertionError, match="After 0.3 s an attempt is queued, due at"):
                zen_sandbox.wait_for_deliveries(event, timeout=0.3)
            zen_sandbox.clock.freeze()
            with pytest.raises(AssertionError, match="The clock is frozen and an attempt is"):
                zen_sandbox.wait_for_deliveries(event)
            with pytest.raises(AssertionError, match="has had 1 of 2 requests after 1 s"):
                receiver.wait_for(2)
        """
    )
    run(pytester, "--zen-sandbox-timeout", "1").assert_outcomes(passed=1)


# ---- in this process


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.stop()


@pytest.fixture
def tenant(server: Server) -> Iterator[ZenSandbox]:
    with new_tenant(*server.place(), 10) as made:
        yield made


def test_a_real_retry_is_waited_for(tenant: ZenSandbox) -> None:
    receiver = tenant.receiver(500, 200)
    endpoint = tenant.create_endpoint()
    tenant.create_flow(endpoint, tenant.create_target(receiver), backoff_seconds=1)
    rows = tenant.wait_for_deliveries(tenant.trigger(endpoint))
    assert [row["status"] for row in rows] == ["failed", "delivered"]
    assert tenant.deliveries(status="delivered") == [rows[1]]


def test_an_event_that_no_flow_takes_has_no_deliveries(tenant: ZenSandbox) -> None:
    assert tenant.wait_for_deliveries(tenant.trigger(tenant.create_endpoint())) == []


def test_a_receiver_says_why_a_signature_is_wrong(tenant: ZenSandbox) -> None:
    receiver = tenant.receiver()
    endpoint = tenant.create_endpoint()
    other_secret = "whsec_" + "A" * 32
    target = tenant.create_target(receiver.url, secret=other_secret)
    tenant.create_flow(endpoint, target, max_attempts=1)
    tenant.trigger(endpoint)
    [came] = receiver.wait_for()
    assert came.signature_valid is False
    assert came.signature_problem is not None
    assert "another secret signed it" in came.signature_problem
    unchecked = tenant.receiver(secret=None)
    assert tenant.create_target(unchecked)["url"] == unchecked.url
    receiver.forget()
    assert receiver.requests == []


def test_a_receiver_changes_its_mind(tenant: ZenSandbox) -> None:
    receiver = tenant.receiver(500)
    endpoint = tenant.create_endpoint()
    tenant.create_flow(endpoint, tenant.create_target(receiver), max_attempts=10)
    tenant.trigger(endpoint)
    receiver.wait_for(1)
    receiver.answer({"status": 429, "retry_after": 50}, 200)
    tenant.clock.advance(3600)
    assert [one.answered for one in receiver.requests] == [500, 429, 200]
    assert all(one.signature_valid for one in receiver.requests)


def test_a_key_of_fewer_scopes_can_do_less(tenant: ZenSandbox) -> None:
    path = f"/v1/tenants/{tenant.tenant_id}/ingesters"
    headers = {"Authorization": f"Bearer {tenant.new_key('read:ingesters')}"}
    assert tenant.api.send("GET", path, headers).status == 200
    headers = {"Authorization": f"Bearer {tenant.new_key()}"}
    assert tenant.api.send("GET", path, headers).status == 403


def test_nothing_of_a_tenant_goes_on_after_its_test(server: Server, tenant: ZenSandbox) -> None:
    with new_tenant(*server.place(), 10) as short:
        receiver = short.receiver()
        short.create_flow(short.create_endpoint(), short.create_target(receiver))
        short.fault("api", "latency", milliseconds=1)
    status = tenant.api.send("POST", f"/sandbox/receivers/{receiver.name}", {}, b"late").status
    assert status == 404
    with new_tenant(*server.place(), 10) as reader:
        headers = {"Authorization": f"Bearer {short.api_key}"}
        path = f"/v1/tenants/{short.tenant_id}/ingesters"
        assert reader.api.send("GET", path, headers).status == 401


def test_the_server_ends_with_the_process_that_started_it() -> None:
    code = (
        "import os, time\n"
        "from zen_sandbox.testing.server import Server\n"
        "server = Server()\n"
        "print(server.place()[0], server._process.pid, flush=True)\n"
        "os._exit(9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    url, pid = done.stdout.split()
    assert url.startswith("http://127.0.0.1:")
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists() and _state(pid) != "Z":
        assert time.monotonic() < deadline, "the server outlived its tests"
        time.sleep(0.02)


def _state(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_a_server_that_cannot_start_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    server = Server()
    with pytest.raises(CannotStart, match="what it wrote to standard error says why"):
        server.place()
    server.stop()
