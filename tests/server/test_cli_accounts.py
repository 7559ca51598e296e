"""`zen-sandbox tenants|keys|clusters|token|reset`, on a database and beside a running server."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.server.command_line import zen, zen_json
from tests.server.harness import SpawnedSandbox, spawn
from zen_sandbox.scopes import EVERYTHING, GRANTABLE


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A database with the tenant tnt_a."""
    path = tmp_path / "sandbox.db"
    zen_json("tenants", "create", "tnt_a", "--db", path)
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SpawnedSandbox]:
    """A running server with the demo; its database is `sandbox.db` in tmp_path."""
    with spawn(tmp_path) as running:
        yield running


def refused(*words: object, code: int = 1) -> str:
    """The sentence of a command that fails."""
    done = zen(*words)
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    return done.stderr.splitlines()[-1].removeprefix("Error: ")


def status(server: SpawnedSandbox, token: str, path: str = "destinations") -> int:
    """What the demo tenant's list answers to a token."""
    api = server.api(token, "tnt_demo")
    return api.get(api.at(path)).status


# ---- tenants


def test_a_tenant_is_made_with_its_id_or_one_that_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    done = zen("tenants", "create", "tnt_shop", "--name", "The shop", "--db", path)
    assert (done.exit_code, done.stdout) == (0, "tnt_shop\n")
    assert f"keys create --tenant tnt_shop --db {path}" in done.stderr
    made_up = zen_json("tenants", "create", "--db", path)["id"]
    assert made_up.startswith("tnt_")
    listed = zen_json("tenants", "list", "--db", path)["tenants"]
    assert [(one["id"], one["name"], one["revoked_at"]) for one in listed] == [
        ("tnt_shop", "The shop", None),
        (made_up, made_up, None),
    ]
    table = zen("tenants", "list", "--db", path).stdout.splitlines()
    assert table[0].split() == ["ID", "NAME", "CREATED_AT", "REVOKED_AT"]
    assert table[1].startswith("tnt_shop")


def test_a_tenants_id_is_taken_once(db: Path) -> None:
    sentence = refused("tenants", "create", "tnt_a", "--db", db)
    assert sentence == "There is a tenant tnt_a already; choose another id."


@pytest.mark.parametrize("bad", ["", "-x", "a b", "a/b", "ä", "x" * 65, "a\n"])
def test_an_id_off_the_pattern_is_refused(bad: str, db: Path) -> None:
    assert "is no id; one has 1 to 64" in refused(
        "tenants", "create", "--db", db, "--", bad, code=2
    )


@pytest.mark.parametrize("bad", ["", " a", "a ", "a\tb", "x" * 101])
def test_a_name_that_could_not_be_shown_is_refused(bad: str, db: Path) -> None:
    words = ("tenants", "create", "tnt_b", "--name", bad, "--db", db)
    assert "is no name" in refused(*words, code=2)


