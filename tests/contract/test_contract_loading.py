"""What the other packages get from a contract."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.conftest import Plant
from zen_contract import contract
from zen_contract.contract import ContractError, UnknownOperation, load, load_path


def test_a_contract_is_found_by_its_name() -> None:
    found = load("zen-back.v1")
    assert found.path.name == "zen-back.v1.yaml"
    assert found.text == found.path.read_bytes()
    assert found.document["openapi"] == "3.0.3"
    assert load().digest == found.digest


def test_a_packaged_copy_is_preferred_to_the_checkout(
    boxes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "zen_contract"
    package.mkdir()
    (tmp_path / "zen-box.v1.yaml").write_bytes(boxes.read_bytes())
    monkeypatch.setattr(contract, "_PACKAGE", package)
    assert load("zen-box.v1").path == tmp_path / "zen-box.v1.yaml"
    (package / "zen-box.v1.yaml").write_bytes(boxes.read_bytes())
    assert load("zen-box.v1").path == package / "zen-box.v1.yaml"
    assert contract.names() == ("zen-box.v1",)


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ContractError, match=r"no contract 'zen-front\.v1'; .*zen-back\.v1"):
        load("zen-front.v1")


def test_an_operation_tells_what_a_server_needs(boxes: Path) -> None:
    create = load_path(boxes).operation("createBox")
    assert (create.method, create.path) == ("POST", "/v1/rooms/{room_id}/boxes")
    assert (create.tags, create.summary) == (("Boxes",), "Make a box")
    assert (create.scope, create.status_label) == ("write:boxes", "WIRED_SANDBOX")
    assert create.takes_idempotency_key
    assert [one["name"] for one in create.parameters] == ["room_id", "Idempotency-Key"]
    assert create.request_body is not None
    assert list(create.responses) == ["201", "401", "4XX", "5XX", "429"]
    assert create.definition["operationId"] == "createBox"


def test_an_open_operation_has_no_scope_and_no_key(boxes: Path) -> None:
    health = load_path(boxes).operation("getHealth")
    assert health.scope is None
    assert not health.takes_idempotency_key
    assert health.parameters == ()
    assert health.request_body is None


def test_security_of_the_document_holds_where_an_operation_says_none(plant: Plant) -> None:
    file = plant("      security: [{bearer: ['write:boxes']}]\n", "")
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}security: [{{bearer: ['read:all']}}]\n", encoding="utf-8")
    assert load_path(file).operation("createBox").scope == "read:all"


def test_operations_stand_in_the_order_of_the_file(boxes: Path) -> None:
    ids = [one.operation_id for one in load_path(boxes).operations]
    assert ids == ["listBoxes", "createBox", "getBox", "getHealth"]


def test_a_mistyped_operation_is_answered_with_the_nearest(boxes: Path) -> None:
    with pytest.raises(UnknownOperation, match="did you mean getBox") as unknown:
        load_path(boxes).operation("getBoxx")
    assert unknown.value.nearest[0] == "getBox"


def test_the_resolved_document_holds_no_reference_and_shares_its_parts(boxes: Path) -> None:
    loaded = load_path(boxes)
    resolved = loaded.resolved()
    assert "$ref" in json.dumps(loaded.document)
    assert "$ref" not in json.dumps(resolved)
    listed = resolved["paths"]["/v1/rooms/{room_id}/boxes"]
    one = resolved["paths"]["/v1/rooms/{room_id}/boxes/{box_id}"]
    assert listed["get"]["responses"]["401"] is one["get"]["responses"]["401"]
    assert resolved["info"] is loaded.document["info"]
    assert loaded.resolved() is resolved


def test_path_parameters_move_into_the_operations_whose_own_win(plant: Plant) -> None:
    own = (
        "      security: [{bearer: ['write:boxes']}]\n      parameters:\n"
        "        - {name: room_id, in: path, required: true, schema: {type: string}}"
    )
    file = plant("      security: [{bearer: ['write:boxes']}]\n      parameters:", own)
    item = load_path(file).resolved()["paths"]["/v1/rooms/{room_id}/boxes"]
    assert "parameters" not in item
    assert [one["name"] for one in item["get"]["parameters"]] == ["room_id", "limit"]
    posted = item["post"]["parameters"]
    assert [one["name"] for one in posted] == ["room_id", "Idempotency-Key"]
    assert posted[0]["schema"] == {"type": "string"}


def test_the_digest_is_of_the_meaning_and_not_of_the_writing(boxes: Path, plant: Plant) -> None:
    digest = load_path(boxes).digest
    commented = plant("openapi: 3.0.3", "# another comment\nopenapi: '3.0.3'")
    assert load_path(commented).digest == digest
    assert load_path(plant("title: Boxes", "title: Crates")).digest != digest
    assert len(digest) == 64


def test_a_contract_and_its_operations_are_frozen(boxes: Path) -> None:
    loaded = load_path(boxes)
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.text = b""  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.operations[0].scope = None  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("operationId: getBox\n      tags", "tags", "GET /v1/rooms/.* needs an operationId"),
        ("operationId: getHealth", "operationId: listBoxes", "GET /health needs an operationId"),
        ("/parameters/RoomId'\n    get", "/parameters/Room'\n    get", "Room' points at nothing"),
        (
            "        tight:\n          type: boolean",
            "        tight: {$ref: '#/components/schemas/BoxCreate'}",
            "circle: #/components/schemas/\\w+ -> .*#/components/schemas/BoxCreate",
        ),
        ("    get:\n      operationId: getHealth", "    get: [getHealth]\n    x-:", "not a valid"),
    ],
)
def test_a_defect_that_forbids_serving_is_one_sentence(
    plant: Plant, old: str, new: str, says: str
) -> None:
    with pytest.raises(ContractError, match=says):
        _ = load_path(plant(old, new)).operations


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\na: 2\n", r"bad\.yaml:2: The key 'a' stands twice"),
        ("a: 1\n", "it has no 'paths'"),
        ("", "it has no 'paths'"),
    ],
)
def test_a_file_that_is_no_contract_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=says):
        load_path(file)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"none\.yaml cannot be read: No such file"):
        load_path(tmp_path / "none.yaml")


def test_loading_brings_in_no_library_but_yaml() -> None:
    # A server loads its contract on every start, and its first answer is due within a second.
    program = (
        "import sys; before = set(sys.modules); import zen_contract.contract as c; c.load();"
        "print(*sorted({m.partition('.')[0] for m in set(sys.modules) - before}))"
    )
    root = str(Path(contract.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    libraries = set(done.stdout.split()) - sys.stdlib_module_names
    libraries = {name for name in libraries if "cython" not in name}  # what PyYAML is made with
    assert libraries <= {"yaml", "_yaml", "zen_contract"}
