"""Every event of a time range exactly once, from an endpoint that does not give that by itself.

What the endpoint does (PostHog threads 34143 and 60124, airbyte 86492; source legacy_events_query.py, 2026): its bounds
are strict and its `next` names the last row's time, so rows that share it are lost; it sends 1,000 rows at most, however
many are asked for; newest first, it ends too early; ranges of more than a year are refused. So the range is read

- oldest first, in slices that grow while they are sparse and shrink when they are dense or the server cannot cope;
- each request begins at the time of the last row, that time included, and rows that come again are left out by id;
- a slice that seems to have ended is looked at again, from its last row on, by the request for the next slice;
- a moment with more rows than fit a page is read by offset, again and again until one pass was consistent in itself.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Generator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from posthog_environments.errors import (
    APITimeoutError,
    EventsIncompleteError,
    InvalidRequestError,
    ResponseTooLargeError,
    ServerError,
)
from posthog_environments.jobs import Call, Give, Step, Steps
from posthog_environments.resumable import read_token, write_token
from posthog_environments_api.api.events import events_list
from posthog_environments_api.errors import DecodeError
from posthog_environments_api.types import RequestOptions, Unset

if TYPE_CHECKING:
    from posthog_environments_api.models import Event

KIND: Final = "events.iterate"
LARGEST_PAGE: Final = 1_000
"""Servers since May 2026 send no more, and say nothing when more were asked for."""

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_TICK: Final = datetime.timedelta(microseconds=1)
_SECOND: Final = 1_000_000
_FIRST_WIDTH: Final = 24 * 3600 * _SECOND
_WIDEST: Final = 90 * _FIRST_WIDTH
_NARROWEST: Final = _SECOND
_PAGES_OF_A_GOOD_SLICE: Final = 8
_MOST_OFFSET: Final = 50_000
_PASSES: Final = 5
_FAILURES_IN_A_ROW: Final = 6


@define(frozen=True)
class EventProgress:
    """How far a time range has been read.

    Attributes:
        events: Events found so far.
        requests: Requests made so far.
        position: Time of the last event found, or the start of the range.
        fraction: The part of the time range that lies behind, from 0 to 1.
    """

    events: int
    requests: int
    position: datetime.datetime
    fraction: float


@define
class EventPlace:
    """A place between events: everything before `at` was given, and of the events at `at` those in `seen`.

    Times are microseconds since 1970.
    """

    at: int
    before: int
    of: str
    seen: set[str] = field(factory=set[str])

    def note(self, item: Event) -> None:
        at = moment_of(item)
        if at > self.at:
            self.at, self.seen = at, {item.id}
        else:
            self.seen.add(item.id)

    def token(self) -> str:
        state = {"at": self.at, "before": self.before, "seen": sorted(self.seen)}
        return write_token(KIND, self.of, state)

    def knows(self, item: Event) -> bool:
        at = moment_of(item)
        return at < self.at or (at == self.at and item.id in self.seen)

    def copy(self) -> EventPlace:
        return EventPlace(self.at, self.before, self.of, set(self.seen))


def begin(
    after: datetime.datetime | str | None,
    before: datetime.datetime | str | None,
    now: float,
    of: str,
    resume_from: str | None,
) -> EventPlace:
    """The place to begin at.

    Raises:
        InvalidRequestError: The range is none, or the token does not belong here.
    """
    if resume_from is not None:
        if after is not None:
            raise InvalidRequestError("resume_from says where to begin: leave out after")
        state = read_token(resume_from, KIND, of)
        try:
            end = int(state["before"]) if before is None else micros(check_moment("before", before))
            return EventPlace(int(state["at"]), end, of, {str(one) for one in state["seen"]})
        except (KeyError, TypeError, ValueError, OverflowError):
            raise InvalidRequestError("resume_from is no token; pass what .token gave") from None
    if after is None:
        raise InvalidRequestError("say where to begin: after= or resume_from=")
    after = check_moment("after", after)
    before = (
        datetime.datetime.fromtimestamp(now, datetime.UTC)
        if before is None
        else check_moment("before", before)
    )
    if before < after:
        raise InvalidRequestError(
            f"before ({before.isoformat()}) is earlier than after ({after.isoformat()})"
        )
    return EventPlace(micros(after), micros(before), of)


def check_moment(name: str, value: datetime.datetime | str) -> datetime.datetime:
    """A time as an aware datetime; without a zone it counts as UTC.

    Raises:
        InvalidRequestError: It is none.
    """
    found: object = value
    if isinstance(value, str):
        try:
            found = datetime.datetime.fromisoformat(value)
        except ValueError:
            found = None
    if not isinstance(found, datetime.datetime):
        raise InvalidRequestError(f"{name} must be a date and time, got {value!r}")
    return found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found.astimezone(datetime.UTC)


def micros(moment: datetime.datetime) -> int:
    return (moment - _EPOCH) // _TICK


def moment_of(event: Event) -> int:
    """The event's time in microseconds since 1970.

    Raises:
        DecodeError: It has none.
    """
    text = event.timestamp
    try:
        if isinstance(text, Unset):
            raise ValueError("missing")
        return micros(check_moment("timestamp", text))
    except ValueError as error:
        raise DecodeError(f"event {event.id} has no usable timestamp: {error}") from None


class _Reader:
    """Reads pages, and counts them."""

    def __init__(
        self,
        project_id: str,
        filters: Mapping[str, Any],
        page_size: int,
        options: RequestOptions | None,
    ) -> None:
        self._project_id = project_id
        self._filters = filters
        self.page_size = page_size
        self._options = options
        self.requests = 0

    def page(
        self, low: int, high: int, offset: int = 0
    ) -> Generator[Step, Any, tuple[list[Event], bool, bool]]:
        """Events from `low` up to but not including `high`, the oldest first, whether there may be more, and whether the
        server kept to that time."""
        given: dict[str, Any] = {
            **self._filters,
            "after": _text(low - 1),
            "before": _text(high),
            "order_by": ["timestamp"],
            "limit": self.page_size,
        }
        if offset:
            given["offset"] = offset
        request = events_list.request_kwargs(self._project_id, **given)
        self.requests += 1
        page = yield Call(events_list.OPERATION, request, self._options)
        rows: list[Event] = page.results
        times = [moment_of(row) for row in rows]
        if any(later < earlier for earlier, later in pairwise(times)):
            raise EventsIncompleteError(
                "the server does not sort events by time when asked to; read them by query.iterate instead"
            )
        inside = [row for row, at in zip(rows, times, strict=True) if low <= at < high]
        more = len(rows) >= self.page_size or bool(page.next_)
        return inside, more, len(inside) == len(rows)


def read(
    project_id: str,
    place: EventPlace,
    filters: Mapping[str, Any],
    page_size: int,
    on_progress: Callable[[EventProgress], None] | None,
    options: RequestOptions | None,
) -> Steps[None]:
    """Steps that give every event from `place` up to its end."""
    reader = _Reader(project_id, filters, page_size, options)
    place = place.copy()
    start, found, width = place.at, 0, _FIRST_WIDTH
    high = looked = min(place.at + width, place.before)
    pages = failures = 0
    while place.at < place.before:
        try:
            rows, more, exact = yield from reader.page(place.at, high)
        except (APITimeoutError, ResponseTooLargeError, ServerError) as error:
            failures += 1
            smaller = (
                reader.page_size > 1
                if isinstance(error, ResponseTooLargeError)
                else high - place.at > _NARROWEST
            )
            if failures > _FAILURES_IN_A_ROW or not smaller:
                raise
            if isinstance(error, ResponseTooLargeError):
                reader.page_size = max(reader.page_size // 4, 1)
            else:
                width = max((high - place.at) // 4, _NARROWEST)
                high = place.at + width
            continue
        pages, failures = pages + 1, 0
        fresh = [row for row in rows if not place.knows(row)]
        crowded = more and exact and bool(rows) and moment_of(rows[0]) == moment_of(rows[-1])
        if crowded:
            instant = moment_of(rows[0])
            if instant > place.at:
                place.at, place.seen = instant, set()
            fresh = yield from _instant(reader, place)
        elif more and not fresh:
            raise EventsIncompleteError(
                "the server sends the same events again and does not keep to the time asked for; read them by "
                "query.iterate instead"
            )
        found += len(fresh)
        if fresh:
            yield Give(fresh)
            for row in fresh:
                place.note(row)
        if crowded:
            place.at, place.seen = place.at + 1, set()
        if on_progress is not None:
            on_progress(_progress(place, start, found, reader.requests))
        if more or crowded:
            continue
        if high >= place.before:
            if not fresh:
                return
            continue  # the end is looked at once more
        looked = min(looked, high)
        if not fresh and looked > place.at:
            # Nothing came from there twice, so that the next request need not go over it again.
            place.at, place.seen = looked, set()
        width = _adapted(width, pages)
        looked, high, pages = high, min(high + width, place.before), 0


def _instant(reader: _Reader, place: EventPlace) -> Generator[Step, Any, list[Event]]:
    """All events at `place.at` that are not known yet. There are more than a page holds, so they are read by offset.

    The server does not promise an order among them. A pass whose rows are all different has seen every row; one in
    which a row came twice may have missed another, and is made again.
    """
    known: dict[str, Event] = {}
    for _ in range(_PASSES):
        offset, met = 0, set[str]()
        while True:
            if offset > _MOST_OFFSET:
                raise EventsIncompleteError(
                    f"more than {_MOST_OFFSET:,} events share the time {_text(place.at)}, and the server pages no "
                    "further; read them by query.iterate instead"
                )
            rows, more, _ = yield from reader.page(place.at, place.at + 1, offset)
            known.update((row.id, row) for row in rows)
            met.update(row.id for row in rows)
            offset += len(rows)
            if not rows or not more:
                break
        if len(met) == offset == len(known):
            return [row for row in known.values() if row.id not in place.seen]
    raise EventsIncompleteError(
        f"the events at {_text(place.at)} come in another order each time, so that some may be missing; read them by "
        "query.iterate instead"
    )


def _adapted(width: int, pages: int) -> int:
    """Slices of a few pages: each has one request of overhead, and a very wide one is hard on the server."""
    if pages <= 1:
        return min(width * 2, _WIDEST)
    return max(width // 2, _NARROWEST) if pages > _PAGES_OF_A_GOOD_SLICE else width


def _progress(place: EventPlace, start: int, found: int, requests: int) -> EventProgress:
    span = place.before - start
    fraction = min(max((place.at - start) / span, 0.0), 1.0) if span else 1.0
    return EventProgress(found, requests, _EPOCH + place.at * _TICK, fraction)


def _text(at: int) -> str:
    return (_EPOCH + at * _TICK).isoformat()
