"""Inputs whose headers are wrong in meaning: media types, credentials, keys, request ids."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from tests.server.hostile_requests import (
    AUTH,
    DESTINATIONS,
    HOST,
    JSON,
    LOGS,
    ONE,
    RETRY,
    Hostile,
    destination,
    get,
    head,
    raw,
    send,
)
from tests.server.hostile_site import JWT_SECRET, TAKEN_NAME, TENANT

_BODY = destination(name=TAKEN_NAME)


def _kind(name: str, line: bytes, *statuses: int, more: tuple[bytes, ...] = ()) -> Hostile:
    """A body under that Content-Type; as its name is taken, it is a 409 where it is taken in."""
    sent = send(DESTINATIONS, _BODY, *more, kind=line)
    return raw(f"media type: {name}", sent, *(statuses or (415,)))


def _type(text: bytes) -> bytes:
    return b"Content-Type: " + text


def _auth(name: str, *lines: bytes) -> Hostile:
    return raw(f"credential: {name}", head(b"GET " + ONE + b" HTTP/1.1", HOST, *lines), 401)


def _key(name: str, *keys: bytes, statuses: tuple[int, ...] = (400,)) -> Hostile:
    lines = [b"Idempotency-Key: " + key for key in keys]
    return raw(f"key: {name}", send(DESTINATIONS, _BODY, *lines), *statuses)


def _request_id(name: str, *ids: bytes, statuses: tuple[int, ...] = (404,)) -> Hostile:
    lines = [b"X-Request-Id: " + one for one in ids]
    return raw(f"request id: {name}", get(b"/nowhere", *lines), *statuses)


def _segment(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def _signed(claims: bytes, header: bytes = b'{"alg":"HS256","typ":"JWT"}') -> bytes:
    """A JWT with a true signature over whatever the claims are."""
    text = _segment(header) + b"." + _segment(claims)
    return text + b"." + _segment(hmac.digest(JWT_SECRET, text, hashlib.sha256))


def _claims(**changed: Any) -> bytes:
    sound = {
        "tenant_id": TENANT,
        "sub": "user",
        "scope": "read:destinations",
        "exp": int(time.time()) + 3600,
    }
    return json.dumps({**sound, **changed}).encode()


def _jwt(name: str, token: bytes) -> Hostile:
    return _auth(f"JWT, {name}", b"Authorization: Bearer " + token)


MEDIA_TYPES = [
    _kind("none", b""),
    _kind("an empty one", _type(b"")),
    _kind("text", _type(b"text/plain")),
    _kind("HTML", _type(b"text/html")),
    _kind("XML", _type(b"application/xml")),
    _kind("a form", _type(b"application/x-www-form-urlencoded")),
    _kind("a multipart form", _type(b"multipart/form-data; boundary=x")),
    _kind("a multipart form without its boundary", _type(b"multipart/form-data")),
    _kind("anything", _type(b"*/*")),
    _kind("JSON's half", _type(b"application/")),
    _kind("JSON without its half", _type(b"json")),
    _kind("nearly JSON", _type(b"application/jsonp")),
    _kind("JSON lines", _type(b"application/jsonl")),
    _kind("a problem", _type(b"application/problem+json")),
    _kind("a merge patch for a POST", _type(b"application/merge-patch+json")),
    _kind("two in one line", _type(b"application/json, application/json")),
    _kind("two in two lines", _type(b"application/json"), 400, 415, more=(JSON,)),
    _kind("a NUL", _type(b"application/json\x00"), 400, 415),
    _kind("a vertical tab", _type(b"application/json\x0b"), 400, 415),
    _kind("bytes beyond ASCII", _type(b"application/json\xff"), 400, 415),
    _kind("a no-break space", _type(b"application/json\xa0"), 400, 415),
    _kind("a dotless i", _type("applıcatıon/json".encode())),
    _kind("a Kelvin sign", _type("application/json; charset=utf-8\u212a".encode()), 400, 415),
    _kind("charset bogus", _type(b"application/json; charset=bogus")),
    _kind("charset utf-16", _type(b"application/json; charset=utf-16")),
    _kind("charset utf-7", _type(b'application/json; charset="utf-7"')),
    _kind("charset latin-1", _type(b"application/json;charset=iso-8859-1")),
    _kind("charset rot13", _type(b"application/json; charset=rot13")),
    _kind("charset of 10 KB", _type(b"application/json; charset=" + b"u" * 10_000)),
    _kind("an empty charset", _type(b"application/json; charset="), 409, 415),
    _kind("two charsets", _type(b"application/json; charset=utf-8; charset=utf-16"), 400, 415),
    _kind("gzip", JSON, more=(b"Content-Encoding: gzip",)),
    _kind("gzip in capitals", JSON, more=(b"Content-Encoding: GZIP",)),
    _kind("brotli, then identity", JSON, more=(b"Content-Encoding: br, identity",)),
    _kind("two encodings", JSON, more=(b"Content-Encoding: identity", b"Content-Encoding: gzip")),
    _kind("an encoding nobody knows", JSON, more=(b"Content-Encoding: zip",)),
    _kind("capitals", _type(b"APPLICATION/JSON"), 409),
    _kind("mixed case and spaces", _type(b"  Application/Json ;  Charset=UTF-8  "), 409),
    _kind("a quoted charset", _type(b'application/json;charset="utf-8"'), 409),
    _kind("another parameter", _type(b"application/json; profile=x"), 409, 415),
    _kind("a broken parameter", _type(b"application/json; ;;=;a"), 409, 415),
    _kind("identity", JSON, 409, more=(b"Content-Encoding: identity",)),
    raw("media type: text with a retry", send(RETRY, b"{}", kind=_type(b"text/plain")), 415),
    raw(
        "media type: none with a PATCH", send(ONE, b'{"name":"a"}', method=b"PATCH", kind=b""), 415
    ),
    raw("media type: none, and an empty body", send(DESTINATIONS, b"", kind=b""), 400),
]

CREDENTIALS = [
    _auth("none"),
    _auth("an empty one", b"Authorization:"),
    _auth("only a scheme", b"Authorization: Bearer"),
    _auth("only a scheme and spaces", b"Authorization: Bearer     "),
    _auth("only a token", b"Authorization: zpk_hostile"),
    _auth("another scheme", b"Authorization: Basic enBrX2hvc3RpbGU6"),
    _auth("a digest", b'Authorization: Digest username="a", nonce="b"'),
    _auth("two tokens", b"Authorization: Bearer zpk_hostile zpk_hostile"),
    _auth("two tokens with a comma", b"Authorization: Bearer zpk_hostile,zpk_hostile"),
    _auth("a quoted token", b'Authorization: Bearer "zpk_hostile"'),
    _auth("a token with a tab", b"Authorization: Bearer zpk_\thostile"),
    _auth("a token in capitals", b"Authorization: Bearer ZPK_HOSTILE"),
    _auth("bytes beyond ASCII", b"Authorization: Bearer zpk_\xff\xfe"),
    _auth("a token in UTF-8", "Authorization: Bearer zpk_höstile".encode()),
    _auth("a scheme beyond ASCII", b"Authorization: B\xe9arer zpk_hostile"),
    _auth("SQL", b"Authorization: Bearer zpk_'OR'1'='1"),
    _auth("a token of 30 KB", b"Authorization: Bearer zpk_" + b"a" * 30_000),
    _auth("a cookie instead", b"Cookie: token=zpk_hostile"),
    raw("credential: two headers", get(ONE, AUTH), 400, 401),
    raw("credential: two headers, one bad", get(ONE, b"Authorization: Basic x"), 400, 401),
    raw("credential: a token with a NUL", get(ONE, b"Authorization: Bearer a\x00b"), 400),
    raw(
        "credential: two spaces",
        head(b"GET " + ONE + b" HTTP/1.1", HOST, b"Authorization: bearer  zpk_hostile"),
        200,
        401,
    ),
]

JWTS = [
    _jwt("only dots", b".."),
    _jwt("no base64", b"a.b.c"),
    _jwt("no JSON", _segment(b"{") + b"." + _segment(b"{") + b".AAAA"),
    _jwt("alg none", _segment(b'{"alg":"none"}') + b"." + _segment(_claims()) + b"."),
    _jwt("alg nOnE", _signed(_claims(), b'{"alg":"nOnE"}')),
    _jwt("alg null", _signed(_claims(), b'{"alg":null}')),
    _jwt("a list for alg", _signed(_claims(), b'{"alg":["HS256"]}')),
    _jwt("an object for alg", _signed(_claims(), b'{"alg":{}}')),
    _jwt("no alg", _signed(_claims(), b"{}")),
    _jwt("a header that is a list", _signed(_claims(), b"[]")),
    _jwt("a header that is null", _signed(_claims(), b"null")),
    _jwt("a header of bad UTF-8", _signed(_claims(), b'{"alg":"\xff"}')),
    _jwt("RS256 signed as HS256", _signed(_claims(), b'{"alg":"RS256"}')),
    _jwt("a number for kid", _signed(_claims(), b'{"alg":"HS256","kid":1}')),
    _jwt("an unknown crit", _signed(_claims(), b'{"alg":"HS256","crit":["x"],"x":1}')),
    _jwt("an unencoded payload", _signed(_claims(), b'{"alg":"HS256","b64":false,"crit":["b64"]}')),
    _jwt("a header of 10,000 brackets", _signed(_claims(), b"[" * 10_000 + b"]" * 10_000)),
    _jwt("claims of 10,000 brackets", _signed(b"[" * 10_000 + b"]" * 10_000)),
    _jwt("claims of 5,000 objects", _signed(b'{"a":' * 5000 + b"1" + b"}" * 5000)),
    _jwt("claims that are a list", _signed(b"[]")),
    _jwt("claims that are a number", _signed(b"1")),
    _jwt("claims of bad UTF-8", _signed(b'{"sub":"\xff"}')),
    _jwt("no claims", _signed(b"{}")),
    _jwt("exp long past", _signed(_claims(exp=0))),
    _jwt("exp before the year 1000", _signed(_claims(exp=-31_000_000_000))),
    _jwt("exp before the year 1", _signed(_claims(exp=-(10**12)))),
    _jwt("exp after the year 9999", _signed(_claims(exp=10**15))),
    _jwt("exp NaN", _signed(_claims(exp=float("nan")))),
    _jwt("exp Infinity", _signed(_claims(exp=float("inf")))),
    _jwt("exp of 400 digits", _signed(_claims(exp=10**400))),
    _jwt(
        "exp of 5,000 digits", _signed(_claims(exp=0).replace(b": 0}", b": 1" + b"0" * 5000 + b"}"))
    ),
    _jwt("exp true", _signed(_claims(exp=True))),
    _jwt("exp null", _signed(_claims(exp=None))),
    _jwt("a word for exp", _signed(_claims(exp="tomorrow"))),
    _jwt("a list for exp", _signed(_claims(exp=[1]))),
    _jwt("a list for tenant_id", _signed(_claims(tenant_id=[TENANT]))),
    _jwt("an unknown tenant", _signed(_claims(tenant_id="tnt_unknown"))),
    _jwt("a tenant that is a lone surrogate", _signed(_claims(tenant_id="\ud800"))),
    _jwt("a tenant with a NUL", _signed(_claims(tenant_id=TENANT + "\x00"))),
    _jwt("a number for sub", _signed(_claims(sub=5))),
    _jwt("an empty sub", _signed(_claims(sub=""))),
    _jwt("a list for scope", _signed(_claims(scope=["read:destinations"]))),
    raw(
        "credential: JWT whose sub is a lone surrogate, writing",
        send(DESTINATIONS, _BODY).replace(
            AUTH,
            b"Authorization: Bearer " + _signed(_claims(sub="\ud800", scope="write:destinations")),
        ),
        400,
        401,
        409,
    ),
    raw(
        "credential: JWT with 10,000 scopes",
        head(
            b"GET " + LOGS + b" HTTP/1.1",
            HOST,
            b"Authorization: Bearer " + _signed(_claims(scope="x " * 10_000)),
        ),
        401,
        403,
    ),
]

KEYS = [
    _key("an empty one", b""),
    _key("256 characters", b"k" * 256),
    _key("30 KB", b"k" * 30_000),
    _key("a space inside", b"a b"),
    _key("a tab inside", b"a\tb"),
    _key("bytes beyond ASCII", b"k\xff"),
    _key("UTF-8", "schlüssel".encode()),
    _key("a full-width letter", "ｋ".encode()),
    _key("a delete", b"a\x7fb"),
    _key("a NUL", b"a\x00b"),
    _key("given twice", b"k", b"k"),
    _key("given twice, differing", b"k", b"l"),
    _key("a header behind a line feed", b"k k\nX-Evil: 1"),
    _key("a header behind both", b"k k\r\nX-Evil: 1"),
    raw(
        "key: an encoded header",
        send(DESTINATIONS, b"{}", b"Idempotency-Key: k%0d%0aX-Evil:%201"),
        400,
    ),
    raw("key: bad on GET", get(ONE, b"Idempotency-Key: \xff \xff"), 200),
]

REQUEST_IDS = [
    _request_id("an empty one", b""),
    _request_id("129 characters", b"r" * 129),
    _request_id("a space inside", b"a b"),
    _request_id("bytes beyond ASCII", b"req_\xff"),
    _request_id("full-width letters", "ｒｅｑ".encode()),
    _request_id("an encoded header", b"a%0d%0aX-Evil:%201"),
    _request_id("a header behind a line feed", b"a\nX-Evil: 1", statuses=(400, 404)),
    _request_id("a header behind a carriage return", b"a\rX-Evil: 1", statuses=(400,)),
    _request_id("a header behind both", b"a\r\nX-Evil: 1"),
    _request_id("HTML", b"<script>alert(1)</script>"),
    _request_id("a quotation mark", b'a","status":200,"x":"'),
    _request_id("given twice", b"one", b"two"),
    _request_id("given twice alike", b"one", b"one"),
    _request_id("bad on a bad request", b"\x00", statuses=(400,)),
]

MEANINGS = [*MEDIA_TYPES, *CREDENTIALS, *JWTS, *KEYS, *REQUEST_IDS]
