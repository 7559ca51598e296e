"""A request as a curl command that can be pasted; tokens are variables unless secrets are shown."""

import base64
import shlex
import zlib
from collections.abc import Mapping

from zen_conformance.http.exchange import Sent

# Curl says these itself, and a wrong one would break the pasted command.
_CURLS_OWN = {"host", "content-length", "transfer-encoding"}
_LONGEST_BODY = 4000
_UNPACK = (
    "import base64, sys, zlib;"
    "sys.stdout.buffer.write(zlib.decompress(base64.b64decode(sys.argv[1])))"
)


def curl(sent: Sent, names: Mapping[str, str] | None = None) -> str:
    """The command; `names` gives the variable that stands for each token, None shows the tokens."""
    words = ["curl", "-sS", "-i", "--path-as-is"]
    if sent.method == "HEAD":
        words.append("-I")
    elif not (sent.method == "GET" and not sent.body):
        words += ["-X", sent.method]
    text = " ".join(words)
    for name, value in sent.headers:
        if name.lower() not in _CURLS_OWN:
            text += " -H " + _header(name, value, names or {})
    if sent.chunked:
        text += " -H 'Transfer-Encoding: chunked'"
    if sent.body:
        text += " --data-binary " + _body(sent.body)
        if "Content-Type" not in sent.headers:
            text += " -H 'Content-Type:'"
    return f"{text} {shlex.quote(sent.url)}"


def _header(name: str, value: str, names: Mapping[str, str]) -> str:
    for token, variable in names.items():
        if token and token in value:
            before, _, after = value.partition(token)
            head, tail = _in_double_quotes(f"{name}: {before}"), _in_double_quotes(after)
            return f'"{head}${{{variable}}}{tail}"'
    # "Name;" is how curl sends a header whose value is empty.
    return shlex.quote(f"{name}: {value}" if value else f"{name};")


def _in_double_quotes(text: str) -> str:
    for special in '\\"$`':
        text = text.replace(special, "\\" + special)
    return text


def _body(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    if text and len(text) <= _LONGEST_BODY and text.isprintable() and not text.startswith("@"):
        return shlex.quote(text)
    if len(body) <= _LONGEST_BODY:
        return "$'" + "".join(f"\\x{octet:02x}" for octet in body) + "'"
    return f"@<({_filler(body)})"


def _filler(body: bytes) -> str:
    """A shell command that prints the body: large ones of the suite are one letter in JSON."""
    packed = base64.b64encode(zlib.compress(body, 9)).decode()
    return f"python3 -c {shlex.quote(_UNPACK)} {packed}"
