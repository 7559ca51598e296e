"""Inputs whose body is wrong: JSON that is none, values that are none, and names at their edges."""

import json

from tests.server.hostile_requests import (
    BATCH,
    DESTINATIONS,
    FLOWS,
    INGESTERS,
    ONE,
    ONE_FLOW,
    ONE_INGESTER,
    RECIPE,
    RETRY,
    Hostile,
    destination,
    flow,
    raw,
    send,
)
from tests.server.hostile_site import DELIVERY, TAKEN_NAME

_URL = b'"url":"https://example.com/hook"'


def _json(name: str, body: bytes, *statuses: int) -> Hostile:
    return raw(f"body: {name}", send(DESTINATIONS, body), *(statuses or (400,)))


def _policy(name: str, policy: bytes, *statuses: int) -> Hostile:
    return raw(f"number: {name}", send(FLOWS, flow(policy)), *(statuses or (400,)))


def _url(name: str, url: str) -> Hostile:
    return raw(f"url: {name}", send(DESTINATIONS, destination(url=url)), 400)


def _named(text: str) -> bytes:
    return send(DESTINATIONS, destination(name=text))


def _nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * depth + closing * depth


NOT_JSON = [
    _json("an empty one", b""),
    _json("white space", b" \r\n\t "),
    _json("half an object", b'{"name": "a'),
    _json("text", b"name=a&url=b"),
    _json("two documents", destination() + destination()),
    _json("noise behind the document", destination() + b"\x00"),
    _json("a byte order mark", b"\xef\xbb\xbf" + destination()),
    _json("UTF-16", destination().decode().encode("utf-16")),
    _json("UTF-16 without its mark", destination().decode().encode("utf-16-le")),
    _json("UTF-32", destination().decode().encode("utf-32")),
    _json("Latin-1", b'{"name":"caf\xe9",' + _URL + b"}"),
    _json("a lone continuation byte", b'{"name":"a\x80",' + _URL + b"}"),
    _json("an overlong NUL", b'{"name":"a\xc0\x80b",' + _URL + b"}"),
    _json("a cut-off character", b'{"name":"a\xe2\x82",' + _URL + b"}"),
    _json("a raw lone surrogate", b'{"name":"a\xed\xa0\x80",' + _URL + b"}"),
    _json("a raw surrogate pair", b'{"name":"\xed\xa0\xbd\xed\xb8\x80",' + _URL + b"}"),
    _json("a character beyond Unicode", b'{"name":"\xf4\x90\x80\x80",' + _URL + b"}"),
    _json("bad UTF-8 in a key", b'{"n\xff":1,"name":"a",' + _URL + b"}"),
    _json("bad UTF-8 outside of strings", b'{"name":"a",\xff' + _URL + b"}"),
    _json("an escaped lone surrogate", b'{"name":"a\\ud800",' + _URL + b"}"),
    _json("an escaped low surrogate", b'{"name":"\\udc00a",' + _URL + b"}"),
    _json("escaped surrogates in the wrong order", b'{"name":"\\ude00\\ud83d",' + _URL + b"}"),
    _json("a lone surrogate in a key", b'{"\\ud800":1,"name":"a",' + _URL + b"}"),
    _json("a raw NUL", b'{"name":"a\x00b",' + _URL + b"}"),
    _json("an escaped NUL", b'{"name":"a\\u0000b",' + _URL + b"}"),
    _json("an escaped NUL in a key", b'{"\\u0000":1,"name":"a",' + _URL + b"}"),
    _json("a raw line feed in a string", b'{"name":"a\nb",' + _URL + b"}"),
    _json("a bad escape", b'{"name":"\\x41",' + _URL + b"}"),
    _json("a bad unicode escape", b'{"name":"\\u00g1",' + _URL + b"}"),
    _json("a comma too many", b'{"name":"a",' + _URL + b",}"),
    _json("a comment", b'{"name":"a",/* */' + _URL + b"}"),
    _json("single quotes", b"{'name':'a'}"),
    _json("keys without quotes", b'{name:"a"}'),
    _json("NaN", b'{"name":NaN,' + _URL + b"}"),
    _json("NaN as an unknown field", b'{"x":NaN,"name":"a",' + _URL + b"}"),
    _json("Infinity", b'{"name":Infinity,' + _URL + b"}"),
    _json("minus Infinity", b'{"name":-Infinity,' + _URL + b"}"),
    _json("a number beyond floats", b'{"name":1e400,' + _URL + b"}"),
    _json("a number with a leading zero", b'{"name":01,' + _URL + b"}"),
    _json("a number in hexadecimal", b'{"name":0x10,' + _URL + b"}"),
    _json("100,000 opening brackets", b"[" * 100_000),
    _json("100,000 opening braces", b'{"a":' * 100_000),
    _json("100,000 lists within one another", _nested(100_000)),
    _json("100,000 objects within one another", _nested(100_000, b'{"a":', b"}")[:-1] + b"1}"),
    _json("500,000 lists within one another", _nested(500_000)),
]

