"""Requests that break HTTP itself: uvicorn would answer them in plain text."""

import json
import secrets

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .problems import invalid


class ProblemProtocol(H11Protocol):
    """uvicorn's protocol, whose refusals are problem documents."""

    def send_400_response(self, msg: str) -> None:
        """Answers what cannot be read, and closes the connection."""
        if self.cycle is not None:
            self.cycle.disconnected = True  # what the handler may still say has no reader
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._refuse()
        self.transport.close()

    def _refuse(self) -> None:
        request_id = f"req_{secrets.token_hex(8)}"
        problem = invalid("request", "is not valid HTTP, or its line or headers are too long")
        body = json.dumps(problem.document(request_id)).encode()
        headers = [
            (b"x-request-id", request_id.encode()),
            (b"content-type", b"application/problem+json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        response = h11.Response(status_code=problem.status, headers=headers, reason=b"Bad Request")
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
