"""The contract's own words at a pointer such as `zen-back.v1.yaml#/components/schemas/Name`."""

from typing import Any

import yaml

import zen_contract.contract


def contract_text(pointer: str) -> str:
    """What stands there: prose as it is, anything else as YAML."""
    file, _, path = pointer.partition("#")
    found: Any = zen_contract.contract.load(file.removesuffix(".yaml")).document
    for step in path.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    if isinstance(found, str):
        return found
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=96)
