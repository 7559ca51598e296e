"""The API's request log in the console: what failed, and where the contract says so."""

import re

import pytest

from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World
from zen_sandbox.console.shown import contract_part
from zen_sandbox.pages.documentation import Documentation
from zen_sandbox.problems import Conflict, NotFound, Unauthorized, ValidationFailed


def shown(visitor: Visitor, page: str, method: str) -> str:
    """The page of the first request of a method that a list shows."""
    found = re.search(rf'href="([^"]+)"><bdi>{method}</bdi>', page)
    assert found, page
    return visitor.get(visitor.base_url + found[1].replace("&amp;", "&"))


def meant(page: str) -> str:
    """The line of the contract that a page marks."""
    return text_of(page.partition('class="meant">')[2].partition("\n")[0]).strip()


def test_a_refused_field_is_shown_with_the_line_of_the_contract_that_refused_it(
    visitor: Visitor, world: World
) -> None:
    world.api.post(world.api.at("destinations"), {"name": "a" * 300, "url": "http://127.0.0.1:1/"})
    page = visitor.look("requests")
    assert "createDestination" in page
    assert "name: must" in page
    page = shown(visitor, page, "POST")
    assert "The part of the contract that refused it" in page
    assert "zen-back.v1.yaml#/components/schemas/" in page
    assert "maxLength" in meant(page)
    assert 'href="/docs/operations/createDestination.html"' in page
    assert 'href="/docs/problems/validation-error.html"' in page


def test_a_refused_parameter_is_shown_with_its_schema(visitor: Visitor, world: World) -> None:
    world.api.get(world.api.at("destinations", limit=0))
    page = shown(visitor, visitor.look("requests"), "GET")
    assert "/components/parameters/Limit/schema/minimum" in page
    assert "minimum: 1" in meant(page)


def test_a_body_that_is_no_json_is_shown_with_the_schema_of_the_body(
    visitor: Visitor, world: World
) -> None:
    headers = {"Content-Type": "application/json"}
    world.api.post(world.api.at("destinations"), data=b"{", headers=headers).expect(400)
    page = shown(visitor, visitor.look("requests"), "POST")
    assert "that refused it" in page
    assert meant(page)


def test_any_other_failure_is_shown_with_what_the_contract_says_about_it(
    visitor: Visitor, world: World
) -> None:
    world.api.get(world.api.at("destinations", "dest_nowhere")).expect(404)
    page = shown(visitor, visitor.look("requests"), "GET")
    assert "What the contract says about such an answer" in page
    assert "/components/responses/" in page
    assert "dest_nowhere not found" in page


def test_requests_are_filtered_by_answer_and_operation(visitor: Visitor, world: World) -> None:
    world.api.get(world.api.at("destinations")).expect(200)
    world.api.get(world.api.at("ingesters")).expect(200)
    world.api.get(world.api.at("destinations", "dest_nowhere")).expect(404)
    count = '<a href="/sandbox/console/t/[^"]+/requests/'
    assert len(re.findall(count, visitor.look("requests"))) == 3
    assert len(re.findall(count, visitor.look("requests", status="failed"))) == 1
    assert len(re.findall(count, visitor.look("requests", status="2"))) == 2
    assert len(re.findall(count, visitor.look("requests", operation_id="listIngesters"))) == 1
    assert "Nothing fits these filters." in visitor.look("requests", status="5")
    assert "Nothing fits these filters." in visitor.look("requests", operation_id="<script>")


def test_requests_of_others_and_of_nobody_are_shown_only_when_asked_for(
    visitor: Visitor, world: World
) -> None:
    other = World(world.sandbox, world.target)
    other.api.get(other.api.at("destinations", "dest_of_another"))
    world.anybody.get(f"/v1/tenants/{world.tenant}/destinations").expect(401)
    assert "A request without a valid key is nobody" in visitor.look("requests")
    page = visitor.look("requests", whose="everybody")
    assert "dest_of_another" in page
    request_id = page.partition("/requests/")[2].partition("?")[0]
    visitor.look(f"requests/{request_id}", 404)
    page = visitor.look(f"requests/{request_id}", whose="everybody")
    assert "there was no valid key" in page
    assert 'href="/docs/problems/unauthorized.html"' in page


def test_a_request_that_is_forgotten_is_a_page_that_says_so(visitor: Visitor) -> None:
    assert "not among the last 1,000 any more" in visitor.look("requests/req_nowhere", 404)


def test_what_no_operation_was_asked_for_is_shown_too(visitor: Visitor, world: World) -> None:
    world.api.get("/v1/nothing/<script>").expect(404)
    page = visitor.look("requests", whose="everybody")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "the contract has no such method and path" in shown(visitor, page, "GET")


@pytest.mark.parametrize(
    "pointer",
    [
        "/paths/~1v1~1nowhere/get/parameters/limit/schema",
        "/paths/~1v1~1logs/get/parameters/nothing/schema/minimum",
        "/paths/~1v1~1logs/get/requestBody/schema/properties/x",
    ],
)
def test_a_pointer_to_nothing_is_no_part_of_the_contract(pointer: str) -> None:
    assert contract_part.part("listLogs", pointer) is None


def test_an_excerpt_is_bounded_and_holds_the_line_that_is_meant() -> None:
    found = contract_part.part(
        "createDestination",
        "/paths/~1v1~1tenants~1{tenant_id}~1destinations/post/requestBody/schema/required",
    )
    assert found
    assert 1 < len(found.lines) <= contract_part.MOST_LINES
    assert [line.text.strip() for line in found.lines if line.is_meant] == ["required: [name, url]"]


def test_what_the_pages_link_to_is_in_the_documentation() -> None:
    documentation = Documentation()
    for path in ("operations/createDestination.html", "operations/listLogs.html"):
        assert documentation.file(path)
    slugs = [one.slug for one in (ValidationFailed, NotFound, Unauthorized, Conflict)]
    assert [slug for slug in slugs if not documentation.file(f"problems/{slug}.html")] == []
    assert documentation.file("conformance.html")
    requirements = documentation.file("requirements.html")
    assert requirements
    assert b'id="DEST-002"' in requirements
