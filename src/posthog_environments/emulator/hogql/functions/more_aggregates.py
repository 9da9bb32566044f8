"""Aggregates that are rarer, and those that PostHog makes of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.functions.registry import (
    Fold,
    Function,
    Rule,
    always,
    counted,
    first,
    to,
)
from posthog_environments.emulator.hogql.nodes import Call
from posthog_environments.emulator.hogql.types import (
    BOOL,
    FLOAT64,
    INT64,
    STRING,
    UINT64,
    Type,
    array_of,
    tuple_of,
)


def _median(place: str) -> Fold:
    def fold(args: Sequence[str], call: Call, end: str) -> str:
        return f"list_sort(list({args[0]}){end})[CAST({place.format(f'count({args[0]}){end}')} AS BIGINT)]"

    return fold


def _wrapped(number: str, kind: Type) -> str:
    """A whole number as it is in a type that may be too small for it."""
    if not kind.integral:
        return number
    size = 1 << kind.bits
    low = size >> 1 if kind.signed else 0
    if kind.bits > 64:
        return number
    return f"((({number}) + {low}) % {size} + {size}) % {size} - {low}"


def _sum_with_overflow(args: Sequence[str], call: Call, end: str) -> str:
    value = f"CAST({args[0]} AS UTINYINT)" if call.args[0].type.family == "bool" else args[0]
    return _wrapped(f"sum({value}){end}", call.type)


def _delta_sum(args: Sequence[str], call: Call, end: str) -> str:
    steps = "list_zip(all_of_them[1:len(all_of_them) - 1], all_of_them[2:])"
    grown = f"list_sum(list_transform({steps}, lambda pair: greatest(pair[2] - pair[1], 0)))"
    kind = call.type
    value = f"CAST({args[0]} AS {'HUGEINT' if kind.integral else 'DOUBLE'})"
    # One value alone has grown by nothing.
    whole = f"list_transform([list({value}){end}], lambda all_of_them: CASE WHEN len(all_of_them) > 0 THEN coalesce({grown}, 0) END)[1]"
    return _wrapped(whole, kind)


def _group_bitmap(args: Sequence[str], call: Call, end: str) -> str:
    count = _wrapped(f"count(DISTINCT {args[0]}){end}", call.args[0].type)
    return f"CASE WHEN count({args[0]}){end} > 0 THEN {count} END" if call.type.nullable else count


def _sums(types: Sequence[Type]) -> Type:
    kind = types[0]
    return array_of(FLOAT64 if not kind.integral else INT64 if kind.signed else UINT64)


def _maps(types: Sequence[Type]) -> Type:
    """Of a map a map, of arrays a tuple of them."""
    if types[0].base == "Map":
        key, value = types[0].args
        return Type("Map", args=(key, _sums([value]).item))
    keys, *values = types[0].args if types[0].base == "Tuple" else types
    return tuple_of((keys, *(_sums([kind.item]) for kind in values)))


def _extreme_maps(types: Sequence[Type]) -> Type:
    return types[0] if types[0].base in ("Map", "Tuple") else tuple_of(types)


def _plain_items(types: Sequence[Type]) -> Type:
    return array_of(types[0].null(False))


def _bitmap_item(types: Sequence[Type]) -> Type:
    return Type(types[0].detail.rpartition(", ")[2] or "UInt64")


def _on_both(name: str, result: Rule, takes: str, fold: Fold, empty: str = "") -> Function:
    return Function(name, 1, 1, result, "", takes, "aggregate", skips_missing=True, fold=fold, empty=empty)


def _chdb(
    name: str,
    result: Rule,
    takes: str = "n",
    least: int = 1,
    most: int | None = 1,
    params: tuple[int, int] = (0, 0),
) -> Function:
    return Function(name, least, most, result, "", takes, "aggregate", params, nulls=True)


TITLE: Final = "Further aggregates"
FUNCTIONS: Final = (
    Function("every", 1, 1, always(BOOL), "min", kind="aggregate", made_of=("min", "toBool")),
    Function(
        "string_agg",
        2,
        2,
        always(STRING),
        "list",
        kind="aggregate",
        made_of=("groupArray", "arrayStringConcat"),
    ),
    Function(
        "json_agg", 1, 1, always(STRING), "list", kind="aggregate", made_of=("groupArray", "toJSONString")
    ),
    _on_both("medianExactLow", first, "n", _median("ceil({} / 2)"), "0"),
    _on_both("medianExactHigh", first, "n", _median("floor({} / 2) + 1"), "0"),
    _on_both("sumWithOverflow", counted, "n", _sum_with_overflow),
    # Never NULL, whatever the values are.
    _on_both("deltaSum", lambda types: counted(types).null(False), "n", _delta_sum),
    _on_both("groupBitmap", first, "w", _group_bitmap),
    *(_chdb(name, _maps, "*", 1, None) for name in ("sumMap",)),
    *(_chdb(name, _extreme_maps, "*", 1, None) for name in ("minMap", "maxMap")),
    *(_chdb(name, to(FLOAT64)) for name in ("skewPop", "skewSamp", "kurtPop", "kurtSamp")),
    _chdb("simpleLinearRegression", always(tuple_of((FLOAT64, FLOAT64))), "n", 2, 2),
    _chdb("deltaSumTimestamp", first, "*", 2, 2),
    _chdb("anyHeavy", first, "*"),
    _chdb("groupArrayInsertAt", _plain_items, "*w", 2, 2, (0, 2)),
    _chdb("groupArraySample", _plain_items, "*", 1, 1, (1, 2)),
    _chdb("groupArrayMovingSum", _sums, "n", params=(0, 1)),
    _chdb("groupArrayMovingAvg", always(array_of(FLOAT64)), "n", params=(0, 1)),
    *(_chdb(f"groupBitmap{what}", _bitmap_item, "*") for what in ("And", "Or", "Xor")),
    # Of these PostHog takes one argument, and ClickHouse refuses what has no weights.
    *(
        _chdb(f"median{what}", to(kind))
        for what, kind in (
            ("BFloat16", FLOAT64),
            ("Deterministic", FLOAT64),
            ("ExactWeighted", FLOAT64),
            ("TDigestWeighted", Type("Float32")),
            ("TimingWeighted", Type("Float32")),
        )
    ),
    _chdb("maxIntersections", to(UINT64), "n", 2, 2),
    _chdb("maxIntersectionsPosition", first, "n", 2, 2),
    *(
        _chdb(name, to(FLOAT64), "*", 2, 2)
        for name in ("cramersV", "cramersVBiasCorrected", "theilsU", "contingency")
    ),
)
