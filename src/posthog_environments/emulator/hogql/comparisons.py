"""Comparisons: what can be compared with what, and what becomes of missing values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from posthog_environments.emulator.clock import parse_iso, to_micros
from posthog_environments.emulator.hogql.columns import Column, Read
from posthog_environments.emulator.hogql.errors import HogQLError


def truth(test: Read, negated: bool) -> Column:
    """A comparison, or its opposite: what is missing fails the one and passes the other."""
    return Column("UInt8", "bool", (lambda row: not test(row)) if negated else test)


def both(test: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    return left is not None and right is not None and test(left, right)


OPERATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: bool(left == right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
    "like": lambda left, right: False,
    "ilike": lambda left, right: False,
}


def like_pattern(pattern: str, flags: int) -> re.Pattern[str]:
    parts = (".*" if part == "%" else "." if part == "_" else re.escape(part) for part in pattern)
    return re.compile("".join(parts), flags | re.DOTALL)


def matches(pattern: re.Pattern[str], value: Any) -> bool:
    return value is not None and pattern.fullmatch(value) is not None


def alike(column: Column, other: Column) -> Column:
    """The column in a form that the other one can be compared with; only constants are converted."""
    if column.kind == other.kind or "null" in (column.kind, other.kind):
        return column
    if {column.kind, other.kind} == {"bool", "number"}:
        return column
    if not column.constant:
        if other.constant and other.kind == "string":
            return column
        raise _no_common(column, other)
    value = column.read(None)
    if column.kind == "string" and other.kind == "datetime":
        moment = parse_iso(value)
        if moment is None:
            raise HogQLError(f"Cannot parse time from {value!r}", "cannot_parse_datetime")
        micros = to_micros(moment)
        return Column(other.type, "datetime", lambda row: micros, False, True)
    if column.kind == "string" and other.kind in ("number", "bool"):
        try:
            number = float(value)
        except ValueError:
            raise _no_common(column, other) from None
        return Column("Float64", "number", lambda row: number, False, True)
    raise _no_common(column, other)


def _no_common(column: Column, other: Column) -> HogQLError:
    return HogQLError(f"There is no supertype for types {column.type}, {other.type}", "no_common_type")
