"""Ctrl-C and SIGTERM: what was created is taken away, and what stays there is named."""

import json
import os
import signal
import subprocess
import threading
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.suite_command import COMMAND, DEADLINE, report_of


class Interrupted:
    """A run that is sent a signal while its first POST is being answered."""

    def __init__(self, served: Served, number: signal.Signals, report: Path) -> None:
        self.served, self.number, self.report = served, number, report
        self.created: list[str] = []
        self.deletable = True
        self._process: subprocess.Popen[str] | None = None
        self._told = threading.Lock()  # two workers may both be creating

    def run(self, *words: str) -> tuple[int, str]:
        """Its exit code and what it printed."""
        with Front(self.served.base_url, self._spoil) as front:
            where = ("--target", str(self.served.target), "--base-url", front.url)
            more = ("--only", "DEST-001", "--report-json", str(self.report), *words)
            self._process = subprocess.Popen(
                [*COMMAND, "run", *where, *more],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            printed, _ = self._process.communicate(timeout=DEADLINE)
        return self._process.returncode, printed

    def status_now(self, path: str) -> int:
        """What the sandbox answers to a GET of it."""
        tenant_id = path.split("/")[3]
        api = self.served.server.api(_token(self.served.target), tenant_id)
        return api.get(path).status

    def _spoil(self, passing: Passing) -> Passing:
        if passing.method == "POST" and passing.status == 201:
            self.created.append(f"{passing.path}/{json.loads(passing.body)['id']}")
            assert self._process is not None
            if not self._told.acquire(blocking=False):
                return passing
            # As a terminal does it: every process of the group is told.
            os.killpg(self._process.pid, self.number)
        if passing.method == "DELETE" and not self.deletable:
            return replace(passing, status=500)
        return passing


def _token(target: Path) -> str:
    document: dict[str, Any] = tomllib.loads(target.read_text(encoding="utf-8"))
    return str(document["credentials"][0]["token"])


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_takes_away_what_it_made_and_reports(
    served: Served, tmp_path: Path, number: signal.Signals, workers: str
) -> None:
    run = Interrupted(served, number, tmp_path / "report.json")
    code, printed = run.run("--workers", workers)
    assert code == 130, printed
    assert "Traceback" not in printed
    assert "The run was interrupted." in printed
    assert run.created
    assert [run.status_now(path) for path in run.created] == [404] * len(run.created)
    report = report_of(run.report)
    assert report["interrupted"] is True
    assert report["left_behind"] == []
    assert report["errors"] == []


def test_what_could_not_be_deleted_is_listed(served: Served, tmp_path: Path) -> None:
    run = Interrupted(served, signal.SIGINT, tmp_path / "report.json")
    run.deletable = False
    code, printed = run.run()
    assert code == 130, printed
    # Two workers create at once: which of the answers came first is not the same at both ends.
    assert sorted(report_of(run.report)["left_behind"]) == sorted(run.created)
    assert all(path in printed for path in run.created)
