"""Runs HogQL over the emulator's data: `execute` is the whole interface, so that another engine can take its place.

A small part of HogQL, see `parser`. Values and types come out as ClickHouse gives them to PostHog: properties are
nullable texts unless they are defined as numbers or booleans; a comparison with a missing property is false, and its
opposite true.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.clock import from_micros, iso_z
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.columns import Column
from posthog_environments.emulator.hogql.compiler import Compiler
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.parser import parse
from posthog_environments.emulator.hogql.rows import rows_of
from posthog_environments.emulator.hogql.text import printed

DEFAULT_LIMIT: Final = 100
LARGEST_LIMIT: Final = 50_000


@define(frozen=True)
class Result:
    """What a query gives.

    Attributes:
        columns: Names.
        types: Pairs of name and ClickHouse type.
        rows: JSON values.
        limit: The limit that was added; None when the query has its own.
        offset: Likewise.
        has_more: Whether the added limit cut rows off; None when the query has its own.
        hogql: The query as understood.
    """

    columns: list[str]
    types: list[list[str]]
    rows: list[list[Any]]
    limit: int | None
    offset: int | None
    has_more: bool | None
    hogql: str


def execute(sql: str, values: Mapping[str, Any] | None, dataset: Dataset, now: datetime) -> Result:
    """Run a query.

    Args:
        sql: The HogQL.
        values: Values of its `{placeholders}`.
        dataset: What to run it over.
        now: What `now()` gives.

    Raises:
        HogQLError: It cannot be run.
    """
    query = parse(sql, values)
    compiler = Compiler(query, dataset, now)
    items = compiler.items()
    order = compiler.order(items)
    own = query.limit is not None
    limit = min(query.limit, LARGEST_LIMIT) if query.limit is not None else DEFAULT_LIMIT
    offset = (query.offset or 0) if own else 0
    rows = list(islice(rows_of(query, compiler, items, order), offset, offset + limit + 1))
    has_more = len(rows) > limit
    columns = [item.name for item in items]
    return Result(
        columns=columns,
        types=[[item.name, item.column.type] for item in items],
        rows=[
            [_json(value, item.column) for value, item in zip(row, items, strict=False)]
            for row in rows[:limit]
        ],
        limit=None if own else limit,
        offset=None if own else offset,
        has_more=None if own else has_more,
        hogql=printed(query, limit if own else limit + 1, offset),
    )


def _json(value: Any, column: Column) -> Any:
    if column.kind == "datetime" and value is not None:
        try:
            return iso_z(from_micros(value))
        except OverflowError:
            raise HogQLError("Time is out of range", "value_is_out_of_range_of_data_type") from None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if column.type == "UInt8" and isinstance(value, bool):
        return int(value)
    return value


__all__ = ["DEFAULT_LIMIT", "LARGEST_LIMIT", "HogQLError", "HogQLUnsupported", "Result", "execute"]
