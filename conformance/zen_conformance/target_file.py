"""What the suite is told about a server: one TOML file, read once and checked before anything runs.

Every mistake in it is a `TargetFileError` whose message is one sentence that names the entry.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CAPABILITIES = ("ingesters", "ingest", "retry", "logs", "rate_limit")
KINDS = ("api_key", "jwt")
ROLES = ("primary", "other")
STATES = ("valid", "expired", "revoked", "malformed")

# What a server offers unless its file says otherwise.
_OFFERED_UNLESS_SAID = ("ingesters",)


class TargetFileError(ValueError):
    """The target file cannot be used; the message is one sentence that says what to change."""


@dataclass(frozen=True)
class TenantEntry:
    """One of the two tenants the suite may work in."""

    role: str  # primary or other
    id: str
    clusters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Credential:
    """One token, and what it is good for."""

    tenant: str  # primary or other
    kind: str  # api_key or jwt
    token: str = field(repr=False)
    scopes: frozenset[str]
    state: str = "valid"


@dataclass(frozen=True)
class Tls:
    """How to trust a server that does not present a publicly trusted certificate."""

    ca_file: Path | None = None
    verify: bool = True


@dataclass(frozen=True)
class Fixtures:
    """Ids that exist already, for a server that cannot make them through this API."""

    source_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A server under test."""

    base_url: str  # without a slash at its end
    tenants: Mapping[str, TenantEntry]
    credentials: tuple[Credential, ...]
    capabilities: frozenset[str]
    receiver_host: str | None = None
    receiver_url: str | None = None
    fixtures: Fixtures = Fixtures()
    tls: Tls = Tls()

    def credential(
        self,
        tenant: str,
        *,
        scopes: frozenset[str] | None = None,
        kind: str | None = None,
        state: str = "valid",
    ) -> Credential | None:
        """The first credential that fits; `scopes` None asks for the one with the most scopes."""
        fitting = [
            one
            for one in self.credentials
            if one.tenant == tenant
            and one.state == state
            and (kind is None or one.kind == kind)
            and (scopes is None or one.scopes == scopes)
        ]
        return max(fitting, key=lambda one: len(one.scopes), default=None)

    def offers(self, need: str) -> bool:
        """Whether the server has what a requirement's `needs` names."""
        if need == "clusters":
            return bool(self.tenants["primary"].clusters)
        if need == "receiver":
            return self.receiver_host is not None or self.receiver_url is not None
        return need in self.capabilities

    def at(self, base_url: str) -> "Target":
        """The same server under another address, as `--base-url` gives it."""
        return replace(self, base_url=_base_url(base_url))


def read(path: Path) -> Target:
    """The target that file describes, else TargetFileError."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetFileError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetFileError(f"{path} is not TOML: {error}.") from error
    try:
        return _target(document, path.parent)
    except TargetFileError as error:
        raise TargetFileError(f"{path}: {error}") from error


def _target(document: Mapping[str, Any], folder: Path) -> Target:
    capabilities = _table(document, "capabilities")
    fixtures = _table(document, "fixtures")
    return Target(
        base_url=_base_url(_text(document, "base_url")),
        tenants={role: _tenant(_table(document, "tenants"), role) for role in ROLES},
        credentials=tuple(_credentials(document)),
        capabilities=frozenset(
            name
            for name in CAPABILITIES
            if _flag(capabilities, name, unsaid=name in _OFFERED_UNLESS_SAID)
        ),
        receiver_host=_optional_text(capabilities, "receiver_host"),
        receiver_url=_optional_text(capabilities, "receiver_url"),
        fixtures=Fixtures(
            _texts(fixtures, "source_ids", "fixtures"), _texts(fixtures, "event_ids", "fixtures")
        ),
        tls=_tls(_table(document, "tls"), folder),
    )


def _tenant(tenants: Mapping[str, Any], role: str) -> TenantEntry:
    entry = _table(tenants, role, "tenants.")
    return TenantEntry(
        role, _text(entry, "id", f"tenants.{role}."), _texts(entry, "clusters", f"tenants.{role}")
    )


def _credentials(document: Mapping[str, Any]) -> Iterator[Credential]:
    listed = document.get("credentials", [])
    if not isinstance(listed, list) or not listed:
        raise TargetFileError("it needs at least one [[credentials]] table.")
    for number, entry in enumerate(listed, 1):
        where = f"credentials[{number}]."
        if not isinstance(entry, dict):
            raise TargetFileError(f"credentials[{number}] is not a table.")
        yield Credential(
            tenant=_one_of(entry, "tenant", ROLES, where),
            kind=_one_of({"kind": "api_key", **entry}, "kind", KINDS, where),
            token=_text(entry, "token", where),
            scopes=frozenset(_texts(entry, "scopes", where.rstrip("."))),
            state=_one_of({"state": "valid", **entry}, "state", STATES, where),
        )


def _tls(entry: Mapping[str, Any], folder: Path) -> Tls:
    named = _optional_text(entry, "ca_file")
    ca_file = folder / named if named else None
    if ca_file is not None and not ca_file.is_file():
        raise TargetFileError(f"tls.ca_file: there is no file {ca_file}.")
    return Tls(ca_file, _flag(entry, "verify", unsaid=True))


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise TargetFileError(f"base_url: {text!r} is not an http or https address.")
    return text.rstrip("/")


def _table(document: Mapping[str, Any], name: str, where: str = "") -> Mapping[str, Any]:
    entry = document.get(name, {})
    if not isinstance(entry, dict):
        raise TargetFileError(f"{where}{name} is not a table.")
    return entry


def _text(entry: Mapping[str, Any], name: str, where: str = "") -> str:
    value = _optional_text(entry, name, where)
    if not value:
        raise TargetFileError(f"{where}{name} is missing; it must be a text.")
    return value


def _optional_text(entry: Mapping[str, Any], name: str, where: str = "") -> str | None:
    value = entry.get(name)
    if value is not None and not isinstance(value, str):
        raise TargetFileError(f"{where}{name} must be a text.")
    return value


def _texts(entry: Mapping[str, Any], name: str, where: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TargetFileError(f"{where}.{name} must be a list of texts.")
    return tuple(value)


def _flag(entry: Mapping[str, Any], name: str, *, unsaid: bool) -> bool:
    value = entry.get(name, unsaid)
    if not isinstance(value, bool):
        raise TargetFileError(f"{name} must be true or false.")
    return value


def _one_of(entry: Mapping[str, Any], name: str, known: tuple[str, ...], where: str) -> str:
    value = _text(entry, name, where)
    if value not in known:
        raise TargetFileError(f"{where}{name}: {value!r} is none of {', '.join(known)}.")
    return value
