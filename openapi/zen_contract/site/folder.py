"""How a site gets into a folder: only one that is absent, empty, or holds a site made before."""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

MARKER = ".zen-contract-site.json"


class FolderRefused(ValueError):
    """The folder holds something else, or cannot be written; the message is one sentence."""


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files, and takes away those of the site before that this one has not."""
    try:
        before = _made_before(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Noted first, so that a run that was cut short has left a folder that can be used again.
        _note(folder, {*before, *files})
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for path in before - set(files):
            _remove(folder, folder / path)
        _note(folder, set(files))
    except OSError as error:
        raise FolderRefused(f"{error.filename} cannot be written: {error.strerror}.") from error


def check(folder: Path) -> None:
    """FolderRefused unless a site may be written there."""
    _made_before(folder)


def _made_before(folder: Path) -> set[str]:
    """The files of the site that is there."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise FolderRefused(f"{nearest} is a file; name a folder.")
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    try:
        listed = json.loads((folder / MARKER).read_bytes())["files"]
        paths = {PurePosixPath(path) for path in listed}
    except (OSError, ValueError, KeyError, TypeError):
        raise FolderRefused(
            f"{folder} holds files that are not a site made by this command; name an empty folder."
        ) from None
    return {str(path) for path in paths if not path.is_absolute() and ".." not in path.parts}


def _note(folder: Path, files: set[str]) -> None:
    (folder / MARKER).write_text(json.dumps({"files": sorted(files)}, indent=1), encoding="utf-8")


def _remove(folder: Path, file: Path) -> None:
    file.unlink(missing_ok=True)
    for above in file.parents:
        if above == folder or not above.is_dir() or any(above.iterdir()):
            return
        above.rmdir()
