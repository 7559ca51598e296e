"""The report as one HTML page that needs neither network nor script."""

import functools
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zen_conformance.report.model import OUTCOMES, Report, Result
from zen_conformance.trace import printable

_WORDS = {"passed": "passed", "failed": "failed", "warned": "warned", "not_run": "not run"}


def text(report: Report) -> str:
    """The page; everything in it that is not ours is escaped."""
    areas: dict[str, list[Result]] = {}
    for one in report.requirements:
        areas.setdefault(one.area, []).append(one)
    page = _environment().get_template("report.html.j2")
    return page.render(report=report, areas=areas, outcomes=OUTCOMES, words=_WORDS)


def _shown(value: Any) -> Any:
    # Exactly str: what a macro made is text that is escaped already.
    return printable(value) if type(value) is str else value


def _with_code(text: str) -> Markup:
    """The text with what stands between backticks as code."""
    plain = Markup("{}").format
    code = Markup("<code>{}</code>").format
    parts = printable(text).split("`")
    return Markup("").join((code if n % 2 else plain)(one) for n, one in enumerate(parts))


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("zen_conformance", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["with_code"] = _with_code
    return made
