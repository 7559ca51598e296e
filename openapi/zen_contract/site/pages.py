"""Which pages there are: those written by hand, and those made from the contracts."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from zen_contract.contract import Contract
from zen_contract.site import (
    downloads,
    highlighting,
    operation_pages,
    problem_types,
    prose,
    requirement_list,
)
from zen_contract.site.fault import SiteFault
from zen_contract.site.front_page import PATH as FRONT
from zen_contract.site.front_page import front_page
from zen_contract.site.guides import Guides
from zen_contract.site.layout import Group, Item, Layout, Page, Section
from zen_contract.site.links import Source
from zen_contract.site.problem_types import ProblemType
from zen_contract.status_labels import LABELS

OPERATIONS = "operations/index.html"
PROBLEMS = "problems/index.html"
REFERENCE = "reference.html"
DOWNLOADS = "downloads.html"

_EXAMPLE = "<!-- example -->"
_PART_TITLES = ("The customer API", "What only a sandbox has")
_PART_ANCHORS = ("customer", "sandbox")


class Pages:
    """The pages of one set of contracts, the customers' first, and of the guides."""

    def __init__(self, contracts: Sequence[Contract], guides: Guides) -> None:
        self._contracts = contracts
        self._guides = guides
        self._problems = problem_types.of(contracts)
        self.contract = contracts[0]
        self.downloads = tuple(downloads.of(contracts))
        self.pictures = dict(guides.pictures())
        self.sources: dict[str, Source] = {}  # of the pages that were written by hand

    def navigation(self) -> tuple[Section, ...]:
        """Every page but those of single problems and operations in a section, these in groups."""
        made = [Item("Operations", OPERATIONS), Item("API reference", REFERENCE)]
        if self._guides.problems():
            made.append(Item("Problems", PROBLEMS))
        made.append(Item("Downloads", DOWNLOADS))
        customers, *others = (tuple(_groups(contract)) for contract in self._contracts)
        return (
            Section("", (Item("Overview", FRONT),)),
            *(
                Section(one.title, tuple(self._item(slug) for slug in one.slugs))
                for one in self._guides.sections
            ),
            Section("API", tuple(made), customers),
            *(Section("Sandbox only", (), groups) for groups in others),
        )

    def all(self, layout: Layout, *, same_origin: bool) -> Iterator[Page]:
        """Every page, in the order of the navigation."""
        start = self._item(self._guides.sections[0].slugs[0])
        has_problems = bool(self._guides.problems())
        yield front_page(self._contracts, layout, start, has_problems=has_problems)
        for slug, written in self._written.items():
            path = f"{slug}.html"
            body = layout.fill("guide.html", path, title=written.title, html=written.html)
            yield Page(path, written.title, body, "guide")
        yield self._operations(layout)
        yield _reference(layout, self.downloads[1].path, same_origin=same_origin)
        yield from self._problem_pages(layout)
        yield self._downloads(layout)
        yield from self._operation_pages(layout)

    @cached_property
    def _written(self) -> dict[str, prose.Prose]:
        slugs = [slug for section in self._guides.sections for slug in section.slugs]
        return {slug: self._read(slug, self._guides.text(slug)) for slug in slugs}

    def _read(self, slug: str, text: str) -> prose.Prose:
        written = prose.page(text, self._guides.included)
        if not written.title:
            raise SiteFault(
                "The page has to begin with its title, as `# Title`.", self._guides.named(slug), 1
            )
        self.sources[f"{slug}.html"] = Source(self._guides.named(slug), written.links)
        return written

    def _item(self, slug: str) -> Item:
        return Item(self._written[slug].title, f"{slug}.html")

    def _operations(self, layout: Layout) -> Page:
        parts = []
        for contract, title, anchor in zip(
            self._contracts, _PART_TITLES, _PART_ANCHORS, strict=False
        ):
            label = str(contract.operations[0].status_label)
            groups = operation_pages.groups(contract)
            parts.append({"title": title, "anchor": anchor, "label": label, "groups": groups})
        body = layout.fill("operations.html", OPERATIONS, parts=parts, labels=LABELS)
        return Page(OPERATIONS, "Operations", body, "operations")

    def _operation_pages(self, layout: Layout) -> Iterator[Page]:
        asked = requirement_list.by_operation(self._requirements)
        for contract in self._contracts:
            for operation in contract.operations:
                path = f"operations/{operation.operation_id}.html"
                body = layout.fill(
                    "operation.html",
                    path,
                    shown=operation_pages.shown(operation),
                    label=LABELS.get(str(operation.status_label), ""),
                    problem_pages=self._guides.problems(),
                    requirements=asked.get(operation.operation_id, ()),
                    samples=operation_pages.samples(contract, operation),
                )
                yield Page(path, operation.summary, body, "operation", operation.summary)

    @property
    def _requirements(self) -> str:
        has_list = requirement_list.SLUG in self._written
        return self._guides.text(requirement_list.SLUG) if has_list else ""

    def _problem_pages(self, layout: Layout) -> Iterator[Page]:
        pages = self._guides.problems()
        if not pages:
            return
        body = layout.fill("problems.html", PROBLEMS, problems=self._problems)
        yield Page(PROBLEMS, "Problems", body, "problems")
        for problem in self._problems:
            yield self._problem_page(layout, problem)

    def _problem_page(self, layout: Layout, problem: ProblemType) -> Page:
        slug = f"problems/{problem.slug}"
        if problem.slug not in self._guides.problems():
            raise SiteFault(
                f"The contract names the problem {problem.slug!r}, which has no page.",
                self._guides.named(slug),
            )
        written = self._read(slug, self._guides.text(slug))
        example = highlighting.block(operation_pages.json_text(problem.example), "json")
        html = written.html.replace(_EXAMPLE, example)
        body = layout.fill("problem.html", f"{slug}.html", problem=problem, html=html)
        return Page(f"{slug}.html", problem.title, body, "problem")

    def _downloads(self, layout: Layout) -> Page:
        body = layout.fill(
            "downloads.html",
            DOWNLOADS,
            files=self.downloads,
            version=self.contract.version,
            digest=self.contract.digest,
        )
        return Page(DOWNLOADS, "Downloads", body, "downloads")


def _reference(layout: Layout, contract: str, *, same_origin: bool) -> Page:
    body = layout.fill("reference.html", REFERENCE, contract=contract, same_origin=same_origin)
    return Page(
        REFERENCE, "API reference", body, "reference", scripts=("scalar.js", "reference.js")
    )


def _groups(contract: Contract) -> Iterator[Group]:
    for name, _, operations in operation_pages.groups(contract):
        yield Group(
            name,
            tuple(Item(one.summary, f"operations/{one.operation_id}.html") for one in operations),
        )
