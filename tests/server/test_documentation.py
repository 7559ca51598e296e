"""The documentation that the sandbox serves: the site as it is written, below `/docs/`."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.server.harness import Sandbox
from zen_contract.site.build import build
from zen_sandbox.pages.documentation import Documentation
from zen_sandbox.pages.site import SECURITY_HEADERS

DEADLINE = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A server whose documentation was looked at before."""
    with Sandbox(tmp_path_factory.mktemp("documentation") / "documentation.db") as sandbox:
        get(sandbox, "/docs/")
        yield sandbox


def get(sandbox: Sandbox, path: str, **headers: str) -> requests.Response:
    """GET without a credential, and without going where a redirect leads."""
    with requests.Session() as session:
        session.trust_env = False
        url = sandbox.base_url + path
        return session.get(url, headers=headers, timeout=DEADLINE, allow_redirects=False)


def test_what_is_served_is_the_site_as_it_is_written(served: Sandbox) -> None:
    site = build(same_origin=True)
    chosen = [path for path in site if not path.startswith("operations/")]
    for path in [*chosen, "operations/createDestination.html"]:
        answer = get(served, f"/docs/{path}")
        assert answer.status_code == 200
        assert answer.content == site[path], path


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("operations/", "text/html; charset=utf-8"),
        ("assets/site.js", "text/javascript; charset=utf-8"),
        ("images/console-event.png", "image/png"),
        ("assets/prose.css", "text/css; charset=utf-8"),
        ("assets/icon.svg", "image/svg+xml; charset=utf-8"),
        ("search.json", "application/json"),
        ("downloads/zen-back.v1.yaml", "application/yaml"),
    ],
)
def test_each_file_says_what_it_is(served: Sandbox, path: str, content_type: str) -> None:
    answer = get(served, f"/docs/{path}")
    assert answer.status_code == 200
    said = answer.headers["content-type"]
    assert said.removesuffix("; charset=utf-8") == content_type.removesuffix("; charset=utf-8")


def test_without_a_slash_it_leads_to_the_front_page(served: Sandbox) -> None:
    answer = get(served, "/docs")
    assert (answer.status_code, answer.headers["location"]) == (308, "/docs/")


def test_pages_are_kept_to_themselves_and_only_the_reference_may_write_styles(
    served: Sandbox,
) -> None:
    strict = SECURITY_HEADERS["Content-Security-Policy"]
    for path in ("", "index.html", "operations/listLogs.html", "missing.html"):
        assert get(served, f"/docs/{path}").headers["content-security-policy"] == strict
    policy = get(served, "/docs/reference.html").headers["content-security-policy"]
    assert policy.startswith(strict)
    assert policy.removeprefix(strict).split("; ")[1:] == [
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "worker-src 'self' blob:",
    ]


def test_a_file_that_was_not_changed_is_not_sent_again(served: Sandbox) -> None:
    first = get(served, "/docs/assets/scalar.js")
    again = get(served, "/docs/assets/scalar.js", **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-request-id"]


@pytest.mark.parametrize(
    "path",
    ["missing.html", "operations", "..%2fserve.py", "%2e%2e/app.py", ".zen-contract-site.json"],
)
def test_what_the_site_does_not_have_is_a_problem(served: Sandbox, path: str) -> None:
    problem = served.anonymous().get(f"/docs/{path}").refused("not-found")
    assert problem["detail"] == "There is nothing at this path."


def test_the_front_page_of_the_sandbox_leads_there(served: Sandbox) -> None:
    assert 'href="/docs/"' in get(served, "/").text


def test_the_api_answers_while_the_site_is_built(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "busy.db") as sandbox:
        answers: list[requests.Response] = []
        reader = threading.Thread(target=lambda: answers.append(get(sandbox, "/docs/")))
        reader.start()
        meanwhile = 0
        while reader.is_alive():
            assert get(sandbox, "/health").status_code == 200
            meanwhile += 1
        reader.join()
        assert answers[0].status_code == 200
        assert meanwhile > 3


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "markdown_it.py").write_text("raise ModuleNotFoundError(name='markdown_it')")
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(hidden), known))))
    with Sandbox(tmp_path / "without.db") as sandbox:
        problem = sandbox.anonymous().get("/docs/").refused("not-found")
        assert problem["detail"] == (
            "The site needs markdown_it; run `pip install 'zen-back[docs]'`."
        )
        # It is looked for again: who has installed it need not start the sandbox anew.
        monkeypatch.setenv("PYTHONPATH", known)
        assert get(sandbox, "/docs/").status_code == 200


def test_a_module_of_the_folder_it_was_started_in_is_not_taken_for_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "click.py").write_text("raise SystemExit('not click')")
    monkeypatch.chdir(tmp_path)
    assert Documentation().file("index.html")


def test_a_build_that_fails_is_a_fault_of_the_server_that_tells_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "markdown_it.py").write_text("raise RuntimeError('of the inside')")
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(tmp_path), known))))
    with pytest.raises(RuntimeError, match="of the inside"):
        Documentation().file("index.html")
    with Sandbox(tmp_path / "broken.db") as sandbox:
        answer = get(sandbox, "/docs/")
        assert (answer.status_code, answer.headers["content-type"]) == (
            500,
            "application/problem+json",
        )
        assert "inside" not in answer.text
