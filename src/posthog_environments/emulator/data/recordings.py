"""Session recordings: three of four generated sessions were recorded, and others can be added. Deleted ones keep their
place, as on the real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define, evolve

from posthog_environments.emulator.data.interleaving import Interleaving
from posthog_environments.emulator.data.mixing import Source, Uuids
from posthog_environments.emulator.data.persons import PersonTable
from posthog_environments.emulator.data.sessions import Session, SessionTable

_SECOND: Final = 1_000_000
RETENTION_DAYS: Final = 30
_FIRST_ADDED: Final = -(10**12)


@define(frozen=True)
class Recording:
    """One recording; the fields are those of the API."""

    session: Session
    viewed: bool
    viewers: tuple[str, ...]
    recording_duration: int
    active_seconds: int
    click_count: int
    keypress_count: int
    mouse_activity_count: int
    console_log_count: int
    console_warn_count: int
    console_error_count: int
    snapshot_source: str
    activity_score: float
    shared: bool

    @property
    def inactive_seconds(self) -> int:
        return self.recording_duration - self.active_seconds


class RecordingTable:
    """All recordings, numbered in the order of time.

    Attributes:
        version: Grows with every change.
    """

    def __init__(self, seed: int, sessions: SessionTable, persons: PersonTable) -> None:
        self.sessions = sessions
        self.version = 0
        self._persons = persons
        self._source = Source(seed, "recordings")
        self._ids = Uuids(seed, "recordings")
        self._deleted: set[int] = set()
        self._added: list[Recording] = []
        self._order = Interleaving()
        self._by_id: dict[str, int] = {}

    def __len__(self) -> int:
        return _recorded_before(self.sessions.size) + len(self._added)

    def get(self, place: int) -> Recording:
        added, before = self._order.locate(place, _same)
        if added is not None:
            return self._current(added)
        return self._build(self.sessions.get(_session_of(place - before)))

    def _current(self, row: int) -> Recording:
        """An added recording, with whoever its distinct id belongs to by now."""
        recording = self._added[row]
        person = self._persons.owner_of(recording.session.distinct_id or "")
        return evolve(recording, session=evolve(recording.session, person=person))

    def deleted(self, place: int) -> bool:
        added, before = self._order.locate(place, _same)
        session = _session_of(place - before) if added is None else self._added[added].session.index
        return session in self._deleted

    def find(self, session_id: str) -> Recording | None:
        added = self._by_id.get(session_id)
        if added is not None:
            return None if self._added[added].session.index in self._deleted else self._current(added)
        session = self.sessions.find(session_id)
        if session is None or not _recorded(session.index) or session.index in self._deleted:
            return None
        return self._build(session)

    def first_after(self, micros: int) -> int:
        """Place of the first recording that starts at this time or later."""
        return _recorded_before(self.sessions.first_after(micros)) + self._order.before(micros)

    def of_person(self, person: int) -> Iterator[Recording]:
        """The generated ones, then the added ones."""
        for index in self.sessions.of_person(person):
            if _recorded(index) and index not in self._deleted:
                yield self._build(self.sessions.get(index))
        for row in range(len(self._added)):
            recording = self._current(row)
            if recording.session.person == person and recording.session.index not in self._deleted:
                yield recording

    def new_id(self, start: int) -> str:
        """Id of a session that nobody recorded yet."""
        return self._ids.encode(len(self._added), max(start, 0))

    def add(self, recording: Recording) -> None:
        """Add a recording; its session must say whose it is.

        Raises:
            ValueError: The session was recorded already.
        """
        session = recording.session
        known = self.sessions.find(session.id)
        if session.id in self._by_id or (known is not None and _recorded(known.index)):
            raise ValueError(f"the session {session.id!r} was recorded already")
        row = len(self._added)
        # Numbers of its own, which no session has: they say which recordings were deleted.
        recording = evolve(recording, session=evolve(session, index=_FIRST_ADDED - row))
        self._added.append(recording)
        self._by_id[session.id] = row
        self._order.add(session.start, row, _recorded_before(self.sessions.first_after(session.start)))
        self.version += 1

    def delete(self, recording: Recording) -> None:
        self._deleted.add(recording.session.index)
        self.version += 1

    def _build(self, session: Session) -> Recording:
        dice = self._source.dice(session.index)
        duration = session.duration // _SECOND
        active = duration * (20 + dice.below(70)) // 100
        clicks = session.events + dice.below(30)
        return Recording(
            session=session,
            viewed=dice.percent(15),
            viewers=("grace@example.com",) if dice.percent(20) else (),
            recording_duration=duration,
            active_seconds=active,
            click_count=clicks,
            keypress_count=dice.below(180),
            mouse_activity_count=clicks * 7 + dice.below(100),
            console_log_count=dice.below(12),
            console_warn_count=dice.below(5),
            console_error_count=dice.below(3),
            snapshot_source="mobile" if dice.percent(12) else "web",
            activity_score=round(dice.below(10_000) / 100, 2),
            shared=dice.percent(10),
        )


def _recorded(session: int) -> bool:
    return session >= 0 and session % 4 != 3


def _same(places: int) -> int:
    return places


def _recorded_before(session: int) -> int:
    return session - session // 4


def _session_of(place: int) -> int:
    return place // 3 * 4 + place % 3
