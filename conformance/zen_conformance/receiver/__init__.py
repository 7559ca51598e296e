"""The suite's own webhook receiver: it answers deliveries by a script and records them."""

from zen_conformance.receiver.box import Box, Delivered, Reply
from zen_conformance.receiver.server import Receiver

__all__ = ["Box", "Delivered", "Receiver", "Reply"]
