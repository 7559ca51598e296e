"""Cursors as a unit: what is sealed for one list opens for that list only."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zen_sandbox.cursor import Cursors
from zen_sandbox.problems import ValidationFailed

LETTERS = string.ascii_letters + string.digits + "._~=+/-"
CURSORS = Cursors(b"k" * 32)
IDENTITY = "tnt_a?listDeliveries&status=failed"


def opens(cursor: str, identity: str = IDENTITY, cursors: Cursors = CURSORS) -> bool:
    """Whether it is taken back."""
    try:
        cursors.open(cursor, identity)
    except ValidationFailed:
        return False
    return True


@given(st.integers(0, 2**63 - 1), st.text())
def test_a_sealed_place_opens_for_its_list_and_fits_the_contract(seq: int, identity: str) -> None:
    identity = identity.encode("utf-8", "replace").decode()
    cursor = CURSORS.seal(seq, identity)
    assert CURSORS.open(cursor, identity) == seq
    assert len(cursor) == 32
    assert set(cursor) <= set(LETTERS)
    assert CURSORS.seal(seq, identity) == cursor


@pytest.mark.parametrize("seq", [0, 1, 2**31, 2**63 - 1, *range(1000, 1012)])
def test_a_cursor_with_any_one_character_changed_dropped_or_added_does_not_open(seq: int) -> None:
    cursor = CURSORS.seal(seq, IDENTITY)
    for place in range(len(cursor) + 1):
        before, after = cursor[:place], cursor[place:]
        assert not opens(before + after[1:]) or not after
        for letter in LETTERS:
            assert not opens(before + letter + after)
            changed = before + letter + after[1:]
            assert changed == cursor or not opens(changed)


@given(st.integers(0, 2**40), st.integers(0, 23), st.integers(1, 255))
def test_a_cursor_with_any_byte_changed_does_not_open(seq: int, place: int, flip: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(CURSORS.seal(seq, IDENTITY)))
    raw[place] ^= flip
    assert not opens(base64.urlsafe_b64encode(bytes(raw)).decode())


def test_a_cursor_does_not_open_for_another_list_or_with_another_key() -> None:
    cursor = CURSORS.seal(7, IDENTITY)
    for identity in ("", IDENTITY + "x", IDENTITY[:-1], "tnt_b?listDeliveries&status=failed"):
        assert not opens(cursor, identity)
    assert not opens(cursor, cursors=Cursors(b"l" * 32))


@given(st.text(max_size=40))
def test_other_text_does_not_open(text: str) -> None:
    assert not opens(text)


@pytest.mark.parametrize(
    "text", ["é" * 32, "🎯" * 32, "\ud800" * 32, "\0" * 32, "A" * 32, "=" * 32]
)
def test_text_of_the_right_length_does_not_open(text: str) -> None:
    assert not opens(text)
