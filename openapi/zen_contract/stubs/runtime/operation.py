"""One operation of the table in `operations.json`, ready to read requests by."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from .messages import Checked

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Parameter:
    """A parameter in `path`, `query` or `header`."""

    name: str
    place: str
    required: bool
    is_integer: bool
    default: Any
    schema: Checked


@dataclass(frozen=True)
class Body:
    """A request body in JSON."""

    media_types: tuple[str, ...]
    required: bool
    schema: Checked
    model: type[BaseModel]


@dataclass(frozen=True)
class Operation:
    """What is asked of a request, and which handler answers it."""

    operation_id: str
    method: str
    path: re.Pattern[str]
    success: int
    parameters: tuple[Parameter, ...]
    body: Body | None
    handler: Handler


def read_operations(
    file: Path, models: ModuleType, resources: Mapping[str, object]
) -> dict[str, Operation]:
    """The operations by operationId; `resources` are the objects whose methods are the handlers."""
    table = json.loads(file.read_text(encoding="utf-8"))
    return {
        row["operation_id"]: Operation(
            operation_id=row["operation_id"],
            method=row["method"],
            path=_pattern(row["path"]),
            success=row["success"],
            parameters=tuple(_parameter(one) for one in row["parameters"]),
            body=_body(row["body"], models) if row["body"] else None,
            handler=getattr(resources[row["resource"]], row["function"]),
        )
        for row in table["operations"]
    }


def _pattern(template: str) -> re.Pattern[str]:
    """What a path looks like; a control character is in no id, and makes connexion stumble."""
    parts = re.split(r"\{([^/{}]+)\}", template)
    parts[::2] = [re.escape(part) for part in parts[::2]]
    parts[1::2] = [rf"(?P<{name}>[^/\x00-\x1f\x7f]+)" for name in parts[1::2]]
    return re.compile("".join(parts))


def _parameter(row: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=row["name"],
        place=row["in"],
        required=row["required"],
        is_integer=row["schema"].get("type") == "integer",
        default=row["schema"].get("default"),
        schema=Checked(row["schema"]),
    )


def _body(row: Mapping[str, Any], models: ModuleType) -> Body:
    model = getattr(models, row["model"])
    return Body(tuple(row["media_types"]), row["required"], Checked(row["schema"]), model)
