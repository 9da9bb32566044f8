"""Asynchronous queries. The server forgets them twenty minutes after they were last touched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.jobs import Job
from posthog_environments.emulator.data.mixing import Uuids, key_of, scramble

LIFETIME: Final = timedelta(minutes=20)


@define
class AsyncQuery:
    """One query in the background.

    Attributes:
        id: The server's id, or the caller's.
        query: What was asked.
        task_id: The server's task.
        job: How far it is.
        results: What came out, once it is done and fine.
        error_message: Why it failed.
    """

    id: str
    query: dict[str, Any]
    task_id: str
    job: Job
    results: Any = None
    error_message: str | None = None


@define
class QueryTable:
    """All queries that the server remembers."""

    seed: int
    rows: dict[str, AsyncQuery] = field(factory=dict[str, AsyncQuery], init=False)
    _made: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.add({"kind": "HogQLQuery", "query": "select 1"}, None, Job(START, seconds=0, polls=0))

    def add(self, query: dict[str, Any], query_id: str | None, job: Job) -> AsyncQuery:
        self._made += 1
        number = scramble(key_of(self.seed, "queries") + self._made)
        query_id = query_id or f"{number:016x}{scramble(number):016x}"
        task_id = Uuids(self.seed, "tasks").encode(self._made, 0)
        row = AsyncQuery(query_id, query, task_id, job)
        self.rows[query_id] = row
        return row

    def find(self, query_id: str, now: datetime) -> AsyncQuery | None:
        row = self.rows.get(query_id)
        if row is not None and now > (row.job.ended or row.job.started) + LIFETIME:
            del self.rows[query_id]
            return None
        return row

    def remove(self, row: AsyncQuery) -> None:
        self.rows.pop(row.id, None)
