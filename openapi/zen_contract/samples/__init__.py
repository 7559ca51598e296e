"""Every operation as a few lines to paste: curl, Python with requests, JavaScript with fetch.

What they ask for are the contract's own examples; where and as whom comes from the environment.
"""

from typing import Literal, NamedTuple

from zen_contract.contract import Contract
from zen_contract.samples import javascript, python, shell
from zen_contract.samples.asked import ADMIN_TOKEN, BASE_URL, TENANT_ID, TOKEN, Asked, Body, asked

__all__ = [
    "ADMIN_TOKEN",
    "BASE_URL",
    "NAMES",
    "TENANT_ID",
    "TOKEN",
    "Asked",
    "Body",
    "Sample",
    "asked",
    "samples_of",
    "written",
]

Language = Literal["shell", "python", "javascript"]
NAMES: dict[Language, str] = {"shell": "curl", "python": "Python", "javascript": "JavaScript"}
"""What a reader calls them."""


class Sample(NamedTuple):
    """A program in one language; `text` ends with a newline."""

    language: Language
    text: str


def samples_of(contract: Contract, operation_id: str) -> tuple[Sample, ...]:
    """The samples of an operation: shell, python, javascript.

    UnknownOperation when the contract has no such operation, ContractError when one of its required
    parameters or its required body has no example.
    """
    return written(asked(contract, operation_id))


def written(wanted: Asked) -> tuple[Sample, ...]:
    """The same for a request of one's own making."""
    return (
        Sample("shell", shell.text(wanted)),
        Sample("python", python.text(wanted)),
        Sample("javascript", javascript.text(wanted)),
    )
