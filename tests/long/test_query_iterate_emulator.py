"""Every row of a query from the emulator's own SQL engine, exactly once."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from posthog_environments.emulator import Emulator, Faults

from ..client.conftest import FakeClock, Side, side

__all__ = ["side"]


def client_of(side: Side, emulator: Emulator) -> Any:
    make = emulator.client if side.kind == "sync" else emulator.async_client
    return make(clock=FakeClock(), max_retries=9)


@pytest.mark.parametrize(
    ("kind", "profile", "count"),
    [
        ("sync", "observed", 1_000_000),
        ("async", "documented", 1_000_000),
        ("async", "observed", 120_000),
        ("sync", "documented", 120_000),
    ],
)
def test_a_million_rows_arrive_once_each_and_in_order(kind: str, profile: Any, count: int) -> None:
    side = Side(kind)
    emulator = Emulator(profile=profile, faults=Faults(rate=0.3, seed=5))
    rows = client_of(side, emulator).query.iterate(
        f"select number as n from numbers({count})", key="n", page_size=count // 20
    )
    assert counted(side, rows) == count
    assert emulator.faults_made


def counted(side: Side, rows: Any) -> int:
    """How many rows there are; each must follow the one before it."""
    following = 0

    def note(row: Any) -> None:
        nonlocal following
        assert row == (following,)
        following += 1

    if side.kind == "sync":
        for row in rows:
            note(row)
        return following

    async def every() -> None:
        async for row in rows:
            note(row)

    asyncio.run(every())
    return following


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_events_that_share_a_time_arrive_once_each_by_time_and_uuid(side: Side, profile: Any) -> None:
    emulator = Emulator(persons=40, events=3_000, ties=60, profile=profile)
    rows = client_of(side, emulator).query.iterate(
        "select timestamp, uuid, event, person.properties.email from events where event != {event}",
        key=("timestamp", "uuid"),
        values={"event": "$pageleave"},
        page_size=250,
    )
    seen = side.all(rows)
    expected = {row.uuid for row in emulator.data.events.scan() if row.event != "$pageleave"}
    assert len(seen) == len(expected)
    assert {str(row[1]) for row in seen} == expected
    assert [row[0] for row in seen] == sorted(row[0] for row in seen)


def test_killed_anywhere_and_resumed_against_a_real_engine(side: Side) -> None:
    emulator = Emulator(persons=20, events=900, ties=30)
    chance = random.Random(11)
    found: list[str] = []
    token: str | None = None
    for _ in range(6):
        rows = client_of(side, emulator).query.iterate(
            "select uuid, timestamp from events", key=("timestamp", "uuid"), page_size=100, resume_from=token
        )
        found += take(side, rows, chance.randrange(1, 200))
        token = rows.token
    rows = client_of(side, emulator).query.iterate(
        "select uuid, timestamp from events", key=("timestamp", "uuid"), page_size=100, resume_from=token
    )
    found += [str(row[0]) for row in side.all(rows)]
    assert sorted(found) == sorted(row.uuid for row in emulator.data.events.scan())


def take(side: Side, rows: Any, count: int) -> list[str]:
    taken: list[str] = []
    if side.kind == "sync":
        with rows:
            while len(taken) < count and (row := next(rows, None)) is not None:
                taken.append(str(row[0]))
        return taken

    async def some() -> None:
        async with rows:
            while len(taken) < count and (row := await anext(rows, None)) is not None:
                taken.append(str(row[0]))

    asyncio.run(some())
    return taken


def test_rows_that_are_added_meanwhile_neither_double_nor_hide_others(side: Side) -> None:
    emulator = Emulator(persons=10, events=600)
    before = {row.uuid for row in emulator.data.events.scan()}
    rows = client_of(side, emulator).query.iterate(
        "select uuid, timestamp from events", key=("timestamp", "uuid"), page_size=100
    )
    found = take_while_adding(side, rows, emulator)
    assert len(found) == len(set(found))
    assert before <= set(found)


def take_while_adding(side: Side, rows: Any, emulator: Emulator) -> list[str]:
    found: list[str] = []

    def note(row: Any) -> None:
        found.append(str(row[0]))
        if len(found) % 150 == 0:
            emulator.add_event("late", "nobody", timestamp="2020-01-01")
            emulator.add_event("new", "nobody", timestamp="2025-06-30T23:00:00")

    if side.kind == "sync":
        for row in rows:
            note(row)
        return found

    async def every() -> None:
        async for row in rows:
            note(row)

    asyncio.run(every())
    return found
