"""Random histories of targets, endpoints and flows against a model of what a server remembers."""

import uuid

from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from zen_conformance.check import requirement
from zen_conformance.failures import NotOffered
from zen_conformance.generated import machine, settings
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant


@requirement("DEST-009")
def test_a_random_history_is_remembered(suite: Suite, api: Tenant) -> None:
    if not suite.target.offers("ingesters"):
        raise NotOffered
    scaled = suite.configuration.scaled
    history = seed(suite.configuration.seed)(machine.on(api, uuid.uuid4().hex[:8]))
    run_state_machine_as_test(
        history, settings=settings.of(scaled(8, 40, 300), steps=scaled(25, 40, 80))
    )
