"""What a run would miss, found out before one: it asks the server to read and never to write.

Which credentials the checks need follows from the contract's scopes and the server's capabilities.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from zen_conformance import contract
from zen_conformance.failures import ConformanceFailure, NotRun
from zen_conformance.receiver import Receiver
from zen_conformance.requirements import NEEDS, Requirement
from zen_conformance.requirements import load as ledger
from zen_conformance.suite import Configuration, Suite
from zen_conformance.target_file import KINDS, Credential, Target
from zen_conformance.tenant import Tenant, described

OK, ABSENT, WRONG, NOTE = "ok", "missing", "wrong", "note"
_HOW_TO_OFFER = {
    "clusters": "give tenants.primary.clusters",
    "receiver": "give capabilities.receiver_host",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `lost` says what a run would leave out because of it."""

    state: str  # ok, missing, wrong, or note: nothing to put right, but good to know
    what: str
    lost: str | None = None


def examine(target: Target) -> Iterator[Finding]:
    """Everything, reachability first; Unreachable when there is no server."""
    suite = Suite(Configuration(target))
    suite.client.reach()
    try:
        yield Finding(OK, f"{target.base_url} can be reached.")
        yield from _examined(suite, target)
    finally:
        suite.client.close()


def _examined(suite: Suite, target: Target) -> Iterator[Finding]:
    yield from _tenants(target)
    yield from _missing_credentials(target)
    for one in target.credentials:
        yield _tried(suite, one)
    yield from _clusters(suite)
    yield from _capabilities(target)
    yield _receiver(target)
    yield from _fixtures(target)


def _tenants(target: Target) -> Iterator[Finding]:
    primary, other = target.tenants["primary"].id, target.tenants["other"].id
    if primary == other:
        yield Finding(WRONG, f"Both tenants are {primary}; give a second one.", "area TENANT")
    else:
        yield Finding(OK, f"Two tenants: {primary} and {other}.")


def _missing_credentials(target: Target) -> Iterator[Finding]:
    everything = needed_scopes(target)
    for role in ("primary", "other"):
        best = target.credential(role)
        lacking = sorted(everything - _allowed(best)) if best else []
        if best is None:
            yield Finding(ABSENT, f"A valid credential of tenant {role}.", "nearly every check")
        elif lacking:
            words = ", ".join(lacking)
            yield Finding(ABSENT, f"A credential of tenant {role} that also has {words}.", "most")
    yield from _missing_scopes(target, everything)
    for kind in KINDS:
        if target.credential("primary", kind=kind) is None:
            yield Finding(ABSENT, f"A valid {kind} of tenant primary.", f"what a {kind} may do")
    for state, lost in (
        ("expired", "AUTH-003"),
        ("revoked", "AUTH-004"),
        ("malformed", "AUTH-002"),
    ):
        if target.credential("primary", state=state) is None:
            yield Finding(ABSENT, f"A credential of tenant primary whose state is {state}.", lost)


def _missing_scopes(target: Target, everything: frozenset[str]) -> Iterator[Finding]:
    resources = sorted({scope.partition(":")[2] for scope in everything})
    single = [*sorted(everything), *(f"admin:{resource}" for resource in resources), "read:*"]
    for scope in single:
        if target.credential("primary", scopes=frozenset({scope})) is None:
            lost = f"parts of area SCOPE that {scope} alone decides"
            yield Finding(ABSENT, f"A credential of tenant primary with {scope} alone.", lost)
    if target.credential("primary", scopes=frozenset()) is None:
        yield Finding(ABSENT, "A credential of tenant primary without any scope.", "parts of SCOPE")


def needed_scopes(target: Target) -> frozenset[str]:
    """The scopes of the operations that the server offers."""
    unoffered = {
        scope
        for capability, scope in (("retry", "write:deliveries"), ("logs", "read:logs"))
        if not target.offers(capability)
    }
    if not target.offers("ingesters"):
        unoffered |= {"read:ingesters", "write:ingesters"}
    scopes = {one.scope for one in contract.operations() if one.scope}
    return frozenset(scopes - unoffered)


