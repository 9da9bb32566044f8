"""Python values for the columns of a result, by the ClickHouse types that the server names.

A converter is made once per column and never raises: a value that does not fit the declared type stays as it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from attrs import define

from posthog_environments_api.codec import is_array

Convert = Callable[[Any], Any]
UTC = timezone.utc  # noqa: UP017 - the same object, and quick to compare with
_TYPE = re.compile(r"\s*([A-Za-z]\w*)\s*(\()?")
_NAMED = re.compile(r"\s*(?:`((?:[^`\\]|\\.)*)`|([A-Za-z_]\w*))\s+(?=[A-Za-z])")
_INTEGER = re.compile(r"U?Int(8|16|32|64|128|256)")
_MISFITS = (ValueError, TypeError, OverflowError, InvalidOperation, AttributeError, KeyError)


@define(frozen=True)
class ColumnType:
    """A ClickHouse type, taken apart.

    Attributes:
        name: Its name without arguments, such as `DateTime64`; empty where it cannot be read.
        arguments: Arguments that are types.
        texts: Every argument as written.
        fields: Names of the fields of a named tuple.
        nullable: Whether it may be NULL.
    """

    name: str
    arguments: tuple[ColumnType, ...] = ()
    texts: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    nullable: bool = False

    @property
    def is_integer(self) -> bool:
        return _INTEGER.fullmatch(self.name) is not None

    @property
    def scale(self) -> int:
        """Digits after the point: of the second (times) or of the number (decimals)."""
        if self.name == "DateTime":
            return 0
        index = 1 if self.name == "Decimal" else 0
        text = self.texts[index] if len(self.texts) > index else "0"
        return int(text) if text.isdigit() else 0

    @property
    def zone(self) -> str | None:
        """Name of the time zone, where the type has one."""
        found = [text.strip("'") for text in self.texts if text.startswith("'")]
        return found[0] if found and self.name in ("DateTime", "DateTime64") else None


@lru_cache(maxsize=1_024)
def column_type(text: str | None) -> ColumnType:
    """Read a type's text; `Nullable(…)` and `LowCardinality(…)` become attributes of what they hold."""
    try:
        return _read(text or "")
    except (ValueError, IndexError, RecursionError):
        return ColumnType("")


def _read(text: str) -> ColumnType:
    match = _TYPE.match(text)
    if match is None:
        raise ValueError(text)
    name = match.group(1)
    inside = text[match.end() : text.rstrip().rindex(")")] if match.group(2) else ""
    texts = tuple(_arguments(inside))
    if name == "Nullable":
        inner = _read(texts[0])
        return ColumnType(inner.name, inner.arguments, inner.texts, inner.fields, True)
    if name == "LowCardinality":
        return _read(texts[0])
    if name == "SimpleAggregateFunction":
        return _read(texts[1])
    if name not in ("Array", "Tuple", "Map", "Nested"):
        return ColumnType(name, texts=texts)
    fields: list[str] = []
    arguments: list[ColumnType] = []
    for argument in texts:
        named = _NAMED.match(argument) if name in ("Tuple", "Nested") else None
        if named:
            fields.append(named.group(1) or named.group(2))
            argument = argument[named.end() :]
        arguments.append(_read(argument))
    return ColumnType(name, tuple(arguments), texts, tuple(fields))


def _arguments(text: str) -> list[str]:
    """Split at the commas that are in no bracket and no quotes."""
    found, depth, start, quote = list[str](), 0, 0, ""
    index = 0
    while index < len(text):
        character = text[index]
        if quote:
            if character == "\\":
                index += 1
            elif character == quote:
                quote = ""
        elif character in "'`":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "," and depth == 0:
            found.append(text[start:index].strip())
            start = index + 1
        index += 1
    last = text[start:].strip()
    return [*found, last] if last else found


# --- values ----------------------------------------------------------------------------------------------------


def converter(kind: ColumnType) -> Convert | None:
    """What makes a Python value of a JSON value of this type; None where JSON has it already. It never raises."""
    exact = _exact(kind)
    if exact is None:
        return None

    def convert(value: Any) -> Any:
        if value is None:
            return None
        try:
            return exact(value)
        except _MISFITS:
            return value

    return convert


