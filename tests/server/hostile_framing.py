"""Inputs that are wrong, or odd, as HTTP: request lines, headers, lengths, chunks, connections."""

from tests.server.hostile_requests import (
    AUTH,
    DESTINATIONS,
    HOST,
    JSON,
    LOGS,
    ONE,
    Hostile,
    chunked,
    destination,
    get,
    head,
    raw,
    send,
)
from tests.server.hostile_site import TAKEN_NAME

_OK = frozenset({200})
_BAD = frozenset({400})
_SOUND = get(ONE)
_POST = b"POST " + DESTINATIONS + b" HTTP/1.1"
_CHUNKED = b"Transfer-Encoding: chunked"
_BODY = destination(name=TAKEN_NAME)  # taken: whoever lets it through gets a 409, and is found out

# A ClientHello of TLS 1.2: record header, handshake header, version, and a random part.
_CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + bytes(165)


def _line(name: str, line: bytes, *statuses: int) -> Hostile:
    return raw(f"request line: {name}", head(line, HOST, AUTH), *(statuses or (400,)))


def _header(name: str, line: bytes, *statuses: int) -> Hostile:
    return raw(f"header: {name}", get(ONE, line), *(statuses or (400,)))


def _post(name: str, headers: tuple[bytes, ...], body: bytes, *statuses: int) -> Hostile:
    sent = head(_POST, HOST, AUTH, JSON, *headers) + body
    return raw(f"framing: {name}", sent, *(statuses or (400,)), hang_up=True)


