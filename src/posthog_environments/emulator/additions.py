"""What users put into the emulator: persons, events, recordings, cohorts. `object_additions` has the rest.

Everything is checked before anything changes, and copied, so that later changes of the caller's do not reach the
emulator. Times are aware datetimes or ISO 8601 text, UTC where they name no offset; the emulator's present time when
left out. Ids follow from the order of the additions, and the seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import define, field

from posthog_environments.emulator.adding import Adding, Moment
from posthog_environments.emulator.clock import from_micros
from posthog_environments.emulator.data import checking
from posthog_environments.emulator.data.recordings import Recording
from posthog_environments.emulator.data.sessions import Session
from posthog_environments.emulator.data.words import Visit

_EVENT_FIELDS: Final = frozenset({"event", "distinct_id", "properties", "timestamp", "uuid"})
_SECOND: Final = 1_000_000
_LONGEST_RECORDING: Final = 86_400
_LAST_YEAR: Final = 9_000


@define(frozen=True)
class AddedPerson:
    """A person that was added.

    Attributes:
        id: The number that `persons.retrieve` takes.
        uuid: The UUID, which lists call `id`.
        distinct_ids: Identifiers.
        created_at: When the person was first seen, UTC.
        properties: What was given.
    """

    id: int
    uuid: str
    distinct_ids: tuple[str, ...]
    created_at: datetime
    properties: dict[str, Any] = field(repr=False)


@define(frozen=True)
class AddedEvent:
    """An event that was added.

    Attributes:
        uuid: The id that `events.retrieve` takes.
        event: Name.
        distinct_id: Who did it.
        timestamp: When, UTC.
        properties: What was given.
    """

    uuid: str
    event: str
    distinct_id: str
    timestamp: datetime
    properties: dict[str, Any] = field(repr=False)


class PersonAdditions(Adding):
    """Adds persons and what belongs to them."""

    def add_person(
        self,
        *distinct_ids: str,
        properties: Mapping[str, Any] | None = None,
        created_at: Moment | None = None,
        uuid: str | UUID | None = None,
        is_identified: bool = True,
    ) -> AddedPerson:
        """Add a person. Events that were sent under its distinct ids, before or after, become its events.

        Args:
            distinct_ids: At least one; the first one names a person that has neither e-mail address nor name.
            properties: Such as `email` and `name`.
            created_at: When the person was first seen; lists begin with the newest.
            uuid: Its UUID; made up when left out.
            is_identified: Whether the person ever logged in.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: There is no distinct id, or one that another person has, or the UUID is taken or is none.
        """
        known = tuple(checking.checked_text(given, "a distinct id") for given in distinct_ids)
        if not known:
            raise ValueError("a person needs at least one distinct id")
        if len(set(known)) < len(known):
            raise ValueError(f"the distinct ids must differ from each other, got {known}")
        checked = checking.checked_properties(properties)
        checking.checked_flag(is_identified, "is_identified")
        given = None if uuid is None else checking.checked_uuid(uuid, "uuid")
        with self._lock:
            created = self._micros(created_at, "created_at")
            person = self._state.data.persons.add(known, checked, created, given, is_identified=is_identified)
        moment = from_micros(person.created_at)
        return AddedPerson(person.number, person.uuid, person.distinct_ids, moment, dict(person.properties))

    def add_event(
        self,
        event: str,
        distinct_id: str,
        properties: Mapping[str, Any] | None = None,
        *,
        timestamp: Moment | None = None,
        uuid: str | UUID | None = None,
    ) -> AddedEvent:
        """Add an event at its place in time. A `$session_id` among its properties makes it part of that session.

        Args:
            event: Name, such as `$pageview`.
            distinct_id: Who did it; need not belong to a person.
            properties: Properties of the event.
            timestamp: When it happened, in the past or the future. Several events may have the same time.
            uuid: Its UUID; made up when left out.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: A text is empty or too long, the time is none, or the UUID is taken or is none.
        """
        given = {"event": event, "distinct_id": distinct_id, "properties": properties}
        with self._lock:
            row = self._event_row({**given, "timestamp": timestamp, "uuid": uuid}, "")
            added = self._state.data.events.add_one(*row)
        moment = from_micros(added.timestamp)
        return AddedEvent(added.uuid, added.event, added.distinct_id, moment, dict(added.properties))

    def add_events(self, events: Iterable[Mapping[str, Any]]) -> int:
        """Add many events, all or none, and say how many. Made for hundreds of thousands.

        Args:
            events: Mappings with the arguments of `add_event`: `event` and `distinct_id`, and if you like `properties`,
                `timestamp` and `uuid`.

        Raises:
            TypeError: A value is of the wrong type; the message says in which event.
            ValueError: A key is missing or unknown, or a value makes no sense.
        """
        # Taken in before the lock: the iterable may itself ask the emulator.
        given = list(events)
        with self._lock:
            rows = [self._event_row(event, f"event {place}: ") for place, event in enumerate(given)]
            return self._state.data.events.add(rows)

    def _event_row(
        self, given: Mapping[str, Any], where: str
    ) -> tuple[str, str, dict[str, Any], int, str | None]:
        if not isinstance(given, Mapping):
            raise TypeError(f"{where}must be a mapping, got {type(given).__name__}")
        if not given.keys() <= _EVENT_FIELDS:
            unknown = ", ".join(sorted(map(str, given.keys() - _EVENT_FIELDS)))
            raise ValueError(f"{where}unknown: {unknown}; known are {', '.join(sorted(_EVENT_FIELDS))}")
        try:
            uuid = given.get("uuid")
            return (
                checking.checked_text(given.get("event"), "event"),
                checking.checked_text(given.get("distinct_id"), "distinct_id"),
                checking.checked_properties(given.get("properties")),
                self._micros(given.get("timestamp"), "timestamp"),
                None if uuid is None else checking.checked_uuid(uuid, "uuid"),
            )
        except (TypeError, ValueError) as error:
            raise type(error)(f"{where}{error}") from None

    def add_session_recording(
        self,
        distinct_id: str,
        *,
        session_id: str | None = None,
        start_time: Moment | None = None,
        duration: int = 60,
        active_seconds: int | None = None,
        start_url: str = "https://example.com/",
        click_count: int = 0,
        keypress_count: int = 0,
        mouse_activity_count: int = 0,
        console_log_count: int = 0,
        console_warn_count: int = 0,
        console_error_count: int = 0,
        activity_score: float = 0.0,
        snapshot_source: str = "web",
        viewed: bool = False,
        viewers: Iterable[str] = (),
        shared: bool = False,
    ) -> str:
        """Add a session recording; the result is its id. Events with this `$session_id` are those of the session.

        Args:
            distinct_id: Whose it is; need not belong to a person.
            session_id: Id of the session, any text; made up when left out.
            start_time: When it began. Lists show the last three days unless they are asked for more, and nothing
                shows a recording that began 30 days ago or longer: it has expired.
            duration: Length in seconds, at most a day.
            active_seconds: How many of them saw activity; all of them when left out.
            start_url: The first page.
            click_count: Number of clicks; the other counts likewise.
            keypress_count: Key presses.
            mouse_activity_count: Movements of the mouse.
            console_log_count: Lines on the console.
            console_warn_count: Warnings on the console.
            console_error_count: Errors on the console.
            activity_score: From 0 to 100.
            snapshot_source: `web` or `mobile`.
            viewed: Whether the owner of the key has watched it.
            viewers: E-mail addresses of others who have.
            shared: Whether it has a public link.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: A number is negative or too large, it begins after the year 9000, which leaves no room for its
                expiry, or the session was recorded already.
        """
        checking.checked_text(distinct_id, "distinct_id")
        checking.checked_text(snapshot_source, "snapshot_source")
        checking.checked_flag(viewed, "viewed")
        checking.checked_flag(shared, "shared")
        score = checking.checked_score(activity_score, "activity_score")
        if isinstance(viewers, str):
            raise TypeError("viewers must be e-mail addresses, got one text")
        watchers = tuple(checking.checked_text(viewer, "a viewer") for viewer in viewers)
        checking.checked_text(start_url, "start_url", 10_000)
        length = checking.checked_number(duration, "duration")
        if length > _LONGEST_RECORDING:
            raise ValueError(f"duration must be at most {_LONGEST_RECORDING} seconds, got {length}")
        active = (
            length if active_seconds is None else checking.checked_number(active_seconds, "active_seconds")
        )
        if active > length:
            raise ValueError(f"active_seconds must not be more than the duration, got {active} of {length}")
        counts = {
            "click_count": click_count,
            "keypress_count": keypress_count,
            "mouse_activity_count": mouse_activity_count,
            "console_log_count": console_log_count,
            "console_warn_count": console_warn_count,
            "console_error_count": console_error_count,
        }
        for name, count in counts.items():
            checking.checked_number(count, name)
        with self._lock:
            start = self._micros(start_time, "start_time")
            if from_micros(start).year > _LAST_YEAR:
                raise ValueError(f"start_time must not be after the year {_LAST_YEAR}, got {start_time!r}")
            recordings = self._state.data.recordings
            if session_id is None:
                session_id = recordings.new_id(start)
            session = Session.recorded(
                checking.checked_text(session_id, "session_id"),
                start,
                length * _SECOND,
                Visit("Direct", "$direct", {}),
                start_url,
                distinct_id,
            )
            recordings.add(
                Recording(
                    session=session,
                    viewed=viewed,
                    viewers=watchers,
                    recording_duration=length,
                    active_seconds=active,
                    **counts,
                    snapshot_source=snapshot_source,
                    activity_score=score,
                    shared=shared,
                )
            )
        return session_id

    def add_cohort(self, name: str, persons: Iterable[int | str | AddedPerson]) -> int:
        """Add a static cohort; the result is its id, which HogQL finds in `cohort_people`.

        Args:
            name: Its name.
            persons: Numbers or UUIDs of its persons, or what `add_person` gave.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The name is empty, or there is no such person.
        """
        checking.checked_text(name, "name")
        wanted = list(persons)
        with self._lock:
            rows = dict.fromkeys(self._person_row(person) for person in wanted)
            return self._state.data.cohorts.add(name, tuple(rows)).id

    def _person_row(self, given: int | str | AddedPerson) -> int:
        persons = self._state.data.persons
        if isinstance(given, AddedPerson):
            given = given.id
        if isinstance(given, str):
            person = persons.find_uuid(given)
        else:
            person = persons.find_number(checking.checked_number(given, "the number of a person", 1))
        if person is None:
            raise ValueError(f"there is no person {given!r}")
        return person.index
