"""A sample for bash or zsh: one curl command."""

import shlex
from collections.abc import Iterator
from urllib.parse import urlencode

from zen_contract.samples.asked import BASE_URL, TENANT_ID, TENANT_PARAMETER, Asked
from zen_contract.samples.literals import JSON, literal


def text(asked: Asked) -> str:
    """The command, after a line for each id."""
    ids = "".join(f"{name.upper()}={shlex.quote(value)}\n" for name, value in asked.ids.items())
    command = " \\\n  ".join(_words(asked))
    return f"{ids}\n{command}\n" if ids else f"{command}\n"


def _words(asked: Asked) -> Iterator[str]:
    # curl says GET by itself, and POST when there is data.
    implied = asked.method == ("POST" if asked.body else "GET")
    yield "curl -sS --fail-with-body" + ("" if implied else f" -X {asked.method}")
    if asked.token:
        yield f'-H "Authorization: Bearer ${asked.token}"'
    if asked.idempotent:
        yield '-H "Idempotency-Key: $(openssl rand -hex 16)"'
    if asked.body:
        yield f'-H "Content-Type: {asked.body.media_type}"'
        yield f"-d {shlex.quote(literal(asked.body.value, JSON, column=2, taken=7))}"
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    yield f'"${BASE_URL}{asked.path_with(_variable)}{query}"'


def _variable(parameter: str) -> str:
    return f"${TENANT_ID if parameter == TENANT_PARAMETER else parameter.upper()}"