DEEP = [
    _json(f"{depth} {kind} within one another", body)
    for depth in (60, 130, 260, 500, 1000, 1023, 1025)
    for kind, body in (
        ("lists", _nested(depth)),
        ("objects", b'{"a":' * depth + b"1" + b"}" * depth),
        ("lists in a name", b'{"name":' + _nested(depth) + b"," + _URL + b"}"),
        ("lists beside a key given twice", b'{"a":1,"a":2,"x":' + _nested(depth) + b"}"),
    )
]

NOT_THE_SHAPE = [
    *(_json(f"{text.decode()} alone", text) for text in (b"null", b"true", b"0", b'"{}"', b"[]")),
    _json("an empty object", b"{}"),
    _json("an object in a list", b"[" + destination() + b"]"),
    _json("a key given twice", b'{"name":"a","name":"b",' + _URL + b"}"),
    _json("a key given twice with one value", b'{"name":"a","name":"a",' + _URL + b"}"),
    _json("a key given twice, once escaped", b'{"name":"a","n\\u0061me":"b",' + _URL + b"}"),
    _json("an unknown key given twice", b'{"x":1,"x":2,"name":"a",' + _URL + b"}"),
    _json("an empty key given twice", b'{"":1,"":2,"name":"a",' + _URL + b"}"),
    _json(
        "a nested key given twice", b'{"secret":{"value":"a","value":"b"},"name":"a",' + _URL + b"}"
    ),
    _json("a key given twice behind a colon in a string", b'{"name":":","name":"b",' + _URL + b"}"),
    _policy("a key of the policy given twice", b'{"max_attempts":1,"max_attempts":2}'),
    _policy("the same, once escaped", b'{"max_attempts":1,"max\\u005fattempts":2}'),
    _json("an empty key", b'{"":1,"name":"a",' + _URL + b"}"),
    _json("a key of 500 KB", b'{"' + b"k" * 500_000 + b'":1}'),
    _json("a key of HTML", b'{"<script>alert(1)</script>":1,"name":"a",' + _URL + b"}"),
    _json("80,000 unknown keys", json.dumps({f"k{n}": 1 for n in range(80_000)}).encode()),
    _json("a prototype", b'{"__proto__":{"admin":true},"name":"a",' + _URL + b"}"),
    _json("a class", b'{"__class__":"os.system","name":"a",' + _URL + b"}"),
    _json("a read-only field", destination(id="dest_mine")),
    _json("another tenant's id as a field", destination(tenant_id="tnt_stranger")),
    _json("a moment of its own", destination(created_at="2000-01-01T00:00:00Z")),
    _json("a status on create", destination(status="active")),
    _json("null for a name", destination(name=None)),
    _json("a number for a name", destination(name=5)),
    _json("a list for a name", destination(name=["a"])),
    _json("an object for a name", destination(name={"$ne": None})),
    _json("a 5,000-digit number for a name", b'{"name":' + b"9" * 5000 + b"," + _URL + b"}"),
    _json("a name of 1 MB", destination(name="a" * 1_000_000)),
    _json("an empty name", destination(name="")),
    _json("a name of 101 characters", destination(name="a" * 101)),
    _json("a name of 101 emojis", destination(name="😀" * 101)),
    _json("a secret on its own", destination(secret="whsec_" + "A" * 32)),
    _json("null for a secret", destination(secret=None)),
    _json("a secret without its prefix", destination(secret={"value": "A" * 32})),
    _json("a short secret", destination(secret={"value": "whsec_AAAA"})),
    _json("a secret in another base64", destination(secret={"value": "whsec_" + "-_" * 16})),
    _json("a secret with a line feed", destination(secret={"value": "whsec_" + "A" * 32 + "\n"})),
    _json("a type in capitals", destination(type="WEBHOOK")),
    _json("a type with a line feed", destination(type="webhook\n")),
    _json("a name that is taken", destination(name=TAKEN_NAME), 409),
    raw("body: an unknown provider", send(INGESTERS, b'{"name":"a","type":"<b>"}'), 400),
    raw("body: an empty PATCH", send(ONE, b"{}", method=b"PATCH"), 400),
    raw("body: a PATCH of null", send(ONE, b'{"name":null}', method=b"PATCH"), 400),
    raw("body: a PATCH to error", send(ONE, b'{"status":"error"}', method=b"PATCH"), 400),
    raw("body: a PATCH as operations", send(ONE, b'[{"op":"remove"}]', method=b"PATCH"), 400),
    raw("body: a PATCH of the id", send(ONE, b'{"id":"dest_2"}', method=b"PATCH"), 400),
    raw("body: a PUT of half a flow", send(ONE_FLOW, b'{"name":"a"}', method=b"PUT"), 400),
    raw("body: a PUT of half an endpoint", send(ONE_INGESTER, b'{"name":"a"}', method=b"PUT"), 400),
    raw("body: a retry with a field", send(RETRY, b'{"now":true}'), 400),
    raw("body: a retry of null", send(RETRY, b"null"), 400),
    raw("body: a retry of half an object", send(RETRY, b"{"), 400),
    raw("body: a batch of nothing", send(BATCH, b'{"delivery_ids":[]}'), 400),
    raw(
        "body: a batch of 101",
        send(BATCH, json.dumps({"delivery_ids": [DELIVERY] * 101}).encode()),
        400,
    ),
    raw(
        "body: a batch of 100,000", send(BATCH, b'{"delivery_ids":[' + b"1," * 99_999 + b"1]}"), 400
    ),
    raw(
        "body: a batch of 400,000",
        send(BATCH, b'{"delivery_ids":[' + b"1," * 400_000 + b"1]}"),
        400,
    ),
    raw(
        "body: a batch of bad ids",
        send(BATCH, json.dumps({"delivery_ids": ["\n"] * 100}).encode()),
        400,
    ),
    raw("body: a batch of SQL", send(BATCH, b'{"delivery_ids":["\' OR 1=1--"]}'), 400, 404),
    raw(
        "body: a batch with an unknown id",
        send(BATCH, json.dumps({"delivery_ids": [DELIVERY, "dlv_2"]}).encode()),
        404,
    ),
    raw(
        "body: a recipe with two targets",
        send(RECIPE, b'{"name":"a","source":"b","target":[]}'),
        400,
    ),
    raw("body: a recipe in snake_case", send(RECIPE, flow(b"{}")), 400),
]

