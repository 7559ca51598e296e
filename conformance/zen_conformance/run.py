"""One run of the suite: pytest with our checks, and nothing of the user's pytest configuration."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import zen_contract
from zen_conformance import contract, plugin, requirements
from zen_conformance.report import model
from zen_conformance.selection import Selection
from zen_conformance.target_file import Target

_CHECKS = Path(__file__).parent / "checks"
Listener = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Order:
    """What a run was asked for."""

    target_path: Path
    target: Target
    base_url: str | None = None
    profile: str = "full"
    budget: str = "standard"
    seed: int = 1
    workers: int = 1
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    skip_reason: str | None = None
    show_secrets: bool = False
    fail_fast: bool = False
    strict: bool = False
    expected_failures: Mapping[str, str] = field(default_factory=dict)


def run(order: Order, listen: Listener | None = None) -> model.Report:
    """Run it and fold the records; `listen` hears each event as it comes.

    Events are `{"event": "collected", "checks": N}`, `{"event": "check", "record": {…}}`.
    """
    selection = Selection(
        order.target, profile=order.profile, budget=order.budget, only=order.only, skip=order.skip
    )
    collector = _Collector(listen or (lambda event: None))
    started, began = datetime.now(UTC), time.perf_counter()
    with _nothing_of_the_users_pytest():
        code = pytest.main(_arguments(order), plugins=[collector])
    return _report(order, selection, collector, started, time.perf_counter() - began, int(code))


class _Collector:
    """A pytest plugin that hears of every finished check, from whichever process ran it."""

    def __init__(self, listen: Listener) -> None:
        self._listen = listen
        self.records: list[Mapping[str, Any]] = []
        self.errors: list[str] = []
        self.left_behind: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._listen({"event": "collected", "checks": len(session.items)})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, record in report.user_properties:
            if name == plugin.PROPERTY and (report.when == "call" or not report.passed):
                self._keep(record)
        if report.failed and report.when == "teardown":
            self.errors.append(f"{report.nodeid}: {report.longreprtext.splitlines()[-1]}")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext.splitlines()[-1]}")

    def pytest_internalerror(self, excrepr: object) -> None:
        self.errors.append(str(excrepr).splitlines()[-1])

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        self.left_behind += getattr(node, "workeroutput", {}).get("zen_left_behind", [])
        if error:
            self.errors.append(f"a worker ended: {error}")

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        left: list[str] = config.stash.get(plugin.LEFT_BEHIND, [])
        self.left_behind += left

    def _keep(self, record: Any) -> None:
        self.records.append(record)
        if record["outcome"] == "error":
            self.errors.append(f"{record['check']}: {record['reason']}")
        self._listen({"event": "check", "record": record})


def _report(
    order: Order,
    selection: Selection,
    collector: _Collector,
    started: datetime,
    seconds: float,
    code: int,
) -> model.Report:
    ledger = requirements.load()
    left_out = {
        one.id: reason
        for one in ledger.values()
        if (reason := selection.reason(one.id)) is not None
    }
    found = model.results(ledger.values(), left_out, collector.records)
    errors = list(collector.errors)
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR) and not errors:
        errors.append(f"pytest ended with code {code}")
    failed = {one.id for one in found if one.outcome in ("failed", "warned")}
    return model.Report(
        verdict=model.verdict(found, strict=order.strict, forgiven=order.expected_failures),
        suite_version=zen_contract.__version__,
        contract_version=contract.contract().version,
        contract_digest=contract.contract().digest,
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(seconds, 3),
        configuration=_configuration(order),
        requirements=found,
        left_behind=tuple(collector.left_behind),
        errors=tuple(errors),
        expected_failures=dict(order.expected_failures),
        unexpected_passes=tuple(
            one.id
            for one in found
            if one.id in order.expected_failures and one.selected and one.id not in failed
        ),
    )


def _configuration(order: Order) -> dict[str, Any]:
    return {
        "base_url": order.target.base_url,
        "profile": order.profile,
        "budget": order.budget,
        "seed": order.seed,
        "workers": order.workers,
        "only": list(order.only),
        "skip": list(order.skip),
        "skip_reason": order.skip_reason,
        "strict": order.strict,
        "capabilities": sorted(order.target.capabilities),
    }


def _arguments(order: Order) -> list[str]:
    words = [
        str(_CHECKS),
        "-p",
        "zen_conformance.plugin",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        f"--rootdir={_CHECKS}",
        "--import-mode=importlib",
        "-c",
        str(_CHECKS / "pytest.ini"),
        f"--zen-target={order.target_path}",
        f"--zen-budget={order.budget}",
        f"--zen-profile={order.profile}",
        f"--zen-seed={order.seed}",
    ]
    words += [f"--zen-only={word}" for word in order.only]
    words += [f"--zen-skip={word}" for word in order.skip]
    if order.base_url:
        words.append(f"--zen-base-url={order.base_url}")
    if order.show_secrets:
        words.append("--zen-show-secrets")
    if order.fail_fast:
        words.append("-x")
    if order.workers > 1:
        words += ["-p", "xdist.plugin", "-n", str(order.workers), "--dist", "loadgroup"]
    return words


@contextmanager
def _nothing_of_the_users_pytest() -> Iterator[None]:
    """The user's plugins, options and caches are about the user's tests, not about ours."""
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    kept["HYPOTHESIS_STORAGE_DIRECTORY"] = os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with tempfile.TemporaryDirectory(prefix="zen-conformance-") as folder:
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = folder
        try:
            yield
        finally:
            for name, value in kept.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def exit_code(report: model.Report) -> int:
    """The exit code of decisions §9; a failed requirement outweighs a fault of the suite."""
    if report.verdict == "nonconformant" or report.unexpected_passes:
        return 1
    if report.errors:
        return 5
    return {"conformant": 0, "incomplete": 4}[report.verdict]
