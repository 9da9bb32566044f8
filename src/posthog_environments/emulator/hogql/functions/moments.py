"""Dates and times that are made of numbers and other things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    Write,
    always,
    fixed,
    to,
    where_there,
)
from posthog_environments.emulator.hogql.functions.times import interval_of
from posthog_environments.emulator.hogql.functions.zones import utc_time
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import (
    DATE,
    DATETIME,
    DATETIME3,
    DATETIME6,
    INT32,
    STRING,
    Type,
    tuple_of,
)

_PLAIN: Final = Type("DateTime")
_MILLISECONDS: Final = Type("DateTime64", detail="3")
_EPOCH: Final = "TIMESTAMP '1970-01-01'"
# The last one that 32 bits hold.
_LAST: Final = "TIMESTAMP '2106-02-07 06:28:15'"
_FIRST_DAY: Final = "DATE '1858-11-17'"


def _whole(value: str) -> str:
    return f"CAST(trunc({value}) AS BIGINT)"


def _day(args: Sequence[str]) -> str:
    """The day; the 31st of a short month is one of the next month."""
    # DuckDB computes with constants even where a condition forbids it.
    year, month, day = (
        f"least(greatest({_whole(value)}, {low}), {high})"
        for value, low, high in zip(args, (1900, 1, 1), (2200, 12, 31), strict=True)
    )
    return f"(make_date({year}, {month}, 1) + CAST({day} - 1 AS INTEGER))"


def _make_date(args: Sequence[str], call: Call) -> str:
    year, month, day = args
    found = _day(args)
    fits = f"{year} >= 1970 AND {year} < 2150 AND {month} >= 1 AND {month} < 13 AND {day} >= 1 AND {day} < 32"
    text = f"CASE WHEN {fits} THEN CASE WHEN {found} <= DATE '2149-06-06' THEN {found} ELSE DATE '1970-01-01' END "
    return where_there(f"{text} ELSE DATE '1970-01-01' END", args, call)


def _make_time(args: Sequence[str], call: Call, zone: str) -> str:
    year, month, day, hour, minute, second = args[:6]
    clock = (
        f"{_day([year, month, day])} + to_hours({_whole(hour)}) "
        f"+ to_minutes({_whole(minute)}) + to_seconds({_whole(second)})"
    )
    fits = " AND ".join(
        f"{value} >= {low} AND {value} < {high}"
        for value, low, high in (
            (year, 0, 10**6),
            (month, 1, 13),
            (day, 1, 32),
            (hour, 0, 100),
            (minute, 0, 100),
            (second, 0, 100),
        )
    )
    moment = utc_time(f"({clock})", call.type, zone)
    text = f"CASE WHEN {fits} THEN greatest(least({moment}, {_LAST}), {_EPOCH}) ELSE {_EPOCH} END"
    return where_there(text, args[:6], Call(call.type, call.name, call.args[:6]))


def _made(template: str) -> Write:
    def write(args: Sequence[str], call: Call) -> str:
        return template.format(", ".join(args[:6]), f"{call.type.zone!r}")

    return write


def _of_numbers(types: Sequence[Type]) -> Type:
    return DATETIME.null(any(kind.nullable for kind in types[:6]))


_UNITS: Final = ("year", "month", "day", "hour", "minute", "second")


def _intervals(args: Sequence[str], call: Call) -> str:
    """What PostHog writes: a sum, which ClickHouse keeps as a tuple."""
    return " + ".join(f"toInterval{unit.capitalize()}({arg})" for unit, arg in zip(_UNITS, args, strict=True))


def _interval_row(args: Sequence[str], call: Call) -> str:
    if any(arg.type.nullable for arg in call.args):
        raise HogQLUnsupported("The emulator on DuckDB has no intervals that may be missing, but adds them.")
    return f"row({', '.join(map(_whole, args))})"


def _only_uuid(args: Sequence[Expr]) -> None:
    if args[0].type.family not in ("uuid", "null"):
        detail = f"Illegal type {args[0].type} of first argument of function UUIDv7ToDateTime, expected UUID"
        raise HogQLError(detail, "illegal_type_of_argument")


_OF_UUID: Final = (
    "CASE WHEN substring({0}, 15, 1) = '7' THEN "
    "make_timestamp(CAST('0x' || substring({0}, 1, 8) || substring({0}, 10, 4) AS BIGINT) * 1000) "
    f"WHEN {{0}} IS NOT NULL THEN {_EPOCH} END"
)


def _julian_type(types: Sequence[Type]) -> Type:
    return INT32.null()


def _us(args: Sequence[str], call: Call) -> str:
    return f"parseDateTime64BestEffortUSOrNull({args[0]}, 6, {call.type.zone!r})"


def _by_format(args: Sequence[str], call: Call) -> str:
    return f"parseDateTimeOrNull({args[0]}, {args[1]}, {call.type.zone!r})"


_SECONDS: Final = "make_timestamp(CAST(greatest(least({0}, 4294967295), 0) AS BIGINT) * 1000000)"

TITLE: Final = "Making dates and times"
FUNCTIONS: Final[tuple[Function, ...]] = (
    fixed(3, "make_date", to(DATE), _make_date, "n", clickhouse="makeDate({0}, {1}, {2})"),
    Function(
        "make_timestamp",
        6,
        7,
        _of_numbers,
        lambda args, call: _make_time(args, call, call.type.zone),
        "nnnnnns",
        clickhouse=_made("makeDateTime({0}, {1})"),
        zone=6,
    ),
    Function(
        "make_timestamptz",
        7,
        7,
        _of_numbers,
        lambda args, call: _make_time(args, call, "UTC"),
        "nnnnnns",
        clickhouse=_made("toTimeZone(makeDateTime({0}), {1})"),
        zone=6,
    ),
    fixed(
        6,
        "make_interval",
        lambda types: tuple_of(interval_of(unit) for unit in _UNITS),
        _interval_row,
        "n",
        clickhouse=_intervals,
    ),
    fixed(
        1,
        "to_timestamp",
        lambda types: _PLAIN.null(types[0].nullable),
        lambda args, call: where_there(_SECONDS.format(args[0]), args, call),
        "w",
        clickhouse="toDateTime(fromUnixTimestamp({0}))",
    ),
    fixed(
        1,
        "fromUnixTimestamp64Milli",
        lambda types: _MILLISECONDS.null(types[0].nullable),
        "make_timestamp(CAST({0} AS BIGINT) * 1000)",
        "w",
    ),
    fixed(
        1,
        "UUIDv7ToDateTime",
        lambda types: DATETIME3.null(types[0].nullable),
        _OF_UUID,
        "x",
        clickhouse="UUIDv7ToDateTime({0}, 'UTC')",
        refuse=_only_uuid,
    ),
    fixed(
        1,
        "toModifiedJulianDay",
        _julian_type,
        f"CASE WHEN regexp_full_match({{0}}, '[0-9]{{{{4}}}}-[0-9]{{{{2}}}}-[0-9]{{{{2}}}}') "
        f"THEN datediff('day', {_FIRST_DAY}, TRY_CAST({{0}} AS DATE)) END",
        "s",
        clickhouse="toModifiedJulianDayOrNull({0})",
    ),
    fixed(
        1,
        "fromModifiedJulianDay",
        always(STRING.null()),
        f"CASE WHEN {{0}} BETWEEN -678941 AND 2973483 "
        f"THEN strftime({_FIRST_DAY} + CAST({{0}} AS INTEGER), '%Y-%m-%d') END",
        "w",
        clickhouse="fromModifiedJulianDayOrNull({0})",
    ),
    Function("toDateTimeUS", 1, 2, always(DATETIME6.null()), "", "s", clickhouse=_us, zone=1),
    Function(
        "parseDateTime",
        2,
        3,
        always(DATETIME.null()),
        "",
        "s",
        clickhouse=_by_format,
        zone=2,
        constant=(1,),
    ),
    Function(
        "timeSlots", 2, 3, lambda types: Type("Array", args=(types[0].null(False),)), "", "dn", nulls=True
    ),
)
