"""Work that takes a while: asynchronous queries, videos. It is done after some time, or after being asked for
often enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import define


@define
class Job:
    """One piece of work.

    Attributes:
        started: When it was ordered.
        seconds: It is done after so many seconds of the emulator's clock,
        polls: or after so many questions that found it unfinished, whichever comes first.
        ended: When it was done; None while it runs.
    """

    started: datetime
    seconds: float
    polls: int
    ended: datetime | None = None

    @property
    def due(self) -> datetime:
        """When it is done if nobody asks before."""
        return self.started + timedelta(seconds=self.seconds)

    def ask(self, now: datetime) -> bool:
        """Whether it is done; counts as a question."""
        if not self.look(now):
            if self.polls <= 0:
                self.ended = now
            self.polls -= 1
        return self.ended is not None

    def look(self, now: datetime) -> bool:
        """Whether it is done, without counting."""
        if self.ended is None and now >= self.due:
            self.ended = self.due
        return self.ended is not None
