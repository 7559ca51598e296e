"""What is said of two patterns holds for the texts that they take."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zen_contract.diff.patterns import Relation, relation

SAME = Relation(narrower=False, wider=False)
WIDER = Relation(narrower=False, wider=True)
NARROWER = Relation(narrower=True, wider=False)
OTHER = Relation(narrower=True, wider=True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("^a$", "^a$", SAME),
        ("^[a-z]{1,3}$", "^[a-z]{1,9}$", WIDER),
        ("^[a-z]{1,3}$", "^[a-z]{0,3}$", WIDER),
        ("^[a-z]{1,3}$", "^[a-z]{2,3}$", NARROWER),
        ("^[a-z]{1,3}$", "^[a-z]{2,9}$", OTHER),
        ("^[a-z]+$", "^[a-z]*$", WIDER),
        ("^[a-z]+$", "^[a-z]{1,64}$", NARROWER),
        ("^[a-z]{3}$", "^[a-z]{3,}$", WIDER),
        ("^[a-z-]$", "^[a-z_-]$", WIDER),
        ("^[a-z_]$", "^[a-z]$", NARROWER),
        ("^[\\u0020-\\u007e]$", "^[\\u0020-\\u00ff]$", WIDER),
        ("^[.\\]]$", "^[\\].]$", SAME),
        ("^[^a]$", "^[^ab]$", OTHER),
        ("^\\d$", "^[0-9]$", OTHER),
        ("^a$", "^b$", OTHER),
        ("^a|b$", "^ab$", OTHER),
        ("^(?!a{1,2})b$", "^(?!a{1,3})b$", OTHER),
    ],
)
def test_the_relation_of_two_patterns(old: str, new: str, expected: Relation) -> None:
    assert relation(old, new) == expected


CLASSES = st.sampled_from(["[a-c]", "[abd]", "[a-c_-]", "a", "b", "[^a]"])
REPEATS = st.sampled_from(["", "?", "*", "+", "{1,2}", "{0,2}", "{2}", "{1,}"])
PATTERNS = st.lists(st.tuples(CLASSES, REPEATS), min_size=1, max_size=3).map(
    lambda parts: f"^{''.join(one + times for one, times in parts)}$"
)


@given(PATTERNS, PATTERNS, st.text("abcd_-", max_size=6))
def test_no_text_contradicts_what_is_said(old: str, new: str, text: str) -> None:
    said = relation(old, new)
    before, after = re.search(old, text), re.search(new, text)
    assert said.narrower or not (before and not after)
    assert said.wider or not (after and not before)
