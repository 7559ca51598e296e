"""The console's pages as a Flask application: who is let in, what every answer carries.

Every page but the sign-in is behind a session, every form behind a token and an origin. A page is a
blueprint of one of `PAGES`; what is not in there is not linked.
"""

import secrets
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import cast

from flask import (
    Flask,
    Response,
    abort,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from starlette.types import Scope
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

import zen_contract
from zen_sandbox.console import live
from zen_sandbox.console.access import signing_in
from zen_sandbox.console.access.links import HOME
from zen_sandbox.console.access.sessions import cookie_name, form_token, is_form_token
from zen_sandbox.console.door import Refused
from zen_sandbox.console.navigation import known_tenants, navigation
from zen_sandbox.console.pages import (
    clock,
    deliveries,
    endpoints,
    events,
    flows,
    keys,
    log,
    overview,
    receivers,
    report,
    requests,
    snapshots,
    start,
    targets,
    tenants,
)
from zen_sandbox.console.room import (
    EXTENSION,
    Room,
    is_from_here,
    is_own_origin,
    port_of,
    room,
)
from zen_sandbox.console.shown import report_file, values

PAGES = (
    *(signing_in, overview, start, deliveries, events),
    *(targets, flows, endpoints, keys, tenants),
    *(requests, log, clock, receivers, snapshots, report),
)
"""The modules with a `blueprint`; in the navigation are those that `navigation.ENTRIES` names."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without any, a browser would not say where a form is from
    "Cache-Control": "no-store",
}
_OPEN = frozenset({"static", "frame_css", "signing_in.sign_in"})
_FRAME = Path(zen_contract.__file__).parent / "site" / "static" / "frame.css"
_LARGEST_FORM = 4 * 1024 * 1024  # a body of one MiB, as form data encodes it


def create_site(here: Room) -> Flask:
    """The WSGI application behind every path of the console but the pushed one."""
    site = Flask(__name__, static_url_path=f"{HOME}/static")
    site.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    site.config.update(
        MAX_CONTENT_LENGTH=_LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=_LARGEST_FORM,
        SESSION_COOKIE_NAME="zen_console_note",  # Flask's, for what the next page tells
        SESSION_COOKIE_PATH=HOME,
        SESSION_COOKIE_SAMESITE="Strict",
    )
    site.extensions[EXTENSION] = here
    site.secret_key = secrets.token_bytes(32)
    site.before_request(_let_in)
    site.after_request(_guarded)
    for page in PAGES:
        site.register_blueprint(page.blueprint, url_prefix=HOME)
    values.add_to(site)
    site.context_processor(_frame)
    site.register_error_handler(HTTPException, _failed)
    site.register_error_handler(Refused, _refused)
    _add_addresses(site)
    return site


def _add_addresses(site: Flask) -> None:
    """The addresses that belong to no page."""

    @site.get(HOME)
    @site.get(f"{HOME}/")
    def home() -> BaseResponse:
        known = known_tenants(room())
        if not known:
            return Response(render_template("no_tenant.html"))
        return redirect(url_for("overview.overview", tenant_id=known[0].id))

    @site.get(f"{HOME}/switch")
    def switch_tenant() -> BaseResponse:
        tenant_id = request.args.get("tenant_id", "")
        return redirect(url_for("overview.overview", tenant_id=tenant_id))

    @site.get(f"{HOME}/frame.css")
    def frame_css() -> Response:
        return Response(_FRAME.read_bytes(), content_type="text/css; charset=utf-8")

    # Served beside Flask; here for its address.
    site.add_url_rule(live.PUSHED, "pushed", build_only=True)


def _let_in() -> Response | None:
    here = room()
    scope = cast(Scope, request.environ["asgi.scope"])
    request.environ.pop("HTTP_RANGE", None)  # a file is sent whole
    if not is_from_here(scope, here.settings.console_networks):
        return _sign_in_page(HTTPStatus.FORBIDDEN, "elsewhere")
    if request.endpoint in _OPEN:
        return None
    secret = request.cookies.get(cookie_name(port_of(scope)), "")
    if not here.sessions.is_on(secret):
        return _sign_in_page(HTTPStatus.UNAUTHORIZED, "no session")
    g.secret = secret
    if request.blueprint == report.blueprint.name:
        request.max_content_length = report_file.LARGEST
    if request.method not in ("GET", "HEAD"):
        _require_own_form(secret)
    _note_tenant(here)
    return None


def _note_tenant(here: Room) -> None:
    """Puts the tenant of the path, if it names one, where the frame finds it."""
    tenant_id = (request.view_args or {}).get("tenant_id")
    g.tenant = None if tenant_id is None else here.store.accounts.tenant(tenant_id)
    if tenant_id is not None and g.tenant is None:
        abort(HTTPStatus.NOT_FOUND)
    if tenant_id is not None and request.method == "GET":
        g.seen = here.door.on_the_loop(partial(_state, here))


async def _state(here: Room) -> str:
    return live.state(here)


def _require_own_form(secret: str) -> None:
    given = request.form.get("form_token", "")
    if not is_own_origin(request.headers.get("Origin"), request.host):
        abort(HTTPStatus.FORBIDDEN, "The form was sent from another site.")
    if not is_form_token(secret, given):
        abort(HTTPStatus.FORBIDDEN, "The form is of another session; reload the page.")


def _frame() -> dict[str, object]:
    """What the frame around every page shows."""
    secret = g.get("secret")
    if secret is None:
        return {"form_token": "", "entries": [], "tenants": [], "tenant": None, "seen_state": ""}
    return {
        "form_token": form_token(secret),
        "entries": navigation(g.get("tenant")),
        "tenants": known_tenants(room()),
        "tenant": g.get("tenant"),
        "seen_state": g.get("seen", ""),
    }


def _sign_in_page(status: HTTPStatus, reason: str) -> Response:
    return Response(render_template("signed_out.html", reason=reason), status)


def _failed(error: HTTPException) -> Response:
    """What Flask or a page refuses, as a page that says so."""
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    page = render_template("failed.html", status=status, title=error.name, detail=error.description)
    return Response(page, status)


def _refused(error: Refused) -> Response:
    """A problem document of the API where a page expected none."""
    document = error.reply.document
    page = render_template(
        "failed.html",
        status=error.reply.status,
        title=document.get("title", ""),
        detail=document.get("detail", ""),
    )
    return Response(page, error.reply.status)


def _guarded(response: Response) -> Response:
    response.headers.pop("Date", None)  # the HTTP server decides on it
    response.headers.pop("Accept-Ranges", None)
    response.headers.update(HEADERS)
    if request.endpoint in ("static", "frame_css"):
        response.headers["Cache-Control"] = "no-cache"
    return response
