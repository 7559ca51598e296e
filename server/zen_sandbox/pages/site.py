"""The pages as a Flask application: the front page, its style sheet and icon, the documentation.

Nothing here knows a secret, and nothing a page shows needs another server. Errors are the same
problem documents as the API's.
"""

from hashlib import sha256
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Flask, Response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NotFoundError
from werkzeug.wrappers import Response as BaseResponse

from zen_contract import contract
from zen_contract.contract import Contract, Operation
from zen_contract.status_labels import LABELS, non_claims
from zen_sandbox import __version__
from zen_sandbox.pages.documentation import Documentation, NoDocumentation, content_type
from zen_sandbox.problems import InternalError, MethodNotAllowed, NotFound, Problem
from zen_sandbox.request.exchange import exchange_of
from zen_sandbox.request.problem_response import problem_response
from zen_sandbox.settings import Settings

_POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SECURITY_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_METHODS = ("GET", "HEAD")
_REFERENCE = "/docs/reference.html"
# Scalar writes its style sheet into the page, and draws icons from data.
_REFERENCE_POLICY = (
    f"{_POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src 'self' blob:"
)


class Group(NamedTuple):
    """A tag and its operations."""

    name: str
    description: str
    operations: list[Operation]


def create_site(settings: Settings) -> Flask:
    """The WSGI application behind every path that `pages.is_page` claims."""
    site = Flask(__name__)
    site.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    front = _front_page(settings)
    documents = Documentation()

    @site.get("/")
    def front_page() -> str:
        return render_template("front.html", **front)

    @site.get("/favicon.ico")
    def icon() -> Response:
        return site.send_static_file("icon.svg")

    @site.get("/docs")
    def documentation() -> BaseResponse:
        return redirect("/docs/", HTTPStatus.PERMANENT_REDIRECT)

    @site.get("/docs/", defaults={"path": ""})
    @site.get("/docs/<path:path>")
    def page(path: str) -> Response:
        return _documentation_page(documents, path)

    site.add_template_filter(with_code)
    site.before_request(_only_looked_at)
    site.before_request(_forget_range)
    site.after_request(_guarded)
    site.register_error_handler(HTTPException, _as_problem)
    site.register_error_handler(NoDocumentation, _no_documentation)
    return site


def _documentation_page(documents: Documentation, path: str) -> Response:
    file = f"{path}index.html" if not path or path.endswith("/") else path
    content = documents.file(file)
    if content is None:
        raise NotFoundError
    response = Response(content, content_type=content_type(file))
    response.set_etag(sha256(content).hexdigest())
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _front_page(settings: Settings) -> dict[str, Any]:
    public, own = contract.load(), contract.load("zen-sandbox.v1")
    groups = [*_groups(public), *_groups(own)]
    used = {one.status_label for group in groups for one in group.operations}
    return {
        "base_url": settings.base_url,
        "version": __version__,
        "contract": public,
        "groups": groups,
        "labels": {label: meaning for label, meaning in LABELS.items() if label in used},
        "non_claims": non_claims(public),
    }


def _groups(one: Contract) -> list[Group]:
    """The contract's operations by tag, in the order in which it lists its tags."""
    return [
        Group(
            tag["name"],
            tag.get("description", ""),
            [operation for operation in one.operations if tag["name"] in operation.tags],
        )
        for tag in one.document["tags"]
    ]


def with_code(prose: str) -> Markup:
    """The contract's prose with what stands between backticks as code."""
    parts = enumerate(prose.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts
    )


def _only_looked_at() -> Response | None:
    if request.method in _METHODS:
        return None
    return _problem(MethodNotAllowed(request.method, _METHODS))


def _forget_range() -> None:
    """Files are small and sent whole: a part that is not there would be a 416, without a slug."""
    request.environ.pop("HTTP_RANGE", None)


def _guarded(response: Response) -> Response:
    response.headers.pop("Date", None)  # the HTTP server decides on it
    response.headers.pop("Accept-Ranges", None)
    response.headers.update(SECURITY_HEADERS)
    if request.path == _REFERENCE:
        response.headers["Content-Security-Policy"] = _REFERENCE_POLICY
    return response


def _as_problem(error: HTTPException) -> Response:
    """Flask's own errors: a path it does not have, or a fault of ours, which it has logged."""
    problem: Problem = InternalError()
    if error.code == HTTPStatus.NOT_FOUND:
        problem = NotFound("There is nothing at this path.")
    return _problem(problem)


def _no_documentation(error: NoDocumentation) -> Response:
    return _problem(NotFound(str(error)))


def _problem(problem: Problem) -> Response:
    answer = problem_response(problem, exchange_of(request.environ["asgi.scope"]).request_id)
    return Response(
        answer.body,
        answer.status,
        headers=[(name.decode(), value.decode()) for name, value in answer.headers],
        content_type=answer.content_type.decode(),
    )
