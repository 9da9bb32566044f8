"""Parquet, a row group per batch. Needs pyarrow, the extra `arrow`.

The types of the columns come from the ClickHouse types of a query, or the fields of a model, where these are known;
else from the values of the first batch. Objects, lists and property bags become JSON text.
"""

from __future__ import annotations

import datetime
import enum
import re
import types
import typing
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from typing import Any, BinaryIO, Final
from uuid import UUID

from attrs import define, evolve

from posthog_environments.errors import MissingDependencyError, WriteError
from posthog_environments.files.rows import Table
from posthog_environments.files.values import plain_text

_WRAPPERS: Final = re.compile(r"(?:Nullable|LowCardinality)\((.*)\)\s*$")
_DECIMAL: Final = re.compile(r"Decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)")
_TIME: Final = re.compile(r"DateTime(?:64\(\s*([0-9])\b.*\))?")


@define(frozen=True)
class Column:
    """How one column is stored.

    Attributes:
        type: Its Arrow type.
        what: What it holds, in words.
        take: Makes a value ready for Arrow, or raises ValueError or TypeError.
        plain: Python types that Arrow takes as they are.
    """

    type: Any
    what: str
    take: Callable[[Any], Any]
    plain: frozenset[Any] = frozenset()


def _refuse(value: Any) -> Any:
    raise TypeError


def _text(value: Any) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    if not isinstance(value, (str, UUID)):
        raise TypeError
    return plain_text(value)


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else _refuse(value)


