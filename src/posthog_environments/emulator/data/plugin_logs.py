"""Log entries of app configurations: row `i` is a function of the seed and `i`, the newest last."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final

from attrs import define

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Source, Uuids

CONFIGS: Final = {17: 5, 18: 6}
TYPES: Final = ("DEBUG", "LOG", "INFO", "WARN", "ERROR")
_ENTRIES: Final = 240
_SPACING: Final = 20 * 60 * 1_000_000
_MESSAGES: Final = {
    "DEBUG": ("Cache hit for {} keys", "Batch of {} prepared"),
    "LOG": ("Processed {} events", "Sent {} rows"),
    "INFO": ("Processed {} events", "Worker took {} ms"),
    "WARN": ("Retrying after {} ms", "{} events had no e-mail address"),
    "ERROR": ("Webhook answered 500 after {} ms", "Dropped {} events"),
}


@define(frozen=True)
class LogEntry:
    """One entry; the fields are those of the API."""

    id: str
    config: int
    plugin: int
    timestamp: int
    source: str
    type: str
    message: str
    instance_id: str


class PluginLogTable:
    """All entries of all configurations."""

    def __init__(self, seed: int) -> None:
        self._sources = {config: Source(seed, f"plugin_logs/{config}") for config in CONFIGS}
        self._uuids = {config: Uuids(seed, f"plugin_logs/{config}") for config in CONFIGS}
        self._workers = Uuids(seed, "workers")

    def _timestamp(self, config: int, row: int) -> int:
        start = to_micros(START) - (_ENTRIES - row) * _SPACING
        return start + self._sources[config].dice(row).below(_SPACING // 2)

    def get(self, config: int, row: int) -> LogEntry:
        dice = self._sources[config].dice(row)
        timestamp = self._timestamp(config, row)
        kind = dice.pick((*TYPES, "LOG", "INFO", "INFO"))
        return LogEntry(
            id=self._uuids[config].encode(row, timestamp),
            config=config,
            plugin=CONFIGS[config],
            timestamp=timestamp,
            source=dice.pick(("SYSTEM", "PLUGIN", "CONSOLE")),
            type=kind,
            message=dice.pick(_MESSAGES[kind]).format(1 + dice.below(500)),
            instance_id=self._workers.encode(dice.below(3), to_micros(START) - 40 * _ENTRIES * _SPACING),
        )

    def newest_first(
        self, config: int, *, after: int | None = None, before: int | None = None
    ) -> Iterator[LogEntry]:
        """Entries strictly between two times."""

        def moment(row: int) -> int:
            return self._timestamp(config, row)

        low = 0 if after is None else bisect_right(range(_ENTRIES), after, key=moment)
        high = _ENTRIES if before is None else bisect_left(range(_ENTRIES), before, key=moment)
        return (self.get(config, row) for row in range(high - 1, low - 1, -1))
