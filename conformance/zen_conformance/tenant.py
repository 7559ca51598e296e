"""One tenant of the server under test, through one credential: calls by operationId, and makings.

`api.call("getDestination", destination_id=id)` is any request of the contract, well formed unless
the check says otherwise.  `api.a_destination()` is a precondition: when it cannot be made, the
check is not run instead of failed, because its own requirement was never looked at.
"""

import json as json_module
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure, NotOffered, NotRun
from zen_conformance.target_file import Credential, TenantEntry
from zen_conformance.traffic import Traffic

Query = Mapping[str, Any] | Sequence[tuple[str, str]]
_NO_IDS: Mapping[str, str] = {}
_NAMED_SCOPES = 4
LONGEST_WALK = 2000  # pages
# Who says nothing of encodings may be answered in any.
_TAKEN = (("Accept", "*/*"), ("Accept-Encoding", "identity"))
NOWHERE = "https://receiver.example.com/hooks"


@dataclass(frozen=True)
class Tenant:
    """A tenant and the credential that requests carry."""

    traffic: Traffic
    entry: TenantEntry
    credential: Credential | None
    source_ids: tuple[str, ...] = ()  # fixtures: endpoints that exist, where none can be made
    makes_ingesters: bool = True
    takes_events: bool = True
    event_ids: tuple[str, ...] = ()  # fixtures: events that exist, where none can be posted
    escapes: bool = True  # what is not ASCII in JSON

    @property
    def id(self) -> str:
        """The tenant's id."""
        return self.entry.id

    @property
    def cluster_id(self) -> str:
        """A cluster for the recipe paths, else NotOffered."""
        if not self.entry.clusters:
            raise NotOffered
        return self.entry.clusters[0]

    def using(self, credential: Credential | None) -> "Tenant":
        """The same tenant's paths, asked with another credential (None: with none at all)."""
        return replace(self, credential=credential)

    def call(
        self,
        operation_id: str,
        *,
        json: Any = ...,
        body: bytes | None = None,
        content_type: str | None = "application/json",
        query: Query = (),
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        key: str | None = None,
        patient: bool = True,
        chunked: bool = False,
        ids: Mapping[str, str] = _NO_IDS,
        **more_ids: str,
    ) -> Answer:
        """Ask an operation; `json` or `body` is its body, `key` its Idempotency-Key.

        Path parameters are given by name, `destination_id="dest_1"`, or all in `ids`; the tenant
        and its first cluster are filled in.
        """
        one = contract.operation(operation_id)
        ids = {**ids, **more_ids}
        if "{cluster_id}" in one.path and "cluster_id" not in ids:
            ids["cluster_id"] = self.cluster_id
        path = contract.path(one, {"tenant_id": self.id, **ids})
        if json is not ...:
            body = encoded(json, escapes=self.escapes)
        lines = list(headers.items() if isinstance(headers, Mapping) else headers)
        if body is not None and content_type is not None:
            lines.append(("Content-Type", content_type))
        if key is not None:
            lines.append(("Idempotency-Key", key))
        return self.raw(
            one.method,
            path + _query(query),
            lines,
            body,
            operation_id=operation_id,
            patient=patient,
            chunked=chunked,
        )

    def raw(
        self,
        method: str,
        path: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        *,
        operation_id: str | None = None,
        patient: bool = True,
        chunked: bool = False,
        origin: str | None = None,
    ) -> Answer:
        """Ask any path, percent-encoded already, with exactly those headers and the credential."""
        given = {name.lower() for name, _ in headers}
        taken = [line for line in _TAKEN if line[0].lower() not in given]
        lines = [*self._authorization(), *taken, *headers]
        return Answer(
            self.traffic.send(
                method,
                path,
                lines,
                body,
                operation_id=operation_id,
                credential=self._named(),
                patient=patient,
                chunked=chunked,
                origin=origin,
            )
        )

    def a_destination(self, **members: Any) -> Any:
        """A new target; its document."""
        given = {"name": a_name("target"), "url": NOWHERE, **members}
        return self._made("createDestination", given)

    def an_ingester(self, **members: Any) -> Any:
        """A new endpoint; its document."""
        if not self.makes_ingesters:
            raise NotOffered
        return self._made(
            "createIngester", {"name": a_name("endpoint"), "type": "generic", **members}
        )

    def a_source_id(self) -> str:
        """An endpoint's id to build flows on: a new one, or a fixture where none can be made."""
        if self.makes_ingesters:
            return str(self.an_ingester()["id"])
        if self.source_ids:
            return self.source_ids[0]
        raise NotOffered

    def a_flow(self, **members: Any) -> Any:
        """A new flow, on a new endpoint to a new target unless given; its document."""
        given = {"name": a_name("flow"), **members}
        if "source_id" not in given:
            given["source_id"] = self.a_source_id()
        if "destination_id" not in given:
            given["destination_id"] = self.a_destination()["id"]
        return self._made("createDeliveryFlow", given)

    def pages(
        self, operation_id: str, query: Mapping[str, Any] = {}, **ids: str
    ) -> Iterator[Answer]:
        """Each page of a walk, until there is no `next_cursor`; a cursor seen before fails."""
        seen: set[str] = set()
        cursor: str | None = None
        for _ in range(LONGEST_WALK):
            more = {"cursor": cursor} if cursor else {}
            answer = self.call(operation_id, query={**query, **more}, ids=ids).expect(200)
            yield answer
            cursor = answer.get("next_cursor")
            if cursor in (None, ""):  # that the end has no such member is LIST-007's
                return
            must_lead_on(answer, cursor, seen)
            seen.add(cursor)
        raise NotRun(f"the list is longer than {LONGEST_WALK} pages")

    def _made(self, operation_id: str, given: Mapping[str, Any]) -> Any:
        answer = self.call(operation_id, json=given)
        try:
            document = answer.expect(201).document
            answer["id"]
            if "type" in given:
                answer.expect_members(type=given["type"])
        except ConformanceFailure as failure:
            raise NotRun(f"a precondition failed: {failure.message}") from failure
        return document

    def _authorization(self) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {self.credential.token}")] if self.credential else []

    def _named(self) -> str:
        return described(self.credential)


def must_lead_on(answer: Answer, cursor: object, seen: Collection[str]) -> None:
    """A cursor is a new one, whatever list is walked and whatever for."""
    if not isinstance(cursor, str):
        raise _of_a_walk(answer, f"next_cursor is {cursor!r}", "WIRE-006")
    if cursor in seen:
        raise _of_a_walk(answer, f"the walk met the cursor {cursor!r} twice", "LIST-008")


def _of_a_walk(answer: Answer, message: str, requirement: str) -> ConformanceFailure:
    failure = answer.failure(message)
    failure.requirement = requirement
    return failure


def described(credential: Credential | None) -> str:
    """A credential in words, for a report."""
    if credential is None:
        return "no credential"
    named = sorted(credential.scopes)
    scopes = f"{len(named)} scopes" if len(named) > _NAMED_SCOPES else " ".join(named) or "no scope"
    return f"{credential.state} {credential.kind} of {credential.tenant} ({scopes})"


def encoded(document: Any, *, escapes: bool = True) -> bytes:
    """JSON in UTF-8; with escapes also what has no UTF-8, a lone surrogate."""
    return json_module.dumps(document, ensure_ascii=escapes).encode()


def a_name(word: str) -> str:
    """A name that nothing else has."""
    return f"zc {word} {uuid.uuid4().hex}"


def _query(query: Query) -> str:
    pairs = list(query.items() if isinstance(query, Mapping) else query)
    return "?" + urlencode(pairs) if pairs else ""
