"""The examples of queries, as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("hogql", ["$pageview", "2,000 events in all", "evnt"]),
        ("iterate_rows", ["stopped after 700 rows", "2,000 rows in the end, each once"]),
        ("async_query", ["100% of the rows read", "started, done: False", "found again: 3 rows"]),
        (
            "data_frames",
            ["datetime64[us, UTC]", "Datetime(time_unit='us', time_zone='UTC')", "timestamp[us, tz=UTC]"],
        ),
    ],
)
def test_the_example_shows_what_it_promises(name: str, shown: list[str]) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOG_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")],
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for text in shown:
        assert text in done.stdout
