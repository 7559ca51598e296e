"""A request without an answer: has it broken the server, or has the server gone away meanwhile?

A server that is still there, or is back soon, is at fault; of one that stays away nothing is said
but that it went, and during which request.
"""

from zen_conformance.failures import Unreachable
from zen_conformance.http.client import HttpClient
from zen_conformance.traffic import Recording, rest, until

_BACK_WITHIN_SECONDS = 3.0
# A process that ends closes its connections some moments before it refuses new ones.
_ENDING_SECONDS = 0.3
_PAUSES = 20  # a server that leaves much unanswered must not slow the whole run down


class Departure:
    """Looks, after a check with an unanswered request, whether the server is still there."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._pauses = 0

    def during(self, recording: Recording) -> str | None:
        """Why the server is gone, its findings then being dropped; None when it is there."""
        unanswered = [one for one in recording.exchanges if one.received is None]
        if not unanswered:
            return None
        if self._pauses < _PAUSES:
            self._pauses += 1
            rest(_ENDING_SECONDS)
        if until(lambda: self._away() is None, seconds=_BACK_WITHIN_SECONDS):
            return None
        answered = [one for one in recording.findings if one.exchange.received is not None]
        recording.findings[:] = answered
        sent = unanswered[0].sent
        return f"{self._away()} It went away while it was asked {sent.method} {sent.path[:200]}."

    def _away(self) -> str | None:
        try:
            self._client.reach()
        except Unreachable as error:
            return str(error)
        return None
