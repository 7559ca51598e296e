"""Defects for the small contract: what is changed, and what the linter must say of it where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A passage of the small contract, what is put in its place, and what must be said of it."""

    rule: str
    old: str
    new: str
    at: str  # a passage of the line that must be named, found once in the planted contract
    says: str


LIST_BOXES = "      operationId: listBoxes\n      tags: [Boxes]"
CREATED = "        '201':\n          description: The new box."
NAME = "        name:\n          type: string\n          maxLength: 40"
SIZE = "        size:\n          type: number\n          minimum: 0\n          maximum: 9"
LABELS = "          type: array\n          maxItems: 3"
LID = "    Lid:\n      type: object\n      additionalProperties: false"
BOX = "    Box:\n      type: object"
LOCATION = "            Location: {description: Its path., schema: {type: string}}\n"
BOX_ID = "                path.box_id: $response.body#/id"
SMALL = "small: {value: {name: Small, size: 3, made_at: 2026-01-02T03:04:05Z}}"
PROBLEM_OF_405 = "Allow: {description: The ways., schema: {type: string}}\n          content:\n"
TIGHT = "        tight:\n          type: boolean"
ID = "    Id: {type: string, pattern: '^[a-z][a-z0-9_]{0,31}$', example: box_1}"

NO_LONGEST_NAME = NAME.removesuffix("\n          maxLength: 40")
NO_MAXIMUM = SIZE.removesuffix("\n          maximum: 9")
NO_MAX_ITEMS = LABELS.removesuffix("\n          maxItems: 3")

