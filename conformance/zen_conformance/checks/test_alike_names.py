"""Names that are free though something has one like them: compared exactly, per collection."""

import pytest

from zen_conformance.check import requirement
from zen_conformance.checks.given_names import given
from zen_conformance.resources import RECIPE, RESOURCES, WRITES, writer
from zen_conformance.tenant import Tenant, a_name

every_write = pytest.mark.parametrize("operation_id", WRITES)

# Pairs of names that some way of comparing holds for one; {} is what makes them unique.
ALIKE = (
    ("zc {} Name", "zc {} name"),  # letter case
    ("zc {} \u00c9\u03a3", "zc {} \u00e9\u03c3"),  # letter case beyond ASCII
    ("zc {} caf\u00e9", "zc {} cafe\u0301"),  # NFC and NFD
    ("zc {} cafe", "zc {} caf\u00e9"),  # accents
    ("zc {} A1", "zc {} \uff21\uff11"),  # width
    ("zc {} fi", "zc {} \ufb01"),  # ligature
    ("zc {} ss", "zc {} \u00df"),  # sharp s
    ("zc {} a b", "zc {} a  b"),  # spaces inside
    ("zc {} a b", "zc {} a\u00a0b"),  # kinds of space
    ("zc {}", "zc {}\u200b"),  # a zero-width end
    ("zc {} \U0001f600", "zc {} \U0001f601"),  # emoji
    ("zc {} \u304b", "zc {} \u30ab"),  # kana
    ("zc {}", "zc {}x"),  # one more character
    ("zc {} " + "y" * 24, "zc {} " + "y" * 23 + "z"),  # the last of many
    ("zc {}x", "zc {}_"),  # a wildcard
    ("zc {}-x", "zc {}%"),  # a percent sign
)


@every_write
@requirement("NAME-004")
def test_a_name_that_is_only_alike_is_free(api: Tenant, operation_id: str) -> None:
    resource, write = WRITES[operation_id], writer(api, operation_id)
    # Each operation meets each pair, in the one order or the other: its neighbours have the other.
    start = list(WRITES).index(operation_id)
    for number, pair in enumerate(ALIKE, start):
        taken, free = pair if number % 2 else pair[::-1]
        own = a_name("alike").split()[-1]
        given(api, resource.create, taken.format(own))
        answer = write(name=free.format(own))
        answer.expect(200, 201, why=f"only {taken.format(own)!r} is taken")
        answer.expect_members(name=free.format(own))


@every_write
@requirement("NAME-004")
def test_a_name_of_another_collection_is_free(api: Tenant, operation_id: str) -> None:
    write = writer(api, operation_id)
    for resource in RESOURCES:
        if resource is not WRITES[operation_id]:
            name = a_name("elsewhere")
            resource.made(api, name=name)
            write(name=name).expect(200, 201, why=f"only one of the {resource.rows} has the name")


@every_write
@requirement("NAME-004")
def test_a_name_of_another_tenant_is_free(api: Tenant, other: Tenant, operation_id: str) -> None:
    for here, there in ((api, other), (other, api)):
        if operation_id == RECIPE and not here.entry.clusters:
            continue
        name = a_name("theirs")
        WRITES[operation_id].made(there, name=name)
        answer = writer(here, operation_id)(name=name)
        answer.expect(200, 201, why="only the other tenant has the name")
