"""Results that are kept for a while. Source: PostHog caching/utils.py (staleness) and query_runner.py, 2025."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_AGES: Final = {None: 6 * _HOUR, "hour": _HOUR, "day": 6 * _HOUR, "week": _DAY, "month": 2 * _DAY}
_LAZY_AGES: Final = {None: 12 * _HOUR, "hour": 2 * _HOUR, "day": 12 * _HOUR, "week": _DAY, "month": 2 * _DAY}
_SLACK: Final = timedelta(seconds=10)
_MOST: Final = 1_000


@define(frozen=True)
class CachedResult:
    """One result.

    Attributes:
        body: The answer as it was calculated.
        last_refresh: When it was calculated.
        interval: How it divides time, or None.
        date_to: End of the period that it covers, or None for now.
    """

    body: dict[str, Any]
    last_refresh: datetime
    interval: str | None = None
    date_to: datetime | None = None

    @property
    def target_age(self) -> datetime:
        """When it counts as stale."""
        return self.last_refresh + _AGES[self.interval]

    def is_stale(self, now: datetime, *, lazy: bool = False) -> bool:
        """Whether it is too old; `lazy` allows more. What covers a past period alone never is."""
        if self.date_to is not None and self.date_to < self.last_refresh - _SLACK:
            return False
        return now > self.last_refresh + (_LAZY_AGES if lazy else _AGES)[self.interval]


@define
class QueryCache:
    """All results that are kept, the oldest being forgotten first."""

    _rows: dict[str, CachedResult] = field(factory=dict[str, CachedResult], init=False)

    def get(self, key: str) -> CachedResult | None:
        return self._rows.get(key)

    def put(self, key: str, result: CachedResult) -> None:
        self._rows.pop(key, None)
        self._rows[key] = result
        if len(self._rows) > _MOST:
            del self._rows[next(iter(self._rows))]
