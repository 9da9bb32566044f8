"""Weeks, ages, parts of times, and the blocks that they fall into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.json_values import quoted
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    always,
    fixed,
    refused,
    to,
    where_there,
)
from posthog_environments.emulator.hogql.functions.times import (
    cast_back,
    interval_unit,
    unit_of,
)
from posthog_environments.emulator.hogql.functions.zones import local_time
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import (
    DATE,
    DATETIME,
    INT32,
    INT64,
    NOTHING,
    STRING,
    UINT8,
    UINT16,
    UINT32,
    UTC_NAMES,
    Type,
)

# --- weeks ---------------------------------------------------------------------------------------------------

# Bits of a mode: weeks begin on Monday; a year is the week's; the first week is the first that begins in the year, or
# the other way round where weeks begin on Sunday; the first week is that of the first day of the year.
_MONDAY, _WEEK_YEAR, _FIRST_DAY, _NEW_YEAR = 1, 2, 4, 8


def _mode(call: Call) -> int:
    """The mode of a call, which must be written out.

    Raises:
        HogQLUnsupported: It is computed.
    """
    if len(call.args) < 2:
        return 0
    node = call.args[1]
    if not isinstance(node, Literal):
        raise HogQLUnsupported(f"The emulator supports only a constant mode in {call.name}().")
    return int(node.value)


def _anchor(day: str, mode: int) -> str:
    """The day of a week that tells which year it belongs to."""
    moved = "1" if not mode & _MONDAY else "0"
    start = f"(date_trunc('week', {day} + INTERVAL {moved} DAY) - INTERVAL {moved} DAY)"
    if mode & _NEW_YEAR:
        return f"({start} + INTERVAL 6 DAY)"
    by_first_day = bool(mode & _FIRST_DAY) == bool(mode & _MONDAY)
    return start if by_first_day else f"({start} + INTERVAL 3 DAY)"


def _week(args: Sequence[str], call: Call) -> str:
    mode = _mode(call)
    anchor = _anchor(args[0], mode)
    if mode & (_WEEK_YEAR | _NEW_YEAR):
        return f"((dayofyear({anchor}) + 6) // 7)"
    return f"((datediff('day', date_trunc('year', {args[0]}), {anchor}) + 7) // 7)"


def _year_week(args: Sequence[str], call: Call) -> str:
    anchor = _anchor(args[0], _mode(call))
    return f"(year({anchor}) * 100 + (dayofyear({anchor}) + 6) // 7)"


def _last_of_week(args: Sequence[str], call: Call) -> str:
    if _mode(call) & _MONDAY:
        return f"CAST(date_trunc('week', {args[0]}) + INTERVAL 6 DAY AS DATE)"
    return f"CAST(date_trunc('week', {args[0]} + INTERVAL 1 DAY) + INTERVAL 5 DAY AS DATE)"


# --- parts ---------------------------------------------------------------------------------------------------

_OF_DAY: Final = frozenset({"hour", "minute", "second"})
_NAMED_PARTS: Final = {
    "year": "year({0})",
    "quarter": "quarter({0})",
    "month": "monthname({0})",
    "dayofyear": "dayofyear({0})",
    "day": "day({0})",
    "week": "week({0})",
    "weekday": "dayname({0})",
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "second({0})",
}
# In PostHog's order: it asks for one after the other.
_PARTS: Final = {
    "year": ("toYear", "year({0})"),
    "month": ("toMonth", "month({0})"),
    "day": ("toDayOfMonth", "day({0})"),
    "hour": ("toHour", "hour({0})"),
    "minute": ("toMinute", "minute({0})"),
    "second": ("toSecond", "second({0})"),
    "dow": ("toDayOfWeek", "isodow({0})"),
    "doy": ("toDayOfYear", "dayofyear({0})"),
    "quarter": ("toQuarter", "quarter({0})"),
}


def _part_of(args: Sequence[Expr], name: str) -> str:
    node = args[0]
    if not isinstance(node, Literal):
        raise HogQLUnsupported(f"The emulator supports only a constant part of a time in {name}().")
    part = str(node.value)
    if part in _OF_DAY and not args[1].type.has_zone and args[1].type != NOTHING:
        detail = f"Illegal argument of type {args[1].type} for function {name}"
        raise HogQLError(detail, "illegal_type_of_argument")
    return part


def _known_part(args: Sequence[Expr]) -> None:
    if NOTHING in (args[0].type, args[1].type):
        return
    part = _part_of(args, "dateName")
    if part not in _NAMED_PARTS:
        raise HogQLError(f"Invalid date part {part} for function dateName", "bad_arguments")


def _fitting_part(args: Sequence[Expr]) -> None:
    _part_of(args, "date_part")


def _date_name(args: Sequence[str], call: Call) -> str:
    return f"CAST({_NAMED_PARTS[_part_of(call.args, 'dateName')].format(args[1])} AS VARCHAR)"


def _date_part(args: Sequence[str], call: Call) -> str:
    found = _PARTS.get(_part_of(call.args, "date_part"))
    return found[1].format(args[1]) if found else "NULL"


def _date_part_asked(args: Sequence[str], call: Call) -> str:
    text = "NULL"
    for part, (function, _) in reversed(_PARTS.items()):
        text = f"if(equals({args[0]}, '{part}'), {function}({args[1]}), {text})"
    return text


# --- ages ----------------------------------------------------------------------------------------------------

_LASTING: Final = {"second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000}
# Larger than any number of microseconds in a month.
_MONTH: Final = 10**14
# Which units have passed on the calendar, and how far a time is into its unit.
_PASSED: Final = {
    "day": "datediff('day', {0}, {1})",
    "week": "datediff('day', date_trunc('week', {0}), date_trunc('week', {1})) // 7",
    "month": "datediff('month', {0}, {1})",
    "quarter": "datediff('quarter', {0}, {1})",
    "year": "datediff('year', {0}, {1})",
}
_SINCE: Final = "(epoch_us({{0}}) - epoch_us(date_trunc('{0}', {{0}})))"
_WITHIN: Final = {
    "day": _SINCE.format("day"),
    "week": _SINCE.format("week"),
    "month": _SINCE.format("month"),
    "quarter": f"((month({{0}}) - 1) % 3 * {_MONTH} + {_SINCE.format('month')})",
    "year": f"(month({{0}}) * {_MONTH} + {_SINCE.format('month')})",
}


def _age(args: Sequence[str], call: Call) -> str:
    unit = unit_of(call.args[0], "age")
    moments = [f"CAST({arg} AS TIMESTAMP)" for arg in args[1:]]
    zones = [arg.type.zone if arg.type.has_zone else "UTC" for arg in call.args[1:]]
    if zones[0] != zones[1] and unit not in ("second", "minute"):
        raise HogQLUnsupported(f"The emulator on DuckDB counts the {unit}s of an age in one zone only.")
    if unit in _LASTING:
        return f"((epoch_us({moments[1]}) - epoch_us({moments[0]})) // {_LASTING[unit]})"
    clocks = [local_time(moment, zone) for moment, zone in zip(moments, zones, strict=True)]
    passed = _PASSED[unit].format("t[3]", "t[4]")
    first, last = (_WITHIN[unit].format(name) for name in ("t[3]", "t[4]"))
    counted = (
        f"CASE WHEN t[1] <= t[2] THEN {passed} - CAST({first} > {last} AS BIGINT) "
        f"ELSE {passed} + CAST({last} > {first} AS BIGINT) END"
    )
    return where_there(
        f"list_transform([row({', '.join([*moments, *clocks])})], lambda t: {counted})[1]", args, call
    )


def _unit_known(args: Sequence[Expr]) -> None:
    if args[0].type != NOTHING:
        unit_of(args[0], "age")


# --- blocks --------------------------------------------------------------------------------------------------


def _slot_type(types: Sequence[Type]) -> Type:
    kind = types[0]
    if kind.base == "DateTime":
        return kind
    return DATETIME.in_zone(kind.zone).null(kind.nullable)


_SLOT: Final = "make_timestamp(greatest(epoch_us({0}) // 1800000000, 0) * 1800000000)"


def _bin_type(types: Sequence[Type]) -> Type:
    return types[1].null(any(kind.nullable for kind in types))


def _bin_fits(args: Sequence[Expr]) -> None:
    interval, moment, origin = (arg.type for arg in args)
    if NOTHING in (interval, moment, origin):
        return
    if (moment.base, moment.detail.partition(",")[0]) != (origin.base, origin.detail.partition(",")[0]):
        detail = (
            "Datetime argument and origin argument for function toStartOfInterval must have the same type"
        )
        raise HogQLError(detail, "illegal_type_of_argument")
    if not moment.has_zone and interval_unit(interval) in _OF_DAY:
        detail = f"Illegal interval kind for argument data type {moment}"
        raise HogQLError(detail, "illegal_type_of_argument")


_AFTER: Final = refused("bad_arguments", "The origin must be before the end date / date with time")
_NO_STEP: Final = refused(
    "argument_out_of_bound", "The interval of function toStartOfInterval must be positive"
)
_DAY: Final = 86_400_000_000
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def _bin(args: Sequence[str], call: Call) -> str:
    count, moment, origin = args
    unit = interval_unit(call.args[0].type)
    if not {arg.type.zone for arg in call.args[1:]} <= UTC_NAMES:
        raise HogQLUnsupported("The emulator on DuckDB supports date_bin() in UTC only; chDB in every zone.")
    one, other = (f"CAST({text} AS TIMESTAMP)" for text in (origin, moment))
    if unit in _MONTHS:
        # Whatever the clocks say: the last one may begin after the time.
        months = f"(datediff('month', {one}, {other}) - CAST(day({one}) > day({other}) AS BIGINT))"
        step = f"({count} * {_MONTHS[unit]})"
        found = f"{one} + to_months(CAST({months} // {step} * {step} AS INTEGER))"
    else:
        step, passed = (
            f"({count} * {_LASTING.get(unit) or _DAYS[unit] * _DAY})",
            f"(epoch_us({other}) - epoch_us({one}))",
        )
        found = f"{passed} // {step} * {step}"
        if unit == "hour":
            # ClickHouse begins anew with every day.
            found = f"{passed} // {_DAY} * {_DAY} + {passed} % {_DAY} // {step} * {step}"
        found = f"make_timestamp(epoch_us({one}) + {found})"
    text = (
        f"CASE WHEN {count} <= 0 THEN {_NO_STEP} WHEN {one} > {other} THEN {_AFTER} "
        f"ELSE {cast_back(found, call.type)} END"
    )
    return where_there(text, args, call)


TITLE: Final = "Weeks, ages and parts of times"
FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("toWeek", 1, 3, to(UINT8), _week, "tc*", zone=2, local=True, constant=(1,)),
    Function("toYearWeek", 1, 3, to(UINT32), _year_week, "tc*", zone=2, local=True, constant=(1,)),
    Function("toLastDayOfWeek", 1, 2, to(DATE), _last_of_week, "tc", local=True, constant=(1,)),
    Function("dateName", 2, 2, to(STRING), _date_name, "st", local=True, constant=(0,), refuse=_known_part),
    Function(
        "date_part",
        2,
        2,
        always(UINT16.null()),
        _date_part,
        "st",
        clickhouse=_date_part_asked,
        local=True,
        refuse=_fitting_part,
    ),
    fixed(3, "age", to(INT64), _age, "stt", constant=(0,), refuse=_unit_known),
    fixed(
        1,
        "timeZoneOf",
        always(STRING),
        lambda args, call: quoted(call.args[0].type.zone),
        "d",
        nulls=True,
    ),
    fixed(
        1,
        "timeZoneOffset",
        to(INT32),
        lambda args, call: (
            f"((epoch_us({local_time(args[0], call.args[0].type.zone)}) - epoch_us({args[0]})) // 1000000)"
        ),
        "d",
    ),
    fixed(1, "timeSlot", _slot_type, _SLOT, "d"),
    fixed(
        3,
        "date_bin",
        _bin_type,
        _bin,
        "itt",
        clickhouse="toStartOfInterval({1}, {0}, {2})",
        constant=(0, 2),
        refuse=_bin_fits,
    ),
)
