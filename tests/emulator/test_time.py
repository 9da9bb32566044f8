"""The emulator's time: it moves when it is told to, and what is due happens in the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from posthog_environments.emulator import Emulator

from .conftest import Api

START = datetime(2025, 7, 1, 12, tzinfo=UTC)


def test_time_passes_in_any_unit() -> None:
    emulator = Emulator()
    assert emulator.now == START
    emulator.advance(1.5)
    emulator.advance(1, minutes=2, hours=3, days=4)
    emulator.advance(timedelta(weeks=1))
    emulator.advance()
    assert emulator.now == START + timedelta(days=11, hours=3, minutes=2, seconds=2.5)


@pytest.mark.parametrize(
    "step",
    [
        {"seconds": -1},
        {"days": 1, "hours": -25},
        {"seconds": timedelta(-1)},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"days": 3_000_000},
        {"days": 10**12},
    ],
)
def test_time_never_runs_backwards_nor_beyond_what_dates_can_hold(step: dict[str, float]) -> None:
    emulator = Emulator()
    with pytest.raises(ValueError, match="time only moves forward"):
        emulator.advance(**step)
    assert emulator.now == START


def in_the_background(api: Api, sql: str) -> str:
    query = {"kind": "HogQLQuery", "query": sql}
    answer = api.send("POST", "query/", {"query": query, "refresh": "force_async"})
    assert answer.status == 202
    return str(answer.json["query_status"]["id"])


def test_what_is_due_happens_in_the_order_of_time_each_at_its_moment(api: Api) -> None:
    api.emulator.behaviour.job_seconds, api.emulator.behaviour.job_polls = 20, 100
    query = in_the_background(api, "select count() from persons where properties.plan = 'gold'")
    for number, delay in ((1, 30), (2, 10)):
        api.emulator.apply_delay = delay
        assert api.send("PATCH", f"persons/{number}/", {"properties": {"plan": "gold"}}).status == 202
    api.emulator.advance(minutes=10)
    status = api.send("GET", f"query/{query}/").json["query_status"]
    assert status["results"]["results"] == [[1]], "person 2 was changed before it ran, person 1 after it"
    assert status["end_time"] == "2025-07-01T12:00:20Z"
    stamps = {row["distinct_id"]: row["timestamp"] for row in api.get("events/", event="$set")["results"]}
    assert stamps["user_1"] == "2025-07-01T12:00:30+00:00"
    assert sorted(stamps.values()) == ["2025-07-01T12:00:10+00:00", "2025-07-01T12:00:30+00:00"]


def test_a_result_is_forgotten_twenty_minutes_after_it_was_there(api: Api) -> None:
    api.emulator.behaviour.job_seconds = 60
    query = in_the_background(api, "select 1")
    api.emulator.advance(minutes=21)
    assert api.send("GET", f"query/{query}/").status == 200
    api.emulator.advance(1)
    assert api.send("GET", f"query/{query}/").status == 404


@pytest.mark.behaviour(
    "persons_delete",
    "events are deleted on Sundays at 05:00 UTC",
    source="PostHog source person.py, October 2025",
)
def test_events_are_deleted_on_sundays_at_five(api: Api) -> None:
    moments: list[datetime] = []
    erase = api.emulator.data.events.erase

    def noting(person: int) -> None:
        moments.append(api.emulator.now)
        erase(person)

    api.emulator.data.events.erase = noting  # type: ignore[method-assign]
    api.send("DELETE", "persons/1/", query={"delete_events": "true"})
    api.emulator.advance(days=5)
    api.send("DELETE", "persons/2/", query={"delete_events": "true"})
    api.emulator.advance(days=30)
    assert moments == [datetime(2025, 7, 6, 5, tzinfo=UTC), datetime(2025, 7, 13, 5, tzinfo=UTC)]
