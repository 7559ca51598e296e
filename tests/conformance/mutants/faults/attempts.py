"""What a target receives: ATTEMPT-001 to -006."""

import json
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from zen_sandbox.delivery import attempt

SENT = {"ATTEMPT": "what arrives is another", "SIGN": "what arrives is another"}


SENT |= {"RETRY": "what arrives is another", "DLV": "it ends otherwise", "LOG": "it ends so"}


def requested(server: Faulty, change: Any) -> None:
    """What goes to the target is another request: `change(request, due, plan)`."""

    @server.around(attempt, "request_of")
    def request_of(original: Any, due: Any, plan: Any) -> Any:
        return change(original(due, plan), due, plan)


def headed(server: Faulty, change: Any) -> None:
    """What goes to the target has other headers: `change(headers, due, plan)` edits them."""

    def changed(request: Any, due: Any, plan: Any) -> Any:
        change(request.headers, due, plan)
        return request

    requested(server, changed)


@mutant("delivery", "ATTEMPT-001", also=SENT)
def the_query_of_a_url_is_dropped(server: Faulty) -> None:
    """An attempt goes to the url without its query."""
    requested(
        server,
        lambda request, due, plan: request._replace(url=request.url.partition("?")[0]),
    )


@mutant("delivery", "ATTEMPT-001", also=SENT)
def a_retry_goes_to_the_root(server: Faulty) -> None:
    """A retry goes to the root of the target's url."""

    def change(request: Any, due: Any, plan: Any) -> Any:
        root = "/".join(request.url.split("/")[:3]) + "/"
        return request._replace(url=root) if due.attempt_number > 1 else request

    requested(server, change)


@mutant("delivery", "ATTEMPT-002", also=SENT)
def json_is_written_anew(server: Faulty) -> None:
    """An event that is JSON is delivered re-serialised."""

    def change(request: Any, due: Any, plan: Any) -> Any:
        try:
            return request._replace(body=json.dumps(json.loads(request.body)).encode())
        except ValueError:
            return request

    requested(server, change)


@mutant("delivery", "ATTEMPT-002", also=SENT)
def an_event_is_delivered_as_text(server: Faulty) -> None:
    """Bytes of an event that are not UTF-8 are delivered as replacement characters."""
    requested(
        server,
        lambda request, due, plan: request._replace(
            body=request.body.decode("utf-8", "replace").encode()
        ),
    )


@mutant("boundary", "ATTEMPT-002", also=SENT)
def an_event_is_cut_at_64_kib(server: Faulty) -> None:
    """An event is delivered up to 64 KiB."""
    requested(server, lambda request, due, plan: request._replace(body=request.body[: 64 * 1024]))


@mutant("boundary", "ATTEMPT-002", also=SENT)
def a_line_end_at_the_end_is_dropped(server: Faulty) -> None:
    """White space at the end of an event is not delivered."""
    requested(server, lambda request, due, plan: request._replace(body=request.body.rstrip()))


@mutant("delivery", "ATTEMPT-002", also=SENT)
def every_attempt_is_json(server: Faulty) -> None:
    """The Content-Type of an attempt is application/json whatever the event's is."""
    headed(server, lambda headers, due, plan: headers.update({"Content-Type": "application/json"}))


@mutant("delivery", "ATTEMPT-002", also=SENT)
def the_charset_of_an_event_is_dropped(server: Faulty) -> None:
    """The Content-Type of an attempt has no parameters."""

    def change(headers: Any, due: Any, plan: Any) -> None:
        if "Content-Type" in headers:
            headers["Content-Type"] = headers["Content-Type"].partition(";")[0]

    headed(server, change)


@mutant("delivery", "ATTEMPT-003", also=SENT)
def every_attempt_is_the_first(server: Faulty) -> None:
    """X-Zen-Attempt is 1 in every attempt."""
    headed(server, lambda headers, due, plan: headers.update({"X-Zen-Attempt": "1"}))


@mutant("delivery", "ATTEMPT-003", also=SENT)
def a_retry_has_the_id_of_its_chain(server: Faulty) -> None:
    """X-Zen-Delivery-Id of a retry is that of the first attempt."""
    first: dict[tuple[str, str], str] = {}

    def change(headers: Any, due: Any, plan: Any) -> None:
        kept = first.setdefault((due.event_id, due.flow_id), due.id)
        headers["X-Zen-Delivery-Id"] = kept

    headed(server, change)


@mutant("delivery", "ATTEMPT-003", also=SENT)
def the_event_id_is_not_sent(server: Faulty) -> None:
    """X-Zen-Event-Id is the id of the attempt."""
    headed(server, lambda headers, due, plan: headers.update({"X-Zen-Event-Id": due.id}))


@mutant("delivery", "ATTEMPT-004", also=SENT)
def each_attempt_has_a_key_of_its_own(server: Faulty) -> None:
    """X-Zen-Delivery-Idempotency-Key differs from attempt to attempt."""
    headed(
        server,
        lambda headers, due, plan: headers.update({"X-Zen-Delivery-Idempotency-Key": due.id}),
    )


@mutant("delivery", "ATTEMPT-004", also=SENT)
def a_third_attempt_has_another_key(server: Faulty) -> None:
    """X-Zen-Delivery-Idempotency-Key of a third attempt is another one."""

    def change(headers: Any, due: Any, plan: Any) -> None:
        if due.attempt_number > 2:
            headers["X-Zen-Delivery-Idempotency-Key"] += ".3"

    headed(server, change)


@mutant("delivery", "ATTEMPT-005", also=SENT)
def a_providers_headers_are_dropped(server: Faulty) -> None:
    """The provider's own headers are not forwarded."""
    server.replace(attempt, "forwarded", lambda original: lambda headers: {})


@mutant("delivery", "ATTEMPT-006", also=SENT)
def cookies_are_forwarded(server: Faulty) -> None:
    """The sender's Cookie is forwarded."""
    _forwards(server, "cookie")
    _keeps_cookies(server)


@mutant("delivery", "ATTEMPT-006", also=SENT)
def a_senders_zen_headers_are_forwarded(server: Faulty) -> None:
    """The sender's own X-Zen-… headers are forwarded where the server sets no such header."""

    @server.around(attempt, "forwarded")
    def forwarded(original: Any, headers: Any) -> Any:
        zen = {name: value for name, value in headers.items() if name.startswith("x-zen-")}
        return {**original(headers), **zen}


@mutant("delivery", "ATTEMPT-006", also=SENT)
def a_senders_hop_by_hop_headers_are_forwarded(server: Faulty) -> None:
    """The sender's TE, Trailer and Keep-Alive are forwarded."""
    _forwards(server, "te", "trailer", "keep-alive", "proxy-authenticate", "proxy-connection")


@mutant("delivery", "ATTEMPT-006", also=SENT)
def headers_named_by_connection_are_forwarded(server: Faulty) -> None:
    """A header that the sender's Connection names is forwarded."""

    @server.around(attempt, "forwarded")
    def forwarded(original: Any, headers: Any) -> Any:
        return original({name: value for name, value in headers.items() if name != "connection"})


def _forwards(server: Faulty, *names: str) -> None:
    server.replace(attempt, "_NEVER_FORWARDED", lambda never: never - set(names))


def _keeps_cookies(server: Faulty) -> None:
    from zen_sandbox.handlers import ingest

    server.replace(ingest, "_NOT_KEPT", lambda never: never - {"cookie"})
