"""`zen-conformance doctor`: what is missing, what it costs, and that it writes nothing."""

import json
import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.suite_command import here

_CREDENTIAL = re.compile(r"\[\[credentials\]\]\n(?:.+\n)+")


def changed(served: Served, folder: Path, *changes: tuple[str, str]) -> Path:
    """The sandbox's target file with texts in it replaced."""
    text = served.target.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "target.toml"
    path.write_text(text, encoding="utf-8")
    return path


def without_credentials(served: Served, folder: Path, pattern: str) -> Path:
    """The target file without the credentials whose table fits the pattern."""
    text = served.target.read_text(encoding="utf-8")
    kept = _CREDENTIAL.sub(lambda one: "" if re.search(pattern, one[0]) else one[0], text)
    assert kept != text
    path = folder / "target.toml"
    path.write_text(kept, encoding="utf-8")
    return path


def findings(path: Path, *words: str) -> list[Any]:
    """What it found that is not in order."""
    told = json.loads(here("doctor", "--target", path, "--json", *words).stdout)
    return [one for one in told if one["state"] in ("missing", "wrong")]


def test_the_sandboxs_own_target_file_lacks_nothing(served: Served) -> None:
    done = here("doctor", "--target", served.target)
    assert done.exit_code == 0, done.output
    assert "Everything is there" in done.stdout
    assert "Not offered: rate_limit" in done.stdout
    assert "RATE-001" in done.stdout


def test_it_only_reads(served: Served) -> None:
    methods: list[str] = []

    def noting(passing: Passing) -> Passing:
        methods.append(passing.method)
        return passing

    with Front(served.base_url, noting) as front:
        done = here("doctor", "--target", served.target, "--base-url", front.url)
    assert done.exit_code == 0, done.output
    assert len(methods) > 20
    assert set(methods) == {"GET"}


@pytest.mark.parametrize(
    ("pattern", "what", "lost"),
    [
        (r'scopes = \["read:logs"\]', "with read:logs alone", "read:logs alone decides"),
        (r"scopes = \[\]", "without any scope", "SCOPE"),
        (r'state = "expired"', "whose state is expired", "AUTH-003"),
        (r'state = "revoked"', "whose state is revoked", "AUTH-004"),
        (r'state = "malformed"', "whose state is malformed", "AUTH-002"),
        (r'kind = "jwt"', "A valid jwt of tenant primary.", "what a jwt may do"),
        (r'tenant = "other"', "A valid credential of tenant other.", "nearly every check"),
    ],
)
def test_a_missing_credential_is_named_with_what_it_costs(
    served: Served, tmp_path: Path, pattern: str, what: str, lost: str
) -> None:
    path = without_credentials(served, tmp_path, pattern)
    found = [one for one in findings(path) if what in one["what"]]
    assert [one["state"] for one in found] == ["missing"]
    assert lost in found[0]["lost"]
    done = here("doctor", "--target", path)
    assert done.exit_code == 4
    assert what in done.stdout


def test_a_token_that_the_server_does_not_take_is_wrong(served: Served, tmp_path: Path) -> None:
    text = served.target.read_text(encoding="utf-8")
    token = re.findall(r'token = "(.+)"', text)[0]
    found = findings(changed(served, tmp_path, (token, "zpk_nobody-knows-this-one")))
    assert {one["state"] for one in found} == {"wrong"}
    assert any("is answered 401 by listDestinations, not 200." in one["what"] for one in found)


def test_a_dead_token_that_the_server_takes_is_wrong(served: Served) -> None:
    def lenient(passing: Passing) -> Passing:
        return replace(passing, status=200) if passing.status == 401 else passing

    with Front(served.base_url, lenient) as front:
        found = findings(served.target, "--base-url", front.url)
    assert {one["state"] for one in found} == {"wrong"}
    assert any("expired" in one["what"] and "not 401" in one["what"] for one in found)


def test_one_tenant_twice_is_wrong(served: Served, tmp_path: Path) -> None:
    path = changed(served, tmp_path, ("tnt_conformance_other", "tnt_conformance_primary"))
    assert any("Both tenants are tnt_conformance_primary" in one["what"] for one in findings(path))


def test_a_cluster_that_is_not_served_is_wrong(served: Served, tmp_path: Path) -> None:
    path = changed(served, tmp_path, ("plane_dev_us_east_1", "plane_of_nobody"))
    (found,) = findings(path)
    assert found["what"] == "Cluster plane_of_nobody is answered 404."
    assert found["lost"] == "area RECIPE"


def test_a_receiver_address_that_cannot_be_had_is_wrong(served: Served, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        path = changed(served, tmp_path, ("retry = true", f'retry = true\nreceiver_url = "{url}"'))
        (found,) = findings(path)
    assert found["what"].startswith(f"The suite cannot listen at {url}")
    assert "ATTEMPT-" in found["lost"]


def test_what_is_not_offered_is_a_note_and_not_a_fault(served: Served, tmp_path: Path) -> None:
    path = changed(served, tmp_path, ("logs = true", "logs = false"))
    done = here("doctor", "--target", path)
    assert done.exit_code == 0, done.output
    assert "set capabilities.logs = true" in done.stdout


def test_a_server_without_endpoints_needs_fixtures(served: Served, tmp_path: Path) -> None:
    path = changed(served, tmp_path, ("ingesters = true", "ingesters = false"))
    assert any("fixtures.source_ids" in one["what"] for one in findings(path))


def test_no_server_is_exit_code_3_and_no_file_2(served: Served, tmp_path: Path) -> None:
    done = here("doctor", "--target", served.target, "--base-url", "http://127.0.0.1:9")
    assert done.exit_code == 3
    assert "No connection to http://127.0.0.1:9" in done.stderr
    assert here("doctor", "--target", tmp_path / "none.toml").exit_code == 2


def test_it_shows_no_token(served: Served) -> None:
    text = served.target.read_text(encoding="utf-8")
    printed = here("doctor", "--target", served.target, "--verbose").output
    assert not [one for one in re.findall(r'token = "(.+)"', text) if one in printed]
