"""Targets: creating, reading, updating and deleting them."""

from zen_conformance.check import requirement
from zen_conformance.tenant import NOWHERE, Tenant, a_name


@requirement("DEST-001")
def test_an_omitted_type_is_webhook(api: Tenant) -> None:
    created = api.call("createDestination", json={"name": a_name("target"), "url": NOWHERE})
    created.expect(201).expect_members(type="webhook")
