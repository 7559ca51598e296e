"""The options of `serve`, each on the command line and as a variable, and what they refuse."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from tests.server.command_line import Served, refusal, zen, zen_json
from tests.server.harness import spawn
from zen_sandbox.cli import main
from zen_sandbox.cli.serve import RISK

SECRET = "a secret of exactly 32 characters"[:32]
ONE_BREACH = "UPDATE destinations SET name = 'two  spaces around ' WHERE id = 'dest_abc123'"


def options_of(command: str) -> list[click.Option]:
    """The options of a subcommand."""
    found = main.commands[command]
    return [one for one in found.params if isinstance(one, click.Option)]


def test_every_option_of_serve_has_the_variable_of_its_name() -> None:
    for option in options_of("serve"):
        (name,) = [one for one in option.opts if one.startswith("--")]
        assert option.envvar == "ZEN_SANDBOX_" + name[2:].replace("-", "_").upper()
        assert option.show_envvar
        assert option.help


def test_serve_has_every_option_that_was_promised() -> None:
    names = {name for option in options_of("serve") for name in option.opts}
    promised = (
        "host port db ephemeral demo cors-origin seed rate-limit validate-responses write-target"
        " json log-format durability public-url jwt-secret jwt-secret-file jwks jwt-issuer"
        " jwt-audience lock-timeout max-in-flight demo-key"
    )
    assert names >= {f"--{name}" for name in promised.split()} | {RISK}


BAD_VALUES = {
    "--port": ("65536", "-1", "http"),
    "--public-url": ("zen.example", "ftp://zen.example", "http://", "http://a b", "http://a/?b=1"),
    "--durability": ("none", "forever"),
    "--seed": ("one", "1.5"),
    "--rate-limit": ("100", "many", "0/minute", "-1/minute", "1/minute;2/second", "1/fortnight"),
    "--cors-origin": ("localhost", "http://a.example/", "http://a.example/x", "http://u@a.example"),
    "--lock-timeout": ("-1", "nan", "inf", "soon", "3601"),
    "--max-in-flight": ("0", "-1", "all"),
    "--log-format": ("xml", ""),
    "--jwt-secret": ("short",),
    "--demo-key": ("short",),
    "--jwks": ("/no/such/file",),
    "--jwt-secret-file": ("/no/such/file",),
    "--db": ("/",),
    "--write-target": ("/",),
}
FLAGS = ("--ephemeral", "--demo", "--validate-responses", "--json", RISK)


def bad_values() -> Iterator[tuple[str, str]]:
    yield from ((name, value) for name, values in BAD_VALUES.items() for value in values)


@pytest.mark.parametrize(("name", "value"), list(bad_values()))
def test_a_bad_value_on_the_command_line_is_one_sentence(name: str, value: str) -> None:
    done = zen("serve", "--ephemeral", name, value)
    assert done.exit_code == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"Error: Invalid value for '{name}'"), last
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value"), [*((name, values[0]) for name, values in BAD_VALUES.items())]
)
def test_a_bad_value_in_a_variable_is_one_sentence_that_names_it(name: str, value: str) -> None:
    variable = "ZEN_SANDBOX_" + name[2:].replace("-", "_").upper()
    done = zen("serve", env={variable: value})
    assert done.exit_code == 2
    assert f"Invalid value for '{name}'" in done.stderr
    assert variable in done.stderr


@pytest.mark.parametrize("name", FLAGS)
def test_a_flag_is_read_from_its_variable(name: str) -> None:
    variable = "ZEN_SANDBOX_" + name[2:].replace("-", "_").upper()
    done = zen("serve", env={variable: "perhaps"})
    assert done.exit_code == 2
    assert "'perhaps' is not a valid boolean" in done.stderr


@dataclass(frozen=True)
class ByVariables:
    """A server that was given all it knows by variables, and no other word than `serve`."""

    env: dict[str, str]
    served: Served
    banner: dict[str, Any]

    def ask(self, method: str, path: str, token: str = "", **more: Any) -> requests.Response:
        """A request of the demo tenant, with its key or that token."""
        headers = {"Authorization": f"Bearer {token or self.banner['api_key']}"}
        headers |= more.pop("headers", {})
        url = f"{self.banner['own_url']}/v1/tenants/tnt_demo/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **more)


@pytest.fixture
def by_variables(tmp_path: Path) -> Iterator[ByVariables]:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n")
    env = {
        "ZEN_SANDBOX_HOST": "localhost",
        "ZEN_SANDBOX_PORT": "0",
        "ZEN_SANDBOX_DB": str(tmp_path / "by-variable.db"),
        "ZEN_SANDBOX_EPHEMERAL": "0",
        "ZEN_SANDBOX_DEMO": "1",
        "ZEN_SANDBOX_DEMO_KEY": "zpk_from-a-variable-entirely",
        "ZEN_SANDBOX_CORS_ORIGIN": "http://one.example http://two.example:3000",
        "ZEN_SANDBOX_SEED": "11",
        "ZEN_SANDBOX_RATE_LIMIT": "3/hour",
        "ZEN_SANDBOX_VALIDATE_RESPONSES": "true",
        "ZEN_SANDBOX_WRITE_TARGET": str(tmp_path / "target.toml"),
        "ZEN_SANDBOX_JSON": "yes",
        "ZEN_SANDBOX_LOG_FORMAT": "json",
        "ZEN_SANDBOX_DURABILITY": "full",
        "ZEN_SANDBOX_PUBLIC_URL": "http://public.example/",
        "ZEN_SANDBOX_JWT_SECRET_FILE": str(secret),
        "ZEN_SANDBOX_JWT_ISSUER": "the-issuer",
        "ZEN_SANDBOX_JWT_AUDIENCE": "the-audience",
        "ZEN_SANDBOX_LOCK_TIMEOUT": "0.1",
        "ZEN_SANDBOX_MAX_IN_FLIGHT": "2",
    }
    with Served(env=env) as served:
        yield ByVariables(env, served, json.loads(served.banner))


def test_variables_say_where_it_listens_and_what_it_serves(by_variables: ByVariables) -> None:
    banner, env = by_variables.banner, by_variables.env
    assert banner["own_url"].startswith("http://localhost:")
    assert banner["base_url"] == "http://public.example"
    assert banner["database"] == env["ZEN_SANDBOX_DB"]
    assert banner["ephemeral"] is False
    assert (banner["tenant_id"], banner["api_key"]) == ("tnt_demo", env["ZEN_SANDBOX_DEMO_KEY"])
    assert banner["seed"] == 11
    target = Path(env["ZEN_SANDBOX_WRITE_TARGET"]).read_text()
    assert 'base_url = "http://public.example"' in target
    assert "rate_limit = true" in target


def test_a_variable_names_several_origins(by_variables: ByVariables) -> None:
    for origin in ("http://one.example", "http://two.example:3000"):
        shared = by_variables.ask("GET", "ingesters/ing_abc123", headers={"Origin": origin})
        assert shared.headers["Access-Control-Allow-Origin"] == origin
        assert shared.json()["ingest_url"] == "http://public.example/hooks/ing_abc123"
    other = by_variables.ask("GET", "ingesters", headers={"Origin": "http://three.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_variables_set_the_rules_for_jwts_here_and_in_the_token_command(
    by_variables: ByVariables,
) -> None:
    env = by_variables.env
    same = {name: env[name] for name in env if "_JWT_" in name or name == "ZEN_SANDBOX_DB"}
    minted = zen_json("token", "--tenant", "tnt_demo", env=same)["token"]
    claims = jwt.decode(
        minted,
        SECRET,
        algorithms=["HS256"],
        audience="the-audience",
        options={"verify_iat": False},  # the seeded clock is ahead of ours
    )
    assert claims["iss"] == "the-issuer"
    assert by_variables.ask("GET", "ingesters", minted).status_code == 200
    for missing in ("aud", "iss"):
        without = {name: value for name, value in claims.items() if name != missing}
        token = jwt.encode(without, SECRET, algorithm="HS256")
        assert by_variables.ask("GET", "ingesters", token).status_code == 401


def test_variables_set_limits_checks_and_logs(by_variables: ByVariables) -> None:
    writer = sqlite3.connect(by_variables.env["ZEN_SANDBOX_DB"], isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    late = by_variables.ask("POST", "ingesters", json={"name": "x", "type": "stripe"})
    assert late.status_code == 503
    assert late.elapsed.total_seconds() < 4, "the lock was waited for as long as --lock-timeout"
    writer.execute("ROLLBACK")
    writer.execute(ONE_BREACH)
    writer.close()
    statuses = [by_variables.ask("GET", "destinations/dest_abc123").status_code for _ in range(3)]
    assert statuses == [500, 500, 429]
    code, stderr = by_variables.served.end()
    assert code == 0
    lines = [json.loads(line) for line in stderr.splitlines()]
    assert [line["status"] for line in lines if "status" in line] == [503, *statuses]
    errors = [line for line in lines if "status" not in line]
    assert len(errors) == 2
    assert "getDestination answered against the contract" in errors[0]["message"]


def test_without_validate_responses_an_answer_is_not_held_to_the_contract(tmp_path: Path) -> None:
    with spawn(tmp_path) as server:
        writer = sqlite3.connect(server.banner["database"], isolation_level=None)
        writer.execute(ONE_BREACH)
        writer.close()
        answer = requests.get(
            f"{server.base_url}/v1/tenants/tnt_demo/destinations/dest_abc123",
            headers={"Authorization": f"Bearer {server.api_key}"},
            timeout=30,
        )
        assert answer.status_code == 200


def test_beyond_max_in_flight_a_request_is_refused(tmp_path: Path) -> None:
    with spawn(tmp_path, "--max-in-flight", "1", "--lock-timeout", "20") as server:
        locker = sqlite3.connect(
            server.banner["database"], isolation_level=None, check_same_thread=False
        )
        locker.execute("BEGIN IMMEDIATE")
        api = server.api()
        waiting = threading.Thread(
            target=lambda: api.post(api.at("ingesters"), {"name": "x", "type": "stripe"}).expect(
                201
            )
        )
        waiting.start()
        while api.get("/health").status != 503:
            assert waiting.is_alive()
        locker.execute("ROLLBACK")
        waiting.join(20)
        api.get("/health").expect(200)
        locker.close()


def test_a_jwks_file_lets_tokens_of_its_keys_in(tmp_path: Path) -> None:
    private = generate_private_key(SECP256R1())
    public = {**ECAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "one"}
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [public]}))
    with spawn(tmp_path, "--jwks", str(file)) as server:
        claims = {"tenant_id": "tnt_demo", "sub": "me", "scope": "read:*", "exp": 4_000_000_000}
        token = jwt.encode(claims, private, algorithm="ES256", headers={"kid": "one"})
        api = server.api(token)
        api.get(api.at("destinations")).expect(200)
        stranger = jwt.encode(
            claims, generate_private_key(SECP256R1()), algorithm="ES256", headers={"kid": "one"}
        )
        api = server.api(stranger)
        api.get(api.at("destinations")).expect(401)


def test_a_jwks_file_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text("{}")
    code, sentence = refusal("serve", "--ephemeral", "--jwks", file)
    assert code == 2
    assert sentence.startswith(f"Invalid value for --jwks: {file} is not a readable JWKS file")


def test_two_secrets_are_one_too_many(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    words = ("--jwt-secret", SECRET, "--jwt-secret-file", file)
    assert refusal("serve", *words) == (2, "Give one of --jwt-secret and --jwt-secret-file.")


def test_a_short_secret_in_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("short\n")
    code, sentence = refusal("serve", "--jwt-secret-file", file)
    assert code == 2
    assert sentence.endswith("holds 5 bytes; a secret for HS256 has 32 or more.")


def test_a_target_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    target = tmp_path / "no" / "target.toml"
    words = ("serve", "--port", 0, "--db", tmp_path / "x.db", "--write-target", target)
    code, sentence = refusal(*words)
    assert code == 1
    assert sentence == (f"{target} cannot be used (No such file or directory); give another place.")
