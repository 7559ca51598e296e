"""The peer: four operations as a careful person writes them by hand, with nothing validated.

Starlette, orjson and sqlite3. Credentials, idempotency, log entry and effect are the sandbox's own
SQL, statement by statement (`statements.py` compares them at the start of each run); what is left
out is what the sandbox adds to it: the contract, its validation, every error but the plainest.

    python peer_starlette.py --db FILE --port PORT
"""

import argparse
import base64
import hashlib
import json
import os
import sqlite3
import struct
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_KEY = (
    "SELECT k.id, k.tenant_id, k.name, k.scopes, k.created_at, k.expires_at, k.revoked_at"
    " FROM api_keys k JOIN tenants t ON t.id = k.tenant_id"
    " WHERE k.token_hash = ? AND k.revoked_at IS NULL AND t.revoked_at IS NULL"
)
_DESTINATION = (
    "SELECT seq, id, name, url, type, status, created_at, updated_at"
    " FROM destinations WHERE tenant_id = ? AND id = ?"
)
_DELIVERY_COLUMNS = (
    "seq, id, event_id, destination_id, flow_id, status, response_code, attempt_number,"
    " attempted_at, next_attempt_at, error_message, evidence_id"
)
_FILTERS = ("event_id", "destination_id", "status")
_REMEMBERED = (
    "SELECT fingerprint, status, body, location FROM idempotency"
    " WHERE tenant_id = ? AND key = ? AND created_at > ?"
)
_INSERT_DESTINATION = (
    "INSERT INTO destinations (tenant_id, seq, id, name, url, type, status, secret, created_at,"
    " updated_at) VALUES (?, (SELECT MAX(IFNULL(MAX(seq), 0) + 1, ?) FROM destinations"
    " WHERE tenant_id = ?), ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_LOG = (
    "INSERT INTO logs (tenant_id, seq, id, timestamp, level, message, action, result, actor,"
    " resource_type, resource_id, request_id, delivery_id, source_id)"
    " VALUES (?, (SELECT MAX(IFNULL(MAX(seq), 0) + 1, ?) FROM logs WHERE tenant_id = ?),"
    " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REMEMBER = (
    "INSERT OR REPLACE INTO idempotency (tenant_id, key, fingerprint, created_at, status, body,"
    " location) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_PURGE = (
    "DELETE FROM idempotency WHERE created_at <= ?"
    " AND seq IN (SELECT seq FROM idempotency ORDER BY seq LIMIT ?)"
)
_PURGE_EVERY = 16
_PLACE = struct.Struct(">Q")


class Key(NamedTuple):
    """An API key that was looked up."""

    id: str
    tenant_id: str
    scopes: frozenset[str]


