"""From a one-time link to a session, and out again."""

from http import HTTPStatus

from flask import Blueprint, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zen_sandbox.console.access.links import HOME, PARAMETER
from zen_sandbox.console.access.sessions import cookie_name
from zen_sandbox.console.room import port_of, room

blueprint = Blueprint("signing_in", __name__)


@blueprint.get("/sign-in")
def sign_in() -> BaseResponse:
    """Takes the link, which is good once; HEAD, with which programs look at links, does not."""
    if request.method == "HEAD" or not room().links.take(request.args.get(PARAMETER, "")):
        page = render_template("signed_out.html", reason="used link")
        return Response(page, HTTPStatus.FORBIDDEN)
    answer = redirect(f"{HOME}/", HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        _cookie(), room().sessions.begin(), path=HOME, httponly=True, samesite="Strict"
    )
    return answer


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    """Ends the session."""
    room().sessions.end(g.secret)
    g.secret = None
    answer = Response(render_template("signed_out.html", reason="signed out"))
    answer.delete_cookie(_cookie(), path=HOME, httponly=True, samesite="Strict")
    return answer


def _cookie() -> str:
    return cookie_name(port_of(request.environ["asgi.scope"]))
