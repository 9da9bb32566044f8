"""Time and chance, so that tests can put their own in place."""

from __future__ import annotations

import random
import time
import uuid


class Clock:
    """What the client knows of time; replace it to test waiting without waiting."""

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def now(self) -> float:
        """Seconds since 1970 (UTC)."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def sleep_async(self, seconds: float) -> None:
        import asyncio

        await asyncio.sleep(seconds)

    def random(self) -> float:
        """A number from 0 up to 1."""
        return random.random()

    def unique_id(self) -> str:
        """A new id that nobody else has."""
        return str(uuid.uuid4())
