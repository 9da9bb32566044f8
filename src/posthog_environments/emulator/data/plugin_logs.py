"""Log entries of app configurations: row `i` is a function of the seed and `i`, the newest last."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from heapq import merge
from operator import attrgetter
from typing import Final

from attrs import define

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Source, Uuids

CONFIGS: Final = {17: 5, 18: 6}
SOURCES: Final = ("SYSTEM", "PLUGIN", "CONSOLE")
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
    """All entries of all configurations.

    Attributes:
        configs: Number of the plugin of each configuration, by the number of the configuration.
    """

    def __init__(self, seed: int) -> None:
        self.configs = dict(CONFIGS)
        self._added: dict[int, list[LogEntry]] = {}
        self._added_uuids = Uuids(seed, "plugin_logs/added")
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
            plugin=self.configs[config],
            timestamp=timestamp,
            source=dice.pick(SOURCES),
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

        rows = _ENTRIES if config in CONFIGS else 0
        low = 0 if after is None else bisect_right(range(rows), after, key=moment)
        high = rows if before is None else bisect_left(range(rows), before, key=moment)
        generated = (self.get(config, row) for row in range(high - 1, low - 1, -1))
        added = [
            entry
            for entry in reversed(self._added.get(config, []))
            if (after is None or entry.timestamp > after) and (before is None or entry.timestamp < before)
        ]
        return merge(added, generated, key=attrgetter("timestamp"), reverse=True) if added else generated

    def add(self, config: int, timestamp: int, source: str, type: str, message: str) -> LogEntry:
        """Add an entry; an unknown configuration becomes known, as one of plugin 5."""
        entries = self._added.setdefault(config, [])
        number = sum(map(len, self._added.values()))
        entry = LogEntry(
            id=self._added_uuids.encode(number, max(timestamp, 0)),
            config=config,
            plugin=self.configs.setdefault(config, CONFIGS[17]),
            timestamp=timestamp,
            source=source,
            type=type,
            message=message,
            instance_id=self._workers.encode(0, to_micros(START) - 40 * _ENTRIES * _SPACING),
        )
        insort(entries, entry, key=attrgetter("timestamp"))
        return entry
