"""The emulator's own time. It stands still until a test moves it, so that every answer can be reproduced."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_RELATIVE = re.compile(r"-?(\d{1,6})([hdwmqy])(?:Start|End)?")
_UNIT_DAYS = {"h": 1 / 24, "d": 1, "w": 7, "m": 30, "q": 91, "y": 365}


class EmulatorClock:
    """Time of the emulator, from `START` on."""

    def __init__(self) -> None:
        self._now = START

    def now(self) -> datetime:
        return self._now

    def micros(self) -> int:
        """Microseconds since 1970."""
        return to_micros(self._now)

    def after(self, seconds: float | timedelta) -> datetime:
        """What time it is after so many seconds.

        Raises:
            ValueError: It is before now, or after the year 9999.
        """
        try:
            step = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
            if step >= timedelta(0):
                return self._now + step
        except (OverflowError, ValueError):
            pass
        raise ValueError(f"time only moves forward, at most to the year 9999; got {seconds!r} seconds")

    def move_to(self, moment: datetime) -> None:
        """Let it be later; an earlier moment changes nothing."""
        self._now = max(self._now, moment)

    def advance(self, seconds: float | timedelta) -> None:
        """Let time pass.

        Raises:
            ValueError: Time would run backwards, or beyond the year 9999.
        """
        self.move_to(self.after(seconds))


def to_micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def iso_z(moment: datetime) -> str:
    """As Django writes dates of its models: UTC, ending in Z."""
    return moment.isoformat().replace("+00:00", "Z")


def iso_offset(micros: int) -> str:
    """As events carry their timestamps: UTC, ending in +00:00."""
    return from_micros(micros).isoformat()


def parse_iso(text: str) -> datetime | None:
    """An ISO 8601 date or time; UTC where it names no offset. None for anything else."""
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def parse_moment(text: str, now: datetime) -> datetime | None:
    """A date, a time, or something relative to now such as `-7d`; None for anything else."""
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        return parse_iso(text)
    try:
        return now - timedelta(days=int(relative[1]) * _UNIT_DAYS[relative[2]])
    except OverflowError:
        return EPOCH
