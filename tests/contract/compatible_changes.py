"""Changes of the public contract that break no code that keeps to it."""

from tests.contract.breaking_answers import HEADERS, RESPONSES
from tests.contract.breaking_changes import (
    BODY,
    NEW_QUERY,
    PARAMETERS,
    SCHEMAS,
    TARGET,
    TARGETS,
)
from tests.contract.mutated import append, drop, mutation, put, remove

LISTS = {
    "DestinationList": "destinations",
    "DeliveryFlowList": "delivery_flows",
    "DeliveryList": "deliveries",
    "IngesterList": "ingesters",
    "LogList": "logs",
    "ClusterDeliveryFlowList": "items",
}
LOCKED = {
    "allOf": [
        {"$ref": "#/components/schemas/Problem"},
        {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": ["https://api.zen-mesh.io/errors/locked"]}
            },
        },
    ]
}
OPERATION = {
    "operationId": "countDestinations",
    "summary": "Count targets",
    "description": "How many there are.",
    "tags": ["Targets"],
    "x-zen-status": "WIRED_SANDBOX",
    "security": [{"bearer": ["read:destinations"]}],
    "responses": {"204": {"description": "None."}},
}

OF_OPERATIONS = [
    mutation("a path comes", "is new", put("paths /v1/count", {"get": OPERATION})),
    mutation("an operation comes", "is new", put(f"paths {TARGETS} options", OPERATION)),
    mutation(
        "no credential is needed",
        "asks for no credential",
        put("paths /v1/logs get security", []),
    ),
    mutation(
        "any token will do",
        "asks for any bearer credential",
        drop("paths /v1/logs get security"),
    ),
    mutation(
        "another scope will do too",
        "asks for read:logs or write:logs",
        append("paths /v1/logs get security", {"bearer": ["write:logs"]}),
    ),
    mutation(
        "an operation is deprecated",
        "the operation is deprecated",
        put("paths /v1/logs get deprecated", True),
    ),
    mutation(
        "a server comes",
        "the server https://eu.zen-mesh.io is new",
        append("servers", {"url": "https://eu.zen-mesh.io"}),
    ),
    mutation(
        "a credential comes",
        "the security scheme basic is new",
        put("components securitySchemes basic", {"type": "http", "scheme": "basic"}),
    ),
    mutation(
        "a link comes",
        "the link list of the 201 answer is new",
        put(f"paths {TARGETS} post responses 201 links list", {"operationId": "listDestinations"}),
    ),
    mutation(
        "a link goes",
        "the link delete of the 201 answer is gone",
        drop(f"paths {TARGETS} post responses 201 links delete"),
    ),
]

OF_REQUESTS = [
    mutation(
        "an optional parameter comes",
        "`region` is new",
        append("paths /v1/logs get parameters", {**NEW_QUERY, "required": False}),
    ),
    mutation(
        "reading takes an Idempotency-Key",
        "`Idempotency-Key` is new",
        append("paths /v1/logs get parameters", {"$ref": "#/components/parameters/IdempotencyKey"}),
    ),
    mutation(
        "longer pages can be asked for",
        "`limit`: maximum is 200",
        put(f"{PARAMETERS} Limit schema maximum", 200),
        *(put(f"{SCHEMAS} {one} properties {key} maxItems", 200) for one, key in LISTS.items()),
    ),
    mutation("pages may be empty", "minimum is 0", put(f"{PARAMETERS} Limit schema minimum", 0)),
    mutation("no longest page", "100 is gone", drop(f"{PARAMETERS} Limit schema maximum")),
    mutation(
        "longer keys",
        "pattern is ^[!-~]{1,512}$",
        put(f"{PARAMETERS} IdempotencyKey schema maxLength", 512),
        put(f"{PARAMETERS} IdempotencyKey schema pattern", "^[!-~]{1,512}$"),
    ),
    mutation(
        "cursors may have more characters",
        "pattern is",
        put(f"{PARAMETERS} Cursor schema pattern", "^[A-Za-z0-9._~=+/:-]{1,1024}$"),
    ),
    mutation(
        "no pattern for cursors",
        "is gone",
        drop(f"{PARAMETERS} Cursor schema pattern"),
    ),
    mutation(
        "a filter knows more values",
        '"canceled" is new',
        append(f"{PARAMETERS} DeliveryStatus schema enum", "canceled"),
    ),
    mutation("any level", "any value fits", drop(f"{PARAMETERS} LogLevel schema enum")),
    mutation(
        "a parameter is deprecated",
        "`level` is deprecated",
        put(f"{PARAMETERS} LogLevel deprecated", True),
    ),
    mutation(
        "a refusal reads differently",
        "the message of its 400",
        put(f"{PARAMETERS} Limit schema x-zen-message", "must be 1 to 100"),
    ),
    mutation(
        "a provider comes",
        '"gitlab" is new',
        append(f"{SCHEMAS} IngesterInput properties type enum", "gitlab"),
    ),
    mutation(
        "larger batches",
        "maxItems is 500",
        put(f"{SCHEMAS} RetryBatchInput properties delivery_ids maxItems", 500),
    ),
    mutation(
        "an empty batch",
        "minItems is 0",
        put(f"{SCHEMAS} RetryBatchInput properties delivery_ids minItems", 0),
    ),
    mutation(
        "a member may be left out",
        "`url` in the request body is optional",
        remove(f"{SCHEMAS} DestinationCreate required", "url"),
    ),
    mutation(
        "a member may be sent",
        "`region` in the request body is new",
        put(f"{SCHEMAS} DestinationCreate properties region", {"type": "string"}),
    ),
    mutation(
        "unknown members are passed over",
        "more room",
        drop(f"{SCHEMAS} DestinationCreate additionalProperties"),
    ),
    mutation("an empty patch", "1 is gone", drop(f"{SCHEMAS} DestinationPatch minProperties")),
    mutation(
        "a status may be set",
        '"paused" is new',
        append(f"{SCHEMAS} DestinationPatch properties status enum", "paused"),
    ),
    mutation(
        "a status may be null",
        "it can be null",
        put(f"{SCHEMAS} DestinationPatch properties status nullable", True),
    ),
    mutation(
        "another media type is taken",
        "application/cbor is taken too",
        put(
            f"paths {TARGETS} post requestBody content application/cbor",
            {"schema": {"$ref": "#/components/schemas/DestinationCreate"}},
        ),
    ),
    mutation(
        "a body may be left out",
        "the request body is optional",
        put(f"paths {TARGETS} post requestBody required", False),
    ),
    mutation(
        "a body may be sent",
        "a request body may be sent",
        put(f"paths {TARGET} delete requestBody", {**BODY, "required": False}),
    ),
    mutation(
        "longer secrets",
        "maxLength is 120",
        put(f"{SCHEMAS} SigningSecret properties value maxLength", 120),
    ),
    mutation(
        "an empty retry may say more",
        "maxProperties is 3",
        put(f"{SCHEMAS} EmptyObject maxProperties", 3),
    ),
]

