"""Targets, flows and endpoints alike: what each is called on the wire, and how one is written.

A check that holds for every collection, or for every operation that writes a member, goes through
here, so that no operation is forgotten.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zen_conformance.answer import Answer, shows
from zen_conformance.failures import NotRun
from zen_conformance.pages import LONG_PAGE
from zen_conformance.tenant import NOWHERE, Tenant, a_name

Writer = Callable[..., Answer]
POLICY = ("max_attempts", "backoff_seconds")


@dataclass(frozen=True)
class Resource:
    """One of the three collections."""

    noun: str  # how details name it
    rows: str  # the list's member
    id_name: str
    listing: str
    create: str
    get: str
    update: str
    delete: str
    members: tuple[str, ...]  # the documented ones that a client writes
    shown: tuple[str, ...] = ("updated_at",)  # and further ones that a server shows

    @property
    def patched(self) -> bool:
        """Whether an update sends only what changes."""
        return self.update == "updateDestination"

    def body(self, api: Tenant) -> dict[str, Any]:
        """A whole body for a create; what it refers to is made."""
        if self is TARGET:
            return {"name": a_name("target"), "url": NOWHERE}
        if self is ENDPOINT:
            return {"name": a_name("endpoint"), "type": "generic"}
        return {
            "name": a_name("flow"),
            "source_id": api.a_source_id(),
            "destination_id": api.a_destination()["id"],
        }

    def made(self, api: Tenant, **members: Any) -> dict[str, Any]:
        """A new one; a precondition, as `Tenant.a_destination` is."""
        make = {TARGET: api.a_destination, FLOW: api.a_flow, ENDPOINT: api.an_ingester}[self]
        document: dict[str, Any] = make(**members)
        return document

    def ask(self, api: Tenant, operation_id: str, one: str, **more: Any) -> Answer:
        """An operation on the one of that id."""
        return api.call(operation_id, ids={self.id_name: one}, **more)

    def read(self, api: Tenant, one: str) -> Answer:
        """GET of it."""
        return self.ask(api, self.get, one)

    def absent(self, api: Tenant, *ids: str) -> list[str]:
        """Those ids that nothing of this kind has: a server may number each kind from 1."""
        return [one for one in ids if self.read(api, one).status == 404]

    def change(self, api: Tenant, document: Mapping[str, Any], **members: Any) -> Answer:
        """PATCH of those members, or PUT of the whole document with them."""
        if not self.patched:
            members = self.written(document) | members
        return self.ask(api, self.update, document["id"], json=members)

    def written(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What of a document a client may send again: not what a server shows beyond it."""
        own = {name: document[name] for name in self.members if name in document}
        config = own.get("config")
        policy = config.get("retry_policy") if isinstance(config, dict) else None
        if isinstance(policy, dict):
            own["config"] = {"retry_policy": {k: policy[k] for k in POLICY if k in policy}}
        return own

    def changed(self, api: Tenant, document: Mapping[str, Any], **members: Any) -> dict[str, Any]:
        """The document after such a change, which it shows; a precondition."""
        answer = self.change(api, document, **members).precondition(200)
        now: Any = answer.document
        if not isinstance(now, dict) or "id" not in now:
            raise NotRun(f"a precondition failed: {answer.asked} answered without an id")
        for name, value in members.items():
            if name in now and not shows(now[name], value):
                raise NotRun(f"a precondition failed: {name} was not changed by {answer.asked}")
        return now

    def remove(self, api: Tenant, one: str) -> Answer:
        """DELETE of it."""
        return self.ask(api, self.delete, one)

    def removed(self, api: Tenant, one: str) -> None:
        """It is deleted; a precondition."""
        self.remove(api, one).precondition(204)

    def listed(
        self, api: Tenant, ids: Collection[str], limit: int = LONG_PAGE
    ) -> dict[str, dict[str, Any]]:
        """The rows of those ids in the list, walked only as far as it takes."""
        return found(api.pages(self.listing, {"limit": limit}), self.rows, ids)

    def row(self, api: Tenant, one: str) -> dict[str, Any] | None:
        """Its row in the list, which is among the newest; None when a whole walk has none."""
        return self.listed(api, [one], limit=20).get(one)

    def shows_row(self, api: Tenant, one: str, read: Answer) -> None:
        """The list shows it, and each documented member as GET just did."""
        row = self.row(api, one)
        read.must(row is not None, f"the list does not show {one}")
        shown_row = (row or {}) | self.written(row or {})
        always = {name: read[name] for name in (*self.shown, "id", "status", "created_at")}
        for name, wanted in (self.written(read.document) | always).items():
            shown = shown_row.get(name)
            read.must(shown == wanted, f"the list shows {name} as {shown!r} and GET as {wanted!r}")

    def is_listed(self, api: Tenant, one: str) -> bool:
        """Whether a whole walk shows it, as it should not."""
        return bool(self.listed(api, [one]))


