"""Cohorts: persons that somebody put together. No operation lists them; queries see them in `cohort_people`."""

from __future__ import annotations

from attrs import define, field


@define(frozen=True)
class Cohort:
    """One static cohort.

    Attributes:
        id: Its number.
        name: Its name.
        persons: Rows of its persons, deleted ones too.
    """

    id: int
    name: str
    persons: tuple[int, ...]


@define
class CohortTable:
    """All cohorts; there are none at first.

    Attributes:
        version: Grows with every change.
    """

    rows: list[Cohort] = field(factory=list[Cohort], init=False)
    version: int = field(default=0, init=False)

    def add(self, name: str, persons: tuple[int, ...]) -> Cohort:
        cohort = Cohort(len(self.rows) + 1, name, persons)
        self.rows.append(cohort)
        self.version += 1
        return cohort
