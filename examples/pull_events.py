"""Every event of a time range into a file, stopped halfway and gone on with: `python examples/pull_events.py`.

Runs against the emulator, where up to 40 events share a moment; with `Client()` instead it runs against your project.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from posthog_environments import Client, EventProgress, files
from posthog_environments.emulator import Emulator


def main(client: Client, folder: Path) -> None:
    path = folder / "events.jsonl"

    def shown(progress: EventProgress) -> None:
        print(f"   {progress.fraction:4.0%} of the time range, {progress.events:,} events")

    def interrupt(progress: files.WriteProgress) -> None:
        if progress.rows == 2_000:
            raise KeyboardInterrupt  # or kill -9, a full disk, a failing server

    events = client.events.iterate(after="2025-01-01", before="2026-01-01")
    try:
        events.to_file(path, resume=True, on_progress=interrupt)
    except KeyboardInterrupt:
        print("stopped; beside the file lie", ", ".join(sorted(found.name for found in folder.iterdir())))

    # The same call again, in this process or another.
    events = client.events.iterate(after="2025-01-01", before="2026-01-01", on_progress=shown)
    done = events.to_file(path, resume=True)
    print(f"{done.rows:,} events in {done.path.name}, each once")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, Emulator(events=5_000, ties=40).client() as client:
        main(client, Path(name))
