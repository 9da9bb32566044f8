"""Queries against the emulator: both clients, both shapes of the server, and faults."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from typing import Any

import pytest

from posthog_environments import QueryError, TruncatedResultWarning
from posthog_environments.emulator import Emulator, Faults
from posthog_environments.emulator.faults import SURVIVABLE

from ..client.conftest import FakeClock

SQL = "select event, count() from events where event != {other} group by event order by count() desc limit 50"
VALUES = {"other": "$pageleave"}
BOTH = pytest.mark.parametrize("kind", ["sync", "async"])
PROFILES = pytest.mark.parametrize("profile", ["observed", "documented"])


class Asked:
    """One client of an emulator; methods of `client.query` run to their result."""

    def __init__(self, kind: str, emulator: Emulator, **options: Any) -> None:
        self.kind = kind
        arguments: Any = {"clock": FakeClock(), **options}
        self.client: Any = (
            emulator.client(**arguments) if kind == "sync" else emulator.async_client(**arguments)
        )

    def __call__(self, name: str, *given: Any, **arguments: Any) -> Any:
        found = getattr(self.client.query, name)(*given, **arguments)
        return found if self.kind == "sync" else asyncio.run(found)


@BOTH
@PROFILES
def test_blocking_and_background_give_the_same_rows(kind: str, profile: Any) -> None:
    emulator = Emulator(persons=20, events=500, profile=profile)
    ask = Asked(kind, emulator)
    blocking = ask("hogql", SQL, values=VALUES)
    background = ask("hogql", SQL, values=VALUES, refresh="force_async")
    assert blocking.rows == background.rows
    assert sum(count for _, count in blocking) > 300
    assert "$pageleave" not in blocking.column("event")
    assert {request.method for request in emulator.requests} == {"POST", "GET"}


@BOTH
@PROFILES
def test_values_are_typed(kind: str, profile: Any) -> None:
    ask = Asked(kind, Emulator(persons=20, events=500, profile=profile))
    found = ask("hogql", "select uuid, timestamp, event from events order by timestamp limit 3")
    assert [[type(value) for value in row] for row in found] == [[uuid.UUID, datetime.datetime, str]] * 3
    assert found.column("timestamp")[0].tzinfo is datetime.UTC


@BOTH
def test_the_default_limit_is_told(kind: str) -> None:
    ask = Asked(kind, Emulator(persons=20, events=500))
    with pytest.warns(TruncatedResultWarning, match="100 rows"):
        assert len(ask("hogql", "select event from events")) == 100


@BOTH
@pytest.mark.parametrize("refresh", ["blocking", "force_async"])
def test_a_wrong_query_is_a_query_error_in_both_modes(kind: str, refresh: str) -> None:
    ask = Asked(kind, Emulator(persons=20, events=500))
    with pytest.raises(QueryError, match="nope"):
        ask("hogql", "select nope from events", refresh=refresh)


@BOTH
@PROFILES
def test_a_job_can_be_found_again(kind: str, profile: Any) -> None:
    emulator = Emulator(persons=20, events=500, profile=profile)
    ask = Asked(kind, emulator)
    job = ask("start", SQL, values=VALUES)
    again = Asked(kind, emulator).client.query.job(job.id)
    found = again.result() if kind == "sync" else asyncio.run(again.result())
    assert found.columns == ("event", "count()")


@BOTH
def test_under_faults_every_query_gives_its_own_rows(kind: str) -> None:
    quiet = Asked(kind, Emulator(persons=20, events=500))
    expected = {
        limit: quiet("hogql", SQL.replace("50", str(limit)), values=VALUES).rows for limit in range(1, 5)
    }
    emulator = Emulator(persons=20, events=500, faults=Faults(rate=0.25, seed=11))
    ask = Asked(kind, emulator, max_retries=10)
    for number in range(40):
        limit = number % 4 + 1
        refresh = "force_async" if number % 2 else "blocking"
        found = ask("hogql", SQL.replace("50", str(limit)), values=VALUES, refresh=refresh)
        assert found.rows == expected[limit]
    assert set(emulator.faults_made) == set(SURVIVABLE)
