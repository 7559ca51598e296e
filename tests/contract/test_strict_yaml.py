"""What a contract's YAML means, and what is refused with its line."""

from typing import Any

import pytest

from zen_contract.strict_yaml import StrictYamlError, lines, read


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("0x1F", "0x1F"),
        ("017", "017"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("'12'", "12"),
        ("{}", {}),
        ("[a, 1]", ["a", 1]),
        ("1" * 5000, "1" * 5000),
    ],
)
def test_a_plain_word_is_what_json_would_make_of_it(written: str, meant: Any) -> None:
    value = read(f"key: {written}".encode())["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_every_key_is_a_string() -> None:
    assert read(b"200: a\ntrue: b\nnull: c\n2026-01-02: d\n<<: e\n") == {
        "200": "a",
        "true": "b",
        "null": "c",
        "2026-01-02": "d",
        "<<": "e",
    }


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (b"a: 1\nb: 2\na: 3\n", 3, "The key 'a' stands twice"),
        (b"responses:\n  200: a\n  '200': b\n", 3, "The key '200' stands twice"),
        (b"a:\n - b: {c: 1,\n      c: 2}\n", 3, "The key 'c' stands twice"),
        (b"a: [1\nb: 2\n", 2, "cannot be read"),
        (b"a: &b 1\nc: *d\n", 2, "undefined alias"),
        (b"? [a]\n: b\n", 1, "not a word"),
        (b"a: 1\nb: !!python/name:os.system x\n", 2, "could not determine a constructor"),
        (b"a: !!timestamp 2026-01-02\n", 1, "could not determine a constructor"),
        (b"a: \xff\n", 1, "cannot be read"),
        (b"a: 1\n---\nb: 2\n", 2, "another document"),
    ],
)
def test_what_is_no_contract_is_refused_with_its_line(text: bytes, line: int, says: str) -> None:
    with pytest.raises(StrictYamlError, match=says) as refused:
        read(text)
    assert refused.value.line == line


def test_each_value_is_found_on_the_line_of_its_key() -> None:
    found = lines(b"# comment\na:\n  b: 1\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n")
    assert found == {
        (): 1,
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "c"): 4,
        ("a", "c", "0"): 5,
        ("a", "c", "1"): 6,
        ("a", "c", "1", "d"): 6,
        ("a", "c", "1", "e"): 7,
    }