def _exact(kind: ColumnType) -> Convert | None:
    name = kind.name
    if name in ("DateTime", "DateTime64"):
        return _moment(kind)
    if kind.is_integer:
        return _integer
    if name == "Array":
        return _array(kind)
    if name == "Tuple":
        return _tuple(kind)
    if name == "Map":
        return _map(kind)
    if name.startswith("Decimal"):
        return _decimal
    return _SIMPLE.get(name)


def _moment(kind: ColumnType) -> Convert:
    zone = time_zone(kind.zone)
    fine = kind.scale > 6

    def convert(value: Any) -> Any:
        if fine and re.search(r"\.\d{6}\d*[1-9]", value):
            return value  # finer than Python's microseconds
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=zone)
        return moment if moment.tzinfo is zone else moment.astimezone(zone)

    return convert


@lru_cache(maxsize=64)
def time_zone(name: str | None) -> tzinfo:
    """The zone of this name; UTC where there is none, or where this machine does not know it."""
    if name in (None, "UTC", "Etc/UTC", "GMT", ""):
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, str) else value


def _float(value: Any) -> Any:
    return value if isinstance(value, bool) else float(value)


def _boolean(value: Any) -> Any:
    return bool(value) if value in (0, 1) else value


def _decimal(value: Any) -> Any:
    return value if isinstance(value, bool) else Decimal(str(value))


_SIMPLE: dict[str, Convert] = {
    "Date": date.fromisoformat,
    "Date32": date.fromisoformat,
    "UUID": UUID,
    "Bool": _boolean,
    "Float32": _float,
    "Float64": _float,
    "BFloat16": _float,
}


def _listed(value: Any) -> list[Any]:
    if not is_array(value):
        raise TypeError(value)
    return value


def _array(kind: ColumnType) -> Convert | None:
    inner = converter(kind.arguments[0]) if kind.arguments else None
    return None if inner is None else lambda value: [inner(item) for item in _listed(value)]


def _tuple(kind: ColumnType) -> Convert:
    inner = [converter(argument) for argument in kind.arguments]

    def convert(value: Any) -> Any:
        items = _listed(value)
        if len(items) != len(inner):
            return tuple(items)
        return tuple(item if f is None else f(item) for f, item in zip(inner, items, strict=True))

    return convert


def _map(kind: ColumnType) -> Convert | None:
    if len(kind.arguments) != 2:
        return None
    key, item = (converter(argument) for argument in kind.arguments)
    return lambda value: {(key(k) if key else k): (item(v) if item else v) for k, v in value.items()}


# --- columns ---------------------------------------------------------------------------------------------------


def _moments(kind: ColumnType, values: Sequence[Any]) -> list[Any] | None:
    """All values at once, where each is a time in UTC: the usual case, many times as fast."""
    if kind.scale > 6 or time_zone(kind.zone) is not UTC:
        return None
    try:
        moments = list(map(datetime.fromisoformat, values))
    except _MISFITS:
        return None
    return moments if all(moment.tzinfo is UTC for moment in moments) else None


def convert_column(kind: ColumnType, values: Sequence[Any]) -> Sequence[Any]:
    """The values of one column, converted."""
    if kind.is_integer and all(type(value) is int for value in values):
        return values
    if kind.name in ("DateTime", "DateTime64"):
        moments = _moments(kind, values)
        if moments is not None:
            return moments
    convert = converter(kind)
    return values if convert is None else [convert(value) for value in values]


def convert_rows(kinds: Sequence[ColumnType], rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows as tuples of Python values. A row of another length than the types is converted as far as they go."""
    width = len(kinds)
    if all(len(row) == width for row in rows):
        if not rows or not width:
            return [tuple(row) for row in rows]
        # Not zip(*rows): an iterator for each row is as many objects for the garbage collector to look at.
        columns = (list(map(itemgetter(place), rows)) for place in range(width))
        return list(zip(*(convert_column(k, c) for k, c in zip(kinds, columns, strict=True)), strict=True))
    converters = [converter(kind) for kind in kinds]
    found: list[tuple[Any, ...]] = []
    for row in rows:
        padded = [*converters, *[None] * (len(row) - width)]
        found.append(tuple(f(v) if f else v for f, v in zip(padded, row, strict=False)))
    return found


__all__ = ["ColumnType", "column_type", "convert_column", "convert_rows", "converter", "time_zone"]
