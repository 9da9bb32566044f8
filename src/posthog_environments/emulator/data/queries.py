"""Asynchronous queries. The server forgets them twenty minutes after they were last touched.

Source: PostHog execute_async.py, July 2025.
"""

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
        stuck: Whether it never ends, as when its worker died.
        silent: Whether it fails without a message.
        asked: How often it was found unfinished.
        picked_up: When it was first seen running.
        results: What came out, once it is done and fine.
        error_message: Why it failed, where that is told.
        failed: Whether it failed.
    """

    id: str
    query: dict[str, Any]
    task_id: str
    job: Job
    stuck: bool = False
    silent: bool = False
    asked: int = 0
    picked_up: datetime | None = None
    results: Any = None
    error_message: str | None = None
    failed: bool = False

    @property
    def settled(self) -> bool:
        """Whether it is known what came out."""
        return self.failed or self.results is not None

    def ask(self, now: datetime) -> bool:
        """Whether it is done; counts as a question."""
        polls = self.job.polls
        done = self.job.ended is not None if self.stuck else self.job.ask(now)
        self.picked_up = self.picked_up or self.job.ended or now
        if not done:
            self.asked += 1
            if self.stuck:
                self.job.polls = polls
        return done

    def look(self, now: datetime) -> bool:
        """Whether it is done, without counting."""
        return not self.stuck and self.job.look(now)

    def share(self, now: datetime) -> float:
        """How much is done, from 0 to 1."""
        if self.job.ended is not None:
            return 1.0
        by_time = (now - self.job.started).total_seconds() / self.job.seconds if self.job.seconds > 0 else 1.0
        asked = self.asked if not self.stuck else min(self.asked, 1)
        by_polls = asked / (asked + max(self.job.polls, 0) + 1)
        return min(max(by_time, by_polls), 0.99)


@define
class QueryTable:
    """All queries that the server remembers."""

    seed: int
    rows: dict[str, AsyncQuery] = field(factory=dict[str, AsyncQuery], init=False)
    _made: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.add({"kind": "HogQLQuery", "query": "select 1"}, None, Job(START, seconds=0, polls=0))

    def add(
        self,
        query: dict[str, Any],
        query_id: str | None,
        job: Job,
        *,
        stuck: bool = False,
        silent: bool = False,
    ) -> AsyncQuery:
        self._made += 1
        number = scramble(key_of(self.seed, "queries") + self._made)
        query_id = query_id or f"{number:016x}{scramble(number):016x}"
        task_id = Uuids(self.seed, "tasks").encode(self._made, 0)
        row = AsyncQuery(query_id, query, task_id, job, stuck, silent)
        self.rows[query_id] = row
        return row

    def find(self, query_id: str, now: datetime) -> AsyncQuery | None:
        row = self.rows.get(query_id)
        if row is not None and now > (row.job.ended or row.picked_up or row.job.started) + LIFETIME:
            del self.rows[query_id]
            return None
        return row

    def running(self, now: datetime) -> int:
        """How many are not done."""
        known = [self.find(query_id, now) for query_id in list(self.rows)]
        return sum(1 for row in known if row is not None and not row.look(now))

    def remove(self, row: AsyncQuery) -> None:
        self.rows.pop(row.id, None)
