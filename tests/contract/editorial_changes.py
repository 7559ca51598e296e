"""Changes of the public contract that leave requests and answers alone."""

from tests.contract.breaking_answers import RESPONSES
from tests.contract.breaking_changes import PARAMETERS, RETRY, SCHEMAS, TARGETS
from tests.contract.mutated import append, drop, everywhere, mutation, put, remove, rename

EDITORIAL = [
    mutation("a summary", "the summary reads", put(f"paths {TARGETS} get summary", "Targets")),
    mutation(
        "a description of an operation",
        "the operation: the description reads",
        put(f"paths {RETRY} post description", "Again."),
    ),
    mutation("the introduction", "the description of the contract", put("info description", "Hi.")),
    mutation("the contact", "the contact of the contract", put("info contact name", "We")),
    mutation("a tag", "the tags read differently", put("tags 0 description", "Where to.")),
    mutation("another tag", "under other tags", put("paths /v1/logs get tags", ["Recovery"])),
    mutation(
        "a description of a parameter",
        "`limit`: the description reads",
        put(f"{PARAMETERS} Limit description", "Rows."),
    ),
    mutation(
        "a description of a member",
        "response_code` in the 200 answer: the description reads",
        put(f"{SCHEMAS} Delivery properties response_code description", "Its answer."),
    ),
    mutation(
        "an example of a schema",
        "the example reads",
        put(f"{SCHEMAS} Name example", "another-server"),
    ),
    mutation(
        "a named example",
        "the examples reads",
        put("components examples Destination value name", "another-server"),
    ),
    mutation(
        "a definition is renamed",
        "the definition DestinationCreate is called TargetCreate",
        rename(f"{SCHEMAS} DestinationCreate", "TargetCreate"),
        everywhere("#/components/schemas/DestinationCreate", "#/components/schemas/TargetCreate"),
    ),
    mutation(
        "a response is renamed",
        "the definition RateLimited is called SlowDown",
        rename(f"{RESPONSES} RateLimited", "SlowDown"),
        everywhere("#/components/responses/RateLimited", "#/components/responses/SlowDown"),
    ),
    mutation(
        "a definition is written where it is used",
        "is written differently",
        put(
            f"paths {RETRY} post requestBody content application/json schema",
            {
                "type": "object",
                "description": "There is nothing to say; a body may be left out.",
                "additionalProperties": False,
                "maxProperties": 0,
            },
        ),
    ),
    mutation(
        "an inline schema becomes a definition",
        "the definition DestinationPatch is written differently",
        put(f"{SCHEMAS} PatchStatus", {"type": "string", "enum": ["active", "disabled"]}),
        put(
            f"{SCHEMAS} DestinationPatch properties status",
            {"$ref": "#/components/schemas/PatchStatus"},
        ),
    ),
    mutation(
        "an allOf is folded",
        "the definition Ingester is written differently",
        put(
            f"{SCHEMAS} Ingester properties status allOf",
            [{"allOf": [{"$ref": "#/components/schemas/OpenStatus"}]}],
        ),
    ),
    mutation(
        "an unused definition comes",
        "the definition Spare, which nothing uses, is new",
        put(f"{SCHEMAS} Spare", {"type": "string"}),
    ),
    mutation(
        "required members in another order",
        "the definition DestinationCreate is written differently",
        put(f"{SCHEMAS} DestinationCreate required", ["url", "name"]),
    ),
    mutation(
        "parameters in another order",
        "GET /v1/logs is written differently",
        remove("paths /v1/logs get parameters", {"$ref": "#/components/parameters/Limit"}),
        append("paths /v1/logs get parameters", {"$ref": "#/components/parameters/Limit"}),
    ),
    mutation(
        "values in another order",
        "is written differently",
        put(f"{SCHEMAS} Log properties level enum", ["error", "warn", "info", "debug"]),
    ),
    mutation("a server's description", "described differently", drop("servers 1 description")),
    mutation(
        "what a token looks like",
        "the bearerFormat of the security scheme bearer",
        put("components securitySchemes bearer bearerFormat", "API key"),
    ),
    mutation(
        "samples of code",
        "the x-codeSamples reads",
        put("paths /v1/logs get x-codeSamples", [{"lang": "sh", "source": "curl"}]),
    ),
    mutation("a patch of OpenAPI", "written in OpenAPI 3.0.4", put("openapi", "3.0.4")),
]