def test_revoking_a_tenant_ends_its_keys_and_jwts_at_once(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.db"
    token = zen_json("token", "--tenant", "tnt_demo", "--db", path)["token"]
    assert [status(server, one) for one in (server.api_key, token)] == [200, 200]
    done = zen("tenants", "revoke", "tnt_demo", "--db", path)
    assert done.stdout == "The tenant tnt_demo is revoked.\n"
    assert [status(server, one) for one in (server.api_key, token)] == [401, 401]
    for words in (("keys", "create"), ("token",), ("clusters", "create", "c")):
        sentence = refused(*words, "--tenant", "tnt_demo", "--db", path)
        assert sentence.startswith("The tenant tnt_demo was revoked; make another")


# ---- keys


def test_a_key_made_beside_a_running_server_works_and_ends_at_once(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.db"
    made = zen_json("keys", "create", "--tenant", "tnt_demo", "--name", "mine", "--db", path)
    assert made["scopes"] == list(EVERYTHING)
    assert status(server, made["api_key"]) == 200
    done = zen("keys", "revoke", made["id"], "--db", path)
    assert done.stdout == f"The key {made['id']} is revoked.\n"
    assert status(server, made["api_key"]) == 401
    listed = {one["id"]: one for one in zen_json("keys", "list", "--db", path)["keys"]}
    assert listed[made["id"]]["state"] == "revoked"
    assert listed["key_demo"]["state"] == "valid"


def test_a_key_is_printed_alone_and_only_once(db: Path) -> None:
    done = zen("keys", "create", "--tenant", "tnt_a", "--db", db)
    token = done.stdout.strip()
    assert done.stdout == token + "\n"
    assert token.startswith("zpk_")
    assert "of tnt_a, all scopes; it" in done.stderr
    assert "it is not shown again" in done.stderr
    assert token not in done.stderr
    for words in (("keys", "list", "--db", db), ("keys", "list", "--json", "--db", db)):
        assert token not in zen(*words).output
    assert token.encode() not in b"".join(one.read_bytes() for one in db.parent.iterdir())


def test_a_key_has_the_scopes_that_were_given_and_no_others(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    create = ("keys", "create", "--tenant", "tnt_demo", "--db", tmp_path / "sandbox.db")
    one = zen_json(*create, "--scope", "read:logs", "--scope", "read:destinations")
    assert one["scopes"] == ["read:logs", "read:destinations"]
    assert [status(server, one["api_key"], it) for it in ("destinations", "ingesters")] == [
        200,
        403,
    ]
    none = zen_json(*create, "--no-scopes")
    assert none["scopes"] == []
    assert status(server, none["api_key"]) == 403
    sentence = refused(*create, "--no-scopes", "--scope", "read:*", code=2)
    assert sentence == "Give --scope or --no-scopes, not both."


@pytest.mark.parametrize("scope", sorted(GRANTABLE))
def test_every_scope_there_is_can_be_granted(scope: str, db: Path) -> None:
    made = zen_json("keys", "create", "--tenant", "tnt_a", "--scope", scope, "--db", db)
    assert made["scopes"] == [scope]


@pytest.mark.parametrize(
    ("scope", "hint"),
    [
        ("read:destination", "did you mean read:destinations?"),
        ("write:*", "there are admin:deliveries, "),
        ("everything", "there are admin:deliveries, "),
    ],
)
def test_a_scope_that_is_none_is_a_helpful_sentence(scope: str, hint: str, db: Path) -> None:
    for words in (("keys", "create"), ("token",)):
        done = refused(*words, "--tenant", "tnt_a", "--scope", scope, "--db", db, code=2)
        assert f"{scope!r} is no scope; {hint}" in done


def test_a_key_ends_when_it_was_said_to(server: SpawnedSandbox, tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    create = ("keys", "create", "--tenant", "tnt_demo", "--db", path)
    made = zen_json(*create, "--expires-in", "1s")
    deadline = time.monotonic() + 10
    while status(server, made["api_key"]) != 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    listed = {one["id"]: one["state"] for one in zen_json("keys", "list", "--db", path)["keys"]}
    assert listed[made["id"]] == "expired"
    assert status(server, zen_json(*create, "--expires-in", "1h")["api_key"]) == 200


def test_a_key_ends_by_the_clock_of_its_tenant(server: SpawnedSandbox, tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    zen_json("clock", "advance", "30d", "--tenant", "tnt_demo", "--db", path)
    create = ("keys", "create", "--tenant", "tnt_demo", "--db", path)
    made = zen_json(*create, "--expires-in", "1h")
    assert status(server, made["api_key"]) == 200
    zen_json("clock", "advance", "1h", "--tenant", "tnt_demo", "--db", path)
    assert status(server, made["api_key"]) == 401
    listed = {one["id"]: one["state"] for one in zen_json("keys", "list", "--db", path)["keys"]}
    assert listed[made["id"]] == "expired"


@pytest.mark.parametrize("bad", ["", "1", "h", "0s", "-1s", "1.5h", "1w", "3651d", "٣s"])
def test_a_duration_that_is_none_is_a_sentence(bad: str, db: Path) -> None:
    words = ("keys", "create", "--tenant", "tnt_a", "--expires-in", bad, "--db", db)
    assert "is no duration; give a number and s, m, h or d" in refused(*words, code=2)


def test_keys_are_listed_by_tenant(db: Path) -> None:
    zen_json("tenants", "create", "tnt_b", "--db", db)
    for tenant in ("tnt_a", "tnt_b"):
        zen_json("keys", "create", "--tenant", tenant, "--db", db)
    listed = zen_json("keys", "list", "--tenant", "tnt_b", "--db", db)["keys"]
    assert [one["tenant_id"] for one in listed] == ["tnt_b"]
    assert zen("keys", "list", "--db", db).stdout.splitlines()[1].split()[-1] == "all"


# ---- clusters


def test_a_cluster_serves_the_recipes_paths_until_it_is_revoked(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    words = ("--tenant", "tnt_demo", "--db", tmp_path / "sandbox.db")
    path = server.api().cluster("plane_eu_1")
    server.api().get(path).expect(404)
    assert zen("clusters", "create", "plane_eu_1", *words).stdout == "plane_eu_1\n"
    server.api().get(path).expect(200)
    listed: list[dict[str, Any]] = zen_json("clusters", "list", *words)["clusters"]
    assert [one["id"] for one in listed] == ["plane_dev_us_east_1", "plane_eu_1"]
    assert "plane_eu_1" in zen("clusters", "list", *words).stdout
    assert refused("clusters", "create", "plane_eu_1", *words) == (
        "There is a cluster plane_eu_1 already; choose another id."
    )
    assert zen_json("clusters", "revoke", "plane_eu_1", *words) == {
        "id": "plane_eu_1",
        "revoked": True,
    }
    server.api().get(path).expect(404)


# ---- what is not there


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("tenants", "revoke", "nix"), "There is no tenant nix; `zen-sandbox tenants list`"),
        (("keys", "revoke", "nix"), "There is no key nix; `zen-sandbox keys list`"),
        (("keys", "create", "--tenant", "nix"), "There is no tenant nix; "),
        (("keys", "list", "--tenant", "nix"), "There is no tenant nix; "),
        (("clusters", "create", "c", "--tenant", "nix"), "There is no tenant nix; "),
        (("clusters", "list", "--tenant", "nix"), "There is no tenant nix; "),
        (("clusters", "revoke", "c", "--tenant", "tnt_a"), "There is no cluster c; "),
        (("token", "--tenant", "nix"), "There is no tenant nix; "),
    ],
)
def test_what_is_not_there_is_a_sentence(words: tuple[str, ...], sentence: str, db: Path) -> None:
    assert refused(*words, "--db", db).startswith(sentence)


@pytest.mark.parametrize("words", [("tenants", "list"), ("keys", "list"), ("reset", "--yes")])
def test_only_making_a_tenant_makes_a_database(words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert refused(*words, "--db", path) == (
        f"There is no database {path}; start `zen-sandbox serve`, or name another with --db."
    )
    assert not path.exists()


# ---- token


def test_a_minted_token_is_taken_by_a_running_server(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    mint = ("token", "--tenant", "tnt_demo", "--db", tmp_path / "sandbox.db")
    done = zen(*mint)
    assert done.stdout.count("\n") == 1
    assert status(server, done.stdout.strip()) == 200
    told = zen_json(*mint, "--scope", "read:logs", "--subject", "me", "--expires-in", "15m")
    claims = jwt.decode(told["token"], options={"verify_signature": False})
    assert claims["scope"] == told["scope"] == "read:logs"
    assert claims["sub"] == told["sub"] == "me"
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert status(server, told["token"]) == 403
    short = zen_json(*mint, "--expires-in", "1s")["token"]
    deadline = time.monotonic() + 10
    while status(server, short) != 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_token_signed_with_another_secret_is_not_taken(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    mint = ("token", "--tenant", "tnt_demo", "--db", tmp_path / "sandbox.db")
    assert status(server, zen_json(*mint, "--jwt-secret", "x" * 32)["token"]) == 401


# ---- reset


def test_a_reset_beside_a_running_server_brings_the_demo_back(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.db"
    api = server.api()
    token = zen_json("token", "--tenant", "tnt_demo", "--db", path)["token"]
    mine = zen_json("keys", "create", "--tenant", "tnt_demo", "--db", path)["api_key"]
    made = api.post(api.at("destinations"), {"name": "mine", "url": "https://mine.example/"})
    done = zen("reset", "--yes", "--db", path)
    assert done.stdout == f"{path} holds the demo as it was.\n"
    api.get(made.expect(201).headers["location"]).expect(404)
    api.get(api.at("destinations", "dest_abc123")).expect(200)
    assert [status(server, one) for one in (server.api_key, token, mine)] == [200, 200, 401]
    api.post(api.at("destinations"), {"name": "again", "url": "https://again.example/"}).expect(201)


def test_a_reset_without_the_demo_leaves_an_empty_database_that_stays_empty(
    server: SpawnedSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "sandbox.db"
    assert zen_json("reset", "--no-demo", "--yes", "--db", path) == {
        "database": str(path),
        "demo": False,
        "tenant_id": None,
    }
    assert status(server, server.api_key) == 401
    assert zen_json("tenants", "list", "--db", path) == {"tenants": []}
    server.kill9()
    with spawn(tmp_path) as again:
        assert again.banner["tenant_id"] is None


def test_a_reset_can_put_the_demo_into_a_database_without_one(db: Path) -> None:
    assert zen("reset", "--yes", "--db", db).stdout == f"{db} is empty.\n"
    assert zen_json("reset", "--demo", "--yes", "--db", db)["tenant_id"] == "tnt_demo"
    assert [one["id"] for one in zen_json("tenants", "list", "--db", db)["tenants"]] == ["tnt_demo"]


def test_a_reset_asks_first(db: Path) -> None:
    done = zen("reset", "--db", db, typed="n\n")
    assert done.exit_code == 1
    assert f"Delete everything in {db}?" in done.stderr
    assert len(zen_json("tenants", "list", "--db", db)["tenants"]) == 1
    assert zen("reset", "--db", db, typed="y\n").exit_code == 0
    assert zen_json("tenants", "list", "--db", db)["tenants"] == []


# ---- help


def test_every_command_explains_itself_with_an_example() -> None:
    paths: list[tuple[str, ...]] = [("serve",), ("token",), ("reset",)]
    paths += [(group,) for group in ("tenants", "keys", "clusters")]
    paths += [
        (group, name)
        for group in ("tenants", "keys", "clusters")
        for name in ("create", "list", "revoke")
    ]
    for path in paths:
        done = zen(*path, "--help")
        assert done.exit_code == 0
        assert f"  zen-sandbox {' '.join(path)}" in done.stdout, path
        assert "Example" in done.stdout
