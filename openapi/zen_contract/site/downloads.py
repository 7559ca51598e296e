"""The files that a reader may take along: the contracts, in each form that tools ask for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zen_contract.contract import Contract
from zen_contract.openapi31 import as_openapi_31
from zen_contract.postman import collection
from zen_contract.site.operation_pages import json_text


@dataclass(frozen=True)
class Download:
    """A file, what it is, and what is in it."""

    path: str
    meaning: str
    content: bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)


def of(contracts: Sequence[Contract]) -> Iterator[Download]:
    """The files of each contract, the customers' first."""
    for contract in contracts:
        name = contract.path.stem
        title = contract.document["info"]["title"]
        yield Download(
            f"downloads/{name}.yaml", f"{title}, OpenAPI 3.0.3, as it is written", contract.text
        )
        yield Download(
            f"downloads/{name}.json",
            f"{title}, OpenAPI 3.0.3",
            json_text(contract.document).encode(),
        )
        yield Download(
            f"downloads/{name}.openapi-3.1.json",
            f"{title}, OpenAPI 3.1, copied from it by rule",
            json_text(as_openapi_31(contract.document)).encode(),
        )
        yield Download(
            f"downloads/{name}.postman_collection.json",
            f"{title}, a Postman collection",
            json_text(collection(contract)).encode(),
        )
