"""Whether every link of a page leads to a page and an anchor that are there."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from zen_contract.site.fault import SiteFault
from zen_contract.site.parsed import Parsed
from zen_contract.site.prose import Link, is_elsewhere


@dataclass(frozen=True)
class Source:
    """Where a page's text was written, and the links that stand in it."""

    file: str
    links: tuple[Link, ...]

    def link(self, href: str) -> Link | None:
        """The first link of the text that leads there."""
        return next((link for link in self.links if link.href == href), None)


def check(pages: Mapping[str, Parsed], sources: Mapping[str, Source], files: Iterable[str]) -> None:
    """SiteFault for the first link, in the order of the pages, that leads nowhere."""
    there = {*pages, *files}
    for path, page in pages.items():
        for href in page.references:
            for reason in _wrong(path, href, pages, there):
                raise _fault(path, href, reason, sources.get(path))


def _fault(path: str, href: str, reason: str, source: Source | None) -> SiteFault:
    link = source.link(href) if source else None
    if source is None or link is None:
        return SiteFault(f"The link {href!r} leads nowhere: {reason}.", path)
    message = f"The link {link.written!r} leads nowhere: {reason}."
    return SiteFault(message, source.file, link.line)


def _wrong(path: str, href: str, pages: Mapping[str, Parsed], there: set[str]) -> Iterator[str]:
    if is_elsewhere(href):
        return
    place, _, anchor = href.partition("#")
    folder = posixpath.dirname(path)
    target = posixpath.normpath(posixpath.join(folder, unquote(place))) if place else path
    if place.endswith("/") or target == ".":
        target = posixpath.normpath(posixpath.join(target, "index.html"))
    if target not in there:
        yield f"the site has no {target}"
    elif anchor and (target not in pages or unquote(anchor) not in pages[target].anchors):
        yield f"{target} has no anchor {anchor!r}"
