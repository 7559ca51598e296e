"""One run of the suite: pytest with our checks, and nothing of the user's pytest configuration."""

import os
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import platformdirs
import pytest

import zen_contract
from zen_conformance import contract, exit_codes, requirements
from zen_conformance.collector import Collector, Listener
from zen_conformance.http.client import HttpClient
from zen_conformance.redaction import Redaction
from zen_conformance.report import model
from zen_conformance.selection import Selection, UnknownRequirement
from zen_conformance.target_file import Target

CHECKS = Path(__file__).parent / "checks"
_PYTEST = (
    str(CHECKS),
    "-p",
    "zen_conformance.plugin",
    "-p",
    "no:terminal",
    "-p",
    "no:cacheprovider",
    # What pytest watches tests for costs each check some, and is about a project's own code.
    "-p",
    "no:logging",
    "-p",
    "no:threadexception",
    "-p",
    "no:unraisableexception",
    "-p",
    "no:warnings",
    # The suite's own output (progress, --trace) is written while checks run.
    "--capture=no",
    f"--rootdir={CHECKS}",
    "--import-mode=importlib",
    "-c",
    str(CHECKS / "pytest.ini"),
)


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
    trace: bool = False
    expected_failures: Mapping[str, str] = field(default_factory=dict)

    def selection(self) -> Selection:
        """Which requirements it is about, else UnknownRequirement."""
        return Selection(
            self.target, profile=self.profile, budget=self.budget, only=self.only, skip=self.skip
        )


def run(order: Order, listen: Listener | None = None) -> model.Report:
    """Run it and fold the records; `listen` hears each event as it comes.

    Events are `{"event": "collected", "checks": N}`, `{"event": "check", "record": {…}}`.
    Unreachable when there is no server, UnknownRequirement when there is nothing to check.
    """
    order.selection()  # says that it is wrong before anything is asked of the server
    _reach(order.target)
    collector = Collector(listen or (lambda event: None))
    started, began = datetime.now(UTC), time.perf_counter()
    try:
        with _nothing_of_the_users_pytest():
            code = int(pytest.main(_arguments(order), plugins=[collector]))
    except KeyboardInterrupt:  # a second one, while the first was being tidied up after
        code = pytest.ExitCode.INTERRUPTED
        collector.interrupt()
    except Exception as error:  # what was found up to here is still to be told
        code = pytest.ExitCode.OK
        collector.errors.append(f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - began
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and not collector.errors:
        raise UnknownRequirement("The suite has no check for what was selected.")
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        collector.errors.append(f"pytest ended with code {code}")
    return report(order, collector, started, seconds)


def _reach(target: Target) -> None:
    client = HttpClient(target.base_url, target.tls)
    client.reach()
    client.close()


def report(order: Order, collector: Collector, started: datetime, seconds: float) -> model.Report:
    """What the collector heard, folded."""
    found = _results(order, collector)
    redaction = Redaction(order.target, show_secrets=order.show_secrets)
    expected = order.expected_failures
    return model.Report(
        verdict=model.verdict(found, strict=order.strict, forgiven=expected),
        suite_version=zen_contract.__version__,
        contract_version=contract.contract().version,
        contract_digest=contract.contract().digest,
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round(seconds, 3),
        configuration=_configuration(order),
        requirements=found,
        left_behind=tuple(map(redaction.text, collector.left_behind)),
        errors=tuple(map(redaction.text, collector.errors)),
        expected_failures=dict(expected),
        unexpected_passes=tuple(
            one.id for one in found if one.id in expected and one.outcome == "passed"
        ),
        interrupted=collector.interrupted,
        unreachable=collector.unreachable,
    )


def _results(order: Order, collector: Collector) -> tuple[model.Result, ...]:
    ledger = list(requirements.load().values())
    selection = order.selection()
    left_out = {
        one.id: reason for one in ledger if (reason := selection.reason(one.id)) is not None
    }
    found = model.results(ledger, left_out, collector.records, collector.ended_early)
    return tuple(
        replace(one, replay=_replay(order, one.id)) if one.failures else one for one in found
    )


def _replay(order: Order, requirement_id: str) -> str:
    """The command that looks at one requirement again in the same way."""
    words = ["zen-conformance", "run", "--target", str(order.target_path)]
    if order.base_url:
        words += ["--base-url", order.base_url]
    if order.budget != "standard":
        words += ["--budget", order.budget]
    return shlex.join([*words, "--only", requirement_id, "--seed", str(order.seed)])


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
        "fail_fast": order.fail_fast,
        "capabilities": sorted(order.target.capabilities),
    }


def collecting(plugins: Sequence[object]) -> None:
    """Let those plugins see every check there is, and run none."""
    with _nothing_of_the_users_pytest():
        pytest.main([*_PYTEST, "--collect-only"], plugins=list(plugins))


def _arguments(order: Order) -> list[str]:
    words = [
        *_PYTEST,
        f"--zen-target={order.target_path}",
        f"--zen-budget={order.budget}",
        f"--zen-profile={order.profile}",
        f"--zen-seed={order.seed}",
        f"--zen-workers={order.workers}",
    ]
    words += [f"--zen-only={word}" for word in order.only]
    words += [f"--zen-skip={word}" for word in order.skip]
    if order.base_url:
        words.append(f"--zen-base-url={order.base_url}")
    if order.show_secrets:
        words.append("--zen-show-secrets")
    if order.trace:
        words.append("--zen-trace")
    if order.fail_fast:
        words.append("--zen-fail-fast")
    words += [f"--zen-expect-failure={one}" for one in order.expected_failures]
    return words


@contextmanager
def _nothing_of_the_users_pytest() -> Iterator[None]:
    """The user's plugins, options and caches are about the user's tests, not about ours."""
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    kept["HYPOTHESIS_STORAGE_DIRECTORY"] = os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # Tables of Unicode, which take hypothesis two seconds to make; examples are not kept at all.
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = platformdirs.user_cache_dir("zen-conformance")
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def exit_code(report: model.Report) -> int:
    """The exit code of decisions §9; a failed requirement outweighs what hindered the suite."""
    if report.interrupted:
        return exit_codes.INTERRUPTED
    if report.verdict == "nonconformant" or report.unexpected_passes:
        return exit_codes.NONCONFORMANT
    if report.unreachable:
        return exit_codes.UNREACHABLE
    if report.errors:
        return exit_codes.FAULT
    if report.verdict == "incomplete":
        return exit_codes.INCOMPLETE
    return exit_codes.CONFORMANT
