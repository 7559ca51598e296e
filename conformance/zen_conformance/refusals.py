"""Every way that a request can be refused before it has an effect, in the order of the checks.

A defect spoils a request that would succeed, and says how the request is then refused.  Defects
go together: of two, the request is refused for the one that the contract checks first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.operation_cases import (
    LISTS,
    OBJECT_ID,
    WITH_BODY,
    Arguments,
    kind_of,
    standing_request,
)
from zen_conformance.standing import UNKNOWN_ID, Standing, standing
from zen_conformance.suite import Suite
from zen_conformance.target_file import Credential
from zen_conformance.tenant import Tenant, encoded

TOO_LARGE = 1024 * 1024 + 1


@dataclass(frozen=True)
class Draft:
    """A request that is not sent yet."""

    suite: Suite
    operation_id: str
    tenant: Tenant
    ids: dict[str, str]
    document: Any = ...  # the body's value
    body: bytes | None = None  # instead of the document
    size: int = 0
    content_type: str = "application/json"
    key: str | None = None
    query: dict[str, Any] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """What the run made once for the primary tenant, whose requests are spoiled here."""
        return standing(self.suite.primary)

    def send(self) -> Answer:
        """The answer."""
        body = self.body
        if body is None and self.document is not ...:
            body = encoded(self.document)
        if body is not None:
            body += b" " * (self.size - len(body))
        return self.tenant.call(
            self.operation_id,
            body=body,
            content_type=self.content_type,
            key=self.key,
            query=self.query,
            ids=self.ids,
        )


@dataclass(frozen=True)
class Defect:
    """One thing wrong with a request."""

    name: str
    stage: int  # of two defects, that of the smaller stage is what the request is refused for
    status: int
    slug: str
    concerns: Callable[[str], bool]  # whether the operation can have it
    spoil: Callable[[Draft], Draft]

    def must_be_told(self, answer: Answer, why: str) -> None:
        """The request was refused for this."""
        answer.expect_problem(self.status, self.slug, why=why)


def draft(suite: Suite, operation_id: str, arguments: Arguments | None = None) -> Draft:
    """A request that would succeed."""
    given = arguments or standing_request(suite.primary, operation_id)
    ids, document = dict(given["ids"]), given.get("json", ...)
    return Draft(suite, operation_id, suite.primary, ids, document)


def _anything(operation_id: str) -> bool:
    return True


def _body(operation_id: str) -> bool:
    return operation_id in WITH_BODY


def _keyed(operation_id: str) -> bool:
    return contract.operation(operation_id).takes_idempotency_key


def _flow_body(operation_id: str) -> bool:
    return _body(operation_id) and "Flow" in operation_id


def _with_object(operation_id: str) -> bool:
    return kind_of(operation_id) is not None or operation_id in (
        "retryEvent",
        "retryBatch",
        "listClusterDeliveryFlows",
        "createClusterDeliveryFlow",
    )


def _named(operation_id: str) -> bool:
    return _body(operation_id) and not operation_id.startswith("retry")


def _deletes_used(operation_id: str) -> bool:
    return operation_id in ("deleteDestination", "deleteIngester")


def _token(token: str | None) -> Callable[[Draft], Draft]:
    def spoil(one: Draft) -> Draft:
        credential = token and Credential("primary", "api_key", token, frozenset(), "malformed")
        return replace(one, tenant=one.tenant.using(credential or None))

    return spoil


def _another_tenant(one: Draft) -> Draft:
    return replace(one, ids={**one.ids, "tenant_id": one.suite.other.id})


def _no_scope(one: Draft) -> Draft:
    return replace(one, tenant=one.tenant.using(one.suite.credential(scopes=frozenset())))


def _truncated(one: Draft) -> Draft:
    return replace(one, body=encoded(one.document)[:-1])


def _unknown_member(one: Draft) -> Draft:
    return replace(one, document={**one.document, "zc_unknown": 1})


def _unknown_reference(one: Draft) -> Draft:
    document = dict(one.document)
    if "destination_id" in document:
        document["destination_id"] = UNKNOWN_ID
    else:
        document["target"] = {**document["target"], "id": UNKNOWN_ID}
    return replace(one, document=document)


def _unknown_source(one: Draft) -> Draft:
    return replace(one, document={**one.document, "source_id": UNKNOWN_ID})


def _unknown_object(one: Draft) -> Draft:
    if one.operation_id == "retryBatch":
        return replace(one, document={**one.document, "delivery_ids": [UNKNOWN_ID]})
    kind = kind_of(one.operation_id)
    name = OBJECT_ID[kind] if kind else "cluster_id"
    name = "event_id" if one.operation_id == "retryEvent" else name
    return replace(one, ids={**one.ids, name: UNKNOWN_ID})


def _unknown_endpoint(one: Draft) -> Draft:
    return replace(one, document={**one.document, "source": UNKNOWN_ID})


def _name_taken(one: Draft) -> Draft:
    made = one.standing
    kind = kind_of(one.operation_id)
    # A name that another resource than the one in the path has.
    if "Flow" in one.operation_id:
        taken = (made.second_flow if kind else made.flow)["name"]
    elif "Destination" in one.operation_id:
        taken = (made.lonely_destination if kind else made.destination)["name"]
    else:
        taken = (made.lonely_ingester if kind else made.ingester)["name"]
    return replace(one, document={**one.document, "name": taken})


def _in_use(one: Draft) -> Draft:
    flow = one.standing.flow
    if one.operation_id == "deleteDestination":
        return replace(one, ids={**one.ids, "destination_id": flow["destination_id"]})
    return replace(one, ids={**one.ids, "ingester_id": flow["source_id"]})


def _in_a_tenants_path(operation_id: str) -> bool:
    return "{tenant_id}" in contract.operation(operation_id).path


_REFUSED = "validation-error"
DEFECTS = (
    Defect("no credential", 1, 401, "unauthorized", _anything, _token(None)),
    Defect("an unknown token", 1, 401, "unauthorized", _anything, _token("zpk_unknown")),
    Defect("another tenant's path", 2, 403, "permission-denied", _in_a_tenants_path,
           _another_tenant),
    Defect("no scope", 3, 403, "insufficient-scope", _anything, _no_scope),
    Defect("a body too large", 4, 413, "payload-too-large", _body,
           lambda one: replace(one, size=TOO_LARGE)),
    Defect("another media type", 4, 415, "unsupported-media-type", _body,
           lambda one: replace(one, content_type="text/plain")),
    Defect("no JSON", 5, 400, _REFUSED, _body, _truncated),
    Defect("an unknown member", 5, 400, _REFUSED, _body, _unknown_member),
    Defect("a bad key", 5, 400, _REFUSED, _keyed, lambda one: replace(one, key="z c")),
    Defect("a bad limit", 5, 400, _REFUSED, lambda name: name in LISTS,
           lambda one: replace(one, query={**one.query, "limit": 0})),
    Defect("a used key", 6, 409, "idempotency-conflict", _keyed,
           lambda one: replace(one, key=one.standing.used_key)),
    Defect("an unknown target", 7, 400, _REFUSED, _flow_body, _unknown_reference),
    Defect("an unknown source", 7, 400, _REFUSED,
           lambda name: _flow_body(name) and "Cluster" not in name, _unknown_source),
    Defect("an unknown object", 8, 404, "not-found", _with_object, _unknown_object),
    Defect("an unknown endpoint", 8, 404, "not-found",
           lambda name: name == "createClusterDeliveryFlow", _unknown_endpoint),
    Defect("an unknown event", 8, 404, "not-found", lambda name: name == "listDeliveries",
           lambda one: replace(one, query={**one.query, "event_id": UNKNOWN_ID})),
    Defect("a taken name", 9, 409, "conflict", _named, _name_taken),
    Defect("a use of it", 9, 409, "conflict", _deletes_used, _in_use),
)  # fmt: skip


def no_longer_good(state: str) -> Defect:
    """A credential that is in that state by now."""
    return Defect(
        f"a credential that is {state}", 1, 401, "unauthorized", _anything,
        lambda one: replace(one, tenant=one.tenant.using(one.suite.credential(state=state))),
    )  # fmt: skip


def defects(operation_id: str) -> Iterator[Defect]:
    """What can be wrong with a request for that operation."""
    for one in DEFECTS:
        if one.concerns(operation_id):
            yield one


def pairs(operation_id: str) -> Iterator[tuple[Defect, Defect]]:
    """Two defects that can be told apart and go together, the one that counts first."""
    for first in defects(operation_id):
        for second in defects(operation_id):
            same = (first.status, first.slug) == (second.status, second.slug)
            if first.stage < second.stage and not same and not _exclude(first, second):
                yield first, second


def _exclude(first: Defect, second: Defect) -> bool:
    """Whether the two would have to spoil one and the same part of the request."""
    names = {first.name, second.name}
    return names == {"a bad key", "a used key"} or names == {"an unknown object", "a use of it"}
