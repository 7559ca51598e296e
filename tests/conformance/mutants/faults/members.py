"""The members of request bodies: BODY-008 to -012."""

import json
import re
from typing import Any

from tests.conformance.mutants.faulty import Faulty
from tests.conformance.mutants.front import Asked
from tests.conformance.mutants.mutant import mutant
from tests.conformance.mutants.pieces import body_of
from zen_sandbox.problems import ValidationFailed
from zen_sandbox.request import strict_json


def _put(asked: Asked, document: Any) -> None:
    asked.body = json.dumps(document).encode()


@mutant("validation", "BODY-008")
def a_retry_policy_may_hold_anything(server: Faulty) -> None:
    """An unknown member of config.retry_policy is ignored by PUT."""
    server.body("replaceDeliveryFlow", "config.retry_policy", additionalProperties=True)

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Any, **given: Any) -> Any:
        policy = given["body"].get("config", {}).get("retry_policy", {})
        for name in set(policy) - {"max_attempts", "backoff_seconds"}:
            del policy[name]
        return run(call, **given)


@mutant("validation", "BODY-008")
def a_flows_config_may_hold_anything(server: Faulty) -> None:
    """An unknown member of a flow's config is ignored."""
    server.body("createDeliveryFlow", "config", additionalProperties=True)


@mutant("validation", "BODY-008")
def a_recipes_target_may_hold_anything(server: Faulty) -> None:
    """An unknown member of a recipe's target is ignored."""
    server.body("createClusterDeliveryFlow", "target", additionalProperties=True)


@mutant("validation", "BODY-008")
def a_secret_may_hold_anything(server: Faulty) -> None:
    """An unknown member of the secret in PATCH is ignored."""
    server.body("updateDestination", "secret", additionalProperties=True)


@mutant("validation", "BODY-008", also={"RETRY-007": "a body is not looked at"})
def a_retrys_body_is_not_looked_at(server: Faulty) -> None:
    """A retry takes a body with members."""
    server.body("retryEvent", "", "maxProperties", additionalProperties=True)


@mutant("validation", "BODY-008", also={"BODY-009": "read-only members are unknown ones"})
def an_endpoints_put_may_hold_anything(server: Faulty) -> None:
    """An unknown member in PUT of an endpoint is ignored."""
    server.body("replaceIngester", "", additionalProperties=True)

    @server.handler("replaceIngester")
    def instead(run: Any, call: Any, **given: Any) -> Any:
        body = {name: given["body"][name] for name in ("name", "type")}
        return run(call, **{**given, "body": body})


