"""The picture of the overview: where endpoints, flows and targets stand, and the lines between."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from zen_sandbox.console.shown.health import Health, Line

MOST_FLOWS = 40
"""Flows in one picture; more are listed, not drawn."""

WIDTH = 1000
_STEP = 64
_TOP = 36
_BOX = 44
_COLUMNS = {"endpoint": (0, 250), "flow": (330, 350), "target": (760, 240)}
"""Left edge and width."""


class Box(NamedTuple):
    """A rectangle with a name."""

    kind: str
    resource: Mapping[str, Any]
    y: float
    state: str

    @property
    def x(self) -> int:
        """Its left edge."""
        return _COLUMNS[self.kind][0]

    @property
    def width(self) -> int:
        """Its width."""
        return _COLUMNS[self.kind][1]

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.y + _BOX / 2


class Edge(NamedTuple):
    """A line: the path of an SVG."""

    path: str
    state: str


class Picture(NamedTuple):
    """Everything that is drawn."""

    height: float
    boxes: list[Box]
    edges: list[Edge]
    box_height: int = _BOX


def picture(
    endpoints: Sequence[Mapping[str, Any]],
    flows: Sequence[Mapping[str, Any]],
    targets: Sequence[Mapping[str, Any]],
    health: Health,
) -> Picture:
    """Flows under each other by endpoint; endpoints and targets where their flows are."""
    places = {endpoint["id"]: number for number, endpoint in enumerate(endpoints)}
    drawn = sorted(flows, key=lambda one: places.get(one["source_id"], len(places)))[:MOST_FLOWS]
    in_the_middle = [
        Box("flow", flow, _TOP + number * _STEP, health.line(flow["id"]).state)
        for number, flow in enumerate(drawn)
    ]
    left = _beside("endpoint", endpoints, in_the_middle, "source_id")
    right = _beside("target", targets, in_the_middle, "destination_id")
    boxes = [*left, *in_the_middle, *right]
    edges = [*_edges(left, in_the_middle, "source_id"), *_out(in_the_middle, right)]
    lowest = max((box.y for box in boxes), default=0)
    return Picture(lowest + _STEP, boxes, edges)


def rate(line: Line) -> str:
    """What a flow did in the last half hour, in a few words."""
    done = line.delivered + line.failed
    if not done and not line.queued:
        return "quiet"
    words = []
    if done:
        words = [f"{done} in 30 min", f"{line.delivered * 100 // done} % delivered"]
    if line.queued:
        words.append(f"{line.queued} queued")
    return ", ".join(words)


def _beside(
    kind: str, resources: Sequence[Mapping[str, Any]], flows: Sequence[Box], member: str
) -> list[Box]:
    """Each as high as its flows are on average, none over another, those without any last."""
    wanted: list[tuple[float, Mapping[str, Any]]] = []
    for resource in resources:
        own = [box.y for box in flows if box.resource[member] == resource["id"]]
        wanted.append((sum(own) / len(own) if own else float("inf"), resource))
    boxes: list[Box] = []
    lowest = float(_TOP - _STEP)
    for y, resource in sorted(wanted, key=lambda one: one[0])[:MOST_FLOWS]:
        lowest = max(lowest + _STEP, y) if y != float("inf") else lowest + _STEP
        state = {"error": "bad", "disabled": "quiet"}.get(resource["status"], "plain")
        boxes.append(Box(kind, resource, lowest, state))
    return boxes


def _edges(left: Sequence[Box], flows: Sequence[Box], member: str) -> list[Edge]:
    by_id = {box.resource["id"]: box for box in left}
    return [
        Edge(_curve(by_id[flow.resource[member]], flow), flow.state)
        for flow in flows
        if flow.resource[member] in by_id
    ]


def _out(flows: Sequence[Box], right: Sequence[Box]) -> list[Edge]:
    by_id = {box.resource["id"]: box for box in right}
    return [
        Edge(_curve(flow, by_id[flow.resource["destination_id"]]), flow.state)
        for flow in flows
        if flow.resource["destination_id"] in by_id
    ]


def _curve(start: Box, end: Box) -> str:
    left, right = start.x + start.width, end.x
    half = (left + right) / 2
    return (
        f"M{left} {start.middle:.1f} C{half} {start.middle:.1f}"
        f" {half} {end.middle:.1f} {right} {end.middle:.1f}"
    )
