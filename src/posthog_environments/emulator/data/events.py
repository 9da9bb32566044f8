"""Events. Row `i` is a function of the seed and `i`, in the order of time; captured ones follow, deleted ones are skipped."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.data.mixing import Dice, Source, Uuids
from posthog_environments.emulator.data.persons import PersonTable, Trait
from posthog_environments.emulator.data.sessions import Session, SessionTable
from posthog_environments.emulator.data.words import DEVICES, ELEMENTS, HOST, PAGES, PLACES, Element

NUMERIC_PROPERTIES: Final = frozenset(
    {"amount", "size_kb", "query_length", "logins", "$browser_version", "$screen_width", "$screen_height"}
)
BOOLEAN_PROPERTIES: Final = frozenset({"newsletter"})
_NAMES: Final = (
    *("$pageview",) * 9,
    *("$autocapture",) * 5,
    *("report_viewed",) * 2,
    *("search_performed", "file_uploaded", "invite_sent", "purchase_completed", "signed_up"),
)


@define(frozen=True)
class Event:
    """One event.

    Attributes:
        index: Row.
        uuid: UUID, which holds the row.
        event: Name.
        timestamp: Microseconds since 1970; grows with the row, never the same twice.
        distinct_id: Who sent it.
        person: Row of the person, or None.
        properties: What was sent along.
        element: What was clicked, for autocaptured events.
    """

    index: int
    uuid: str
    event: str
    timestamp: int
    distinct_id: str
    person: int | None
    properties: dict[str, Any]
    element: Element | None = None


class EventTable:
    """All events of the project.

    Attributes:
        computed: How many rows were computed so far; a page costs only its own.
    """

    def __init__(self, seed: int, size: int, persons: PersonTable) -> None:
        self.size = size
        self.computed = 0
        self.sessions = SessionTable(seed, size, persons.size)
        self._persons = persons
        self._source = Source(seed, "events")
        self._times = Source(seed, "times")
        self._identities = Source(seed, "identities")
        self._uuids = Uuids(seed, "events")
        self._captured: list[Event] = []
        self._captures = 0
        self._erased: set[int] = set()

    def __len__(self) -> int:
        """How many there are, without computing any."""
        sessions = (session for person in self._erased for session in self.sessions.of_person(person))
        return (
            self.size + len(self._captured) - sum(self.sessions.get(session).events for session in sessions)
        )

    # --- rows ----------------------------------------------------------------------------------------------

    def timestamp(self, index: int) -> int:
        return self._timestamp(index, self.sessions.get(self.sessions.of_event(index)))

    def _timestamp(self, index: int, session: Session) -> int:
        place = index - session.first_event
        share = session.duration // session.events
        jitter = self._times.dice(index).below(max(share, 1)) if place else 0
        return session.start + session.duration * place // session.events + jitter

    def get(self, index: int, session: Session | None = None) -> Event:
        """The event in this row; `session` saves looking it up again."""
        self.computed += 1
        if session is None:
            session = self.sessions.get(self.sessions.of_event(index))
        timestamp = self._timestamp(index, session)
        dice = self._source.dice(index)
        trait = self._trait(session)
        name, special = self._what(index - session.first_event, session, dice)
        element = dice.pick(ELEMENTS) if name == "$autocapture" else None
        path = session.landing if index == session.first_event else dice.pick(PAGES)
        properties: dict[str, Any] = {
            "$browser": trait.device.browser,
            "$browser_version": trait.device.version,
            "$current_url": f"https://{HOST}{path}",
            "$device_type": trait.device.kind,
            "$geoip_country_code": trait.place.code,
            "$host": HOST,
            "$lib": "web",
            "$lib_version": "1.257.0",
            "$os": trait.device.os,
            "$pathname": path,
            "$referring_domain": session.visit.referrer,
            "$screen_height": trait.device.height,
            "$screen_width": trait.device.width,
            "$session_id": session.id,
            **session.visit.utm,
            **special,
        }
        if trait.company is not None:
            properties["$groups"] = {"company": trait.company.key}
        return Event(
            index,
            self._uuids.encode(index, timestamp),
            name,
            timestamp,
            self.distinct_id(session),
            session.person,
            properties,
            element,
        )

    def distinct_id(self, session: Session) -> str:
        """Under which identifier of its person a session was sent: mostly the first one."""
        if session.person is None:
            return session.id
        known = self._persons.distinct_ids(session.person)
        return known[0] if self._identities.dice(session.index).percent(75) else known[-1]

    def _trait(self, session: Session) -> Trait:
        if session.person is not None:
            return self._persons.trait(session.person)
        dice = self._identities.dice(session.index)
        return Trait(dice.pick(PLACES), dice.pick(DEVICES), None)

    def _what(self, place: int, session: Session, dice: Dice) -> tuple[str, dict[str, Any]]:
        name = dice.pick(_NAMES)
        if place == 0:
            name = "$pageview"
        elif place == session.events - 1 and dice.percent(60):
            name = "$pageleave"
        if name == "report_viewed":
            return name, {"report": dice.pick(("weekly", "funnel", "retention", "revenue"))}
        if name == "search_performed":
            return name, {"query_length": 2 + dice.below(30)}
        if name == "file_uploaded":
            return name, {"size_kb": 8 + dice.below(20_000), "kind": dice.pick(("csv", "png", "pdf"))}
        if name == "invite_sent":
            return name, {"role": dice.pick(("viewer", "editor", "admin"))}
        if name == "purchase_completed":
            return name, {"amount": dice.pick((19, 49, 99, 249.5)), "currency": dice.pick(("EUR", "USD"))}
        if name == "signed_up":
            return name, {"plan": dice.pick(("free", "startup", "scale"))}
        return name, {}

    # --- finding -------------------------------------------------------------------------------------------

    def find(self, uuid: str) -> Event | None:
        index = self._uuids.decode(uuid)
        if index is None:
            return None
        if index < self.size:
            session = self.sessions.get(self.sessions.of_event(index))
            event = None if session.person in self._erased else self.get(index, session)
        else:
            event = next((row for row in self._captured if row.index == index), None)
        return event if event is not None and event.uuid == uuid.lower() else None

    def scan(
        self, *, newest_first: bool = True, after: int | None = None, before: int | None = None
    ) -> Iterator[Event]:
        """Every event strictly between two times, in the order of time; computes what is taken, no more."""
        low = 0 if after is None else bisect_right(range(self.size), after, key=self.timestamp)
        high = self.size if before is None else bisect_left(range(self.size), before, key=self.timestamp)
        captured = [row for row in self._captured if _between(row, after, before)]
        if newest_first:
            yield from reversed(captured)
            yield from self._rows(range(high - 1, low - 1, -1))
        else:
            yield from self._rows(range(low, high))
            yield from captured

    def scan_person(
        self, person: int, *, newest_first: bool = True, after: int | None = None, before: int | None = None
    ) -> Iterator[Event]:
        """The same for one person, without looking at anybody else's events."""
        sessions = [self.sessions.get(number) for number in self.sessions.of_person(person)]
        captured = [row for row in self._captured if row.person == person]
        return self._merged(sessions, captured, newest_first, after, before)

    def scan_distinct_id(
        self,
        distinct_id: str,
        *,
        newest_first: bool = True,
        after: int | None = None,
        before: int | None = None,
    ) -> Iterator[Event]:
        """The same for one identifier, whether or not its person still exists."""
        person = self._persons.owner_of(distinct_id)
        if person is not None:
            sessions = [self.sessions.get(number) for number in self.sessions.of_person(person)]
        else:
            session = self.sessions.find(distinct_id) if not self._persons.size else None
            sessions = [session] if session else []
        captured = [row for row in self._captured if row.distinct_id == distinct_id]
        found = self._merged(sessions, captured, newest_first, after, before)
        return (row for row in found if row.distinct_id == distinct_id)

    def _merged(
        self,
        sessions: list[Session],
        captured: list[Event],
        newest_first: bool,
        after: int | None,
        before: int | None,
    ) -> Iterator[Event]:
        rows = [
            row
            for session in sessions
            for row in range(session.first_event, session.first_event + session.events)
        ]
        if newest_first:
            found = chain(reversed(captured), self._rows(reversed(rows)))
        else:
            found = chain(self._rows(rows), captured)
        return (row for row in found if _between(row, after, before))

    def _rows(self, indexes: Iterable[int]) -> Iterator[Event]:
        session: Session | None = None
        for index in indexes:
            if session is None or not 0 <= index - session.first_event < session.events:
                session = self.sessions.get(self.sessions.of_event(index))
            if session.person is None or session.person not in self._erased:
                yield self.get(index, session)

    # --- changes -------------------------------------------------------------------------------------------

    def capture(self, event: str, distinct_id: str, properties: dict[str, Any], now: int) -> Event:
        """Add an event, at the present time or just after the newest one."""
        if self._captured:
            now = max(now, self._captured[-1].timestamp + 1)
        index = self.size + self._captures
        self._captures += 1
        person = self._persons.owner_of(distinct_id)
        if person is not None and not self._persons.alive(person):
            person = None
        row = Event(index, self._uuids.encode(index, now), event, now, distinct_id, person, properties)
        self._captured.append(row)
        return row

    def erase(self, person: int) -> None:
        """Delete the events of a person for good."""
        self._erased.add(person)
        self._captured = [row for row in self._captured if row.person != person]


def _between(row: Event, after: int | None, before: int | None) -> bool:
    return (after is None or row.timestamp > after) and (before is None or row.timestamp < before)
