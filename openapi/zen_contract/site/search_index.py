"""What the search looks through: each passage of each page with its place, as one JSON file."""

import json
from collections.abc import Mapping

from zen_contract.site.parsed import Parsed

FILE = "search.json"


def index(pages: Mapping[str, tuple[str, Parsed]]) -> bytes:
    """The passages by path and anchor; `pages` gives each page's title and what it holds."""
    passages = [
        {
            "to": f"{path}#{one.anchor}" if one.anchor else path,
            "page": title,
            "heading": one.heading.strip(),
            "text": one.text,
        }
        for path, (title, page) in pages.items()
        for one in page.passages
        if one.text or one.anchor
    ]
    return json.dumps(passages, ensure_ascii=False, separators=(",", ":")).encode()
