"""What a name may be: NAME-001 to -004."""

import unicodedata
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import (
    body_of,
    name_exists,
)
from zen_sandbox.problems import Conflict, ValidationFailed
from zen_sandbox.request.call import Call

_TOO_LONG = "must have 1 to 100 characters"


KINDS = {
    "destinations": "A destination",
    "delivery_flows": "A flow",
    "ingesters": "An endpoint",
}


def _refuses(server: Faulty, when: Any, *operation_ids: str) -> None:
    """A name is refused where `when(name)` says so."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"].get("name")
        if name is not None and when(name):
            raise ValidationFailed.of("name", _TOO_LONG)
        return run(call, **given)


def _stored(server: Faulty, change: Any, *operation_ids: str) -> None:
    """A name is kept in another form."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if "name" in given["body"]:
            given["body"] = {**given["body"], "name": change(given["body"]["name"])}
        return run(call, **given)


def _taken(server: Faulty, table: str, like: str, *operation_ids: str) -> None:
    """A name is taken where a row of the table is like it: `like` is a condition."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"].get("name")
        own = given.get("destination_id") or given.get("ingester_id") or given.get("flow_id")
        if name is not None and own is None and name_exists(call, table, name, like):
            raise Conflict(f"{KINDS[table]} with name '{name}' already exists.")
        return run(call, **given)


@mutant("boundary", "NAME-001", also={"NAME-004": "a name is refused"})
def a_name_is_counted_in_bytes(server: Faulty) -> None:
    """A name of more than 100 bytes in UTF-8 is refused on create of a flow."""
    _refuses(server, lambda name: len(name.encode()) > 100, "createDeliveryFlow")


@mutant("boundary", "NAME-001")
def a_name_is_counted_in_utf16(server: Faulty) -> None:
    """A name of more than 100 units of UTF-16 is refused by PATCH."""
    _refuses(server, lambda name: len(name.encode("utf-16-le")) > 200, "updateDestination")


@mutant("boundary", "NAME-001", also={"NAME-008": "a name is refused"})
def a_name_of_100_is_refused(server: Faulty) -> None:
    """A name of 100 code points is refused by PUT of an endpoint."""
    _refuses(server, lambda name: len(name) > 99, "replaceIngester")


@mutant("boundary", "NAME-001")
def a_recipes_name_ends_at_64(server: Faulty) -> None:
    """A name of more than 64 code points is refused in a recipe."""
    _refuses(server, lambda name: len(name) > 64, "createClusterDeliveryFlow")


@mutant("boundary", "NAME-001")
def a_name_of_one_letter_is_refused(server: Faulty) -> None:
    """A name of one character is refused on create of an endpoint."""
    _refuses(server, lambda name: len(name) < 2, "createIngester")


@mutant("name", "NAME-001", "NAME-004")
def a_name_is_normalised(server: Faulty) -> None:
    """The name of a target is kept in NFC."""
    _stored(
        server,
        lambda name: unicodedata.normalize("NFC", name),
        "createDestination",
        "updateDestination",
    )


@mutant("name", "NAME-001")
def white_space_in_a_name_is_collapsed(server: Faulty) -> None:
    """Two spaces in the name of an endpoint become one."""
    _stored(server, lambda name: " ".join(name.split()), "createIngester", "replaceIngester")


@mutant("name", "NAME-001")
def a_name_is_escaped_for_html(server: Faulty) -> None:
    """`<`, `&` and quotes in the name of a flow are returned escaped."""
    _stored(
        server,
        lambda name: name.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;"),
        "createDeliveryFlow",
        "replaceDeliveryFlow",
        "createClusterDeliveryFlow",
    )


@mutant("name", "NAME-001")
def an_emoji_becomes_a_question_mark(server: Faulty) -> None:
    """A character beyond the basic plane in the name of a flow becomes `?`."""
    _stored(
        server,
        lambda name: "".join("?" if ord(one) > 0xFFFF else one for one in name),
        "createDeliveryFlow",
        "createClusterDeliveryFlow",
    )


@mutant("boundary", "NAME-002")
def a_name_of_101_is_taken_by_put(server: Faulty) -> None:
    """PUT of an endpoint takes a name of 101 code points."""
    server.body("replaceIngester", "name", maxLength=101)


@mutant("boundary", "NAME-002")
def a_name_of_101_is_taken_by_the_recipe(server: Faulty) -> None:
    """A recipe takes a name of 101 code points."""
    server.body("createClusterDeliveryFlow", "name", maxLength=101)


@mutant("boundary", "NAME-002", also={"WIRE-006": "the answer has an empty name"})
def an_empty_name_is_taken_by_patch(server: Faulty) -> None:
    """PATCH takes an empty name as none."""

    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.get("name") == "" and len(document) == 1:
            asked.body = b'{"status": "active"}'


@mutant("boundary", "NAME-002")
def a_long_name_is_cut(server: Faulty) -> None:
    """A name of more than 100 code points is cut on create of a target."""
    _cut(server, "createDestination", 100)


def _cut(server: Faulty, operation_id: str, length: int) -> None:
    server.body(operation_id, "name", "maxLength")
    _stored(server, lambda name: name[:length].rstrip(), operation_id)


@mutant("name", "NAME-003")
def a_name_is_trimmed(server: Faulty) -> None:
    """White space at the ends of a name is dropped by PUT of a flow."""
    server.body("replaceDeliveryFlow", "name", "pattern")
    _stored(server, str.strip, "replaceDeliveryFlow")


@mutant("name", "NAME-003")
def only_ascii_white_space_is_refused(server: Faulty) -> None:
    """A no-break space at the end of a name is taken on create of an endpoint."""
    server.body("createIngester", "name", pattern=r"^[^\u0000-\u0020]([^\u0000-\u001f]*[^\s])?$")
    _refuses(server, lambda name: any(_is_control(one) for one in name), "createIngester")


@mutant("name", "NAME-003")
def a_tab_in_a_name_is_taken(server: Faulty) -> None:
    """A tab inside a name is taken on create of a target."""
    pattern = r"^[^\u0000-\u0020\u007f-\u00a0]([\u0009]|[^\u0000-\u001f\u007f-\u009f])*$"
    server.body("createDestination", "name", pattern=pattern)
    _refuses(server, lambda name: name != name.strip(), "createDestination")


@mutant("name", "NAME-003")
def a_later_control_character_is_taken(server: Faulty) -> None:
    """A control character from U+0080 to U+009F inside a name is taken by PATCH."""
    server.body("updateDestination", "name", pattern=r"^[^\u0000-\u0020]([^\u0000-\u001f\u007f]*)$")
    _refuses(server, lambda name: name != name.strip(), "updateDestination")


@mutant("name", "NAME-003")
def a_recipes_name_may_begin_with_a_space(server: Faulty) -> None:
    """A recipe takes a name with a space at its start."""
    server.body("createClusterDeliveryFlow", "name", "pattern")
    _refuses(
        server,
        lambda name: name != name.rstrip() or any(_is_control(one) for one in name),
        "createClusterDeliveryFlow",
    )


def _is_control(one: str) -> bool:
    return unicodedata.category(one) == "Cc"


@mutant("name", "NAME-004")
def names_of_targets_are_compared_without_case(server: Faulty) -> None:
    """The name of a target that differs in letter case only is taken."""
    _taken(server, "destinations", "LOWER(name) = LOWER(?)", "createDestination")


@mutant("name", "NAME-004")
def names_of_endpoints_are_compared_without_case(server: Faulty) -> None:
    """PUT of an endpoint to a name that differs in letter case from another's is a 409."""

    @server.handler("replaceIngester")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name, own = given["body"]["name"], given["ingester_id"]
        row = call.store.database.execute(
            "SELECT 1 FROM ingesters WHERE tenant_id = ? AND LOWER(name) = LOWER(?) AND id <> ?",
            (call.tenant_id, name, own),
        ).fetchone()
        if row is not None:
            raise Conflict(f"An endpoint with name '{name}' already exists.")
        return run(call, **given)


