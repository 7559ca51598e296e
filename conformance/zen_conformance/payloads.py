"""Events of all kinds of bytes, with the content types they are posted under."""

import random

_MIB = 1024 * 1024
_BINARY = bytes(range(256)) * 4
PAYLOADS: dict[str, tuple[bytes, str]] = {
    "JSON": (b'{"type":"test.event"}', "application/json"),
    "JSON with odd whitespace": (b' {\r\n"b" :1,\t"a": 2.50}\n\n', "application/json"),
    "JSON with a key twice": (b'{"a":1,"a":2,"z":"\\u00e9","y":1e2}', "application/json"),
    "JSON of UTF-8": ('{"\u00e9":"\u2603 \U0001f600"}'.encode(), "application/json; charset=utf-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "application/json"),
    "bytes that are no UTF-8": (_BINARY, "application/octet-stream"),
    "bytes that are no UTF-8 said to be JSON": (b'{"a":"\xff\xfe"}', "application/json"),
    "no JSON said to be JSON": (b'{"a":', "application/json"),
    "a form": (b"a=1&b=%20x+y&a=2", "application/x-www-form-urlencoded"),
    "a multipart form": (
        b'--b0\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b0--\r\n',
        'multipart/form-data; boundary="b0"',
    ),
    "Latin-1 text": ("caf\u00e9\r\n".encode("latin-1"), "text/plain;charset=ISO-8859-1"),
    "XML": (b"<?xml version='1.0'?>\n<a  b='1'/>\n", "application/xml"),
    "an unheard-of type": (b"\x00\x01", "application/vnd.zc+x; v=1"),
    "no byte": (b"", "text/plain"),
    "one byte": (b"\n", "text/plain"),
    "64 KiB": (random.Random(1).randbytes(64 * 1024 + 1), "application/octet-stream"),
    "1 MiB": (random.Random(2).randbytes(_MIB), "application/octet-stream"),
    "1 MiB of text": (b'{"a":"' + b"x" * (_MIB - 8) + b'"}', "application/json"),
}
