"""What the suite reads of documents that are odd and keep the contract."""

from typing import Any

from zen_conformance import contract
from zen_conformance.stories import address_of

_ATTEMPT = {"id": "1", "status": "failed", "attempt_number": 1, "response_code": 500}


def test_of_a_document_the_members_count_that_the_contract_names() -> None:
    assert contract.told("Delivery", {**_ATTEMPT, "rank": 7, "links": {"self": "/"}}) == _ATTEMPT


def test_members_beside_named_ones_within_a_member_do_not_count() -> None:
    policy = {"max_attempts": 3, "backoff_seconds": 10}
    config: dict[str, Any] = {"retry_policy": policy}
    grown = {"retry_policy": {**policy, "factor": 2}, "inherited": []}
    assert contract.told("DeliveryFlow", {"config": grown}) == {"config": config}


def test_what_is_no_object_is_told_as_it_is() -> None:
    assert contract.told("Delivery", ["not", "an", "object"]) == ["not", "an", "object"]
    assert contract.told("DeliveryFlow", {"config": None}) == {"config": None}


def test_a_short_id_is_exchanged_in_the_path_alone() -> None:
    ingester = {"id": "8", "ingest_url": "http://127.0.0.1:8080/v8/hooks/8?key=8"}
    assert address_of(ingester, "zc") == "http://127.0.0.1:8080/v8/hooks/zc?key=8"


def test_an_address_without_the_id_leads_to_no_other_endpoint() -> None:
    assert address_of({"id": "8", "ingest_url": "https://in.example.com/k3j4h5"}, "zc") is None