@mutant("name", "NAME-004")
def names_are_compared_by_their_letters(server: Faulty) -> None:
    """The name of a flow that differs in normalisation only is taken."""
    seen: dict[str, set[str]] = {}

    @server.handler("createDeliveryFlow", "createClusterDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        known = seen.setdefault(call.tenant_id, set())
        same = {one for one in known if one != name and _nfc(one) == _nfc(name)}
        if any(name_exists(call, "delivery_flows", one) for one in same):
            raise Conflict(f"A flow with name '{name}' already exists.")
        response = run(call, **given)
        known.add(name)
        return response


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


@mutant("name", "NAME-004")
def a_name_is_taken_by_every_tenant(server: Faulty) -> None:
    """The name of an endpoint of another tenant is taken."""

    @server.handler("createIngester")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        row = call.store.database.execute(
            "SELECT 1 FROM ingesters WHERE name = ? AND tenant_id <> ?", (name, call.tenant_id)
        ).fetchone()
        if row is not None:
            raise Conflict(f"An endpoint with name '{name}' already exists.")
        return run(call, **given)


@mutant("name", "NAME-004", also={"FLOW-001": "a create with a name that no flow has is a 409"})
def a_name_is_taken_by_every_collection(server: Faulty) -> None:
    """The name of an endpoint is taken for a flow."""

    @server.handler("createDeliveryFlow")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        name = given["body"]["name"]
        if name_exists(call, "ingesters", name):
            raise Conflict(f"A flow with name '{name}' already exists.")
        return run(call, **given)
