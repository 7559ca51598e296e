"""The delivery benchmark runs: small, its figures are of a real server and a real target."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.report import put_section

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")


def test_the_quick_run_measures_every_demand_and_loses_no_event(tmp_path: Path) -> None:
    samples, page = tmp_path / "samples.json", tmp_path / "RESULTS.md"
    options: list[str | Path] = ["--quick", "--cache", tmp_path]
    options += ["--json", samples, "--markdown", page]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.deliveries", *options],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(samples.read_bytes())
    places = {(cell["targets"], *cell["backlog"].values()) for cell in found["cells"]}
    assert places == {
        (n, *backlog) for n in (1, 10, 100) for backlog in ((0, 0), (300, 0), (0, 300))
    }
    for cell in found["cells"]:
        (flood,) = cell["floods"]
        # Not one below the other: the last event may be at its target before its 202 is read.
        assert flood["accepted_per_second"] > 0
        assert flood["delivered_per_second"] > 0
        for load in ("busy", "idle"):
            (delays,) = cell[load]
            assert delays["from_send"]
            assert min(delays["from_send"]) > 0
    (recovery,) = found["recoveries"]
    assert recovery["queued"]
    assert 0 < recovery["to_first_attempt"] <= recovery["to_last_attempt"]
    assert len(found["verdicts"]) == 9 + 9 + 6 + 1
    assert "## Deliveries\n" in page.read_text("utf-8")
    assert done.stdout.strip() in page.read_text("utf-8")


def test_a_section_replaces_the_one_before_and_leaves_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text("# Results\n\nWords.\n\n## One\n\nold\n\n## Two\n\nkept\n", "utf-8")
    put_section(page, "One", "new\n")
    assert page.read_text("utf-8") == "# Results\n\nWords.\n\n## One\n\nnew\n\n## Two\n\nkept\n"
    put_section(page, "Three", "added\n")
    assert page.read_text("utf-8").endswith("\n\n## Two\n\nkept\n\n## Three\n\nadded\n")
