"""When a subscription is delivered.

PostHog keeps a subscription's schedule as an iCalendar recurrence rule and computes deliveries with
`dateutil.rrule` in UTC (PostHog source subscription.py, 2025). So does `Schedule`, with what follows from it:

- Deliveries keep their time of day in UTC. In a place with daylight saving time they move by an hour twice a year.
- Weekdays are those in UTC: a Monday 00:30 in Berlin is a Sunday for the server.
- A month, or a year, that lacks the day is left out: monthly from 31 January is seven deliveries a year.
- `bysetpos` counts only together with `byweekday`.
- `count` counts from `start`, not from now.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self

from attrs import define

from posthog_environments.errors import InvalidRequestError
from posthog_environments_api.types import Unset

if TYPE_CHECKING:
    from posthog_environments_api.models import Subscription

_FREQUENCIES: Final = {"daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "yearly": "YEARLY"}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOST_OF_ONE_DAY: Final = {"daily": 1, "weekly": 1, "monthly": 5, "yearly": 53}
_FIELDS: Final = ("frequency", "interval", "byweekday", "bysetpos", "count", "start_date", "until_date")


@define(frozen=True, kw_only=True)
class Schedule:
    """A schedule of deliveries.

        schedule = Schedule(frequency="monthly", start=start, byweekday=["friday"], bysetpos=-1)
        print(schedule.upcoming(3, after=datetime.now(UTC)))

    Raises:
        InvalidRequestError: The server would refuse it, or take it and never deliver.

    Attributes:
        frequency: Unit: `daily`, `weekly`, `monthly` or `yearly`.
        start: The first moment of the schedule; it also gives the time of day. Without a time zone it counts as UTC.
        interval: Units from one delivery to the next.
        byweekday: Days of the week, by their English names; none means the day of `start`.
        bysetpos: Which of the days in `byweekday` within a unit: 1 is the first, -1 the last; None means each.
        count: Number of deliveries after which the schedule ends, or None.
        until: Moment after which there is no delivery, or None.
    """

    frequency: str
    start: datetime.datetime
    interval: int = 1
    byweekday: tuple[str, ...] = ()
    bysetpos: int | None = None
    count: int | None = None
    until: datetime.datetime | None = None

    def __attrs_post_init__(self) -> None:
        check(
            {
                "frequency": self.frequency,
                "start_date": self.start,
                "interval": self.interval,
                "byweekday": self.byweekday,
                "bysetpos": self.bysetpos,
                "count": self.count,
                "until_date": self.until,
            }
        )

    @classmethod
    def of(cls, subscription: Subscription | Mapping[str, Any]) -> Self:
        """The schedule of a subscription, or of the fields that are to become one.

        Raises:
            InvalidRequestError: There is no frequency or no start, or the schedule can never be kept.
        """
        fields = _fields(subscription)
        for name in ("frequency", "start_date"):
            if fields.get(name) is None:
                raise InvalidRequestError(f"a schedule needs {name}")
        return cls(
            frequency=_text(fields["frequency"]),
            start=_moment("start_date", fields["start_date"]),
            interval=fields.get("interval", 1),
            byweekday=tuple(_text(day) for day in fields.get("byweekday") or ()),
            bysetpos=fields.get("bysetpos") if fields.get("byweekday") else None,
            count=fields.get("count"),
            until=_moment("until_date", fields["until_date"]) if fields.get("until_date") else None,
        )

    def deliveries(self) -> Iterator[datetime.datetime]:
        """Every delivery in UTC, from the start on, without end where the schedule has none."""
        from dateutil import rrule

        # A position without days means nothing to the server, and something else to dateutil.
        weekdays = [getattr(rrule, day[:2].upper()) for day in self.byweekday]
        rule = rrule.rrule(
            getattr(rrule, _FREQUENCIES[self.frequency]),
            dtstart=_in_utc(self.start),
            interval=self.interval,
            until=None if self.until is None else _in_utc(self.until),
            byweekday=weekdays or None,
            bysetpos=self.bysetpos if weekdays else None,
        )
        try:
            # dateutil takes either a count or an end, PostHog both.
            yield from islice(iter(rule), self.count)
        except OverflowError:
            return  # the next one would be after the year 9999

    def upcoming(
        self, n: int = 5, *, after: datetime.datetime, tz: datetime.tzinfo | None = None
    ) -> list[datetime.datetime]:
        """The next deliveries.

        Args:
            n: How many at most; there are fewer when the schedule ends.
            after: Only deliveries later than this; without a time zone it counts as UTC.
            tz: Time zone of the result; UTC by default.

        Raises:
            InvalidRequestError: `n` is no whole number from 0.
        """
        if isinstance(n, bool) or not isinstance(n, int) or n < 0:
            raise InvalidRequestError(f"n must be a whole number from 0, got {n!r}")
        moment = _in_utc(after)
        later = (delivery for delivery in self.deliveries() if delivery > moment)
        return [delivery.astimezone(tz or datetime.UTC) for delivery in islice(later, n)]


def check(fields: Mapping[str, Any]) -> None:
    """Check the fields of a schedule that are given, alone and against one another.

    Raises:
        InvalidRequestError: The server would refuse them, or take them and never deliver.
    """
    given = {name: value for name, value in fields.items() if not isinstance(value, Unset)}
    frequency = given.get("frequency")
    if frequency is not None and _text(frequency) not in _FREQUENCIES:
        raise InvalidRequestError(
            f"frequency must be one of {', '.join(_FREQUENCIES)}, got {_text(frequency)!r}"
        )
    for name in ("interval", "count"):
        value = given.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise InvalidRequestError(f"{name} must be a whole number from 1, got {value!r}")
    _check_weekdays(given)
    if given.get("start_date") is not None and given.get("until_date") is not None:
        start, until = (_moment(name, given[name]) for name in ("start_date", "until_date"))
        if until < start:
            raise InvalidRequestError(
                f"until_date {until.isoformat()} is before start_date {start.isoformat()}"
            )


def _check_weekdays(given: Mapping[str, Any]) -> None:
    days, position = given.get("byweekday"), given.get("bysetpos")
    if isinstance(days, str):
        raise InvalidRequestError(f"byweekday must be a list such as ['{days}'], not one text")
    for day in days or ():
        if _text(day) not in _WEEKDAYS:
            raise InvalidRequestError(f"byweekday holds {_text(day)!r}; days are {', '.join(_WEEKDAYS)}")
    if position is None:
        return
    if isinstance(position, bool) or not isinstance(position, int) or position == 0:
        raise InvalidRequestError(f"bysetpos must be a whole number other than 0, got {position!r}")
    frequency = _text(given.get("frequency"))
    if days is None and "frequency" not in given:
        return  # an update of the position alone: the days are the server's
    if not days:
        raise InvalidRequestError(
            "bysetpos picks one of the days in byweekday, so it needs byweekday; the server would ignore it"
        )
    most = _MOST_OF_ONE_DAY.get(frequency or "", 53) * len({_text(day) for day in days})
    if frequency == "daily":
        most = 1
    if abs(position) > most:
        raise InvalidRequestError(
            f"bysetpos {position} never comes: a {frequency or 'yearly'} period holds at most {most} such days"
        )


def _fields(subscription: Subscription | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(subscription, Mapping):
        found = {name: subscription.get(name) for name in _FIELDS if name in subscription}
    else:
        found = {name: getattr(subscription, name) for name in _FIELDS}
    return {name: value for name, value in found.items() if not isinstance(value, Unset)}


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))


def _moment(name: str, value: Any) -> datetime.datetime:
    if isinstance(value, str):
        try:
            value = datetime.datetime.fromisoformat(value)
        except ValueError:
            raise InvalidRequestError(f"{name} must be a date and time, got {value!r}") from None
    if not isinstance(value, datetime.datetime):
        raise InvalidRequestError(f"{name} must be a date and time, got {value!r}")
    return _in_utc(value)


def _in_utc(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
