"""Receivers in the console: what they answer, and what they were sent."""

from collections.abc import Iterator

import pytest

from tests.server import given
from tests.server.console.visitor import Visitor, text_of
from tests.server.delivery_world import World

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def name(world: World) -> Iterator[str]:
    """A name for a receiver, that is deleted after the test."""
    name = given.name("receiver")
    yield name
    world.admin.delete(f"/sandbox/receivers/{name}")


def send(visitor: Visitor, world: World, name: str, body: bytes = b'{"a": 1}') -> None:
    """Has the receiver get an event of a target that signs."""
    url = f"{visitor.base_url}/sandbox/receivers/{name}"
    event_id = world.event(world.flow(url=url, attempts=1, secret={"value": SECRET}), body)
    world.executed(event_id)


def test_a_receiver_is_made_and_shows_what_it_was_sent(
    visitor: Visitor, world: World, name: str
) -> None:
    assert "There is none." in visitor.look("receivers")
    visitor.look("receivers/new")
    page = visitor.send(
        "receivers/new", name=name, secret=SECRET, script='[{"status": 503}, {"drop": true}]'
    )
    assert "The receiver listens." in page
    assert "Nothing yet" in page
    send(visitor, world, name)
    page = visitor.look(f"receivers/{name}")
    assert "signature verifies" in page
    assert "answered <b>503</b>" in page
    assert "&#34;a&#34;: 1" in page
    assert 'href="/sandbox/console/t/' in page.partition("Request 1")[2]
    send(visitor, world, name)
    assert "the connection was dropped" in visitor.look(f"receivers/{name}")
    assert "503, drops" in visitor.look("receivers")
    page = visitor.send(f"receivers/{name}/forget")
    assert "Nothing yet" in page
    assert "targets that have its address get a 404" in visitor.look(f"receivers/{name}/delete")
    assert "The receiver is gone." in visitor.send(f"receivers/{name}/delete")
    visitor.look(f"receivers/{name}", 404)


def test_a_signature_that_does_not_verify_is_shown_with_the_reason(
    visitor: Visitor, world: World, name: str
) -> None:
    visitor.look("receivers/new")
    visitor.send("receivers/new", name=name)
    assert "Saved" in visitor.send(f"receivers/{name}", secret=OTHER, script="[]")
    send(visitor, world, name)
    page = visitor.look(f"receivers/{name}")
    assert "signature does not verify" in page
    assert 'class="note bad"' in page


def test_what_it_answers_is_changed_by_hand(visitor: Visitor, world: World, name: str) -> None:
    visitor.look("receivers/new")
    visitor.send("receivers/new", name=name)
    visitor.send(f"receivers/{name}", script='[{"status": 418}]')
    assert "[{&#34;status&#34;:418}]" in visitor.look(f"receivers/{name}")
    send(visitor, world, name)
    assert "answered <b>418</b>" in visitor.look(f"receivers/{name}")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("[", "must be a list in JSON"),
        ("</textarea><script>", "must be a list in JSON"),
        ('"text"', "must be a list in JSON"),
        ('{"status": 200}', "must be a list"),
        ('[{"status": 99}]', "200 to 599"),
        ('[{"color": 1}]', "is not a known field"),
        ("[" * 9000, "must be a list in JSON"),
    ],
)
def test_a_script_that_cannot_be_is_told_at_its_field(
    visitor: Visitor, name: str, script: str, said: str
) -> None:
    visitor.look("receivers/new")
    page = visitor.send("receivers/new", 400, name=name, script=script)
    assert said in page.partition('id="field-script-wrong"')[2].partition("</p>")[0]
    assert script in text_of(page) or "&lt;script&gt;" in page
    assert "<script>" not in page


def test_a_name_that_is_taken_is_told_at_its_field(visitor: Visitor, name: str) -> None:
    visitor.look("receivers/new")
    visitor.send("receivers/new", name=name)
    page = visitor.send("receivers/new", 409, name=name)
    assert "already exists" in page.partition('id="field-name-wrong"')[2].partition("</p>")[0]


def test_another_tenants_receiver_is_not_there_but_nobodys_is(
    visitor: Visitor, world: World, name: str
) -> None:
    other = World(world.sandbox, world.target)
    body = {"name": name, "tenant_id": other.tenant}
    world.admin.post("/sandbox/receivers", body).expect(201)
    assert name not in visitor.look("receivers")
    visitor.look(f"receivers/{name}", 404)
    visitor.send(f"receivers/{name}/forget", 404)
    visitor.send(f"receivers/{name}/delete", 404)
    world.admin.delete(f"/sandbox/receivers/{name}").expect(204)
    world.admin.post("/sandbox/receivers", {"name": name}).expect(201)
    assert "nobody&#39;s" in visitor.look("receivers") or "nobody's" in visitor.look("receivers")
    visitor.look(f"receivers/{name}")


def test_many_requests_are_folded_until_more_are_asked_for(
    visitor: Visitor, world: World, name: str
) -> None:
    world.admin.post("/sandbox/receivers", {"name": name, "tenant_id": world.tenant})
    for _ in range(12):
        world.anybody.post(f"/sandbox/receivers/{name}", {})
    assert visitor.look(f"receivers/{name}").count('class="attempt"') == 10
    assert visitor.look(f"receivers/{name}", many=1).count('class="attempt"') == 12
