"""What a sandbox says of itself: that it is up, that it is ready, and the contract it serves."""

import json

from tests.server.harness import Sandbox
from zen_contract import contract
from zen_sandbox import __version__


def test_health_names_the_version(shared: Sandbox) -> None:
    answer = shared.anonymous().get("/health").expect(200)
    assert answer.json == {"status": "ok", "version": __version__}


def test_a_server_whose_database_answers_is_ready(shared: Sandbox) -> None:
    assert shared.anonymous().get("/ready").expect(200).json == {"ready": True}


def test_the_contract_is_served_byte_for_byte_as_yaml(shared: Sandbox) -> None:
    answer = shared.anonymous().get("/openapi.yaml").expect(200)
    assert answer.body == contract.load("zen-back.v1").path.read_bytes()


def test_the_contract_is_served_as_json_with_nothing_added(shared: Sandbox) -> None:
    answer = shared.anonymous().get("/openapi.json").expect(200)
    assert answer.json == contract.load("zen-back.v1").document
    again = shared.anonymous().get("/openapi.json")
    assert again.body == answer.body
    assert json.loads(answer.body)["openapi"] == "3.0.3"


def test_queries_of_these_pages_are_ignored(shared: Sandbox) -> None:
    for path in ("/health?x=1&x=2", "/ready?%FF", "/openapi.json?download=true"):
        shared.anonymous().get(path).expect(200)
