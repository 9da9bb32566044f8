"""Functions that only chDB has. They run under their own names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, first, to
from posthog_environments.emulator.hogql.nodes import Expr, Literal
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    INT64,
    STRING,
    UINT8,
    UINT64,
    Type,
    array_of,
    parse_type,
    supertype,
    tuple_of,
)

_TEXTS: Final = array_of(STRING)


def _scalar(name: str, result: Rule, takes: str = "*", least: int = 1, most: int | None = 1) -> Function:
    return Function(name, least, most, result, "", takes, nulls=True)


def _aggregate(
    name: str,
    result: Rule,
    takes: str = "n",
    least: int = 1,
    most: int | None = 1,
    params: tuple[int, int] = (0, 0),
) -> Function:
    return Function(name, least, most, result, "", takes, "aggregate", params, nulls=True)


def _summed(types: Sequence[Type]) -> Type:
    item = types[-1].item
    return array_of(FLOAT64 if not item.integral else INT64 if item.signed else UINT64)


def _differences(types: Sequence[Type]) -> Type:
    return array_of(INT64 if types[-1].item.integral else FLOAT64)


def _map(types: Sequence[Type]) -> Type:
    return Type("Map", args=(supertype(types[::2]), supertype(types[1::2])))


def _map_of_arrays(types: Sequence[Type]) -> Type:
    return Type("Map", args=(types[0].item, types[1].item))


def _keys(types: Sequence[Type]) -> Type:
    return array_of(types[0].args[0])


def _values(types: Sequence[Type]) -> Type:
    return array_of(types[0].args[1])


def _resized(types: Sequence[Type]) -> Type:
    return array_of(types[0].item)


def _type_named(args: Sequence[Expr]) -> Type:
    """The type whose name is the last argument."""
    node = args[-1]
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLError("The last argument of JSONExtract() must be the name of a type", "illegal_column")
    return parse_type(node.value)


TITLE: Final = "Others"
FUNCTIONS: Final = (
    _scalar("arrayCumSum", _summed, "*a", most=2),
    _scalar("arrayDifference", _differences, "*a", most=2),
    _scalar("arrayCompact", first, "a"),
    _scalar("arrayResize", _resized, "an*", 2, 3),
    _scalar("map", _map, "*", 2, None),
    _scalar("mapFromArrays", _map_of_arrays, "a", 2, 2),
    _scalar("mapKeys", _keys, "m"),
    _scalar("mapValues", _values, "m"),
    _scalar("mapContains", always(UINT8), "m*", 2, 2),
    _scalar("cityHash64", always(UINT64), most=None),
    _scalar("unhex", to(STRING), "s"),
    _scalar("hex", to(STRING)),
    _scalar("formatReadableTimeDelta", to(STRING), "n"),
    _scalar("format", always(STRING), "s", 1, None),
    Function("JSONExtract", 2, None, always(STRING), "", "s*", typed=_type_named, nulls=True),
    _scalar("toJSONString", always(STRING)),
    _scalar("extractAllGroups", always(array_of(_TEXTS)), "s", 2, 2),
    _scalar("extractGroups", always(_TEXTS), "s", 2, 2),
    _scalar("cutURLParameter", to(STRING), "s", 2, 2),
    _scalar("ngramDistance", to(Type("Float32")), "s", 2, 2),
    _scalar("multiSearchAny", always(UINT8), "sa", 2, 2),
    _scalar("multiMatchAny", always(UINT8), "sa", 2, 2),
    _scalar("geoDistance", always(FLOAT64), "n", 4, 4),
    _aggregate("windowFunnel", always(UINT8), "*c", 2, None, (1, 4)),
    *(_aggregate(name, tuple_of, "a", 2, None) for name in ("sumMap", "minMap", "maxMap")),
    *(_aggregate(name, always(FLOAT64)) for name in ("skewPop", "skewSamp", "kurtPop", "kurtSamp")),
    _aggregate("simpleLinearRegression", always(tuple_of((FLOAT64, FLOAT64))), "n", 2, 2),
    _aggregate("deltaSum", first),
    _aggregate("anyHeavy", first, "*"),
)
