"""For every kind of error the requests that must get it, from each operation that can answer it.

`provoke(suite, "not-found")` yields one answer after the other; a check holds each to a rule.
"""

from collections.abc import Callable, Iterator
from functools import partial

from zen_conformance import contract
from zen_conformance.answer import Answer
from zen_conformance.failures import NotOffered, NotRun
from zen_conformance.operation_cases import ALL, must_be_offered
from zen_conformance.refusals import DEFECTS, Defect, draft
from zen_conformance.standing import UNKNOWN_ID
from zen_conformance.suite import Suite

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def provoke(suite: Suite, slug: str) -> Iterator[Answer]:
    """Answers that should be problems of that kind; those that are not say nothing of its form."""
    met = False
    for ask in _asking(suite, slug):
        try:
            answer = ask()
        except NotOffered:
            continue
        if answer.exchange.received is not None and answer.status == _status(slug):
            met = True
            yield answer
    if not met:
        raise NotRun(f"no request was answered as {slug} should be")


def _status(slug: str) -> int:
    return (
        405 if slug == "method-not-allowed" else next(d.status for d in DEFECTS if d.slug == slug)
    )


def _asking(suite: Suite, slug: str) -> Iterator[Callable[[], Answer]]:
    if slug == "method-not-allowed":
        yield from (partial(suite.primary.raw, m, p) for m, p in unserved(suite))
    if slug == "not-found":
        yield lambda: suite.primary.raw("GET", "/v1/zc-no-such-path")
        yield lambda: suite.primary.raw("GET", f"/v1/tenants/{suite.primary.id}/zc-nothing")
    for operation_id in ALL:
        for defect in DEFECTS:
            if defect.slug == slug and defect.concerns(operation_id):
                yield partial(_spoilt, suite, operation_id, defect)


def _spoilt(suite: Suite, operation_id: str, defect: Defect) -> Answer:
    must_be_offered(suite, operation_id)
    return defect.spoil(draft(suite, operation_id)).send()


def filled(suite: Suite, template: str) -> str:
    """The path with the primary tenant and cluster, and ids that nothing has."""
    cluster_id = next(iter(suite.primary.entry.clusters), UNKNOWN_ID)
    ids = {"tenant_id": suite.primary.id, "cluster_id": cluster_id}
    segments = [
        ids.get(part[1:-1], UNKNOWN_ID) if part.startswith("{") else part
        for part in template.split("/")
    ]
    return "/".join(segments)


def documented_methods() -> dict[str, set[str]]:
    """The methods of each path of the contract."""
    methods: dict[str, set[str]] = {}
    for one in contract.operations():
        methods.setdefault(one.path, set()).add(one.method)
    return methods


def unserved(suite: Suite) -> Iterator[tuple[str, str]]:
    """Every method that a path of the contract does not name, and that path."""
    for template, methods in documented_methods().items():
        for method in METHODS:
            if method not in methods:
                yield method, filled(suite, template)
