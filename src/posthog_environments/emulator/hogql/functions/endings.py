"""Endings of aggregates: `sumOrNull`, `avgArray`, `minForEach`, `sumArgMax`, `uniqState`, one after the other.

An aggregate with an ending is made of the aggregate without it. Which of these names a query may call is PostHog's
decision, as for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import evolve

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.functions.registry import Fold, Function, Rule
from posthog_environments.emulator.hogql.functions.uuids import uuid_order
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import NOTHING, Type, array_of, parse_type, split_types

Known = Callable[[str], Function | None]

_COUNTING: Final = frozenset({"count", "uniq", "uniqExact", "uniqHLL12", "uniqTheta"})
# The members of a list as an aggregate has them; "{}" is the list.
OVER_LISTS: Final[Mapping[str, str]] = {
    "sum": "list_sum({})",
    "avg": "list_avg({})",
    "min": "list_min({})",
    "max": "list_max({})",
    "count": "list_count({})",
    "uniqExact": "list_unique({})",
    "median": "list_aggregate(list_transform({}, lambda one: CAST(one AS DOUBLE)), 'quantile_cont', 0.5)",
    "groupUniqArray": "list_sort(list_distinct({}))",
}
_COMPUTING: Final = frozenset({"sum", "avg", "median"})


def with_ending(name: str, known: Known) -> Function | None:
    """The aggregate of that name, made of the one before its last ending; None when there is none."""
    for ending, make in _MAKERS.items():
        base = known(name.removesuffix(ending)) if name.endswith(ending) else None
        if base is not None and base.kind == "aggregate":
            made = evolve(base, name=f"{base.name}{ending}", clickhouse=f"{base.clickhouse_name}{ending}")
            return make(base, made, known)
    return None


def over(name: str, members: str, kind: Type) -> str:
    """An aggregate of the members of a list, which are of that type."""
    if kind.family == "bool" and name in _COMPUTING:
        members = f"list_transform({members}, lambda truth: CAST(truth AS UTINYINT))"
    text = OVER_LISTS[name]
    if kind.base == "UUID" and name in ("min", "max"):
        keyed = f"list_transform({members}, lambda id: {{'k': {uuid_order('id')}, 'v': id}})"
        found = text.format(f"list_filter({keyed}, lambda pair: pair.v IS NOT NULL)")
        return f"struct_extract({found}, 'v')"
    return text.format(members)


def _or_null(base: Function, made: Function, known: Known) -> Function:
    def result(types: Sequence[Type]) -> Type:
        kind = base.result(types)
        # Nothing is counted in what is always NULL, and ClickHouse gives it no other type then.
        return kind if _counts(base) and NOTHING in types else kind.null()

    def fold(args: Sequence[str], call: Call, end: str) -> str:
        text = base.write_fold(args, call, end)
        return f"nullif({text}, 0)" if _counts(base) and call.type.nullable else text

    return evolve(made, result=result, empty="", duckdb="", fold=fold if base.on_duckdb else None)


def _or_default(base: Function, made: Function, known: Known) -> Function:
    return evolve(made, empty="", duckdb="", fold=base.write_fold if base.on_duckdb else None)


def _array(base: Function, made: Function, known: Known) -> Function:
    def fold(args: Sequence[str], call: Call, end: str) -> str:
        text = over(base.name, f"flatten(list({args[0]}){end})", call.args[0].type.item)
        return f"({text})[1:{_limit(call)}]" if call.params else text

    return _of_members(base, made, _members(base), fold, base.empty)


def _limit(call: Call) -> int:
    count = call.params[0]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise HogQLError(f"Parameter for aggregate function {call.name} should be positive", "bad_arguments")
    return count


def _for_each(base: Function, made: Function, known: Known) -> Function:
    def fold(args: Sequence[str], call: Call, end: str) -> str:
        value = over(base.name, "list_transform(rows, lambda row: row[place])", call.args[0].type.item)
        places = "range(1, coalesce(list_max(list_transform(rows, lambda row: len(row))), 0) + 1)"
        each = f"list_transform({places}, lambda place: {value})"
        return f"list_transform([list({args[0]}){end}], lambda rows: {each})[1]"

    return _of_members(base, made, lambda types: array_of(_members(base)(types)), fold, "")


def _members(base: Function) -> Rule:
    def result(types: Sequence[Type]) -> Type:
        items = [kind.item for kind in types]
        return NOTHING if NOTHING in items and not base.nulls else base.result(items)

    return result


def _of_members(
    base: Function,
    made: Function,
    result: Rule,
    fold: Fold,
    empty: str,
) -> Function:
    """An aggregate of the members of arrays."""

    def refuse(args: Sequence[Expr]) -> None:
        for arg in args:
            if arg.type.item.base == "Nothing" and not arg.type.item.nullable:
                detail = f"Illegal type Nothing of argument of aggregate function {base.name}"
                raise HogQLError(detail, "illegal_type_of_argument")
        base.check([evolve(arg, type=arg.type.item) for arg in args])

    possible = base.name in OVER_LISTS
    return evolve(
        made,
        least=max(1, base.least),
        takes="a",
        result=result,
        refuse=refuse,
        duckdb="",
        fold=fold if possible else None,
        empty=empty,
        skips_missing=False,
    )


def _at_extreme(extreme: str) -> Callable[[Function, Function, Known], Function]:
    """An aggregate of the rows in which a further argument is the least or the greatest."""

    def make(base: Function, made: Function, known: Known) -> Function:
        def result(types: Sequence[Type]) -> Type:
            kind = base.result(types[:-1])
            return kind if _counts(base) else kind.null(kind.nullable or types[-1].nullable)

        def fold(args: Sequence[str], call: Call, end: str) -> str:
            key = uuid_order(args[-1]) if call.args[-1].type.base == "UUID" else args[-1]
            rows = f"list({{'k': {key}, 'v': {args[0] if len(args) > 1 else 1}}}){end}"
            kept = "list_filter(whole.rows, lambda row: row.k = whole.top)"
            value = over(base.name, f"list_transform({kept}, lambda row: row.v)", call.args[0].type)
            whole = f"{{'rows': {rows}, 'top': {extreme}({key}){end}}}"
            return f"list_transform([{whole}], lambda whole: {value})[1]"

        def refuse(args: Sequence[Expr]) -> None:
            base.check(args[:-1])

        return evolve(
            made,
            least=base.least + 1,
            most=None if base.most is None else base.most + 1,
            takes="*",
            result=result,
            refuse=refuse,
            duckdb="",
            fold=fold if base.name in OVER_LISTS else None,
            skips_missing=True,
        )

    return make


def _map(base: Function, made: Function, known: Known) -> Function:
    def result(types: Sequence[Type]) -> Type:
        key, value = types[0].args if types[0].base == "Map" else (NOTHING, NOTHING)
        return Type("Map", args=(key, base.result([value])))

    return evolve(made, least=1, most=2, takes="m*", result=result, duckdb="", fold=None, nulls=True)


def _state(base: Function, made: Function, known: Known) -> Function:
    def result(types: Sequence[Type]) -> Type:
        return Type("AggregateFunction", detail=", ".join((base.name, *map(str, types))))

    return evolve(made, result=result, duckdb="", fold=None, nulls=True)


def _merge(base: Function, made: Function, known: Known) -> Function:
    def result(types: Sequence[Type]) -> Type:
        whose, *kinds = split_types(types[0].detail) if types[0].base == "AggregateFunction" else [""]
        function = known(whose)
        if function is None:
            detail = f"Illegal type {types[0]} of argument for aggregate function {made.name}"
            raise HogQLError(detail, "illegal_type_of_argument")
        return function.result([parse_type(kind) for kind in kinds])

    return evolve(
        made, least=1, most=1, takes="*", result=result, refuse=None, duckdb="", fold=None, nulls=True
    )


def _counts(function: Function) -> bool:
    """Whether it counts, and so is never NULL."""
    name = function.name
    for ending in ("Array", "ArgMin", "ArgMax"):
        name = name.removesuffix(ending)
    return name in _COUNTING


_MAKERS: Final[Mapping[str, Callable[[Function, Function, Known], Function]]] = {
    "OrNull": _or_null,
    "OrDefault": _or_default,
    "ForEach": _for_each,
    "Array": _array,
    "ArgMin": _at_extreme("min"),
    "ArgMax": _at_extreme("max"),
    "Map": _map,
    "State": _state,
    "Merge": _merge,
}
