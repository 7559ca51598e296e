"""How every page of the site is framed: the bar, the navigation, what is on the page, the foot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from zen_contract.fields import matching
from zen_contract.site import prose
from zen_contract.site.parsed import Parsed

_TEMPLATES = Path(__file__).parent / "templates"
_DEEPEST_HEADING = 3
_FEWEST_HEADINGS = 2


@dataclass(frozen=True)
class Item:
    """A page in the navigation."""

    title: str
    path: str


@dataclass(frozen=True)
class Group:
    """Pages that are folded away unless one of them is shown."""

    title: str
    pages: tuple[Item, ...]

    @property
    def paths(self) -> frozenset[str]:
        """The paths of its pages."""
        return frozenset(item.path for item in self.pages)


@dataclass(frozen=True)
class Section:
    """A part of the navigation."""

    title: str
    pages: tuple[Item, ...]
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Page:
    """A page before it is framed."""

    path: str
    title: str
    body: str
    kind: str
    description: str = ""
    scripts: tuple[str, ...] = ()


class Layout:
    """Fills templates, and frames what comes out."""

    def __init__(self, navigation: Sequence[Section], version: str) -> None:
        self._navigation = navigation
        self._version = version
        self._turns = [item for section in navigation for item in section.pages]
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["matching"] = matching
        self._templates.filters["prose"] = _prose

    def fill(self, template: str, path: str, **given: Any) -> str:
        """The body of a page."""
        return self._templates.get_template(template).render(path=path, root=_root(path), **given)

    def frame(self, page: Page, parsed: Parsed) -> str:
        """The whole page; `parsed` is its body."""
        headings = [one for one in parsed.headings if one[0] <= _DEEPEST_HEADING]
        return self.fill(
            "layout.html",
            page.path,
            title=page.title,
            kind=page.kind,
            description=page.description,
            scripts=page.scripts,
            body=Markup(page.body),  # noqa: S704 - it comes out of our templates, escaped there
            headings=headings if len(headings) >= _FEWEST_HEADINGS else [],
            navigation=self._navigation,
            version=self._version,
            **self._around(page.path),
        )

    def _around(self, path: str) -> Mapping[str, Item | None]:
        paths = [item.path for item in self._turns]
        if path not in paths:
            return {"before": None, "after": None}
        at = paths.index(path)
        return {
            "before": self._turns[at - 1] if at else None,
            "after": self._turns[at + 1] if at + 1 < len(paths) else None,
        }


def _prose(text: str) -> Markup:
    return Markup(prose.inline(text))  # noqa: S704 - the Markdown is our own


def _root(path: str) -> str:
    """The way from a page back to the folder of the site, so that it may lie at any path."""
    return "../" * path.count("/")