TARGET = Resource(
    "Destination",
    "destinations",
    "destination_id",
    "listDestinations",
    "createDestination",
    "getDestination",
    "updateDestination",
    "deleteDestination",
    ("name", "url", "type", "status"),
)
FLOW = Resource(
    "Flow",
    "delivery_flows",
    "flow_id",
    "listDeliveryFlows",
    "createDeliveryFlow",
    "getDeliveryFlow",
    "replaceDeliveryFlow",
    "deleteDeliveryFlow",
    ("name", "source_id", "destination_id", "config"),
)
ENDPOINT = Resource(
    "Endpoint",
    "ingesters",
    "ingester_id",
    "listIngesters",
    "createIngester",
    "getIngester",
    "replaceIngester",
    "deleteIngester",
    ("name", "type"),
    ("updated_at", "ingest_url"),
)
RESOURCES = (TARGET, FLOW, ENDPOINT)
RECIPE = "createClusterDeliveryFlow"
WRITES = {one.create: one for one in RESOURCES} | {RECIPE: FLOW} | {r.update: r for r in RESOURCES}
CREATES = (*(one.create for one in RESOURCES), RECIPE)
UPDATES = tuple(one.update for one in RESOURCES)


def writer(api: Tenant, operation_id: str) -> Writer:
    """Asks that operation, each time well formed but for the members it is called with.

    A create gets a name of its own each time, an update is of one resource made for it.
    """
    resource = WRITES[operation_id]
    if operation_id == resource.update:
        document = resource.made(api)
        return lambda **members: resource.change(api, document, **members)
    body = recipe_body(api) if operation_id == RECIPE else resource.body(api)
    return lambda **members: api.call(
        operation_id, json={**body, "name": a_name("created"), **members}
    )


def must_be_read(read: Answer, written: Answer, sent: Mapping[str, Any]) -> Answer:
    """What is read shows each member as it was sent, or as the write's own answer says it is.

    A write that does not take a member, or does not tell it rightly, is another requirement's.
    """
    read.expect(200)
    for name, value in sent.items():
        if not shows(read[name], value):
            read.expect_members(**{name: written[name]})
    return read


def recipe_body(api: Tenant, **members: Any) -> dict[str, Any]:
    """A whole body for a recipe; what it refers to is made unless given."""
    given = {"name": a_name("recipe"), **members}
    if "source" not in given:
        given["source"] = api.a_source_id()
    if "target" not in given:
        target = api.a_destination()
        given["target"] = {"id": target["id"], "type": target["type"]}
    return given


def a_recipe_flow(api: Tenant, **members: Any) -> dict[str, Any]:
    """A flow made by recipe, as the recipe shows it; a precondition."""
    answer = api.call(RECIPE, json=recipe_body(api, **members))
    if answer.status != 201 or not isinstance(answer.get("id"), str):
        raise NotRun(f"a precondition failed: {answer.asked} answered {answer.summary()}")
    document: dict[str, Any] = answer.document
    return document


def recipe_rows(
    api: Tenant, ids: Collection[str], cluster_id: str | None = None, limit: int = LONG_PAGE
) -> dict[str, dict[str, Any]]:
    """The rows of those ids in a cluster's list, walked only as far as it takes."""
    cluster = cluster_id or api.cluster_id
    pages = api.pages("listClusterDeliveryFlows", {"limit": limit}, cluster_id=cluster)
    return found(pages, "items", ids)


def found(pages: Iterator[Answer], member: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The rows of those ids, from no more pages than it takes."""
    rows: dict[str, dict[str, Any]] = {}
    for page in pages:
        rows |= {row["id"]: row for row in page.rows(member) if row.get("id") in ids}
        if len(rows) == len(set(ids)):
            break
    return rows


def unknown_ids() -> tuple[str, ...]:
    """Ids that nothing has, of every legal style."""
    own = a_name("").split()[-1]
    return (f"dest_{own}", f"flow_{own}", own, f"Z-{own}_", own * 2, f"0{own[:3]}-_-{own}")


_LONG = 12  # characters; what is left of a shorter one may be another thing's id


def near_ids(one: str) -> list[str]:
    """Ids that nothing has, and that a comparison by pattern or by beginning takes for that one."""
    half = len(one) // 2
    near = [f"{one[:-1]}_", f"{one[:half]}_{one[half + 1 :]}", one[:1] + "_" * (len(one) - 1)]
    if len(one) >= _LONG:
        near += [one[:-1], one[:half]]
    return [other for other in near if other != one and other[:1].isalnum()]
