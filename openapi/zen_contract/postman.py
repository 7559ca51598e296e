"""A contract as a Postman Collection v2.1: a folder for each tag, a request for each operation.

What differs from operation to operation is saved as example answers; the answers that all have in
common (401, 403, 429 and the like) are left to the reference.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from zen_contract.contract import Contract, Operation
from zen_contract.samples.asked import TENANT_PARAMETER, Asked, asked

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

_BASE_URL = "baseUrl"
_TOKEN = "token"
_TENANT = "tenant"
_NEW_KEY = "{{$guid}}"  # Postman puts in another UUID for each request
_OWN_ANSWERS = ("2", "400", "404", "409")


def collection(contract: Contract) -> dict[str, Any]:
    """The collection; equal contracts give equal ones.

    ContractError when a required parameter or body of an operation has no example.
    """
    info = contract.document["info"]
    return {
        "info": {
            # The same for each version, so that importing a new one replaces the old one.
            "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_URL, contract.path.stem)),
            "name": info["title"],
            "description": info["description"],
            "version": contract.version,
            "schema": SCHEMA,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": f"{{{{{_TOKEN}}}}}", "type": "string"}],
        },
        "variable": list(_variables(contract)),
        "item": list(_folders(contract)),
    }


def _variables(contract: Contract) -> Iterator[dict[str, str]]:
    # The last server is the local sandbox, the only one that is claimed to answer.
    yield {"key": _BASE_URL, "value": contract.document["servers"][-1]["url"], "type": "string"}
    yield {"key": _TOKEN, "value": "", "type": "string"}
    tenants = (
        str(parameter["example"])
        for operation in contract.operations
        for parameter in operation.parameters
        if parameter["name"] == TENANT_PARAMETER and "example" in parameter
    )
    yield {"key": _TENANT, "value": next(tenants, ""), "type": "string"}


def _folders(contract: Contract) -> Iterator[dict[str, Any]]:
    for tag in contract.document["tags"]:
        own = [one for one in contract.operations if one.tags[:1] == (tag["name"],)]
        if own:
            yield {
                "name": tag["name"],
                "description": tag["description"],
                "item": [_item(one, asked(contract, one.operation_id)) for one in own],
            }


def _item(operation: Operation, wanted: Asked) -> dict[str, Any]:
    request = _request(operation, wanted)
    return {
        "name": operation.summary,
        "request": request,
        "response": list(_answers(operation, request)),
    }


def _request(operation: Operation, wanted: Asked) -> dict[str, Any]:
    request = {
        "method": wanted.method,
        "header": list(_headers(wanted)),
        "url": _url(operation, wanted),
        "description": "\n\n".join(_description(operation)),
    }
    if not wanted.token:
        request["auth"] = {"type": "noauth"}
    if wanted.body:
        raw = {"raw": {"language": "json"}}
        text = _text(wanted.body.value)
        request["body"] = {"mode": "raw", "raw": text, "options": raw}
    return request


def _headers(wanted: Asked) -> Iterator[dict[str, str]]:
    if wanted.body:
        yield {"key": "Content-Type", "value": wanted.body.media_type}
    if wanted.idempotent:
        yield {"key": "Idempotency-Key", "value": _NEW_KEY}


def _url(operation: Operation, wanted: Asked) -> dict[str, Any]:
    path = wanted.path_with(_in_path)
    query = [_filter(one, wanted) for one in operation.parameters if one["in"] == "query"]
    sent = "&".join(f"{one['key']}={one['value']}" for one in query if "disabled" not in one)
    url: dict[str, Any] = {
        "raw": f"{{{{{_BASE_URL}}}}}{path}" + (f"?{sent}" if sent else ""),
        "host": [f"{{{{{_BASE_URL}}}}}"],
        "path": path.removeprefix("/").split("/"),
    }
    if query:
        url["query"] = query
    if wanted.ids:
        url["variable"] = [{"key": name, "value": value} for name, value in wanted.ids.items()]
    return url


def _in_path(parameter: str) -> str:
    return f"{{{{{_TENANT}}}}}" if parameter == TENANT_PARAMETER else f":{parameter}"


def _filter(parameter: Mapping[str, Any], wanted: Asked) -> dict[str, Any]:
    name = parameter["name"]
    one = {
        "key": name,
        "value": str(wanted.query.get(name, parameter.get("example", ""))),
        "description": parameter.get("description", ""),
    }
    return one if name in wanted.query else {**one, "disabled": True}


def _description(operation: Operation) -> Iterator[str]:
    yield str(operation.definition.get("description", "")).strip()
    yield f"Scope: `{operation.scope}`." if operation.scope else "No token is needed."
    yield f"Status: `{operation.status_label}`."


def _answers(operation: Operation, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    asked_so = {key: value for key, value in request.items() if key != "description"}
    for status, response in operation.responses.items():
        if not status.startswith(_OWN_ANSWERS):
            continue
        code = HTTPStatus(int(status))
        answer = {"originalRequest": asked_so, "status": code.phrase, "code": code.value}
        if "content" not in response:
            yield {"name": response["description"], **answer, "header": [], "body": ""}
        for media_type, media in response.get("content", {}).items():
            for name, example in media.get("examples", {}).items():
                yield {
                    "name": example.get("summary", name),
                    **answer,
                    "_postman_previewlanguage": "json",
                    "header": [{"key": "Content-Type", "value": media_type}],
                    "body": _text(example["value"]),
                }


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
