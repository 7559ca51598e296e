"""A random history of targets, endpoints and flows, held to a model after every step.

The model is what the contract says a server remembers: one dict per collection.  Every step makes a
request of which the model knows the answer, and then reads back what the step was about; every few
steps all collections are listed.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from zen_conformance.answer import Answer
from zen_conformance.failures import ConformanceFailure
from zen_conformance.generated.listing import listed
from zen_conformance.generated.world import (
    DESTINATION,
    FLOW,
    INGESTER,
    KINDS,
    MOST,
    Document,
    Kind,
    World,
)
from zen_conformance.moments import moment
from zen_conformance.tenant import Tenant

NAMES = ("alpha", "Alpha", "beta", "gämma", "delta 4")
URLS = ("https://one.example.com/", "http://two.example.com:8080/a?b=c")
TYPES = ("webhook", "queue")
PROVIDERS = ("stripe", "github", "shopify", "twilio", "generic")
POLICIES: tuple[Document | None, ...] = (
    None,
    {},
    {"retry_policy": {}},
    {"retry_policy": {"max_attempts": 7}},
    {"retry_policy": {"backoff_seconds": 77}},
    {"retry_policy": {"max_attempts": 1, "backoff_seconds": 3600}},
)
_DEFAULTS = {"max_attempts": 3, "backoff_seconds": 10}
_STEPS_BETWEEN_LISTS = 6
_PICK = st.integers(min_value=0, max_value=MOST)
_NAMES = st.sampled_from(NAMES)


class History(RuleBasedStateMachine):
    """One random history; `on` gives the class its tenant."""

    api: ClassVar[Tenant]
    run: ClassVar[str]
    numbers: ClassVar[Iterator[int]]

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.api, f"{self.run}-{next(self.numbers)}")
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        """With a target and an endpoint, so that flows come about in every history."""
        self.create_destination(NAMES[0], URLS[0], None)
        self.create_ingester(NAMES[0], PROVIDERS[0])

    def teardown(self) -> None:
        for kind in (FLOW, DESTINATION, INGESTER):
            for resource_id in list(self.world.known[kind.name]):
                self.world.call("delete", kind, resource_id)

    @rule(name=_NAMES, url=st.sampled_from(URLS), type_=st.sampled_from((None, *TYPES)))
    def create_destination(self, name: str, url: str, type_: str | None) -> None:
        given = {"name": self._name(name), "url": url} | ({"type": type_} if type_ else {})
        self._create(DESTINATION, given, {"type": "webhook", "status": "active", **given})

    @rule(name=_NAMES, provider=st.sampled_from(PROVIDERS))
    def create_ingester(self, name: str, provider: str) -> None:
        given = {"name": self._name(name), "type": provider}
        self._create(INGESTER, given, {"status": "active", **given})

    @rule(name=_NAMES, source=_PICK, onto=_PICK, config=st.sampled_from(POLICIES))
    def create_flow(self, name: str, source: int, onto: int, config: Document | None) -> None:
        given = self._flow(name, source, onto, config)
        if given is not None:
            self._create(FLOW, given, {**given, "config": filled(config)})

    @rule(name=_NAMES, source=_PICK, onto=_PICK)
    def create_by_recipe(self, name: str, source: int, onto: int) -> None:
        given = self._flow(name, source, onto, None)
        if given is not None and self.api.entry.clusters:
            self._create_by_recipe(given)

    @rule(
        number=_PICK,
        name=st.none() | _NAMES,
        url=st.none() | st.sampled_from(URLS),
        type_=st.none() | st.sampled_from(TYPES),
        status=st.none() | st.sampled_from(("active", "disabled")),
    )
    def update_destination(self, number: int, name: Any, url: Any, type_: Any, status: Any) -> None:
        whole = {"name": name and self._name(name), "url": url, "type": type_, "status": status}
        given = {member: value for member, value in whole.items() if value is not None}
        self._change("update", DESTINATION, number, given, given)

    @rule(number=_PICK, name=_NAMES, provider=st.sampled_from(PROVIDERS))
    def replace_ingester(self, number: int, name: str, provider: str) -> None:
        given = {"name": self._name(name), "type": provider}
        self._change("replace", INGESTER, number, given, given)

    @rule(number=_PICK, name=_NAMES, source=_PICK, onto=_PICK, config=st.sampled_from(POLICIES))
    def replace_flow(
        self, number: int, name: str, source: int, onto: int, config: Document | None
    ) -> None:
        given = self._flow(name, source, onto, config)
        if given is not None:
            self._change("replace", FLOW, number, given, {**given, "config": filled(config)})

    @rule(number=_PICK, kind=st.sampled_from(KINDS))
    def delete(self, number: int, kind: Kind) -> None:
        self._delete(kind, number)

    @rule(number=_PICK, kind=st.sampled_from(KINDS))
    def ask_for_what_is_gone(self, number: int, kind: Kind) -> None:
        gone = [resource_id for one, resource_id in self.world.gone if one is kind]
        if gone:
            resource_id = gone[number % len(gone)]
            for verb in ("get", "delete"):
                answer = self.world.call(verb, kind, resource_id)
                blamed(kind.gone, partial(answer.expect, 404))

    def _name(self, name: str) -> str:
        return f"zc {self.world.run} {name}"

    def _flow(self, name: str, source: int, onto: int, config: Document | None) -> Document | None:
        source_id = self.world.pick(INGESTER, source)
        destination_id = self.world.pick(DESTINATION, onto)
        if source_id is None or destination_id is None:
            return None
        given: Document = {
            "name": self._name(name),
            "source_id": source_id,
            "destination_id": destination_id,
        }
        return given if config is None else {**given, "config": config}

    def _create(self, kind: Kind, given: Document, expected: Document) -> None:
        if self.world.full(kind):
            return
        answer = self.world.call("create", kind, json=given)
        if self.world.taken(kind, given["name"]):
            blamed(_taken(kind), lambda: answer.expect(409))
            return
        blamed(kind.created, lambda: answer.expect(201))
        self._must_show(kind, answer, given, expected, kind.created)
        self._remember(kind, answer, expected)

    def _create_by_recipe(self, given: Document) -> None:
        if self.world.full(FLOW):
            return
        type_ = self.world.known["Destination"][given["destination_id"]]["type"]
        target = {"id": given["destination_id"], "type": type_}
        body = {"name": given["name"], "source": given["source_id"], "target": target}
        answer = self.world.api.call("createClusterDeliveryFlow", json=body)
        if self.world.taken(FLOW, given["name"]):
            blamed("RECIPE-003", lambda: answer.expect(409))
            return
        blamed("RECIPE-001", lambda: answer.expect(201).expect_members(**body))
        read = self.world.call("get", FLOW, answer["id"])
        expected = {**given, "config": filled(None)}
        blamed("RECIPE-003", lambda: read.expect(200).expect_members(**_wire(expected)))
        self._remember(FLOW, read, expected)

    def _remember(self, kind: Kind, answer: Answer, expected: Document) -> None:
        times = {name: answer[name] for name in ("created_at", "updated_at")}
        self.world.known[kind.name][answer["id"]] = {**expected, **times}
        self.world.began = self.world.began or moment(times["created_at"])
        self._look(kind, answer["id"])

    def _change(
        self, verb: str, kind: Kind, number: int, given: Document, changed: Document
    ) -> None:
        resource_id = self.world.pick(kind, number)
        if resource_id is None or not given:
            return
        answer = self.world.call(verb, kind, resource_id, json=given)
        before = self.world.known[kind.name][resource_id]
        if "name" in given and self.world.taken(kind, given["name"], but=resource_id):
            blamed("NAME-008", lambda: answer.expect(409))
            self._look(kind, resource_id, after_refusal=True)
            return
        expected = {**before, **changed}
        blamed(kind.updated, lambda: answer.expect(200))
        if "status" in given:
            blamed("DEST-012", lambda: answer.expect_members(status=given["status"]))
        self._must_show(kind, answer, given, expected, kind.updated)
        blamed(kind.kept, lambda: answer.expect_members(created_at=before["created_at"]))
        earlier, later = before["updated_at"], answer["updated_at"]
        backwards = f"updated_at moved back from {earlier} to {later}"
        blamed(kind.moves, lambda: answer.must(moment(later) >= moment(earlier), backwards))
        self.world.known[kind.name][resource_id] = {**expected, "updated_at": later}
        self._look(kind, resource_id)

    def _must_show(
        self, kind: Kind, answer: Answer, given: Document, expected: Document, requirement: str
    ) -> None:
        """The write's answer shows what it was given, then what that leaves to a default."""
        member, created, updated = kind.filled or ("", requirement, requirement)
        sent = {
            name: given.get(name, value)
            for name, value in _wire(expected).items()
            if name in given or name != member
        }
        blamed(requirement, lambda: answer.expect_members(**sent))
        default = created if requirement == kind.created else updated
        blamed(default, lambda: answer.expect_members(**_wire(expected)))

    def _delete(self, kind: Kind, number: int) -> None:
        resource_id = self.world.pick(kind, number)
        if resource_id is None:
            return
        answer = self.world.call("delete", kind, resource_id)
        if kind.in_use is not None and self.world.uses(resource_id):
            blamed(kind.in_use, lambda: answer.expect(409))
            self._look(kind, resource_id, after_refusal=True)
            return
        blamed(kind.in_use or kind.gone, lambda: answer.expect(204))
        del self.world.known[kind.name][resource_id]
        self.world.gone.append((kind, resource_id))
        blamed(kind.gone, lambda: self.world.call("get", kind, resource_id).expect(404))
        self._now_and_then()

    def _look(self, kind: Kind, resource_id: str, *, after_refusal: bool = False) -> None:
        """Read one back, as the model knows it."""
        expected = self.world.known[kind.name][resource_id]
        answer = self.world.call("get", kind, resource_id)
        about = "ORDER-011" if after_refusal else kind.reads
        blamed(about, lambda: answer.expect(200).expect_members(**expected, id=resource_id))
        self._now_and_then()

    def _now_and_then(self) -> None:
        self.steps += 1
        world = self.world
        if self.steps % _STEPS_BETWEEN_LISTS == 0 and world.began is not None:
            for kind in KINDS:
                listed(world.api, kind, world.run, world.known[kind.name], world.began)


def on(api: Tenant, run: str) -> type[RuleBasedStateMachine]:
    """The state machine on that tenant; every history of it works in names of its own."""
    return type("History", (History,), {"api": api, "run": run, "numbers": itertools.count(1)})


def filled(config: Document | None) -> Document:
    """The config as it is returned: what was left out has its default."""
    policy = (config or {}).get("retry_policy", {})
    return {"retry_policy": {**_DEFAULTS, **policy}}


def blamed(requirement: str, look: Callable[[], Any]) -> None:
    """Make the look; a failure of it is that requirement's."""
    try:
        look()
    except ConformanceFailure as failure:
        failure.requirement = failure.requirement or requirement
        raise


def _taken(kind: Kind) -> str:
    return {"Destination": "NAME-005", "DeliveryFlow": "NAME-006", "Ingester": "NAME-007"}[
        kind.name
    ]


def _wire(expected: Document) -> Document:
    """What an answer to a write shows for certain; its times are another requirement's."""
    return {name: one for name, one in expected.items() if name not in ("created_at", "updated_at")}
