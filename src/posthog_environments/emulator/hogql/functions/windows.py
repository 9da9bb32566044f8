"""Functions that only stand before OVER."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.functions.arrays import default_of
from posthog_environments.emulator.hogql.functions.registry import Function, Rule, Write, always, first
from posthog_environments.emulator.hogql.nodes import Call
from posthog_environments.emulator.hogql.types import FLOAT64, UINT64


def _window(
    name: str, result: Rule, duckdb: str | Write, least: int = 0, most: int = 0, empty: str = "NULL"
) -> Function:
    return Function(name, least, most, result, duckdb, kind="window", empty=empty, nulls=True)


def reach(frame: str) -> tuple[int | None, int | None]:
    """From how many rows before to how many after its row a frame of ROWS goes; None: to the end."""
    start, _, end = frame.removeprefix("ROWS ").removeprefix("BETWEEN ").partition(" AND ")
    return _rows(start), _rows(end or "CURRENT ROW")


def _rows(bound: str) -> int | None:
    count, _, direction = bound.partition(" ")
    if count == "UNBOUNDED":
        return None
    return 0 if count == "CURRENT" else int(count) if direction == "FOLLOWING" else -int(count)


def neighbour_default(args: Sequence[str], call: Call) -> str:
    """ClickHouse gives the type's default beyond the first and last row, not NULL."""
    return args[2] if len(args) > 2 else default_of(call.args[0].type)


def _neighbour(duckdb: str) -> Write:
    def write(args: Sequence[str], call: Call) -> str:
        offset = args[1] if len(args) > 1 else "1"
        return f"{duckdb}({args[0]}, {offset}, {neighbour_default(args, call)})"

    return write


TITLE: Final = "Windows"
FUNCTIONS: Final = (
    _window("row_number", always(UINT64), "row_number()"),
    _window("rank", always(UINT64), "rank()"),
    _window("dense_rank", always(UINT64), "dense_rank()"),
    _window("percent_rank", always(FLOAT64), "percent_rank()"),
    _window("ntile", always(UINT64), "ntile({0})", 1, 1),
    _window("nth_value", first, "nth_value({0}, {1})", 2, 2, empty=""),
    *(_window(name, first, _neighbour("lag"), 1, 3) for name in ("lag", "lagInFrame")),
    *(_window(name, first, _neighbour("lead"), 1, 3) for name in ("lead", "leadInFrame")),
)
