"""The secrets of targets: DEST-007 and -008."""

import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call


@mutant("boundary", "DEST-007")
def a_secret_of_64_bytes_is_refused(server: Faulty) -> None:
    """A secret of 64 bytes is refused on create."""
    _refuses_secrets(server, "createDestination", lambda size: size > 63)


@mutant("boundary", "DEST-007")
def a_secret_of_24_bytes_is_refused(server: Faulty) -> None:
    """A secret of 24 bytes is refused by PATCH."""
    _refuses_secrets(server, "updateDestination", lambda size: size < 25)


def _refuses_secrets(server: Faulty, operation_id: str, when: Any) -> None:
    @server.handler(operation_id)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        secret = (given["body"].get("secret") or {}).get("value", "")
        if secret and when((len(secret.rstrip("=")) - len("whsec_")) * 3 // 4):
            raise ValidationFailed.of("secret.value", "must be 24 to 64 bytes")
        return run(call, **given)


_GOOD_SECRET = "whsec_" + "QUJD" * 8


def _takes_secrets(server: Faulty, operation_id: str, when: Any) -> None:
    @server.requests(operation_id)
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        secret = document.get("secret") if isinstance(document, dict) else None
        value = secret.get("value") if isinstance(secret, dict) else None
        if isinstance(value, str) and when(value):
            good = {**document, "secret": {**secret, "value": _GOOD_SECRET}}  # type: ignore[dict-item]
            asked.body = json.dumps(good).encode()


@mutant("boundary", "DEST-007")
def a_secret_of_23_bytes_is_taken(server: Faulty) -> None:
    """A secret of fewer than 24 bytes is taken on create."""
    _takes_secrets(
        server,
        "createDestination",
        lambda value: re.fullmatch("whsec_[A-Za-z0-9+/]{28,31}=*", value),
    )


@mutant("boundary", "DEST-007")
def a_secret_of_65_bytes_is_taken(server: Faulty) -> None:
    """A secret of 65 bytes is taken by PATCH."""
    _takes_secrets(
        server,
        "updateDestination",
        lambda value: re.fullmatch("whsec_[A-Za-z0-9+/]{87,91}=*", value),
    )


@mutant("validation", "DEST-007")
def a_secret_needs_no_prefix(server: Faulty) -> None:
    """A secret without whsec_ is taken by PATCH."""
    _takes_secrets(server, "updateDestination", lambda value: not value.startswith("whsec_"))


@mutant("validation", "DEST-007")
def a_secret_may_be_in_the_other_base64(server: Faulty) -> None:
    """A secret in the base64 of URLs is taken on create."""
    _takes_secrets(
        server,
        "createDestination",
        lambda value: (
            re.fullmatch("whsec_[A-Za-z0-9_-]+=*", value) and re.search("[-_]", value[6:])
        ),
    )


@mutant("validation", "DEST-007", also={"BODY-011": "null is another type"})
def a_secret_of_null_is_none_on_create(server: Faulty) -> None:
    """A secret of null is taken as none on create."""

    @server.requests("createDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.get("secret", ...) is None:
            del document["secret"]
            asked.body = json.dumps(document).encode()


def _with_secret(server: Faulty, operation_id: str, show: Any) -> None:
    @server.shown(operation_id)
    def edit(document: Any, call: Call, given: Any) -> None:
        secret = call.store.destinations.secret(call.tenant_id, document["id"])
        if secret:
            show(document, secret)


@mutant("create", "DEST-008")
def a_new_target_shows_its_secret(server: Faulty) -> None:
    """The 201 of a target has its secret."""
    _with_secret(
        server, "createDestination", lambda document, secret: document.update(secret=secret)
    )


@mutant("update", "DEST-008")
def a_patch_shows_the_secret(server: Faulty) -> None:
    """PATCH answers with the secret."""
    _with_secret(
        server,
        "updateDestination",
        lambda document, secret: document.update(secret={"value": secret}),
    )


@mutant("list", "DEST-008")
def the_list_shows_secrets(server: Faulty) -> None:
    """The list of targets has their secrets, in a member of another name."""

    @server.shown("listDestinations")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["destinations"]:
            secret = call.store.destinations.secret(call.tenant_id, row["id"])
            if secret:
                row["signing_key"] = secret


@mutant("problem", "DEST-008")
def a_bad_secret_is_quoted(server: Faulty) -> None:
    """The detail of the 400 for a secret quotes it."""

    @server.requests("createDestination", "updateDestination")
    def look(asked: Asked) -> None:
        document = body_of(asked)
        secret = document.get("secret") if isinstance(document, dict) else None
        _secret["value"] = secret.get("value") if isinstance(secret, dict) else None

    @server.answers("createDestination", "updateDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400 and b'"detail":"secret.value:' in answer.body:
            detail = f"{answer.document['detail']}, not {_secret['value']}"
            answer.document = {**answer.document, "detail": detail}


_secret: dict[str, Any] = {}
