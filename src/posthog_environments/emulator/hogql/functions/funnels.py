"""windowFunnel: how many steps of a chain of conditions happened one after the other within some time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, to
from posthog_environments.emulator.hogql.nodes import Call, Expr
from posthog_environments.emulator.hogql.types import UINT8

_TIMES: Final = frozenset({"Date", "DateTime", "UInt8", "UInt16", "UInt32", "UInt64", "Bool", "Nothing"})
_MODES: Final = frozenset(
    {"strict_deduplication", "strict_order", "strict_increase", "strict_once", "allow_reentry"}
)
_MOST_STEPS: Final = 32


def _refuse(args: Sequence[Expr]) -> None:
    if args[0].type.base not in _TIMES:
        raise HogQLError(
            f"Illegal type {args[0].type} of first argument of aggregate function windowFunnel, must be Unsigned Number,"
            " Date, DateTime",
            "illegal_type_of_argument",
        )
    if len(args) - 1 > _MOST_STEPS:
        raise HogQLError(
            f"Aggregate function windowFunnel takes at most {_MOST_STEPS} conditions",
            "number_of_arguments_doesnt_match",
        )


def _window(call: Call) -> tuple[int, bool]:
    """The length of the window, and whether times must grow from step to step."""
    window, *modes = call.params
    if isinstance(window, bool) or not isinstance(window, int):
        raise HogQLError("The window of windowFunnel must be a whole number", "bad_arguments")
    for mode in modes:
        if mode not in _MODES:
            detail = f"Aggregate function windowFunnel doesn't support a parameter: {mode}"
            raise HogQLError(detail, "bad_arguments")
        if mode != "strict_increase":
            raise HogQLUnsupported(
                f"The emulator on DuckDB does not support windowFunnel's {mode}; chDB does."
            )
    if not 0 <= window < 1 << 63:
        raise HogQLUnsupported("The emulator on DuckDB does not support such a window of windowFunnel.")
    return window, bool(modes)


def _fold(args: Sequence[str], call: Call, end: str) -> str:
    window, growing = _window(call)
    kind, steps = call.args[0].type, len(args) - 1
    # Dates count in days, and times in seconds.
    time = {"Date": "{} - DATE '1970-01-01'", "DateTime": "floor(epoch({}))"}.get(kind.base, "{}")
    time = f"CAST({time.format(args[0])} AS HUGEINT)"
    found = ", ".join(
        f"CASE WHEN {condition} <> 0 THEN [{time}, {step}] END"
        if node.type.family != "bool"
        else f"CASE WHEN {condition} THEN [{time}, {step}] END"
        for step, (condition, node) in enumerate(zip(args[1:], call.args[1:], strict=True), 1)
    )
    events = f"list_sort(flatten(list(list_filter([{found}], lambda one: one IS NOT NULL)){end}))"
    # First the time at which the chain to each step began, then the time of the step itself.
    began = ["CASE WHEN one[2] = 1 THEN one[1] ELSE done[1] END"]
    stepped = [f"CASE WHEN one[2] = 1 THEN one[1] ELSE done[{steps + 1}] END"]
    for step in range(2, steps + 1):
        before = step - 1
        follows = f"one[2] = {step} AND one[1] <= done[{before}] + {window}"
        if growing:
            follows += f" AND done[{steps + before}] < one[1]"
        began.append(f"CASE WHEN {follows} THEN done[{before}] ELSE done[{step}] END")
        stepped.append(f"CASE WHEN {follows} THEN one[1] ELSE done[{steps + step}] END")
    nothing = ", ".join(["CAST(NULL AS HUGEINT)"] * (2 * steps))
    chain = (
        f"list_reduce(list_prepend([{nothing}], {events}), lambda done, one: [{', '.join(began + stepped)}])"
    )
    return f"list_count({chain}[1:{steps}])"


TITLE: Final = "Funnels"
FUNCTIONS: Final = (
    Function(
        "windowFunnel",
        2,
        None,
        to(UINT8),
        "",
        "*c",
        "aggregate",
        (1, 4),
        skips_missing=True,
        fold=_fold,
        refuse=_refuse,
    ),
)
