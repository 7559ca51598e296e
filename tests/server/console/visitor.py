"""Somebody who looks at the console over HTTP: signs in, follows links, sends forms."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.server.harness import DEADLINE, Sandbox
from zen_sandbox.console.access import links

HOME = links.HOME
_FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


class Visitor:
    """A browser without JavaScript; signed in from the start unless told otherwise."""

    def __init__(self, sandbox: Sandbox, *, signed_in: bool = True, tenant: str = "tnt_a") -> None:
        self.base_url = sandbox.base_url
        self.tenant = tenant
        self.session = requests.Session()
        self.form_token = ""
        if signed_in:
            self.get(links.link(sandbox.base_url, sandbox.settings.admin_token or ""), 200)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *error: object) -> None:
        self.session.close()

    def get(self, path: str, code: int = 200, /, **query: Any) -> str:
        """A page, below the console's home unless it is a whole address; redirects followed."""
        answer = self.session.get(self.address(path), params=query, timeout=DEADLINE)
        return self._page(answer, code)

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        code: int = 200,
        *,
        origin: str | None = None,
    ) -> str:
        """The page after a form, with the token of the last page that had one."""
        answer = self.session.post(
            self.address(path),
            data={"form_token": self.form_token, **(fields or {})},
            headers={"Origin": self.base_url if origin is None else origin},
            timeout=DEADLINE,
        )
        return self._page(answer, code)

    def look(self, path: str, code: int = 200, /, **query: Any) -> str:
        """A page about the tenant."""
        return self.get(f"/t/{self.tenant}/{path}", code, **query)

    def send(self, path: str, code: int = 200, /, **fields: Any) -> str:
        """The page after a form about the tenant."""
        return self.post(f"/t/{self.tenant}/{path}", fields, code)

    def address(self, path: str) -> str:
        """The whole address of a path below the console's home."""
        return path if urlsplit(path).scheme else f"{self.base_url}{HOME}{path}"

    def _page(self, answer: requests.Response, code: int) -> str:
        assert answer.status_code == code, f"{answer.status_code}: {answer.text[:3000]}"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        found = _FORM_TOKEN.search(answer.text)
        if found:
            self.form_token = found[1]
        return answer.text


def text_of(page: str) -> str:
    """What a page says, without its tags."""
    return unescape(re.sub(r"<[^>]*>", " ", page))
