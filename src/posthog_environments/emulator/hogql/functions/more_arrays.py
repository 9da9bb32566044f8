"""Functions of arrays that look at neighbours, count members or change their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.arrays import default_of, own, rows
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, Write, always, fixed
from posthog_environments.emulator.hogql.nodes import Call, Expr, Lambda, Literal
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    INT64,
    UINT8,
    UINT32,
    UINT64,
    Type,
    array_of,
    supertype,
)

_MOST_MEMBERS: Final = 1_000_000
_PLACES: Final = "range(1, len({0}) + 1)"


def _let(text: str, **values: str) -> str:
    """What a text of `it.<name>` comes to, each value being computed once."""
    members = ", ".join(f"'{name}': {value}" for name, value in values.items())
    return f"list_transform([{{{members}}}], lambda it: {text})[1]"


def _same(types: Sequence[Type]) -> Type:
    return array_of(types[0].item)


def _second(types: Sequence[Type]) -> Type:
    return array_of(types[1].item)


# --- by conditions ------------------------------------------------------------------------------------------


def _last(args: Sequence[str], call: Call) -> str:
    value = f"({own(f'list_filter({rows(args)}, {args[0]})', args)})[-1]"
    default = default_of(call.type)
    return value if default == "NULL" else f"coalesce({value}, {default})"


def _holds(args: Sequence[str]) -> str:
    return f"list_transform({rows(args)}, {args[0]})"


def _last_index(args: Sequence[str], call: Call) -> str:
    found = "nullif(list_position(list_reverse(it.holds), TRUE), 0)"
    return _let(f"coalesce(len(it.holds) + 1 - {found}, 0)", holds=_holds(args))


def _filled(args: Sequence[str], chosen: str) -> str:
    each = f"list_transform({_PLACES.format('it.own')}, lambda place: it.own[{chosen}])"
    return _let(each, own=args[1], holds=_holds(args))


def _fill(args: Sequence[str], call: Call) -> str:
    before = "list_filter(range(1, place + 1), lambda other: it.holds[other])"
    return _filled(args, f"coalesce(list_max({before}), 1)")


def _reverse_fill(args: Sequence[str], call: Call) -> str:
    after = "list_filter(range(place, len(it.own) + 1), lambda other: it.holds[other])"
    return _filled(args, f"coalesce(list_min({after}), len(it.own))")


def _split(args: Sequence[str], call: Call) -> str:
    starts = f"list_filter({_PLACES.format('it.own')}, lambda place: place = 1 OR coalesce(it.holds[place], FALSE))"
    part = "it.own[start:coalesce(it.starts[place + 1] - 1, len(it.own))]"
    parts = f"list_transform(it.starts, lambda start, place: {part})"
    return _let(_let(parts, own="it.own", starts=starts), own=args[1], holds=_holds(args))


def _reverse_split(args: Sequence[str], call: Call) -> str:
    ends = (
        f"list_filter({_PLACES.format('it.own')}, lambda place: place = len(it.own) OR"
        " coalesce(it.holds[place], FALSE))"
    )
    part = "it.own[coalesce(CASE WHEN place > 1 THEN it.ends[place - 1] END, 0) + 1:last]"
    parts = f"list_transform(it.ends, lambda last, place: {part})"
    return _let(_let(parts, own="it.own", ends=ends), own=args[1], holds=_holds(args))


def _by_condition(name: str, result: Rule, write: Write) -> Function:
    return Function(name, 2, None, result, write, "*a", predicate=True)


# --- sums ---------------------------------------------------------------------------------------------------


def _added(args: Sequence[Expr]) -> Type:
    return args[0].type if isinstance(args[0], Lambda) else args[0].type.item


def _numbers(args: Sequence[Expr]) -> None:
    kind = _added(args)
    if not kind.numeric or kind.nullable:
        raise HogQLError(f"Members of type {kind} cannot be added", "illegal_type_of_argument")


def _values(args: Sequence[str], call: Call) -> str:
    """Numbers that may be added up without an end of their type."""
    text = _holds(args) if isinstance(call.args[0], Lambda) else args[0]
    kind = "HUGEINT" if _added(call.args).integral else "DOUBLE"
    return f"list_transform({text}, lambda number: CAST(number AS {kind}))"


def _sums(types: Sequence[Type]) -> Type:
    kind = types[0] if len(types) > 1 else types[0].item
    return array_of(FLOAT64 if not kind.integral else INT64 if kind.signed else UINT64)


def _running(args: Sequence[str], call: Call) -> str:
    each = f"list_transform({_PLACES.format('it.numbers')}, lambda place: list_sum(it.numbers[1:place]))"
    return _let(each, numbers=_values(args, call))


def _running_above_zero(args: Sequence[str], call: Call) -> str:
    steps = f"list_transform({_values(args, call)}, lambda step: [step])"
    zero = f"[CAST(0 AS {'HUGEINT' if _added(call.args).integral else 'DOUBLE'})]"
    more = "list_append(done, greatest(done[-1] + step[1], 0))"
    return f"list_reduce(list_prepend({zero}, {steps}), lambda done, step: {more})[2:]"


def _difference_type(types: Sequence[Type]) -> Type:
    kind = types[0].item
    if kind.family == "time":
        bits = {"Date": 32}.get(kind.base, 64)
    elif not kind.integral:
        return array_of(FLOAT64)
    else:
        bits = min(kind.bits * 2, 64)
    return array_of(Type(f"Int{bits}"))


def _differing(args: Sequence[Expr]) -> None:
    item = args[0].type.item
    if item.nullable or item.family not in ("number", "bool", "time"):
        detail = f"arrayDifference cannot process values of type {item}"
        raise HogQLError(detail, "illegal_type_of_argument")


def _difference(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.item.family == "time":
        raise HogQLUnsupported(
            "The emulator on DuckDB does not support arrayDifference() of times; chDB does."
        )
    step = "CASE WHEN place = 1 THEN 0 ELSE it.numbers[place] - it.numbers[place - 1] END"
    each = f"list_transform({_PLACES.format('it.numbers')}, lambda place: {step})"
    return _let(each, numbers=_values(args, call))


def _product(args: Sequence[str], call: Call) -> str:
    # Of nothing ClickHouse makes 0.
    return (
        f"coalesce(list_aggregate(list_transform({args[0]}, lambda one: CAST(one AS DOUBLE)), 'product'), 0)"
    )


# --- what is the same ---------------------------------------------------------------------------------------


def _enumerate_unique(args: Sequence[str], call: Call) -> str:
    same = "list_filter(it.own[1:place], lambda other: other IS NOT DISTINCT FROM it.own[place])"
    each = f"list_transform({_PLACES.format('it.own')}, lambda place: len({same}))"
    return _let(each, own=rows(["", *args]))


def _enumerate_dense(args: Sequence[str], call: Call) -> str:
    first = "list_filter(it.own[1:place - 1], lambda other: other IS NOT DISTINCT FROM one)"
    kinds = f"list_filter(it.own, lambda one, place: len({first}) = 0)"
    number = "list_filter(range(1, len(it.kinds) + 1), lambda nth: it.kinds[nth] IS NOT DISTINCT FROM one)[1]"
    each = _let(f"list_transform(it.own, lambda one: {number})", own="it.own", kinds=kinds)
    return _let(each, own=args[0])


def _has_run(args: Sequence[str], call: Call) -> str:
    run = "it.own[place:place + len(it.run) - 1] IS NOT DISTINCT FROM it.run"
    found = f"len(list_filter(range(1, len(it.own) - len(it.run) + 2), lambda place: {run})) > 0"
    return _let(f"CAST(len(it.run) = 0 OR {found} AS UTINYINT)", own=args[0], run=args[1])


def _one_type(args: Sequence[Expr]) -> None:
    supertype([arg.type.item for arg in args])


# --- sizes --------------------------------------------------------------------------------------------------


def _resized(types: Sequence[Type]) -> Type:
    return array_of(supertype([types[0].item, *types[2:]]))


def _sizes(args: Sequence[Expr]) -> None:
    if args[1].type.nullable:
        raise HogQLError(f"Illegal type {args[1].type} of the size of an array", "illegal_type_of_argument")
    item = args[0].type.item
    empty = item.base == "Nothing" and not item.nullable
    if empty and len(args) == 2 and not (isinstance(args[1], Literal) and args[1].value == 0):
        raise HogQLUnsupported("There is nothing to put into an array that can hold nothing.")


def _few(node: Expr) -> None:
    if isinstance(node, Literal) and isinstance(node.value, (int, float)) and abs(node.value) > _MOST_MEMBERS:
        raise HogQLUnsupported("The emulator makes no arrays of more than a million members.")


def _resize(args: Sequence[str], call: Call) -> str:
    _few(call.args[1])
    item = call.type.item
    default = args[2] if len(args) > 2 else default_of(item)
    if len(args) == 2 and not item.nullable and item.family in ("tuple", "map", "interval"):
        raise HogQLUnsupported(f"The emulator on DuckDB does not support arrayResize() of {item}; chDB does.")
    more = f"list_transform(range(greatest(abs(it.size) - len(it.own), 0)), lambda number: {default})"
    after = f"list_concat(it.own[1:it.size], {more})"
    before = f"list_concat({more}, it.own[greatest(len(it.own) + it.size + 1, 1):])"
    return _let(
        f"CASE WHEN it.size < 0 THEN {before} ELSE {after} END",
        own=args[0],
        size=f"CAST(trunc({args[1]}) AS BIGINT)",
    )


def _rotate(sign: str) -> Write:
    def write(args: Sequence[str], call: Call) -> str:
        size = "greatest(len(it.own), 1)"
        by = f"((({sign}it.by) % {size} + {size}) % {size})"
        turned = f"list_concat(it.own[{by} + 1:], it.own[1:{by}])"
        return _let(turned, own=args[0], by=f"coalesce(CAST({args[1]} AS BIGINT), 0)")

    return write


def _constant(args: Sequence[str], call: Call) -> str:
    _few(call.args[0])
    size = f"CAST(trunc({args[0]}) AS BIGINT)"
    made = f"list_transform(range({size}), lambda number: {args[1]})"
    return f"CASE WHEN {size} < 0 THEN error('negative size of an array') ELSE {made} END"


def _counted(args: Sequence[Expr]) -> None:
    if args[0].type.nullable:
        raise HogQLError(
            f"Illegal type {args[0].type} of argument of function arrayWithConstant, expected Integer",
            "illegal_type_of_argument",
        )


TITLE: Final = "Further functions of arrays"
FUNCTIONS: Final = (
    _by_condition("arrayLast", lambda types: types[1].item, _last),
    _by_condition("arrayLastIndex", always(UINT32), _last_index),
    _by_condition("arrayFill", _second, _fill),
    _by_condition("arrayReverseFill", _second, _reverse_fill),
    _by_condition("arraySplit", lambda types: array_of(_second(types)), _split),
    _by_condition("arrayReverseSplit", lambda types: array_of(_second(types)), _reverse_split),
    Function("arrayCumSum", 1, None, _sums, _running, "*a", refuse=_numbers),
    Function("arrayCumSumNonNegative", 1, None, _sums, _running_above_zero, "*a", refuse=_numbers),
    fixed(1, "arrayDifference", _difference_type, _difference, "a", refuse=_differing),
    fixed(1, "arrayProduct", always(FLOAT64), _product, "a", refuse=_numbers),
    fixed(
        1,
        "arrayCompact",
        _same,
        "list_filter({0}, lambda member, place: place = 1 OR member IS DISTINCT FROM ({0})[place - 1])",
        "a",
    ),
    Function("arrayEnumerateUniq", 1, None, always(array_of(UINT32)), _enumerate_unique, "a"),
    fixed(1, "arrayEnumerateDense", always(array_of(UINT32)), _enumerate_dense, "a"),
    fixed(2, "hasSubstr", always(UINT8), _has_run, "a", refuse=_one_type),
    Function("arrayResize", 2, 3, _resized, _resize, "an*", refuse=_sizes, nulls=True),
    fixed(2, "arrayRotateLeft", _same, _rotate(""), "aw"),
    fixed(2, "arrayRotateRight", _same, _rotate("-"), "aw"),
    fixed(
        2,
        "arrayWithConstant",
        lambda types: array_of(types[1]),
        _constant,
        "n*",
        nulls=True,
        refuse=_counted,
    ),
    fixed(2, "arrayAUC", always(FLOAT64), "", "a"),
)
