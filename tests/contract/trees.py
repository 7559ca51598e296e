"""A contract with one operation, for schemas that the public contract has no example of."""

import json
from pathlib import Path
from typing import Any

from zen_contract.contract import Contract


def asked(schema: Any, **schemas: Any) -> Contract:
    """A contract with one operation that takes values of that schema."""
    return planted({"requestBody": _content(schema), "responses": {}}, schemas)


def answered(schema: Any, status: str = "200", **schemas: Any) -> Contract:
    """A contract with one operation that answers with values of that schema."""
    response = {"description": "It.", **_content(schema)}
    return planted({"responses": {status: response}}, schemas)


def planted(operation: Any, schemas: Any) -> Contract:
    """A contract with that operation and those definitions."""
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Trees", "version": "1.0.0"},
        "paths": {"/trees": {"post": {"operationId": "plantTree", **operation}}},
        "components": {"schemas": schemas},
    }
    return Contract(Path("trees.yaml"), json.dumps(document).encode(), document)


def _content(schema: Any) -> Any:
    return {"content": {"application/json": {"schema": schema}}}
