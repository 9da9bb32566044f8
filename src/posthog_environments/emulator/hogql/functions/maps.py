"""Maps. In DuckDB a map has each key once, and refuses another one; ClickHouse keeps both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, first
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    INT64,
    UINT8,
    UINT64,
    Type,
    array_of,
    supertype,
    tuple_of,
)

# Keys whose texts in an answer are known to be the same on both engines.
_KEYS: Final = frozenset({"string", "uuid", "bool", "null"})


def _map(types: Sequence[Type]) -> Type:
    return Type("Map", args=(supertype(types[::2]).null(False), supertype(types[1::2])))


def _paired(args: Sequence[Expr]) -> None:
    if len(args) % 2:
        raise HogQLError(
            f"Function map requires even number of arguments, but {len(args)} given",
            "number_of_arguments_doesnt_match",
        )
    for key in args[::2]:
        if key.type.nullable:
            raise HogQLError(f"Map cannot have a key of type {key.type}", "bad_arguments")


def _keyed(kind: Type) -> None:
    """Refuse keys that DuckDB has, but not as ClickHouse writes them.

    Raises:
        HogQLUnsupported: Always then.
    """
    key = kind.args[0]
    if key.family not in _KEYS and not key.integral and key.base != "Date":
        raise HogQLUnsupported(
            f"The emulator on DuckDB does not support maps with keys of type {key}; chDB does."
        )


def _write_map(args: Sequence[str], call: Call) -> str:
    _keyed(call.type)
    # Beside numbers, truth values are printed as numbers.
    cast = "CAST({} AS BOOLEAN)" if call.type.args[0].family == "bool" else "{}"
    return f"MAP([{', '.join(map(cast.format, args[::2]))}], [{', '.join(args[1::2])}])"


def _of_arrays(types: Sequence[Type]) -> Type:
    return Type("Map", args=(types[0].item.null(False), types[1].item))


def _write_of_arrays(args: Sequence[str], call: Call) -> str:
    _keyed(call.type)
    uneven = f"len({args[0]}) <> len({args[1]})"
    return f"CASE WHEN {uneven} THEN error('sizes of arrays') ELSE MAP({args[0]}, {args[1]}) END"


def _comparable(args: Sequence[Expr]) -> None:
    supertype([args[0].type.args[0], args[1].type], exact=False)


def _pairs(text: str) -> str:
    return f"list_zip(map_keys({text}), map_values({text}))"


def _of_pairs(text: str) -> str:
    made = "MAP(list_transform(it, lambda pair: pair[1]), list_transform(it, lambda pair: pair[2]))"
    return f"list_transform([{text}], lambda it: {made})[1]"


def _made(args: Sequence[Expr]) -> None:
    """A lambda gives a key and a value."""
    kind = args[0].type
    if kind.base != "Tuple" or len(kind.args) != 2:
        raise HogQLError(f"Expected Array(Tuple(key, value)) type, got Array({kind})", "bad_arguments")
    if kind.args[0].nullable:
        raise HogQLError(f"Map cannot have a key of type {kind.args[0]}", "bad_arguments")


def _apply(args: Sequence[str], call: Call) -> str:
    _keyed(call.type)
    return _of_pairs(f"list_transform({_pairs(args[1])}, {args[0]})")


def _same_map(args: Sequence[Expr]) -> None:
    if args[0].type != args[1].type:
        raise HogQLError(
            "The Key And Value type of Map for function mapUpdate must be the same",
            "illegal_type_of_argument",
        )


def _texts(args: Sequence[Expr]) -> None:
    key, pattern = args[0].type.args[0], args[1].type
    if key.family != "string" or pattern.family not in ("string", "null"):
        detail = f"Key type of map and pattern must be String, not {key} and {pattern}"
        raise HogQLError(detail, "illegal_type_of_argument")


def _extract_like(args: Sequence[str], call: Call) -> str:
    like = f"pair[1] LIKE coalesce({args[1]}, '') ESCAPE '\\'"
    return _of_pairs(f"list_filter({_pairs(args[0])}, lambda pair: {like})")


def _added(types: Sequence[Type]) -> Type:
    """Of maps a map, of tuples of arrays a tuple."""
    values = [
        kind.args[1] if kind.base == "Map" else kind.args[1].item for kind in types if len(kind.args) == 2
    ]
    one = supertype(values, exact=False)
    total = FLOAT64 if not one.integral else INT64 if one.signed else UINT64
    key = types[0].args[0]
    return Type("Map", args=(key, total)) if types[0].base == "Map" else tuple_of((key, array_of(total)))


def _series(types: Sequence[Type]) -> Type:
    return types[0] if types[0].base == "Map" else tuple_of(types[:2])


def _simple(
    name: str, count: int, result: Rule, duckdb: str, takes: str = "m*", nulls: bool = False
) -> Function:
    return Function(name, count, count, result, duckdb, takes, nulls=nulls)


TITLE: Final = "Maps"
_LIKE: Final = "key LIKE {1} ESCAPE '\\'"
FUNCTIONS: Final = (
    Function("map", 0, None, _map, _write_map, nulls=True, refuse=_paired),
    Function("mapFromArrays", 2, 2, _of_arrays, _write_of_arrays, "a"),
    _simple("mapKeys", 1, lambda types: array_of(types[0].args[0]), "map_keys({0})"),
    _simple("mapValues", 1, lambda types: array_of(types[0].args[1]), "map_values({0})"),
    Function(
        "mapContains",
        2,
        2,
        always(UINT8),
        "CAST(coalesce(list_contains(map_keys({0}), {1}), FALSE) AS UTINYINT)",
        "m*",
        refuse=_comparable,
        nulls=True,
    ),
    Function(
        "mapFilter",
        2,
        2,
        lambda types: types[1],
        lambda args, call: _of_pairs(f"list_filter({_pairs(args[1])}, {args[0]})"),
        "*m",
        predicate=True,
    ),
    Function("mapApply", 2, 2, lambda types: Type("Map", args=types[0].args), _apply, "*m", refuse=_made),
    Function("mapUpdate", 2, 2, first, "map_concat({0}, {1})", "m", refuse=_same_map),
    Function(
        "mapContainsKeyLike",
        2,
        2,
        lambda types: UINT8.null(types[1].nullable),
        f"CASE WHEN {{1}} IS NOT NULL THEN CAST(len(list_filter(map_keys({{0}}), lambda key: {_LIKE})) > 0 AS UTINYINT) END",
        "m*",
        refuse=_texts,
    ),
    Function(
        "mapExtractKeyLike",
        2,
        2,
        first,
        _extract_like,
        "m*",
        refuse=_texts,
    ),
    *(Function(name, 2, None, _added, "", nulls=True) for name in ("mapAdd", "mapSubtract")),
    Function("mapPopulateSeries", 1, 3, _series, "", nulls=True),
)
