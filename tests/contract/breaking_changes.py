"""Changes of the public contract that break customers: of operations, parameters and requests."""

from tests.contract.mutated import append, drop, everywhere, mutation, put, remove, rename

TARGETS = "/v1/tenants/{tenant_id}/destinations"
TARGET = f"{TARGETS}/{{destination_id}}"
FLOW = "/v1/tenants/{tenant_id}/delivery-flows/{flow_id}"
RETRY = "/v1/tenants/{tenant_id}/events/{event_id}/retry"
SCHEMAS = "components schemas"
PARAMETERS = "components parameters"
NEW_QUERY = {"name": "region", "in": "query", "required": True, "schema": {"type": "string"}}
BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EmptyObject"}}},
}

OPERATIONS = [
    mutation("a path goes", "is gone", drop("paths /v1/logs")),
    mutation("an operation goes", "is gone", drop(f"paths {TARGET} delete")),
    mutation("a path moves", "is GET /v1/log now", rename("paths /v1/logs", "/v1/log")),
    mutation("PUT becomes PATCH", "is PATCH", rename(f"paths {FLOW} put", "patch")),
    mutation(
        "an operationId moves",
        "the operationId is findDestinations",
        put(f"paths {TARGETS} get operationId", "findDestinations"),
    ),
    mutation(
        "a path parameter is renamed",
        "was called destination_id",
        rename(f"paths {TARGET}", f"{TARGETS}/{{target_id}}"),
        put(f"{PARAMETERS} DestinationId name", "target_id"),
    ),
    mutation(
        "another scope is asked for",
        "asks for read:deliveries",
        put(f"paths {TARGETS} get security", [{"bearer": ["read:deliveries"]}]),
    ),
    mutation(
        "a second scope is asked for",
        "asks for read:destinations and write:destinations",
        put(
            f"paths {TARGETS} post security",
            [{"bearer": ["write:destinations", "read:destinations"]}],
        ),
    ),
    mutation(
        "deleting needs admin",
        "asks for admin:destinations",
        put(f"paths {TARGET} delete security", [{"bearer": ["admin:destinations"]}]),
    ),
    mutation(
        "another credential is asked for",
        "asks for any basic credential",
        put("components securitySchemes basic", {"type": "http", "scheme": "basic"}),
        put(f"paths {TARGET} get security", [{"basic": []}]),
    ),
    mutation(
        "tokens move to a header of their own",
        "is apiKey, was http",
        put("components securitySchemes bearer", {"type": "apiKey", "in": "header", "name": "X"}),
    ),
    mutation(
        "an operation becomes internal",
        "the status label is INTERNAL_ONLY",
        put("paths /v1/logs get x-zen-status", "INTERNAL_ONLY"),
    ),
    mutation(
        "an operation stays in the sandbox",
        "the status label is SANDBOX_ONLY",
        put(f"paths {RETRY} post x-zen-status", "SANDBOX_ONLY"),
    ),
    mutation(
        "a member nobody knows comes to an operation",
        "`x-zen-quota` differs",
        put(f"paths {TARGETS} post x-zen-quota", 10),
    ),
    mutation("an address goes", "the server https://api.zen-mesh.io is gone", drop("servers 0")),
    mutation("OpenAPI 3.1", "written in OpenAPI 3.1.0", put("openapi", "3.1.0")),
]

PARAMETER_CHANGES = [
    mutation(
        "creating forgets its Idempotency-Key",
        "`Idempotency-Key` is gone",
        drop(f"paths {TARGETS} post parameters 0"),
    ),
    mutation(
        "Idempotency-Key is required",
        "`Idempotency-Key` is required",
        put(f"{PARAMETERS} IdempotencyKey required", True),
    ),
    mutation(
        "keys are shorter",
        "maxLength is 64",
        put(f"{PARAMETERS} IdempotencyKey schema maxLength", 64),
    ),
    mutation("pages are shorter", "maximum is 50", put(f"{PARAMETERS} Limit schema maximum", 50)),
    mutation("pages are longer", "minimum is 5", put(f"{PARAMETERS} Limit schema minimum", 5)),
    mutation("more rows", "is 50, was 20", put(f"{PARAMETERS} Limit schema default", 50)),
    mutation("no default", "is not said, was 20", drop(f"{PARAMETERS} Limit schema default")),
    mutation(
        "a filter has a default",
        'is "warn", was not said',
        put(f"{PARAMETERS} LogLevel schema default", "warn"),
    ),
    mutation(
        "cursors have fewer characters",
        "`cursor`: pattern is",
        put(f"{PARAMETERS} Cursor schema pattern", "^[A-Za-z0-9._=+/-]{1,1024}$"),
    ),
    mutation(
        "a filter goes",
        "query parameter `status` is gone",
        remove(
            "paths /v1/tenants/{tenant_id}/deliveries get parameters",
            {"$ref": "#/components/parameters/DeliveryStatus"},
        ),
    ),
    mutation(
        "a filter knows fewer values",
        '"retrying" is gone',
        remove(f"{PARAMETERS} DeliveryStatus schema enum", "retrying"),
    ),
    mutation("a filter is required", "is required", put(f"{PARAMETERS} Since required", True)),
    mutation(
        "a required parameter comes",
        "query parameter `region` is new and required",
        append("paths /v1/logs get parameters", NEW_QUERY),
    ),
    mutation(
        "a parameter is renamed",
        "query parameter `level` is gone",
        put(f"{PARAMETERS} LogLevel name", "severity"),
    ),
    mutation(
        "a parameter is written otherwise",
        "style is spaceDelimited",
        put(f"{PARAMETERS} LogLevel style", "spaceDelimited"),
    ),
    mutation("ids are shorter", "maxLength is 32", put(f"{SCHEMAS} Id maxLength", 32)),
    mutation("ids are longer", "maxLength is 128", put(f"{SCHEMAS} Id maxLength", 128)),
    mutation(
        "a parameter is of another type",
        "the type is string, was integer",
        put(f"{PARAMETERS} Limit schema", {"type": "string"}),
    ),
]

