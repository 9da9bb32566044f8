"""Dates and times. For DuckDB all are UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    Rule,
    always,
    first,
    fixed,
    to,
    whole,
)
from posthog_environments.emulator.hogql.functions.zones import local_time, offset_in_1970
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import (
    DATE,
    DATETIME,
    DATETIME6,
    INT64,
    STRING,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    UTC_NAMES,
    Type,
)

UNITS: Final = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_SHORT_UNITS: Final = {"ss": "second", "mi": "minute", "hh": "hour", "dd": "day", "wk": "week", "mm": "month"}
_OF_DAY: Final = frozenset({"second", "minute", "hour"})
# An interval is a number until it moves a time.
_MAKERS: Final = {
    "second": "to_seconds(CAST({0} AS BIGINT))",
    "minute": "to_minutes(CAST({0} AS BIGINT))",
    "hour": "to_hours(CAST({0} AS BIGINT))",
    "day": "to_days(CAST({0} AS INTEGER))",
    "week": "to_weeks(CAST({0} AS INTEGER))",
    "month": "to_months(CAST({0} AS INTEGER))",
    "quarter": "to_months(CAST({0} * 3 AS INTEGER))",
    "year": "to_years(CAST({0} AS INTEGER))",
}
_WEEK_FROM_SUNDAY: Final = "CAST(date_trunc('week', {0} + INTERVAL 1 DAY) - INTERVAL 1 DAY AS DATE)"


def unit_of(node: Expr, function: str) -> str:
    """A unit of time, written as text.

    Raises:
        HogQLError: It is none.
    """
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLError(
            f"First argument for function {function} must be a constant string", "illegal_column"
        )
    name = node.value.lower()
    name = _SHORT_UNITS.get(name, name.removesuffix("s"))
    if name not in UNITS:
        raise HogQLError(f"Function {function} does not support '{node.value}' unit", "bad_arguments")
    return name


def shifted(moment: Type, unit: str) -> Type:
    """Type of a time moved by an interval."""
    if moment.base == "Date":
        # Without a zone in its name: a date has none.
        return (Type("DateTime") if unit in _OF_DAY else DATE).null(moment.nullable)
    return moment


def interval_of(unit: str) -> Type:
    return Type(f"Interval{unit.capitalize()}")


def interval_unit(kind: Type) -> str:
    """The unit of an interval."""
    return kind.base.removeprefix("Interval").lower()


def made_interval(value: str, kind: Type) -> str:
    """An interval that DuckDB can add."""
    return _MAKERS[interval_unit(kind)].format(value)


def cast_back(value: str, kind: Type) -> str:
    """DuckDB makes a time of a date that is moved."""
    return f"CAST({value} AS {'DATE' if kind.base == 'Date' else 'TIMESTAMP'})"


def _truncated(unit: str) -> Rule:
    def rule(types: Sequence[Type]) -> Type:
        kind = DATETIME if unit in (*_OF_DAY, "day") else DATE
        if unit == "day" and types[0].base == "Date":
            kind = Type("DateTime")
        return kind.null(types[0].nullable)

    return rule


def _start_of(name: str, unit: str, zone: int | None = None) -> Function:
    target = "TIMESTAMP" if unit in (*_OF_DAY, "day") else "DATE"
    template = f"CAST(date_trunc('{unit}', {{0}}) AS {target})"
    takes = "d*" if unit in _OF_DAY else "t*"
    return Function(
        name, 1, 1 if zone is None else 2, _truncated(unit), template, takes, zone=zone, local=True
    )


def _start_of_week(args: Sequence[str], call: Call) -> str:
    mode = call.args[1] if len(call.args) > 1 else None
    if mode is not None and not isinstance(mode, Literal):
        raise HogQLUnsupported("The emulator supports only a constant mode in toStartOfWeek().")
    # Odd modes begin on Monday.
    if mode is None or mode.value % 2 == 0:
        return _WEEK_FROM_SUNDAY.format(args[0])
    return f"CAST(date_trunc('week', {args[0]}) AS DATE)"


def kind_of_start(unit: str, moment: Expr) -> Type:
    """The type of the start of a unit; not every one has a start within a date."""
    name = f"toStartOf{unit.capitalize()}"
    start = next(function for function in FUNCTIONS if function.name == name)
    start.check([moment])
    return start.kind_of([moment])


def _day_of_week(args: Sequence[str], call: Call) -> str:
    """From 1 for Monday; other modes count from 0 or begin with Sunday."""
    mode = call.args[1] if len(call.args) > 1 else None
    value = mode.value if isinstance(mode, Literal) else 0
    modes = ("isodow({0})", "isodow({0}) - 1", "dayofweek({0})", "dayofweek({0}) + 1")
    return modes[value % 4].format(args[0])


def _date_trunc(args: Sequence[str], call: Call) -> str:
    unit = unit_of(call.args[0], "dateTrunc")
    target = "DATE" if call.type.base == "Date" else "TIMESTAMP"
    return f"CAST(date_trunc('{unit}', {args[1]}) AS {target})"


def _truncated_by_name(args: Sequence[str], call: Call) -> str:
    # What it gives depends on ClickHouse's version; the functions of the units always gave these types.
    unit = unit_of(call.args[0], "dateTrunc").capitalize()
    return f"toStartOf{unit}({', '.join([args[1], *(['1'] if unit == 'Week' else []), *args[2:]])})"


def _in_zone(args: Sequence[str], call: Call) -> str:
    return f"toTimeZone({args[0]}, {call.type.zone!r})"


def _blocks(minutes: int) -> str:
    return f"time_bucket(INTERVAL {minutes} MINUTE, CAST({{0}} AS TIMESTAMP), TIMESTAMP '1970-01-01')"


def _in_step(call: Call, unit: str) -> bool:
    """Whether minutes or seconds begin together in all zones, because an hour is so many of them."""
    zones = {str(arg.value) for arg in call.args[2:] if isinstance(arg, Literal)} or {call.args[0].type.zone}
    interval = call.args[1]
    node = interval.args[0] if isinstance(interval, Call) else None
    size = node.value * (60 if unit == "minute" else 1) if isinstance(node, Literal) else 0
    return zones <= UTC_NAMES or bool(size and 3600 % size == 0)


def interval_start(args: Sequence[str], call: Call) -> str:
    """The start of the interval that a time is in."""
    unit = interval_unit(call.args[1].type)
    moment, count = f"CAST({args[0]} AS TIMESTAMP)", f"CAST({args[1]} AS BIGINT)"
    if unit == "year":
        return f"make_date(year({moment}) // {count} * {count}, 1, 1)"
    interval = made_interval(args[1], call.args[1].type)
    if unit in ("month", "quarter"):
        return f"CAST(time_bucket({interval}, {moment}, TIMESTAMP '1900-01-01') AS DATE)"
    if unit == "week":
        return f"CAST(time_bucket({interval}, {moment}, TIMESTAMP '1970-01-05') AS DATE)"
    if unit == "hour":
        # Every day begins with one.
        return f"time_bucket({interval}, {moment}, date_trunc('day', {moment}))"
    if unit in _OF_DAY and not _in_step(call, unit):
        raise HogQLUnsupported(
            "The emulator on DuckDB supports this interval in UTC only; chDB in every zone."
        )
    return f"time_bucket({interval}, {moment}, TIMESTAMP '1970-01-01')"


def _difference(args: Sequence[str], call: Call) -> str:
    unit = unit_of(call.args[0], call.name)
    zones = [arg.type.zone if arg.type.has_zone else "UTC" for arg in call.args[1:3]]
    moments = [f"CAST({arg} AS TIMESTAMP)" for arg in args[1:3]]
    if unit == "hour":
        # ClickHouse counts each zone's hours from where its clocks were in 1970, so two zones are their distance apart.
        moments = [
            f"({moment} - to_seconds({offset_in_1970(zone)}))"
            for moment, zone in zip(moments, zones, strict=True)
        ]
    elif unit not in _OF_DAY:
        moments = [local_time(moment, zone) for moment, zone in zip(moments, zones, strict=True)]
    if unit == "week":
        low, high = (f"date_trunc('week', {moment})" for moment in moments)
        return f"datediff('day', {low}, {high}) // 7"
    return f"datediff('{unit}', {moments[0]}, {moments[1]})"


def _part(name: str, duckdb: str, kind: Type = UINT8, takes: str = "t*") -> Function:
    return Function(name, 1, 1, to(kind), duckdb, takes, local=True)


def _mover(unit: str, sign: str) -> Function:
    verb = "add" if sign == "+" else "subtract"

    def write(args: Sequence[str], call: Call) -> str:
        interval = _MAKERS[unit].format(whole(args[1], call.args[1].type))
        return cast_back(f"({args[0]} {sign} {interval})", call.type)

    def result(types: Sequence[Type]) -> Type:
        return shifted(types[0], unit).null(any(kind.nullable for kind in types))

    name = f"{verb}{unit.capitalize()}s"
    return Function(name, 2, 2, result, write, "tn", local=unit not in _OF_DAY)


def _maker(unit: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        return f"CAST({whole(args[0], call.args[0].type)} AS BIGINT)"

    return fixed(1, f"toInterval{unit.capitalize()}", to(interval_of(unit)), write, "n")


def _yyyy(name: str, pattern: str, kind: Type) -> Function:
    return Function(name, 1, 1, to(kind), f"CAST(strftime({{0}}, '{pattern}') AS BIGINT)", "t", local=True)


_SINCE: Final = "CAST(floor(epoch(CAST({0} AS TIMESTAMP))) AS BIGINT)"

TITLE: Final = "Dates and times"
FUNCTIONS: Final[tuple[Function, ...]] = (
    *(_maker(unit) for unit in UNITS),
    *(_mover(unit, sign) for unit in UNITS for sign in "+-"),
    Function("toStartOfSecond", 1, 1, first, "date_trunc('second', {0})", "f", local=True),
    _start_of("toStartOfMinute", "minute"),
    _start_of("toStartOfHour", "hour"),
    _start_of("toStartOfDay", "day", zone=1),
    _start_of("toMonday", "week"),
    _start_of("toStartOfMonth", "month"),
    _start_of("toStartOfQuarter", "quarter"),
    _start_of("toStartOfYear", "year"),
    _start_of("toStartOfISOYear", "isoyear"),
    Function("toStartOfWeek", 1, 2, _truncated("week"), _start_of_week, "tc", local=True),
    *(
        Function(f"toStartOf{name}Minutes", 1, 1, to(DATETIME), _blocks(minutes), "d", local=True)
        for name, minutes in (("Five", 5), ("Ten", 10), ("Fifteen", 15))
    ),
    Function(
        "toStartOfInterval",
        2,
        3,
        to(DATETIME),
        interval_start,
        "ti*",
        zone=2,
        local=True,
        typed=lambda args: kind_of_start(interval_unit(args[1].type), args[0]),
    ),
    *(
        Function(
            name,
            2,
            3,
            to(DATETIME),
            _date_trunc,
            "st*",
            clickhouse=_truncated_by_name,
            zone=2,
            local=True,
            typed=lambda args: kind_of_start(unit_of(args[0], "dateTrunc"), args[1]),
        )
        for name in ("dateTrunc", "date_trunc")
    ),
    *(Function(name, 3, 3, to(INT64), _difference, "stt") for name in ("dateDiff", "date_diff")),
    # The zone of a PostHog project, where none is named; here it is UTC.
    Function(
        "toTimeZone", 1, 2, lambda types: types[0].in_zone("UTC"), "{0}", "ds", clickhouse=_in_zone, zone=1
    ),
    _part("toYear", "year({0})", UINT16),
    _part("toQuarter", "quarter({0})"),
    _part("toMonth", "month({0})"),
    _part("toDayOfYear", "dayofyear({0})", UINT16),
    _part("toDayOfMonth", "day({0})"),
    Function("toDayOfWeek", 1, 3, to(UINT8), _day_of_week, "tc*", zone=2, local=True),
    _part("toHour", "hour({0})", takes="d*"),
    _part("toMinute", "minute({0})", takes="d*"),
    _part("toSecond", "second({0})", takes="d*"),
    _part("toISOWeek", "week({0})"),
    _part("toISOYear", "isoyear({0})", UINT16),
    _yyyy("toYYYYMM", "%Y%m", UINT32),
    _yyyy("toYYYYMMDD", "%Y%m%d", UINT32),
    _yyyy("toYYYYMMDDhhmmss", "%Y%m%d%H%M%S", UINT64),
    Function("toUnixTimestamp", 1, 2, to(UINT32), _SINCE, "t*", zone=1),
    fixed(1, "toUnixTimestamp64Milli", to(INT64), "epoch_us({0}) // 1000", "f"),
    Function("toLastDayOfMonth", 1, 1, to(DATE), "last_day({0})", "t", local=True),
    Function("monthName", 1, 1, to(STRING), "monthname({0})", "t", local=True),
    # These give the emulator's time; the resolver puts the constant in their place.
    Function("now", 0, 1, always(DATETIME6), "NULL", zone=0),
    Function("today", 0, 0, always(DATE), "NULL"),
    Function("yesterday", 0, 0, always(DATE), "NULL"),
    # The resolver turns these into a sum of a time and an interval.
    Function("dateAdd", 2, 3, always(DATETIME6), "NULL"),
    Function("dateSub", 2, 3, always(DATETIME6), "NULL"),
    Function("date_add", 2, 2, always(DATETIME6), "NULL"),
    Function("date_subtract", 2, 2, always(DATETIME6), "NULL"),
    Function("timeStampAdd", 2, 2, always(DATETIME6), "NULL"),
    Function("timeStampSub", 2, 2, always(DATETIME6), "NULL"),
    # And this one into toTimeZone.
    Function("timezone", 2, 2, always(DATETIME6), "NULL"),
    Function("nowInBlock", 1, 1, always(DATETIME), "NULL", zone=0),
)
