"""The API's request log: what was asked lately, what refused it, and where the contract says so."""

from http import HTTPStatus
from typing import NamedTuple

import orjson
from flask import Blueprint, abort, render_template, request

from zen_contract.contract import UnknownOperation
from zen_sandbox import wire
from zen_sandbox.bench.request_log import CAPACITY, Seen
from zen_sandbox.clock import moment
from zen_sandbox.console.forms.wanted import Json
from zen_sandbox.console.forms.whose import EVERYBODY
from zen_sandbox.console.room import room
from zen_sandbox.console.shown import contract_part
from zen_sandbox.problems import TYPE_BASE

CLASSES = {"failed": "failed", "2": "2xx", "4": "4xx", "5": "5xx"}
"""What the page leaves, by what its filter is called."""

_FAILED = 400
_ROWS = 100
_MOST_OF_ONE_ID = 10  # a client may send one request id with all that it asks

blueprint = Blueprint("requests", __name__)


class Row(NamedTuple):
    """A request, for the page."""

    seen: Seen
    received_at: str
    problem: Json

    @property
    def is_failed(self) -> bool:
        """Whether it was answered with a problem."""
        return self.seen.status >= _FAILED

    @property
    def slug(self) -> str:
        """What the documentation calls its problem."""
        return str(self.problem.get("type", "")).removeprefix(TYPE_BASE)


@blueprint.get("/t/<tenant_id>/requests")
def requests(tenant_id: str) -> str:
    """The page: the newest that its filters leave."""
    chosen = {name: request.args.get(name, "") for name in ("whose", "status", "operation_id")}
    kept = _kept(tenant_id, chosen["whose"])
    left = [seen for seen in kept if _is_left(seen, chosen)]
    return render_template(
        "requests.html",
        tenant_id=tenant_id,
        chosen=chosen,
        classes=CLASSES,
        rows=[_row(seen) for seen in left[:_ROWS]],
        left=len(left),
        operations=sorted({seen.operation_id for seen in kept if seen.operation_id}),
        capacity=CAPACITY,
    )


@blueprint.get("/t/<tenant_id>/requests/<request_id>")
def one(tenant_id: str, request_id: str) -> str:
    """All that is kept of the requests of an id, and what the contract says about each."""
    kept = _kept(tenant_id, request.args.get("whose", ""))
    found = [_row(seen) for seen in kept if seen.request_id == request_id]
    if not found:
        abort(HTTPStatus.NOT_FOUND, f"The request is not among the last {CAPACITY:,} any more.")
    return render_template(
        "request.html",
        tenant_id=tenant_id,
        request_id=request_id,
        rows=[(row, _part(row)) for row in found[:_MOST_OF_ONE_ID]],
    )


def _kept(tenant_id: str, whose: str) -> list[Seen]:
    here = room()

    async def newest() -> list[Seen]:
        return here.bench.requests.newest(CAPACITY, None if whose == EVERYBODY else tenant_id)

    return here.door.on_the_loop(newest)


def _is_left(seen: Seen, chosen: dict[str, str]) -> bool:
    wanted = chosen["status"]
    if wanted == "failed" and seen.status < _FAILED:
        return False
    if wanted.isdecimal() and not str(seen.status).startswith(wanted):
        return False
    return chosen["operation_id"] in ("", seen.operation_id)


def _row(seen: Seen) -> Row:
    problem = {} if seen.problem is None else orjson.loads(seen.problem)
    return Row(seen, wire.timestamp(moment(seen.received_ms)), problem)


def _part(row: Row) -> contract_part.Part | None:
    """The schema that refused it; else what the contract says about such an answer."""
    operation_id = row.seen.operation_id
    if operation_id is None or not row.is_failed:
        return None
    try:
        if row.seen.schema_pointer:
            return contract_part.part(operation_id, row.seen.schema_pointer)
        return contract_part.answer(operation_id, row.seen.status)
    except UnknownOperation:
        return None
