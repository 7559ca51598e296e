"""The rate limit: counted per tenant, after the token and before everything else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from limits import parse

from tests.server import given, snapshots
from tests.server.client import Api
from tests.server.harness import Sandbox
from zen_sandbox.settings import Settings

DEADLINE = 10.0


@contextmanager
def limited_to(rate: str, path: Path) -> Iterator[Sandbox]:
    """A server with that limit."""
    with Sandbox(path / "sandbox.db", Settings(rate_limit=parse(rate))) as sandbox:
        yield sandbox


@pytest.fixture
def ten(tmp_path: Path) -> Iterator[Sandbox]:
    """Ten requests an hour."""
    with limited_to("10/hour", tmp_path) as sandbox:
        yield sandbox


def use_up(api: Api) -> int:
    """Asks until it is too much; how many requests were let through."""
    for number in range(1000):
        if api.get(api.at("destinations")).status == 429:
            return number
    raise AssertionError("there is no limit")


def test_as_many_requests_as_the_limit_says_are_let_through(ten: Sandbox) -> None:
    api = ten.api()
    assert use_up(api) == 10
    document = api.get(api.at("destinations")).refused("rate-limit-exceeded")
    assert 0 < document["retry_after_seconds"] <= 3601
    assert str(document["retry_after_seconds"]) in document["detail"]


def test_all_credentials_of_a_tenant_share_its_limit(ten: Sandbox) -> None:
    use_up(ten.api())
    for token in (ten.new_key(), ten.new_jwt()):
        api = ten.api(token=token)
        api.get(api.at("destinations")).refused("rate-limit-exceeded")


def test_another_tenant_has_a_limit_of_its_own(ten: Sandbox) -> None:
    use_up(ten.api())
    assert use_up(ten.api(tenant="tnt_b")) == 10


def test_a_request_counts_for_the_credentials_tenant_and_not_for_the_paths(ten: Sandbox) -> None:
    stranger = ten.api(tenant="tnt_b")
    own = ten.api(tenant="tnt_a")
    for _ in range(10):
        stranger.get(own.at("destinations")).refused("permission-denied")
    stranger.get(own.at("destinations")).refused("rate-limit-exceeded")
    own.get(own.at("destinations")).expect(200)


def test_requests_without_a_valid_token_are_not_counted(ten: Sandbox) -> None:
    api = ten.api()
    for _ in range(30):
        ten.anonymous().get(api.at("destinations")).refused("unauthorized")
        ten.api(token="zpk_none").get(api.at("destinations")).refused("unauthorized")
    assert use_up(api) == 10


def test_requests_that_need_no_token_have_no_limit(ten: Sandbox) -> None:
    use_up(ten.api())
    for path in ("/health", "/ready"):
        for _ in range(20):
            ten.anonymous().get(path).expect(200)


def test_a_write_that_is_too_much_changes_nothing(ten: Sandbox) -> None:
    api = ten.api()
    use_up(api)
    before = snapshots.resources(ten, "tnt_a")
    api.post(api.at("destinations"), given.destination_body(), key="k").refused(
        "rate-limit-exceeded"
    )
    assert snapshots.resources(ten, "tnt_a") == before


def test_after_the_time_that_the_answer_names_requests_are_let_through(tmp_path: Path) -> None:
    with limited_to("3/second", tmp_path) as sandbox:
        api = sandbox.api()
        use_up(api)
        began = time.monotonic()
        document = api.get(api.at("destinations"))
        if document.status == 429:
            wait = document.json["retry_after_seconds"]
            assert wait in (1, 2)
            while api.get(api.at("destinations")).status == 429:
                assert time.monotonic() - began < wait + 5
