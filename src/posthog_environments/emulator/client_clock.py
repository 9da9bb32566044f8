"""Time for clients of an emulator: to wait is to let the emulator's time pass, so that tests never sleep."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from uuid import UUID

from posthog_environments.clock import Clock


class ClientClock(Clock):
    """Shows the emulator's time. Waits take no real time; they move the emulator's.

    Chance is not random either: waits before retries have their mean length, ids are counted.
    """

    def __init__(self, now: Callable[[], datetime], advance: Callable[[float], None]) -> None:
        self._now = now
        self._advance = advance
        self._ids = count(1)

    def monotonic(self) -> float:
        return self.now()

    def now(self) -> float:
        return self._now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._advance(max(0.0, seconds))

    async def sleep_async(self, seconds: float) -> None:
        import asyncio

        self._advance(max(0.0, seconds))
        await asyncio.sleep(0)

    def random(self) -> float:
        return 0.5

    def unique_id(self) -> str:
        return str(UUID(int=next(self._ids)))
