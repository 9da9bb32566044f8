"""Sessions, and which events and which person belong to each: arithmetic, no tables.

Events come in blocks of 24, each split into four sessions of different lengths. Sessions follow one another in time,
and a reversible shuffling deals them out to the persons, so that a person's sessions are found without a search.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Shuffle, Source, Uuids, key_of
from posthog_environments.emulator.data.persons import LAST_CREATED
from posthog_environments.emulator.data.words import HOST, LANDING_PAGES, VISITS, Visit

_BLOCK: Final = 24
_PER_BLOCK: Final = 4
_SPLITS: Final = ((2, 4, 7, 11), (9, 3, 5, 7), (6, 8, 4, 6), (3, 12, 1, 8), (5, 5, 10, 4))
_STARTS: Final = tuple((0, *accumulate(split)) for split in _SPLITS)
_SECOND: Final = 1_000_000


@define(frozen=True)
class Session:
    """One session.

    Attributes:
        index: Number of the session, in the order of time.
        id: Session id.
        start: Microseconds since 1970.
        duration: Microseconds.
        first_event: Row of its first event.
        events: How many events it has.
        person: Row of the person, or None when there are no persons.
        visit: Where it came from.
        landing: Path of its first page.
    """

    index: int
    id: str
    start: int
    duration: int
    first_event: int
    events: int
    person: int | None
    visit: Visit
    landing: str

    @property
    def end(self) -> int:
        return self.start + self.duration

    def properties(self) -> dict[str, Any]:
        """What is known of the session, under the names that PostHog gives session properties."""
        return {
            "$channel_type": self.visit.channel,
            "$entry_current_url": f"https://{HOST}{self.landing}",
            "$entry_hostname": HOST,
            "$entry_pathname": self.landing,
            "$entry_referring_domain": self.visit.referrer,
            "$entry_utm_campaign": self.visit.utm.get("utm_campaign"),
            "$entry_utm_medium": self.visit.utm.get("utm_medium"),
            "$entry_utm_source": self.visit.utm.get("utm_source"),
            "$is_bounce": self.events == 1,
            "$session_duration": self.duration // _SECOND,
        }


class SessionTable:
    """All sessions of the project."""

    def __init__(self, seed: int, events: int, persons: int) -> None:
        self._events = events
        self._persons = persons
        self._source = Source(seed, "sessions")
        self._splits = Source(seed, "splits")
        self._uuids = Uuids(seed, "sessions")
        blocks, rest = divmod(events, _BLOCK)
        self.size = blocks * _PER_BLOCK
        if rest:
            self.size += sum(1 for start in self._starts(blocks)[:_PER_BLOCK] if start < rest)
        self._step = (to_micros(START) - LAST_CREATED) // max(self.size, 1)
        self._shuffle = Shuffle(key_of(seed, "owners"), self.size)

    def _starts(self, block: int) -> tuple[int, ...]:
        return _STARTS[self._splits.dice(block).below(len(_STARTS))]

    def of_event(self, event: int) -> int:
        """Number of the session that this event belongs to."""
        block, place = divmod(event, _BLOCK)
        starts = self._starts(block)
        return block * _PER_BLOCK + sum(1 for start in starts[1:_PER_BLOCK] if start <= place)

    def get(self, index: int) -> Session:
        block, quarter = divmod(index, _PER_BLOCK)
        starts = self._starts(block)
        first = block * _BLOCK + starts[quarter]
        events = min(starts[quarter + 1] - starts[quarter], self._events - first)
        dice = self._source.dice(index)
        start = LAST_CREATED + index * self._step + dice.below(max(self._step // 4, 1))
        longest = min(40 * 60 * _SECOND, self._step // 2)
        duration = min((20 + dice.below(2380)) * _SECOND, longest)
        return Session(
            index,
            self._uuids.encode(index, start),
            start,
            duration,
            first,
            events,
            self.person_of(index),
            dice.pick(VISITS),
            dice.pick(LANDING_PAGES),
        )

    def find(self, session_id: str) -> Session | None:
        index = self._uuids.decode(session_id)
        if index is None or index >= self.size:
            return None
        session = self.get(index)
        return session if session.id == session_id.lower() else None

    def person_of(self, index: int) -> int | None:
        return self._shuffle.forward(index) % self._persons if self._persons else None

    def of_person(self, person: int) -> list[int]:
        """Numbers of the sessions of a person, in the order of time."""
        return sorted(
            self._shuffle.backward(place) for place in range(person, self.size, max(self._persons, 1))
        )

    def first_after(self, micros: int) -> int:
        """Number of the first session that starts at this time or later."""
        index = max(0, min(self.size, (micros - LAST_CREATED) // max(self._step, 1)))
        while index < self.size and self.get(index).start < micros:
            index += 1
        return index

    def newest_first(self) -> Iterator[Session]:
        for index in range(self.size - 1, -1, -1):
            yield self.get(index)
