"""What a scope means: the resources there are, and which scopes a granted one brings along."""

from collections.abc import Iterable

RESOURCES = ("destinations", "delivery-flows", "deliveries", "ingesters", "logs")
ALL_SCOPES = (
    *(f"read:{resource}" for resource in RESOURCES),
    *(f"write:{resource}" for resource in RESOURCES),
)
GRANTABLE = frozenset([*ALL_SCOPES, *(f"admin:{resource}" for resource in RESOURCES), "read:*"])
EVERYTHING = ("read:*", *(f"admin:{resource}" for resource in RESOURCES))
"""The shortest list that allows every operation."""


def expanded(granted: Iterable[str]) -> frozenset[str]:
    """The granted scopes and those they imply: admin brings write, `read:*` all reads."""
    scopes = set(granted)
    for scope in tuple(scopes):
        if scope.startswith("admin:"):
            scopes.add("write:" + scope.removeprefix("admin:"))
    if "read:*" in scopes:
        scopes.update(f"read:{resource}" for resource in RESOURCES)
    return frozenset(scopes)
