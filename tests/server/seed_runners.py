"""Runs an example of the documentation as a reader would: curl in bash, Python, Node.

A curl example is also run without curl: the command is read and its request sent from Python, so
that every example is tried on every machine.
"""

import argparse
import ast
import json
import os
import shlex
import string
import subprocess
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import requests

from tests.server.judge import Seen, judge
from tests.server.seed_pages import Example
from zen_contract.node_tools import node

REQUEST_ID = "req_abc123"  # what the pages print as `instance`
_DEADLINE = 60
_HTTP_ERROR = 22  # curl's exit code after --fail-with-body
_AS_JSON = "console.log = value => process.stdout.write(JSON.stringify(value))"


class Access(NamedTuple):
    """What stands in for the base URL, the tenant and the token of the pages."""

    base_url: str
    tenant_id: str
    token: str


@dataclass(frozen=True)
class Outcome:
    """What a run gave: an answer (its status where the runner sees it), or what it failed with."""

    value: Any = None
    status: int | None = None
    failure: str = ""


class CurlRequest(NamedTuple):
    """What a curl command asks for."""

    method: str
    url: str
    headers: dict[str, str]
    data: str | None


Runner = Callable[[Example, Access, Path], Outcome]


def run_with_curl(example: Example, access: Access, folder: Path) -> Outcome:
    """The command as it stands, by curl in bash."""
    # The function sees to it that the answer is kept; the example's own text stays as it is.
    script = f"""
curl() {{
  command curl --disable --silent --noproxy '*' --dump-header headers --output body \
    --header 'X-Request-Id: {REQUEST_ID}' "$@"
}}
{_filled(example.prerequisites, access)}
{_filled(example.run, access)}
"""
    ran = _run(["bash", "-c", script], folder, {})
    assert ran.returncode in (0, _HTTP_ERROR), ran.stderr
    head = (folder / "headers").read_text("latin-1").strip().splitlines()
    headers = dict(line.split(": ", 1) for line in head[1:])
    status = int(head[0].split()[1])
    return _answered(
        _curl_request(example, access), status, headers, (folder / "body").read_bytes()
    )


def run_with_requests(example: Example, access: Access, folder: Path) -> Outcome:
    """The same request, sent without curl."""
    asked = _curl_request(example, access)
    with requests.Session() as session:
        session.trust_env = False  # no proxy, no .netrc
        response = session.request(
            asked.method,
            asked.url,
            headers={**asked.headers, "X-Request-Id": REQUEST_ID},
            data=asked.data,
            timeout=_DEADLINE,
        )
    return _answered(asked, response.status_code, response.headers, response.content)


def run_python(example: Example, access: Access, folder: Path) -> Outcome:
    """The program, by this Python; it prints a dict."""
    program = folder / "example.py"
    program.write_text(_filled(example.run, access), "utf-8")
    ran = _run([sys.executable, str(program)], folder, _environment(example, access))
    if ran.returncode != 0:
        return Outcome(failure=ran.stderr)
    return Outcome(ast.literal_eval(ran.stdout))


def run_javascript(example: Example, access: Access, folder: Path) -> Outcome:
    """The module, by Node; what it logs comes out as JSON."""
    program = folder / "example.mjs"
    program.write_text(_filled(example.run, access), "utf-8")
    preload = f"data:text/javascript,{quote(_AS_JSON)}"
    command = [str(node()), "--import", preload, str(program)]
    ran = _run(command, folder, _environment(example, access))
    if ran.returncode != 0:
        return Outcome(failure=ran.stderr)
    return Outcome(json.loads(ran.stdout))


RUNNERS: dict[str, tuple[Runner, ...]] = {
    "curl": (run_with_curl, run_with_requests),
    "python": (run_python,),
    "javascript": (run_javascript,),
}


def _filled(text: str, access: Access) -> str:
    """The text with its placeholders, and the documentation's own address, replaced."""
    for placeholder, value in {
        "https://api.zen-mesh.io": access.base_url,
        "<api_key>": access.token,
        "<tenant_id>": access.tenant_id,
        "<event_id>": "evt_abc123",
        "<unique_key>": str(uuid.uuid4()),
        "replace-with-your-api-token": access.token,
        "replace-with-your-tenant-id": access.tenant_id,
    }.items():
        text = text.replace(placeholder, value)
    return text


def _environment(example: Example, access: Access) -> dict[str, str]:
    """What the page's `export` lines set."""
    lines = _filled(example.prerequisites, access).splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in lines)


def _curl_request(example: Example, access: Access) -> CurlRequest:
    reader = argparse.ArgumentParser()
    reader.add_argument("-s", action="store_true")
    reader.add_argument("-S", action="store_true")
    reader.add_argument("--fail-with-body", action="store_true")
    reader.add_argument("-X", dest="method")
    reader.add_argument("-H", dest="headers", action="append", default=[])
    reader.add_argument("-d", dest="data")
    reader.add_argument("url")
    command = _filled(example.run, access).replace("\\\n", " ")
    expanded = string.Template(command).substitute(_environment(example, access))
    program, *arguments = shlex.split(expanded)
    assert program == "curl"
    told = reader.parse_args(arguments)
    method = told.method or ("GET" if told.data is None else "POST")
    headers = dict(header.split(": ", 1) for header in told.headers)
    data = None if told.data is None else told.data.replace("\n", "")  # as curl's -d does
    return CurlRequest(method, told.url, headers, data)


def _answered(asked: CurlRequest, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    lower = {name.lower(): value for name, value in headers.items()}
    judge(Seen(asked.method, urlsplit(asked.url).path, status, lower, body))
    return Outcome(json.loads(body), status)


def _run(
    command: list[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "NO_PROXY": "*", "no_proxy": "*", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=_DEADLINE,
        check=False,
    )
