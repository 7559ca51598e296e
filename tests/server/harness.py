"""Servers to test: `Sandbox` in a thread of the test's own process, `spawn` in another process.

A `Sandbox` has two tenants, `tnt_a` and `tnt_b`, each with the cluster `plane_1`; `new_tenant`
makes more, so that tests may share one server and never meet.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jwt

from tests.server.client import Answer, Api, Connections
from tests.server.judge import operations
from zen_sandbox.app import create_app
from zen_sandbox.clock import Clock
from zen_sandbox.http import server as http_server
from zen_sandbox.http.failures import Limits
from zen_sandbox.identifiers import Identifiers, RequestIds
from zen_sandbox.settings import Settings
from zen_sandbox.store import Database, Store
from zen_sandbox.store.accounts import new_token

__all__ = ["CLUSTER", "EVERY_SCOPE", "Answer", "Api", "Sandbox", "SpawnedSandbox", "spawn"]

CLUSTER = "plane_1"
ADMIN_SCOPE = "admin:sandbox"
ADMIN_TOKEN = "zsa_the-token-of-tests"
EVERY_SCOPE = tuple(
    sorted({one.scope for one in operations() if one.scope and one.scope != ADMIN_SCOPE})
)
"""The single scopes that the contract asks for somewhere."""
DEADLINE = 20.0
_PAST = "2020-01-01T00:00:00.000"

_numbers = itertools.count(1)


class Sandbox:
    """A server in a thread, on a free port of loopback, over a database of its own.

    `settings` are those given, with the address it has got as `base_url`. Use it in a `with`.
    Attempts stay queued, as tests of the API want them, unless it is to `deliver`.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        ids: Identifiers | None = None,
        limits: Limits | None = None,
        deliver: bool = False,
    ) -> None:
        self._listening = http_server.bind("127.0.0.1", 0)
        self.port = self._listening[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.connections = Connections(self.base_url)
        given = settings or Settings()
        known = {
            "base_url": self.base_url,
            "deliver": deliver,
            "admin_token": given.admin_token or ADMIN_TOKEN,
        }
        self.settings = Settings(**{**vars(given), **known})
        self.path = path
        self.store = Store(Database(path), clock=clock, ids=ids)
        self.app = create_app(self.store, self.settings)
        if self.store.is_new:
            self.new_tenant("tnt_a")
            self.new_tenant("tnt_b")
        self._limits = limits
        self._started = threading.Event()
        self._stop = threading.Event()
        self._failure: list[BaseException] = []
        self._thread = threading.Thread(target=self._serve, name=f"sandbox-{self.port}")

    def __enter__(self) -> "Sandbox":
        self._thread.start()
        assert self._started.wait(DEADLINE), "the server did not start"
        if self._failure:
            raise self._failure[0]
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the server and closes the database."""
        self.connections.close()
        self._stop.set()
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive(), "the server did not stop"
        self.store.close()
        if self._failure:
            raise self._failure[0]

    def new_tenant(self, tenant_id: str | None = None, clusters: Sequence[str] = (CLUSTER,)) -> str:
        """A tenant with clusters; its id."""
        tenant_id = tenant_id or f"tnt_{next(_numbers)}"
        with self.store.database.writing():
            now = self.store.now()
            self.store.accounts.create_tenant(tenant_id, f"Tenant {tenant_id}", now)
            for cluster_id in clusters:
                self.store.accounts.create_cluster(tenant_id, cluster_id, now)
        return tenant_id

    def new_key(
        self,
        scopes: Iterable[str] = EVERY_SCOPE,
        *,
        tenant: str = "tnt_a",
        state: str = "valid",
    ) -> str:
        """An API key; `state` is valid, expired or revoked."""
        token = new_token()
        with self.store.database.writing():
            self.store.accounts.create_api_key(
                f"key_{next(_numbers)}",
                tenant,
                token,
                self.store.now(),
                scopes=list(scopes),
                expires_at=_PAST if state == "expired" else None,
                revoked_at=_PAST if state == "revoked" else None,
            )
        return token

    def new_jwt(
        self,
        scopes: Iterable[str] = EVERY_SCOPE,
        *,
        tenant: str = "tnt_a",
        key: Any = None,
        algorithm: str = "HS256",
        without: Sequence[str] = (),
        headers: Mapping[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A JWT, signed with the sandbox's own secret unless `key` is given."""
        every = {
            "tenant_id": tenant,
            "sub": "user_1",
            "scope": " ".join(scopes),
            "exp": int(time.time()) + 3600,
            **claims,
        }
        kept = {name: value for name, value in every.items() if name not in without}
        secret = self.store.secret("jwt") if key is None else key
        return jwt.encode(kept, secret, algorithm=algorithm, headers=dict(headers or {}))

    def api(
        self,
        scopes: Iterable[str] | None = None,
        *,
        token: str | None = None,
        tenant: str = "tnt_a",
    ) -> Api:
        """A client with a new key of those scopes (default: every one), or with that token."""
        if token is None:
            token = self.new_key(EVERY_SCOPE if scopes is None else scopes, tenant=tenant)
        return Api(self.connections, token=token, tenant_id=tenant)

    def admin(self) -> Api:
        """A client with the token for what is below /sandbox/."""
        return Api(self.connections, token=ADMIN_TOKEN)

    def anonymous(self, *, tenant: str = "tnt_a") -> Api:
        """A client without a token."""
        return Api(self.connections, tenant_id=tenant)

    def _serve(self) -> None:
        try:
            http_server.serve(
                self.app,
                sockets=self._listening,
                on_started=lambda host, port: self._started.set(),
                new_request_id=RequestIds().new,
                limits=self._limits,
                stop=self._stop,
            )
        except BaseException as error:
            self._failure.append(error)
        finally:
            self._started.set()


class SpawnedSandbox:
    """`zen-sandbox serve --json` in a process of its own. Use it in a `with`."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], errors: Path) -> None:
        self._errors = errors
        with errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "zen_sandbox", "serve", "--json", *arguments],
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self.connections = Connections("")
        self.banner = self._read_banner()
        self.connections = Connections(self.base_url)

    def __enter__(self) -> "SpawnedSandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.kill9()

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return str(self.banner["base_url"])

    @property
    def api_key(self) -> str:
        """The demo tenant's key."""
        return str(self.banner["api_key"])

    @property
    def tenant_id(self) -> str:
        """The demo tenant."""
        return str(self.banner["tenant_id"])

    @property
    def stderr(self) -> str:
        """What it has written to its standard error so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def api(self, token: str | None = None, tenant: str | None = None) -> Api:
        """A client with the demo key, or with that token."""
        return Api(
            self.connections, token=token or self.api_key, tenant_id=tenant or self.tenant_id
        )

    def kill9(self) -> None:
        """Ends it at once, without a chance to tidy up; does nothing when it has ended."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(DEADLINE)
        self.connections.close()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def terminate(self, number: int = signal.SIGTERM) -> int:
        """Asks it to end, and returns its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(DEADLINE)
        self.kill9()
        return code

    def _read_banner(self) -> dict[str, Any]:
        stdout = self.process.stdout
        assert stdout is not None
        watchdog = threading.Timer(DEADLINE, self.process.kill)
        watchdog.start()
        try:
            line = stdout.readline()
        finally:
            watchdog.cancel()
        try:
            banner: dict[str, Any] = json.loads(line)
        except ValueError:
            self.kill9()
            code = self.process.returncode
            raise AssertionError(
                f"no JSON line from the server, exit code {code} (-9: {DEADLINE} s were too few):"
                f" {line!r} {self.stderr}"
            ) from None
        return banner


def spawn(tmp_path: Path, *arguments: str, env: Mapping[str, str] | None = None) -> SpawnedSandbox:
    """A server process on a free port, with its database in `tmp_path` unless told otherwise."""
    given = " ".join(arguments)
    more = [] if "--port" in given else ["--port", "0"]
    if "--db" not in given and "--ephemeral" not in given:
        more += ["--db", str(tmp_path / "sandbox.db")]
    handle, name = tempfile.mkstemp(dir=tmp_path, prefix="stderr-", suffix=".txt")
    os.close(handle)
    return SpawnedSandbox([*arguments, *more], env or {}, Path(name))
