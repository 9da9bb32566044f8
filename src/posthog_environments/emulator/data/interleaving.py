"""Added rows among generated ones, without a table of the generated ones."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator


class Interleaving:
    """Where added rows stand, in the order of time; each stands behind so many generated rows."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, moment: int, row: int, behind: int) -> None:
        """Put in the row of this moment; rows of one moment stay in the order in which they came."""
        insort(self._rows, (moment, row, behind))

    def remove(self, moment: int, row: int) -> None:
        del self._rows[bisect_left(self._rows, (moment, row))]

    def newest_first(self) -> Iterator[tuple[int, int]]:
        """Rows, and behind how many generated ones each stands."""
        return ((row, behind) for _, row, behind in reversed(self._rows))

    def oldest_first(self) -> Iterator[tuple[int, int]]:
        return ((row, behind) for _, row, behind in self._rows)

    def before(self, moment: int) -> int:
        """How many rows are older than this moment."""
        return bisect_left(self._rows, (moment,))

    def locate(self, place: int, counted: Callable[[int], int]) -> tuple[int | None, int]:
        """What stands at a place, the oldest being at 0: an added row, or None; and how many added ones come before.

        Args:
            place: The place, among the added rows and the generated ones that count.
            counted: How many of the first so many generated rows count.
        """
        if not self._rows:
            return None, 0

        def place_of(number: int) -> int:
            return counted(self._rows[number][2]) + number

        before = bisect_left(range(len(self._rows)), place, key=place_of)
        if before < len(self._rows) and place_of(before) == place:
            return self._rows[before][1], before
        return None, before
