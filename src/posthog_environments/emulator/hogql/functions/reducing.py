"""Functions that make one value of an array: by a lambda, or by an aggregate that is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions import aggregates, more_aggregates
from posthog_environments.emulator.hogql.functions.arrays import default_of, rows
from posthog_environments.emulator.hogql.functions.endings import OVER_LISTS, over, with_ending
from posthog_environments.emulator.hogql.functions.registry import Function, last
from posthog_environments.emulator.hogql.nodes import Call, Expr, Lambda, Literal
from posthog_environments.emulator.hogql.types import NOTHING, Type

_BASES: Final = {
    function.name: function for module in (aggregates, more_aggregates) for function in module.FUNCTIONS
}
_REDUCING: Final = frozenset(
    name + ending
    for name in (
        *("count", "countMap", "sum", "sumMap", "min", "minMap", "max", "maxMap"),
        *("avg", "avgMap", "median", "uniq", "uniqMap"),
    )
    for ending in ("", "State")
)
_COUNTING: Final = frozenset({"count", "uniq"})


def _known(name: str) -> Function | None:
    return _BASES.get(name) or with_ending(name, _known)


def _aggregate(args: Sequence[Expr]) -> Function:
    """What an array is reduced by.

    Raises:
        HogQLError: It is not one of those that PostHog lets a query name.
    """
    node = args[0]
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLError(f"Expected constant string as first arg in function 'arrayReduce', got {node.type}")
    found = _known(node.value) if node.value in _REDUCING else None
    if found is None:
        raise HogQLError(f"Invalid parametric function in 'arrayReduce', '{node.value}' is not supported.")
    return found


def _reduced(args: Sequence[Expr]) -> Type:
    function = _aggregate(args)
    items = [Literal(arg.type.item, None) for arg in args[1:]]
    kinds = [item.type for item in items]
    if function.most is not None and len(items) > function.most:
        detail = f"Aggregate function {function.name} requires single argument"
        raise HogQLError(detail, "number_of_arguments_doesnt_match")
    if function.name not in _COUNTING and any(kind == NOTHING.null(False) for kind in kinds):
        detail = f"Illegal type Nothing of argument for aggregate function {function.name}"
        raise HogQLError(detail, "illegal_type_of_argument")
    function.check(items)
    return NOTHING if NOTHING in kinds and not function.nulls else function.result(kinds)


def _reduce(args: Sequence[str], call: Call) -> str:
    function = _aggregate(call.args)
    name = "uniqExact" if function.name == "uniq" else function.name
    if name not in OVER_LISTS or len(args) > 2:
        raise HogQLUnsupported(
            f"The emulator on DuckDB does not support this arrayReduce() by {name}; chDB does."
        )
    if call.type == NOTHING:
        return "NULL"
    text = over(name, args[1], call.args[1].type.item)
    default = default_of(call.type)
    return text if default == "NULL" or call.type.base == "Float64" else f"coalesce({text}, {default})"


def _same_type(args: Sequence[Expr]) -> None:
    if not isinstance(args[0], Lambda):
        raise HogQLError("First argument of arrayFold() must be a lambda", "illegal_type_of_argument")
    body, start = args[0].type, args[-1].type
    if body != start and start != NOTHING:
        raise HogQLError(
            "Return type of lambda function must be the same as the accumulator type, inferred return type of lambda: "
            f"{body}, inferred type of accumulator: {start}",
            "type_mismatch",
        )


def _fold(args: Sequence[str], call: Call) -> str:
    # The printer's lambda is one over a row of what was folded and a member, or more members.
    body, start = args[0].partition(": ")[2], args[-1]
    whole = args[0].removeprefix("lambda ").partition(":")[0]
    members = rows(args[:-1])
    names = range(2, len(args))
    several = ", ".join(f"member[{place - 1}]" if len(args) > 3 else "member" for place in names)
    first = ", ".join(["NULL"] * len(names))
    steps = f"list_transform({members}, lambda member: row({start}, {several}))"
    following = ", ".join(f"next_{whole}[{place}]" for place in names)
    made = f"list_transform([row({whole}[1], {following})], lambda {whole}: {body})[1]"
    return (
        f"list_reduce(list_prepend(row({start}, {first}), {steps}),"
        f" lambda {whole}, next_{whole}: row({made}, {following}))[1]"
    )


TITLE: Final = "Arrays to one value"
FUNCTIONS: Final = (
    # Its first argument is no lambda, so it is not "*a".
    Function("arrayReduce", 2, None, last, _reduce, "*aa", typed=_reduced, nulls=True),
    Function("arrayFold", 3, None, last, _fold, "*a*", refuse=_same_type),
)
