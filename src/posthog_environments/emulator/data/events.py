"""Events. Row `i` is a function of the seed and `i`, in the order of time; added ones stand among them at their time,
deleted ones are skipped."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.data.added_events import AddedEvents, Stored
from posthog_environments.emulator.data.mixing import Dice, Source, Uuids
from posthog_environments.emulator.data.persons import PersonTable, Trait
from posthog_environments.emulator.data.sessions import Session, SessionTable
from posthog_environments.emulator.data.times import Timeline
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
        index: Row; added events follow the generated ones, whenever they happened.
        uuid: UUID, which holds the row unless it was given.
        event: Name.
        timestamp: Microseconds since 1970; grows with the row of generated events, which may tie if that was asked for.
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
        size: How many were generated; `len()` is how many there are.
        computed: How many rows were computed so far; a page costs only its own.
    """

    def __init__(self, seed: int, size: int, persons: PersonTable, ties: int = 1) -> None:
        self.size = size
        self.computed = 0
        self._added = AddedEvents(size)
        self._timeline = Timeline(seed, size, ties)
        self.sessions = SessionTable(seed, self._timeline, persons, self._added)
        self._persons = persons
        self._source = Source(seed, "events")
        self._identities = Source(seed, "identities")
        self._uuids = Uuids(seed, "events")
        self._erased: set[int] = set()
        self._latest_capture = 0

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._added.version

    def __len__(self) -> int:
        """How many there are, without computing any."""
        sessions = (session for person in self._erased for session in self.sessions.of_person(person))
        return self.size + len(self._added) - sum(self.sessions.get(session).events for session in sessions)

    # --- rows ----------------------------------------------------------------------------------------------

    def timestamp(self, index: int) -> int:
        """Time of a generated row."""
        return self._timeline.moment(index)

    def get(self, index: int, session: Session | None = None) -> Event:
        """The generated event in this row; `session` saves looking it up again."""
        self.computed += 1
        if session is None:
            session = self.sessions.get(self.sessions.of_event(index))
        if session.added:
            timestamp = self._timeline.moment(index)  # the session is longer than its generated events
        else:
            timestamp = self._timeline.moment_within(index, session)
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
        if session.distinct_id is not None:
            return session.distinct_id
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
        given = self._added.given(uuid.lower())
        if given is not None:
            return self._built(given)
        index = self._uuids.decode(uuid)
        if index is None:
            return None
        if index < self.size:
            session = self.sessions.get(self.sessions.of_event(index))
            event = None if session.person in self._erased else self.get(index, session)
        else:
            stored = self._added.row(index)
            event = self._built(stored) if stored else None
        return event if event is not None and event.uuid == uuid.lower() else None

    def scan(
        self, *, newest_first: bool = True, after: int | None = None, before: int | None = None
    ) -> Iterator[Event]:
        """Every event strictly between two times, in the order of time; computes what is taken, no more."""
        low = 0 if after is None else bisect_right(range(self.size), after, key=self.timestamp)
        high = self.size if before is None else bisect_left(range(self.size), before, key=self.timestamp)
        rows = range(high - 1, low - 1, -1) if newest_first else range(low, high)
        added = self._added.between(after, before)
        return self._woven(self._rows(rows), added, newest_first)

    def scan_person(
        self, person: int, *, newest_first: bool = True, after: int | None = None, before: int | None = None
    ) -> Iterator[Event]:
        """The same for one person, without looking at anybody else's events."""
        sessions = [self.sessions.get(number) for number in self.sessions.of_person(person)]
        added = [
            row
            for distinct_id in self._persons.distinct_ids(person)
            for row in self._added.of_distinct_id(distinct_id)
            if self._persons.owner_of(distinct_id) == person
        ]
        added.sort(key=attrgetter("timestamp"))
        return self._of_sessions(sessions, added, newest_first, after, before)

    def scan_distinct_id(
        self,
        distinct_id: str,
        *,
        newest_first: bool = True,
        after: int | None = None,
        before: int | None = None,
    ) -> Iterator[Event]:
        """The same for one identifier, whether or not its person still exists."""
        person = self._persons.generated_owner_of(distinct_id)
        if person is not None:
            sessions = [self.sessions.get(number) for number in self.sessions.of_person(person)]
        else:
            session = self.sessions.find(distinct_id) if not self._persons.size else None
            sessions = [session] if session else []
        added = self._added.of_distinct_id(distinct_id)
        found = self._of_sessions(sessions, added, newest_first, after, before)
        return (row for row in found if row.distinct_id == distinct_id)

    def of_session(self, session: Session) -> Iterator[Event]:
        """The events of a session, the oldest first."""
        generated = self._rows(range(session.first_event, session.first_event + session.events))
        return self._woven(generated, self._added.of_session(session.id), newest_first=False)

    def _of_sessions(
        self,
        sessions: list[Session],
        added: list[Stored],
        newest_first: bool,
        after: int | None,
        before: int | None,
    ) -> Iterator[Event]:
        rows = [
            row
            for session in sessions
            for row in range(session.first_event, session.first_event + session.events)
        ]
        generated = self._rows(reversed(rows) if newest_first else rows)
        found = self._woven(generated, added, newest_first)
        return (row for row in found if _between(row, after, before))

    def _woven(self, generated: Iterator[Event], added: list[Stored], newest_first: bool) -> Iterator[Event]:
        """Both in one order. Among equals the generated ones are the older, and added ones follow as they came."""
        if not added:
            return generated
        moment = attrgetter("timestamp")
        built = (self._built(row) for row in (reversed(added) if newest_first else added))
        if newest_first:
            return merge(built, generated, key=moment, reverse=True)
        return merge(generated, built, key=moment)

    def _rows(self, indexes: Iterable[int]) -> Iterator[Event]:
        session: Session | None = None
        for index in indexes:
            if session is None or not 0 <= index - session.first_event < session.events:
                session = self.sessions.get(self.sessions.of_event(index))
            if session.person is None or session.person not in self._erased:
                yield self.get(index, session)

    def _built(self, row: Stored) -> Event:
        uuid = row.uuid or self._uuids.encode(row.index, max(row.timestamp, 0))
        person = self._persons.owner_of(row.distinct_id)
        return Event(row.index, uuid, row.event, row.timestamp, row.distinct_id, person, row.properties)

    # --- changes -------------------------------------------------------------------------------------------

    def add(self, rows: list[tuple[str, str, dict[str, Any], int, str | None]]) -> int:
        """Add events, all or none: name, distinct id, properties, time, and a UUID or None for each.

        Raises:
            ValueError: A UUID is there already.
        """
        seen: set[str] = set()
        for *_, uuid in rows:
            if uuid is not None and (uuid in seen or self.find(uuid) is not None):
                raise ValueError(f"there is an event with the UUID {uuid} already")
            if uuid is not None:
                seen.add(uuid)
        return len(self._added.add(rows))

    def add_one(
        self,
        event: str,
        distinct_id: str,
        properties: dict[str, Any],
        timestamp: int,
        uuid: str | None = None,
    ) -> Event:
        """Add one event.

        Raises:
            ValueError: The UUID is there already.
        """
        if uuid is not None and self.find(uuid) is not None:
            raise ValueError(f"there is an event with the UUID {uuid} already")
        return self._built(self._added.add([(event, distinct_id, properties, timestamp, uuid)])[0])

    def capture(self, event: str, distinct_id: str, properties: dict[str, Any], now: int) -> Event:
        """Add an event that the server itself makes, at the present time or just after the last such one."""
        self._latest_capture = max(now, self._latest_capture + 1)
        return self.add_one(event, distinct_id, properties, self._latest_capture)

    def erase(self, person: int) -> None:
        """Delete the events of a person for good."""
        self._erased.add(person)
        known = self._persons.distinct_ids(person)
        self._added.remove(
            row
            for distinct_id in known
            if self._persons.owner_of(distinct_id) == person
            for row in self._added.of_distinct_id(distinct_id)
        )


def _between(row: Event, after: int | None, before: int | None) -> bool:
    return (after is None or row.timestamp > after) and (before is None or row.timestamp < before)