@mutant("validation", "BODY-009")
def an_id_in_a_create_is_ignored(server: Faulty) -> None:
    """POST of a target ignores an `id` in its body."""

    @server.requests("createDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and "id" in document:
            del document["id"]
            _put(asked, document)


@mutant("validation", "BODY-009")
def created_at_in_a_patch_is_ignored(server: Faulty) -> None:
    """PATCH ignores created_at beside other members."""

    @server.requests("updateDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and "created_at" in document and len(document) > 1:
            del document["created_at"]
            _put(asked, document)


@mutant("validation", "BODY-009")
def an_ingest_url_in_a_put_is_ignored(server: Faulty) -> None:
    """PUT of an endpoint ignores an ingest_url."""

    @server.requests("replaceIngester")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.pop("ingest_url", None) is not None:
            _put(asked, document)


@mutant("update", "BODY-010")
def a_put_without_type_keeps_it(server: Faulty) -> None:
    """PUT of an endpoint without type keeps the type that is there."""
    server.body("replaceIngester", "", required=["name"])

    @server.handler("replaceIngester")
    def instead(run: Any, call: Any, **given: Any) -> Any:
        found = call.store.ingesters.find(call.tenant_id, given["ingester_id"])
        kept = {"type": found.type} if found else {"type": "generic"}
        return run(call, **{**given, "body": {**kept, **given["body"]}})


@mutant("update", "BODY-010")
def a_put_without_target_keeps_it(server: Faulty) -> None:
    """PUT of a flow without destination_id keeps the target that is there."""
    server.body("replaceDeliveryFlow", "", required=["name", "source_id"])

    @server.handler("replaceDeliveryFlow")
    def instead(run: Any, call: Any, **given: Any) -> Any:
        flow = call.store.delivery_flows.get(call.tenant_id, given["flow_id"])
        kept = {"destination_id": flow.destination_id}
        return run(call, **{**given, "body": {**kept, **given["body"]}})


@mutant("create", "BODY-010")
def a_recipe_needs_no_target_type(server: Faulty) -> None:
    """A recipe create without target.type takes the target's own."""
    server.body("createClusterDeliveryFlow", "target", required=["id"])

    @server.handler("createClusterDeliveryFlow")
    def instead(run: Any, call: Any, **given: Any) -> Any:
        target = given["body"]["target"]
        found = call.store.destinations.find(call.tenant_id, target["id"])
        target.setdefault("type", found.type if found else "webhook")
        return run(call, **given)


@mutant("validation", "BODY-011", also={"FLOW-003": "a text is one of the other values"})
def a_number_in_quotes_is_taken(server: Faulty) -> None:
    """max_attempts may be a string of digits."""

    @server.requests("createDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        asked.body = re.sub(rb'("max_attempts":\s*)"(\d+)"', rb"\1\2", asked.body)


@mutant("validation", "BODY-011", also={"FLOW-004": "true is one of the other values"})
def true_is_taken_for_one(server: Faulty) -> None:
    """backoff_seconds may be `true` in PUT, which is 1."""

    @server.requests("replaceDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        asked.body = re.sub(rb'("backoff_seconds":\s*)true', rb"\g<1>1", asked.body)


@mutant("validation", "BODY-011")
def a_config_of_null_is_none(server: Faulty) -> None:
    """A `config` of null is taken as left out on create."""

    @server.requests("createDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.get("config", ...) is None:
            del document["config"]
            _put(asked, document)


@mutant("validation", "BODY-011")
def a_retry_policy_of_null_is_none(server: Faulty) -> None:
    """A `retry_policy` of null is taken as left out by PUT."""

    @server.requests("replaceDeliveryFlow")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        config = document.get("config") if isinstance(document, dict) else None
        if isinstance(config, dict) and config.get("retry_policy", ...) is None:
            del config["retry_policy"]
            _put(asked, document)


@mutant("validation", "BODY-011")
def a_number_for_a_name_becomes_text(server: Faulty) -> None:
    """A name that is a number becomes text in POST of an endpoint."""

    @server.requests("createIngester")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("name"), int | float):
            document["name"] = str(document["name"])
            _put(asked, document)


@mutant("validation", "BODY-011", also={"DEST-007": "a text is another form of a secret"})
def a_secret_may_be_its_text(server: Faulty) -> None:
    """The secret of a create may be the text itself instead of an object."""

    @server.requests("createDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and isinstance(document.get("secret"), str):
            if document["secret"].startswith("whsec_"):
                document["secret"] = {"value": document["secret"]}
            else:
                del document["secret"]
            _put(asked, document)


@mutant("validation", "BODY-011", also={"DEST-002": "null is another type"})
def a_type_of_null_is_the_default(server: Faulty) -> None:
    """A `type` of null is taken as left out on create of a target."""

    @server.requests("createDestination")
    def rewrite(asked: Asked) -> None:
        document = body_of(asked)
        if isinstance(document, dict) and document.get("type", ...) is None:
            del document["type"]
            _put(asked, document)


@mutant("validation", "BODY-012")
def a_key_given_twice_is_taken(server: Faulty) -> None:
    """The last of two equal keys counts."""

    @server.around(strict_json, "read")
    def read(original: Any, body: bytes) -> Any:
        try:
            return original(body)
        except ValidationFailed as problem:
            if "given twice" in problem.detail:
                return json.loads(body)
            raise
