"""Changes of the public contract that break customers: of what comes back."""

from tests.contract.breaking_changes import SCHEMAS, TARGET, TARGETS
from tests.contract.mutated import append, drop, mutation, put, remove, rename

RESPONSES = "components responses"
HEADERS = "components headers"

MEMBERS = [
    mutation(
        "a member goes",
        "`deliveries[].evidence_id` in the 200 answer is gone",
        drop(f"{SCHEMAS} Delivery properties evidence_id"),
        remove(f"{SCHEMAS} Delivery required", "evidence_id"),
    ),
    mutation(
        "an optional member goes",
        "error_message` in the 200 answer is gone",
        drop(f"{SCHEMAS} Delivery properties error_message"),
    ),
    mutation(
        "a member may be absent",
        "updated_at` in the 200 answer is optional",
        remove(f"{SCHEMAS} Destination required", "updated_at"),
    ),
    mutation(
        "a member is not returned",
        "url` in the 200 answer is gone",
        put(f"{SCHEMAS} Destination properties url", {"type": "string", "writeOnly": True}),
    ),
    mutation(
        "a number becomes a text",
        "the type is string, was integer",
        put(f"{SCHEMAS} Delivery properties response_code type", "string"),
    ),
    mutation(
        "an integer may have a fraction",
        "the type is number, was integer",
        put(f"{SCHEMAS} Delivery properties attempt_number type", "number"),
    ),
    mutation(
        "the cursor is called otherwise",
        "`next_cursor` in the 200 answer is gone",
        rename(f"{SCHEMAS} DestinationList properties next_cursor", "cursor"),
    ),
    mutation(
        "the list is called otherwise",
        "`destinations` in the 200 answer is gone",
        rename(f"{SCHEMAS} DestinationList properties destinations", "items"),
        put(f"{SCHEMAS} DestinationList required", ["items"]),
    ),
    mutation(
        "the error list tells no field",
        "`errors[].field` in the 400 answer is gone",
        drop(f"{SCHEMAS} ValidationError allOf 1 properties errors items properties field"),
        put(f"{SCHEMAS} ValidationError allOf 1 properties errors items required", ["message"]),
    ),
    mutation(
        "a problem need not say its detail",
        "`detail` in the 400 answer is optional",
        remove(f"{SCHEMAS} Problem required", "detail"),
    ),
    mutation(
        "an inner object loses a member",
        "`items[].target.type` in the 200 answer is gone",
        drop(f"{SCHEMAS} ClusterDeliveryFlow properties target properties type"),
        put(f"{SCHEMAS} ClusterDeliveryFlow properties target required", ["id"]),
    ),
]

VALUES = [
    mutation(
        "a closed list of values grows",
        '"rotate" is new',
        append(f"{SCHEMAS} Log properties action enum", "rotate"),
    ),
    mutation("any value may come", "any value fits", drop(f"{SCHEMAS} Log properties result enum")),
    mutation(
        "a closed list of values becomes an open one",
        "any value fits",
        rename(f"{SCHEMAS} Log properties level enum", "x-extensible-enum"),
    ),
    mutation(
        "a member may be null",
        "it can be null",
        put(f"{SCHEMAS} Delivery properties error_message nullable", True),
    ),
    mutation(
        "request ids are longer",
        "maxLength is 256",
        put(f"{SCHEMAS} Problem properties instance maxLength", 256),
    ),
    mutation(
        "messages have no bound",
        "maxLength 4000 is gone",
        drop(f"{SCHEMAS} Log properties message maxLength"),
    ),
    mutation(
        "pages are longer than asked for",
        "maxItems is 200",
        put(f"{SCHEMAS} DeliveryList properties deliveries maxItems", 200),
    ),
    mutation(
        "other status codes of targets",
        "maximum is 699",
        put(f"{SCHEMAS} Delivery properties response_code maximum", 699),
    ),
    mutation(
        "an attempt may have the number 0",
        "minimum is 0",
        put(f"{SCHEMAS} Delivery properties attempt_number minimum", 0),
    ),
    mutation(
        "moments may have an offset",
        "pattern is",
        put(f"{SCHEMAS} Timestamp pattern", "^[0-9T:.Z+-]{20,30}$"),
    ),
    mutation(
        "the ingest url is relative",
        "format is uri-reference",
        put(f"{SCHEMAS} Ingester properties ingest_url format", "uri-reference"),
    ),
    mutation(
        "a status is a number",
        "the type is integer, was string",
        put(f"{SCHEMAS} DeliveryFlow properties status", {"type": "integer"}),
    ),
]

ANSWERS = [
    mutation(
        "a created target is a 200",
        "the 201 answer is gone",
        rename(f"paths {TARGETS} post responses 201", "200"),
    ),
    mutation(
        "creating may be put off",
        "the 202 answer is new",
        put(f"paths {TARGETS} post responses 202", {"description": "Later."}),
    ),
    mutation(
        "a missing target is no 404",
        "the 404 answer is gone",
        drop(f"paths {TARGET} get responses 404"),
    ),
    mutation(
        "a name may be taken twice",
        "the 409 answer is gone",
        drop(f"paths {TARGETS} post responses 409"),
    ),
    mutation(
        "a problem goes",
        "permission-denied is gone",
        drop(f"{RESPONSES} Forbidden content application/problem+json schema oneOf 1"),
    ),
    mutation(
        "a problem is renamed",
        "not-found is gone",
        put(
            f"{SCHEMAS} NotFound allOf 1 properties type enum",
            ["https://api.zen-mesh.io/errors/missing"],
        ),
    ),
    mutation(
        "a title reads differently",
        '"Unauthorized" is gone and "Who are you" is new',
        put(f"{SCHEMAS} UnauthorizedProblem allOf 1 properties title enum", ["Who are you"]),
    ),
    mutation(
        "an answer comes as another type",
        "does not come as application/json",
        rename(
            f"paths {TARGET} get responses 200 content application/json", "application/hal+json"
        ),
    ),
    mutation(
        "a problem is plain JSON",
        "does not come as application/problem+json",
        rename(f"{RESPONSES} RateLimited content application/problem+json", "application/json"),
    ),
    mutation(
        "an answer has no body",
        "does not come as application/json",
        drop(f"paths {TARGET} patch responses 200 content"),
    ),
    mutation(
        "Location goes",
        "the header Location of the 201 answer is gone",
        drop(f"paths {TARGETS} post responses 201 headers Location"),
    ),
    mutation(
        "replays are not told",
        "the header Idempotency-Replayed of the 204 answer is gone",
        drop(f"{RESPONSES} Deleted headers Idempotency-Replayed"),
    ),
    mutation(
        "X-Request-Id may be absent",
        "X-Request-Id of the 200 answer is optional",
        put(f"{HEADERS} X-Request-Id required", False),
    ),
    mutation(
        "Retry-After may be a date",
        "the type is string, was integer",
        put(f"{HEADERS} Retry-After schema", {"type": "string"}),
    ),
    mutation(
        "waiting may take longer",
        "maximum is 604800",
        put(f"{HEADERS} Retry-After schema maximum", 604800),
    ),
    mutation(
        "a challenge may be absent",
        "WWW-Authenticate of the 401 answer is optional",
        put(f"{HEADERS} WWW-Authenticate required", False),
    ),
]
