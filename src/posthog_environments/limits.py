"""Staying below PostHog's rate limits, in one process or in many (opt-in).

Which limits an operation has stands in the contract (`x-rate-limit`, `x-rate-limits`); this module has no list of
endpoints. Counting is done by pyrate-limiter: sliding windows in memory, or in Redis for many processes and machines.
PostHog counts per key in its code and per team in its documentation, so everything that uses one key shares one
count here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, cast

from posthog_environments.errors import ConfigurationError, RateLimiterError
from posthog_environments_api.operations import RATE_LIMITS, RateLimit

if TYPE_CHECKING:
    from pyrate_limiter import AbstractBucket, Rate

_LOCK_SECONDS = 10
# Milliseconds on top of each window: moments are cut to milliseconds, and the server's clock runs apart from ours.
_MARGIN = 5


class RateLimiter:
    """Makes requests wait until they fit PostHog's published limits.

        client = Client(project_id=12345, rate_limiter=RateLimiter())
        client = Client(project_id=12345, rate_limiter=RateLimiter(redis="redis://localhost:6379/0"))

    One limiter may serve many clients, sync and async, in many threads.

    Args:
        redis: URL of a Redis server that processes and machines share; in memory without it. Needs the extra `redis`
            (`pip install posthog-environments[redis]`); counting in memory needs the extra `limits`.
        share: Which part of each limit to use, above 0 and at most 1. PostHog's limits are shared with everyone else
            who uses the project, so a part of them is often all that there is.
        limits: Other limits by class, such as `{"query": [RateLimit(120, 3600)]}` for a team on the legacy limits.
        prefix: Start of the names that are used in Redis.

    Raises:
        ConfigurationError: An extra is missing, or an argument makes no sense.
    """

    def __init__(
        self,
        *,
        redis: str | None = None,
        share: float = 1.0,
        limits: Mapping[str, Sequence[RateLimit]] | None = None,
        prefix: str = "posthog-environments",
    ) -> None:
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise ConfigurationError(f"share must be above 0 and at most 1, got {share!r}")
        unknown = set(limits or {}) - set(RATE_LIMITS)
        if unknown:
            raise ConfigurationError(
                f"unknown rate-limit classes {sorted(unknown)}; known are {', '.join(sorted(RATE_LIMITS))}"
            )
        try:
            import pyrate_limiter

            if redis is not None:
                import redis as _  # noqa: F401  (the extra must be there before the first request)
        except ImportError:
            extra = "limits" if redis is None else "redis"
            raise ConfigurationError(
                f"rate limits need an extra: pip install 'posthog-environments[{extra}]'"
            ) from None
        self._library = pyrate_limiter
        self._url = redis
        self._share = share
        self._limits: Mapping[str, Sequence[RateLimit]] = {**RATE_LIMITS, **(limits or {})}
        self._prefix = prefix
        self._lock = threading.Lock()
        self._buckets: dict[str, AbstractBucket] = {}
        self._redis: Any = None

    def reserve(self, name: str, key: str, now: float) -> float:
        """Count one request if it fits.

        Args:
            name: Rate-limit class.
            key: Who is counted: host and fingerprint of a key, not the key itself.
            now: Seconds of a clock that only grows (not used with Redis, which has its own).

        Returns:
            0 when the request was counted and may be sent, else the seconds to wait before asking again.

        Raises:
            RateLimiterError: Redis cannot be reached.
        """
        slot = self._slot(name, key)
        if self._url is None:
            return self._reserve_in_memory(slot, name, now)
        from redis import Redis, RedisError

        try:
            if self._redis is None:
                self._redis = cast(Any, Redis).from_url(self._url)
            with self._redis.lock(f"{slot}:lock", timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_SECONDS):
                seconds, micros = self._redis.time()
                bucket: Any = self._library.RedisBucket.init(self._rates(name), self._redis, slot)
                moment = seconds * 1000 + micros // 1000
                bucket.leak(moment)
                decision = bucket.put_decision(self._library.RateItem(slot, moment))
                self._redis.expire(slot, self._longest(name))
        except RedisError as error:
            _unreachable(error)
        return _wait(decision)

    async def reserve_async(self, name: str, key: str, now: float) -> float:
        """The same without blocking other tasks."""
        if self._url is None:
            return self.reserve(name, key, now)
        slot = self._slot(name, key)
        from redis import RedisError
        from redis.asyncio import Redis

        try:
            # A connection belongs to one event loop, so none is kept.
            async with (
                cast(Any, Redis).from_url(self._url) as redis,
                redis.lock(f"{slot}:lock", timeout=_LOCK_SECONDS, blocking_timeout=_LOCK_SECONDS),
            ):
                seconds, micros = await redis.time()
                bucket: Any = await _awaited(self._library.RedisBucket.init(self._rates(name), redis, slot))
                moment = seconds * 1000 + micros // 1000
                await bucket.leak(moment)
                decision = await bucket.put_decision(self._library.RateItem(slot, moment))
                await redis.expire(slot, self._longest(name))
        except RedisError as error:
            _unreachable(error)
        return _wait(decision)

    def _reserve_in_memory(self, slot: str, name: str, now: float) -> float:
        moment = int(now * 1000)
        with self._lock:
            bucket = self._buckets.get(slot)
            if bucket is None:
                bucket = self._buckets[slot] = self._library.InMemoryBucket(self._rates(name))
            bucket.leak(moment)
            return _wait(bucket.put_decision(self._library.RateItem(slot, moment)))

    def _slot(self, name: str, key: str) -> str:
        return f"{self._prefix}:{name}:{key}"

    def _rates(self, name: str) -> list[Rate]:
        return [
            self._library.Rate(max(1, int(limit.requests * self._share)), limit.seconds * 1000 + _MARGIN)
            for limit in self._limits[name]
        ]

    def _longest(self, name: str) -> int:
        return max(limit.seconds for limit in self._limits[name]) + 1

    def __repr__(self) -> str:
        return f"<RateLimiter {'in memory' if self._url is None else 'in Redis'}, share {self._share:g}>"


async def _awaited(value: Any) -> Any:
    return await value


def _wait(decision: Any) -> float:
    if decision.allowed:
        return 0.0
    # A millisecond more: the window is closed at its start.
    return ((decision.retry_after_ms or 0) + 1) / 1000


def _unreachable(error: Exception) -> NoReturn:
    raise RateLimiterError(f"the shared rate limiter cannot be used: {error}") from None
