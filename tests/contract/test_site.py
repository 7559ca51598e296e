"""The site that `zen-contract docs` writes: what is on it, and that all of it hangs together."""

import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.contract.written import Pages
from zen_contract.contract import Contract, Operation, load
from zen_contract.openapi31 import as_openapi_31
from zen_contract.postman import collection
from zen_contract.samples import samples_of
from zen_contract.site import guides, problem_types
from zen_contract.site.build import CONTRACTS, build
from zen_contract.site.front_page import SERVE
from zen_contract.status_labels import LABELS, non_claims

OPERATIONS = [(one, name) for name in CONTRACTS for one in load(name).operations]


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    """The files of the site."""
    return build()


@pytest.fixture(scope="module")
def pages(site: dict[str, bytes]) -> Pages:
    """Its pages."""
    return Pages(site)


@pytest.mark.parametrize(
    ("operation", "name"), OPERATIONS, ids=[one.operation_id for one, _ in OPERATIONS]
)
def test_an_operation_has_a_page_with_all_that_a_caller_asks(
    pages: Pages, operation: Operation, name: str
) -> None:
    text = pages[f"operations/{operation.operation_id}.html"].text
    assert f"{operation.method} {operation.path}" in text
    assert f"Scope {operation.scope or 'None asked for'}" in text
    assert str(operation.status_label) in text
    assert LABELS[str(operation.status_label)] in text
    assert re.search(r"Idempotency (Recommended|Not required|Takes no Idempotency-Key)", text)
    for parameter in operation.parameters:
        assert parameter["name"] in text
    for status in operation.responses:
        assert status in text
    for sample in samples_of(load(name), operation.operation_id):
        assert " ".join(sample.text.split()) in text


def test_an_operation_says_that_a_key_is_recommended_exactly_where_one_is_taken(
    pages: Pages,
) -> None:
    for operation, _ in OPERATIONS:
        text = pages[f"operations/{operation.operation_id}.html"].text
        assert ("Idempotency Recommended" in text) == operation.takes_idempotency_key


def test_each_problem_of_an_operation_leads_to_its_page_and_back(pages: Pages) -> None:
    kinds = problem_types.of([load(name) for name in CONTRACTS])
    assert len(kinds) > 12
    for kind in kinds:
        document = pages[f"problems/{kind.slug}.html"]
        assert f"HTTP status {kind.status} type {kind.type}" in document.text
        assert json.dumps(kind.example["detail"]) in document.text
        assert kind.operations
        for operation in kind.operations:
            page = f"../operations/{operation.operation_id}.html"
            assert page in document.values("href")
            there = pages[f"operations/{operation.operation_id}.html"]
            assert f"../problems/{kind.slug}.html" in there.values("href")


def test_the_links_of_the_contract_are_on_the_page(pages: Pages) -> None:
    hrefs = pages["operations/createDestination.html"].values("href")
    assert "../operations/getDestination.html" in hrefs
    assert "$response.body#/id" in pages["operations/createDestination.html"].text


def test_requirements_can_be_linked_to_and_lead_to_operations_and_back(pages: Pages) -> None:
    written = guides.load().text("requirements")
    ids = re.findall(r"^\| ([A-Z]+-\d{3}) ", written, re.MULTILINE)
    assert len(ids) > 250
    requirements = pages["requirements.html"]
    assert set(ids) <= set(requirements.values("id"))
    assert "operations/updateDestination.html" in requirements.values("href")
    there = pages["operations/updateDestination.html"].values("href")
    assert "../requirements.html#DEST-013" in there


def test_every_page_says_that_nothing_is_live_in_production(pages: Pages) -> None:
    for path, page in pages.items():
        assert "not a claim that it is live in production" in page.text, path
    front = pages["index.html"].text
    assert "It is not a production-live availability claim." in front
    claims = non_claims(load())
    assert len(claims) >= 6
    for claim in claims:
        assert claim.replace("`", "") in front


