"""What the search looks through: each passage of each page with its place, as one JSON file."""

import json
from collections.abc import Mapping

from zen_contract.site.parsed import Parsed

FILE = "search.json"


def index(titles: Mapping[str, str], bodies: Mapping[str, Parsed]) -> bytes:
    """The passages by path and anchor; both are by the path of the page."""
    passages = [
        {
            "to": f"{path}#{one.anchor}" if one.anchor else path,
            "page": titles[path],
            "heading": one.heading.strip(),
            "text": one.text,
        }
        for path, body in bodies.items()
        for one in body.passages
        if one.text or one.anchor
    ]
    return json.dumps(passages, ensure_ascii=False, separators=(",", ":")).encode()
