"""The documentation at `/docs/`: built by a process of its own at the first look, then kept.

A process, because building keeps a processor busy for a second or two, and requests to the API are
not to wait for it.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

_BUILD = ("-m", "zen_contract.cli", "docs", "--same-origin", "--out")
_LONGEST_SECONDS = 120
_REFUSED = 2
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
}


class NoDocumentation(Exception):
    """The site cannot be built here; the message is one sentence that says what to do."""


class Documentation:
    """The files of the site; the first to ask waits for it, and whoever asks meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: Mapping[str, bytes] | None = None

    def file(self, path: str) -> bytes | None:
        """What the site has at the path; NoDocumentation where it cannot be built."""
        with self._lock:
            if self._files is None:
                self._files = _built()
        return self._files.get(path)


def content_type(path: str) -> str:
    """The media type of a file of the site."""
    return _TYPES.get(Path(path).suffix, "application/octet-stream")


def _built() -> Mapping[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="zen-docs-") as scratch:
        folder = Path(scratch) / "site"
        # -P: what lies in the folder where the sandbox was started is not to be imported.
        done = subprocess.run(
            [sys.executable, "-P", *_BUILD, str(folder)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST_SECONDS,
            check=False,
        )
        if done.returncode == _REFUSED:
            raise NoDocumentation(done.stderr.splitlines()[-1].removeprefix("Error: "))
        if done.returncode:
            raise RuntimeError(f"the documentation was not built: {done.stderr}")
        files = (path for path in folder.rglob("[!.]*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
