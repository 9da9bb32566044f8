"""When generated events happened, and how they group into sessions: arithmetic, no tables.

Without ties every event has a time of its own. With ties, runs of events share the time of the first of them, across
the borders of sessions and pages; the runs of `2 * ties` events have different lengths, the longest has `ties`.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Final, Protocol

from attrs import define

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Dice, Source
from posthog_environments.emulator.data.persons import LAST_CREATED

_BLOCK: Final = 24
_PER_BLOCK: Final = 4
_SPLITS: Final = ((2, 4, 7, 11), (9, 3, 5, 7), (6, 8, 4, 6), (3, 12, 1, 8), (5, 5, 10, 4))
_STARTS: Final = tuple((0, *accumulate(split)) for split in _SPLITS)
_SECOND: Final = 1_000_000
_LONGEST: Final = 40 * 60 * _SECOND


class SpanLike(Protocol):
    """What the times of a session's events depend on."""

    @property
    def start(self) -> int: ...
    @property
    def duration(self) -> int: ...
    @property
    def first_event(self) -> int: ...
    @property
    def events(self) -> int: ...


@define(frozen=True)
class Span:
    """One session on the timeline.

    Attributes:
        start: Microseconds since 1970.
        duration: Microseconds.
        first_event: Row of its first event.
        events: How many events it has.
        dice: For what else is random about it.
    """

    start: int
    duration: int
    first_event: int
    events: int
    dice: Dice


class Timeline:
    """Times of all generated sessions and events.

    Attributes:
        events: How many events there are.
        sessions: How many sessions they make.
    """

    def __init__(self, seed: int, events: int, ties: int = 1) -> None:
        self.events = events
        self._ties = ties
        self._source = Source(seed, "sessions")
        self._splits = Source(seed, "splits")
        self._times = Source(seed, "times")
        self._runs = Source(seed, "runs")
        blocks, rest = divmod(events, _BLOCK)
        self.sessions = blocks * _PER_BLOCK
        if rest:
            self.sessions += sum(1 for start in self._starts(blocks)[:_PER_BLOCK] if start < rest)
        self._step = (to_micros(START) - LAST_CREATED) // max(self.sessions, 1)

    def _starts(self, block: int) -> tuple[int, ...]:
        return _STARTS[self._splits.dice(block).below(len(_STARTS))]

    def session_of(self, event: int) -> int:
        """Number of the session that this event belongs to."""
        block, place = divmod(event, _BLOCK)
        starts = self._starts(block)
        return block * _PER_BLOCK + sum(1 for start in starts[1:_PER_BLOCK] if start <= place)

    def span(self, session: int) -> Span:
        """The session of this number."""
        span = self._untied(session)
        if self._ties == 1:
            return span
        start = self._tied(span.first_event)
        last = self._tied(span.first_event + span.events - 1)
        return Span(
            start, last - start + span.duration // span.events, span.first_event, span.events, span.dice
        )

    def _untied(self, session: int) -> Span:
        block, quarter = divmod(session, _PER_BLOCK)
        starts = self._starts(block)
        first = block * _BLOCK + starts[quarter]
        events = min(starts[quarter + 1] - starts[quarter], self.events - first)
        dice = self._source.dice(session)
        start = LAST_CREATED + session * self._step + dice.below(max(self._step // 4, 1))
        longest = min(_LONGEST, self._step // 2)
        duration = min((20 + dice.below(2380)) * _SECOND, longest)
        return Span(start, duration, first, events, dice)

    def moment(self, event: int) -> int:
        """Time of an event."""
        return self._moment(event) if self._ties == 1 else self._tied(event)

    def moment_within(self, event: int, span: SpanLike) -> int:
        """Time of an event of a session that is known already."""
        return self._place(event, span) if self._ties == 1 else self._tied(event)

    def _moment(self, event: int) -> int:
        return self._place(event, self._untied(self.session_of(event)))

    def _place(self, event: int, span: SpanLike) -> int:
        place = event - span.first_event
        share = span.duration // span.events
        jitter = self._times.dice(event).below(max(share, 1)) if place else 0
        return span.start + span.duration * place // span.events + jitter

    def _tied(self, event: int) -> int:
        """Time of the first event of the run."""
        block, place = divmod(event, 2 * self._ties)
        dice = self._runs.dice(block)
        first = 1 + dice.below(self._ties)
        lengths = (first, self._ties, self._ties - first)
        turn = dice.below(3)
        start = 0
        for length in lengths[turn:] + lengths[:turn]:
            if place < start + length:
                break
            start += length
        return self._moment(block * 2 * self._ties + start)

    def first_session_after(self, micros: int) -> int:
        """Number of the first session that starts at this time or later."""
        index = max(0, min(self.sessions, (micros - LAST_CREATED) // max(self._step, 1)))
        while index < self.sessions and self.span(index).start < micros:
            index += 1
        return index
