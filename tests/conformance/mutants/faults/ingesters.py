"""Endpoints: ING."""

from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Answer, Asked
from tests.conformance.mutants.mutant import mutant
from zen_sandbox import wire
from zen_sandbox.problems import Conflict
from zen_sandbox.request.call import Call
from zen_sandbox.store import ingesters

_COLLECTION = ingesters.Ingesters
_TYPES = ["stripe", "github", "shopify", "twilio", "generic"]


@mutant("create", "ING-001", also={"ING": "the type is refused"})
def twilio_is_not_known(server: Faulty) -> None:
    """The type twilio is refused on create."""
    known = [one for one in _TYPES if one != "twilio"]
    server.body("createIngester", "type", enum=known)


@mutant("create", "ING-001", also={"ING": "the type is another"})
def shopify_becomes_generic(server: Faulty) -> None:
    """An endpoint of type shopify is made generic."""

    @server.handler("createIngester")
    def instead(run: Any, call: Call, body: Any) -> Any:
        return run(call, body={**body, "type": body["type"].replace("shopify", "generic")})


@mutant("create", "ING-001", also={"ING-004": "GET says otherwise"})
def a_new_endpoint_is_shown_as_disabled(server: Faulty) -> None:
    """The 201 of an endpoint has the status `disabled`."""

    @server.shown("createIngester")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["status"] = "disabled"


@mutant("validation", "ING-002", also={"BODY-011": "it is one of them"})
def any_type_is_taken_by_put(server: Faulty) -> None:
    """PUT of an endpoint takes any type in lower case."""
    server.body("replaceIngester", "type", "enum", pattern="^[a-z]+$")


@mutant("validation", "ING-002")
def a_type_in_capitals_is_taken(server: Faulty) -> None:
    """A provider type in other letter case is taken on create."""
    server.body("createIngester", "type", enum=[*_TYPES, *map(str.title, _TYPES), "STRIPE"])

    @server.handler("createIngester")
    def instead(run: Any, call: Call, body: Any) -> Any:
        return run(call, body={**body, "type": body["type"].lower()})


@mutant("validation", "ING-002")
def a_bad_type_is_told_with_a_list(server: Faulty) -> None:
    """The detail of a bad type on create lists the types there are."""
    server.body("createIngester", "type", "x-zen-message")


@mutant("create", "ING-003", also={"ING-004": "the list shows it otherwise than GET"})
def an_ingest_url_is_relative(server: Faulty) -> None:
    """The list of endpoints shows ingest_url as a path."""

    @server.shown("listIngesters")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["ingesters"]:
            row["ingest_url"] = f"/hooks/{row['id']}"


@mutant("create", "ING-003", also={"EVENT": "events go astray", "ING": "it is another"})
def endpoints_of_one_type_share_an_ingest_url(server: Faulty) -> None:
    """The endpoints of type github show one ingest_url."""

    @server.around(wire, "ingester")
    def ingester(original: Any, it: Any, *, base_url: str) -> Any:
        shown = original(it, base_url=base_url)
        return {**shown, "ingest_url": f"{base_url}/hooks/github"} if it.type == "github" else shown


@mutant("update", "ING-004")
def an_endpoint_is_listed_with_its_first_name(server: Faulty) -> None:
    """The list shows the name that an endpoint was made with."""
    first: dict[str, str] = {}

    @server.shown("createIngester")
    def note(document: Any, call: Call, given: Any) -> None:
        first[document["id"]] = document["name"]

    @server.shown("listIngesters")
    def edit(document: Any, call: Call, given: Any) -> None:
        for row in document["ingesters"]:
            row["name"] = first.get(row["id"], row["name"])


@mutant("update", "ING-004")
def an_endpoint_is_read_with_its_first_type(server: Faulty) -> None:
    """GET shows the type that an endpoint was made with."""
    first: dict[str, str] = {}

    @server.shown("createIngester")
    def note(document: Any, call: Call, given: Any) -> None:
        first[document["id"]] = document["type"]

    @server.shown("getIngester")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["type"] = first.get(document["id"], document["type"])


@mutant("problem", "ING-005")
def a_missing_endpoint_is_called_ingester(server: Faulty) -> None:
    """The detail of GET of a missing endpoint is `Ingester <id> not found.`"""

    @server.answers("getIngester")
    def rewrite(asked: Asked, answer: Answer) -> None:
        answer.body = answer.body.replace(b'"detail":"Endpoint ', b'"detail":"Ingester ')


@mutant("problem", "ING-005", also={"TENANT-005": "both are so"})
def a_missing_endpoint_is_told_without_its_id(server: Faulty) -> None:
    """The detail of DELETE of a missing endpoint is `Endpoint not found.`"""

    @server.answers("deleteIngester")
    def rewrite(asked: Asked, answer: Answer) -> None:
        if answer.status == 404:
            answer.document = {**answer.document, "detail": "Endpoint not found."}


@mutant("update", "ING-006", also={"ING": "the type stays"})
def put_keeps_the_type(server: Faulty) -> None:
    """PUT of an endpoint keeps the type that it was made with."""
    _replaced(server, lambda to, before: {**to, "type": before.type})