def connect(path: Path) -> sqlite3.Connection:
    """The database, opened as the sandbox opens it."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def create_app(connection: sqlite3.Connection) -> Starlette:
    """The four operations over an open database."""
    peer = Peer(connection)
    targets, target = "/v1/tenants/{tenant_id}/destinations", "/{destination_id}"
    return Starlette(
        routes=[
            Route(targets + target, peer.get_destination, methods=["GET"]),
            Route(targets, peer.create_destination, methods=["POST"]),
            Route("/v1/tenants/{tenant_id}/deliveries", peer.list_deliveries, methods=["GET"]),
        ]
    )


class Peer:
    """The end-points."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._keys: dict[str, Key] = {}
        self._seen_change = -1
        self._since_purge = 0

    async def get_destination(self, request: Request) -> Response:
        key = self._key(request, "read:destinations")
        if key is None:
            return _answer(request, 403, {"title": "Forbidden"})
        row = self._connection.execute(
            _DESTINATION, (key.tenant_id, request.path_params["destination_id"])
        ).fetchone()
        if row is None:
            return _answer(request, 404, {"title": "Not Found"})
        return _answer(request, 200, _destination(row[1:]))

    async def list_deliveries(self, request: Request) -> Response:
        key = self._key(request, "read:deliveries")
        if key is None:
            return _answer(request, 403, {"title": "Forbidden"})
        query = request.query_params
        limit = int(query.get("limit", "20"))
        rows = self._page(key.tenant_id, query, limit)
        document: dict[str, Any] = {"deliveries": [_delivery(row) for row in rows[:limit]]}
        if len(rows) > limit:
            place = _PLACE.pack(rows[limit - 1][0])
            document["next_cursor"] = base64.urlsafe_b64encode(place).decode()
        return _answer(request, 200, document)

    def _page(self, tenant_id: str, query: Mapping[str, str], limit: int) -> list[Any]:
        conditions, values = ["tenant_id = ?"], [tenant_id]
        for column in _FILTERS:
            if column in query:
                conditions.append(f"{column} = ?")
                values.append(query[column])
        if "cursor" in query:
            conditions.append("seq < ?")
            values.append(_PLACE.unpack(base64.urlsafe_b64decode(query["cursor"]))[0])
        return self._connection.execute(
            f"SELECT {_DELIVERY_COLUMNS} FROM deliveries WHERE {' AND '.join(conditions)}"
            " ORDER BY seq DESC LIMIT ?",
            (*values, limit + 1),
        ).fetchall()

    async def create_destination(self, request: Request) -> Response:
        key = self._key(request, "write:destinations")
        if key is None:
            return _answer(request, 403, {"title": "Forbidden"})
        body = await request.body()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            response = self._create_once(request, key, body)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        return response

    def _create_once(self, request: Request, key: Key, body: bytes) -> Response:
        """The first answer again when the idempotency key was used before."""
        execute = self._connection.execute
        moment = datetime.now(UTC)
        now, window = _text(moment), _text(moment - timedelta(days=1))
        idempotency_key = request.headers["idempotency-key"]
        first = execute(_REMEMBERED, (key.tenant_id, idempotency_key, window)).fetchone()
        fingerprint = hashlib.sha256(body).digest()
        if first is not None:
            if first[0] != fingerprint:
                return _answer(request, 409, {"title": "Idempotency Conflict"})
            return Response(first[2], first[1], {"location": first[3]}, "application/json")
        response = self._create(request, key, orjson.loads(body), now)
        location = response.headers["location"]
        answer = (response.status_code, bytes(response.body), location)
        execute(_REMEMBER, (key.tenant_id, idempotency_key, fingerprint, now, *answer))
        self._since_purge += 1
        if self._since_purge >= _PURGE_EVERY:
            self._since_purge = 0
            execute(_PURGE, (window, 2 * _PURGE_EVERY))
        return response

    def _create(self, request: Request, key: Key, body: dict[str, Any], now: str) -> Response:
        new_id = _new_id("dest")
        kind = body.get("type", "webhook")
        row = (new_id, body["name"], body["url"], kind, "active")
        self._connection.execute(
            _INSERT_DESTINATION, (key.tenant_id, _place(), key.tenant_id, *row, None, now, now)
        )
        location = f"/v1/tenants/{key.tenant_id}/destinations/{new_id}"
        response = _answer(request, 201, _destination((*row, now, now)), location=location)
        message = f"create destination {new_id}: 201"
        done = ("info", message, "create", "success", key.id, "destination", new_id)
        request_id = response.headers["x-request-id"]
        values = (
            key.tenant_id,
            _place(),
            key.tenant_id,
            _new_id("log"),
            now,
            *done,
            request_id,
            None,
            None,
        )
        self._connection.execute(_INSERT_LOG, values)
        return response

    def _key(self, request: Request, scope: str) -> Key | None:
        """Who is asking, when they may; looked up again after a change by another process."""
        (change,) = self._connection.execute("PRAGMA data_version").fetchone()
        if change != self._seen_change:
            self._seen_change = change
            self._keys.clear()
        token = request.headers["authorization"].removeprefix("Bearer ")
        key = self._keys.get(token)
        if key is None:
            digest = hashlib.sha256(token.encode()).digest()
            row = self._connection.execute(_KEY, (digest,)).fetchone()
            if row is None:
                return None
            key = self._keys[token] = Key(row[0], row[1], _expanded(json.loads(row[3])))
        may = scope in key.scopes and key.tenant_id == request.path_params["tenant_id"]
        return key if may else None


def _place() -> int:
    return time.time_ns() // 1_000_000 << 12


def _expanded(granted: list[str]) -> frozenset[str]:
    scopes = {scope.replace("admin:", "write:") for scope in granted}
    if "read:*" in scopes:
        scopes |= {"read:destinations", "read:deliveries"}
    return frozenset(scopes)


def _answer(
    request: Request, status: int, document: dict[str, Any], *, location: str | None = None
) -> Response:
    sent = request.headers.get("x-request-id")
    headers = {"x-request-id": sent or f"req_{os.urandom(8).hex()}"}
    if location is not None:
        headers["location"] = location
    return Response(orjson.dumps(document), status, headers, "application/json")


def _destination(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": row[0],
        "name": row[1],
        "url": row[2],
        "type": row[3],
        "status": row[4],
        "created_at": _shown(row[5]),
        "updated_at": _shown(row[6]),
    }


def _delivery(row: tuple[Any, ...]) -> dict[str, Any]:
    _, identifier, event, target, flow, status, code, number, attempted, due, error, evidence = row
    document = {
        "id": identifier,
        "event_id": event,
        "destination_id": target,
        "flow_id": flow,
        "status": status,
        "attempt_number": number,
    }
    if attempted is not None:
        document["attempted_at"] = _shown(attempted)
    if due is not None:
        document["next_attempt_at"] = _shown(due)
    if code is not None:
        document["response_code"] = code
    if error is not None:
        document["error_message"] = error
    document["evidence_id"] = evidence
    return document


def _new_id(prefix: str) -> str:
    now = datetime.now(UTC)
    return f"{prefix}_{int(now.timestamp() * 1000):011x}{os.urandom(8).hex()}"


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")[:23]


def _shown(moment: str) -> str:
    return (moment[:19] if moment.endswith(".000") else moment) + "Z"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    # uvicorn as it comes, on the same parser and loop; its log is off, as Prism's is.
    uvicorn.run(
        create_app(connect(chosen.db)),
        port=chosen.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="critical",
    )


if __name__ == "__main__":
    main()
