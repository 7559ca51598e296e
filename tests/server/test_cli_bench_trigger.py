"""`zen-sandbox trigger`: events that arrive as a provider would have posted them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.server.command_line import ADMIN_TOKEN, zen, zen_json
from zen_sandbox import samples
from zen_sandbox.testing import Receiver, ZenSandbox

Json = dict[str, Any]


def connect(tenant: ZenSandbox, *answers: int, **policy: Any) -> tuple[str, Receiver]:
    """An endpoint whose events go to a receiver with those answers."""
    receiver = tenant.receiver(*answers)
    endpoint = tenant.create_endpoint()
    tenant.create_flow(endpoint, tenant.create_target(receiver), **policy)
    return endpoint["id"], receiver


def words(tenant: ZenSandbox, ingester_id: str, *more: object) -> tuple[object, ...]:
    """The command line of an event for that endpoint."""
    return ("trigger", "--url", tenant.base_url, "--ingester", ingester_id, *more)


def as_admin(*more: object) -> tuple[object, ...]:
    """What a command needs that reads what is below /sandbox/."""
    return ("--admin-token", ADMIN_TOKEN, *more)


@pytest.mark.parametrize("name", samples.types())
def test_every_ready_made_event_arrives_with_its_providers_headers(
    tenant: ZenSandbox, name: str
) -> None:
    ingester_id, receiver = connect(tenant)
    done = zen(*words(tenant, ingester_id, "--type", name))
    assert done.exit_code == 0, done.output
    [came] = receiver.wait_for()
    assert done.stdout == came.headers["webhook-id"] + "\n"
    assert came.signature_valid, came.signature_problem
    provider, _, event = name.partition(".")
    text = came.body.decode()
    assert "$" not in text
    expected: dict[str, Callable[[], object]] = {
        "stripe": lambda: (
            came.headers["stripe-signature"].startswith("t=1") and came.json["type"] == event
        ),
        "github": lambda: came.headers["x-github-event"] == event.partition(".")[0],
        "shopify": lambda: came.headers["x-shopify-topic"] == event,
        "twilio": lambda: (
            parse_qs(text, strict_parsing=True)["AccountSid"]
            and came.headers["content-type"] == "application/x-www-form-urlencoded"
        ),
        "generic": lambda: came.json["type"] == event == came.headers["x-event-type"],
    }
    assert expected[provider]()


def test_two_ready_made_events_are_two_events() -> None:
    one, other = samples.sample("stripe.invoice.paid"), samples.sample("stripe.invoice.paid")
    assert json.loads(one.body)["id"] != json.loads(other.body)["id"]
    assert isinstance(json.loads(one.body)["created"], int)


def test_each_kind_of_endpoint_has_several_events() -> None:
    for provider in samples.PROVIDERS:
        assert sum(name.startswith(f"{provider}.") for name in samples.types()) >= 4


def test_the_types_are_listed_for_people_and_programs() -> None:
    assert zen("trigger", "--list-types").stdout.splitlines() == samples.types()
    assert zen_json("trigger", "--list-types") == {"types": samples.types()}


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b'{"hello": 1}', "application/json"),
        ("häßlich".encode(), "text/plain; charset=utf-8"),
        (b"\xff\x00\n", "application/octet-stream"),
        (b"", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_is_posted_byte_for_byte_with_a_type_that_fits(
    tenant: ZenSandbox, tmp_path: Path, data: bytes, media_type: str
) -> None:
    ingester_id, receiver = connect(tenant)
    file = tmp_path / "event"
    file.write_bytes(data)
    assert zen(*words(tenant, ingester_id, "--data", f"@{file}")).exit_code == 0
    [came] = receiver.wait_for()
    assert (came.body, came.headers["content-type"]) == (data, media_type)


def test_the_body_may_be_a_word_or_standard_input(tenant: ZenSandbox) -> None:
    ingester_id, receiver = connect(tenant)
    assert zen(*words(tenant, ingester_id, "--data", '{"a": 1}')).exit_code == 0
    assert zen(*words(tenant, ingester_id, "--data", "-"), typed='{"b": 2}').exit_code == 0
    assert sorted(one.body for one in receiver.wait_for(2)) == [b'{"a": 1}', b'{"b": 2}']


def test_headers_and_type_that_are_given_stand_instead_of_the_samples(tenant: ZenSandbox) -> None:
    ingester_id, receiver = connect(tenant)
    more = ("--type", "github.push", "--header", "x-github-event: mine", "--header", "X-B: c")
    assert zen(*words(tenant, ingester_id, *more, "--content-type", "text/x")).exit_code == 0
    [came] = receiver.wait_for()
    names = ("x-github-event", "x-b", "content-type")
    assert [came.headers[name] for name in names] == ["mine", "c", "text/x"]


def test_many_events_are_posted_and_their_ids_printed(tenant: ZenSandbox) -> None:
    ingester_id, receiver = connect(tenant)
    done = zen(*words(tenant, ingester_id, "--count", 25))
    came = {one.headers["webhook-id"] for one in receiver.wait_for(25)}
    assert set(done.stdout.split()) == came
    assert len(came) == 25


def test_waiting_shows_each_attempt_up_to_the_delivery(tenant: ZenSandbox) -> None:
    ingester_id, _ = connect(tenant, 500, 200, backoff_seconds=1)
    done = zen(*words(tenant, ingester_id, *as_admin("--wait")))
    assert done.exit_code == 0, done.output
    first, second = done.stderr.splitlines()
    assert "attempt 1  failed  500  the target answered 500; the next is due at" in first
    assert second.endswith("attempt 2  delivered  200")
    assert done.stdout.startswith("evt_")


def test_waiting_ends_with_1_when_a_delivery_fails_for_good(tenant: ZenSandbox) -> None:
    ingester_id, _ = connect(tenant, 500, max_attempts=1)
    done = zen(*words(tenant, ingester_id, *as_admin("--wait")))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == "1 of 1 deliveries failed for good."
    assert "this was the last attempt" in done.stderr
    done = zen(*words(tenant, ingester_id, *as_admin("--wait", 5, "--count", 2, "--json")))
    assert done.exit_code == 1
    events = json.loads(done.stdout)["events"]
    assert [one["deliveries"] for one in events] == [1, 1]
    assert [one["attempts"][0]["delivery"]["status"] for one in events] == ["failed", "failed"]


def test_waiting_gives_up_and_says_what_to_do(tenant: ZenSandbox) -> None:
    ingester_id, _ = connect(tenant, 500, backoff_seconds=3600)
    done = zen(*words(tenant, ingester_id, *as_admin("--wait", 0.2)))
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == (
        "Error: 1 of 1 deliveries had no end after 0.2 seconds; wait longer, or move the clock with"
        " `zen-sandbox clock next`."
    )


def test_an_event_that_no_flow_takes_is_remarked_on(tenant: ZenSandbox) -> None:
    ingester_id = tenant.create_endpoint()["id"]
    done = zen(*words(tenant, ingester_id, *as_admin("--wait")))
    assert done.exit_code == 0
    assert done.stderr == f"No flow of {ingester_id} leads to a target that is not disabled.\n"


BAD = {
    "Give --ingester, the id of the endpoint, like ing_abc123.": (),
    "Give --data or --type, not both.": ("--ingester", "i", "--data", "x", "--type", "y"),
    "Invalid value for --type: There is no event stripe.invoice.payed; did you mean"
    " stripe.invoice.paid?": ("--ingester", "i", "--type", "stripe.invoice.payed"),
    "Invalid value for --type: There is no event x; `--list-types` shows them.": (
        ("--ingester", "i", "--type", "x")
    ),
    "Invalid value for --data: /no/such/file cannot be read (No such file or directory).": (
        ("--ingester", "i", "--data", "@/no/such/file")
    ),
    "Invalid value for '--header': 'no colon' is no header; give one like 'X-Event: paid'.": (
        ("--ingester", "i", "--header", "no colon")
    ),
}


@pytest.mark.parametrize("sentence", BAD)
def test_what_cannot_be_posted_is_one_sentence(sentence: str) -> None:
    done = zen("trigger", *BAD[sentence])
    assert done.exit_code == 2
    assert done.stderr.splitlines()[-1] == f"Error: {sentence}"


def test_an_endpoint_that_is_not_there_is_one_sentence(tenant: ZenSandbox) -> None:
    done = zen(*words(tenant, "ing_missing"))
    assert (done.exit_code, done.stderr) == (1, "Error: Endpoint ing_missing not found.\n")


def test_waiting_at_an_address_needs_the_admin_token(tenant: ZenSandbox) -> None:
    done = zen(*words(tenant, "ing_any", "--wait"))
    assert done.exit_code == 2
    assert "Give --admin-token with --url" in done.stderr
    done = zen(*words(tenant, "ing_any", "--wait", "--admin-token", "zsa_another"))
    assert done.exit_code == 1
    assert "takes another admin token" in done.stderr