BODIES = [
    mutation("names are longer at least", "minLength is 3", put(f"{SCHEMAS} Name minLength", 3)),
    mutation("names are shorter", "maxLength is 80", put(f"{SCHEMAS} Name maxLength", 80)),
    mutation("names are ASCII", "pattern is ^[ -~]+$", put(f"{SCHEMAS} Name pattern", "^[ -~]+$")),
    mutation("urls are shorter", "is 1024", put(f"{SCHEMAS} TargetUrl maxLength", 1024)),
    mutation(
        "types are shorter",
        "pattern is ^[a-z][a-z0-9_-]{0,15}$",
        put(f"{SCHEMAS} TargetType pattern", "^[a-z][a-z0-9_-]{0,15}$"),
    ),
    mutation(
        "a member is required",
        "`type` in the request body is required",
        append(f"{SCHEMAS} DestinationCreate required", "type"),
    ),
    mutation(
        "a required member comes",
        "`region` in the request body is new and required",
        put(f"{SCHEMAS} DestinationCreate properties region", {"type": "string"}),
        append(f"{SCHEMAS} DestinationCreate required", "region"),
    ),
    mutation(
        "a member cannot be sent any more",
        "`secret` in the request body is gone",
        drop(f"{SCHEMAS} DestinationCreate properties secret"),
    ),
    mutation(
        "a member becomes read-only",
        "`type` in the request body is gone",
        put(f"{SCHEMAS} DestinationCreate properties type readOnly", True),
    ),
    mutation(
        "a default moves",
        'the default is "https"',
        put(f"{SCHEMAS} DestinationCreate properties type default", "https"),
    ),
    mutation(
        "a secret cannot be removed",
        "it cannot be null",
        drop(f"{SCHEMAS} DestinationPatch properties secret nullable"),
    ),
    mutation(
        "a target cannot be disabled",
        '"disabled" is gone',
        remove(f"{SCHEMAS} DestinationPatch properties status enum", "disabled"),
    ),
    mutation("two changes", "is 2", put(f"{SCHEMAS} DestinationPatch minProperties", 2)),
    mutation(
        "merge-patch goes",
        "application/merge-patch+json is not taken",
        drop(f"paths {TARGET} patch requestBody content application/merge-patch+json"),
    ),
    mutation(
        "a provider goes",
        '"twilio" is gone',
        remove(f"{SCHEMAS} IngesterInput properties type enum", "twilio"),
    ),
    mutation(
        "a provider is renamed",
        '"generic" is gone and "other" is new',
        put(
            f"{SCHEMAS} IngesterInput properties type enum",
            ["stripe", "github", "shopify", "twilio", "other"],
        ),
    ),
    mutation(
        "fewer attempts",
        "maximum is 5",
        put(f"{SCHEMAS} RetryPolicyInput properties max_attempts maximum", 5),
    ),
    mutation(
        "a slower default",
        "the default is 30, was 10",
        put(f"{SCHEMAS} RetryPolicyInput properties backoff_seconds default", 30),
    ),
    mutation(
        "smaller batches",
        "maxItems is 50",
        put(f"{SCHEMAS} RetryBatchInput properties delivery_ids maxItems", 50),
    ),
    mutation(
        "no id twice",
        "uniqueItems is true",
        put(f"{SCHEMAS} RetryBatchInput properties delivery_ids uniqueItems", True),
    ),
    mutation(
        "only multiples",
        "multipleOf is 5",
        put(f"{SCHEMAS} RetryPolicyInput properties backoff_seconds multipleOf", 5),
    ),
    mutation(
        "a body is required",
        "the request body is required",
        put(f"paths {RETRY} post requestBody required", True),
    ),
    mutation(
        "a body comes and is required",
        "a request body is required",
        put(f"paths {TARGET} delete requestBody", BODY),
    ),
    mutation("a body goes", "the request body is gone", drop(f"paths {RETRY} post requestBody")),
    mutation(
        "a member is renamed on both sides",
        "`source_id` in the request body is gone",
        everywhere("source_id", "ingester_id"),
    ),
    mutation(
        "a keyword nobody knows",
        "`not` differs",
        put(f"{SCHEMAS} Name not", {"enum": ["default"]}),
    ),
]
