"""Markdown as HTML: anchors on headings and requirements, coloured code, links between pages.

A link to `other.md#there` becomes one to `other.html#there`. Where each link stood is kept, so that
one that leads nowhere can be named by file and line.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from mdit_py_plugins.anchors import anchors_plugin

from zen_contract.site import highlighting

_REQUIREMENT = re.compile(r"[A-Z]+-[0-9]{3}")
_INCLUDE = re.compile(r"<!-- include (?P<path>\S+) -->")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
_DEEPEST_ANCHOR = 4


@dataclass(frozen=True)
class Link:
    """A link of a page: where it leads, how it is written, and the line it stands in."""

    href: str
    written: str
    line: int


@dataclass(frozen=True)
class Prose:
    """A page's text as HTML, without its title."""

    title: str
    html: str
    links: tuple[Link, ...]


def page(text: str, include: Callable[[str], str] = lambda path: "") -> Prose:
    """A whole page, whose first heading is its title.

    A line `<!-- include PATH -->` stands for the Markdown that `include` gives for the path,
    without its title; a link to that path leads there.
    """
    title, tokens = _titled(_markdown().parse(text))
    included: dict[str, str] = {}
    whole: list[Token] = []
    for token in tokens:
        path = _included(token)
        if path is None:
            whole.append(token)
            continue
        included[path] = f"#{path.rpartition('/')[2].removesuffix('.md')}"
        whole.append(_html(f'<div id="{included[path][1:]}">\n'))
        whole += _titled(_markdown().parse(include(path)))[1]
        whole.append(_html("</div>\n"))
    links = tuple(_links(whole, included))
    return Prose(title, str(_markdown().renderer.render(whole, _markdown().options, {})), links)


def inline(text: str) -> str:
    """A sentence or two of the contract, without paragraphs."""
    return str(_plain().renderInline(" ".join(text.split())))


def passage(text: str) -> str:
    """A passage of the contract; its headings make no anchors."""
    return str(_plain().render(text))


def is_elsewhere(href: str) -> bool:
    """Whether a link leaves the site."""
    return _ELSEWHERE.match(href) is not None


@cache
def _markdown() -> MarkdownIt:
    """For pages, which may hold comments and HTML of ours."""
    markdown = _rules(MarkdownIt("commonmark", {"html": True}))
    markdown.use(anchors_plugin, max_level=_DEEPEST_ANCHOR)
    markdown.core.ruler.push("requirement_anchors", _anchor_requirements)
    markdown.add_render_rule("heading_close", _heading_close)
    return markdown


@cache
def _plain() -> MarkdownIt:
    """For the contract, in whose prose `<id>` is a word."""
    return _rules(MarkdownIt("commonmark", {"html": False}))


def _rules(markdown: MarkdownIt) -> MarkdownIt:
    for rule in (_fence, _table_open, _table_close):
        markdown.add_render_rule(rule.__name__.removeprefix("_"), rule)
    return markdown.enable("table")


def _titled(tokens: list[Token]) -> tuple[str, list[Token]]:
    """The title of a page, and what follows it."""
    if len(tokens) < 3 or (tokens[0].type, tokens[0].tag) != ("heading_open", "h1"):
        return "", tokens
    return "".join(part.content for part in tokens[1].children or ()), tokens[3:]


def _included(token: Token) -> str | None:
    found = _INCLUDE.fullmatch(token.content.strip()) if token.type == "html_block" else None
    return found["path"] if found else None


def _html(text: str) -> Token:
    return Token("html_block", "", 0, content=text)


def _links(tokens: Sequence[Token], included: Mapping[str, str]) -> Iterator[Link]:
    """Rewrites the links to pages, and tells where each stands."""
    for token in tokens:
        line = token.map[0] + 1 if token.map else 0
        for part in token.children or ():
            if part.type in ("softbreak", "hardbreak"):
                line += 1
            elif part.type == "link_open":
                written = str(part.attrs["href"])
                part.attrs["href"] = included.get(written) or _as_html(written)
                yield Link(str(part.attrs["href"]), written, line)
            elif part.type == "image":
                yield Link(str(part.attrs["src"]), str(part.attrs["src"]), line)


def _as_html(href: str) -> str:
    path, hash_, anchor = href.partition("#")
    if is_elsewhere(href) or not path.endswith(".md"):
        return href
    return f"{path.removesuffix('.md')}.html{hash_}{anchor}"


def _anchor_requirements(state: Any) -> None:
    """A row of a table that begins with the id of a requirement can be linked to by that id."""
    tokens = state.tokens
    for row, cell, content in zip(tokens, tokens[1:], tokens[2:], strict=False):
        begins_row = (row.type, cell.type) == ("tr_open", "td_open")
        if begins_row and _REQUIREMENT.fullmatch(content.content):
            row.attrSet("id", content.content)
            content.children = _linked(content.content)


def _linked(requirement_id: str) -> list[Token]:
    text = Token("text", "", 0, content=requirement_id)
    opened = Token("link_open", "a", 1, attrs={"href": f"#{requirement_id}"})
    return [opened, text, Token("link_close", "a", -1)]


def _fence(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    return highlighting.block(tokens[index].content, tokens[index].info.split(" ")[0])


def _heading_close(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    heading = tokens[index - 2]
    anchor = heading.attrs.get("id")
    link = f' <a class="anchor" href="#{anchor}" aria-label="Link to this heading">#</a>'
    return f"{link if anchor else ''}</{heading.tag}>\n"


def _table_open(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    return '<div class="table" role="group" aria-label="Table" tabindex="0"><table>\n'


def _table_close(self: RendererHTML, tokens: Sequence[Token], index: int, *_: Any) -> str:
    return "</table></div>\n"