NUMBERS = [
    _policy("2^63", b'{"max_attempts":9223372036854775808}'),
    _policy("2^64", b'{"max_attempts":18446744073709551616}'),
    _policy("minus 2^63", b'{"max_attempts":-9223372036854775809}'),
    _policy("5,000 digits", b'{"max_attempts":' + b"9" * 5000 + b"}"),
    _policy("5,000 digits behind the point", b'{"max_attempts":3.' + b"9" * 5000 + b"}"),
    _policy("an exponent of 5,000 digits", b'{"max_attempts":1e' + b"9" * 5000 + b"}"),
    _policy("1e400", b'{"max_attempts":1e400}'),
    _policy("1e308", b'{"max_attempts":1e308}'),
    _policy("nearly three", b'{"max_attempts":3.0000000000000004}'),
    _policy("a third", b'{"max_attempts":0.3333}'),
    _policy("11", b'{"max_attempts":11}'),
    _policy("0", b'{"max_attempts":0}'),
    _policy("minus 0", b'{"max_attempts":-0.0}'),
    _policy("minus 1", b'{"max_attempts":-1}'),
    _policy("a text", b'{"max_attempts":"3"}'),
    _policy("true", b'{"max_attempts":true}'),
    _policy("null", b'{"max_attempts":null}'),
    _policy("a list", b'{"max_attempts":[3]}'),
    _policy("NaN", b'{"max_attempts":NaN}'),
    _policy("3,601 seconds", b'{"backoff_seconds":3601}'),
    _policy("no object at all", b"3"),
]

