"""`serve --write-target`: the file, and whether its credentials are what it says."""

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.server.command_line import zen, zen_json
from tests.server.harness import SpawnedSandbox, spawn
from zen_sandbox.scopes import GRANTABLE

Credential = dict[str, Any]


def served(tmp_path: Path, *words: str) -> SpawnedSandbox:
    """A server that has written `target.toml`."""
    return spawn(tmp_path, "--write-target", str(tmp_path / "target.toml"), *words)


def read(tmp_path: Path) -> dict[str, Any]:
    """The file that was written."""
    return tomllib.loads((tmp_path / "target.toml").read_text(encoding="utf-8"))


def status(server: SpawnedSandbox, target: dict[str, Any], credential: Credential) -> int:
    """What a list of the credential's own tenant answers."""
    api = server.api(credential["token"], target["tenants"][credential["tenant"]]["id"])
    return api.get(api.at("destinations")).status


def test_the_file_says_where_the_server_is_who_is_there_and_what_it_offers(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        target = read(tmp_path)
        assert target["base_url"] == server.base_url
        assert target["tenants"] == {
            "primary": {"id": "tnt_conformance_primary", "clusters": ["plane_dev_us_east_1"]},
            "other": {"id": "tnt_conformance_other"},
        }
        assert target["capabilities"] == {
            "ingesters": True,
            "ingest": True,
            "receiver_host": "127.0.0.1",
            "retry": True,
            "logs": True,
            "rate_limit": False,
        }
        assert set(target) == {"base_url", "tenants", "credentials", "capabilities"}
        api = server.api(target["credentials"][0]["token"], "tnt_conformance_primary")
        api.get(api.cluster("plane_dev_us_east_1")).expect(200)
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "target.toml").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_every_credential_answers_as_its_state_and_scopes_say(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        target = read(tmp_path)
        for credential in target["credentials"]:
            assert set(credential) == {"tenant", "kind", "token", "scopes", "state"}
            may_read = {"read:*", "read:destinations"} & set(credential["scopes"])
            valid = credential["state"] == "valid"
            expected = (200 if may_read else 403) if valid else 401
            assert status(server, target, credential) == expected, credential


def test_the_credentials_are_those_that_the_suite_needs(tmp_path: Path) -> None:
    with served(tmp_path):
        credentials: list[Credential] = read(tmp_path)["credentials"]
    have = {
        (one["tenant"], one["kind"], one["state"], frozenset(one["scopes"])) for one in credentials
    }
    everything = frozenset(GRANTABLE)
    wanted = {("primary", "api_key", "valid", frozenset([scope])) for scope in GRANTABLE}
    wanted |= {(tenant, "api_key", "valid", everything) for tenant in ("primary", "other")}
    wanted |= {("primary", "api_key", state, everything) for state in ("expired", "revoked")}
    wanted |= {(*("primary", kind, "malformed"), everything) for kind in ("api_key", "jwt")}
    wanted |= {("primary", "jwt", state, everything) for state in ("valid", "expired")}
    wanted.add(("primary", "api_key", "valid", frozenset()))
    assert wanted <= have
    tokens = [one["token"] for one in credentials]
    assert len(set(tokens)) == len(tokens)


def test_each_start_ends_the_credentials_of_the_last(tmp_path: Path) -> None:
    with served(tmp_path):
        first = read(tmp_path)
    mine = zen_json(
        *("keys", "create", "--tenant", "tnt_conformance_primary"),
        *("--name", "mine", "--db", tmp_path / "sandbox.db"),
    )
    with served(tmp_path) as server:
        second = read(tmp_path)
        keys = [one for one in first["credentials"] if one["kind"] == "api_key"]
        assert {status(server, first, one) for one in keys} == {401}
        assert status(server, second, second["credentials"][0]) == 200
        kept = {"tenant": "primary", "token": mine["api_key"]}
        assert status(server, first, kept) == 200, "a key of another name is nobody's to end"


def test_a_rate_limit_is_among_the_capabilities(tmp_path: Path) -> None:
    with served(tmp_path, "--rate-limit", "1000/minute"):
        assert read(tmp_path)["capabilities"]["rate_limit"] is True


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_file_that_others_could_read_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "target.toml"
    target.write_text("old")
    target.chmod(0o644)
    with served(tmp_path):
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        assert read(tmp_path)["credentials"]


def test_a_revoked_conformance_tenant_is_a_sentence(tmp_path: Path) -> None:
    with served(tmp_path):
        pass
    words = ("--db", tmp_path / "sandbox.db")
    assert zen("tenants", "revoke", "tnt_conformance_primary", *words).exit_code == 0
    done = zen("serve", "--port", 0, *words, "--write-target", tmp_path / "target.toml")
    assert done.exit_code == 1
    assert done.stderr == (
        "Error: The tenant tnt_conformance_primary was revoked, and --write-target needs it; give"
        " another database with --db, or empty this one with `zen-sandbox reset`.\n"
    )
