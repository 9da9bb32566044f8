"""Rate limits, counted as Django REST framework counts them. Which ones an operation has, the contract says.

Sources: PostHog rate_limit.py, September 2025, and person.py, October 2025, and Django REST framework's
SimpleRateThrottle, on which they stand: a sliding window of the moments at which requests were let through; every
window counts the requests that it has room for, also those that another window refuses. Most limits are counted by key,
some by user. Persons have the burst limit of what reads ClickHouse besides their own, and share it with the rest.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from attrs import define, field

from posthog_environments.emulator.errors import throttled

_MICROS: Final = 1_000_000
_BY_USER: Final = frozenset({"ai", "persons"})
_BURST_OF: Final = {"persons": "analytics"}


@define
class Throttles:
    """Counts requests by class of limits and by key or user."""

    _windows: dict[tuple[str, int, str], deque[int]] = field(
        factory=dict[tuple[str, int, str], deque[int]], init=False
    )

    def count(self, name: str, key: str, user: int, now: int, *, tell_wait: bool = True) -> None:
        """Count one request, or refuse it.

        Args:
            name: A key of `RATE_LIMITS`.
            key: The key that is counted.
            user: Whose key it is, who is counted in its place by some limits.
            now: Microseconds of the emulator's clock.
            tell_wait: Whether a refusal says how long to wait.

        Raises:
            ApiError: 429; with `Retry-After`, whole seconds, rounded up.
        """
        from posthog_environments_api.operations import RATE_LIMITS

        who = f"user {user}" if name in _BY_USER else key
        limits = [(name, place, who) for place in range(len(RATE_LIMITS[name]))]
        if name in _BURST_OF:
            limits.append((_BURST_OF[name], 0, key))
        waits: list[float] = []
        for counted in limits:
            limit = RATE_LIMITS[counted[0]][counted[1]]
            window = self._windows.setdefault(counted, deque())
            while window and window[0] <= now - limit.seconds * _MICROS:
                window.popleft()
            if len(window) < limit.requests:
                window.append(now)
            else:
                waits.append(limit.seconds - (now - window[0]) / _MICROS)
        if waits:
            raise throttled(math.ceil(max(waits)) if tell_wait else None)
