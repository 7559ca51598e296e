"""Stock schemathesis, every check and phase on, against the served contract: it finds nothing.

Its settings are in `tests/schemathesis/`; CONTRIBUTING says how to run it by hand.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.harness import spawn

FOLDER = Path(__file__).parents[1] / "schemathesis"
COMMAND = Path(sys.executable).with_name("schemathesis")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_stock_schemathesis_reports_nothing(tmp_path: Path, seed: int) -> None:
    with spawn(tmp_path, "--validate-responses") as sandbox:
        env = {
            **os.environ,
            "PYTHONPATH": str(FOLDER),
            "ZEN_TOKEN": sandbox.api_key,
            "ZEN_TENANT_ID": sandbox.tenant_id,
            "ZEN_CLUSTER_ID": "plane_dev_us_east_1",
            "ZEN_SOURCE_ID": "ing_abc123",
            "ZEN_DESTINATION_ID": "dest_abc123",
            "ZEN_DESTINATION_TYPE": "webhook",
        }
        words = ["--no-color", "--config-file", str(FOLDER / "schemathesis.toml"), "run"]
        words += [f"{sandbox.base_url}/openapi.json", "--url", sandbox.base_url, "-c", "all"]
        words += ["-n", "100", "--seed", str(seed)]
        done = subprocess.run(
            [COMMAND, *words], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        assert " passed" in done.stdout
        assert sandbox.stderr == ""
