"""Credentials at their edges: the header, API keys, and JWTs that somebody made up."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.server import given
from tests.server.client import Answer, Api
from tests.server.harness import EVERY_SCOPE, Sandbox
from zen_sandbox.clock import SteppingClock
from zen_sandbox.settings import Settings
from zen_sandbox.tokens import JwtRules, read_jwks

ISSUER = "https://issuer.example/"
AUDIENCE = "zen-mesh"
SECRET_SIZED = b"s" * 32
WORDS = "The token is malformed, unknown, expired or revoked."


def ask(sandbox: Sandbox, authorization: str | list[str], tenant: str = "tnt_a") -> Answer:
    """A request with these Authorization headers."""
    values = [authorization] if isinstance(authorization, str) else authorization
    api = sandbox.anonymous(tenant=tenant)
    return api.get(api.at("destinations"), headers=[("Authorization", one) for one in values])


# --- the header ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_may_be_in_any_case(shared: Sandbox, scheme: str) -> None:
    ask(shared, f"{scheme} {shared.new_key()}").expect(200)
    ask(shared, f"{scheme} {shared.new_jwt()}").expect(200)


def test_the_name_of_the_header_may_be_in_any_case(shared: Sandbox) -> None:
    token = shared.new_key()
    api = shared.anonymous()
    for name in ("authorization", "AUTHORIZATION", "aUTHORIZATION"):
        api.get(api.at("destinations"), headers={name: f"Bearer {token}"}).expect(200)


@pytest.mark.parametrize("value", ["", " ", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Token x"])
def test_a_header_without_a_bearer_token_is_no_token(shared: Sandbox, value: str) -> None:
    answer = ask(shared, value)
    answer.refused("unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_without_its_scheme_or_with_another_is_refused(shared: Sandbox) -> None:
    token = shared.new_key()
    for value in (token, f"Basic {token}", f"Bearer:{token}", f"Bearer={token}", f"Bearer{token}"):
        ask(shared, value).refused("unauthorized")


def test_a_token_with_anything_added_is_refused(shared: Sandbox) -> None:
    token = shared.new_key()
    for changed in (
        token[:-1],
        token + "A",
        token.swapcase(),
        token + ",",
        token + " x",
        f"{token},{token}",
        f'"{token}"',
        token.replace("zpk_", "zpk-"),
        token.removeprefix("zpk_"),
        "é" + token,
    ):
        value = changed.encode().decode("latin-1")
        answer = ask(shared, f"Bearer {value}")
        assert answer.refused("unauthorized")["detail"] == WORDS
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'


def test_a_second_authorization_header_is_refused(shared: Sandbox) -> None:
    one, two = (f"Bearer {shared.new_key()}" for _ in range(2))
    for values in (
        [one, two],
        [one, one],
        [one, ""],
        ["", one],
        ["Basic x", one],
        [one, "Basic x"],
    ):
        answer = ask(shared, values)
        assert answer.status in (400, 401), values


def test_a_token_is_taken_from_the_header_only(shared: Sandbox) -> None:
    token = shared.new_key()
    api = shared.anonymous()
    for query in (f"access_token={token}", f"api_key={token}", f"token={token}"):
        api.get(f"{api.at('destinations')}?{query}").refused("unauthorized")
    for name in ("X-Api-Key", "Cookie", "Proxy-Authorization"):
        headers = {name: f"Bearer {token}"}
        api.get(api.at("destinations"), headers=headers).refused("unauthorized")


# --- API keys -----------------------------------------------------------------------------------


def test_a_key_that_is_revoked_stops_working_at_once(sandbox: Sandbox) -> None:
    api = sandbox.api()
    api.get(api.at("destinations")).expect(200)
    with sandbox.store.database.writing():
        [key] = sandbox.store.accounts.api_keys("tnt_a")
        sandbox.store.accounts.revoke_api_key(key.id, sandbox.store.now())
    api.get(api.at("destinations")).refused("unauthorized")


def test_a_key_that_expires_stops_working_by_the_sandboxs_clock(tmp_path: Path) -> None:
    clock = SteppingClock(1_800_000_000_000)
    with Sandbox(tmp_path / "sandbox.db", clock=clock) as sandbox:
        token = "zpk_expiring"
        with sandbox.store.database.writing():
            expires_at = sandbox.store.at(clock.now_ms() + 100_000)
            sandbox.store.accounts.create_api_key(
                "key_x",
                "tnt_a",
                token,
                sandbox.store.now(),
                scopes=EVERY_SCOPE,
                expires_at=expires_at,
            )
        api = sandbox.api(token=token)
        api.get(api.at("destinations")).expect(200)
        clock.not_before(1_800_000_200_000)
        api.get(api.at("destinations")).refused("unauthorized")


def test_a_tenant_that_is_revoked_takes_its_credentials_along(sandbox: Sandbox) -> None:
    by_key, by_jwt = sandbox.api(), sandbox.api(token=sandbox.new_jwt())
    for api in (by_key, by_jwt):
        api.get(api.at("destinations")).expect(200)
    with sandbox.store.database.writing():
        sandbox.store.accounts.revoke_tenant("tnt_a", sandbox.store.now())
    for api in (by_key, by_jwt):
        api.get(api.at("destinations")).refused("unauthorized")


def test_a_key_made_while_the_server_runs_works_at_once(sandbox: Sandbox) -> None:
    token = "zpk_" + "a" * 43
    ask(sandbox, f"Bearer {token}").refused("unauthorized")
    with sandbox.store.database.writing():
        sandbox.store.accounts.create_api_key(
            "key_x", "tnt_a", token, sandbox.store.now(), scopes=EVERY_SCOPE
        )
    ask(sandbox, f"Bearer {token}").expect(200)


def test_many_different_tokens_leave_the_good_one_working(shared: Sandbox) -> None:
    api = shared.api()
    for number in range(1100):
        ask(shared, f"Bearer zpk_{number}").refused("unauthorized")
    api.get(api.at("destinations")).expect(200)


# --- scopes -------------------------------------------------------------------------------------


def statuses(api: Api) -> tuple[int, int]:
    """What a read and a write of targets are answered."""
    read = api.get(api.at("destinations")).status
    return read, api.post(api.at("destinations"), given.destination_body()).status


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["read:destinations"], (200, 403)),
        (["write:destinations"], (403, 201)),
        (["admin:destinations"], (403, 201)),
        (["read:*"], (200, 403)),
        (["write:*"], (403, 403)),
        (["admin:*"], (403, 403)),
        (["*"], (403, 403)),
        (["read:destinations", "write:destinations"], (200, 201)),
        (["read:*", "admin:destinations"], (200, 201)),
        (["READ:DESTINATIONS"], (403, 403)),
        (["read:destination"], (403, 403)),
        (["read:destinations write:destinations"], None),
        ([], (403, 403)),
    ],
)
def test_a_scope_grants_what_it_says_and_no_more(
    shared: Sandbox, scopes: list[str], expected: tuple[int, int] | None
) -> None:
    tenant = shared.new_tenant()
    token = shared.new_jwt(scopes, tenant=tenant)
    by_jwt = statuses(shared.api(token=token, tenant=tenant))
    by_key = statuses(shared.api(scopes, tenant=tenant))
    # One string of two scopes is two scopes in a JWT, and no scope at all in a key's list.
    assert by_jwt == (expected or (200, 201))
    assert by_key == (expected or (403, 403))


# --- JWTs ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def ed_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    """The public half, as people publish it."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.fixture(scope="module")
def strict(
    tmp_path_factory: pytest.TempPathFactory,
    rsa_key: rsa.RSAPrivateKey,
    ec_key: ec.EllipticCurvePrivateKey,
    ed_key: ed25519.Ed25519PrivateKey,
) -> Iterator[Sandbox]:
    """A server with a JWKS file, an issuer and an audience."""
    folder = tmp_path_factory.mktemp("strict")
    keys: list[dict[str, Any]] = [
        {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key())), "kid": "rsa"},
        {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec_key.public_key())), "kid": "ec"},
        {**json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(ed_key.public_key())), "kid": "ed"},
    ]
    (folder / "jwks.json").write_text(json.dumps({"keys": keys}), encoding="utf-8")
    rules = JwtRules(SECRET_SIZED, read_jwks(folder / "jwks.json"), ISSUER, AUDIENCE)
    with Sandbox(folder / "sandbox.db", Settings(jwt=rules)) as running:
        yield running


