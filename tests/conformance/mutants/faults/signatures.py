"""Signatures: SIGN."""

import base64
import contextlib
import hashlib
import hmac
import json
import time
from typing import Any

from tests.conformance.mutants.faults.attempts import SENT, headed
from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.mutant import mutant
from zen_sandbox.delivery import signing
from zen_sandbox.store import destinations


def _signed(server: Faulty, change: Any) -> None:
    """Signed headers are others: `change(secret, message_id, timestamp, body)` makes them."""
    server.replace(signing, "headers", lambda original: lambda *given: change(original, *given))


@mutant("signature", "SIGN-001", also=SENT)
def a_signatures_id_is_the_attempts(server: Faulty) -> None:
    """webhook-id is another id than the event's."""

    def change(original: Any, secret: str, message_id: str, *more: Any) -> Any:
        return original(secret, f"msg_{message_id}", *more)

    _signed(server, change)


@mutant("signature", "SIGN-001", also=SENT)
def a_signatures_time_is_in_milliseconds(server: Faulty) -> None:
    """webhook-timestamp is in milliseconds."""

    def change(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> Any:
        return original(secret, message_id, timestamp * 1000, body)

    _signed(server, change)


@mutant("signature", "SIGN-001", also=SENT)
def a_signatures_time_is_local(server: Faulty) -> None:
    """webhook-timestamp is an hour ahead: a local time taken for UTC."""

    def change(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> Any:
        return original(secret, message_id, timestamp + 3600, body)

    _signed(server, change)


@mutant("signature", "SIGN-001", also=SENT)
def a_retry_is_signed_with_the_first_attempts_time(server: Faulty) -> None:
    """webhook-timestamp of a retry is that of the first attempt."""
    first: dict[str, int] = {}

    def change(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> Any:
        return original(secret, message_id, first.setdefault(message_id, timestamp), body)

    _signed(server, change)


def _digested(server: Faulty, make: Any) -> None:
    @server.around(signing, "signature")
    def signature(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        made: str = make(original, secret, message_id, timestamp, body)
        return made


@mutant("signature", "SIGN-002", also=SENT)
def the_secret_is_not_decoded(server: Faulty) -> None:
    """The key of the HMAC is the text of the secret."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        signed = f"{message_id}.{timestamp}.".encode() + body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        return "v1," + base64.b64encode(digest).decode()

    _digested(server, make)


@mutant("signature", "SIGN-002", also=SENT)
def the_signature_is_of_written_json(server: Faulty) -> None:
    """The HMAC is over the event's JSON re-serialised."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        with contextlib.suppress(ValueError):
            body = json.dumps(json.loads(body), separators=(",", ":")).encode()
        return str(original(secret, message_id, timestamp, body))

    _digested(server, make)


@mutant("signature", "SIGN-002", also=SENT)
def the_signature_is_of_text(server: Faulty) -> None:
    """The HMAC is over the event read as UTF-8 with replacement characters."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        text = body.decode("utf-8", "replace").encode()
        return str(original(secret, message_id, timestamp, text))

    _digested(server, make)


@mutant("signature", "SIGN-002", also=SENT)
def the_signature_is_in_hexadecimal(server: Faulty) -> None:
    """The HMAC is sent in hexadecimal."""

    def make(original: Any, *given: Any) -> str:
        made: str = original(*given)
        return "v1," + base64.b64decode(made[3:]).hex()

    _digested(server, make)


@mutant("signature", "SIGN-002", also=SENT)
def the_signature_leaves_an_empty_body_out(server: Faulty) -> None:
    """The HMAC of an event without a body lacks the second dot."""

    def make(original: Any, secret: str, message_id: str, timestamp: int, body: bytes) -> str:
        if body:
            return str(original(secret, message_id, timestamp, body))
        digest = hmac.new(
            signing.key_of(secret), f"{message_id}.{timestamp}".encode(), hashlib.sha256
        ).digest()
        return "v1," + base64.b64encode(digest).decode()

    _digested(server, make)


@mutant("signature", "SIGN-003", also=SENT)
def an_attempt_without_secret_is_signed(server: Faulty) -> None:
    """An attempt to a target without a secret is signed with an empty key."""

    def change(headers: Any, due: Any, plan: Any) -> None:
        if plan.secret is None:
            headers |= signing.headers("whsec_", due.event_id, int(time.time()), plan.body)

    headed(server, change)


@mutant("signature", "SIGN-003", also={"DEST-017": "nothing changes, so that updated_at stays"})
def a_removed_secret_still_signs(server: Faulty) -> None:
    """PATCH with `secret: null` does not remove the secret."""

    @server.around(destinations.Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        kept = {k: v for k, v in changes.items() if k != "secret" or v is not None}
        return original(self, tenant_id, destination_id, now, kept)


@mutant("signature", "SIGN-004", also=SENT)
def a_patch_without_secret_removes_it(server: Faulty) -> None:
    """PATCH of the url alone removes the secret."""

    @server.around(destinations.Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        lost = {"secret": None} if set(changes) == {"url"} else {}
        return original(self, tenant_id, destination_id, now, {**lost, **changes})


@mutant("signature", "SIGN-004", also={"DEST-017": "nothing changes, so that updated_at stays"})
def a_new_secret_is_not_kept(server: Faulty) -> None:
    """PATCH of a secret where there is one keeps the old one."""

    @server.around(destinations.Destinations, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        if changes.get("secret") and self.secret(tenant_id, destination_id):
            changes = {k: v for k, v in changes.items() if k != "secret"}
        return original(self, tenant_id, destination_id, now, changes)
