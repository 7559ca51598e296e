"""The contracts as they were released: which versions there are, and what a version may follow.

`openapi/released/<version>/<name>.yaml`, copied when a release is made and never changed after.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from zen_contract.contract import Contract, ContractError, load_path

_PACKAGE = Path(__file__).parent
_VERSION = re.compile(r"(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})")


@dataclass(frozen=True, order=True)
class Version:
    """A version of a contract, as semantic versioning counts."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def next_major(self) -> "Version":
        """The least version that may break customers."""
        return Version(self.major + 1, 0, 0)

    def next_minor(self) -> "Version":
        """The least version that may offer more."""
        return Version(self.major, self.minor + 1, 0)

    def next_patch(self) -> "Version":
        """The least version that may read differently."""
        return Version(self.major, self.minor, self.patch + 1)


def version_of(contract: Contract) -> Version:
    """The version that a contract says it is."""
    info = contract.document.get("info")
    text = str(info.get("version")) if isinstance(info, dict) else "None"
    found = parsed(text)
    if found is None:
        raise ContractError(
            f"{contract.path} says it is version {text}; write info.version as MAJOR.MINOR.PATCH."
        )
    return found


def parsed(text: str) -> Version | None:
    """`1.2.3` as a version; None for anything else."""
    found = _VERSION.fullmatch(text)
    return Version(*(int(number) for number in found.groups())) if found else None


def versions(name: str) -> tuple[Version, ...]:
    """The released versions of the contract of that name, oldest first."""
    files = [file for folder in _folders() for file in folder.glob(f"*/{name}.yaml")]
    found = {parsed(file.parent.name) for file in files}
    return tuple(sorted(one for one in found if one is not None))


def load(version: Version, name: str) -> Contract:
    """The contract of that name as it was released under that version."""
    for folder in _folders():
        file = folder / str(version) / f"{name}.yaml"
        if file.is_file():
            return load_path(file)
    known = ", ".join(map(str, versions(name))) or "none"
    raise ContractError(f"There is no release {version} of {name}; there are: {known}.")


def latest(name: str) -> Contract:
    """The newest release of the contract of that name."""
    known = versions(name)
    if not known:
        raise ContractError(f"No version of {name} has been released.")
    return load(known[-1], name)


def _folders() -> tuple[Path, ...]:
    """The packaged copies, else the checkout's."""
    return _PACKAGE / "released", _PACKAGE.parent / "released"
