"""What the sandbox says about itself: `zen-sandbox.v1.yaml`."""

import sqlite3

import orjson

from zen_contract import contract
from zen_sandbox import __version__, wire
from zen_sandbox.problems import ServiceUnavailable
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response


def get_health(call: Call) -> Response:
    """GET /health"""
    return wire.ok({"status": "ok", "version": __version__})


def get_readiness(call: Call) -> Response:
    """GET /ready"""
    try:
        call.store.database.execute("SELECT 1 FROM meta LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise ServiceUnavailable("The database does not answer.") from error
    return wire.ok({"ready": True})


def get_contract_json(call: Call) -> Response:
    """GET /openapi.json"""
    return Response(200, orjson.dumps(contract.load().document))


def get_contract_yaml(call: Call) -> Response:
    """GET /openapi.yaml"""
    return Response(200, contract.load().text, content_type=b"application/yaml")