OF_ANSWERS = [
    mutation(
        "an answer grows",
        "region` in the 200 answer is new",
        put(f"{SCHEMAS} Destination properties region", {"type": "string"}),
    ),
    mutation(
        "an answer grows by what is always there",
        "region` in the 200 answer is new",
        put(f"{SCHEMAS} Destination properties region", {"type": "string"}),
        append(f"{SCHEMAS} Destination required", "region"),
    ),
    mutation(
        "a member is always there",
        "response_code` in the 200 answer is required",
        append(f"{SCHEMAS} Delivery required", "response_code"),
    ),
    mutation(
        "an open list of values grows",
        '"paused" is new',
        append(f"{SCHEMAS} Destination properties status x-extensible-enum", "paused"),
    ),
    mutation(
        "an open list of values shrinks",
        '"error" is no longer listed',
        remove(f"{SCHEMAS} Destination properties status x-extensible-enum", "error"),
    ),
    mutation(
        "a closed list of values shrinks",
        '"debug" is gone',
        remove(f"{SCHEMAS} Log properties level enum", "debug"),
    ),
    mutation(
        "shorter messages",
        "maxLength is 1000",
        put(f"{SCHEMAS} Delivery properties error_message maxLength", 1000),
    ),
    mutation(
        "shorter pages",
        "maxItems is 50",
        put(f"{SCHEMAS} DeliveryList properties deliveries maxItems", 50),
    ),
    mutation(
        "fewer response codes",
        "maximum is 510",
        put(f"{SCHEMAS} Delivery properties response_code maximum", 510),
    ),
    mutation(
        "an answer is closed",
        "less room",
        put(f"{SCHEMAS} EventRetry additionalProperties", False),
    ),
    mutation(
        "a member is deprecated",
        "response_code` in the 200 answer is deprecated",
        put(f"{SCHEMAS} Delivery properties response_code deprecated", True),
    ),
    mutation(
        "another refusal",
        "the 423 answer is new",
        put(
            f"paths {TARGET} patch responses 423",
            {"$ref": "#/components/responses/DestinationNotFound"},
        ),
    ),
    mutation(
        "another problem",
        "errors/locked is new",
        append(f"{RESPONSES} Forbidden content application/problem+json schema oneOf", LOCKED),
    ),
    mutation(
        "an only problem gets a neighbour",
        "errors/locked is new",
        put(
            f"{RESPONSES} ForbiddenScope content application/problem+json schema",
            {"oneOf": [{"$ref": "#/components/schemas/InsufficientScope"}, LOCKED]},
        ),
    ),
    mutation(
        "a header comes",
        "the header Retry-After of the 409 answer is new",
        put(
            f"{RESPONSES} DestinationNameTaken headers Retry-After",
            {"$ref": "#/components/headers/Retry-After"},
        ),
    ),
    mutation(
        "a header is always there",
        "is required, was optional",
        put(f"{HEADERS} Scope-Challenge required", True),
    ),
    mutation(
        "a header is shorter",
        "maxLength is 1024",
        put(f"{HEADERS} Location schema maxLength", 1024),
    ),
    mutation(
        "an answer comes as another type too",
        "comes as application/cbor too",
        put(f"paths {TARGET} get responses 200 content application/cbor", {}),
    ),
]

COMPATIBLE = [*OF_OPERATIONS, *OF_REQUESTS, *OF_ANSWERS]
