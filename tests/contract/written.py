"""A site in a folder: its files, its pages as a reader of HTML sees them, and a server for it."""

import functools
import http.server
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

POLICY = "default-src 'self'"
REFERENCE_POLICY = (
    f"{POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:"
)

_BLOCKS = frozenset(
    ["dd", "div", "dt", "h1", "h2", "h3", "li", "p", "pre", "section", "summary", "td", "th", "tr"]
)


@dataclass
class Document(HTMLParser):
    """A page as it stands in the file: every element with its attributes, and the text."""

    html: str
    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.text += " " if tag in _BLOCKS else ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [value for _, given in self.elements if (value := given.get(name))]


class Pages(Mapping[str, Document]):
    """The pages of a site by path, each read once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = {path: text for path, text in files.items() if path.endswith(".html")}
        self._read = functools.cache(lambda path: Document(self._files[path].decode()))

    def __getitem__(self, path: str) -> Document:
        return self._read(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        is_reference = self.path.partition("?")[0] == "/reference.html"
        policy = REFERENCE_POLICY if is_reference else POLICY
        self.send_header("Content-Security-Policy", policy)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Any web server, but one that allows a page nothing from elsewhere; its base URL."""
    handler = functools.partial(_Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
