"""Arrays, and functions over them that take a lambda."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.casts import text_of
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, Write, always, fixed
from posthog_environments.emulator.hogql.nodes import Call, Expr, Lambda, Literal
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    INT64,
    NOTHING,
    STRING,
    UINT8,
    UINT32,
    UINT64,
    Type,
    array_of,
    supertype,
    tuple_of,
)


def default_of(kind: Type) -> str:
    """What ClickHouse gives for a missing value of a type, in DuckDB's SQL."""
    if kind.nullable or kind.family == "null":
        return "NULL"
    if kind.family == "tuple":
        return f"row({', '.join(map(default_of, kind.args))})" if kind.args else "NULL"
    if kind.base == "UUID":
        return "'00000000-0000-0000-0000-000000000000'"
    if kind.base == "Date":
        return "DATE '1970-01-01'"
    if kind.base == "Map":
        return "MAP {}"
    return {"string": "''", "bool": "FALSE", "time": "TIMESTAMP '1970-01-01'", "array": "[]"}.get(
        kind.family, "0"
    )


def _same(types: Sequence[Type]) -> Type:
    return array_of(types[0].item)


def _there(types: Sequence[Type]) -> Type:
    return array_of(types[0].item.null(False))


def _lambda_array(types: Sequence[Type]) -> Type:
    return array_of(types[0])


def _filtered(types: Sequence[Type]) -> Type:
    return array_of(types[1].item)


def _item(types: Sequence[Type]) -> Type:
    item = types[0].item
    return item.null(item.nullable or types[1].nullable)


def _found(types: Sequence[Type]) -> Type:
    return types[1].item


def _joined(types: Sequence[Type]) -> Type:
    return array_of(supertype([kind.item for kind in types]))


def _pushed(types: Sequence[Type]) -> Type:
    return array_of(supertype([types[0].item, types[1]]))


def _flag(duckdb: str) -> str:
    return f"CAST({duckdb} AS UTINYINT)"


def _memberless(args: Sequence[Expr]) -> None:
    item = args[0].type.item
    if item.base == "Nothing" and not item.nullable:
        raise HogQLError("There is nothing in an array that can hold nothing", "illegal_type_of_argument")


def _element(args: Sequence[str], call: Call) -> str:
    kind, whole = call.type, call.args[0].type
    if whole.base == "Map":
        default = default_of(whole.args[1])
        if whole.args[1].family == "tuple":
            raise HogQLUnsupported("The emulator on DuckDB does not support maps of tuples; chDB does.")
        value = f"map_extract({args[0]}, {args[1]})[1]"
    else:
        default = default_of(whole.item)
        value = f"list_extract({args[0]}, {args[1]})"
    if default == "NULL":
        return value
    found = f"coalesce({value}, {default})"
    return f"CASE WHEN {args[1]} IS NOT NULL THEN {found} END" if kind.nullable else found


def rows(args: Sequence[str]) -> str:
    """The arrays that a lambda is called with, as one list; what is given but a lambda."""
    return args[1] if len(args) == 2 else _zip(args[1:])


def own(members: str, args: Sequence[str]) -> str:
    """The members of the first array, of rows of several."""
    return members if len(args) == 2 else f"list_transform({members}, lambda several: several[1])"


def _zip(args: Sequence[str]) -> str:
    uneven = " OR ".join(f"len({args[0]}) <> len({other})" for other in args[1:])
    return f"CASE WHEN {uneven} THEN error('sizes of arrays') ELSE list_zip({', '.join(args)}) END"


def _map(args: Sequence[str], call: Call) -> str:
    return f"list_transform({rows(args)}, {args[0]})"


def _filter(args: Sequence[str], call: Call) -> str:
    return own(f"list_filter({rows(args)}, {args[0]})", args)


def _first(args: Sequence[str], call: Call) -> str:
    value = f"({own(f'list_filter({rows(args)}, {args[0]})', args)})[1]"
    default = default_of(call.type)
    return value if default == "NULL" else f"coalesce({value}, {default})"


def _aggregated(duckdb: str, empty: str = "") -> Write:
    """An aggregate of an array, or of what a lambda makes of it."""

    def write(args: Sequence[str], call: Call) -> str:
        values = f"list_transform({rows(args)}, {args[0]})" if isinstance(call.args[0], Lambda) else args[0]
        return f"coalesce({duckdb}({values}), {empty or default_of(call.type)})"

    return write


def _extreme(types: Sequence[Type]) -> Type:
    return types[0] if len(types) > 1 else types[0].item


def _sorted(args: Sequence[str], call: Call) -> str:
    if not isinstance(call.args[0], Lambda):
        return f"list_sort({args[0]}, 'ASC', 'NULLS LAST')"
    keys = f"list_transform({rows(args)}, {args[0]})"
    keyed = f"list_zip({keys}, range(1, len({args[1]}) + 1), {args[1]})"
    return f"list_transform(list_sort({keyed}), lambda pair: pair[3])"


