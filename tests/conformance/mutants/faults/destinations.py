"""Targets: DEST."""

import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of, refused
from zen_sandbox import wire
from zen_sandbox.problems import Conflict, ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.store import destinations

_COLLECTION = destinations.Destinations
_URL = ValidationFailed.of("url", "must be an absolute http or https URL")


def _stored(server: Faulty, change: Any, *operation_ids: str) -> None:
    """The body of a write is kept in another form: `change(body)`."""

    @server.handler(*operation_ids)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        return run(call, **{**given, "body": change(given["body"])})


def _url(server: Faulty, change: Any, *operation_ids: str) -> None:
    def changed(body: Any) -> Any:
        return {**body, "url": change(body["url"])} if "url" in body else body

    _stored(server, changed, *operation_ids)


def _takes_urls(server: Faulty, operation_id: str, when: Any) -> None:
    """A url that is none is taken where `when(url)` says so."""
    taken: dict[str, str] = {}

    @server.requests(operation_id)
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        url = document.get("url") if isinstance(document, dict) else None
        if isinstance(url, str) and when(url):
            stand_in = f"https://stand-in.example.com/{len(taken)}"
            taken[stand_in] = url
            asked.body = json.dumps({**document, "url": stand_in}).encode()

    @server.around(wire, "destination")
    def destination(original: Any, it: Any) -> Any:
        shown = original(it)
        shown["url"] = taken.get(shown["url"], shown["url"])
        return shown


