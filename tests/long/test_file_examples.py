"""The examples of long work, as a user runs them."""

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
        (
            "pull_events",
            [
                "stopped; beside the file lie events.jsonl.part, events.jsonl.resume",
                "5,000 events in events.jsonl",
            ],
        ),
        ("export_insight", ["ready", "insight.png: "]),
        (
            "subscriptions_upcoming",
            ["Fri 25 Jul 09:00 UTC is 11:00 in Berlin", "refused before anything is sent"],
        ),
        ("delete_person", ["would delete ", "deleted 1; found afterwards: []"]),
        ("write_files", ["persons.parquet         500 rows", "server.csv"]),
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
