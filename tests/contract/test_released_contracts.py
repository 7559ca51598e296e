"""What was released stays as it was, and what comes next keeps its promises or says otherwise."""

import hashlib
from pathlib import Path

import pytest

from zen_contract import released
from zen_contract.contract import load, names
from zen_contract.diff.report import report

RELEASED = Path(__file__).parents[2] / "openapi" / "released"


@pytest.mark.parametrize("name", names())
def test_no_contract_breaks_its_latest_release_without_a_major_version(name: str) -> None:
    told = report(released.latest(name), load(name))
    assert told.is_allowed, "\n".join(told.lines())


@pytest.mark.parametrize("name", names())
def test_every_release_says_the_version_of_its_folder(name: str) -> None:
    versions = released.versions(name)
    assert versions
    for version in versions:
        contract = released.load(version, name)
        assert contract.version == str(version)
        assert released.version_of(contract) == version


def test_no_release_was_changed_afterwards() -> None:
    noted = (RELEASED / "SHA256SUMS").read_text(encoding="utf-8")
    found = {
        str(file.relative_to(RELEASED)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in RELEASED.glob("*/*.yaml")
    }
    sums = {name: sum_ for sum_, name in (line.split() for line in noted.splitlines())}
    assert sums == found


def test_the_latest_release_is_the_highest_version_not_the_last_of_the_alphabet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("1.9.0", "1.10.0", "draft"):
        folder = tmp_path / "released" / version
        folder.mkdir(parents=True)
        (folder / "boxes.yaml").write_text(f"info: {{version: {version}}}\npaths: {{}}")
    monkeypatch.setattr(released, "_PACKAGE", tmp_path)
    assert [str(one) for one in released.versions("boxes")] == ["1.9.0", "1.10.0"]
    assert released.latest("boxes").version == "1.10.0"
