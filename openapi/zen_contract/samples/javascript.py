"""A sample for Node 18 or later: a module, with the fetch that Node brings."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

from zen_contract.samples.asked import BASE_URL, TENANT_ID, TENANT_PARAMETER, Asked
from zen_contract.samples.literals import JAVASCRIPT, literal


def text(asked: Asked) -> str:
    """Imports, variables, the call, and what to do with the answer."""
    return "\n".join([*_imports(asked), *_variables(asked), "", *_call(asked), *_after(asked)])


def _imports(asked: Asked) -> Iterator[str]:
    if asked.idempotent:
        # The global `crypto` came with Node 19.
        yield 'import { randomUUID } from "node:crypto";'
        yield ""


def _variables(asked: Asked) -> Iterator[str]:
    yield f"const baseUrl = process.env.{BASE_URL};"
    if asked.token:
        yield f"const token = process.env.{asked.token};"
    if asked.of_tenant:
        yield f"const {_name(TENANT_PARAMETER)} = process.env.{TENANT_ID};"
    for name, value in asked.ids.items():
        yield f"const {_name(name)} = {json.dumps(value)};"
    path = asked.path_with(lambda parameter: f"${{{_name(parameter)}}}")
    query = f"?{urlencode(asked.query)}" if asked.query else ""
    yield f"const url = `${{baseUrl}}{path}{query}`;"


def _call(asked: Asked) -> Iterator[str]:
    options = list(_options(asked))
    if not options:
        yield "const response = await fetch(url);"
        return
    yield "const response = await fetch(url, {"
    yield from (f"  {line}" for line in options)
    yield "});"


def _options(asked: Asked) -> Iterator[str]:
    if asked.method != "GET":
        yield f'method: "{asked.method}",'
    yield from _headers(asked)
    if asked.body:
        value = literal(
            asked.body.value, JAVASCRIPT, column=2, taken=len("body: JSON.stringify(),")
        )
        yield f"body: JSON.stringify({value}),"


def _headers(asked: Asked) -> Iterator[str]:
    headers = []
    if asked.token:
        headers.append("Authorization: `Bearer ${token}`")
    if asked.idempotent:
        headers.append('"Idempotency-Key": randomUUID()')
    if asked.body:
        headers.append(f'"Content-Type": "{asked.body.media_type}"')
    if len(headers) == 1:
        yield f"headers: {{ {headers[0]} }},"
    elif headers:
        yield "headers: {"
        yield from (f"  {header}," for header in headers)
        yield "},"


def _after(asked: Asked) -> Iterator[str]:
    yield "if (!response.ok) throw new Error(await response.text());"
    shown = {
        "json": "await response.json()",
        "text": "await response.text()",
        "nothing": "response.status",
    }
    yield f"console.log({shown[asked.answer]});\n"


def _name(parameter: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), parameter)
