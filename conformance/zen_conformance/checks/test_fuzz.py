"""Made-up bodies, queries and ids for every operation, sound and faulty.

What is found is blamed on the requirement that the made-up part is about; a check is bound to the
one that its operation's bodies are about most of all.
"""

from typing import Any

import pytest

from zen_conformance import contract
from zen_conformance.check import requirement
from zen_conformance.generated import cases, fuzz
from zen_conformance.generated.blame import SOUND
from zen_conformance.operation_cases import (
    must_be_offered,
    read_back,
    standing_request,
    valid_request,
)
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant


def _bodies(suite: Suite, api: Tenant, operation_id: str, *, valid: bool) -> None:
    must_be_offered(suite, operation_id)
    arguments = valid_request(api, operation_id)
    changes = operation_id.startswith(("update", "replace"))

    def read() -> Any:
        return read_back(api, operation_id, arguments) if changes and not valid else None

    fuzz.bodies_of(
        api,
        operation_id,
        arguments,
        valid=valid,
        examples=suite.configuration.scaled(6, 30, 400),
        run_seed=suite.configuration.seed,
        read=read,
    )


@pytest.mark.parametrize(
    "operation_id",
    [pytest.param(name, marks=requirement(bound)) for name, bound in SOUND.items()],
)
def test_a_made_up_body_that_fits_is_taken(suite: Suite, api: Tenant, operation_id: str) -> None:
    _bodies(suite, api, operation_id, valid=True)


@requirement("BODY-011")
@pytest.mark.parametrize("operation_id", [*SOUND, "retryBatch"])
def test_a_made_up_body_that_does_not_fit_is_refused(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    _bodies(suite, api, operation_id, valid=False)


@requirement("WIRE-009")
@pytest.mark.parametrize(
    "operation_id",
    [one.operation_id for one in contract.operations() if cases.has_ids_or_query(one)],
)
def test_made_up_queries_and_ids_break_nothing(
    suite: Suite, api: Tenant, operation_id: str
) -> None:
    must_be_offered(suite, operation_id)
    fuzz.queries_and_paths_of(
        api,
        operation_id,
        standing_request(api, operation_id),
        examples=suite.configuration.scaled(4, 15, 200),
        run_seed=suite.configuration.seed,
    )
