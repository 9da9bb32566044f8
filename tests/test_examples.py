"""Every operation through both clients in both shapes, and the examples as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from all_operations import call_all, table

from posthog_environments import OPERATIONS

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_each_operation_works_through_both_clients_in_both_shapes(profile: str) -> None:
    outcomes = call_all(profile)

    assert {(o.operation.operation_id, o.side) for o in outcomes} == {
        (operation_id, side) for operation_id in OPERATIONS for side in ("sync", "async")
    }
    assert [f"{o.operation.operation_id} {o.side}: {o.result}" for o in outcomes if not o.passed] == []
    assert len(table(outcomes)) == 52


def test_both_clients_give_the_same_results() -> None:
    assert [row for row in table(call_all()) if row[2] != row[3]] == []


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOG_")}
    return subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "examples" / "quickstart.py")],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_quickstart_shows_all_it_promises() -> None:
    done = run()

    assert (done.returncode, done.stderr) == (0, "")
    assert "2,500 persons read" in done.stdout
    assert "$pageview" in done.stdout
    assert "insight.png" in done.stdout
    assert "52 of 52 operations did what the contract promises" in done.stdout
    assert "FAILED" not in done.stdout


def test_the_quickstart_fails_clearly_when_the_real_host_cannot_be_used() -> None:
    done = run(POSTHOG_PERSONAL_API_KEY="phc_a_project_token", POSTHOG_PROJECT_ID="1")

    assert done.returncode == 1
    assert "project token" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
