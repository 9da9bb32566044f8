"""Anything that can be iterated as a file: JSON Lines, CSV or Parquet, written while it is read.

    from posthog_environments import files

    files.write(client.persons.list(), "persons.csv")
    files.write(client.events.iterate(after="2025-06-01", before="2025-07-01"), "events.jsonl", resume=True)

The file appears under its name only when it is complete; until then an older one stays as it was. With `resume=True`
what was written is kept beside it when the work is cut short, and the same call goes on there.
"""

from __future__ import annotations

from posthog_environments.files.plan import WriteProgress, WrittenFile
from posthog_environments.files.writing import write, write_async

__all__ = ["WriteProgress", "WrittenFile", "write", "write_async"]
