"""Every row of a query, in constant memory, stopped and taken up again: `python examples/iterate_rows.py`.

Runs against the emulator; with `Client()` instead it runs against your project.
"""

from __future__ import annotations

from datetime import UTC, datetime

from posthog_environments import Client
from posthog_environments.emulator import Emulator

SQL = "select timestamp, uuid, event from events where timestamp >= {since}"
KEY = ("timestamp", "uuid")
SINCE = {"since": datetime(2020, 1, 1, tzinfo=UTC)}


def main(client: Client) -> None:
    seen = set()
    with client.query.iterate(SQL, key=KEY, values=SINCE, page_size=500) as rows:
        for _, uuid, _ in rows:
            seen.add(uuid)
            if len(seen) == 700:
                break
    token = rows.token  # a text: keep it in a file or a database
    print(f"stopped after {len(seen):,} rows")

    for row in client.query.iterate(SQL, key=KEY, values=SINCE, as_dicts=True, resume_from=token):
        assert row["uuid"] not in seen
        seen.add(row["uuid"])
    print(f"{len(seen):,} rows in the end, each once")


if __name__ == "__main__":
    with Emulator(persons=50, events=2_000).client() as client:
        main(client)
