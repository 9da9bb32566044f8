"""Schedules of subscriptions: iCalendar recurrence rules, as PostHog itself computes them (subscription.py, 2025)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

_FREQUENCIES: Final = {"daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "yearly": "YEARLY"}
_UNITS: Final = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_ORDINALS: Final = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
EARLY: Final = timedelta(minutes=15)
_PERIODS: Final = {"daily": 1, "weekly": 1, "monthly": 5, "yearly": 53}
"""How often a weekday can occur in one period."""


def next_delivery(
    *,
    now: datetime,
    frequency: str,
    interval: int,
    start: datetime,
    until: datetime | None,
    count: int | None,
    byweekday: list[str] | None,
    bysetpos: int | None,
) -> datetime | None:
    """The first delivery more than a quarter of an hour from now, which is how early a delivery may run.

    None when the schedule is over, or is none: dateutil refuses some positions, never ends on an interval of 0, and
    searches up to the year 9999 for a position that no period has.
    """
    from dateutil import rrule

    weekdays = [getattr(rrule, day[:2].upper()) for day in byweekday or ()]
    most = 1 if frequency == "daily" else _PERIODS[frequency] * len(weekdays)
    if interval < 1 or (weekdays and abs(bysetpos or 0) > most):
        return None
    arguments: dict[str, Any] = {"byweekday": weekdays, "bysetpos": bysetpos} if weekdays else {}
    try:
        rule = rrule.rrule(
            getattr(rrule, _FREQUENCIES[frequency]),
            dtstart=start,
            interval=interval,
            until=until,
            **arguments,
        )
        # dateutil no longer takes `count` together with `until`.
        deliveries = rule if count is None else islice(rule, max(count, 0))
        return next((moment for moment in deliveries if moment > now + EARLY), None)
    except (ValueError, OverflowError):
        return None


def summary(
    *, frequency: str, interval: int, byweekday: list[str] | None, bysetpos: int | None, **_: Any
) -> str:
    """The schedule in the words of PostHog's `summary`; weekdays appear only together with a position."""
    unit = _UNITS[frequency]
    text = f"sent every {interval} {unit}s" if interval > 1 else f"sent every {unit}"
    if byweekday and bysetpos:
        if bysetpos not in _ORDINALS:
            return "sent on a schedule"
        day = byweekday[0].capitalize() if len(byweekday) == 1 else "day"
        text += f" on the {_ORDINALS[bysetpos]} {day}"
    return text