URLS = [
    _url("an empty one", ""),
    _url("a script", "javascript:alert(1)"),
    _url("a file", "file:///etc/passwd"),
    _url("gopher", "gopher://example.com/"),
    _url("no scheme", "example.com/hook"),
    _url("no host", "https:///hook"),
    _url("only a scheme", "https://"),
    _url("a user", "https://user:pass@example.com/"),
    _url("a fragment", "https://example.com/#part"),
    _url("port 0", "https://example.com:0/"),
    _url("port 65536", "https://example.com:65536/"),
    _url("a negative port", "https://example.com:-1/"),
    _url("a port in full-width digits", "https://example.com:８０/"),
    _url("a line feed at the end", "https://example.com/\n"),
    _url("a header in the path", "https://example.com/\r\nX-Evil: 1"),
    _url("a NUL", "https://example.com/\x00"),
    _url("a space", "https://example.com/a b"),
    _url("a backslash", "https://example.com\\@evil.example/"),
    _url("half an IPv6 address", "https://[::1/"),
    _url("an IPv6 address with a zone", "https://[fe80::1%25eth0]/"),
    _url("2,049 characters", "https://example.com/" + "a" * 2029),
    _url("1 MB", "https://example.com/" + "a" * 1_000_000),
]

# Unicode's White_Space, and those of it that are control characters as well.
_WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_CONTROLS = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0))))
# Invisible, but neither White_Space nor Cc: decisions §3 allow them, at the edges too.
_INVISIBLE = "\u180e\u200b\u200d\u2060\ufeff\u00ad\u202e"

NAMES = [
    *(raw(f"name: U+{ord(one):04X} in front", _named(one + "a"), 400) for one in _WHITE_SPACE),
    *(raw(f"name: U+{ord(one):04X} at the end", _named("a" + one), 400) for one in _WHITE_SPACE),
    *(raw(f"name: U+{ord(one):04X} inside", _named(f"a{one}b"), 400) for one in _CONTROLS),
    *(raw(f"name: U+{ord(one):04X} alone", _named(one), 400) for one in _WHITE_SPACE),
]

SOUND_NAMES = [
    Hostile(f"name: {text!a} is one", _named(text), (frozenset({201}),), stores=True)
    for text in (
        *(f"a{one}b" for one in _WHITE_SPACE if one not in _CONTROLS),
        *(f"{one}a{one}" for one in _INVISIBLE),
        "😀" * 100,
        "'; DROP TABLE destinations; --",
        "<script>alert('1')</script>",
        "{{7*7}} ${7*7} %s %n {0}",
        "../../etc/passwd",
        "\u202eevil",
        "a\u0301",
        "\ufffd",
        "\uffff",
        "null",
    )
]

BODIES = [*NOT_JSON, *DEEP, *NOT_THE_SHAPE, *NUMBERS, *URLS]
