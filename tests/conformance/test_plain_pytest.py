"""The checks under pytest itself, without the command zen-conformance."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conformance.conftest import Served
from tests.conformance.front import Front, Passing
from tests.conformance.suite_command import DEADLINE


def plain(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Such a session, in a folder without a pytest configuration."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "zen_conformance.plugin"),
            *("-p", "no:cacheprovider", "--pyargs", "zen_conformance.checks"),
            *map(str, words),
            "--zen-only=DEST-001",
            "--zen-only=WIRE-001",
        ],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def test_a_plain_session_ends_with_the_verdict(served: Served, tmp_path: Path) -> None:
    done = plain(tmp_path, "--zen-target", served.target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nConformant (2 passed, 0 failed" in done.stdout


def test_a_finding_beside_a_checks_own_sentence_fails_a_plain_session(
    served: Served, tmp_path: Path
) -> None:
    def no_request_id(passing: Passing) -> Passing:
        return passing.without("X-Request-Id")

    with Front(served.base_url, no_request_id) as front:
        done = plain(tmp_path, "--zen-target", served.target, "--zen-base-url", front.url)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "WIRE-001 MUST" in done.stdout


def test_a_mistake_in_the_options_is_a_sentence(served: Served, tmp_path: Path) -> None:
    done = plain(tmp_path, "--zen-target", tmp_path / "none.toml")
    assert done.returncode == 4  # pytest's own code for wrong usage
    assert "none.toml cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
