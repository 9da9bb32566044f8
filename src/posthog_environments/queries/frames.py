"""Data frames from results. Each library is imported when it is asked for."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

from posthog_environments.errors import MissingDependencyError
from posthog_environments.queries.columns import UTC, ColumnType, convert_column, time_zone
from posthog_environments_api.codec import is_array, is_object

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from posthog_environments.queries.result import QueryResult

_TEXTS = frozenset({"String", "FixedString", "UUID", "Enum8", "Enum16", "IPv4", "IPv6"})
_WIDTHS = frozenset({"8", "16", "32", "64"})
_PRECISIONS = {"Decimal32": 9, "Decimal64": 18, "Decimal128": 38, "Decimal256": 76}


def _library(name: str, extra: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingDependencyError(
            f'{name} is not installed: pip install "posthog-environments[{extra}]"', name=name
        ) from None


def _columns(result: QueryResult) -> list[tuple[str, ColumnType, list[Any]]]:
    """Name, type and converted values of each column."""
    width = len(result.columns)
    rows = [
        [*row, *[None] * (width - len(row))][:width] if len(row) != width else row for row in result.raw_rows
    ]
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * width
    return [
        (name, kind, list(convert_column(kind, values)))
        for name, kind, values in zip(result.column_names, result.column_types, columns, strict=True)
    ]


def _zone_name(kind: ColumnType) -> str:
    return "UTC" if time_zone(kind.zone) is UTC else kind.zone or "UTC"


def _width(kind: ColumnType) -> str:
    return kind.name.lstrip("UInt")


def as_text(value: Any) -> str | None:
    """A value as text: JSON for what holds others."""
    if value is None or isinstance(value, str):
        return value
    return (
        json.dumps(value, default=str, ensure_ascii=False)
        if isinstance(value, (list, tuple, dict))
        else str(value)
    )


# --- pandas ----------------------------------------------------------------------------------------------------


def to_pandas(result: QueryResult) -> pandas.DataFrame:
    pd = _library("pandas", "pandas")
    series = {name: _pandas_column(pd, kind, values) for name, kind, values in _columns(result)}
    frame: pandas.DataFrame = pd.DataFrame(series, index=pd.RangeIndex(len(result)))
    return frame


def _pandas_column(pd: Any, kind: ColumnType, values: list[Any]) -> Any:
    dtype = _pandas_dtype(pd, kind)
    if dtype is not None:
        try:
            if kind.is_integer and not all(value is None or type(value) is int for value in values):
                raise TypeError(kind.name)  # pandas would make integers of texts and floats
            return pd.Series(values, dtype=dtype)
        except (ValueError, TypeError, OverflowError):
            pass  # a value that does not fit its type: nothing is lost in a column of objects
    return pd.Series(values, dtype=object)


def _pandas_dtype(pd: Any, kind: ColumnType) -> Any:
    name = kind.name
    if name in ("DateTime", "DateTime64"):
        return pd.DatetimeTZDtype("us", _zone_name(kind))
    if name in ("Date", "Date32"):
        return "datetime64[s]"
    if kind.is_integer and _width(kind) in _WIDTHS:
        return name
    if name == "Bool":
        return "boolean"
    if name in ("Float32", "Float64"):
        return name.lower()
    return "string" if name in _TEXTS and name != "UUID" else None


# --- polars ----------------------------------------------------------------------------------------------------


def to_polars(result: QueryResult) -> polars.DataFrame:
    pl = _library("polars", "polars")
    frame: polars.DataFrame = pl.DataFrame([_polars_column(pl, *column) for column in _columns(result)])
    return frame


def _polars_column(pl: Any, name: str, kind: ColumnType, values: list[Any]) -> Any:
    dtype = _polars_dtype(pl, kind)
    if dtype is not None:
        try:
            return pl.Series(name, [_nested(kind, value) for value in values], dtype=dtype, strict=True)
        except (ValueError, TypeError, OverflowError, pl.exceptions.PolarsError):
            pass
    return pl.Series(name, [as_text(value) for value in values], dtype=pl.String)


def _polars_dtype(pl: Any, kind: ColumnType) -> Any:
    name = kind.name
    if name in ("DateTime", "DateTime64"):
        return pl.Datetime("us", _zone_name(kind))
    if name in ("Date", "Date32"):
        return pl.Date
    if kind.is_integer:
        return getattr(pl, name, None)
    if name.startswith("Decimal"):
        return pl.Decimal(min(_precision(kind), 38), kind.scale) if _precision(kind) <= 38 else None
    if name in ("Array", "Tuple", "Map"):
        inner = [_polars_dtype(pl, argument) for argument in kind.arguments]
        if not inner or None in inner:
            return None
        if name == "Array":
            return pl.List(inner[0])
        names = _fields(kind)
        struct = pl.Struct(dict(zip(names, inner, strict=True)))
        return pl.List(struct) if name == "Map" else struct
    known = {"Bool": "Boolean", "Float32": "Float32", "Float64": "Float64", "Nothing": "Null"}
    return pl.String if name in _TEXTS else getattr(pl, known[name]) if name in known else None


def _fields(kind: ColumnType) -> list[str]:
    if kind.name == "Map":
        return ["key", "value"]
    if len(kind.fields) == len(kind.arguments):
        return list(kind.fields)
    return [f"field_{number}" for number in range(1, len(kind.arguments) + 1)]


def _nested(kind: ColumnType, value: Any, *, maps_as_pairs: bool = False) -> Any:
    """A value in the form that column libraries take: tuples as dicts by field, maps as lists of entries."""

    def inner(argument: ColumnType, item: Any) -> Any:
        return _nested(argument, item, maps_as_pairs=maps_as_pairs)

    if value is None:
        return None
    if kind.name == "UUID":
        return str(value)
    if kind.name == "Array" and is_array(value):
        return [inner(kind.arguments[0], item) for item in value]
    if kind.name == "Tuple" and _is_tuple(value):
        return dict(zip(_fields(kind), map(inner, kind.arguments, value), strict=True))
    if kind.name == "Map" and is_object(value) and len(kind.arguments) == 2:
        of_keys, of_items = kind.arguments
        entries = [(inner(of_keys, key), inner(of_items, item)) for key, item in value.items()]
        return entries if maps_as_pairs else [{"key": key, "value": item} for key, item in entries]
    return value


def _is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def _precision(kind: ColumnType) -> int:
    if kind.name in _PRECISIONS:
        return _PRECISIONS[kind.name]
    return int(kind.texts[0]) if kind.texts and kind.texts[0].isdigit() else 38


# --- Arrow -----------------------------------------------------------------------------------------------------


def to_arrow(result: QueryResult) -> pyarrow.Table:  # pyright: ignore
    pa = _library("pyarrow", "arrow")
    columns = _columns(result)
    arrays = [_arrow_column(pa, kind, values) for _, kind, values in columns]
    table: Any = pa.Table.from_arrays(arrays, names=[name for name, _, _ in columns])
    return table


def _arrow_column(pa: Any, kind: ColumnType, values: list[Any]) -> Any:
    dtype = _arrow_type(pa, kind)
    if dtype is not None:
        try:
            return pa.array([_nested(kind, value, maps_as_pairs=True) for value in values], type=dtype)
        except (ValueError, TypeError, OverflowError, pa.ArrowException):
            pass
    return pa.array([as_text(value) for value in values], type=pa.string())


def _arrow_type(pa: Any, kind: ColumnType) -> Any:
    name = kind.name
    if name in ("DateTime", "DateTime64"):
        return pa.timestamp("us", _zone_name(kind))
    if kind.is_integer:
        return getattr(pa, name.lower())() if _width(kind) in _WIDTHS else None
    if name.startswith("Decimal"):
        precision = _precision(kind)
        return (
            pa.decimal128(precision, kind.scale)
            if precision <= 38
            else pa.decimal256(min(precision, 76), kind.scale)
        )
    if name in ("Array", "Tuple", "Map"):
        inner = [_arrow_type(pa, argument) for argument in kind.arguments]
        if not inner or None in inner:
            return None
        if name == "Array":
            return pa.list_(inner[0])
        if name == "Map":
            return pa.map_(*inner)
        return pa.struct(list(zip(_fields(kind), inner, strict=True)))
    plain = {
        "Date": "date32",
        "Date32": "date32",
        "Bool": "bool_",
        "Float32": "float32",
        "Float64": "float64",
    }
    return pa.string() if name in _TEXTS else getattr(pa, plain[name])() if name in plain else None


__all__ = ["as_text", "to_arrow", "to_pandas", "to_polars"]