def _sorted_type(types: Sequence[Type]) -> Type:
    return array_of(types[1 if len(types) > 1 else 0].item)


def part(value: str, size: str, start: str, count: str | None) -> str:
    """Members or characters from a place that may count from the end, and be before the first one."""
    low = f"CASE WHEN {start} < 0 THEN {size} + {start} + 1 ELSE {start} END"
    high = size
    if count is not None:
        high = f"CASE WHEN {count} < 0 THEN {size} + {count} ELSE {low} + {count} - 1 END"
    # Nothing begins at 0.
    high = f"CASE WHEN {start} = 0 THEN 0 ELSE {high} END"
    return f"array_slice({value}, greatest({low}, 1), greatest({high}, 0))"


def _slice(args: Sequence[str], call: Call) -> str:
    start = f"coalesce({args[1]}, 1)"
    count = f"coalesce({args[2]}, len({args[0]}))" if len(args) > 2 else None
    return part(args[0], f"len({args[0]})", start, count)


def _text_join(args: Sequence[str], call: Call) -> str:
    kind = call.args[0].type.item
    texts = args[0]
    if kind.family not in ("string", "null"):
        texts = f"list_transform({texts}, lambda text: {text_of('text', kind)})"
    return f"coalesce(array_to_string({texts}, {args[1] if len(args) > 1 else repr('')}), '')"


def _joined_range(types: Sequence[Type]) -> Type:
    return array_of(supertype(types).null(False))


def _forward(args: Sequence[Expr]) -> None:
    values = [arg.value for arg in args if isinstance(arg, Literal)]
    if (len(args) == 1 and values and values[0] < 0) or (len(args) == len(values) == 3 and not values[2]):
        raise HogQLError("range() goes from 0 up, and never in steps of 0", "argument_out_of_bound")


def _range(args: Sequence[str], call: Call) -> str:
    for node in call.args:
        if isinstance(node, Literal) and isinstance(node.value, int) and abs(node.value) > 1_000_000:
            raise HogQLUnsupported("The emulator makes no arrays of more than a million members.")
    return f"range({', '.join(f'CAST({arg} AS BIGINT)' for arg in args)})"


def _unique(args: Sequence[str], call: Call) -> str:
    members = rows(["", *args])
    return f"list_unique({members}) + CAST(list_count({members}) < len({members}) AS INTEGER)"


def _shared_type(types: Sequence[Type]) -> Type:
    """The members of the smallest type, which holds all that are in each of the arrays."""
    items = [kind.item for kind in types]
    if any(item.base == "Nothing" and not item.nullable for item in items):
        return array_of(NOTHING.null(False))
    one, nullable = supertype(items, exact=False), all(item.nullable for item in items)
    if one.numeric:
        integers = [item for item in items if item.integral]
        # Of two of a size it is the one without a sign.
        one = min(integers or items, key=lambda item: (item.bits, item.signed))
    elif one.family == "time":
        one = min(items, key=lambda item: item.base)
    return array_of(one.null(nullable))


def _shared(args: Sequence[str], call: Call) -> str:
    if call.type == array_of(NOTHING.null(False)):
        return "[]"
    tests = [
        f"len(list_filter({other}, lambda other: other IS NOT DISTINCT FROM member)) > 0"
        for other in args[1:]
    ]
    first = f"list_distinct({args[0]})"
    if call.type.item.nullable:
        first = f"list_concat({first}, list_filter({args[0]}, lambda member: member IS NULL)[1:1])"
    kept = f"list_filter({first}, lambda member: {' AND '.join(tests)})" if tests else first
    return f"list_sort({kept})"


def _test(name: str, duckdb: str) -> Function:
    """A function of a condition over an array; without a lambda the members are the conditions."""

    def write(args: Sequence[str], call: Call) -> str:
        if isinstance(call.args[0], Lambda):
            return duckdb.format(f"list_filter({rows(args)}, {args[0]})", args[1])
        return duckdb.format(f"list_filter({args[0]}, lambda member: member <> 0)", args[0])

    kind = UINT32 if name in ("arrayCount", "arrayFirstIndex") else UINT8
    return Function(name, 1, None, always(kind), write, "*a", predicate=True)


def _first_index(args: Sequence[str], call: Call) -> str:
    places = f"list_transform({rows(args)}, {args[0]})"
    return f"coalesce(list_position({places}, TRUE), 0)"


def _simple(
    count: int, name: str, result: Rule, duckdb: str | Write, takes: str = "a*", *, nulls: bool = False
) -> Function:
    return fixed(count, name, result, duckdb, takes, nulls=nulls)


def _search(name: str, result: Type, duckdb: str) -> Function:
    """Looks for a value; NULL is found where it is a member."""
    same = "lambda member: member IS NOT DISTINCT FROM {1}"
    return fixed(
        2, name, always(result), duckdb.replace("{same}", same), "a*", nulls=True, refuse=_unlike_member
    )


def _unlike_member(args: Sequence[Expr]) -> None:
    if args[0].type.base == "Array":
        supertype([args[0].type.item, args[1].type], exact=False)


