"""Targets, made and read: DEST-001 to -006, -009 and -010."""

import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of, refused
from zen_sandbox import wire
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request.call import Call
from zen_sandbox.request.exchange import Response
from zen_sandbox.store import destinations

COLLECTION = destinations.Destinations


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

    @server.around(COLLECTION, "create")
    def create(original: Any, self: Any, *given: Any, **more: Any) -> Any:
        return original(
            self, *given, **{**more, "status": "disabled" if more.get("secret") else "active"}
        )


@mutant("create", "DEST-001", also={"DEST-006": "the url does not come back as given"})
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


@mutant("update", "DEST-009")
def a_changed_target_is_listed_as_it_was(server: Faulty) -> None:
    """The list shows the url that a target was made with."""
    first: dict[str, str] = {}

    @server.around(COLLECTION, "create")
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