def good(sandbox: Sandbox, key: Any = SECRET_SIZED, algorithm: str = "HS256", **more: Any) -> str:
    """A token that `strict` takes, but for what is changed."""
    return sandbox.new_jwt(key=key, algorithm=algorithm, **{"iss": ISSUER, "aud": AUDIENCE, **more})


def test_a_jwt_of_each_allowed_algorithm_is_taken(
    strict: Sandbox,
    rsa_key: rsa.RSAPrivateKey,
    ec_key: ec.EllipticCurvePrivateKey,
    ed_key: ed25519.Ed25519PrivateKey,
) -> None:
    for token in (
        good(strict),
        good(strict, rsa_key, "RS256", headers={"kid": "rsa"}),
        good(strict, ec_key, "ES256", headers={"kid": "ec"}),
        good(strict, ed_key, "EdDSA", headers={"kid": "ed"}),
        good(strict, aud=[AUDIENCE, "others"]),
    ):
        ask(strict, f"Bearer {token}").expect(200)


def by_hand(
    header: dict[str, Any], claims: Any, sign: bytes | None = None, digest: str = "sha256"
) -> str:
    """A token put together by hand, signed with an HMAC or not at all."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    text = f"{part(json.dumps(header).encode())}.{part(json.dumps(claims).encode())}"
    signature = b"" if sign is None else hmac.digest(sign, text.encode(), digest)
    return f"{text}.{part(signature)}"


def claims_of(**more: Any) -> dict[str, Any]:
    """Claims that would be taken."""
    return {
        "tenant_id": "tnt_a",
        "sub": "user_1",
        "scope": "read:destinations",
        "exp": int(time.time()) + 3600,
        **more,
    }


def test_forged_jwts_are_refused(strict: Sandbox, rsa_key: rsa.RSAPrivateKey) -> None:
    claims = claims_of(iss=ISSUER, aud=AUDIENCE)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = SECRET_SIZED
    body, signature = good(strict).rsplit(".", 1)
    forged = {
        "alg none": by_hand({"alg": "none"}, claims),
        "alg None": by_hand({"alg": "None"}, claims),
        "alg none, signed": by_hand({"alg": "none"}, claims, secret),
        "no alg": by_hand({"typ": "JWT"}, claims, secret),
        "alg null": by_hand({"alg": None}, claims, secret),
        "alg a list": by_hand({"alg": ["HS256"]}, claims, secret),
        "alg HS512, well signed": by_hand({"alg": "HS512"}, claims, secret, "sha512"),
        "alg hs256": by_hand({"alg": "hs256"}, claims, secret),
        "unsigned": body + ".",
        "without a signature part": body,
        "signature of another": f"{body}.{good(strict, sub='other').rsplit('.', 1)[1]}",
        "wrong secret": good(strict, b"t" * 32),
        "empty secret": by_hand({"alg": "HS256"}, claims, b""),
        "the public key as the secret": by_hand({"alg": "HS256"}, claims, public_pem(rsa_key)),
        "the public key as the secret, by kid": by_hand(
            {"alg": "HS256", "kid": "rsa"}, claims, public_pem(rsa_key)
        ),
        "another RSA key": good(strict, other, "RS256", headers={"kid": "rsa"}),
        "unknown kid": good(strict, rsa_key, "RS256", headers={"kid": "nobody"}),
        "kid of another type": good(strict, rsa_key, "RS256", headers={"kid": "ec"}),
        "RS384 with the right key": good(strict, rsa_key, "RS384", headers={"kid": "rsa"}),
        "PS256 with the right key": good(strict, rsa_key, "PS256", headers={"kid": "rsa"}),
        "own key in the header": good(
            strict,
            other,
            "RS256",
            headers={"jwk": json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(other.public_key()))},
        ),
        "key from an address": good(
            strict, other, "RS256", headers={"jku": "https://evil.example/"}
        ),
        "critical extension": by_hand({"alg": "HS256", "crit": ["exp"]}, claims, secret),
        "changed claims": by_hand({"alg": "HS256"}, {**claims, "tenant_id": "tnt_b"})[:-1]
        + "."
        + signature,
    }
    for name, token in forged.items():
        answer = ask(strict, f"Bearer {token}")
        assert answer.status == 401, f"{name}: {answer.status}"


def test_a_jwt_of_another_issuer_or_audience_is_refused(strict: Sandbox) -> None:
    changes: list[dict[str, Any]] = [
        {"iss": "https://other.example/"},
        {"iss": ISSUER.rstrip("/")},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": []},
        {"aud": None},
        {"without": ("iss",)},
        {"without": ("aud",)},
    ]
    for more in changes:
        ask(strict, f"Bearer {good(strict, **more)}").refused("unauthorized", WORDS)
    for claims in (claims_of(iss=None, aud=AUDIENCE), claims_of(iss=[ISSUER], aud=AUDIENCE)):
        token = by_hand({"alg": "HS256"}, claims, SECRET_SIZED)
        ask(strict, f"Bearer {token}").refused("unauthorized", WORDS)


@pytest.mark.parametrize("claim", ["tenant_id", "sub", "scope", "exp"])
def test_a_jwt_without_a_required_claim_is_refused(shared: Sandbox, claim: str) -> None:
    ask(shared, f"Bearer {shared.new_jwt(without=(claim,))}").refused("unauthorized", WORDS)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": 0},
        {"exp": -1},
        {"exp": "soon"},
        {"exp": None},
        {"exp": []},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 10**40},
        {"tenant_id": ""},
        {"tenant_id": None},
        {"tenant_id": 5},
        {"tenant_id": ["tnt_a"]},
        {"tenant_id": "tnt_none"},
        {"tenant_id": "tnt_a\0"},
        {"tenant_id": "\ud800"},
        {"sub": ""},
        {"sub": None},
        {"sub": 5},
        {"sub": "\ud800"},
        {"scope": None},
        {"scope": ["read:destinations"]},
        {"scope": 5},
    ],
    ids=str,
)
def test_a_jwt_with_a_claim_that_is_not_valid_is_refused(
    strict: Sandbox, claims: dict[str, Any]
) -> None:
    whole = claims_of(iss=ISSUER, aud=AUDIENCE, **claims)
    token = by_hand({"alg": "HS256"}, whole, SECRET_SIZED)
    ask(strict, f"Bearer {token}").refused("unauthorized", WORDS)


@pytest.mark.parametrize("claims", [None, [], "x", 5, {}, [{}]], ids=str)
def test_a_jwt_whose_claims_are_no_object_is_refused(strict: Sandbox, claims: Any) -> None:
    token = by_hand({"alg": "HS256"}, claims, SECRET_SIZED)
    ask(strict, f"Bearer {token}").refused("unauthorized", WORDS)


@pytest.mark.parametrize(
    "token", [".", "..", "a.b.c", "a.b", "....", "eyJhbGciOiJIUzI1NiJ9..", "%", "=" * 100]
)
def test_what_is_no_jwt_is_refused(shared: Sandbox, token: str) -> None:
    ask(shared, f"Bearer {token}").refused("unauthorized", WORDS)


def test_a_jwt_expires_by_the_sandboxs_clock(tmp_path: Path) -> None:
    clock = SteppingClock(2_000_000_000_000)
    with Sandbox(tmp_path / "sandbox.db", clock=clock) as sandbox:
        late = sandbox.api(token=sandbox.new_jwt(exp=2_000_000_100))
        early = sandbox.api(token=sandbox.new_jwt(exp=1_999_999_999))
        early.get(early.at("destinations")).refused("unauthorized")
        late.get(late.at("destinations")).expect(200)
        clock.not_before(2_000_000_101_000)
        late.get(late.at("destinations")).refused("unauthorized")


def test_a_jwt_with_a_fractional_expiry_is_taken(shared: Sandbox) -> None:
    ask(shared, f"Bearer {shared.new_jwt(exp=time.time() + 100.5)}").expect(200)


def test_a_scope_claim_may_be_empty_or_have_more_spaces(shared: Sandbox) -> None:
    ask(shared, f"Bearer {shared.new_jwt(scope='')}").refused("insufficient-scope")
    ask(shared, f"Bearer {shared.new_jwt(scope='  x   read:destinations ')}").expect(200)


def test_asymmetric_jwts_are_refused_where_no_keys_are_known(
    shared: Sandbox, rsa_key: rsa.RSAPrivateKey
) -> None:
    token = shared.new_jwt(key=rsa_key, algorithm="RS256")
    ask(shared, f"Bearer {token}").refused("unauthorized", WORDS)


def test_a_jwt_of_another_sandbox_is_refused(shared: Sandbox, sandbox: Sandbox) -> None:
    ask(sandbox, f"Bearer {shared.new_jwt()}").refused("unauthorized", WORDS)


def test_a_jwks_file_that_is_none_is_refused_with_its_path(tmp_path: Path) -> None:
    for number, text in enumerate(["", "{}", "[]", '{"keys": []}', '{"keys": [{}]}', "\ud800x"]):
        path = tmp_path / f"{number}.json"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        with pytest.raises(ValueError, match=str(path)):
            read_jwks(path)
    with pytest.raises(ValueError, match="absent"):
        read_jwks(tmp_path / "absent.json")
