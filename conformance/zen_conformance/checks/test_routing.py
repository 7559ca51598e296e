"""Paths and methods: what is served, what is a 404, what is a 405."""

from zen_conformance.check import requirement
from zen_conformance.operation_cases import each_operation, must_be_offered, taken, valid_request
from zen_conformance.suite import Suite
from zen_conformance.tenant import Tenant


@requirement("ROUTE-001")
@each_operation()
def test_each_operation_is_served(suite: Suite, api: Tenant, operation_id: str) -> None:
    must_be_offered(suite, operation_id)
    answer = api.call(operation_id, **valid_request(api, operation_id))
    answer.expect(*taken(operation_id))
