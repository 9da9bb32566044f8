"""Conversions. What cannot be converted is missing, as PostHog's `accurateCastOrNull` has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import evolve

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import (
    Function,
    Write,
    always,
    fixed,
    refused,
    to,
    where_there,
)
from posthog_environments.emulator.hogql.functions.zones import local_time, utc_time
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import (
    BOOL,
    DATE,
    DATETIME,
    DATETIME6,
    FLOAT64,
    INT64,
    NOTHING,
    STRING,
    UTC_NAMES,
    UUID,
    Type,
    known_zone,
)

# Texts may name an offset from UTC; DuckDB reads it only into its type with a zone.
PARSED_TIME: Final = (
    "CASE WHEN regexp_full_match({0}, '[0-9]{{9,10}}') THEN make_timestamp(CAST({0} AS BIGINT) * 1000000) "
    "ELSE make_timestamp(epoch_us(TRY_CAST({0} AS TIMESTAMPTZ))) END"
)
# DuckDB would read spaces and underscores too.
READ_FLOAT: Final = "CASE WHEN NOT regexp_matches({0}, '[\\s_]') THEN TRY_CAST({0} AS DOUBLE) END"

# Without a zone in its name, as ClickHouse has it where none was named.
_PLAIN: Final = Type("DateTime")


def text_of(value: str, kind: Type) -> str:
    """A value as ClickHouse writes it as text."""
    if kind.family == "string":
        return value
    if kind.base.startswith("Float"):
        text = f"regexp_replace(CAST({value} AS VARCHAR), '\\.0$|(e-?)\\+?0?', '\\1')"
        return f"replace({text}, '-nan', 'nan')"
    if kind.base == "Array":
        return _text_of_array(value, kind)
    if kind.base == "Map":
        pair, quote = ("key", "value"), "':'"
        parts = (_quoted(f"entry.{part}", item, part) for part, item in zip(pair, kind.args, strict=True))
        pairs = (
            f"list_transform(map_entries({value}), lambda entry: concat({(', ' + quote + ', ').join(parts)}))"
        )
        return f"concat('{{', array_to_string({pairs}, ','), '}}')"
    if kind.base == "Tuple":
        members = (_quoted(f"({value})[{place}]", item, "m") for place, item in enumerate(kind.args, 1))
        return f"concat('(', concat_ws(',', {', '.join(members)}), ')')"
    if kind.has_zone:
        value = local_time(value, kind.zone)
    if kind.base == "DateTime64":
        digits = int(kind.detail[:1])
        return f"left(strftime({value}, '%Y-%m-%d %H:%M:%S.%f'), {20 + digits if digits else 19})"
    if kind.base == "DateTime":
        return f"strftime({value}, '%Y-%m-%d %H:%M:%S')"
    return f"CAST({value} AS VARCHAR)"


def _text_of_array(value: str, kind: Type, name: str = "m") -> str:
    members = f"list_transform({value}, lambda {name}: {_quoted(name, kind.item, name + 'm')})"
    return f"concat('[', array_to_string({members}, ','), ']')"


def _quoted(value: str, kind: Type, name: str) -> str:
    """A member of an array or tuple as ClickHouse writes it there; `name` is free for an array inside."""
    if kind.base == "Array":
        return _text_of_array(value, kind, name)
    text = text_of(value, kind)
    if kind.family == "string":
        for plain, escaped in (("\\", "\\\\"), ("''", "\\''"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
            text = f"replace({text}, '{plain}', '{escaped}')"
    if kind.family in ("string", "time", "uuid"):
        text = f"concat('''', {text}, '''')"
    return f"CASE WHEN {value} IS NULL THEN 'NULL' ELSE {text} END"


def _to_string(args: Sequence[str], call: Call) -> str:
    kind = call.args[0].type
    if len(args) > 1:
        node = call.args[1]
        if not isinstance(node, Literal):
            raise HogQLUnsupported("The emulator supports only a constant time zone in toString().")
        kind = kind.in_zone(node.value)
    return text_of(args[0], kind)


def _only_times_have_zones(args: Sequence[Expr]) -> None:
    if len(args) == 1 or args[0].type == NOTHING:
        return
    if not args[0].type.has_zone:
        detail = "An incorrect number of arguments was specified for function 'toString'"
        raise HogQLError(detail, "number_of_arguments_doesnt_match")
    node = args[1]
    if isinstance(node, Literal) and node.value is not None and not known_zone(node.value):
        raise HogQLError(f"Unknown timezone: '{node.value}'", "bad_arguments")


def _to_int(args: Sequence[str], call: Call) -> str:
    (value,), kind = args, call.args[0].type
    if kind.family == "string":
        return f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN TRY_CAST({value} AS BIGINT) END"
    if kind.base.startswith("Float"):
        return f"CASE WHEN {value} = trunc({value}) THEN TRY_CAST({value} AS BIGINT) END"
    if kind.base == "Date":
        return f"datediff('day', DATE '1970-01-01', {value})"
    if kind.family == "time":
        return f"CAST(floor(epoch({value})) AS BIGINT)"
    return f"TRY_CAST({value} AS BIGINT)"


def _to_float(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.base == "Date":
        return f"CAST(datediff('day', DATE '1970-01-01', {args[0]}) AS DOUBLE)"
    if call.args[0].type.family == "time":
        return f"epoch({args[0]})"
    if call.args[0].type.family == "string":
        return READ_FLOAT.format(args[0])
    return f"TRY_CAST({args[0]} AS DOUBLE)"


def _date(types: Sequence[Type]) -> Type:
    return DATE.null(types[0].nullable or types[0].family == "string")


def _to_date(args: Sequence[str], call: Call) -> str:
    kind = call.args[0].type
    if kind.family == "string":
        # ClickHouse takes the 31st of any month, and goes on into the next one.
        month, day = f"TRY_CAST(concat(left({args[0]}, 7), '-01') AS DATE)", f"substring({args[0]}, 9, 2)"
        return (
            f"CASE WHEN regexp_matches({args[0]}, '^[0-9]{{4}}-[0-9]{{2}}-(0[1-9]|[12][0-9]|3[01])$') "
            f"THEN {month} + (CAST({day} AS INTEGER) - 1) END"
        )
    if kind.numeric:
        # Small numbers are days, large ones seconds.
        return (
            f"CASE WHEN {args[0]} < 0 THEN DATE '1970-01-01' WHEN {args[0]} < 65536 THEN DATE '1970-01-01' + CAST({args[0]} AS INTEGER) "
            f"ELSE CAST(make_timestamp(CAST({args[0]} AS BIGINT) * 1000000) AS DATE) END"
        )
    return f"CAST({args[0]} AS DATE)"


def _moment(types: Sequence[Type]) -> Type:
    kind = types[0]
    if kind.family == "string":
        return DATETIME6.null()
    return DATETIME.null(kind.nullable)


def _read_moment(args: Sequence[str], call: Call) -> str:
    """A text that names no offset is in the zone that is named."""
    moment, zone = PARSED_TIME.format(args[0]), call.type.zone
    if zone in UTC_NAMES:
        return moment
    local = utc_time(f"TRY_CAST({args[0]} AS TIMESTAMP)", call.type, zone)
    return f"CASE WHEN regexp_matches({args[0]}, '([zZ]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') THEN {moment} ELSE {local} END"


def _to_moment(args: Sequence[str], call: Call) -> str:
    kind = call.args[0].type
    if kind.family == "string":
        return _read_moment(args, call)
    if kind.family == "time" and not kind.has_zone:
        return utc_time(f"CAST({args[0]} AS TIMESTAMP)", call.type, call.type.zone)
    if call.type.base == "DateTime":
        if kind.family == "time":
            return f"make_timestamp(CAST(floor(epoch({args[0]})) AS BIGINT) * 1000000)"
        # 32 bits hold it.
        kept = (
            f"CASE WHEN {args[0]} < 0 THEN 0 WHEN {args[0]} > 4294967295 THEN 4294967295 ELSE {args[0]} END"
        )
        return f"make_timestamp(CAST(floor({kept}) AS BIGINT) * 1000000)"
    if kind.numeric:
        return f"make_timestamp(CAST({args[0]} * 1000000 AS BIGINT))"
    return f"CAST({args[0]} AS TIMESTAMP)"


_TRUTHS: Final = (
    ("1", "true", "t", "yes", "y", "on", "enable", "enabled"),
    ("0", "false", "f", "no", "n", "off", "disable", "disabled"),
)


def _to_bool(args: Sequence[str], call: Call) -> str:
    (value,), kind = args, call.args[0].type
    if kind.family == "string":
        yes, no = (f"lower({value}) IN {words}" for words in _TRUTHS)
        return f"CASE WHEN {yes} THEN TRUE WHEN {no} THEN FALSE END"
    if kind.family == "time":
        return f"(epoch({value}) <> 0)"
    return f"({value} <> 0)" if kind.numeric else value


def _by_type(of_text: str, other: str) -> Write:
    """ClickHouse has a function for texts, which gives NULL for what it cannot read, and one for the rest."""

    def write(args: Sequence[str], call: Call) -> str:
        return f"{of_text if call.args[0].type.family == 'string' else other}({', '.join(args)})"

    return write


_CAST: Final = "accurateCastOrNull({{0}}, '{}')"


def _to_clickhouse_bool(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.family == "string":
        return f"accurateCastOrNull(lower({args[0]}), 'Bool')"
    return f"toBool({args[0]})"


def _parsed(args: Sequence[str], call: Call) -> str:
    return f"parseDateTime64BestEffortOrNull({args[0]}, 6, {call.type.zone!r})"


def _to_clickhouse_moment(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.family == "string":
        return _parsed(args, call)
    return f"toDateTime({args[0]}, {call.type.zone!r})"


def _scale(args: Sequence[Expr]) -> int:
    """How many digits a fraction of seconds has; 6 where PostHog puts them in.

    Raises:
        HogQLError: It is no constant from 0 to 9.
        HogQLUnsupported: Nobody here has so many.
    """
    if len(args) < 2:
        return 6
    value = args[1].value if isinstance(args[1], Literal) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9:
        raise HogQLError("Scale of toDateTime64() must be a constant from 0 to 9", "illegal_type_of_argument")
    if value > 6:
        raise HogQLUnsupported("The emulator's times have microseconds, and no digits beyond them.")
    return value


def _finer(args: Sequence[Expr]) -> Type:
    return Type("DateTime64", args[0].type.nullable, detail=f"{_scale(args)}, 'UTC'")


def _to_finer(args: Sequence[str], call: Call) -> str:
    moment = _to_moment(args, call)
    if call.args[0].type.family == "string":
        none = refused("cannot_parse_datetime", "Cannot parse datetime")
        moment = where_there(f"coalesce({moment}, {none})", args[:1], evolve(call, args=call.args[:1]))
    step = 10 ** (6 - _scale(call.args))
    return moment if step == 1 else f"make_timestamp(epoch_us({moment}) // {step} * {step})"


def _to_clickhouse_finer(args: Sequence[str], call: Call) -> str:
    return f"toDateTime64({args[0]}, {_scale(call.args)}, {call.type.zone!r})"


def _or_zero(name: str, kind: Type, read: Write, clickhouse: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        found = f"coalesce({read(args, call)}, 0)"
        return f"CASE WHEN {args[0]} IS NOT NULL THEN {found} END" if call.type.nullable else found

    return fixed(1, name, to(kind), write, "s", clickhouse=clickhouse)


def _default_there(args: Sequence[Expr]) -> None:
    if args[1].type.nullable:
        raise HogQLError("The default of toFloatOrDefault() must not be nullable", "bad_arguments")


TITLE: Final = "Conversions"
FUNCTIONS: Final = (
    Function(
        "toString",
        1,
        2,
        lambda types: STRING.null(types[0].nullable),
        _to_string,
        "*s",
        constant=(1,),
        refuse=_only_times_have_zones,
    ),
    fixed(1, "toInt", always(INT64.null()), _to_int, "p", clickhouse=_CAST.format("Int64"), nulls=True),
    fixed(
        1, "toFloat", always(FLOAT64.null()), _to_float, "p", clickhouse=_CAST.format("Float64"), nulls=True
    ),
    _or_zero("toIntOrZero", INT64, _to_int, "toInt64OrZero({0})"),
    _or_zero("toFloatOrZero", FLOAT64, _to_float, "toFloat64OrZero({0})"),
    fixed(
        2,
        "toFloatOrDefault",
        always(FLOAT64),
        lambda args, call: f"coalesce({_to_float(args[:1], call)}, {args[1]})",
        "pn",
        clickhouse="toFloat64OrDefault({0}, toFloat64({1}))",
        nulls=True,
        refuse=_default_there,
    ),
    fixed(
        1,
        "toUUID",
        always(UUID.null()),
        "CAST(TRY_CAST({0} AS UUID) AS VARCHAR)",
        "x",
        nulls=True,
        clickhouse=_CAST.format("UUID"),
    ),
    fixed(
        1,
        "toBool",
        lambda types: BOOL.null(types[0].nullable or types[0].family == "string"),
        _to_bool,
        "p",
        nulls=True,
        clickhouse=_to_clickhouse_bool,
    ),
    Function(
        "toDate",
        1,
        1,
        _date,
        _to_date,
        "p",
        clickhouse=_by_type("toDateOrNull", "toDate"),
        local=True,
    ),
    Function("toDateTime", 1, 2, _moment, _to_moment, "p", clickhouse=_to_clickhouse_moment, zone=1),
    Function(
        "toDateTime64",
        1,
        3,
        always(DATETIME6),
        _to_finer,
        "p*",
        clickhouse=_to_clickhouse_finer,
        zone=2,
        typed=_finer,
    ),
    Function(
        "parseDateTimeBestEffort",
        1,
        2,
        always(DATETIME6.null()),
        _read_moment,
        "s",
        clickhouse=_parsed,
        zone=1,
    ),
    fixed(1, "fromUnixTimestamp", lambda types: _PLAIN.null(types[0].nullable), _to_moment, "w"),
)
