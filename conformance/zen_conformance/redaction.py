"""Keeps the target file's tokens out of everything that a run shows or writes.

A token is also found percent-encoded, JSON- or HTML-escaped, inside base64, and cut short, because
a server may send back what it was sent in any of these forms.
"""

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from zen_conformance.target_file import Target

_BEGINNING = 16  # fewer characters of a token give nothing away
_SHORTEST = 8  # a malformed token may be a single letter, which is no secret
_TOKEN_CHARACTERS = r"[A-Za-z0-9_.~+/=%-]*"
CUT_OFF = "[part of a token]"
LONGEST_TOKEN = 8192


class Redaction:
    """Replaces each token by the variable that stands for it in curl commands."""

    def __init__(self, target: Target, *, show_secrets: bool = False) -> None:
        numbered = [(one.token, f"ZEN_TOKEN_{n}") for n, one in enumerate(target.credentials, 1)]
        secret = [one for one in numbered if len(one[0]) >= _SHORTEST and not show_secrets]
        # The longest first, so that none is taken for another that it begins with.
        self.names = dict(sorted(secret, key=lambda one: -len(one[0])))
        self._exact = {
            form: f"${{{name}}}" for token, name in self.names.items() for form in _forms(token)
        }
        self._pattern = _pattern(self._exact)

    def text(self, text: str) -> str:
        """The text without tokens, and without characters that UTF-8 has no bytes for."""
        text = text.encode("utf-8", "backslashreplace").decode()
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._exact.get(found[0], CUT_OFF), text)

    def value(self, value: Any) -> Any:
        """The same for every text within a value made of JSON's types."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(name): self.value(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one) for one in value]
        return value


def _forms(token: str) -> Iterator[str]:
    encoded = quote(token, safe="")
    yield from (token, encoded, encoded.lower() if "%" in encoded else encoded)
    yield from (json.dumps(token)[1:-1], json.dumps(token)[1:-1].replace("/", "\\/"))
    yield html.escape(token)
    yield from _in_base64(token.encode())


def _in_base64(token: bytes) -> Iterator[str]:
    """What every base64 text around the token has in common, for each of the three alignments."""
    for before, skipped in ((0, 0), (1, 2), (2, 3)):
        whole = (before + len(token)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + token).decode()[skipped:whole]


def _pattern(exact: Mapping[str, str]) -> re.Pattern[str] | None:
    if not exact:
        return None
    whole = sorted(exact, key=len, reverse=True)
    long = {form[:_BEGINNING] for form in whole if len(form) > _BEGINNING}
    cut = [re.escape(beginning) + _TOKEN_CHARACTERS for beginning in sorted(long)]
    return re.compile("|".join([*map(re.escape, whole), *cut]))