def _allowed(credential: Credential) -> frozenset[str]:
    """The scopes it has, and those they bring along (decisions §6)."""
    scopes = set(credential.scopes)
    scopes |= {f"write:{one.removeprefix('admin:')}" for one in scopes if one.startswith("admin:")}
    if "read:*" in scopes:
        asked = [one.scope for one in contract.operations() if one.scope]
        scopes |= {scope for scope in asked if scope.startswith("read:")}
    return frozenset(scopes)


def _tried(suite: Suite, one: Credential) -> Finding:
    """Whether the server takes it for what the target file says it is, by one GET."""
    target, allowed = suite.target, _allowed(one)
    entry = target.tenants[one.tenant]
    readable = [o for o in contract.operations() if o.operation_id in _READS and o.scope in allowed]
    operation = readable[0].operation_id if readable else "listDestinations"
    try:
        answer = Tenant(suite.traffic, entry, one).call(operation, query={"limit": "1"})
        status = answer.status
    except (ConformanceFailure, NotRun) as error:
        return Finding(WRONG, f"The {described(one)}: {error}", "the checks that use it")
    expected = 401 if one.state != "valid" else 200 if readable else 403
    if status == expected:
        return Finding(OK, f"The {described(one)} is answered {status}.")
    what = f"The {described(one)} is answered {status} by {operation}, not {expected}."
    return Finding(WRONG, what, "the checks that use it would blame the server")


_READS = ("listDestinations", "listDeliveryFlows", "listDeliveries", "listIngesters", "listLogs")


def _clusters(suite: Suite) -> Iterator[Finding]:
    entry = suite.target.tenants["primary"]
    credential = suite.target.credential("primary")
    for cluster_id in entry.clusters if credential else ():
        api = Tenant(suite.traffic, entry, credential)
        try:
            status = api.call("listClusterDeliveryFlows", cluster_id=cluster_id).status
        except (ConformanceFailure, NotRun) as error:
            yield Finding(WRONG, f"Cluster {cluster_id}: {error}", "area RECIPE")
            continue
        if status == 200:
            yield Finding(OK, f"Cluster {cluster_id} is served.")
        else:
            yield Finding(WRONG, f"Cluster {cluster_id} is answered {status}.", "area RECIPE")


def _capabilities(target: Target) -> Iterator[Finding]:
    for need in NEEDS:
        concerned = [one for one in ledger().values() if need in one.needs and not one.untestable]
        if not target.offers(need):
            how = _HOW_TO_OFFER.get(need, f"set capabilities.{need} = true")
            yield Finding(
                NOTE,
                f"Not offered: {need} (to have it checked, {how}).",
                f"{len(concerned)} requirements: {_named(concerned)}",
            )


def _receiver(target: Target) -> Finding:
    if not target.offers("receiver"):
        return Finding(NOTE, "The suite listens for no deliveries.")
    where = target.receiver_url or target.receiver_host
    lost = _named([one for one in ledger().values() if "receiver" in one.needs])
    try:
        Receiver(target).close()
    except OSError as error:
        return Finding(WRONG, f"The suite cannot listen at {where}: {error.strerror}.", lost)
    return Finding(OK, f"The suite can listen for deliveries at {where}.")


def _fixtures(target: Target) -> Iterator[Finding]:
    if not target.offers("ingesters") and not target.fixtures.source_ids:
        yield Finding(
            ABSENT,
            "fixtures.source_ids: ids of endpoints, as the server cannot make any itself.",
            "whatever needs a flow",
        )


def _named(concerned: list[Requirement]) -> str:
    ids = [one.id for one in concerned]
    return ", ".join(ids[:6]) + (f" and {len(ids) - 6} more" if len(ids) > 6 else "")
