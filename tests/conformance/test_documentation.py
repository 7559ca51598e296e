"""The pages about the suite: their commands exist, and their target file can be read."""

import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from zen_conformance import requirements, target_file
from zen_conformance.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "conformance.md"]
_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


def blocks(page: Path, kind: str) -> list[str]:
    """The page's code blocks of that kind."""
    return [one["text"] for one in _BLOCK.finditer(page.read_text("utf-8")) if one["kind"] == kind]


def commands(page: Path) -> list[list[str]]:
    """The words of each zen-conformance command in a block of the page."""
    text = "\n".join(blocks(page, "sh") + blocks(page, "yaml"))
    text = re.sub(r"^.*?(?=zen-conformance )", "", text.replace("run: >\n", "run: "), flags=re.M)
    text = re.sub(r"\n +--", " --", text)
    lines = [line for line in text.splitlines() if line.startswith("zen-conformance ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_the_page_can_be_parsed(page: Path) -> None:
    found = commands(page)
    assert len(found) > 4
    context = click.Context(main)
    for words in found:
        command = main.get_command(context, words[0])
        assert command is not None, words
        command.make_parser(click.Context(command)).parse_args(words[1:])


def test_every_command_and_every_option_of_run_is_on_a_page() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    named = [f"zen-conformance {name}" for name in main.commands if name != "list"]
    options = [one for param in main.commands["run"].params for one in param.opts]
    assert [one for one in [*named, *options] if one not in text] == []


def test_the_target_file_on_the_page_can_be_read_and_has_every_entry(tmp_path: Path) -> None:
    whole, *parts = blocks(PAGES[1], "toml")
    path = tmp_path / "target.toml"
    path.write_text(whole, encoding="utf-8")
    found = target_file.read(path)
    assert found.credentials[0].scopes > {"read:*", "admin:destinations"}
    text = "".join([whole, *parts])
    for entry in (
        *target_file.CAPABILITIES,
        *target_file.ROLES,
        *target_file.STATES,
        *("ca_file", "verify", "receiver_host", "receiver_url", "source_ids", "event_ids"),
    ):
        assert entry in text, entry
    for part in parts:
        tomllib.loads(part)


def test_the_requirements_that_the_pages_name_exist() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    named = set(re.findall(r"\b[A-Z]{2,10}-[0-9]{3}\b", text))
    assert named
    assert named <= set(requirements.load())
