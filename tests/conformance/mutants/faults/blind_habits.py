"""What languages, libraries and caches do by habit, and what shows only after many rows."""

import asyncio
import collections
import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox import audit, cursor
from zen_sandbox.delivery import attempt, signing
from zen_sandbox.handlers import recovery
from zen_sandbox.problems import Conflict, ValidationFailed
from zen_sandbox.request import endpoint, operation
from zen_sandbox.request.call import Call
from zen_sandbox.store.deliveries import Deliveries
from zen_sandbox.store.idempotency import IdempotencyRecords
from zen_sandbox.store.logs import Logs


@mutant("idempotency", "IDEM-001")
def keys_beyond_the_newest_64_are_forgotten(server: Faulty) -> None:
    """Only the newest 64 keys are remembered."""
    kept: collections.deque[tuple[str, str]] = collections.deque(maxlen=64)

    @server.around(IdempotencyRecords, "remember")
    def remember(original: Any, self: Any, tenant_id: str, key: str, *rest: Any) -> None:
        original(self, tenant_id, key, *rest)
        kept.append((tenant_id, key))

    @server.around(IdempotencyRecords, "find")
    def find(original: Any, self: Any, tenant_id: str, key: str, ms: int) -> Any:
        return original(self, tenant_id, key, ms) if (tenant_id, key) in kept else None


@mutant("list", "LIST-008", also={"LIST": "a walk ends with a cursor refused"})
def cursors_beyond_the_newest_50_are_forgotten(server: Faulty) -> None:
    """A cursor is no longer known once 50 others were given."""
    kept: collections.deque[str] = collections.deque(maxlen=50)

    @server.around(cursor.Cursors, "seal")
    def seal(original: Any, self: Any, seq: int, identity: str) -> str:
        kept.append(original(self, seq, identity))
        return kept[-1]

    @server.around(cursor.Cursors, "open")
    def open_(original: Any, self: Any, given: str, identity: str) -> Any:
        place = original(self, given, identity)
        if given not in kept:
            raise ValidationFailed.of("cursor", "is not known any more")
        return place


@mutant("concurrency", "DEST-013")
def patches_at_once_lose_one(server: Faulty) -> None:
    """A PATCH writes back what it read before another one was done."""

    @server.around(endpoint.Endpoint, "_write")
    async def write(original: Any, self: Any, one: Any, exchange: Any) -> Any:
        if one.operation_id == "updateDestination":
            identifier = exchange.path_values["destination_id"]
            found = self._store.destinations.find(exchange.credential.tenant_id, identifier)
            await asyncio.sleep(0.02)
            if found is not None:
                read = {name: getattr(found, name) for name in ("name", "url", "type")}
                exchange.arguments["body"] = {**read, **exchange.arguments["body"]}
        return await original(self, one, exchange)


@mutant("filter", "DLV-017", "DLV-014")
def a_target_filter_is_a_pattern(server: Faulty) -> None:
    """`destination_id` is compared with LIKE, to which `_` is any character."""

    @server.around(Deliveries, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Any, **filters: Any) -> Any:
        given = filters["destination_id"]
        if given is not None:
            row = self._database.execute(
                "SELECT destination_id FROM deliveries WHERE tenant_id = ?"
                " AND destination_id LIKE ? LIMIT 1",
                (tenant_id, given),
            ).fetchone()
            filters["destination_id"] = row[0] if row else given
        return original(self, tenant_id, window, **filters)


@mutant("filter", "TRACE-003")
def an_event_filter_is_a_beginning(server: Faulty) -> None:
    """An event is found by the beginning of its id."""

    @server.around(Deliveries, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Any, **filters: Any) -> Any:
        given = filters["event_id"]
        if given is not None:
            row = self._database.execute(
                "SELECT id FROM events WHERE tenant_id = ? AND substr(id, 1, ?) = ? LIMIT 1",
                (tenant_id, len(given), given),
            ).fetchone()
            filters["event_id"] = row[0] if row else given
        return original(self, tenant_id, window, **filters)


