"""What one emulator is: its project, its time, its data, and how it behaves."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

from attrs import define, field

from posthog_environments.emulator.auth import KeyRing
from posthog_environments.emulator.clock import EmulatorClock
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.jobs import Job

Profile = Literal["observed", "documented"]


@define
class Behaviour:
    """What a test may change about how the server reacts.

    Attributes:
        apply_delay: Seconds until an accepted change of a person takes effect (observed profile).
        job_seconds: Seconds until an asynchronous query or a video is done,
        job_polls: unless it was asked for so many times before.
    """

    apply_delay: float = 0.0
    job_seconds: float = 2.0
    job_polls: int = 1


@define
class State:
    """Everything that a handler may see or change."""

    profile: Profile
    project_id: int
    keys: KeyRing
    data: Dataset
    clock: EmulatorClock = field(factory=EmulatorClock)
    behaviour: Behaviour = field(factory=Behaviour)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(
        factory=list[tuple[datetime, int, Callable[[], None]]], init=False
    )
    _numbers: count[int] = field(factory=count, init=False)

    def apply(self, effect: Callable[[], None]) -> None:
        """Let an accepted change take effect: at once, or after `apply_delay`."""
        if self.profile == "documented" or self.behaviour.apply_delay <= 0:
            effect()
        else:
            self.at(self.clock.now() + timedelta(seconds=self.behaviour.apply_delay), effect)

    def at(self, moment: datetime, effect: Callable[[], None]) -> None:
        """Let something happen at a time to come."""
        heapq.heappush(self._agenda, (moment, next(self._numbers), effect))

    def settle(self) -> None:
        """Let everything happen that is due."""
        while self._agenda and self._agenda[0][0] <= self.clock.now():
            heapq.heappop(self._agenda)[2]()

    def new_job(self) -> Job:
        now, behaviour = self.clock.now(), self.behaviour
        ended = now if behaviour.job_polls <= 0 else None
        return Job(now, behaviour.job_seconds, behaviour.job_polls, ended)