def _unlike_arrays(args: Sequence[Expr]) -> None:
    supertype([arg.type.item for arg in args])


def _flat(kind: Type) -> Type:
    return _flat(kind.item) if kind.item.base == "Array" else kind


def _flatten(args: Sequence[str], call: Call) -> str:
    text, kind = args[0], call.args[0].type
    while kind.item.base == "Array":
        text, kind = f"flatten({text})", kind.item
    return text


def _numbers(args: Sequence[Expr]) -> None:
    kind = args[0].type if len(args) > 1 else args[0].type.item
    if not kind.numeric or kind.nullable:
        raise HogQLError(f"Members of type {kind} cannot be added", "illegal_type_of_argument")


def _sum_type(types: Sequence[Type]) -> Type:
    item = types[0] if len(types) > 1 else types[0].item
    return FLOAT64 if not item.integral else INT64 if item.signed else UINT64


_LAMBDA: Final = "*a"

TITLE: Final = "Arrays"
FUNCTIONS: Final = (
    Function("array", 0, None, lambda types: array_of(supertype(types)), "[{*}]", nulls=True),
    Function("range", 1, 3, _joined_range, _range, "w", refuse=_forward),
    fixed(2, "arrayElement", _item, _element, "aw", refuse=_memberless),
    _search("has", UINT8, _flag("len(list_filter({0}, {same})) > 0")),
    fixed(
        2,
        "hasAny",
        always(UINT8),
        _flag("list_has_any({0}, {1}) OR (list_count({1}) < len({1}) AND list_count({0}) < len({0}))"),
        "a",
        refuse=_unlike_arrays,
    ),
    fixed(
        2,
        "hasAll",
        always(UINT8),
        _flag("list_has_all({0}, {1}) AND (list_count({1}) = len({1}) OR list_count({0}) < len({0}))"),
        "a",
        refuse=_unlike_arrays,
    ),
    _search("indexOf", UINT64, "coalesce(list_position({0}, {1}), 0)"),
    _search("countEqual", UINT64, "len(list_filter({0}, {same}))"),
    Function("arrayConcat", 1, None, _joined, "list_concat({*})", "a"),
    _simple(
        1,
        "arrayDistinct",
        _there,
        "list_filter({0}, lambda member, place: member IS NOT NULL AND list_position({0}, member) = place)",
    ),
    Function("arrayUniq", 1, None, always(UINT32), _unique, "a"),
    _simple(1, "arrayReverse", _same, "list_reverse({0})"),
    _simple(1, "arrayFlatten", lambda types: _flat(types[0]), _flatten),
    _simple(2, "arrayPushBack", _pushed, "list_append({0}, {1})", nulls=True),
    _simple(2, "arrayPushFront", _pushed, "list_prepend({1}, {0})", nulls=True),
    _simple(1, "arrayPopBack", _same, "list_slice({0}, 1, len({0}) - 1)"),
    _simple(1, "arrayPopFront", _same, "list_slice({0}, 2, len({0}))"),
    Function("arrayIntersect", 1, None, _shared_type, _shared, "a"),
    _simple(1, "arrayEnumerate", always(array_of(UINT32)), "range(1, len({0}) + 1)"),
    Function("arraySlice", 2, 3, _same, _slice, "aw", nulls=True),
    Function("arrayStringConcat", 1, 2, always(STRING), _text_join, "as"),
    Function("arraySort", 1, None, _sorted_type, _sorted, "*a"),
    # PostHog's list of functions sends this name to arraySort too, so nothing is reversed.
    Function("arrayReverseSort", 1, None, _sorted_type, _sorted, "*a", clickhouse="arraySort({*})"),
    Function("arraySum", 1, 2, _sum_type, _aggregated("list_sum"), "*a", refuse=_numbers),
    Function(
        "arrayAvg",
        1,
        2,
        always(FLOAT64),
        _aggregated("list_avg", "CAST('nan' AS DOUBLE)"),
        "*a",
        refuse=_numbers,
    ),
    Function("arrayMin", 1, 2, _extreme, _aggregated("list_min"), "*a"),
    Function("arrayMax", 1, 2, _extreme, _aggregated("list_max"), "*a"),
    Function("arrayMap", 2, None, _lambda_array, _map, _LAMBDA),
    Function("arrayFilter", 2, None, _filtered, _filter, _LAMBDA, predicate=True),
    Function("arrayFirst", 2, None, _found, _first, _LAMBDA, predicate=True),
    Function("arrayFirstIndex", 2, None, always(UINT32), _first_index, _LAMBDA, predicate=True),
    _test("arrayExists", _flag("len({0}) > 0")),
    _test("arrayAll", _flag("len({0}) = len({1})")),
    _test("arrayCount", "len({0})"),
    Function(
        "arrayZip",
        2,
        None,
        lambda types: array_of(tuple_of(kind.item for kind in types)),
        lambda args, call: _zip(args),
        "a",
    ),
)
