"""Events that were added to the generated ones, with the indexes by which they are found."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from attrs import define

_MOMENT = attrgetter("timestamp")


@define(frozen=True, weakref_slot=False)
class Stored:
    """One added event; the person follows from the distinct id, the UUID from the row unless it was given."""

    index: int
    event: str
    distinct_id: str
    properties: dict[str, Any]
    timestamp: int
    uuid: str | None


class AddedEvents:
    """All of them. Indexes are made when they are first needed after a change, so that adding many is cheap.

    Attributes:
        version: Grows with every change.
    """

    def __init__(self, first: int) -> None:
        self.version = 0
        self._first = first
        self._rows: list[Stored | None] = []
        self._given: dict[str, Stored] = {}
        self._ordered: list[Stored] = []
        self._sorted = True
        self._by_distinct_id: dict[str, list[Stored]] | None = None
        self._by_session: dict[str, list[Stored]] | None = None

    def __len__(self) -> int:
        return len(self._ordered)

    # --- reading -------------------------------------------------------------------------------------------

    def row(self, index: int) -> Stored | None:
        """The event in this row, unless it was deleted."""
        place = index - self._first
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def given(self, uuid: str) -> Stored | None:
        """The event that was added under this UUID."""
        return self._given.get(uuid)

    def _all(self) -> list[Stored]:
        if not self._sorted:
            self._ordered.sort(key=_MOMENT)
            self._sorted = True
        return self._ordered

    def between(self, after: int | None, before: int | None) -> list[Stored]:
        """Those strictly between two times, the oldest first."""
        rows = self._all()
        low = 0 if after is None else bisect_right(rows, after, key=_MOMENT)
        high = len(rows) if before is None else bisect_left(rows, before, key=_MOMENT)
        return rows[low:high]

    def of_distinct_id(self, distinct_id: str) -> list[Stored]:
        """Those of one identifier, the oldest first."""
        if self._by_distinct_id is None:
            self._by_distinct_id = {}
            for row in self._all():
                self._by_distinct_id.setdefault(row.distinct_id, []).append(row)
        return self._by_distinct_id.get(distinct_id, [])

    def by_session(self) -> Mapping[str, list[Stored]]:
        """Those with a `$session_id`, by this id, the oldest first."""
        if self._by_session is None:
            self._by_session = {}
            for row in self._all():
                session_id = row.properties.get("$session_id")
                if isinstance(session_id, str) and session_id:
                    self._by_session.setdefault(session_id, []).append(row)
        return self._by_session

    def of_session(self, session_id: str) -> list[Stored]:
        """Those of one session, the oldest first."""
        return self.by_session().get(session_id, [])

    # --- changes -------------------------------------------------------------------------------------------

    def add(self, rows: Iterable[tuple[str, str, dict[str, Any], int, str | None]]) -> list[Stored]:
        """Add events: name, distinct id, properties, time, and a UUID or None."""
        start = self._first + len(self._rows)
        added = [Stored(index, *row) for index, row in enumerate(rows, start)]
        self._rows += added
        self._ordered += added
        self._given.update((row.uuid, row) for row in added if row.uuid is not None)
        self._changed()
        return added

    def remove(self, rows: Iterable[Stored]) -> None:
        gone = {row.index for row in rows}
        for index in gone:
            self._rows[index - self._first] = None
        self._ordered = [row for row in self._ordered if row.index not in gone]
        self._given = {uuid: row for uuid, row in self._given.items() if row.index not in gone}
        self._changed()

    def _changed(self) -> None:
        self._sorted = False
        self._by_distinct_id = self._by_session = None
        self.version += 1
