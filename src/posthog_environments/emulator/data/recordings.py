"""Session recordings: three of four sessions were recorded. Deleted ones keep their place, as on the real server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attrs import define

from posthog_environments.emulator.data.mixing import Source
from posthog_environments.emulator.data.sessions import Session, SessionTable

_SECOND: Final = 1_000_000
RETENTION_DAYS: Final = 30


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
    """All recordings, numbered in the order of time."""

    def __init__(self, seed: int, sessions: SessionTable) -> None:
        self.sessions = sessions
        self._source = Source(seed, "recordings")
        self._deleted: set[int] = set()

    def __len__(self) -> int:
        return _recorded_before(self.sessions.size)

    def get(self, place: int) -> Recording:
        return self._build(self.sessions.get(_session_of(place)))

    def deleted(self, place: int) -> bool:
        return _session_of(place) in self._deleted

    def find(self, session_id: str) -> Recording | None:
        session = self.sessions.find(session_id)
        if session is None or not _recorded(session.index) or session.index in self._deleted:
            return None
        return self._build(session)

    def first_after(self, micros: int) -> int:
        """Place of the first recording that starts at this time or later."""
        return _recorded_before(self.sessions.first_after(micros))

    def of_person(self, person: int) -> Iterator[Recording]:
        for index in self.sessions.of_person(person):
            if _recorded(index) and index not in self._deleted:
                yield self._build(self.sessions.get(index))

    def delete(self, recording: Recording) -> None:
        self._deleted.add(recording.session.index)

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
    return session % 4 != 3


def _recorded_before(session: int) -> int:
    return session - session // 4


def _session_of(place: int) -> int:
    return place // 3 * 4 + place % 3
