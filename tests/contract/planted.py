"""Defects for the small contract: what is changed, and what the linter must say of it where.

Those of operations, parameters and requests are here, the others in planted_answers.py.
"""

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
LOCATION = "            Location: {description: Its path., schema: {type: string, maxLength: 99}}\n"
BOX_ID = "                path.box_id: $response.body#/id"
SMALL = "small: {value: {name: Small, size: 3, made_at: 2026-01-02T03:04:05Z}}"
PROBLEM_OF_405 = (
    "Allow: {description: The ways., schema: {type: string, maxLength: 99}}\n          content:\n"
)
TIGHT = "        tight:\n          type: boolean"
ID = "    Id: {type: string, pattern: '^[a-z][a-z0-9_]{0,31}$', example: box_1}"

NO_LONGEST_NAME = NAME.removesuffix("\n          maxLength: 40")
NO_MAXIMUM = SIZE.removesuffix("\n          maximum: 9")
NO_MAX_ITEMS = LABELS.removesuffix("\n          maxItems: 3")

OF_REQUESTS = [
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
        "      security: [{bearer: ['write:boxes', 'admin:boxes']}]",
        "'write:boxes', 'admin:boxes'",
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
        "operation-scope-verb",
        "      security: [{bearer: ['write:boxes']}]",
        "      security: [{bearer: ['read:boxes']}]",
        "[{bearer: ['read:boxes']}]\n      parameters:\n        - $ref: "
        "'#/components/parameters/IdempotencyKey'",
        "must not ask for read:boxes",
    ),
    Defect(
        "operation-scope-known",
        "      security: [{bearer: ['write:boxes']}]",
        "      security: [{bearer: ['write:boxen']}]",
        "write:boxen",
        "asks for write:boxen, and no path is named so",
    ),
    Defect(
        "operation-scope-known",
        "      security: [{bearer: ['write:boxes']}]",
        "      security: [{bearer: ['make:boxes']}]",
        "make:boxes",
        "asks for make:boxes",
    ),
    Defect(
        "operation-idempotency-key",
        "      name: Idempotency-Key\n",
        "      name: Idempotence-Key\n",
        "    post:",
        "takes no Idempotency-Key",
    ),
    Defect(
        "extension-known",
        "      x-zen-status: SANDBOX_ONLY\n",
        "      x-zen-status: SANDBOX_ONLY\n      x-zen-quota: 3\n",
        "x-zen-quota",
        "'x-zen-quota' is not a member",
    ),
    Defect(
        "parameter-description",
        "          description: How many.\n",
        "",
        "        - name: limit",
        "'limit' has no description",
    ),
    Defect(
        "parameter-reserved",
        "        - name: limit\n          in: query",
        "        - name: Accept\n          in: header",
        "        - name: Accept",
        "OpenAPI passes over a header parameter 'Accept'",
    ),
    Defect(
        "problem-responses",
        "                busy: {$ref: '#/components/examples/Busy'}\n        5XX: "
        "{$ref: '#/components/responses/Failed'}\n",
        "                busy: {$ref: '#/components/examples/Busy'}\n",
        "      responses:\n        '204':",
        "GET /health does not document 500.",
    ),
    Defect(
        "problem-responses",
        "        4XX: {$ref: '#/components/responses/Refused'}\n"
        "        5XX: {$ref: '#/components/responses/Failed'}\n        '429':",
        "        5XX: {$ref: '#/components/responses/Failed'}\n        '429':",
        "      responses:\n        '201':",
        "does not document 400, 403, 413, 415, 405.",
    ),
    Defect(
        "response-empty",
        "          description: Alive.\n",
        "          description: Alive.\n          content:\n            application/json:\n"
        "              schema: {type: boolean}\n              examples: {yes: {value: true}}\n",
        "        '204':",
        "The 204 answer cannot have a body",
    ),
    Defect(
        "response-string-bounded",
        "        name: {type: string, maxLength: 40}",
        "        name: {type: string}",
        "        name: {type: string}",
        "This string of an answer has no bound",
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
]
