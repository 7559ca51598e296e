"""Proof that the peer runs the sandbox's SQL: each server's statements for each request, compared.

Both run here, without sockets, on equal databases, and SQLite itself says what it was asked. Values
that differ from run to run (ids, moments, digests) are left out of the comparison; everything else
is the same text, in the same order, or the benchmark does not begin. So is what was answered.
"""

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import orjson

from benchmarks import peer_starlette
from benchmarks.cases import CASES, DEEP, GET, LIST, POST, Case, one_request
from benchmarks.fill import TENANT, Table
from benchmarks.process import BenchmarkError
from zen_sandbox.app import create_app
from zen_sandbox.settings import Settings
from zen_sandbox.store import Database, Store

_VALUE = re.compile(r"'(?:[^']|'')*'|[xX]'[0-9a-fA-F]*'|\b\d+\b|\bNULL\b")
_SPACE = re.compile(r"\s+")
_VARYING = {"id", "created_at", "updated_at", "next_cursor", "name", "url"}
_ORDER = (GET, GET, LIST, DEEP, POST)  # the first one looks the credential up

Statements = list[str]


def check(table: Table, folder: Path) -> dict[str, Statements]:
    """The statements of each case, which are both servers'; BenchmarkError where they differ."""
    ours = asyncio.run(_sandbox(_copy(table, folder / "statements-sandbox.db")))
    theirs = asyncio.run(_peer(_copy(table, folder / "statements-peer.db")))
    for case, (mine, answer), (others, other_answer) in zip(_ORDER, ours, theirs, strict=True):
        if mine != others:
            raise BenchmarkError(
                f"The peer runs other SQL than the sandbox for {case.title!r}; correct"
                f" peer_starlette.py.\nsandbox: {_lines(mine)}\npeer: {_lines(others)}"
            )
        if answer != other_answer:
            raise BenchmarkError(
                f"The peer answers {case.title!r} with {other_answer}, the sandbox with {answer};"
                " correct peer_starlette.py."
            )
    recorded = {case: statements for case, (statements, _) in zip(_ORDER, ours, strict=True)}
    return {case.name: recorded[case] for case in CASES}


def _copy(table: Table, path: Path) -> Path:
    return Path(shutil.copyfile(table.path, path))


async def _sandbox(path: Path) -> list[tuple[Statements, Any]]:
    store = Store(Database(path))
    store.clocks.now_ms(TENANT)  # a tenant's clock is read from the database once per process
    app = create_app(store, Settings())
    try:
        return await _record(app, store.database.tables.conn)
    finally:
        store.close()


async def _peer(path: Path) -> list[tuple[Statements, Any]]:
    connection = peer_starlette.connect(path)
    app = peer_starlette.create_app(connection)
    try:
        return await _record(app, connection)
    finally:
        connection.close()


async def _record(app: Any, connection: Any) -> list[tuple[Statements, Any]]:
    found: list[tuple[Statements, Any]] = []
    statements: Statements = []
    connection.set_trace_callback(lambda statement: statements.append(_shape(statement)))
    cursor = ""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for case in _ORDER:
            statements.clear()
            document = await _ask(client, case, cursor)
            cursor = document.get("next_cursor", cursor)
            found.append((list(statements), _without_varying(case, document)))
    return found


async def _ask(client: httpx.AsyncClient, case: Case, cursor: str) -> dict[str, Any]:
    method, path, headers, body = one_request(case, cursor)
    response = await client.request(method, path, headers=headers, content=body)
    if response.status_code != case.status:
        raise BenchmarkError(f"{case.title!r} was answered {response.status_code}: {response.text}")
    document: dict[str, Any] = orjson.loads(response.content)
    return document


def _shape(statement: str) -> str:
    return _SPACE.sub(" ", _VALUE.sub("?", statement)).strip()


def _without_varying(case: Case, document: dict[str, Any]) -> dict[str, Any]:
    """The answer, but of a create and of a cursor only that there is one."""
    varying = _VARYING if case is POST else {"next_cursor"}
    return {name: "…" if name in varying else value for name, value in document.items()}


def _lines(statements: Statements) -> str:
    return "".join(f"\n  {statement}" for statement in statements)
