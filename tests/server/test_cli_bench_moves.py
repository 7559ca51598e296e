"""`zen-sandbox clock`, `faults` and `snapshot`: what they do to a running server, and print."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import click
import pytest

from tests.server.command_line import ADMIN_TOKEN, zen, zen_json
from tests.server.harness import Sandbox
from zen_sandbox.cli import main
from zen_sandbox.testing import Receiver, ZenSandbox, new_tenant

Json = dict[str, Any]


@pytest.fixture
def other(server: Sandbox) -> Iterator[ZenSandbox]:
    with new_tenant(server.base_url, ADMIN_TOKEN, 10) as made:
        yield made


def at(tenant: ZenSandbox) -> tuple[str, ...]:
    """The options that say which server."""
    return ("--url", tenant.base_url, "--admin-token", ADMIN_TOKEN)


def of(tenant: ZenSandbox) -> tuple[str, ...]:
    """Those, and which tenant."""
    return (*at(tenant), "--tenant", tenant.tenant_id)


def queued_retry(tenant: ZenSandbox) -> tuple[str, Receiver]:
    """An event whose first attempt has failed and whose second is due in a minute."""
    receiver = tenant.receiver(500, 200)
    endpoint = tenant.create_endpoint()
    tenant.create_flow(endpoint, tenant.create_target(receiver), backoff_seconds=60)
    event = tenant.trigger(endpoint)
    tenant.clock.settle()
    return event, receiver


def statuses(tenant: ZenSandbox, event: str) -> list[str]:
    return [row["status"] for row in tenant.deliveries(event)]


# ---- clock


@pytest.mark.parametrize("words", [(), ("show",)])
def test_the_clock_of_one_tenant_is_shown_with_its_next_attempt(
    tenant: ZenSandbox, words: tuple[str, ...]
) -> None:
    queued_retry(tenant)
    [clock] = zen_json("clock", *words, *of(tenant))["clocks"]
    assert clock["tenant_id"] == tenant.tenant_id
    assert clock["frozen"] is False
    header, line = zen("clock", *words, *of(tenant)).stdout.splitlines()
    assert header.split() == ["TENANT_ID", "NOW", "FROZEN", "NEXT_ATTEMPT_AT"]
    assert line.split()[-2:] == ["no", clock["next_attempt_at"]]


def test_all_clocks_are_shown_without_a_tenant(tenant: ZenSandbox, other: ZenSandbox) -> None:
    shown = {clock["tenant_id"] for clock in zen_json("clock", *at(tenant))["clocks"]}
    assert shown >= {tenant.tenant_id, other.tenant_id}


def test_a_clock_is_frozen_and_goes_on_again(tenant: ZenSandbox, other: ZenSandbox) -> None:
    done = zen("clock", "freeze", *of(tenant))
    assert done.stdout.splitlines()[1].split()[-2:] == ["yes", "-"]
    assert tenant.clock.is_frozen()
    assert not other.clock.is_frozen()
    assert tenant.clock.now() == tenant.clock.now()
    assert zen("clock", "resume", *of(tenant)).exit_code == 0
    assert not tenant.clock.is_frozen()


def test_advancing_makes_what_falls_due_and_says_how_many(tenant: ZenSandbox) -> None:
    event, _ = queued_retry(tenant)
    done = zen("clock", "advance", "30s", *of(tenant))
    assert done.stderr == ""
    assert statuses(tenant, event) == ["failed", "retrying"]
    done = zen("clock", "advance", "1h", *of(tenant))
    assert done.stderr == "1 attempt was made on the way.\n"
    assert statuses(tenant, event) == ["failed", "delivered"]


def test_next_goes_to_the_next_attempt_and_no_further(tenant: ZenSandbox) -> None:
    event, _ = queued_retry(tenant)
    zen("clock", "freeze", *of(tenant))
    due = tenant.clock.next_attempt_at()
    assert zen_json("clock", "next", *of(tenant))["attempts_made"] == 1
    assert statuses(tenant, event) == ["failed", "delivered"]
    assert tenant.clock.now() == due
    assert zen_json("clock", "next", *of(tenant))["attempts_made"] == 0


def test_a_clock_is_set_forward_in_any_time_zone_and_never_back(tenant: ZenSandbox) -> None:
    zen("clock", "freeze", *of(tenant))
    day = (tenant.clock.now() + timedelta(days=2)).date().isoformat()
    [clock] = zen_json("clock", "set", f"{day}T12:00:00+02:00", *of(tenant))["clocks"]
    assert clock["now"] == f"{day}T10:00:00Z"
    done = zen("clock", "set", f"{day}T09:00:00Z", *of(tenant))
    assert done.exit_code == 1
    assert done.stderr == (
        f"Error: to: is past; the clock of {tenant.tenant_id} says {day}T10:00:00Z\n"
    )


# ---- faults


def test_a_fault_of_a_target_strikes_as_often_as_it_was_asked_to(tenant: ZenSandbox) -> None:
    words = ("add", "target", "status", "--status", "503", "--count", "1")
    done = zen("faults", *words, *of(tenant))
    fault = done.stdout.strip()
    assert f"zen-sandbox faults remove {fault}" in done.stderr
    event, _ = queued_retry(tenant)
    assert [row.get("response_code") for row in tenant.deliveries(event)] == [503, None]
    header, line = zen("faults", *of(tenant)).stdout.splitlines()
    assert header.split() == ["ID", "SIDE", "KIND", "STRUCK", "ONLY"]
    assert line.split() == [
        fault,
        "target",
        "status",
        "1/1",
        f"tenant_id={tenant.tenant_id}",
        "status=503",
    ]


def test_a_fault_of_the_api_meets_its_tenant_and_operation_only(
    tenant: ZenSandbox, other: ZenSandbox
) -> None:
    made = zen_json(
        *("faults", "add", "api", "status", "--status", "503", "--retry-after", "7"),
        *("--operation", "createIngester", *of(tenant)),
    )
    assert (made["operation_id"], made["struck"]) == ("createIngester", 0)
    path = f"/v1/tenants/{tenant.tenant_id}/ingesters"
    body = b'{"name": "a", "type": "stripe"}'
    json = {"Content-Type": "application/json"}
    reply = tenant.api.send("POST", path, json, body)
    assert (reply.status, reply.headers["retry-after"]) == (503, "7")
    assert tenant.api.send("GET", path, {}).status == 200
    other.create_endpoint()
    done = zen("faults", "remove", made["id"], *at(tenant))
    assert done.stdout == f"The fault {made['id']} is ended.\n"
    assert tenant.api.send("POST", path, json, body).status == 201
    assert zen("faults", "remove", made["id"], *at(tenant)).exit_code == 1


def test_clearing_ends_the_faults_of_one_tenant(tenant: ZenSandbox, other: ZenSandbox) -> None:
    for one in (tenant, other):
        one.fault("target", "timeout")
    done = zen("faults", "clear", *of(tenant))
    assert done.stdout == f"The faults of {tenant.tenant_id} are ended.\n"
    assert zen_json("faults", "list", *of(tenant)) == {"faults": []}
    assert len(zen_json("faults", *of(other))["faults"]) == 1


def test_a_fault_that_a_side_does_not_have_is_one_sentence(tenant: ZenSandbox) -> None:
    done = zen("faults", "add", "api", "timeout", *at(tenant))
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: timeout is no fault of side api; give status, latency, drop, truncate or"
        " lose_answer."
    )
    done = zen("faults", "add", "target", "status", *at(tenant))
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: status: is required for kind 'status'\n",
    )


# ---- snapshot


def test_a_snapshot_brings_back_what_one_tenant_had(tenant: ZenSandbox, other: ZenSandbox) -> None:
    name = f"before-{tenant.tenant_id}"
    tenant.create_endpoint(name="kept")
    done = zen("snapshot", "take", name, *of(tenant))
    assert done.stdout == f"The snapshot {name} of {tenant.tenant_id} is taken.\n"
    tenant.create_endpoint(name="later")
    other.create_endpoint(name="elsewhere")
    [listed] = zen_json("snapshot", *of(tenant))["snapshots"]
    assert (listed["name"], listed["tenants"]) == (name, [tenant.tenant_id])
    assert name in zen("snapshot", "list", *at(tenant)).stdout
    assert zen_json("snapshot", "restore", name, *at(tenant))["name"] == name
    for one, names in ((tenant, ["kept"]), (other, ["elsewhere"])):
        path = f"/v1/tenants/{one.tenant_id}/ingesters"
        assert [row["name"] for row in one.api.ask("GET", path)["ingesters"]] == names
    done = zen("snapshot", "delete", name, *at(tenant))
    assert done.stdout == f"The snapshot {name} is deleted.\n"
    done = zen("snapshot", "restore", name, *at(tenant))
    assert (done.exit_code, done.stderr) == (1, f"Error: Snapshot {name} not found.\n")


def test_one_tenant_of_a_snapshot_of_all_is_brought_back(
    tenant: ZenSandbox, other: ZenSandbox
) -> None:
    name = f"all-before-{tenant.tenant_id}"
    zen_json("snapshot", "take", name, *at(tenant))
    for one in (tenant, other):
        one.create_endpoint(name="later")
    assert zen_json("snapshot", "restore", name, *of(tenant))["tenants"] == [tenant.tenant_id]
    for one, names in ((tenant, []), (other, ["later"])):
        path = f"/v1/tenants/{one.tenant_id}/ingesters"
        assert [row["name"] for row in one.api.ask("GET", path)["ingesters"]] == names


# ---- all of them


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command that talks to a running server."""
    for name in ("trigger", "tail", "clock", "faults", "snapshot"):
        command = main.commands[name]
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, word) for word in command.commands)


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_each_command_explains_itself_with_an_example(words: tuple[str, ...]) -> None:
    done = zen(*words, "--help")
    assert done.exit_code == 0
    assert f"  zen-sandbox {' '.join(words)}" in done.stdout


BAD = {
    ("clock", "advance", "1"): "'1' is no duration; give a number and s, m, h or d",
    ("clock", "set", "soon"): "'soon' is no time; give one like 2026-12-24T18:00:00Z.",
    ("clock", "show", "--tenant", "a b"): "'a b' is no id",
    ("faults", "add", "sideways", "status"): "'sideways' is not one of 'api', 'target'.",
    ("snapshot", "take", "a/b"): "'a/b' is no id",
    ("clock", "turn"): "No such command 'turn'.",
}


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_a_bad_word_is_one_sentence(words: tuple[str, ...]) -> None:
    done = zen(*words)
    assert done.exit_code == 2
    assert BAD[words] in done.stderr.splitlines()[-1]