def _integer(bits: int, signed: bool) -> Callable[[Any], int]:
    low, high = (-(1 << bits), (1 << bits) - 1) if signed else (0, (1 << bits) - 1)

    def take(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError
        if isinstance(value, float) and not value.is_integer():
            raise ValueError
        whole = int(value)
        return whole if low <= whole <= high else _refuse(value)

    return take


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return float(value)


def _aware(value: Any) -> datetime.datetime:
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        raise TypeError
    return value


def _naive(value: Any) -> datetime.datetime:
    if not isinstance(value, datetime.datetime) or value.tzinfo is not None:
        raise TypeError
    return value


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        raise TypeError
    return value


def _sent_moment(value: Any) -> datetime.datetime:
    """A time as models write it."""
    return _aware(datetime.datetime.fromisoformat(value))


def _sent_date(value: Any) -> datetime.date:
    return datetime.date.fromisoformat(value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise TypeError
    return Decimal(value)


class _Types:
    """The types of columns, by what is known of them."""

    def __init__(self, pa: Any) -> None:
        self._pa = pa
        text, whole = pa.string(), frozenset({int})
        self.json = Column(text, "text", plain_text)
        self.text = Column(text, "text", _text)
        self.boolean = Column(pa.bool_(), "a boolean", _boolean, frozenset({bool}))
        self.integer = Column(pa.int64(), "a 64-bit integer", _integer(63, signed=True))
        self.number = Column(pa.float64(), "a number", _number, whole | {float})
        self.moment = Column(pa.timestamp("us", "UTC"), "a time with a zone", _aware)
        self.naive = Column(pa.timestamp("us"), "a time without a zone", _naive)
        self.date = Column(pa.date32(), "a date", _date)

    def of(self, name: str, table: Table, values: Sequence[Any]) -> Column:
        kind = table.types.get(name)
        if isinstance(kind, str):
            return self.of_clickhouse(kind)
        if name in table.fields:
            return self.of_field(table.fields[name])
        return self.of_values(name, values, table.count)

    def of_clickhouse(self, kind: str) -> Column:
        """The type of a column of a query; what Arrow has no exact counterpart for becomes text."""
        pa = self._pa
        while match := _WRAPPERS.match(kind):
            kind = match.group(1)
        if match := re.fullmatch(r"(U?)Int(8|16|32|64)", kind):
            signed, bits = not match.group(1), int(match.group(2))
            take = _integer(bits - signed, signed)
            return Column(
                getattr(pa, kind.lower())(),
                f"a{'n' if not signed else ''} {'' if signed else 'unsigned '}{bits}-bit integer",
                take,
            )
        if kind in ("Float32", "Float64"):
            return Column(getattr(pa, kind.lower())(), "a number", _number, frozenset({int, float}))
        if (match := _TIME.match(kind)) and int(match.group(1) or 0) <= 6:
            return self.moment
        if kind in ("Date", "Date32"):
            return self.date
        if kind == "Bool":
            return self.boolean
        if (match := _DECIMAL.match(kind)) and int(match.group(1)) <= 76:
            precision, scale = int(match.group(1)), int(match.group(2))
            make = pa.decimal128 if precision <= 38 else pa.decimal256
            return Column(
                make(precision, scale), f"a decimal of {precision} digits, {scale} behind the point", _decimal
            )
        return self.json

    def of_field(self, kind: Any) -> Column:
        """The type of a field of a model."""
        parts = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
        parts = tuple(part for part in parts if part is not types.NoneType)
        simple: dict[Any, Column] = {
            str: self.text,
            bool: self.boolean,
            int: self.integer,
            float: self.number,
            datetime.datetime: evolve(self.moment, take=_sent_moment),
            datetime.date: evolve(self.date, take=_sent_date),
            UUID: self.text,
        }
        return simple.get(parts[0], self.json) if len(parts) == 1 else self.json

    def of_values(self, name: str, values: Sequence[Any], last: int) -> Column:
        """The narrowest type that holds every value of the first batch."""
        found = self.json
        for index, value in enumerate(values):
            if value is None:
                continue
            kind = self._of_value(value)
            if found is self.json and all(earlier is None for earlier in values[:index]):
                found = kind
            elif found is not kind:
                if {id(found), id(kind)} == {id(self.integer), id(self.number)}:
                    found = self.number
                elif self.json not in (found, kind):
                    _conflict(name, last - len(values) + index + 1, value, found)
                else:
                    found = self.json
        return found

    def _of_value(self, value: Any) -> Column:
        if isinstance(value, bool):
            return self.boolean
        if isinstance(value, int):
            return self.integer if -(1 << 63) <= value < 1 << 63 else self.json
        if isinstance(value, float):
            return self.number
        if isinstance(value, datetime.datetime):
            return self.naive if value.tzinfo is None else self.moment
        if isinstance(value, datetime.date):
            return self.date
        return self.text if isinstance(value, (str, UUID, enum.Enum)) else self.json


def _conflict(name: str, row: int, value: Any, column: Column) -> None:
    raise WriteError(
        f"row {row:,}, column {name!r}: {value!r:.80} does not fit a column that holds {column.what}; convert it, "
        "leave the column out with columns=, or write .jsonl",
        row=row,
        column=name,
    )


class Parquet:
    """Row groups, one per batch."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        self._pa, self._parquet = pyarrow(), import_module("pyarrow.parquet")
        self._file = file
        self._table = table
        self._types = _Types(self._pa)
        self._columns: list[Column] = []
        self._schema: Any = None
        self._writer: Any = None

    def add(self, items: Sequence[Any]) -> None:
        table, names = self._table, self._table.columns or ()
        first = table.count + 1
        rows = [table.values_of(item) for item in items]
        cells: list[Sequence[Any]] = list(zip(*rows, strict=True))
        writer = self._begin(names, cells) if self._writer is None else self._writer
        arrays = [
            self._array(name, column, values, first)
            for name, column, values in zip(names, self._columns, cells, strict=True)
        ]
        writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))

    def _begin(self, names: Sequence[str], cells: Sequence[Sequence[Any]]) -> Any:
        self._columns = [
            self._types.of(name, self._table, values)
            for name, values in zip(names, cells or [()] * len(names), strict=True)
        ]
        self._schema = self._pa.schema(
            [(name, column.type) for name, column in zip(names, self._columns, strict=True)]
        )
        self._writer = self._parquet.ParquetWriter(self._file, self._schema)
        return self._writer

    def _array(self, name: str, column: Column, values: Sequence[Any], first: int) -> Any:
        pa, take = self._pa, column.take
        if not set(map(type, values)) <= column.plain | {types.NoneType}:
            taken: list[Any] = []
            for index, value in enumerate(values):
                try:
                    taken.append(None if value is None else take(value))
                except (TypeError, ValueError):
                    _conflict(name, first + index, value, column)
            values = taken
        try:
            return pa.array(values, type=column.type)
        except (ValueError, TypeError, OverflowError, pa.ArrowException):
            self._find(name, column, values, first)
            raise

    def _find(self, name: str, column: Column, values: Sequence[Any], first: int) -> None:
        """Say which value it is that Arrow does not take."""
        for index, value in enumerate(values):
            try:
                self._pa.array([value], type=column.type)
            except (ValueError, TypeError, OverflowError, self._pa.ArrowException):
                _conflict(name, first + index, value, column)

    def finish(self) -> None:
        writer = self._begin(self._table.columns or (), []) if self._writer is None else self._writer
        writer.close()

    def abort(self) -> None:
        # Left open, it would be closed with a warning when it is collected.
        if self._writer is not None:
            with suppress(Exception):
                self._writer.close()


def pyarrow() -> Any:
    """The library.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError:
        raise MissingDependencyError(
            'Parquet needs pyarrow: pip install "posthog-environments[arrow]"', name="pyarrow"
        ) from None


__all__ = ["Column", "Parquet", "pyarrow"]
