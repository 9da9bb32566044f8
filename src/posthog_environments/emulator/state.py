"""What one emulator is: its project, its time, its data, and how it behaves."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, get_args

from attrs import define, field
from attrs.validators import optional

from posthog_environments.emulator.auth import KeyRing
from posthog_environments.emulator.clock import EmulatorClock
from posthog_environments.emulator.data.checking import checked_flag, checked_number, checked_seconds
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.jobs import Job
from posthog_environments.emulator.query_engine import EngineName
from posthog_environments.emulator.throttles import Throttles

if TYPE_CHECKING:
    from attrs import Attribute

Profile = Literal["observed", "documented"]
Era = Literal[2025, 2026]


def _all_entitlements() -> set[str]:
    from posthog_environments_api.operations import OPERATIONS

    return {operation.entitlement for operation in OPERATIONS.values() if operation.entitlement}


def _is_time(_: Any, attribute: Attribute[Any], value: Any) -> None:
    checked_seconds(value, attribute.name)


def _is_flag(_: Any, attribute: Attribute[Any], value: Any) -> None:
    checked_flag(value, attribute.name)


def _is_count(_: Any, attribute: Attribute[Any], value: Any) -> None:
    checked_number(value, attribute.name)


def _is_era(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if value not in get_args(Era):
        raise ValueError(f"{attribute.name} must be {' or '.join(map(str, get_args(Era)))}, got {value!r}")


def _are_names(_: Any, attribute: Attribute[Any], value: Any) -> None:
    if not isinstance(value, set):
        raise TypeError(f"{attribute.name} must be a set of names, got {type(value).__name__}")


@define
class Behaviour:
    """What a test may change about how the server reacts.

    Attributes:
        apply_delay: Seconds until an accepted change of a person takes effect (observed profile).
        job_seconds: Seconds until an asynchronous query or a video is done,
        job_polls: unless it was asked for so many times before.
        era: Which server the observed profile is where they differ: 2025, which the rest of the emulator follows
            (October 2025), or 2026. The newer one answers 400 to what was a 500 (`groups.find` without parameters,
            `groups.delete_property` of a missing property), 404 to the content of an unfinished export that was an
            empty 200, writes "personal API key" in lower case, puts `{results, refreshing}` around the values of
            `groups.property_values` and `sessions.values`, and knows `keep_person` of `persons.delete`. In one thing
            both are like the newer one: lists of events hold at most 1,000 (PostHog/posthog#60124, May 2026), where
            the older one sent up to 50,000.
        entitlements: Paid features of the organization's plan; at first, all that the contract names. Operations that
            need another one answer 402.
        throttle: Whether the rate limits of the contract are enforced, on the emulator's clock and by key; those of
            persons and of the language model by user. A key in the request body is not counted, as on the real server.
        persons_tell_wait: Whether a throttled persons endpoint sends Retry-After; it did not until September 2025.
        stuck_queries: Whether asynchronous queries that are sent from now on never end, as when the server's worker
            died (PostHog/posthog#55218).
        silent_failures: Whether asynchronous queries that are sent from now on fail without a message: status 500.
        concurrent_queries: How many asynchronous queries may run at once; a query that needs a calculation beyond
            that is answered with 429 and no Retry-After. None for any number.
        hogql_offset: Whether a HogQLQuery may have an OFFSET; since April 2026 PostHog refuses it with a personal
            API key.

    Raises:
        TypeError: A value is of the wrong type.
        ValueError: A number is negative, or there is no such era.
    """

    apply_delay: float = field(default=0.0, validator=_is_time)
    job_seconds: float = field(default=2.0, validator=_is_time)
    job_polls: int = field(default=1, validator=_is_count)
    era: Era = field(default=2025, validator=_is_era)
    entitlements: set[str] = field(factory=_all_entitlements, validator=_are_names)
    throttle: bool = field(default=False, validator=_is_flag)
    persons_tell_wait: bool = field(default=True, validator=_is_flag)
    stuck_queries: bool = field(default=False, validator=_is_flag)
    silent_failures: bool = field(default=False, validator=_is_flag)
    concurrent_queries: int | None = field(default=None, validator=optional(_is_count))
    hogql_offset: bool = field(default=True, validator=_is_flag)


@define
class State:
    """Everything that a handler may see or change."""

    profile: Profile
    project_id: int
    keys: KeyRing
    data: Dataset
    query_engine: EngineName | None = None
    clock: EmulatorClock = field(factory=EmulatorClock)
    behaviour: Behaviour = field(factory=Behaviour)
    throttles: Throttles = field(factory=Throttles)
    _agenda: list[tuple[datetime, int, Callable[[], None]]] = field(
        factory=list[tuple[datetime, int, Callable[[], None]]], init=False
    )
    _numbers: count[int] = field(factory=count, init=False)

    @property
    def newer(self) -> bool:
        """Whether the observed server is that of 2026. The documented one has no flaws of its time."""
        return self.profile == "documented" or self.behaviour.era >= 2026

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

    def advance(self, seconds: float | timedelta) -> None:
        """Let time pass. What is due in it happens in the order of time, each at its own moment.

        Raises:
            ValueError: Time would run backwards, or beyond the year 9999.
        """
        end = self.clock.after(seconds)
        while self._agenda and self._agenda[0][0] <= end:
            moment, _, effect = heapq.heappop(self._agenda)
            self.clock.move_to(moment)
            effect()
        self.clock.move_to(end)

    def new_job(self) -> Job:
        now, behaviour = self.clock.now(), self.behaviour
        ended = now if behaviour.job_polls <= 0 else None
        return Job(now, behaviour.job_seconds, behaviour.job_polls, ended)
