"""A sample for Python with the library requests."""

import json
from collections.abc import Iterator

from zen_contract.samples.asked import BASE_URL, TENANT_ID, TENANT_PARAMETER, Asked
from zen_contract.samples.literals import PYTHON, literal

_INDENT = " " * PYTHON.indent
_REQUESTS_OWN = "application/json"  # what requests says by itself when it is given `json`


def text(asked: Asked) -> str:
    """Imports, variables, the call, and what to do with the answer."""
    return "\n".join([*_imports(asked), "", *_variables(asked), "", *_call(asked), *_after(asked)])


def _imports(asked: Asked) -> Iterator[str]:
    yield "import os"
    if asked.idempotent:
        yield "import uuid"
    yield ""
    yield "import requests"


def _variables(asked: Asked) -> Iterator[str]:
    yield f'base_url = os.environ["{BASE_URL}"]'
    if asked.token:
        yield f'token = os.environ["{asked.token}"]'
    if asked.of_tenant:
        yield f'{TENANT_PARAMETER} = os.environ["{TENANT_ID}"]'
    for name, value in asked.ids.items():
        yield f"{name} = {json.dumps(value)}"


def _call(asked: Asked) -> Iterator[str]:
    path = asked.path_with(lambda parameter: f"{{{parameter}}}")
    yield f"response = requests.{asked.method.lower()}("
    yield f'{_INDENT}f"{{base_url}}{path}",'
    yield from _headers(asked)
    if asked.query:
        yield f"{_INDENT}params={literal(asked.query, PYTHON)},"
    if asked.body:
        value = literal(asked.body.value, PYTHON, column=PYTHON.indent, taken=len("json=,"))
        yield f"{_INDENT}json={value},"
    yield f"{_INDENT}timeout=30,"
    yield ")"


def _headers(asked: Asked) -> Iterator[str]:
    headers = []
    if asked.token:
        headers.append('"Authorization": f"Bearer {token}"')
    if asked.idempotent:
        headers.append('"Idempotency-Key": str(uuid.uuid4())')
    if asked.body and asked.body.media_type != _REQUESTS_OWN:
        headers.append(f'"Content-Type": "{asked.body.media_type}"')
    if len(headers) == 1:
        yield f"{_INDENT}headers={{{headers[0]}}},"
    elif headers:
        yield f"{_INDENT}headers={{"
        yield from (f"{_INDENT * 2}{header}," for header in headers)
        yield f"{_INDENT}}},"


def _after(asked: Asked) -> Iterator[str]:
    yield "response.raise_for_status()"
    shown = {"json": "json()", "text": "text", "nothing": "status_code"}
    yield f"print(response.{shown[asked.answer]})\n"
