"""What the fixture `zen_sandbox` gives a test, and the types to annotate it with."""

from zen_sandbox.testing.clock import TenantClock
from zen_sandbox.testing.receiver import Received, Receiver
from zen_sandbox.testing.tenant import ZenSandbox, new_tenant

__all__ = ["Received", "Receiver", "TenantClock", "ZenSandbox", "new_tenant"]
