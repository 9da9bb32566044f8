"""Aggregates: from the values of a column to one. Missing values do not count."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def count(values: Iterable[Any]) -> int:
    return sum(1 for value in values if value is not None)


def count_distinct(values: Iterable[Any]) -> int:
    return len(set(values) - {None})


def _present(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def smallest(values: Iterable[Any]) -> Any:
    return min(_present(values), default=None)


def largest(values: Iterable[Any]) -> Any:
    return max(_present(values), default=None)


def total(values: Iterable[Any]) -> Any:
    found = _present(values)
    return float(sum(found)) if found else None


def mean(values: Iterable[Any]) -> Any:
    found = _present(values)
    return sum(found) / len(found) if found else None
