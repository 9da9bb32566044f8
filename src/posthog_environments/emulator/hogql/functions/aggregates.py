"""Aggregates. FILTER and OVER follow their text, or stand within it: see `Function.fold`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.registry import (
    NAN,
    Fold,
    Function,
    Rule,
    Write,
    always,
    first,
    to,
    widest,
)
from posthog_environments.emulator.hogql.functions.uuids import uuid_order
from posthog_environments.emulator.hogql.nodes import Call
from posthog_environments.emulator.hogql.types import FLOAT64, INT64, UINT64, Type, array_of

_FLOAT32: Final = Type("Float32")


def _sum(types: Sequence[Type]) -> Type:
    kind = types[0]
    total = FLOAT64 if not kind.integral else INT64 if kind.signed else UINT64
    return total.null(kind.nullable)


def _array(types: Sequence[Type]) -> Type:
    return array_of(types[0].null(False) if types[0].base != "Nothing" else types[0])


def _level(call: Call, default: float = 0.5) -> float:
    """The parameter of a quantile.

    Raises:
        HogQLError: It is no number from 0 to 1.
    """
    level = call.params[0] if call.params else default
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 <= level <= 1:
        raise HogQLError("Quantile level is out of range [0..1]", "parameter_out_of_bound")
    return float(level)


def _quantile(args: Sequence[str], call: Call) -> str:
    value = f"CAST({args[0]} AS DOUBLE)"
    if call.args[0].type.base.startswith("Float"):
        value = f"nullif({value}, {NAN})"
    return f"quantile_cont({value}, {_level(call)})"


def _member(value: str, call: Call, end: str, place: str) -> str:
    """One of the sorted values; `place` of their level times their count."""
    count = f"count({value}){end}"
    place = f"greatest(least(CAST({place.format(f'({_level(call)} * {count})')} AS BIGINT), {count}), 1)"
    return f"list_sort(list({value}){end})[{place}]"


def _quantile_exact(args: Sequence[str], call: Call, end: str) -> str:
    return _member(args[0], call, end, "floor({}) + 1")


def _quantile_digest(args: Sequence[str], call: Call, end: str) -> str:
    # So it is as long as the values are few; of many ClickHouse knows only about what they are.
    return _member(f"CAST({args[0]} AS DOUBLE)", call, end, "ceil({})")


def _quantile_timing(args: Sequence[str], call: Call, end: str) -> str:
    # Whole milliseconds, and nothing before 0.
    return _member(f"CASE WHEN {args[0]} >= 0 THEN trunc({args[0]}) END", call, end, "floor({}) + 1")


def _quantiles(args: Sequence[str], call: Call, end: str) -> str:
    if not call.params:
        raise HogQLError("Aggregation 'quantiles' requires at least 1 parameter", "query_error")
    levels = [_level(Call(call.type, call.name, (), (param,))) for param in call.params]
    nothing = ", ".join(["CAST('nan' AS DOUBLE)"] * len(levels))
    return f"coalesce(quantile_cont(CAST({args[0]} AS DOUBLE), {levels}){end}, [{nothing}])"


def _count(args: Sequence[str], call: Call) -> str:
    if not args:
        return "count(*)"
    distinct = "DISTINCT " if call.distinct else ""
    return f"count({distinct}{_together(args)})"


def _together(args: Sequence[str]) -> str:
    return args[0] if len(args) == 1 else f"row({', '.join(args)})"


def _uniq(args: Sequence[str], call: Call) -> str:
    return f"count(DISTINCT {_together(args)})"


def _top(args: Sequence[str], call: Call) -> str:
    count = call.params[0] if call.params else 10
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= 65536:
        raise HogQLError("Too large parameter(s) for aggregate function 'topK'", "argument_out_of_bound")
    return f"approx_top_k({args[0]}, {count})"


def _limit(call: Call) -> int | None:
    if not call.params:
        return None
    count = call.params[0]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise HogQLError(f"Parameter for aggregate function {call.name} should be positive", "bad_arguments")
    return count


def _group_array(args: Sequence[str], call: Call, end: str) -> str:
    limit = _limit(call)
    values = f"list({'DISTINCT ' if call.distinct else ''}{args[0]}){end}"
    return values if limit is None else f"({values})[1:{limit}]"


def _group_uniq_array(args: Sequence[str], call: Call, end: str) -> str:
    limit = _limit(call)
    values = f"list_sort(list(DISTINCT {args[0]}){end})"
    return values if limit is None else f"({values})[1:{limit}]"


def _weighted(args: Sequence[str], call: Call, end: str) -> str:
    return f"CAST(sum({args[0]} * {args[1]}){end} AS DOUBLE) / sum({args[1]}){end}"


def _aggregate(
    name: str,
    result: Rule,
    duckdb: str | Write,
    takes: str = "*",
    *,
    least: int = 1,
    most: int | None = 1,
    params: tuple[int, int] = (0, 0),
    skips: bool = False,
    empty: str = "",
    fold: Fold | None = None,
    nulls: bool = False,
) -> Function:
    return Function(
        name,
        least,
        most,
        result,
        duckdb,
        takes,
        "aggregate",
        params,
        skips_missing=skips,
        empty=empty,
        fold=fold,
        nulls=nulls,
    )


def _plain(name: str, result: Rule, duckdb: str, takes: str = "*", empty: str = "") -> Function:
    return _aggregate(name, result, lambda args, call: f"{duckdb}({_given(args, call)})", takes, empty=empty)


def _extreme(name: str) -> Function:
    def write(args: Sequence[str], call: Call) -> str:
        if call.args[0].type.base == "UUID":
            return f"arg_{name}({args[0]}, {uuid_order(args[0])})"
        if name == "max" and call.args[0].type.base.startswith("Float"):
            # What is no number is the greatest one for DuckDB, and left out by ClickHouse.
            return f"-min({'DISTINCT ' if call.distinct else ''}-({args[0]}))"
        return f"{name}({_given(args, call)})"

    return _aggregate(name, first, write)


def _given(args: Sequence[str], call: Call) -> str:
    return f"{'DISTINCT ' if call.distinct else ''}{args[0]}"


def _floats(name: str, duckdb: str, arguments: int = 1) -> Function:
    return _aggregate(
        name,
        to(FLOAT64),
        lambda args, call: f"{duckdb}({', '.join(args)})",
        "n",
        least=arguments,
        most=arguments,
        empty="NULL",
    )


def _at(name: str, duckdb: str) -> Function:
    def result(types: Sequence[Type]) -> Type:
        return types[0].null(any(kind.nullable for kind in types))

    def write(args: Sequence[str], call: Call) -> str:
        kind = call.args[1].type
        key = uuid_order(args[1]) if kind.base == "UUID" else args[1]
        if name == "argMax" and kind.base.startswith("Float"):
            return f"arg_min({args[0]}, -({key}))"
        return f"{duckdb}({args[0]}, {key})"

    return _aggregate(name, result, write, least=2, most=2, skips=True)


def _edge(name: str, duckdb: str, place: int) -> Function:
    """The first or last value that is there."""

    def fold(args: Sequence[str], call: Call, end: str) -> str:
        # Over windows DuckDB skips nothing.
        return f"(list({args[0]}){end})[{place}]" if " OVER (" in end else f"{duckdb}({args[0]}){end}"

    return _aggregate(name, first, "", fold=fold, skips=True)


TITLE: Final = "Aggregates"
FUNCTIONS: Final = (
    _aggregate("count", always(UINT64), _count, least=0, skips=True, nulls=True),
    *(
        _aggregate(name, always(UINT64), _uniq, most=None, skips=True, nulls=True)
        for name in ("uniq", "uniqExact", "uniqHLL12", "uniqTheta")
    ),
    _plain("sum", _sum, "sum", "n"),
    _plain("avg", to(FLOAT64), "avg", "n", "NULL"),
    _extreme("min"),
    _extreme("max"),
    *(_edge(name, "first", 1) for name in ("any", "first_value")),
    *(_edge(name, "last", -1) for name in ("anyLast", "last_value")),
    _at("argMin", "arg_min"),
    _at("argMax", "arg_max"),
    _aggregate("median", to(FLOAT64), _quantile, "n", empty="NULL"),
    *(_aggregate(name, to(FLOAT64), _quantile, "n", params=(0, 1), empty="NULL") for name in ("quantile",)),
    *(
        _aggregate(name, to(_FLOAT32), "", "n", fold=fold, skips=True, empty="NULL")
        for name, fold in (("medianTDigest", _quantile_digest), ("medianTiming", _quantile_timing))
    ),
    _aggregate("quantileExact", first, "", "n", fold=_quantile_exact, params=(0, 1), skips=True, empty="0"),
    _aggregate("medianExact", first, "", "n", fold=_quantile_exact, skips=True, empty="0"),
    _aggregate("quantiles", always(array_of(FLOAT64)), "", "n", fold=_quantiles, params=(1, 20)),
    _aggregate("groupArray", _array, "", fold=_group_array, params=(0, 1), skips=True),
    _aggregate("groupUniqArray", _array, "", fold=_group_uniq_array, params=(0, 1), skips=True),
    _aggregate("topK", _array, _top, params=(0, 3), skips=True),
    _aggregate(
        "avgWeighted", to(FLOAT64), "", "n", fold=_weighted, least=2, most=2, skips=True, empty="NULL"
    ),
    _floats("stddevPop", "stddev_pop"),
    _floats("stddevSamp", "stddev_samp"),
    _floats("varPop", "var_pop"),
    _floats("varSamp", "var_samp"),
    _floats("covarPop", "covar_pop", 2),
    _floats("covarSamp", "covar_samp", 2),
    _floats("corr", "corr", 2),
    _plain("groupBitAnd", widest, "bit_and", "w"),
    _plain("groupBitOr", widest, "bit_or", "w"),
    _plain("groupBitXor", widest, "bit_xor", "w"),
)
