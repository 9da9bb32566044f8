"""Folders that PostHog remembers for a user: one of each type."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Uuids
from posthog_environments.emulator.data.users import OWNER


@define
class PersistedFolder:
    """One remembered folder; the fields are those of the API."""

    id: str
    user: int
    type: str
    protocol: str
    path: str
    created_at: datetime
    updated_at: datetime


@define
class PersistedFolderTable:
    """All remembered folders."""

    seed: int
    rows: list[PersistedFolder] = field(factory=list[PersistedFolder], init=False)
    _made: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.upsert(OWNER.id, {"type": "pinned", "path": "Reports"}, START - timedelta(days=12))

    def upsert(self, user: int, values: dict[str, Any], now: datetime) -> PersistedFolder:
        """Change the user's folder of this type, or remember one: there is never a second one."""
        row = next((row for row in self.rows if row.user == user and row.type == values["type"]), None)
        if row is None:
            uuid = Uuids(self.seed, "persisted_folder").encode(self._made, to_micros(now))
            self._made += 1
            row = PersistedFolder(uuid, user, values["type"], "products://", "", now, now)
            self.rows.append(row)
        return self.change(row, values, now)

    def change(self, row: PersistedFolder, values: dict[str, Any], now: datetime) -> PersistedFolder:
        for name in ("type", "protocol", "path"):
            if name in values:
                setattr(row, name, values[name])
        row.updated_at = now
        return row

    def find(self, uuid: str, user: int) -> PersistedFolder | None:
        """Only the user's own ones are visible."""
        return next((row for row in self.rows if row.id == uuid.lower() and row.user == user), None)

    def remove(self, row: PersistedFolder) -> None:
        self.rows.remove(row)
