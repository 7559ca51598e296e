"""The guard against real connections, in a network namespace that no packet leaves.

It needs Linux, `unshare` and `ip`, and the right to make a namespace; a warning says when not.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = Path(__file__).with_name("delivery_namespace.py")
UNSHARE = (
    ["unshare", "--net"] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["unshare", "-rn"]
)


def why_no_namespace() -> str | None:
    """Why none can be made here; None when one can."""
    missing = [name for name in ("unshare", "ip") if shutil.which(name) is None]
    if missing:
        return f"{' and '.join(missing)} cannot be found"
    up = "ip link set lo up && ip address add 10.0.0.5/32 dev lo"
    tried = subprocess.run(
        [*UNSHARE, "sh", "-c", up], check=False, capture_output=True, text=True, timeout=20
    )
    return None if tried.returncode == 0 else tried.stderr.strip() or "unshare failed"


@pytest.mark.timeout(120)
def test_no_forbidden_address_is_ever_connected_to(request: pytest.FixtureRequest) -> None:
    reason = why_no_namespace()
    if reason is not None:
        said = f"THE TARGET GUARD WAS NOT TESTED: no network namespace can be made ({reason})"
        request.node.warn(pytest.PytestWarning(said))
        pytest.skip(said)
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(TESTS)],
        check=False,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if "PYTEST" not in name},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    if "skipped" in done.stdout:
        request.node.warn(pytest.PytestWarning(f"in part: {done.stdout}"))
