"""Every change of the public contract is what it means to customers."""

import pytest

from tests.contract import (
    breaking_answers,
    breaking_changes,
    compatible_changes,
    editorial_changes,
)
from tests.contract.mutated import Mutation, contract, mutate
from zen_contract.diff.change import Kind
from zen_contract.diff.compare import changes

BREAKING = [
    *breaking_changes.OPERATIONS,
    *breaking_changes.PARAMETER_CHANGES,
    *breaking_changes.BODIES,
    *breaking_answers.MEMBERS,
    *breaking_answers.VALUES,
    *breaking_answers.ANSWERS,
]
TABLE = [
    *((Kind.BREAKING, one) for one in BREAKING),
    *((Kind.COMPATIBLE, one) for one in compatible_changes.COMPATIBLE),
    *((Kind.EDITORIAL, one) for one in editorial_changes.EDITORIAL),
]
CASES = [pytest.param(kind, one, id=f"{kind}: {one.title}") for kind, one in TABLE]


@pytest.mark.parametrize(("kind", "change"), CASES)
def test_a_change_of_the_contract_is_what_it_means_to_customers(
    kind: Kind, change: Mutation
) -> None:
    found = changes(contract(), mutate(change))
    told = [(one.kind, one.what, one.consequence) for one in found]
    assert found, "nothing was found"
    assert found[0].kind is kind, told
    assert [one for one in found if one.kind is kind and change.says.lower() in one.what.lower()], (
        told
    )
    assert all(one.consequence.endswith(".") for one in found)


def test_the_table_is_as_long_as_it_claims() -> None:
    titles = [f"{kind} {one.title}" for kind, one in TABLE]
    assert len(set(titles)) == len(titles)
    assert len(BREAKING) >= 90
    assert len(compatible_changes.COMPATIBLE) >= 50
    assert len(editorial_changes.EDITORIAL) >= 20
