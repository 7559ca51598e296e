"""No token of the target file is in what a run shows or writes, whatever the server does."""

import base64
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.suite_command import NARROW, suite
from zen_conformance.redaction import CUT_OFF, Redaction
from zen_conformance.target_file import Credential, Target

CANARY = 'zpk_canary/+="<é>-0123456789abcdefghijklmnopqrstuvwxyz'
PLAIN = "zpk_canary-0123456789abcdefghijklmnopqrstuvwxyz"


def redaction(token: str = CANARY, *, show_secrets: bool = False) -> Redaction:
    """For a target file with one credential."""
    credential = Credential("primary", "api_key", token, frozenset())
    target = Target("http://x", {}, (credential,), frozenset())
    return Redaction(target, show_secrets=show_secrets)


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        quote(CANARY, safe=""),
        quote(CANARY, safe="").lower(),
        json.dumps(CANARY)[1:-1],
        CANARY.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
    ],
)
def test_a_token_is_found_in_each_form_it_may_be_echoed_in(form: str) -> None:
    assert redaction().text(f"before {form} after") == "before ${ZEN_TOKEN_1} after"


@pytest.mark.parametrize("before", ["", "a", "ab", "Bearer ", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_token_within_base64_is_found_wherever_it_begins(before: str, encode: object) -> None:
    assert callable(encode)
    encoded = encode(f"{before}{CANARY} and more".encode()).decode()
    middle = encode(CANARY.encode()).decode()[4:-4]
    assert "${ZEN_TOKEN_1}" in redaction().text(encoded)
    assert middle not in redaction().text(encoded)


def test_a_token_that_was_cut_short_is_found_too() -> None:
    assert redaction().text(f"detail: {CANARY[:30]}…").startswith(f"detail: {CUT_OFF}")
    assert redaction().text(CANARY[:10]) == CANARY[:10]


def test_show_secrets_leaves_tokens_in() -> None:
    assert redaction(show_secrets=True).text(CANARY) == CANARY


def test_a_token_of_a_few_letters_does_not_spoil_every_text() -> None:
    assert redaction("a").text("a sentence about a tenant") == "a sentence about a tenant"


def planted(served: Served, folder: Path) -> Path:
    """The sandbox's target file, and a revoked credential that is known to nobody."""
    more = f"""
[[credentials]]
tenant = "primary"
kind = "api_key"
token = "{PLAIN}"
scopes = []
state = "revoked"
"""
    text = served.target.read_text(encoding="utf-8").replace(
        "[capabilities]", f"{more}\n[capabilities]"
    )
    (folder / "target.toml").write_text(text, encoding="utf-8")
    return folder / "target.toml"


def echoing(passing: Passing) -> Passing:
    """Sends the request's token back in every place there is, and breaks WIRE-001."""
    token = passing.asked_with.get("Authorization", "Bearer none").split()[-1]
    texts = [token, quote(token, safe=""), PLAIN, base64.b64encode(f"x:{token}".encode()).decode()]
    body = json.dumps(
        {
            "type": f"https://api.zen-mesh.io/errors/x?token={PLAIN}",
            "title": token,
            "status": 500,
            "detail": " ".join(texts) + " " + "x" * 200 + " " + token,
            "instance": f"/{token}",
            "padding": "y" * 3000,
            "token": token,
        }
    )
    headers = (
        ("X-Echo", token),
        ("X-Request-Id", f"{PLAIN} {token} !"),
        ("Location", f"https://example.com/?access_token={PLAIN}"),
        ("Content-Type", "application/problem+json"),
    )
    return replace(passing, status=500, headers=headers, body=body.encode())


def test_no_token_is_in_any_report_nor_on_the_terminal(served: Served, tmp_path: Path) -> None:
    target = planted(served, tmp_path)
    files = {form: tmp_path / f"report.{form}" for form in ("json", "junit", "html")}
    words = [word for form, path in files.items() for word in (f"--report-{form}", path)]
    with Front(served.base_url, echoing) as front:
        done = suite(
            *("run", "--target", target, "--base-url", front.url, *NARROW, "--trace", *words)
        )
    assert done.returncode == 1, done.stdout + done.stderr
    document = tomllib.loads(target.read_text(encoding="utf-8"))
    tokens = [one["token"] for one in document["credentials"] if one["state"] != "malformed"]
    shown = {
        "stdout": done.stdout,
        "trace": done.stderr,
        **{form: path.read_text(encoding="utf-8") for form, path in files.items()},
    }
    for place, text in shown.items():
        assert "ZEN_TOKEN_" in text, f"{place} shows no request"
        for token in tokens:
            assert token not in text, f"{place} shows a token"
            assert token[-20:] not in text, f"{place} shows the end of a token"
            assert quote(token, safe="") not in text, place


def test_with_show_secrets_the_curl_can_be_pasted(served: Served, tmp_path: Path) -> None:
    def no_request_id(passing: Passing) -> Passing:
        return passing.without("X-Request-Id")

    with Front(served.base_url, no_request_id) as front:
        words = ("--base-url", front.url, *NARROW, "--show-secrets")
        done = suite("run", "--target", served.target, *words)
    token = tomllib.loads(served.target.read_text(encoding="utf-8"))["credentials"][0]["token"]
    assert f"-H 'Authorization: Bearer {token}'" in done.stdout
