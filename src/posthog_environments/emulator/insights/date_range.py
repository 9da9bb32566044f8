"""The period of an insight and its intervals. Source: PostHog query_date_range.py and relative_date_parse, 2025."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from attrs import define

from posthog_environments.emulator.clock import parse_iso
from posthog_environments.emulator.errors import invalid, unsupported

Interval = Literal["hour", "day", "week", "month"]
INTERVALS: Final[tuple[Interval, ...]] = ("hour", "day", "week", "month")
_RELATIVE: Final = re.compile(r"([-+]?)(\d{1,5})?([hdwmqy])(Start|End)?")
_DATE_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST_INTERVALS: Final = 50_000
_INSTANT: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
# Intervals begin before the first moment and end after the last one, which Python's dates must hold too.
_FIRST_YEAR: Final = 2
_LAST_YEAR: Final = 9_998


@define(frozen=True)
class DateRange:
    """A period.

    Attributes:
        start: Its first moment, as asked for.
        end: Its last moment.
        interval: How it is divided; weeks begin on Sunday.
        exact: Whether events before `start` do not count although they are in its interval.
    """

    start: datetime
    end: datetime
    interval: Interval
    exact: bool = False

    @property
    def first(self) -> datetime:
        """The beginning of the first interval."""
        return floor(self.start, self.interval)

    @property
    def counted_from(self) -> datetime:
        return self.start if self.exact else self.first

    def starts(self) -> list[datetime]:
        """The beginning of every interval.

        Raises:
            ApiError: There are too many.
        """
        found: list[datetime] = []
        for start in _starts(self.first, self.interval):
            if start > self.end:
                return found
            if len(found) >= _MOST_INTERVALS:
                raise unsupported(
                    f"more than {_MOST_INTERVALS} intervals; use a shorter period or longer interval"
                )
            found.append(start)
        return found


def read_range(
    date_from: str | None,
    date_to: str | None,
    interval: Interval,
    now: datetime,
    earliest: datetime,
    *,
    exact: bool = False,
) -> DateRange:
    """The period that two texts mean: ISO dates or times, `-7d`, `mStart`, `all` and the like.

    Args:
        date_from: Beginning; seven days ago when None, the earliest event when `all`.
        date_to: End, now when None. A day is meant whole, unless `exact`.
        interval: How the period is divided.
        now: The emulator's time.
        earliest: Time of the earliest event.
        exact: Whether the times are taken as they are.

    Raises:
        ApiError: A text is no date.
    """
    if date_from == "all":
        start = max(earliest, datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC))
    else:
        start, _ = _moment(date_from or "-7d", now, "date_from")
        if not exact and interval != "hour" and (date_from or "-7d")[-1:] != "h":
            start = floor(start, "day")
    end, whole = (now, interval != "hour") if date_to is None else _moment(date_to, now, "date_to")
    if not exact and whole:
        end = floor(end, "day") + _DAY - _INSTANT
    return DateRange(start, end, interval, exact)


def floor(moment: datetime, interval: str) -> datetime:
    """The beginning of the interval that a moment is in."""
    if interval == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if interval == "week":
        return day - timedelta(days=day.isoweekday() % 7)
    return day.replace(day=1) if interval == "month" else day


def _starts(first: datetime, interval: Interval) -> Iterator[datetime]:
    step = {"hour": timedelta(hours=1), "day": _DAY, "week": timedelta(days=7)}.get(interval)
    while True:
        yield first
        first = first + step if step else _months_before(first, -1)


def _moment(text: str, now: datetime, name: str) -> tuple[datetime, bool]:
    """The moment, and whether its whole day is meant."""
    found = _RELATIVE.fullmatch(text)
    relative = found if found is not None and (found[2] or found[4]) else None
    try:
        moment = parse_iso(text) if relative is None else _relative(relative, now)
    except (OverflowError, ValueError):
        moment = None
    if moment is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise invalid(f"{text!r} is no date", f"dateRange__{name}")
    whole = _DATE_ONLY.fullmatch(text) is not None if relative is None else relative[3] != "h"
    return moment, whole


def _relative(found: re.Match[str], now: datetime) -> datetime:
    count, unit = int(found[2] or 0), found[3]
    count = -count if found[1] == "+" else count
    if unit in "hdw":
        moment = now - count * timedelta(hours={"h": 1, "d": 24, "w": 168}[unit])
    else:
        moment = _months_before(now, count * {"m": 1, "q": 3, "y": 12}[unit])
    if not found[4]:
        return moment
    start = _period_start(moment, unit)
    if found[4] == "Start":
        return start
    days = {"h": timedelta(hours=1), "d": _DAY, "w": timedelta(days=7)}
    after = start + days[unit] if unit in days else _months_before(start, -{"m": 1, "q": 3, "y": 12}[unit])
    return after - _INSTANT


def _period_start(moment: datetime, unit: str) -> datetime:
    if unit in "hdwm":
        return floor(moment, {"h": "hour", "d": "day", "w": "week", "m": "month"}[unit])
    month = 1 if unit == "y" else (moment.month - 1) // 3 * 3 + 1
    return floor(moment, "month").replace(month=month)


def _months_before(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    following = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last = (following - _DAY).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
