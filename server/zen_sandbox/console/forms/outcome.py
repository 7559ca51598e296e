"""What follows a form: the next page, with a note on how it went."""

from http import HTTPStatus

from flask import flash, redirect
from werkzeug.wrappers import Response

from zen_sandbox.console.door import Reply

_MOST = 600  # characters: a note travels in a cookie


def outcome(reply: Reply, done: str, to: str) -> Response:
    """To another page, which tells that it is done, or the reason of the API's refusal."""
    if reply.is_refusal:
        note(str(reply.document.get("detail", "The API refused it.")), kind="bad")
    else:
        note(done)
    return redirect(to, HTTPStatus.SEE_OTHER)


def note(message: str, *, kind: str = "good") -> None:
    """Has the next page tell something; `kind` is good or bad."""
    flash(message if len(message) <= _MOST else f"{message[:_MOST]}…", kind)
