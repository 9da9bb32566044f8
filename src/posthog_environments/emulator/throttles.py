"""Rate limits, counted as Django REST framework counts them. Which ones an operation has, the contract says.

Source: PostHog rate_limit.py, September 2025, and Django REST framework's SimpleRateThrottle, on which it stands: a
sliding window of the moments at which requests were let through; every window counts the requests that it has room
for, also those that another window refuses.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Final

from attrs import define, field

from posthog_environments.emulator.errors import throttled

_MICROS: Final = 1_000_000


@define
class Throttles:
    """Counts requests by class of limits and by key."""

    _windows: dict[tuple[str, int, str], deque[int]] = field(
        factory=dict[tuple[str, int, str], deque[int]], init=False
    )

    def count(self, name: str, key: str, now: int, *, tell_wait: bool = True) -> None:
        """Count one request, or refuse it.

        Args:
            name: A key of `RATE_LIMITS`.
            key: Who is counted.
            now: Microseconds of the emulator's clock.
            tell_wait: Whether a refusal says how long to wait.

        Raises:
            ApiError: 429; with `Retry-After`, whole seconds, rounded up.
        """
        from posthog_environments_api.operations import RATE_LIMITS

        waits: list[float] = []
        for place, limit in enumerate(RATE_LIMITS[name]):
            window = self._windows.setdefault((name, place, key), deque())
            while window and window[0] <= now - limit.seconds * _MICROS:
                window.popleft()
            if len(window) < limit.requests:
                window.append(now)
            else:
                waits.append(limit.seconds - (now - window[0]) / _MICROS)
        if waits:
            raise throttled(math.ceil(max(waits)) if tell_wait else None)
