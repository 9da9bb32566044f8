"""Functions that only stand before OVER."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.functions.arrays import default_of
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, Write, always, first
from posthog_environments.emulator.hogql.nodes import Call
from posthog_environments.emulator.hogql.types import FLOAT64, UINT64


def _window(name: str, result: Rule, duckdb: str | Write, least: int = 0, most: int = 0) -> Function:
    return Function(name, least, most, result, duckdb, kind="window", empty="NULL", nulls=True)


def _neighbour(duckdb: str) -> Write:
    """ClickHouse gives the type's default beyond the first and last row, not NULL."""

    def write(args: Sequence[str], call: Call) -> str:
        offset = args[1] if len(args) > 1 else "1"
        otherwise = args[2] if len(args) > 2 else default_of(call.args[0].type)
        return f"{duckdb}({args[0]}, {offset}, {otherwise})"

    return write


FUNCTIONS: Final = (
    _window("row_number", always(UINT64), "row_number()"),
    _window("rank", always(UINT64), "rank()"),
    _window("dense_rank", always(UINT64), "dense_rank()"),
    _window("percent_rank", always(FLOAT64), "percent_rank()"),
    _window("ntile", always(UINT64), "ntile({0})", 1, 1),
    _window("nth_value", first, "nth_value({0}, {1})", 2, 2),
    *(_window(name, first, _neighbour("lag"), 1, 3) for name in ("lag", "lagInFrame")),
    *(_window(name, first, _neighbour("lead"), 1, 3) for name in ("lead", "leadInFrame")),
)
