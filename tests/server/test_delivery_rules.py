"""What needs no network: when an attempt is due, which headers go on, how a body is signed."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from zen_sandbox.delivery import signing
from zen_sandbox.delivery.attempt import forwarded
from zen_sandbox.delivery.backoff import LONGEST, retry_after_seconds, seconds_until_next

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        (10, [10, 20, 40, 80, 160, 320, 640, 1280, 2560]),
        (1, [1, 2, 4, 8, 16, 32, 64, 128, 256]),
        (1000, [1000, 2000, 3600, 3600, 3600, 3600, 3600, 3600, 3600]),
        (3600, [3600] * 9),
    ],
)
def test_the_wait_doubles_after_each_failure_and_is_capped_at_an_hour(
    backoff: int, waits: list[int]
) -> None:
    assert [seconds_until_next(number, backoff) for number in range(1, 10)] == waits


@pytest.mark.parametrize(
    ("asked", "wait"), [(None, 20), (0, 20), (5, 20), (21, 21), (3599.5, 3599.5), (90_000, LONGEST)]
)
def test_retry_after_lengthens_a_wait_but_never_shortens_it_nor_passes_an_hour(
    asked: float | None, wait: float
) -> None:
    assert seconds_until_next(2, 10, asked) == wait


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("99999999999999999999", LONGEST),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        ("Tue, 01 Dec 2026 00:02:00 GMT", 120),
        ("Tue, 01 Dec 2026 01:02:00 +0100", 120),
        ("Tuesday, 01-Dec-26 00:00:30 GMT", 30),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), None),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        ("Tue, 01 Dec 99999 00:02:00 GMT", None),
        ("Tue, 01 Dec 2026 00:02:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_anything_else_is_nothing(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_no_retry_after_whatever_is_in_it_makes_a_failure_of_our_own(value: str) -> None:
    asked = retry_after_seconds(value, NOW)
    assert 10 <= seconds_until_next(1, 10, asked) <= LONGEST


def test_end_to_end_headers_of_the_provider_go_on_and_no_others() -> None:
    mine = {
        "x-github-event": "push",
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "stripe-signature": "t=1,v1=abc",
        "content-encoding": "gzip",
        "user-agent": "GitHub-Hookshot/044aadd",
    }
    not_mine = {
        "authorization": "Bearer zpk_secret",
        "cookie": "session=1",
        "host": "127.0.0.1",
        "content-length": "2",
        "transfer-encoding": "chunked",
        "connection": "keep-alive, X-Only-Here",
        "x-only-here": "1",
        "keep-alive": "timeout=5",
        "te": "trailers",
        "trailer": "X-Sum",
        "upgrade": "h2c",
        "expect": "100-continue",
        "accept-encoding": "gzip",
        "proxy-authorization": "Basic eDp5",
        "proxy-authenticate": "Basic",
        "proxy-connection": "keep-alive",
        "x-zen-event-id": "evt_of_the_sender",
        "x-zen-anything": "1",
    }
    assert forwarded({**mine, **not_mine}) == mine


def test_a_header_in_utf_8_goes_on_as_the_same_bytes() -> None:
    came = "Zürich".encode().decode("latin-1")
    assert forwarded({"x-shop": came})["x-shop"].encode() == "Zürich".encode()


def test_a_signature_is_that_of_the_published_example() -> None:
    body = b'{"test": 2432232314}'
    signed = signing.signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.text(max_size=500), st.binary(min_size=24, max_size=64))
def test_the_python_library_accepts_the_signature_of_any_text(text: str, key: bytes) -> None:
    webhook = Webhook(key)
    at = datetime.now(UTC)
    secret = signing.PREFIX + b64encode(key).decode()
    ours = signing.signature(secret, "evt_1", int(at.timestamp()), text.encode("utf-8", "replace"))
    assert ours == webhook.sign("evt_1", at, text.encode("utf-8", "replace").decode())
