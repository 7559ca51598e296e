"""The demo tenant and its key over restarts, and where they must not be served."""

import os
import stat
from pathlib import Path

import pytest

from tests.server.command_line import refusal, zen, zen_json
from tests.server.harness import SpawnedSandbox, spawn
from zen_sandbox.cli.serve import RISK

CHOSEN = "zpk_a-demo-key-of-my-own"
NETWORK = ("--host", "0.0.0.0", "--port", "0")


def is_taken(server: SpawnedSandbox, token: str) -> bool:
    """Whether the server takes the token for the demo tenant's."""
    api = server.api(token, "tnt_demo")
    answer = api.get(api.at("destinations"))
    assert answer.status in (200, 401)
    return answer.status == 200


def key_file(tmp_path: Path) -> Path:
    """Where the key of `spawn`'s database is kept."""
    return tmp_path / "sandbox.db.demo-key"


def demo_key_of(tmp_path: Path) -> str:
    """The key of a server that is started only to show it."""
    with spawn(tmp_path) as server:
        assert is_taken(server, server.api_key)
        return server.api_key


def test_a_restart_keeps_the_key_and_the_data(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        key = server.api_key
        made = server.api().post(
            server.api().at("destinations"), {"name": "kept", "url": "https://kept.example/"}
        )
        made.expect(201)
        assert server.terminate() == 0
    if os.name == "posix":
        for name in ("sandbox.db", "sandbox.db.demo-key"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert key_file(tmp_path).read_text() == key + "\n"
    with spawn(tmp_path) as server:
        assert server.api_key == key
        assert server.api().get(made.headers["location"]).expect(200).json == made.json


def test_a_key_file_that_is_lost_or_spoilt_gives_a_new_key_and_ends_the_old(tmp_path: Path) -> None:
    first = demo_key_of(tmp_path)
    key_file(tmp_path).unlink()
    second = demo_key_of(tmp_path)
    key_file(tmp_path).write_text("nothing like a key\n")
    with spawn(tmp_path) as server:
        third = server.api_key
        assert len({first, second, third}) == 3
        assert [is_taken(server, key) for key in (first, second, third)] == [False, False, True]
    assert key_file(tmp_path).read_text() == third + "\n"


def test_a_chosen_key_is_used_not_stored_and_ends_the_other(tmp_path: Path) -> None:
    kept = demo_key_of(tmp_path)
    with spawn(tmp_path, env={"ZEN_SANDBOX_DEMO_KEY": CHOSEN}) as server:
        assert server.api_key == CHOSEN
        assert is_taken(server, CHOSEN)
        assert not is_taken(server, kept)
    assert key_file(tmp_path).read_text() == kept + "\n"
    with spawn(tmp_path) as server:
        assert server.api_key == kept
        assert is_taken(server, kept)
        assert not is_taken(server, CHOSEN)


def test_a_chosen_key_that_is_another_key_is_refused(tmp_path: Path) -> None:
    demo_key_of(tmp_path)
    path = tmp_path / "sandbox.db"
    mine = zen_json("keys", "create", "--tenant", "tnt_demo", "--db", path)["api_key"]
    env = {"ZEN_SANDBOX_DEMO_KEY": mine}
    code, sentence = refusal("serve", "--port", 0, "--db", path, env=env)
    assert code == 1
    assert sentence == f"The demo key is another key of {path} already; choose a new one."


def test_a_demo_key_that_was_revoked_stays_revoked(tmp_path: Path) -> None:
    key = demo_key_of(tmp_path)
    assert zen("keys", "revoke", "key_demo", "--db", tmp_path / "sandbox.db").exit_code == 0
    with spawn(tmp_path) as server:
        assert server.banner["tenant_id"] is None
        assert server.banner["api_key"] is None
        assert not is_taken(server, key)


def test_only_a_database_that_nobody_has_used_gets_the_demo_unasked(tmp_path: Path) -> None:
    with spawn(tmp_path, "--no-demo") as server:
        assert server.banner["tenant_id"] is None
    with spawn(tmp_path) as server:
        assert server.banner["tenant_id"] is None, "it was declined once"
    with spawn(tmp_path, "--demo") as server:
        assert is_taken(server, server.api_key)
    used = tmp_path / "used.db"
    zen_json("tenants", "create", "tnt_mine", "--db", used)
    with spawn(tmp_path, "--db", str(used)) as server:
        assert server.banner["tenant_id"] is None


def test_a_demo_that_is_there_stays_when_it_is_not_asked_for(tmp_path: Path) -> None:
    key = demo_key_of(tmp_path)
    with spawn(tmp_path, "--no-demo") as server:
        assert server.api_key == key
        assert is_taken(server, key)


def test_a_network_gets_no_demo_unasked(tmp_path: Path) -> None:
    with spawn(tmp_path, *NETWORK) as server:
        assert server.banner["tenant_id"] is None
        assert server.base_url.startswith("http://127.0.0.1:")
        server.api("zpk_none", "tnt_demo").get("/health").expect(200)


def test_a_network_is_refused_the_demo(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    code, sentence = refusal("serve", *NETWORK, "--demo", "--db", path)
    assert code == 1
    assert "0.0.0.0 can be reached from a network" in sentence
    assert sentence.endswith(f"or accept the risk with {RISK}.")
    assert not path.exists()


def test_a_network_is_refused_a_database_with_the_demo_key_unless_the_risk_is_taken(
    tmp_path: Path,
) -> None:
    key = demo_key_of(tmp_path)
    path = tmp_path / "sandbox.db"
    for words in ((), ("--no-demo",)):
        code, sentence = refusal("serve", *NETWORK, *words, "--db", path)
        assert code == 1
        assert f"{path} has the demo key, which opens everything" in sentence
        assert RISK in sentence
    with spawn(tmp_path, *NETWORK, RISK) as server:
        assert server.api_key == key
        assert is_taken(server, key)


def test_a_network_may_have_the_demo_data_once_its_key_is_revoked(tmp_path: Path) -> None:
    key = demo_key_of(tmp_path)
    path = tmp_path / "sandbox.db"
    mine = zen_json("keys", "create", "--tenant", "tnt_demo", "--db", path)["api_key"]
    assert zen("keys", "revoke", "key_demo", "--db", path).exit_code == 0
    with spawn(tmp_path, *NETWORK) as server:
        assert is_taken(server, mine)
        assert not is_taken(server, key)


def test_a_network_is_refused_keys_that_a_seed_makes_guessable(tmp_path: Path) -> None:
    code, sentence = refusal("serve", *NETWORK, "--seed", 1, "--ephemeral")
    assert code == 1
    assert "a seed makes keys that anybody can compute" in sentence
    with spawn(tmp_path, "--seed", "1"):
        pass
    assert refusal("serve", *NETWORK, "--db", tmp_path / "sandbox.db")[0] == 1


@pytest.mark.parametrize(
    "key", ["secret", "zpk_short", "zpk_" + "x" * 129, "zpk_has spaces in it!"]
)
def test_a_demo_key_that_is_none_is_refused_without_being_repeated(key: str) -> None:
    code, sentence = refusal("serve", "--ephemeral", env={"ZEN_SANDBOX_DEMO_KEY": key})
    assert code == 2
    assert key not in sentence
    assert "zpk_ and 16 to 128 letters, digits, _ and -" in sentence


def test_the_demo_key_can_be_asked_for(tmp_path: Path) -> None:
    key = demo_key_of(tmp_path)
    database = tmp_path / "sandbox.db"
    assert zen("keys", "demo", "--db", database).output.strip() == key
    assert zen_json("keys", "demo", "--db", database)["api_key"] == key


def test_where_no_demo_key_is_kept_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    code, sentence = refusal("keys", "demo", "--db", tmp_path / "none.db")
    assert code == 1
    assert "start `zen-sandbox serve` once" in sentence
