"""What `serve` prints once it accepts connections: a page for people, or one line for programs."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from zen_sandbox import __version__
from zen_sandbox.demo import DemoTenant
from zen_sandbox.settings import Settings


class Banner(NamedTuple):
    """Where the server is and how to get in. It is the only place where the demo key is shown."""

    settings: Settings
    own_url: str  # how this machine reaches it; the settings' base URL may be a public one
    database: Path
    tenant: DemoTenant | None
    ephemeral: bool
    console: str  # a link that opens it once

    def show(self, *, as_json: bool) -> None:
        """Writes it to standard output; a reader that has gone away is no reason to stop."""
        text = json.dumps(self._members()) if as_json else "\n".join(self._lines())
        try:
            click.echo(text, color=False if os.environ.get("NO_COLOR") else None)
            sys.stdout.flush()
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123

    def _members(self) -> dict[str, object]:
        return {
            "base_url": self.settings.base_url,
            "own_url": self.own_url,
            "tenant_id": self.tenant.tenant_id if self.tenant else None,
            "api_key": self.tenant.token if self.tenant else None,
            "admin_token": self.settings.admin_token,
            "database": str(self.database),
            "ephemeral": self.ephemeral,
            "console": self.console,
            "contract": f"{self.settings.base_url}/openapi.json",
            "seed": self.settings.seed,
            "pid": os.getpid(),
            "version": __version__,
        }

    def _lines(self) -> Iterator[str]:
        base_url = self.settings.base_url
        yield click.style(f"zen-sandbox {__version__}", bold=True) + (
            " serves the Zen Mesh customer API. It is a sandbox, not a production service."
        )
        yield ""
        yield from self._facts()
        yield ""
        if self.tenant:
            yield "First request:"
            yield ""
            yield "  " + click.style(_first_curl(base_url, self.tenant), fg="green")
        else:
            yield "No demo key is in use here. Make a tenant and a key in another terminal:"
            yield ""
            for command in self._first_commands():
                yield "  " + click.style(command, fg="green")
        yield ""
        yield "Ctrl-C stops it" + ("; the data goes with it." if self.ephemeral else ".")

    def _facts(self) -> Iterator[str]:
        base_url = self.settings.base_url
        facts = {"Base URL": base_url}
        if self.tenant:
            facts |= {"Tenant": self.tenant.tenant_id, "API key": self.tenant.token}
        if self.settings.admin_token:
            facts["Admin"] = self.settings.admin_token
        facts["Database"] = f"{self.database}{' (temporary)' if self.ephemeral else ''}"
        facts["Contract"] = f"{base_url}/openapi.yaml  {base_url}/openapi.json"
        facts["Docs"] = f"{base_url}/docs"
        facts["Console"] = self.console
        if self.settings.seed is not None:
            facts["Seed"] = str(self.settings.seed)
        for name, value in facts.items():
            yield f"  {click.style(name.ljust(10), fg='cyan')}{value}"

    def _first_commands(self) -> Iterator[str]:
        at = f"--db {shlex.quote(str(self.database))}"
        yield f"zen-sandbox tenants create tnt_mine {at}"
        yield f"zen-sandbox keys create --tenant tnt_mine {at}"


def _first_curl(base_url: str, tenant: DemoTenant) -> str:
    url = f"{base_url}/v1/tenants/{tenant.tenant_id}/destinations"
    return f'curl -sS -H "Authorization: Bearer {tenant.token}" "{url}"'