@mutant("filter", "LOG-008")
def a_log_filter_is_a_beginning(server: Faulty) -> None:
    """Entries of a source are found by the beginning of its id."""

    @server.around(Logs, "page")
    def page(original: Any, self: Any, tenant_id: str, window: Any, **filters: Any) -> Any:
        given = filters["source_id"]
        if given is not None:
            row = self._database.execute(
                "SELECT source_id FROM logs WHERE tenant_id = ? AND substr(source_id, 1, ?) = ?",
                (tenant_id, len(given), given),
            ).fetchone()
            filters["source_id"] = row[0] if row else given
        return original(self, tenant_id, window, **filters)


@mutant("retry", "DLV-008", "RETRY-002")
def the_newest_attempt_is_found_by_text(server: Faulty) -> None:
    """The number of the newest attempt is compared as text: 9 comes after 10."""

    @server.around(recovery, "_queue_after")
    def queue_after(original: Any, call: Call, end: Any) -> Any:
        number = end.attempt_number
        return original(call, end._replace(attempt_number=9) if number > 9 else end)


@mutant("signature", "SIGN-002", also={"SIGN-004": "its secrets are padded"})
def a_padded_secret_is_cut(server: Faulty) -> None:
    """Of a secret whose base64 is padded, the last bytes are lost."""

    @server.around(signing, "key_of")
    def key_of(original: Any, secret: str) -> bytes:
        text = secret.rstrip("=")
        whole = len(text) if text == secret else len(text) - (len(text) - 6) % 4
        return bytes(original(text[:whole]))


@mutant("signature", "SIGN-002", also={"SIGN-001": "the three headers are missing"})
def an_empty_event_is_not_signed(server: Faulty) -> None:
    """An event without bytes goes out unsigned."""

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        return original(due, plan if plan.body else plan._replace(secret=None))


@mutant("validation", "BODY-002")
def a_merge_patch_may_be_latin_1(server: Faulty) -> None:
    """The charset of `application/merge-patch+json` is not looked at."""

    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        asked.headers = [
            (name, value.partition(";")[0] if "merge-patch" in value else value)
            for name, value in asked.headers
        ]


@mutant("log", "LOG-001")
def a_batch_is_logged_attempt_by_attempt(server: Faulty) -> None:
    """A batch makes an entry for each attempt that it queues."""

    @server.around(audit, "record_success")
    def record(original: Any, store: Any, exchange: Any, response: Any, ms: int) -> None:
        count = 1
        if exchange.operation.operation_id == "retryBatch":
            count = json.loads(response.body)["queued"]
        for _ in range(count):
            original(store, exchange, response, ms)


@mutant("update", "DEST-013", also=dict.fromkeys(("DEST-011", "EVENT-004"), "it is active"))
def any_patch_makes_a_target_active(server: Faulty) -> None:
    """PATCH without `status` makes a disabled target active."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return run(call, **{**given, "body": {"status": "active", **given["body"]}})


@mutant("delete", "DEST-020")
def a_target_is_free_with_the_first_flow_deleted(server: Faulty) -> None:
    """Once a flow of it was deleted, a target does not count as used by others."""
    freed: set[str] = set()

    @server.handler("deleteDeliveryFlow")
    def delete_flow(run: Any, call: Call, flow_id: str) -> Any:
        flow = call.store.delivery_flows.get(call.tenant_id, flow_id)
        freed.add(flow.destination_id)
        return run(call, flow_id=flow_id)

    @server.handler("deleteDestination")
    def delete(run: Any, call: Call, destination_id: str) -> Any:
        if destination_id in freed:
            call.store.database.execute(
                "DELETE FROM delivery_flows WHERE tenant_id = ? AND destination_id = ?",
                (call.tenant_id, destination_id),
            )
        return run(call, destination_id=destination_id)


@mutant("delete", "DEST-020")
def a_flow_to_a_disabled_target_does_not_use_it(server: Faulty) -> None:
    """A disabled target is deleted though a flow uses it."""

    @server.handler("deleteDestination")
    def delete(run: Any, call: Call, destination_id: str) -> Any:
        found = call.store.destinations.find(call.tenant_id, destination_id)
        if found is not None and found.status == "disabled":
            call.store.database.execute(
                "DELETE FROM delivery_flows WHERE tenant_id = ? AND destination_id = ?",
                (call.tenant_id, destination_id),
            )
        return run(call, destination_id=destination_id)


@mutant("delete", "ING-009")
def an_endpoint_that_took_events_stays(server: Faulty) -> None:
    """An endpoint that has taken an event in cannot be deleted."""

    @server.handler("deleteIngester")
    def delete(run: Any, call: Call, ingester_id: str) -> Any:
        found = call.store.database.execute(
            "SELECT 1 FROM events WHERE tenant_id = ? AND ingester_id = ? LIMIT 1",
            (call.tenant_id, ingester_id),
        ).fetchone()
        if found:
            raise Conflict(f"Endpoint {ingester_id} has taken events in.")
        return run(call, ingester_id=ingester_id)


@mutant("delete", "DLV-009")
def a_deleted_endpoint_takes_its_attempts_along(server: Faulty) -> None:
    """With an endpoint, its events and their attempts are deleted."""

    @server.handler("deleteIngester")
    def delete(run: Any, call: Call, ingester_id: str) -> Any:
        response = run(call, ingester_id=ingester_id)
        own = (call.tenant_id, ingester_id)
        call.store.database.execute(
            "DELETE FROM deliveries WHERE tenant_id = ?1 AND event_id IN"
            " (SELECT id FROM events WHERE tenant_id = ?1 AND ingester_id = ?2)",
            own,
        )
        call.store.database.execute(
            "DELETE FROM events WHERE tenant_id = ? AND ingester_id = ?", own
        )
        return response


@mutant("update", "DEST-011")
def the_type_of_a_target_in_use_stays(server: Faulty) -> None:
    """PATCH of `type` does nothing while a flow uses the target."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, destination_id: str, body: Any) -> Any:
        used = call.store.database.execute(
            "SELECT 1 FROM delivery_flows WHERE tenant_id = ? AND destination_id = ? LIMIT 1",
            (call.tenant_id, destination_id),
        ).fetchone()
        kept = {name: value for name, value in body.items() if name != "type" or not used}
        return run(call, destination_id=destination_id, body=kept)


