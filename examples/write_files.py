"""Lists, events and queries as JSON Lines, CSV and Parquet: `python examples/write_files.py`.

Runs against the emulator; with `Client()` instead it runs against your project. Parquet needs the extra `arrow`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from posthog_environments import Client, files
from posthog_environments.emulator import Emulator


def main(client: Client, folder: Path) -> None:
    sql = "select event, count() as number from events group by event order by number desc limit 100"
    written = [
        files.write(client.persons.list(), folder / "persons.jsonl.gz"),
        files.write(client.persons.list(), folder / "names.csv", columns=["uuid", "name", "created_at"]),
        files.write(client.persons.list(limit=1_000), folder / "persons.parquet"),
        files.write(client.query.hogql(sql), folder / "counts.csv"),
        files.write(client.subscriptions.list(), folder / "subscriptions.jsonl"),
    ]
    for file in written:
        print(f"{file.path.name:20} {file.rows:>6,} rows {file.bytes:>9,} bytes")

    # The server's own CSV: one request, at most 300,000 persons, a column per property.
    path = client.persons.download_csv(folder / "server.csv", search="@")
    print(f"{path.name:20} {path.stat().st_size:>21,} bytes")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, Emulator(persons=500).client() as client:
        main(client, Path(name))
