"""Tokens that a server must not take: unknown ones, and JWTs that were changed or never signed."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential

_EVERY_SCOPE = " ".join(
    f"{verb}:{resource}"
    for verb in ("read", "write", "admin")
    for resource in ("destinations", "delivery-flows", "deliveries", "ingesters", "logs")
)


def unknown_tokens(valid: Credential) -> dict[str, str]:
    """Tokens that look like credentials and are none, by what is wrong with them."""
    key = valid.token
    return {
        "unknown": "zpk_" + "Zc0" * 14 + "x",
        "one character changed": _changed(key),
        "cut short": key[:-1],
        "cut to its beginning": key[:8],
        "with a character more": key + "A",
        "in other letter case": key.swapcase(),
        "only the prefix": "zpk_",
        "not a token": "%%%",
    }


def forged_jwts(suite: Suite) -> Iterator[tuple[str, str]]:
    """What is wrong with it, and a JWT that is not to be taken; more when a valid one is known."""
    given = suite.target.credential("primary", kind="jwt")
    claims = _claims(given) if given else {}
    claims = {
        "tenant_id": suite.target.tenants["primary"].id,
        "sub": "zc",
        "scope": _EVERY_SCOPE,
        "exp": int(time.time()) + 3600,
        **claims,
    }
    for alg in ("none", "None", "NONE", "nOnE"):
        yield f"alg {alg}", _jwt({"alg": alg, "typ": "JWT"}, claims, "")
    yield "alg none without its last dot", _jwt({"alg": "none"}, claims, "").rstrip(".")
    yield "no alg", _jwt({"typ": "JWT"}, claims, "")
    yield "another's signature", _jwt({"alg": "HS256", "typ": "JWT"}, claims, "A" * 43)
    if given:
        yield from _changed_jwts(given.token, claims, suite.target.tenants["other"].id)


def _changed_jwts(
    token: str, claims: Mapping[str, Any], other_id: str
) -> Iterator[tuple[str, str]]:
    header, payload, signature = token.split(".")
    yield "alg none over the signature", _jwt({"alg": "none"}, claims, signature)
    yield "no signature", f"{header}.{payload}."
    yield "a changed signature", f"{header}.{payload}.{_changed(signature)}"
    yield "a cut signature", f"{header}.{payload}.{signature[:-4]}"
    for name, value in (
        ("exp", int(time.time()) + 10**8),
        ("sub", "zc-somebody-else"),
        ("scope", f"{claims['scope']} write:everything"),
        ("tenant_id", other_id),
    ):
        yield f"a changed {name}", f"{header}.{_part({**claims, name: value})}.{signature}"


def _claims(credential: Credential) -> dict[str, Any]:
    payload = credential.token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * 3))
    return claims


def _jwt(header: Mapping[str, Any], claims: Mapping[str, Any], signature: str) -> str:
    return f"{_part(header)}.{_part(claims)}.{signature}"


def _part(document: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _changed(token: str) -> str:
    """The token with another character in its middle: its last bits may not count."""
    middle = len(token) // 2
    return token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