REQUEST_LINES = [
    raw("noise", b"\x00\x01\x02\xff\xfe\r\n\r\n", 400),
    raw("more noise", bytes(range(256)) + b"\r\n\r\n", 400),
    raw("a TLS ClientHello", _CLIENT_HELLO, 400),
    raw("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    raw("an SSH greeting", b"SSH-2.0-OpenSSH_9.6\r\n", 400),
    raw("an SMTP greeting", b"EHLO example.com\r\n", 400),
    raw("a Redis command", b"*1\r\n$4\r\nPING\r\n", 400),
    raw("HTTP/0.9", b"GET " + ONE + b"\r\n", 400),
    raw("a response instead of a request", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400),
    raw("half a request line", b"GET /v1/ten", 400, hang_up=True),
    raw("half a header", head(b"GET / HTTP/1.1")[:-2] + b"Hos", 400, hang_up=True),
    Hostile("nothing at all", b"", (), hang_up=True),
    Hostile("only empty lines", b"\r\n\r\n\r\n", (), hang_up=True),
    Hostile("empty lines before a sound request", b"\r\n\r\n" + _SOUND, (_OK,)),
    _line("a method in small letters", b"get " + ONE + b" HTTP/1.1", 400, 405),
    _line("an unknown method", b"FETCH " + ONE + b" HTTP/1.1", 400, 405, 501),
    _line("a method with a NUL", b"GE\x00T " + ONE + b" HTTP/1.1"),
    _line("a method of 100 KB", b"G" * 100_000 + b" / HTTP/1.1", 400, 414, 431),
    _line("no method", b" " + ONE + b" HTTP/1.1"),
    _line("no target", b"GET  HTTP/1.1"),
    _line("no version", b"GET " + ONE),
    _line("version 1.2", b"GET " + ONE + b" HTTP/1.2", 200, 400),
    _line("version 2.0", b"GET " + ONE + b" HTTP/2.0"),
    _line("version 9.9", b"GET " + ONE + b" HTTP/9.9"),
    _line("version 1.1.1", b"GET " + ONE + b" HTTP/1.1.1"),
    _line("version 1", b"GET " + ONE + b" HTTP/1"),
    _line("a version with a plus", b"GET " + ONE + b" HTTP/+1.1"),
    _line("another protocol", b"GET " + ONE + b" ICAP/1.0"),
    _line("a protocol in small letters", b"GET " + ONE + b" http/1.1"),
    _line("two targets", b"GET " + ONE + b" /health HTTP/1.1"),
    _line("a tab for a space", b"GET\t" + ONE + b"\tHTTP/1.1"),
    _line("a carriage return inside", b"GET " + ONE + b"\r HTTP/1.1"),
    _line("CONNECT", b"CONNECT example.com:443 HTTP/1.1", 400, 405),
    _line("TRACE", b"TRACE " + ONE + b" HTTP/1.1", 405),
    _line("TRACE of nothing", b"TRACE /nowhere HTTP/1.1", 404, 405),
    _line("PROPFIND", b"PROPFIND " + ONE + b" HTTP/1.1", 400, 405),
    _line("OPTIONS of the whole server", b"OPTIONS * HTTP/1.1", 400, 404, 405),
    _line("GET of the whole server", b"GET * HTTP/1.1", 400, 404),
    _line("a whole URL", b"GET http://evil.example" + ONE + b" HTTP/1.1", 200, 400),
    _line("a whole URL without a path", b"DELETE https://evil.example HTTP/1.1", 400, 404, 405),
    _line("a file URL", b"GET file:///etc/passwd HTTP/1.1", 400, 404),
    _line("an authority", b"GET sandbox:80 HTTP/1.1", 400, 404),
    _line("a target without its slash", b"GET v1/logs HTTP/1.1", 400, 404),
]

HEADERS = [
    raw("header: no Host", head(b"GET " + ONE + b" HTTP/1.1", AUTH), 400),
    _header("two Hosts", b"Host: other"),
    _header("no colon", b"Colonless"),
    _header("no name", b": value"),
    _header("a space before the colon", b"X-A : 1"),
    _header("a space in the name", b"X A: 1"),
    _header("a NUL in the name", b"X\x00A: 1"),
    _header("a NUL in the value", b"X-A: 1\x002"),
    _header("a carriage return in the value", b"X-A: 1\r2"),
    _header("an escape in the value", b"X-A: \x1b[31m", 200, 400),
    _header("bytes beyond ASCII in the name", "X-Ä: 1".encode()),
    _header("bytes beyond ASCII in the value", b"X-A: \xff\xfe\x80", 200, 400),
    _header("a folded line", b"X-A: 1\r\n 2"),
    _header("a folded line with a tab", b"X-A: 1\r\n\tAuthorization: Bearer x"),
    raw("header: a line that begins folded", head(b"GET / HTTP/1.1", b" Host: sandbox"), 400),
    _header("one of 200 KB", b"X-A: " + b"a" * 200_000, 431),
    _header("a name of 200 KB", b"X" * 200_000 + b": 1", 400, 431),
    _header("10,000 of them", b"\r\n".join(b"X-%d: 1" % n for n in range(10_000)), 431),
    _header("1,000 equal ones", b"\r\n".join([b"X-A: 1"] * 1000), 200, 431),
    _header("100 KB of empty ones", b"\r\n".join([b"X:"] * 25_000), 431),
    _header("line feeds only", b"X-A: 1\nX-B: 2", 200, 400),
    raw("header: line feeds everywhere", _SOUND.replace(b"\r\n", b"\n"), 200, 400),
    _header("a method override", b"X-HTTP-Method-Override: DELETE", 200),
    _header("another method override", b"X-Method-Override: DELETE", 200),
    _header("forwarding claims", b"X-Forwarded-Host: evil.example\r\nForwarded: host=evil", 200),
    _header("an original URL", b"X-Original-URL: /v1/tenants/tnt_stranger/destinations", 200),
    _header("a wish to upgrade", b"Upgrade: websocket\r\nConnection: Upgrade", 200),
    _header("a wish for HTTP/2", b"Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AA", 200),
    _header("hop-by-hop authorization", b"Connection: close, Authorization", 200),
    _header("an expectation nobody knows", b"Expect: miracles", 200, 400),
    _header("a range", b"Range: bytes=0-0,1-1,2-2,99999999999999999999-", 200),
    _header("nothing acceptable", b"Accept: text/html;q=1, */*;q=0", 200),
    _header("a condition", b"If-Match: *\r\nIf-None-Match: *", 200),
    Hostile("HEAD of nothing", get(b"/nowhere", method=b"HEAD"), (frozenset({404}),), "HEAD"),
    Hostile("HEAD of a list", get(LOGS, method=b"HEAD"), (frozenset({200, 405}),), "HEAD"),
]

LENGTHS = [
    _post("a negative length", (b"Content-Length: -1",), _BODY),
    _post("a length with a plus", (b"Content-Length: +5",), _BODY),
    _post("a length in hexadecimal", (b"Content-Length: 0x10",), _BODY),
    _post("a length with an underscore", (b"Content-Length: 1_0",), _BODY),
    _post("a length in full-width digits", ("Content-Length: ５".encode(),), _BODY),
    _post("an empty length", (b"Content-Length:",), _BODY),
    _post("a list of lengths", (b"Content-Length: 5, 5",), _BODY),
    _post("two lengths", (b"Content-Length: 5", b"Content-Length: 6"), _BODY),
    _post("two equal lengths", (b"Content-Length: 5", b"Content-Length: 5"), _BODY),
    _post("a length with a space inside", (b"Content-Length: 1 0",), _BODY),
    _post("a length of 2^64", (b"Content-Length: 18446744073709551616",), b"", 400, 413),
    _post("a length of 5,000 digits", (b"Content-Length: " + b"9" * 5000,), b"", 400, 413),
    _post("a length of 10 GB", (b"Content-Length: 10000000000",), b"{", 413),
    _post("a length one over the limit", (b"Content-Length: 1048577",), b"{", 413),
    _post("a length longer than the body", (b"Content-Length: 5000",), _BODY),
    _post("a length shorter than the body", (b"Content-Length: 1",), b"{}")._replace(
        answers=(_BAD, _BAD)
    ),
    _post("no length", (), b""),
    _post("length and chunks", (b"Content-Length: 5", _CHUNKED), chunked(_BODY)),
    _post("chunks and length", (_CHUNKED, b"Content-Length: 5"), chunked(_BODY)),
    _post("a coding nobody knows", (b"Transfer-Encoding: zip",), chunked(_BODY), 400, 501),
    _post("gzip, then chunks", (b"Transfer-Encoding: gzip, chunked",), chunked(_BODY), 400, 501),
    _post("chunks twice", (b"Transfer-Encoding: chunked, chunked",), chunked(_BODY)),
    _post("chunks in two headers", (_CHUNKED, _CHUNKED), chunked(_BODY)),
    _post("chunks, then identity", (_CHUNKED, b"Transfer-Encoding: identity"), chunked(_BODY)),
    _post("chunks after a vertical tab", (b"Transfer-Encoding: \x0bchunked",), chunked(_BODY)),
    _post("a hidden coding", (b"Transfer-Encoding : chunked",), chunked(_BODY)),
    _post("an oversize body", (b"Content-Length: 1048577",), b" " * 1_048_577, 413),
    raw("framing: a body to GET", send(ONE, _BODY, method=b"GET"), 200),
    raw("framing: half a body to GET", get(ONE, b"Content-Length: 9"), 200, 400, hang_up=True),
    raw("framing: an oversize body to GET", get(ONE, b"Content-Length: 9999999"), 200, 413),
    # RFC 9112 §6.1: framing to be distrusted, but the message may be processed before closing.
    raw(
        "framing: chunks in HTTP/1.0",
        head(_POST[:-1] + b"0", AUTH, JSON, _CHUNKED) + chunked(_BODY),
        400,
        409,
    ),
]

CHUNKS = [
    _post("a size that is no number", (_CHUNKED,), b"zz\r\n{}\r\n0\r\n\r\n"),
    _post("a negative size", (_CHUNKED,), b"-1\r\n{}\r\n0\r\n\r\n"),
    _post("a size with 0x", (_CHUNKED,), b"0x2\r\n{}\r\n0\r\n\r\n"),
    _post("a size with an underscore", (_CHUNKED,), b"0_2\r\n{}\r\n0\r\n\r\n"),
    _post("an empty size", (_CHUNKED,), b"\r\n{}\r\n0\r\n\r\n"),
    _post("a size beyond 64 bits", (_CHUNKED,), b"fffffffffffffffff\r\n{}", 400, 413),
    _post("a size of 5,000 digits", (_CHUNKED,), b"f" * 5000 + b"\r\n{}", 400, 413),
    _post("a chunk longer than its size", (_CHUNKED,), b"1\r\n{}\r\n0\r\n\r\n"),
    _post("a chunk shorter than its size", (_CHUNKED,), b"9\r\n{}\r\n0\r\n\r\n"),
    _post("chunks without end", (_CHUNKED,), b"2\r\n{}\r\n"),
    _post("chunks of nothing", (_CHUNKED,), b"0\r\n\r\n"),
    _post("a chunk extension of 100 KB", (_CHUNKED,), b"2;" + b"a" * 100_000 + b"\r\n{}", 400, 431),
    _post("a broken chunk extension", (_CHUNKED,), b"2;a=\x00\r\n{}\r\n0\r\n\r\n"),
    _post("trailers of 100 KB", (_CHUNKED,), b"0\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", 400, 431),
    _post("chunks over the limit", (_CHUNKED,), chunked(*[b" " * 65536] * 17), 413),
    _post("a chunk over the limit", (_CHUNKED,), chunked(b" " * 2_000_000), 413),
    Hostile(
        "framing: a trailer that would authorize",
        head(_POST, HOST, JSON, _CHUNKED) + b"2\r\n{}\r\n0\r\n" + AUTH + b"\r\n\r\n",
        (frozenset({401}),),
    ),
]

PIPELINES = [
    Hostile("two sound requests at once", _SOUND + _SOUND, (_OK, _OK)),
    Hostile("a sound request, then noise", _SOUND + b"\xff\x00\r\n\r\n", (_OK, _BAD)),
    Hostile("a sound request, then half of one", _SOUND + _SOUND[:20], (_OK, _BAD), hang_up=True),
    Hostile(
        "a second request inside a body",
        send(DESTINATIONS, get(ONE, method=b"DELETE")),
        (_BAD,),
    ),
    Hostile(
        "a second request behind the declared length",
        head(_POST, HOST, AUTH, JSON, b"Content-Length: 2") + b"{}" + get(b"/nowhere"),
        (_BAD, frozenset({404})),
    ),
    Hostile(
        "a DELETE smuggled behind the last chunk of a refused body",
        head(_POST, HOST, AUTH, JSON, _CHUNKED, b"Content-Length: 4") + b"0\r\n\r\n" + get(ONE),
        (_BAD,),
    ),
]

SOUND = [
    Hostile(
        "chunks of one byte",
        head(_POST, HOST, AUTH, JSON, _CHUNKED)
        + chunked(*[bytes([byte]) for byte in destination(name="in chunks")]),
        (frozenset({201}),),
        stores=True,
    ),
    Hostile(
        "chunk sizes in capitals with leading zeros and an extension",
        head(_POST, HOST, AUTH, JSON, b"Transfer-Encoding: Chunked")
        + b"%08X;a=b\r\n" % len(destination(name="in one chunk"))
        + destination(name="in one chunk")
        + b"\r\n0\r\n\r\n",
        (frozenset({201}),),
        stores=True,
    ),
]

FRAMING = [*REQUEST_LINES, *HEADERS, *LENGTHS, *CHUNKS, *PIPELINES, *SOUND]