@mutant("name", "NAME-005")
def a_name_is_looked_for_among_the_newest_50(server: Faulty) -> None:
    """A target may have the name of one that 50 others were made after."""

    @server.handler("createDestination")
    def create(run: Any, call: Call, body: Any) -> Any:
        database = call.store.database
        database.execute(
            "UPDATE destinations SET name = name || char(8203) || id WHERE tenant_id = ?1"
            " AND name = ?2 AND (SELECT COUNT(*) FROM destinations AS later"
            " WHERE later.tenant_id = ?1 AND later.seq > destinations.seq) >= 50",
            (call.tenant_id, body["name"]),
        )
        return run(call, body=body)


@mutant("name", "NAME-001")
def a_byte_order_mark_is_white_space(server: Faulty) -> None:
    """A name that ends in U+FEFF is a 400 on create of a flow, as JavaScript's trim has it."""

    @server.handler("createDeliveryFlow")
    def create(run: Any, call: Call, body: Any) -> Any:
        if body["name"].strip("\ufeff") != body["name"]:
            raise ValidationFailed.of("name", "must have no white space at either end")
        return run(call, body=body)


@mutant("boundary", "LIST-003")
def a_limit_is_what_number_takes(server: Faulty) -> None:
    """A `limit` of `1e1`, `0x10` or `5.0` is taken, as JavaScript's Number has it."""

    @server.around(operation.Parameter, "read")
    def read(original: Any, self: Any, text: str) -> Any:
        found = original(self, text)
        if not self.is_integer or not isinstance(found, str):
            return found
        try:
            number = float(int(text, 16)) if text.startswith("0x") else float(text.strip())
        except ValueError:
            return found
        return int(number) if number.is_integer() else found


@mutant("validation", "BODY-011")
def an_empty_list_is_an_empty_object(server: Faulty) -> None:
    """A retry takes `[]` for `{}`, as PHP has it."""

    @server.requests("retryEvent")
    def rewrite(asked: Asked) -> None:
        if body_of(asked) == []:
            asked.body = b"{}"


@mutant("validation", "BODY-008")
def proto_is_dropped_from_bodies(server: Faulty) -> None:
    """A member `__proto__` is not seen, as with JavaScript's objects."""

    @server.requests()
    def rewrite(asked: Asked) -> None:
        body = body_of(asked)
        if asked.operation_id and isinstance(body, dict) and "__proto__" in body:
            del body["__proto__"]
            asked.body = json.dumps(body).encode()
