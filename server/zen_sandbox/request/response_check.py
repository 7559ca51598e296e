"""`--validate-responses`: is a response what the contract says, its status included?"""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import orjson

from zen_contract.contract import Contract
from zen_contract.plain_schemas import plain_json_schema
from zen_sandbox.request.exchange import Exchange, Response

_SHOWN = 5


class ContractResponses:
    """The documented responses of every operation, with compiled validators."""

    def __init__(self, contracts: list[Contract]) -> None:
        self._documented = {
            operation.operation_id: {
                status: _Documented(response) for status, response in operation.responses.items()
            }
            for one in contracts
            for operation in one.operations
        }

    def violations(self, exchange: Exchange, response: Response) -> list[str]:
        """What is wrong with the response; nothing when it is as the contract says."""
        if exchange.operation is None:  # an unknown path or method: no operation documents it
            return []
        if response.scripted:  # by somebody who wants a receiver to answer just that
            return []
        documented = self._documented[exchange.operation.operation_id].get(str(response.status))
        if documented is None:
            return [f"status {response.status} is not documented"]
        return documented.violations(response)


class _Documented:
    """One documented response."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._headers = {
            name.lower(): header for name, header in definition.get("headers", {}).items()
        }
        self._validators = {
            media_type: jsonschema_rs.Draft4Validator(
                plain_json_schema(content["schema"]), validate_formats=True
            )
            for media_type, content in definition.get("content", {}).items()
        }

    def violations(self, response: Response) -> list[str]:
        return [*self._header_violations(response), *self._body_violations(response)]

    def _header_violations(self, response: Response) -> list[str]:
        sent = {name.decode() for name, _ in response.headers} | {"x-request-id"}
        sent |= {"location"} if response.location is not None else set()
        return [
            f"header {name} is missing"
            for name, header in self._headers.items()
            if header.get("required") and name not in sent
        ]

    def _body_violations(self, response: Response) -> list[str]:
        if not self._validators:
            return ["there must be no body"] if response.body else []
        media_type = response.content_type.decode()
        validator = self._validators.get(media_type)
        if validator is None:
            return [f"media type {media_type} is not documented"]
        value = orjson.loads(response.body) if "json" in media_type else response.body.decode()
        errors = list(validator.iter_errors(value))[:_SHOWN]
        return [
            f"{'/'.join(map(str, one.instance_path)) or 'body'}: {one.message}" for one in errors
        ]