@mutant("update", "ING-006", also={"ING": "the name stays"})
def put_of_both_keeps_the_name(server: Faulty) -> None:
    """PUT of an endpoint that changes name and type changes the type only."""

    def change(to: Any, before: Any) -> Any:
        both = to["name"] != before.name and to["type"] != before.type
        return {**to, "name": before.name} if both else to

    _replaced(server, change)


def _replaced(server: Faulty, change: Any) -> None:
    @server.around(_COLLECTION, "replace")
    def replace(
        original: Any, self: Any, tenant_id: str, ingester_id: str, now: str, **to: Any
    ) -> Any:
        before = self.get(tenant_id, ingester_id)
        return original(self, tenant_id, ingester_id, now, **change(to, before))


@mutant("update", "ING-007", also={"ING-004": "GET says otherwise", "ING-003": "it is another"})
def a_replaced_endpoint_shows_another_ingest_url(server: Faulty) -> None:
    """PUT that changes the type answers with another ingest_url."""

    @server.shown("replaceIngester")
    def edit(document: Any, call: Call, given: Any) -> None:
        document["ingest_url"] += f"/{document['type']}"


@mutant("update", "ING-007", also={"ING": "it is another", "LIST-010": "it is another"})
def a_replaced_endpoint_is_made_anew(server: Faulty) -> None:
    """PUT of an endpoint sets created_at anew."""

    @server.around(_COLLECTION, "replace")
    def replace(
        original: Any, self: Any, tenant_id: str, ingester_id: str, now: str, **to: Any
    ) -> Any:
        original(self, tenant_id, ingester_id, now, **to)
        self._database.execute(
            "UPDATE ingesters SET created_at = ? WHERE tenant_id = ? AND id = ?",
            (now, tenant_id, ingester_id),
        )
        return self.get(tenant_id, ingester_id)


@mutant("update", "ING-008")
def a_replaced_endpoint_keeps_its_time(server: Faulty) -> None:
    """PUT of an endpoint leaves updated_at."""

    @server.around(_COLLECTION, "replace")
    def replace(
        original: Any, self: Any, tenant_id: str, ingester_id: str, now: str, **to: Any
    ) -> Any:
        before = self.get(tenant_id, ingester_id).updated_at
        return original(self, tenant_id, ingester_id, before, **to)


@mutant(
    "delete", "ING-009", also={"EVENT-005": "it is there", "ING": "it is there", "LIST": "likewise"}
)
def a_deleted_endpoint_is_listed(server: Faulty) -> None:
    """The list still shows the endpoint that was deleted last."""
    gone: dict[str, Any] = {}

    @server.around(_COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, ingester_id: str) -> None:
        before = self.find(tenant_id, ingester_id)
        original(self, tenant_id, ingester_id)
        gone[tenant_id] = before

    @server.shown("listIngesters")
    def edit(document: Any, call: Call, given: Any) -> None:
        if call.tenant_id in gone and not given.get("cursor"):
            shown = wire.ingester(gone[call.tenant_id], base_url=call.base_url)
            document["ingesters"].insert(0, shown)


@mutant("delete", "ING-009")
def a_deleted_endpoint_can_be_replaced(server: Faulty) -> None:
    """PUT of an endpoint that was deleted makes it again."""
    gone: set[str] = set()

    @server.around(_COLLECTION, "delete")
    def delete(original: Any, self: Any, tenant_id: str, ingester_id: str) -> None:
        original(self, tenant_id, ingester_id)
        gone.add(ingester_id)

    @server.around(_COLLECTION, "replace")
    def replace(
        original: Any, self: Any, tenant_id: str, ingester_id: str, now: str, **to: Any
    ) -> Any:
        if ingester_id in gone:
            gone.discard(ingester_id)
            return self.create(tenant_id, ingester_id, now, **to)
        return original(self, tenant_id, ingester_id, now, **to)


@mutant("delete", "ING-010", also={"ORDER-011": "it is gone", "PROB-010": "there is no 409"})
def an_endpoint_in_use_can_be_deleted(server: Faulty) -> None:
    """DELETE of an endpoint in use takes the flows that use it along."""

    @server.handler("deleteIngester")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        call.store.database.execute(
            "DELETE FROM delivery_flows WHERE tenant_id = ? AND source_id = ?",
            (call.tenant_id, given["ingester_id"]),
        )
        return run(call, **given)


@mutant("delete", "ING-010")
def an_endpoint_stays_in_use(server: Faulty) -> None:
    """An endpoint that a flow has used cannot be deleted after that flow was deleted."""
    used: set[str] = set()

    @server.handler("createDeliveryFlow")
    def making(run: Any, call: Call, **given: Any) -> Any:
        response = run(call, **given)
        used.add(given["body"]["source_id"])
        return response

    @server.handler("deleteIngester")
    def instead(run: Any, call: Call, **given: Any) -> Any:
        if given["ingester_id"] in used:
            raise Conflict(f"Endpoint {given['ingester_id']} is used by flow 'x' (flow_x).")
        return run(call, **given)
