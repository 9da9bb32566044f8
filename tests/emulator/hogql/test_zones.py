"""Time zones. 2025-03-30 and 2025-10-26 are the days on which Berlin's clocks change."""

from __future__ import annotations

import pytest

from .cases import Case, ask, refusal

# Half past ten at night in UTC, the next day in Berlin and Tokyo, and still the afternoon in California.
LATE = "toDateTime('2025-06-01T22:30:00Z')"
SPRING = "toDateTime('2025-03-29 12:00:00', 'Europe/Berlin')"
LAST_OF_DAY = "toDateTime('2025-12-31T23:30:00Z')"

CASES = [
    Case(
        f"select toTimeZone({LATE}, 'Europe/Berlin'), toTimeZone(toDateTime(0), 'Asia/Kolkata')",
        [["2025-06-02T00:30:00+02:00", "1970-01-01T05:30:00+05:30"]],
        "DateTime64(6, 'Europe/Berlin'); DateTime('Asia/Kolkata')",
    ),
    Case(
        f"select toStartOfDay({LATE}, 'Europe/Berlin'), toStartOfHour(toTimeZone({LATE}, 'Asia/Kolkata'))",
        [["2025-06-02T00:00:00+02:00", "2025-06-02T04:00:00+05:30"]],
        "DateTime('Europe/Berlin'); DateTime('Asia/Kolkata')",
    ),
    Case(
        f"select toStartOfWeek(toTimeZone({LATE}, 'Asia/Tokyo'), 1), toStartOfWeek({LATE}, 1), "
        f"toStartOfMonth(toTimeZone({LATE}, 'US/Pacific'))",
        [["2025-06-02", "2025-05-26", "2025-06-01"]],
        "Date; Date; Date",
    ),
    Case(
        f"select dateTrunc('day', {LATE}, 'Asia/Tokyo'), dateTrunc('month', {LAST_OF_DAY}, 'Asia/Tokyo')",
        [["2025-06-02T00:00:00+09:00", "2026-01-01"]],
    ),
    Case(
        f"select toStartOfInterval({LATE}, interval 1 day, 'Asia/Tokyo'), "
        f"toStartOfFifteenMinutes(toTimeZone({LATE}, 'Asia/Kolkata'))",
        [["2025-06-02T00:00:00+09:00", "2025-06-02T04:00:00+05:30"]],
    ),
    Case(
        f"select toHour(toTimeZone({LATE}, 'US/Pacific')), toYear(toTimeZone({LAST_OF_DAY}, 'Asia/Tokyo')), "
        f"toDayOfWeek({LATE}, 0, 'Asia/Tokyo'), toYYYYMM(toTimeZone({LAST_OF_DAY}, 'Asia/Tokyo'))",
        [[15, 2026, 1, 202601]],
        "UInt8; UInt16; UInt8; UInt32",
    ),
    Case(
        f"select toDate(toTimeZone({LATE}, 'Asia/Tokyo')), toDate({LATE}), formatDateTime({LATE}, '%F %T', 'Asia/Tokyo')",
        [["2025-06-02", "2025-06-01", "2025-06-02 07:30:00"]],
        "Date; Date; String",
    ),
    # A day has 23 hours when the clocks go forward.
    Case(
        f"select {SPRING}, {SPRING} + interval 1 day, {SPRING} + interval 24 hour, addDays({SPRING}, 1)",
        [
            [
                "2025-03-29T12:00:00+01:00",
                "2025-03-30T12:00:00+02:00",
                "2025-03-30T13:00:00+02:00",
                "2025-03-30T12:00:00+02:00",
            ]
        ],
    ),
    Case(
        f"select dateDiff('day', toTimeZone({LATE}, 'Asia/Tokyo'), toDateTime('2025-06-02T01:00:00Z')), "
        f"dateDiff('day', {LATE}, toDateTime('2025-06-02T01:00:00Z'))",
        [[0, 1]],
    ),
    # Each time counts in its own zone, and hours from where its clocks were in 1970.
    Case(
        "with toTimeZone(toDateTime('2024-01-31 20:00:00'), 'Asia/Tokyo') as tokyo "
        "select dateDiff('minute', tokyo, toDate('2024-03-01')), dateDiff('hour', tokyo, toDate('2024-03-01')), "
        "dateDiff('day', tokyo, toDateTime('2024-03-01 23:00:00')), dateDiff('month', tokyo, toDate('2024-03-31'))",
        [[42000, 709, 29, 1]],
    ),
    Case(
        "select toDateTime('2025-06-01 12:00:00', 'Europe/Berlin'), toDateTime('2025-06-01T12:00:00Z', 'Europe/Berlin'), "
        "toDateTime('2025-06-01 12:00:00') = toDateTime('2025-06-01 14:00:00', 'Europe/Berlin')",
        [["2025-06-01T12:00:00+02:00", "2025-06-01T14:00:00+02:00", 1]],
    ),
    Case(
        "select toUnixTimestamp('1970-01-01 01:00:00', 'Europe/Berlin'), toUnixTimestamp('1970-01-01 01:00:00')",
        [[0, 3600]],
    ),
    Case(
        "select toString(toTimeZone(toDateTime('2025-06-01T22:30:00Z'), 'Asia/Tokyo')), "
        "concat('at ', toTimeZone(toDateTime(0), 'Asia/Tokyo'))",
        [["2025-06-02 07:30:00.000000", "at 1970-01-01 09:00:00"]],
    ),
    # A text is read in the zone of the time that it is compared with.
    Case(
        f"select toTimeZone({LATE}, 'Europe/Berlin') >= '2025-06-02', {LATE} >= '2025-06-02', "
        f"toTimeZone({LATE}, 'Europe/Berlin') < '2025-06-01T22:30:01Z'",
        [[1, 0, 1]],
    ),
    Case(
        "select toHour(max(toTimeZone(timestamp, 'Asia/Tokyo'))), toStartOfDay(min(toTimeZone(timestamp, 'Asia/Tokyo'))) "
        "from events",
        [[9, "2025-06-01T00:00:00+09:00"]],
        "UInt8; DateTime('Asia/Tokyo')",
    ),
    Case(
        "select toDate(toTimeZone(timestamp, 'US/Pacific')) as day, count() from events group by day order by day",
        [["2025-06-01", 2], ["2025-06-02", 3], ["2025-06-08", 2]],
    ),
    Case(
        "select now('Asia/Tokyo'), toStartOfHour(toTimeZone(now(), 'Asia/Tokyo'))",
        [["2025-07-01T21:00:00+09:00", "2025-07-01T21:00:00+09:00"]],
        "DateTime64(6, 'Asia/Tokyo'); DateTime('Asia/Tokyo')",
    ),
    # UTC is UTC, by any name.
    Case(
        f"select toStartOfDay({LATE}, 'UTC'), toTimeZone({LATE}, 'Etc/UTC'), toHour(toTimeZone({LATE}, 'GMT'))",
        [["2025-06-01T00:00:00Z", "2025-06-01T22:30:00Z", 22]],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sql)
def test_zones(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "", "../etc/passwd", "Europe/Berlin'); drop table events; --"]
)
def test_an_unknown_zone_is_a_mistake_of_the_query(zone: str) -> None:
    error = refusal("select toTimeZone(now(), {zone})", {"zone": zone})
    assert (error.code, str(error)) == ("bad_arguments", f"Unknown timezone: '{zone}'")


def test_a_zone_must_be_constant() -> None:
    assert refusal("select toTimeZone(timestamp, event) from events").code == "emulator_unsupported"


def test_the_autumn_day_has_25_hours() -> None:
    sql = (
        "select count() from (select toDateTime('2025-10-25T22:00:00Z') + toIntervalHour(number) as t from numbers(30)) "
        "where toDate(toTimeZone(t, 'Europe/Berlin')) = '2025-10-26'"
    )
    assert ask(sql).rows == [[25]]
