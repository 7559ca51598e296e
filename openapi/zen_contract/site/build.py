"""Start here: how the site is put together, page by page, and checked.

    guides.py            docs/*.md and their order
      -> prose.py        Markdown -> HTML, links and anchors
    operation_pages.py   contract -> what an operation's page shows
    problem_types.py     contract -> kinds of problem
      -> layout.py       templates, navigation
      -> links.py        every link leads somewhere, else SiteFault
      -> search_index.py the passages that can be searched

Nothing of it depends on the time or the machine: the same contracts and pages give the same bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from zen_contract.contract import Contract, load
from zen_contract.site import guides, links, scalar, search_index
from zen_contract.site.layout import Layout
from zen_contract.site.pages import Pages
from zen_contract.site.parsed import Parsed

CONTRACTS = ("zen-back.v1", "zen-sandbox.v1")

_STATIC = Path(__file__).parent / "static"


def build(
    contracts: Sequence[Contract] | None = None,
    written: guides.Guides | None = None,
    *,
    same_origin: bool = False,
    tell: Callable[[str], None] = lambda stage: None,
) -> dict[str, bytes]:
    """The files of the site by path; SiteFault when a page or link is wrong.

    With `same_origin` the reference sends the requests that a reader tries to where it was loaded
    from; otherwise it offers to try nothing. `tell` hears what is done next.
    """
    reference = scalar.bundle()
    pages = Pages(contracts or [load(name) for name in CONTRACTS], written or guides.load())
    tell("Reading the pages")
    layout = Layout(pages.navigation(), pages.contract.version)
    html: dict[str, str] = {}
    bodies: dict[str, Parsed] = {}
    titles: dict[str, str] = {}
    for page in pages.all(layout, same_origin=same_origin):
        tell(f"Making {page.path}")
        bodies[page.path] = Parsed(page.body)
        html[page.path] = layout.frame(page, bodies[page.path])
        titles[page.path] = page.title
    files = {**dict(_files(pages)), "assets/scalar.js": reference}
    tell("Checking the links")
    links.check(bodies, pages.sources, files)
    files[search_index.FILE] = search_index.index(titles, bodies)
    return {path: text.encode() for path, text in html.items()} | files


def _files(pages: Pages) -> Iterator[tuple[str, bytes]]:
    for file in sorted(_STATIC.iterdir()):
        yield f"assets/{file.name}", file.read_bytes()
    yield from pages.pictures.items()
    for download in pages.downloads:
        yield download.path, download.content
