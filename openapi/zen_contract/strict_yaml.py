"""How a contract's YAML is read: JSON's types only, every key a string, no key twice.

PyYAML speaks YAML 1.1, where `2026-01-02` is a date, `no` a boolean and `1:30` a number. In a
contract those are example strings, and the other readers of the file (YAML 1.2) take them so.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # PyYAML built without libyaml reads the same, only slower.
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

_WORDS = {
    "null": (r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "int": (r"[-+]?(?:0|[1-9][0-9]{0,40})$", list("-+0123456789")),
    "float": (
        r"[-+]?(?:0|[1-9][0-9]{0,40})(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$",
        list("-+0123456789"),
    ),
}
_TAG = "tag:yaml.org,2002:"
_BUILT = [None, *(_TAG + name for name in (*_WORDS, "str", "seq", "map"))]


class StrictYamlError(ValueError):
    """The text is not a contract's YAML; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


class _StrictLoader(_SafeLoader):
    """A safe loader with YAML 1.2's idea of which plain words are not strings."""


# Set from outside because the stubs declare both as instance variables.
_StrictLoader.yaml_implicit_resolvers = {}
_StrictLoader.yaml_constructors = {tag: _SafeLoader.yaml_constructors[tag] for tag in _BUILT}
for _name, (_pattern, _first) in _WORDS.items():
    _StrictLoader.add_implicit_resolver(_TAG + _name, re.compile(_pattern), _first)


def _mapping(loader: Any, node: yaml.MappingNode) -> Iterator[dict[str, Any]]:
    # Two steps, as PyYAML's own constructor: the empty dict first, for an alias to point at.
    data: dict[str, Any] = {}
    yield data
    for key_node, value_node in node.value:
        key = _key(key_node)
        if key in data:
            raise StrictYamlError(f"The key {key!r} stands twice in one mapping.", _line(key_node))
        data[key] = loader.construct_object(value_node)


_StrictLoader.add_constructor(_TAG + "map", _mapping)


def read(text: bytes) -> Any:
    """The document as dicts with string keys, lists, strings, numbers, booleans and None."""
    try:
        # A subclass of the safe loader builds nothing but these types.
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506
    except yaml.YAMLError as error:
        raise _broken(error) from error
    except RecursionError as error:
        raise StrictYamlError("The YAML is nested too deeply to be a contract.", 1) from error


def lines(text: bytes) -> dict[tuple[str, ...], int]:
    """Where each value of the document starts: its path of keys -> line of its key, from 1."""
    try:
        root = yaml.compose(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise _broken(error) from error
    found: dict[tuple[str, ...], int] = {(): 1}
    if root is not None:
        found.update(_lines_below((), root))
    return found


def _lines_below(path: tuple[str, ...], node: yaml.Node) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            inner = (*path, _key(key_node))
            yield inner, _line(key_node)
            yield from _lines_below(inner, value_node)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            inner = (*path, str(index))
            yield inner, _line(item)
            yield from _lines_below(inner, item)


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise StrictYamlError("A key is not a word; a contract's keys all are.", _line(node))
    return cast(str, node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _broken(error: yaml.YAMLError) -> StrictYamlError:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return StrictYamlError(f"The YAML cannot be read: {problem}.", mark.line + 1 if mark else 1)
