"""The pages that are written by hand: where they lie, in what order and sections they are read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zen_contract import strict_yaml
from zen_contract.site.fault import SiteFault

NAVIGATION = "navigation.yaml"

_PACKAGE = Path(__file__).parents[1]
_PROBLEMS = "problems"
_PICTURES = "images"


@dataclass(frozen=True)
class Section:
    """Pages that belong together; `slugs` are their file names without `.md`."""

    title: str
    slugs: tuple[str, ...]


@dataclass(frozen=True)
class Guides:
    """A folder of Markdown pages with its navigation."""

    folder: Path
    sections: tuple[Section, ...]

    def text(self, slug: str) -> str:
        """The Markdown of a page, as `quickstart` or `problems/not-found`."""
        try:
            return (self.folder / f"{slug}.md").read_text(encoding="utf-8")
        except OSError as error:
            raise SiteFault(f"It cannot be read: {error.strerror}.", self.named(slug)) from error
        except UnicodeDecodeError as error:
            raise SiteFault("It is not UTF-8.", self.named(slug)) from error

    def included(self, path: str) -> str:
        """The Markdown of a file beside or above the pages, such as `../CHANGELOG.md`."""
        try:
            return (self.folder / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SiteFault(f"{path}, which a page includes, cannot be read.") from error

    def named(self, slug: str) -> str:
        """What a person calls the page's file."""
        return f"docs/{slug}.md"

    def pictures(self) -> Iterator[tuple[str, bytes]]:
        """The pictures of the pages by path, such as `images/console.png`."""
        for path in sorted((self.folder / _PICTURES).glob("*.png")):
            yield f"{_PICTURES}/{path.name}", path.read_bytes()

    def problems(self) -> tuple[str, ...]:
        """The slugs of the problems that have a page."""
        return tuple(sorted(path.stem for path in (self.folder / _PROBLEMS).glob("*.md")))


def load(folder: Path | None = None) -> Guides:
    """The pages of a folder; without one, the packaged copy, else the checkout's."""
    if folder is None:
        packaged = _PACKAGE / "guides"
        folder = packaged if packaged.is_dir() else _PACKAGE.parents[1] / "docs"
    try:
        listed = strict_yaml.read((folder / NAVIGATION).read_bytes())
    except OSError as error:
        raise SiteFault(f"{folder / NAVIGATION} cannot be read: {error.strerror}.") from error
    except strict_yaml.StrictYamlError as error:
        raise SiteFault(error.message, f"docs/{NAVIGATION}", error.line) from error
    sections = tuple(_sections(listed))
    _check(folder, [slug for section in sections for slug in section.slugs])
    return Guides(folder, sections)


def _sections(listed: Any) -> Iterator[Section]:
    try:
        for one in listed:
            yield Section(str(one["section"]), tuple(map(str, one["pages"])))
    except (KeyError, TypeError) as error:
        raise SiteFault(
            "Each item has to be a `section` with its `pages`.", f"docs/{NAVIGATION}"
        ) from error


def _check(folder: Path, slugs: list[str]) -> None:
    there = {path.stem for path in folder.glob("*.md")}
    for slug in slugs:
        if slug not in there:
            raise SiteFault(f"There is no page docs/{slug}.md.", f"docs/{NAVIGATION}")
        if slugs.count(slug) > 1:
            raise SiteFault(f"The page {slug!r} is listed twice.", f"docs/{NAVIGATION}")
    for slug in sorted(there - set(slugs)):
        raise SiteFault(f"The page is in no section of docs/{NAVIGATION}.", f"docs/{slug}.md")
