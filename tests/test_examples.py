"""The examples run, with warnings as errors, and check their own verdicts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_and_reaches_its_verdict(example):
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "error", str(example)]

    run = subprocess.run(command, env=environment, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_stays_short(example):
    assert len(example.read_text(encoding="utf-8").splitlines()) <= 80
