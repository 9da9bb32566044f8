"""Sessions, and which events and which person belong to each: arithmetic, no tables.

Events come in blocks of 24, each split into four sessions of different lengths. Sessions follow one another in time,
and a reversible shuffling deals them out to the persons, so that a person's sessions are found without a search.
Events that were added under a `$session_id` make sessions of their own, or lengthen the one that has this id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from attrs import define, evolve

from posthog_environments.emulator.data.added_events import AddedEvents, Stored
from posthog_environments.emulator.data.mixing import Shuffle, Uuids, key_of
from posthog_environments.emulator.data.persons import PersonTable
from posthog_environments.emulator.data.times import Timeline
from posthog_environments.emulator.data.words import HOST, LANDING_PAGES, VISITS, Visit

_SECOND: Final = 1_000_000


@define(frozen=True)
class Session:
    """One session.

    Attributes:
        index: Number of the session, in the order of time; negative for sessions of added events and recordings.
        id: Session id.
        start: Microseconds since 1970.
        duration: Microseconds.
        first_event: Row of its first generated event.
        events: How many generated events it has.
        person: Row of the person, or None when there are no persons.
        visit: Where it came from.
        landing: Path of its first page.
        added: How many events were added to it.
        distinct_id: Who it belongs to, unless that follows from the index.
        host: Host of its pages.
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
    added: int = 0
    distinct_id: str | None = None
    host: str = HOST

    @classmethod
    def recorded(
        cls, session_id: str, start: int, duration: int, visit: Visit, start_url: str, distinct_id: str
    ) -> Session:
        """A session that is known from a recording."""
        page = urlsplit(start_url)
        landing = page.path + (f"?{page.query}" if page.query else "") or "/"
        return cls(
            -1, session_id, start, duration, 0, 0, None, visit, landing, 0, distinct_id, page.netloc or HOST
        )

    @property
    def end(self) -> int:
        return self.start + self.duration

    def properties(self) -> dict[str, Any]:
        """What is known of the session, under the names that PostHog gives session properties."""
        return {
            "$channel_type": self.visit.channel,
            "$entry_current_url": f"https://{self.host}{self.landing}",
            "$entry_hostname": self.host,
            "$entry_pathname": self.landing,
            "$entry_referring_domain": self.visit.referrer,
            "$entry_utm_campaign": self.visit.utm.get("utm_campaign"),
            "$entry_utm_medium": self.visit.utm.get("utm_medium"),
            "$entry_utm_source": self.visit.utm.get("utm_source"),
            "$is_bounce": self.events + self.added == 1,
            "$session_duration": self.duration // _SECOND,
        }


class SessionTable:
    """All sessions of the project.

    Attributes:
        size: How many were generated.
        timeline: When the generated ones were, and their events.
    """

    def __init__(self, seed: int, timeline: Timeline, persons: PersonTable, added: AddedEvents) -> None:
        self.timeline = timeline
        self.size = timeline.sessions
        self._persons = persons
        self._uuids = Uuids(seed, "sessions")
        self._shuffle = Shuffle(key_of(seed, "owners"), self.size)
        self._events = added
        self._known: tuple[int, int] | None = None
        self._own: dict[str, Session] = {}
        self._ordered: list[Session] = []
        self._longer: dict[int, Session] = {}

    # --- generated sessions --------------------------------------------------------------------------------

    def of_event(self, event: int) -> int:
        """Number of the session that this event belongs to."""
        return self.timeline.session_of(event)

    def get(self, index: int) -> Session:
        """The generated session of this number, with the events that were added to it."""
        if self._events.version and index in self._settled()._longer:
            return self._longer[index]
        return self._generated(index)

    def _generated(self, index: int) -> Session:
        span = self.timeline.span(index)
        dice = span.dice
        return Session(
            index,
            self._uuids.encode(index, span.start),
            span.start,
            span.duration,
            span.first_event,
            span.events,
            self.person_of(index),
            dice.pick(VISITS),
            dice.pick(LANDING_PAGES),
        )

    def find(self, session_id: str) -> Session | None:
        own = self._settled()._own.get(session_id) if self._events.version else None
        return own or self._find_generated(session_id)

    def _find_generated(self, session_id: str) -> Session | None:
        index = self._uuids.decode(session_id)
        if index is None or index >= self.size:
            return None
        session = self.get(index)
        return session if session.id == session_id.lower() else None

    def person_of(self, index: int) -> int | None:
        return self._shuffle.forward(index) % self._persons.size if self._persons.size else None

    def of_person(self, person: int) -> list[int]:
        """Numbers of the generated sessions of a person, in the order of time."""
        if person >= self._persons.size:
            return []
        return sorted(self._shuffle.backward(place) for place in range(person, self.size, self._persons.size))

    def first_after(self, micros: int) -> int:
        """Number of the first generated session that starts at this time or later."""
        return self.timeline.first_session_after(micros)

    # --- all sessions --------------------------------------------------------------------------------------

    def newest_first(self) -> Iterator[Session]:
        """Every session, the one that started last first."""
        rest = list(self._settled()._ordered) if self._events.version else []
        for index in range(self.size - 1, -1, -1):
            session = self.get(index)
            while rest and rest[-1].start >= session.start:
                yield rest.pop()
            yield session
        yield from reversed(rest)

    def _settled(self) -> SessionTable:
        """This table, after what was added since was taken in."""
        version = self._events.version, self._persons.version
        if version == self._known:
            return self
        self._known = version
        self._own, self._longer = {}, {}
        for session_id, events in self._events.by_session().items():
            session = self._find_generated(session_id)
            if session is None:
                number = -1 - len(self._own)
                self._own[session_id] = _session_of(number, session_id, events, self._persons)
            else:
                self._longer[session.index] = _lengthened(session, events)
        self._ordered = sorted(self._own.values(), key=lambda session: session.start)
        return self


def _session_of(number: int, session_id: str, events: list[Stored], persons: PersonTable) -> Session:
    first = events[0]
    start = first.timestamp
    page = urlsplit(str(first.properties.get("$current_url") or ""))
    landing = first.properties.get("$pathname") or page.path or "/"
    owner = persons.owner_of(first.distinct_id)
    return Session(
        number,
        session_id,
        start,
        events[-1].timestamp - start,
        0,
        0,
        owner,
        _visit(first.properties),
        str(landing),
        len(events),
        first.distinct_id,
        str(first.properties.get("$host") or page.netloc or HOST),
    )


def _lengthened(session: Session, events: list[Stored]) -> Session:
    start = min(session.start, events[0].timestamp)
    duration = max(session.end, events[-1].timestamp) - start
    return evolve(session, start=start, duration=duration, added=len(events))


def _visit(properties: Mapping[str, Any]) -> Visit:
    """Where the first event came from; the channel only as far as campaign and referrer tell it plainly."""
    utm = {name: str(value) for name, value in properties.items() if name.startswith("utm_") and value}
    referrer = str(properties.get("$referring_domain") or "$direct")
    if utm.get("utm_medium") == "email":
        channel = "Email"
    elif utm.get("utm_medium") in ("cpc", "ppc", "paid"):
        channel = "Paid Search"
    else:
        channel = "Direct" if referrer == "$direct" and not utm else "Referral"
    return Visit(channel, referrer, utm)
