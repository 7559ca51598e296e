"""A small contract without a defect, and copies of it with one."""

from collections.abc import Callable
from pathlib import Path

import pytest

Plant = Callable[[str, str], Path]


@pytest.fixture
def boxes() -> Path:
    """The small contract as it is."""
    return Path(__file__).with_name("boxes.v1.yaml")


@pytest.fixture
def plant(boxes: Path, tmp_path: Path) -> Plant:
    """Writes a copy of the small contract in which one passage, found once, reads otherwise."""

    def planted(old: str, new: str) -> Path:
        text = boxes.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the contract"
        copy = tmp_path / "planted.yaml"
        copy.write_text(text.replace(old, new), encoding="utf-8")
        return copy

    return planted
