"""Where two features meet: retries and changes, HEAD and scopes, deletions and what they leave."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import lets_through
from zen_sandbox.delivery import attempt
from zen_sandbox.handlers import recovery
from zen_sandbox.problems import Conflict, InsufficientScope, PermissionDenied
from zen_sandbox.request.call import Call
from zen_sandbox.request.routing import PathTree


@mutant("retry", "ATTEMPT-017")
def a_manual_retry_goes_to_the_url_of_before(server: Faulty) -> None:
    """A manual retry goes to the `url` that the first attempt went to."""
    first: dict[tuple[str, str], str] = {}
    manual: set[str] = set()

    @server.around(recovery, "_queue_after")
    def queue_after(original: Any, call: Call, end: Any) -> Any:
        delivery_id = original(call, end)
        manual.add(delivery_id)
        return delivery_id

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        request = original(due, plan)
        url = first.setdefault((due.event_id, due.flow_id), request.url)
        return request._replace(url=url) if due.id in manual else request


@mutant("signature", "SIGN-004")
def a_manual_retry_is_signed_as_before(server: Faulty) -> None:
    """A manual retry is signed with the secret of the first attempt."""
    first: dict[tuple[str, str], str | None] = {}
    manual: set[str] = set()

    @server.around(recovery, "_queue_after")
    def queue_after(original: Any, call: Call, end: Any) -> Any:
        delivery_id = original(call, end)
        manual.add(delivery_id)
        return delivery_id

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        secret = first.setdefault((due.event_id, due.flow_id), plan.secret)
        return original(due, plan._replace(secret=secret) if due.id in manual else plan)


def _marking_heads(server: Faulty) -> None:
    @server.around(PathTree, "find")
    def find(original: Any, self: Any, raw_path: bytes, method: str) -> Any:
        found, values, context = original(self, raw_path, method)
        return found, {**values, **({"": "HEAD"} if method == "HEAD" else {})}, context


@mutant("scope", "ROUTE-005")
def a_head_needs_no_scope(server: Faulty) -> None:
    """HEAD is answered without the scope that GET asks for."""
    _marking_heads(server)
    lets_through(server, InsufficientScope, lambda exchange: "" in exchange.path_values)


@mutant("tenant", "ROUTE-005")
def a_head_is_open_to_another_tenant(server: Faulty) -> None:
    """HEAD under another tenant's path is not refused."""
    _marking_heads(server)
    lets_through(server, PermissionDenied, lambda exchange: "" in exchange.path_values)


@mutant("problem", "PROB-001")
def a_problem_is_of_the_type_that_accept_names(server: Faulty) -> None:
    """With `Accept: application/json` a problem is `application/json`."""

    @server.answers()
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status >= 400 and asked.header("accept") == "application/json":
            answer.set_header("content-type", "application/json")


@mutant(
    "name",
    "NAME-001",
    also={"BODY-007": "any byte is a character", "IDEM-004": "escapes are read otherwise"},
)
def raw_utf_8_is_read_as_latin_1(server: Faulty) -> None:
    """A body of a flow that is not ASCII is read as ISO-8859-1."""

    @server.requests("createDeliveryFlow", "replaceDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        if not asked.body.isascii():
            asked.body = asked.body.decode("latin-1").encode()


def _keeping_names(server: Faulty, kind: str, noun: str, used: str) -> None:
    left: set[tuple[str, str]] = set()
    table = f"{kind.lower()}s"

    @server.handler(f"delete{kind}")
    def delete(run: Any, call: Call, **given: Any) -> Any:
        (identifier,) = given.values()
        database = call.store.database
        row = database.execute(
            f"SELECT name FROM {table} WHERE tenant_id = ? AND id = ?",
            (call.tenant_id, identifier),
        ).fetchone()
        past = database.execute(used, (call.tenant_id, identifier)).fetchone()
        response = run(call, **given)
        if past and row:
            left.add((call.tenant_id, row[0]))
        return response

    @server.handler(f"create{kind}")
    def create(run: Any, call: Call, body: Any) -> Any:
        if (call.tenant_id, body["name"]) in left:
            raise Conflict(f"{noun} with name '{body['name']}' already exists.")
        return run(call, body=body)


@mutant("name", "NAME-010")
def a_deleted_target_that_was_sent_to_keeps_its_name(server: Faulty) -> None:
    """The name of a deleted target stays taken when there are attempts to it."""
    used = "SELECT 1 FROM deliveries WHERE tenant_id = ? AND destination_id = ? LIMIT 1"
    _keeping_names(server, "Destination", "A destination", used)


@mutant("name", "NAME-010")
def a_deleted_endpoint_that_took_events_keeps_its_name(server: Faulty) -> None:
    """The name of a deleted endpoint stays taken when there are events of it."""
    used = "SELECT 1 FROM events WHERE tenant_id = ? AND ingester_id = ? LIMIT 1"
    _keeping_names(server, "Ingester", "An endpoint", used)