def test_every_guide_is_in_the_navigation_of_every_page(pages: Pages) -> None:
    listed = [f"{slug}.html" for section in guides.load().sections for slug in section.slugs]
    assert set(listed) <= set(pages)
    for path, page in pages.items():
        root = "../" * path.count("/")
        assert {f"{root}{one}" for one in listed} <= set(page.values("href")), path


def test_the_downloads_are_the_contract_in_each_form(site: Mapping[str, bytes]) -> None:
    for contract in map(load, CONTRACTS):
        _assert_downloads(site, contract)


def _assert_downloads(site: Mapping[str, bytes], contract: Contract) -> None:
    start = f"downloads/{contract.path.stem}"
    assert site[f"{start}.yaml"] == contract.path.read_bytes()
    assert json.loads(site[f"{start}.json"]) == contract.document
    assert json.loads(site[f"{start}.openapi-3.1.json"]) == as_openapi_31(contract.document)
    assert json.loads(site[f"{start}.postman_collection.json"]) == collection(contract)


def test_every_link_of_every_page_leads_to_a_file_and_an_anchor(
    site: Mapping[str, bytes], pages: Pages
) -> None:
    checked = 0
    for path, page in pages.items():
        for href in page.values("href") + page.values("src"):
            if re.match(r"https?://", href):
                continue
            place, _, anchor = href.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), place))
            target = target if place else path
            assert target in site, f"{path}: {href}"
            if anchor:
                assert unquote(anchor) in pages[target].values("id"), f"{path}: {href}"
            checked += 1
    assert checked > 5000


def test_no_page_asks_another_server_for_anything(site: Mapping[str, bytes], pages: Pages) -> None:
    for path, page in pages.items():
        for tag, given in page.elements:
            if tag != "a":
                where = (given.get("href") or "") + (given.get("src") or "")
                assert not re.match(r"[a-z]+:|//", where), f"{path}: {tag} {where}"
    for path, content in site.items():
        if path.endswith(".css"):
            assert b"url(" not in content
            assert b"@import" not in content


def test_no_page_needs_more_than_a_policy_of_self(pages: Pages) -> None:
    for path, page in pages.items():
        for tag, given in page.elements:
            assert tag not in ("style", "iframe", "form"), path
            assert tag != "script" or given.get("src"), path
            assert not [name for name in given if name == "style" or name.startswith("on")], path


def test_no_anchor_stands_twice_on_a_page(pages: Pages) -> None:
    for path, page in pages.items():
        ids = page.values("id")
        assert len(ids) == len(set(ids)), path


def test_each_page_begins_with_one_heading_of_the_first_level(pages: Pages) -> None:
    for path, page in pages.items():
        assert [tag for tag, _ in page.elements].count("h1") == 1, path


def test_every_page_can_be_found_by_its_title(site: Mapping[str, bytes], pages: Pages) -> None:
    passages = json.loads(site["search.json"])
    found = {one["to"].partition("#")[0] for one in passages}
    assert set(pages) - found == {"reference.html"} - found
    for one in passages:
        path, _, anchor = one["to"].partition("#")
        assert not anchor or anchor in pages[path].values("id")
    texts = {one["to"]: one["text"] for one in passages}
    assert "PATCH leaves each field" in texts["requirements.html#DEST-013"]
    assert "POST /v1/tenants/{tenant_id}/destinations" in texts["operations/createDestination.html"]
    assert '"type": "https://api.zen-mesh.io/errors/conflict"' in texts["problems/conflict.html"]


def test_only_the_reference_differs_where_the_server_of_the_api_serves_the_site(
    site: Mapping[str, bytes],
) -> None:
    other = build(same_origin=True)
    assert other.keys() == site.keys()
    assert [path for path in site if site[path] != other[path]] == ["reference.html"]


def test_the_command_of_the_front_page_is_the_readmes(pages: Pages) -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert " ".join(SERVE.split()) in pages["index.html"].text
    assert " && ".join(SERVE.splitlines()) in readme.read_text(encoding="utf-8")