DEFECTS = [
    Defect(
        "operation-id",
        "operationId: getHealth",
        "operationId: listBoxes",
        "operationId: listBoxes\n      tags: [Boxes]\n      summary: Be",
        "already belongs to GET /v1/rooms/{room_id}/boxes",
    ),
    Defect(
        "operation-id",
        "      operationId: getHealth\n",
        "",
        "    get:\n      tags: [Boxes]\n      summary: Be",
        "GET /health has no operationId",
    ),
    Defect(
        "operation-summary",
        "      summary: Be alive\n",
        "",
        "    get:\n      operationId: getHealth",
        "no summary",
    ),
    Defect(
        "operation-description",
        "      description: Open to everybody.\n",
        "      description: ''\n",
        "    get:\n      operationId: getHealth",
        "no description",
    ),
    Defect(
        "operation-tag",
        LIST_BOXES,
        "      operationId: listBoxes",
        "    get:\n      operationId: list",
        "no tag",
    ),
    Defect(
        "operation-tag",
        LIST_BOXES,
        LIST_BOXES.replace("[Boxes]", "[Boxen]"),
        "tags: [Boxen]",
        "'Boxen' is not among",
    ),
    Defect(
        "operation-scope",
        "      security: []\n",
        "",
        "    get:\n      operationId: getHealth",
        "does not say its own security",
    ),
    Defect(
        "operation-scope",
        "      security: [{bearer: ['write:boxes']}]",
        "      security: [{bearer: []}]",
        "[{bearer: []}]",
        "exactly one scope",
    ),
    Defect(
        "operation-scope",
        "      security: [{bearer: ['write:boxes']}]",
        "      security: [{bearer: ['write:boxes', 'read:boxes']}]",
        "'write:boxes', 'read:boxes'",
        "exactly one scope",
    ),
    Defect(
        "operation-status-label",
        "      x-zen-status: SANDBOX_ONLY\n",
        "",
        "    get:\n      operationId: getHealth",
        "no x-zen-status",
    ),
    Defect(
        "operation-status-label",
        "      x-zen-status: SANDBOX_ONLY",
        "      x-zen-status: LIVE",
        "x-zen-status: LIVE",
        "'LIVE' is not a status label",
    ),
    Defect(
        "path-parameter",
        "  /health:",
        "  /health/{part}:",
        "    get:\n      operationId: getHealth",
        "does not declare its path parameter 'part'",
    ),
    Defect(
        "path-parameter",
        "  /health:\n",
        "  /health:\n    parameters:\n      - $ref: '#/components/parameters/RoomId'\n",
        "    RoomId:",
        "has no {room_id} in its path",
    ),
    Defect(
        "request-type", TIGHT, "        tight:\n          description: Or not.", "tight:", "no type"
    ),
    Defect(
        "request-string-bounded",
        NAME,
        NO_LONGEST_NAME,
        "name:\n          type: string\n        size",
        "no bound",
    ),
    Defect(
        "request-string-bounded",
        ID,
        "    Id: {type: string, pattern: '^[a-z][a-z0-9_]*$', example: box_1}",
        "Id: {type",
        "no bound",
    ),
    Defect(
        "request-string-bounded",
        ID,
        "    Id: {type: string, pattern: '^[a-z]{1,9}|b$', example: box_1}",
        "Id: {type",
        "no bound",
    ),
    Defect(
        "request-string-bounded",
        "      schema: {type: string, minLength: 1, maxLength: 255}",
        "      schema: {type: string, minLength: 1}",
        "schema: {type: string, minLength: 1}",
        "no bound",
    ),
    Defect("request-number-bounded", SIZE, NO_MAXIMUM, "size:\n", "no maximum"),
    Defect(
        "request-number-bounded",
        "schema: {type: integer, minimum: 1, maximum: 100, default: 20}",
        "schema: {type: integer, default: 20}",
        "schema: {type: integer, default: 20}",
        "no minimum and no maximum",
    ),
    Defect("request-list-bounded", LABELS, NO_MAX_ITEMS, "labels:", "no maxItems"),
    Defect(
        "request-object-closed",
        "    BoxCreate:\n      type: object\n      additionalProperties: false",
        "    BoxCreate:\n      type: object",
        "    BoxCreate:",
        "needs `additionalProperties: false`",
    ),
    Defect(
        "request-object-closed",
        "            - {description: What closes it.}",
        "            - {description: What closes it.}\n"
        "        hinge: {type: object, properties: {open: {type: boolean}}}",
        "hinge:",
        "needs `additionalProperties: false`",
    ),
    Defect(
        "response-object-open",
        BOX,
        BOX + "\n      additionalProperties: false",
        "additionalProperties: false\n      required: [id, name]",
        "forbids fields",
    ),
    Defect(
        "problem-media-type",
        PROBLEM_OF_405 + "            application/problem+json:",
        PROBLEM_OF_405 + "            application/json:",
        "        '405':",
        "must be application/problem+json",
    ),
    Defect(
        "request-id-header",
        CREATED + "\n          headers:\n"
        "            X-Request-Id: {$ref: '#/components/headers/X-Request-Id'}",
        CREATED + "\n          headers:",
        "        '201':",
        "does not declare X-Request-Id",
    ),
    Defect("status-header", LOCATION, "", "        '201':", "does not declare Location"),
    Defect(
        "status-header",
        "        WWW-Authenticate: {description: How., schema: {type: string}}\n",
        "",
        "    Unauthorized:",
        "does not declare WWW-Authenticate",
    ),
    Defect(
        "status-header",
        "            Allow: {description: The ways., schema: {type: string}}\n",
        "",
        "        '405':",
        "does not declare Allow",
    ),
    Defect(
        "status-header",
        "            Retry-After: {description: Seconds., schema: {type: integer}}\n",
        "",
        "        '429':",
        "does not declare Retry-After",
    ),
    Defect(
        "status-header",
        "            Retry-After: {description: Wait this long., schema: {type: integer}}\n",
        "",
        "        '503':",
        "does not declare Retry-After",
    ),
    Defect(
        "request-example",
        f"            examples:\n              {SMALL}\n",
        "",
        "          application/json:\n            schema: {$ref: '#/components/schemas/BoxCreate'}",
        "has no named example",
    ),
    Defect(
        "response-example",
        "              examples:\n                none: {value: {boxes: []}}\n",
        "",
        "            application/json:\n              schema:\n                type: object",
        "has no named example",
    ),
    Defect(
        "example-valid",
        SMALL,
        SMALL.replace("size: 3", "size: 30"),
        "size: 30",
        "greater than the maximum of 9",
    ),
    Defect(
        "example-valid",
        SMALL,
        SMALL.replace("2026-01-02T03", "2026-02-30T03"),
        "2026-02-30",
        "is not a 'date-time'",
    ),
    Defect(
        "example-valid",
        SMALL,
        SMALL.replace("Small", "null"),
        "name: null",
        "None is not of type",
    ),
    Defect(
        "example-valid",
        "        name: Small\n",
        "        name: Small\n        lid: {key: abc}\n",
        "lid: {key: abc}",
        "write-only",
    ),
    Defect(
        "example-valid",
        "type: 'https://api.zen-mesh.io/errors/service-unavailable'",
        "type: service-unavailable",
        "Busy: {",
        "is not a 'uri'",
    ),
    Defect("example-valid", ID, ID.replace("box_1", "BOX"), "example: BOX", "does not match"),
    Defect(
        "example-valid",
        "      example: req_1",
        "      example: 7",
        "example: 7",
        "of type 'string'",
    ),
    Defect(
        "example-valid",
        "maximum: 100, default: 20}",
        "maximum: 10, default: 20}",
        "maximum: 10,",
        "greater than the maximum of 10",
    ),
    Defect(
        "link-operation",
        "              operationId: getBox\n              parameters:",
        "              operationId: getBoxes\n              parameters:",
        "operationId: getBoxes",
        "points at no operation: 'getBoxes'",
    ),
    Defect(
        "link-parameter",
        BOX_ID,
        BOX_ID + "\n                colour: red",
        "              parameters:\n                room_id",
        "has no parameter 'colour'",
    ),
    Defect("link-parameter", BOX_ID + "\n", "", "            get:\n", "leaves out 'box_id'"),
    Defect(
        "link-expression",
        BOX_ID,
        BOX_ID.replace("/id", "/ident"),
        "#/ident",
        "no example of the response of POST /v1/rooms/{room_id}/boxes has #/ident",
    ),
    Defect(
        "link-expression",
        "$request.path.room_id",
        "$request.path.hall_id",
        "$request.path.hall_id",
        "has no path parameter 'hall_id'",
    ),
    Defect(
        "link-expression",
        BOX_ID,
        "                path.box_id: $response.header.Box",
        "header.Box",
        "no header 'Box'",
    ),
    Defect(
        "link-expression",
        BOX_ID,
        "                path.box_id: $answer.id",
        "$answer.id",
        "no runtime expr",
    ),
    Defect(
        "ref",
        "colour: {type: string, nullable: true, enum: [red, blue, null]}",
        "colour: {$ref: '#/components/schemas/Colour'}",
        "schemas/Colour",
        "points at nothing",
    ),
    Defect(
        "ref",
        "colour: {type: string, nullable: true, enum: [red, blue, null]}",
        "colour: {$ref: 'colours.yaml#/Colour'}",
        "colours.yaml",
        "leaves the file",
    ),
    Defect(
        "ref",
        TIGHT,
        TIGHT + "\n        inner: {$ref: '#/components/schemas/Lid'}",
        "    Lid:",
        "lead in a circle: #/components/schemas/Lid -> #/components/schemas/Lid",
    ),
    Defect("yaml", ID, f"{ID}\n{ID.replace('Id', 'Box')}", BOX, "'Box' stands twice"),
    Defect("yaml", "  version: 1.2.3", " version: 1.2.3", " version: 1.2.3", "cannot be read"),
    Defect(
        "openapi-spec-validator",
        "        WWW-Authenticate: {description: How., schema: {type: string}}",
        "        WWW-Authenticate: {description: How., schema: {type: strong}}",
        "strong",
        "'strong' is not one of",
    ),
    Defect(
        "openapi-spec-validator",
        "          description: Alive.\n",
        "",
        "        '204':\n",
        "'description' is a required property",
    ),
    Defect(
        "openapi-spec-validator",
        ID,
        ID + "\n    Unused: {type: integer, default: many}",
        "# A small contract",
        "'many' is not of type",
    ),
    Defect(
        "openapi-spec-validator",
        "openapi: 3.0.3",
        "openapi: 3.1.0",
        "openapi: 3.1.0",
        "'3.1.0' does not match",
    ),
]