@mutant("create", "DEST-001", also={"DEST": "it is disabled", "EVENT": "nothing is delivered"})
def a_target_with_a_secret_starts_disabled(server: Faulty) -> None:
    """A target that is made with a secret is `disabled` at first."""

    @server.around(_COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        return original(
            self, *given, **{**more, "status": "disabled" if more.get("secret") else "active"}
        )


@mutant("create", "DEST-001", also={"DEST-009": "GET says otherwise"})
def a_new_target_is_shown_without_its_query(server: Faulty) -> None:
    """The 201 of a target shows the url without its query."""

    @server.shown("createDestination")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["url"] = document["url"].partition("?")[0]


@mutant("create", "DEST-002", also={"DEST-001": "its type is another"})
def the_default_type_is_http(server: Faulty) -> None:
    """The type of a target is `http` when it is left out."""
    _stored(server, lambda body: {"type": "http", **body}, "createDestination")


@mutant("create", "DEST-002", also={"DEST-001": "its type is another", "RECIPE": "likewise"})
def the_type_of_a_create_is_ignored(server: Faulty) -> None:
    """The type of a target is `webhook` whatever was asked for."""
    _stored(server, lambda body: {**body, "type": "webhook"}, "createDestination")


@mutant("boundary", "DEST-002", also={"DEST-011": "so by PATCH"})
def a_type_of_33_is_taken(server: Faulty) -> None:
    """PATCH takes a type of 33 characters."""
    server.body("updateDestination", "type", maxLength=33, pattern="^[a-z][a-z0-9_-]{0,32}$")


@mutant("boundary", "DEST-002")
def a_type_of_32_is_refused(server: Faulty) -> None:
    """A type of 32 characters is refused on create."""
    server.body("createDestination", "type", maxLength=31)


@mutant("validation", "DEST-002")
def a_type_may_begin_with_a_digit(server: Faulty) -> None:
    """A type that begins with a digit or hyphen is taken on create."""
    server.body("createDestination", "type", pattern="^[a-z0-9_-]{1,32}$")


@mutant("validation", "DEST-002")
def a_type_in_capitals_is_lowered(server: Faulty) -> None:
    """A type in capitals is taken in lower case."""

    @server.requests("createDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("type"), str):
            asked.body = json.dumps({**document, "type": document["type"].lower()}).encode()


@mutant("validation", "DEST-003")
def an_empty_url_has_another_detail(server: Faulty) -> None:
    """The detail of an empty url in PATCH says what a URL must be."""

    @server.answers("updateDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400 and b"url: must not be empty" in answer.body:
            refused(answer, _URL)


@mutant("validation", "DEST-003")
def an_empty_url_is_told_as_required(server: Faulty) -> None:
    """The detail of an empty url on create is `url: is required`."""

    @server.answers("createDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 400 and b"url: must not be empty" in answer.body:
            refused(answer, ValidationFailed.of("url", "is required"))


@mutant("validation", "DEST-004")
def a_url_may_be_ftp(server: Faulty) -> None:
    """A url of ftp is taken on create."""
    _takes_urls(server, "createDestination", lambda url: url.startswith("ftp://"))


@mutant("validation", "DEST-004")
def a_url_may_have_no_host(server: Faulty) -> None:
    """`https://` with a path and no host is taken by PATCH."""
    _takes_urls(server, "updateDestination", lambda url: re.match(r"https?:(//)?(/|\?|:\d|$)", url))


@mutant("validation", "DEST-004")
def a_url_may_have_a_fragment(server: Faulty) -> None:
    """A url with a fragment is taken by PATCH."""
    _takes_urls(server, "updateDestination", lambda url: "#" in url)


@mutant("validation", "DEST-004")
def a_url_may_have_a_password(server: Faulty) -> None:
    """A url with user information is taken on create."""
    _takes_urls(server, "createDestination", lambda url: re.match(r"https?://[^/]*@", url))


@mutant("validation", "DEST-004")
def a_url_may_be_relative(server: Faulty) -> None:
    """A url without a scheme is taken on create."""
    _takes_urls(
        server, "createDestination", lambda url: url and not re.match("[a-zA-Z][a-z0-9+.-]*:", url)
    )


@mutant("boundary", "DEST-005")
def a_port_of_0_is_taken(server: Faulty) -> None:
    """A url with port 0 is taken on create."""
    _takes_urls(server, "createDestination", lambda url: re.match(r"https?://[^/]*:0+(/|$)", url))


@mutant("boundary", "DEST-005")
def a_port_of_65536_is_taken(server: Faulty) -> None:
    """A url with port 65536 is taken by PATCH."""
    _takes_urls(server, "updateDestination", lambda url: ":65536" in url)


@mutant("boundary", "DEST-005")
def a_port_of_65535_is_refused(server: Faulty) -> None:
    """A url with port 65535 is refused."""
    _refuses_urls(server, lambda url: ":65535" in url)


@mutant("boundary", "DEST-005")
def a_url_of_2048_is_refused(server: Faulty) -> None:
    """A url of 2,048 characters is refused on create."""
    _refuses_urls(server, lambda url: len(url) > 2047)


@mutant("boundary", "DEST-005")
def a_url_of_2049_is_taken(server: Faulty) -> None:
    """A url of 2,049 characters is taken by PATCH."""
    server.body("updateDestination", "url", maxLength=2049)


@mutant("boundary", "DEST-005")
def a_url_ends_at_255(server: Faulty) -> None:
    """A url of more than 255 characters is refused by PATCH."""
    _refuses_urls(server, lambda url: len(url) > 255, "updateDestination")


def _refuses_urls(server: Faulty, when: Any, operation_id: str = "createDestination") -> None:
    @server.handler(operation_id)
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if "url" in given["body"] and when(given["body"]["url"]):
            raise ValidationFailed.of("url", "must be an absolute http or https URL")
        return run(call, **given)


@mutant("create", "DEST-006")
def a_urls_host_is_lowered(server: Faulty) -> None:
    """The host of a url is returned in lower case."""
    _url(
        server,
        lambda url: re.sub("^[^/]*//[^/]*", lambda found: found[0].lower(), url),
        "createDestination",
        "updateDestination",
    )


@mutant("create", "DEST-006", also={"DEST-001": "the url is another"})
def a_url_gets_a_slash(server: Faulty) -> None:
    """A url without a path gets a slash."""
    _url(
        server,
        lambda url: url + "/" if re.fullmatch("https?://[^/?]+", url) else url,
        "createDestination",
    )


@mutant("create", "DEST-006")
def a_default_port_is_dropped(server: Faulty) -> None:
    """Port 443 of https is dropped by PATCH."""
    _url(server, lambda url: re.sub("^(https://[^/:]+):443", r"\1", url), "updateDestination")


@mutant("create", "DEST-006")
def a_url_is_decoded(server: Faulty) -> None:
    """%7E in a url is returned as ~, and %2f as %2F."""
    _url(
        server,
        lambda url: re.sub("%[0-9a-f]{2}", lambda f: f[0].upper(), url).replace("%7E", "~"),
        "createDestination",
    )


@mutant("create", "DEST-006", also={"ATTEMPT": "the receiver is local", "DLV": "likewise"})
def a_private_address_is_refused(server: Faulty) -> None:
    """A url of 10.0.0.0/8 or 169.254.0.0/16 is refused on create."""
    _refuses_urls(server, lambda url: re.match(r"https?://(10\.|169\.254\.|192\.168\.)", url))


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


@mutant("update", "DEST-009")
def a_changed_target_is_listed_as_it_was(server: Faulty) -> None:
    """The list shows the url that a target was made with."""
    first: dict[str, str] = {}

    @server.around(_COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        made = original(self, *given, **more)
        first[made.id] = made.url
        return made

    @server.shown("listDestinations")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["destinations"]:
            row["url"] = first.get(row["id"], row["url"])


@mutant("update", "DEST-009")
def a_target_is_read_from_a_cache(server: Faulty) -> None:
    """GET of a target shows what it showed the first time."""
    cache: dict[str, Response] = {}

    @server.handler("getDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        found = run(call, **given)
        return cache.setdefault(f"{call.tenant_id}/{given['destination_id']}", found)


@mutant("problem", "DEST-010", also={"TENANT-003": "both are so"})
def a_missing_target_is_called_target(server: Faulty) -> None:
    """The detail of DELETE of a missing target is `Target <id> not found.`"""
    _missing(server, "deleteDestination", lambda name: f"Target {name} not found.")


@mutant("problem", "DEST-010")
def a_missing_target_is_told_without_a_stop(server: Faulty) -> None:
    """The detail of PATCH of a missing target has no full stop."""
    _missing(server, "updateDestination", lambda name: f"Destination {name} not found")


def _missing(server: Faulty, operation_id: str, detail: Any) -> None:
    @server.answers(operation_id)
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 404 and asked.exchange is not None:
            name = asked.exchange.path_values["destination_id"]
            answer.document = {**answer.document, "detail": detail(name)}


def _patched(server: Faulty, change: Any) -> None:
    """PATCH works with other changes than were asked for: `change(changes, before)`."""

    @server.around(_COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        before = self.get(tenant_id, destination_id)
        return original(self, tenant_id, destination_id, now, change(dict(changes), before))


@mutant("update", "DEST-011", also={"DEST": "the type stays", "RECIPE-009": "likewise"})
def a_patch_of_the_type_is_ignored(server: Faulty) -> None:
    """PATCH of the type answers 200 and changes nothing."""
    _patched(server, lambda changes, before: {k: v for k, v in changes.items() if k != "type"})


@mutant("update", "DEST-011")
def a_patch_of_two_members_changes_one(server: Faulty) -> None:
    """PATCH of name and url together changes the name only."""

    def change(changes: Any, before: Any) -> Any:
        if {"name", "url"} <= set(changes):
            del changes["url"]
        return changes

    _patched(server, change)


@mutant("update", "DEST-012")
def a_status_of_error_can_be_set(server: Faulty) -> None:
    """PATCH takes `error` as status."""
    server.body("updateDestination", "status", enum=["active", "disabled", "error"])


@mutant("update", "DEST-012", also={"EVENT-004": "it stays disabled"})
def a_disabled_target_stays_so(server: Faulty) -> None:
    """PATCH of a disabled target to active answers 200 and leaves it disabled."""

    def change(changes: Any, before: Any) -> Any:
        if before.status == "disabled" and changes.get("status") == "active":
            del changes["status"]
        return changes

    _patched(server, change)


@mutant("update", "DEST-013", also={"EVENT-004": "it is active"})
def a_patch_of_the_url_activates(server: Faulty) -> None:
    """PATCH of the url sets a disabled target to active."""

    def change(changes: Any, before: Any) -> Any:
        return {"status": "active", **changes} if "url" in changes else changes

    _patched(server, change)


@mutant("update", "DEST-013", also={"DEST": "the type is another"})
def a_patch_of_the_name_resets_the_type(server: Faulty) -> None:
    """PATCH of the name alone sets the type back to webhook."""

    def change(changes: Any, before: Any) -> Any:
        return {**changes, "type": "webhook"} if set(changes) == {"name"} else changes

    _patched(server, change)


@mutant("validation", "DEST-014", also={"BODY-006": "an empty body is none"})
def an_empty_patch_is_taken(server: Faulty) -> None:
    """PATCH with an empty object is a 200."""
    server.body("updateDestination", "", "minProperties")


def _null(server: Faulty, name: str) -> None:
    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.get(name, ...) is None:
            del document[name]
            asked.body = json.dumps(document or {"status": "active"}).encode()


@mutant("update", "DEST-015")
def a_status_of_null_is_ignored(server: Faulty) -> None:
    """PATCH with `status: null` leaves the status as it is."""
    _null(server, "status")


@mutant("update", "DEST-015")
def a_type_of_null_is_ignored(server: Faulty) -> None:
    """PATCH with `type: null` leaves the type as it is."""
    _null(server, "type")


@mutant("update", "DEST-015")
def a_url_of_null_is_ignored(server: Faulty) -> None:
    """PATCH with `url: null` leaves the url as it is."""
    _null(server, "url")


@mutant("update", "DEST-016", also={"SIGN-003": "it stays"})
def removing_no_secret_is_refused(server: Faulty) -> None:
    """PATCH with `secret: null` is a 400 where there is no secret."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        found = call.store.destinations.get(call.tenant_id, given["destination_id"])
        kept = call.store.destinations.secret(call.tenant_id, found.id)
        if kept is None and given["body"].get("secret", ...) is None:
            raise ValidationFailed.of("secret", "there is none to remove")
        return run(call, **given)


@mutant("update", "DEST-016", also={"SIGN-003": "it cannot be removed"})
def a_secret_cannot_be_removed(server: Faulty) -> None:
    """PATCH with `secret: null` is a 400."""
    server.definition("updateDestination")(_not_nullable)


def _not_nullable(definition: Any) -> None:
    for media in definition["requestBody"]["content"].values():
        media["schema"]["properties"]["secret"].pop("nullable", None)


@mutant("update", "DEST-017")
def a_merge_patch_is_a_415(server: Faulty) -> None:
    """PATCH of application/merge-patch+json is a 415."""

    @server.definition("updateDestination")
    def edit(definition: Any) -> None:
        del definition["requestBody"]["content"]["application/merge-patch+json"]


@mutant("update", "DEST-017")
def a_merge_patch_changes_nothing(server: Faulty) -> None:
    """PATCH of application/merge-patch+json is a 200 that changes nothing but the status."""

    @server.handler("updateDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if b"merge-patch" in call.headers.get(b"content-type", b""):
            kept = {k: v for k, v in given["body"].items() if k == "status"}
            given["body"] = kept
        return run(call, **given)


@mutant("update", "DEST-018", waits=False)
def a_change_of_status_does_not_move_updated_at(server: Faulty) -> None:
    """PATCH of the status leaves updated_at as it was."""

    @server.around(_COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        moves = set(changes) != {"status"}
        before = self.get(tenant_id, destination_id).updated_at
        return original(self, tenant_id, destination_id, now if moves else before, changes)


@mutant("update", "DEST-018")
def updated_at_stays(server: Faulty) -> None:
    """PATCH leaves updated_at as it was."""

    @server.around(_COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        before = self.get(tenant_id, destination_id).updated_at
        return original(self, tenant_id, destination_id, before, changes)


@mutant("update", "DEST-018", also={"DEST-009": "GET says another time"})
def updated_at_moves_back(server: Faulty) -> None:
    """PATCH shows an updated_at that lies an hour before created_at."""

    @server.shown("updateDestination")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["updated_at"] = "2020-01-01T00:00:00Z"


@mutant("update", "DEST-019", also={"DEST-009": "it is another", "LIST-010": "it is another"})
def a_patch_moves_created_at(server: Faulty) -> None:
    """PATCH sets created_at anew."""

    @server.around(_COLLECTION, "update")
    def update(
        original: Any, self: Any, tenant_id: str, destination_id: str, now: str, changes: Any
    ) -> Any:
        original(self, tenant_id, destination_id, now, changes)
        self._database.execute(
            "UPDATE destinations SET created_at = ? WHERE tenant_id = ? AND id = ?",
            (now, tenant_id, destination_id),
        )
        return self.get(tenant_id, destination_id)


@mutant("update", "DEST-019")
def a_rename_shows_another_created_at(server: Faulty) -> None:
    """PATCH of the name answers with the time of the change as created_at."""

    @server.shown("updateDestination")
    def edit(document: Any, call: Call, given: Any) -> None:
        if "name" in given["body"]:
            document["created_at"] = document["updated_at"]


@mutant("delete", "DEST-020", also={"DEST": "it is not gone", "NAME-010": "its name is taken"})
def a_deleted_target_can_be_read(server: Faulty) -> None:
    """GET of a deleted target still shows it."""
    gone: dict[str, Response] = {}

    @server.handler("deleteDestination")
    def deleting(run: Any, call: Call, **given: Any) -> Any:
        before = call.store.destinations.find(call.tenant_id, given["destination_id"])
        response = run(call, **given)
        if before is not None:
            gone[f"{call.tenant_id}/{before.id}"] = wire.ok(wire.destination(before))
        return response

    @server.handler("getDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        kept = gone.get(f"{call.tenant_id}/{given['destination_id']}")
        return kept or run(call, **given)


@mutant("delete", "DEST-020")
def a_deleted_target_can_be_deleted_again(server: Faulty) -> None:
    """DELETE of a target that was deleted is a 204 again."""
    gone: set[str] = set()

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        place = f"{call.tenant_id}/{given['destination_id']}"
        if place in gone:
            return wire.deleted()
        response = run(call, **given)
        gone.add(place)
        return response


@mutant("delete", "DEST-020", also={"LIST-009": "it is listed", "DEST-009": "it is listed"})
def a_deleted_target_is_listed(server: Faulty) -> None:
    """The list still shows the target that was deleted last."""
    gone: dict[str, Any] = {}

    @server.handler("deleteDestination")
    def deleting(run: Any, call: Call, **given: Any) -> Any:
        before = call.store.destinations.find(call.tenant_id, given["destination_id"])
        response = run(call, **given)
        gone[call.tenant_id] = wire.destination(before) if before else None
        return response

    @server.shown("listDestinations")
    def edit(document: Any, call: Call, given: Any) -> None:
        if gone.get(call.tenant_id) and not given.get("cursor"):
            document["destinations"].insert(0, gone[call.tenant_id])


@mutant("delete", "DEST-021", also={"ORDER-011": "it is gone", "PROB-010": "there is no 409"})
def a_target_in_use_can_be_deleted(server: Faulty) -> None:
    """DELETE of a target in use takes the flows that use it along."""

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        try:
            return run(call, **given)
        except Conflict:
            call.store.database.execute(
                "DELETE FROM delivery_flows WHERE tenant_id = ? AND destination_id = ?",
                (call.tenant_id, given["destination_id"]),
            )
            return run(call, **given)


@mutant("delete", "DEST-021", also={"PROB-010": "its detail is another"})
def a_target_in_use_is_told_without_its_flow(server: Faulty) -> None:
    """The 409 of DELETE of a target in use names no flow."""

    @server.answers("deleteDestination")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 409 and b" is used by " in answer.body:
            answer.document = {**answer.document, "detail": "The destination is in use."}


@mutant("delete", "DEST-021")
def a_target_stays_in_use(server: Faulty) -> None:
    """A target that a flow has used cannot be deleted after that flow moved to another."""
    used: set[str] = set()

    @server.handler("replaceDeliveryFlow")
    def moving(run: Any, call: Call, **given: Any) -> Any:
        before = call.store.delivery_flows.get(call.tenant_id, given["flow_id"])
        response = run(call, **given)
        if before.destination_id != given["body"]["destination_id"]:
            used.add(before.destination_id)
        return response

    @server.handler("deleteDestination")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given["destination_id"] in used:
            raise Conflict(f"Destination {given['destination_id']} is used by flow 'x' (flow_x).")
        return run(call, **given)


@mutant("delete", "DEST-022")
def past_attempts_of_a_deleted_target_are_gone(server: Faulty) -> None:
    """The attempts to a target are deleted with it."""

    @server.around(_COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, destination_id: str) -> None:
        original(self, tenant_id, destination_id)
        self._database.execute(
            "DELETE FROM deliveries WHERE tenant_id = ? AND destination_id = ?",
            (tenant_id, destination_id),
        )


@mutant("filter", "DEST-022")
def a_deleted_target_is_no_filter(server: Faulty) -> None:
    """destination_id of a deleted target finds nothing."""

    @server.handler("listDeliveries")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        sought = given.get("destination_id")
        if sought and call.store.destinations.find(call.tenant_id, sought) is None:
            return wire.ok({"deliveries": []})
        return run(call, **given)
