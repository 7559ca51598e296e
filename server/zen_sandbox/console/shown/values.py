"""How values come onto a page: everything in them is hostile, and nothing in them is too long.

Jinja escapes; what is done here besides: direction marks and control characters are made visible,
long texts are cut where a reader has seen enough, with a word on how much there is.
"""

import re
from datetime import datetime
from typing import Any

import orjson
from flask import Flask
from markupsafe import Markup

from zen_sandbox.pages.site import with_code

SHORT = 200
LONG = 20_000
"""Characters of a value in a line, and of a body, unless somebody asked to see it all."""

ALL = 1_048_576
"""The most that is shown of a body, whatever was asked for."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def seen(text: object) -> str:
    """The text with what cannot be seen, or turns what follows around, written out."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", str(text))


def is_plain(text: str) -> bool:
    """Whether all of a text can be seen and stands where it is."""
    return not _UNSEEN.search(text)


def short(text: object, most: int = SHORT) -> Markup:
    """One line of text, isolated from the direction of what is around it."""
    whole = str(text)
    if len(whole) <= most:
        return Markup("<bdi>{}</bdi>").format(seen(whole))
    return Markup('<bdi>{}</bdi><span class="cut">… {:,} characters</span>').format(
        seen(whole[:most]), len(whole)
    )


def cut(text: object, most: int) -> str:
    """The beginning, for where there is no room for more."""
    whole = str(text)
    return seen(whole) if len(whole) <= most else f"{seen(whole[:most])}…"


def moment(timestamp: str | None) -> Markup:
    """A moment of the wire; its day is in the title."""
    if not timestamp:
        return Markup("")
    day, _, rest = timestamp.rstrip("Z").partition("T")
    return Markup('<time datetime="{}" title="{}">{} <b>{}</b></time>').format(
        timestamp, timestamp, day[5:], rest
    )


def seconds_between(first: str, second: str) -> float:
    """From one moment of the wire to another."""
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def duration(seconds: float) -> str:
    """A span of time in the unit that suits it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} d"


def size(count: int) -> str:
    """A number of bytes."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.1f} KiB" if count < 1024 * 1024 else f"{count / 1024**2:.1f} MiB"


def pretty(text: str) -> str:
    """JSON with line ends and indents; any other text as it is."""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (ValueError, UnicodeError, RecursionError):
        return text


def text_of(content: dict[str, Any]) -> str:
    """What `wire.content` holds, as text; bytes that are none stay base64."""
    return str(content.get("text", content.get("base64", "")))


def add_to(site: Flask) -> None:
    """Makes them filters of the templates."""
    for filter_ in (seen, short, cut, moment, duration, size, pretty, text_of, with_code):
        site.add_template_filter(filter_)
