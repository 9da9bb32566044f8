"""When subscriptions are delivered, and what is refused before it is sent."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from posthog_environments import InvalidRequestError, MethodNotAllowedError
from posthog_environments.emulator import Emulator
from posthog_environments.schedules import Schedule
from posthog_environments_api.models import Subscription

from ..client.conftest import FakeClock, Script, Side, reply, side

__all__ = ["side"]
UTC = datetime.UTC


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


def days(schedule: Schedule, after: str, n: int = 4) -> list[str]:
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in schedule.upcoming(n, after=at(after))]


def test_daily_every_third_day() -> None:
    schedule = Schedule(frequency="daily", interval=3, start=at("2025-01-01T09:00"))
    assert days(schedule, "2025-01-02") == [
        "2025-01-04 09:00",
        "2025-01-07 09:00",
        "2025-01-10 09:00",
        "2025-01-13 09:00",
    ]


def test_weekly_on_several_days_every_second_week() -> None:
    schedule = Schedule(
        frequency="weekly", interval=2, byweekday=("monday", "friday"), start=at("2025-01-06T08:30")
    )
    assert days(schedule, "2025-01-06T08:30") == [
        "2025-01-10 08:30",
        "2025-01-20 08:30",
        "2025-01-24 08:30",
        "2025-02-03 08:30",
    ]


def test_last_friday_of_the_month() -> None:
    schedule = Schedule(frequency="monthly", byweekday=("friday",), bysetpos=-1, start=at("2025-01-01T10:00"))
    assert days(schedule, "2025-01-01") == [
        "2025-01-31 10:00",
        "2025-02-28 10:00",
        "2025-03-28 10:00",
        "2025-04-25 10:00",
    ]


def test_last_working_day_of_the_month() -> None:
    working = ("monday", "tuesday", "wednesday", "thursday", "friday")
    schedule = Schedule(frequency="monthly", byweekday=working, bysetpos=-1, start=at("2025-05-01T10:00"))
    assert days(schedule, "2025-05-01", 3) == ["2025-05-30 10:00", "2025-06-30 10:00", "2025-07-31 10:00"]


def test_a_month_without_the_day_is_left_out() -> None:
    schedule = Schedule(frequency="monthly", start=at("2025-01-31T07:00"))
    assert days(schedule, "2025-01-31T07:00", 7) == [
        f"{month} 07:00"
        for month in (
            "2025-03-31",
            "2025-05-31",
            "2025-07-31",
            "2025-08-31",
            "2025-10-31",
            "2025-12-31",
            "2026-01-31",
        )
    ]


def test_the_29th_of_february_comes_in_leap_years() -> None:
    schedule = Schedule(frequency="yearly", start=at("2024-02-29T07:00"))
    assert days(schedule, "2024-03-01", 2) == ["2028-02-29 07:00", "2032-02-29 07:00"]


def test_count_counts_from_the_start_and_ends_the_schedule() -> None:
    schedule = Schedule(frequency="daily", count=3, start=at("2025-01-01T09:00"))
    assert days(schedule, "2025-01-02T12:00") == ["2025-01-03 09:00"]
    assert days(schedule, "2025-01-03T09:00") == []


def test_until_is_the_last_moment_and_works_together_with_count() -> None:
    start, until = at("2025-01-01T09:00"), at("2025-01-03T09:00")
    assert days(Schedule(frequency="daily", start=start, until=until), "2025-01-01T10:00") == [
        "2025-01-02 09:00",
        "2025-01-03 09:00",
    ]
    assert days(Schedule(frequency="daily", start=start, until=until, count=2), "2024-12-31") == [
        "2025-01-01 09:00",
        "2025-01-02 09:00",
    ]


def test_deliveries_keep_their_time_in_utc_over_daylight_saving() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    schedule = Schedule(frequency="weekly", start=at("2025-03-20T08:00"))
    shown = schedule.upcoming(2, after=at("2025-03-20T08:00"), tz=berlin)
    assert [moment.isoformat() for moment in shown] == [
        "2025-03-27T09:00:00+01:00",
        "2025-04-03T10:00:00+02:00",
    ]


def test_weekdays_are_those_in_utc() -> None:
    start = datetime.datetime(
        2025, 7, 7, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")
    )  # Monday there, Sunday in UTC
    schedule = Schedule(frequency="weekly", byweekday=("monday",), start=start)
    assert days(schedule, "2025-07-06T22:30", 2) == ["2025-07-07 22:30", "2025-07-14 22:30"]


def test_moments_without_a_zone_are_utc() -> None:
    schedule = Schedule(frequency="daily", start=datetime.datetime(2025, 1, 1, 9))
    assert schedule.upcoming(1, after=datetime.datetime(2025, 1, 1, 9)) == [at("2025-01-02T09:00")]


def test_a_schedule_beyond_the_calendar_ends() -> None:
    schedule = Schedule(frequency="yearly", interval=5_000, start=at("2025-01-01"))
    assert days(schedule, "2025-01-02") == ["7025-01-01 00:00"]
    assert days(Schedule(frequency="daily", interval=10_000_000, start=at("2025-01-01")), "2025-01-02") == []


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"frequency": "hourly"}, "frequency must be one of daily, weekly, monthly, yearly"),
    ({"interval": 0}, "interval must be a whole number from 1, got 0"),
    ({"interval": True}, "interval must be a whole number"),
    ({"count": -1}, "count must be a whole number from 1"),
    ({"byweekday": ["mon"]}, "byweekday holds 'mon'; days are monday"),
    ({"byweekday": "monday"}, "must be a list such as"),
    ({"byweekday": ["monday"], "bysetpos": 0}, "bysetpos must be a whole number other than 0"),
    ({"bysetpos": 1}, "needs byweekday"),
    ({"byweekday": [], "bysetpos": 1}, "needs byweekday"),
    ({"byweekday": ["monday"], "bysetpos": 6}, "never comes: a monthly period holds at most 5"),
    ({"frequency": "weekly", "byweekday": ["monday"], "bysetpos": -2}, "at most 1"),
    ({"frequency": "daily", "byweekday": ["monday", "friday"], "bysetpos": 2}, "at most 1"),
    ({"until_date": "2024-12-31T00:00:00Z"}, "is before start_date"),
    ({"start_date": "soon"}, "start_date must be a date and time, got 'soon'"),
]


@pytest.mark.parametrize(("fields", "message"), WRONG)
def test_a_schedule_that_cannot_be_kept_is_refused_before_it_is_sent(
    side: Side, fields: dict[str, Any], message: str
) -> None:
    script = Script([])
    client = side.client(script)
    whole = {
        "target_type": "email",
        "target_value": "ada@example.com",
        "frequency": "monthly",
        "start_date": "2025-01-01T09:00:00Z",
        "insight": 1,
        "until_date": "2026-01-01T00:00:00Z",
        **fields,
    }
    with pytest.raises(InvalidRequestError, match=message):
        side.run(client.subscriptions.create(**whole))
    with pytest.raises(InvalidRequestError, match=message):
        side.run(client.subscriptions.create(body=whole))
    with pytest.raises(InvalidRequestError, match=message):
        side.run(client.subscriptions.update(1, **{**whole}))
    assert script.requests == []


def test_an_update_of_one_field_is_not_held_against_fields_that_it_leaves_alone(side: Side) -> None:
    script = Script([reply({"id": 1, "bysetpos": 2})])
    assert side.run(side.client(script).subscriptions.update(1, bysetpos=2)).bysetpos == 2


def test_upcoming_of_a_subscription_at_hand_sends_nothing(side: Side) -> None:
    clock = FakeClock()
    clock.time = at("2025-07-02T00:00").timestamp()
    client = side.client(Script([]), clock)
    subscription = Subscription.from_dict(
        {
            "id": 1,
            "frequency": "weekly",
            "interval": 1,
            "byweekday": ["monday"],
            "start_date": "2025-07-01T09:00:00Z",
        }
    )
    assert side.run(client.subscriptions.upcoming(subscription, 2)) == [
        at("2025-07-07T09:00"),
        at("2025-07-14T09:00"),
    ]


def test_a_deleted_subscription_has_no_deliveries(side: Side) -> None:
    script = Script(
        [reply({"id": 1, "frequency": "daily", "start_date": "2025-07-01T09:00:00Z", "deleted": True})]
    )
    assert side.run(side.client(script).subscriptions.upcoming(1)) == []


def test_a_subscription_without_a_start_says_so(side: Side) -> None:
    script = Script([reply({"id": 1, "frequency": "daily"})])
    with pytest.raises(InvalidRequestError, match="a schedule needs start_date"):
        side.run(side.client(script).subscriptions.upcoming(1))


@pytest.mark.parametrize("n", [-1, 1.5, True, "2"])
def test_a_number_of_deliveries_that_makes_no_sense_is_refused(n: Any) -> None:
    with pytest.raises(InvalidRequestError, match="whole number from 0"):
        Schedule(frequency="daily", start=at("2025-01-01")).upcoming(n, after=at("2025-01-01"))


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_archive_deletes_where_delete_is_refused(side: Side, profile: Any) -> None:
    emulator = Emulator(profile=profile)
    client = emulator.client() if side.kind == "sync" else emulator.async_client()
    with pytest.raises(MethodNotAllowedError):
        side.run(client.subscriptions.delete(1))
    assert side.run(client.subscriptions.archive(1)).deleted is True
    assert 1 not in [found.id for found in side.all(client.subscriptions.list())]
    assert [found.id for found in side.all(client.subscriptions.list(deleted=True))] == [1]


@pytest.mark.parametrize("profile", ["observed", "documented"])
def test_the_first_upcoming_delivery_is_the_one_that_the_server_names(side: Side, profile: Any) -> None:
    emulator = Emulator(profile=profile)
    client = emulator.client() if side.kind == "sync" else emulator.async_client()
    schedules: list[dict[str, Any]] = [
        {"frequency": "daily"},
        {"frequency": "daily", "interval": 5, "count": 400},
        {"frequency": "weekly", "byweekday": ["sunday", "wednesday"]},
        {"frequency": "monthly", "byweekday": ["monday"], "bysetpos": -1},
        {"frequency": "monthly"},
        {"frequency": "yearly", "until_date": "2026-12-31T00:00:00Z"},
    ]
    for fields in schedules:
        made = side.run(
            client.subscriptions.create(
                target_type="email",
                target_value="ada@example.com",
                insight=1,
                start_date="2025-01-31T09:00:00Z",
                **fields,
            )
        )
        assert side.run(client.subscriptions.upcoming(made, 1, after=emulator.clock.now())) == [
            made.next_delivery_date
        ]
        assert made.next_delivery_date is not None
