"""Rows with a limit and an offset, and whether there are more. Source: PostHog paginators.py, 2025."""

from __future__ import annotations

from typing import Any

from attrs import define

from posthog_environments.emulator.hogql import DEFAULT_LIMIT, LARGEST_LIMIT, Result, execute
from posthog_environments.emulator.insights.conditions import Values
from posthog_environments.emulator.insights.context import Context, Fields


@define(frozen=True)
class Page:
    """One page of rows.

    Attributes:
        result: What HogQL gave; its rows may be one too many.
        rows: The rows of the page.
        limit: At most so many.
        offset: So many were skipped.
        has_more: Whether rows follow.
    """

    result: Result
    rows: list[list[Any]]
    limit: int
    offset: int
    has_more: bool


def read_page(sql: str, values: Values, fields: Fields, context: Context) -> Page:
    """Run a query that has no LIMIT with the limit and the offset of an insight.

    Raises:
        HogQLError: It cannot be run.
        ApiError: Limit or offset make no sense.
    """
    limit = _size(fields, "limit", DEFAULT_LIMIT)
    limit = min(limit or DEFAULT_LIMIT, LARGEST_LIMIT)
    offset = _size(fields, "offset", 0)

    def fetch(most: int, skipped: int) -> Result:
        return execute(
            f"{sql} LIMIT {most} OFFSET {skipped}",
            values.given or None,
            context.data,
            context.now,
            engine=context.engine,
        )

    result = fetch(min(limit + 1, LARGEST_LIMIT), offset)
    has_more = len(result.rows) > limit
    if limit == LARGEST_LIMIT and len(result.rows) == limit:
        has_more = bool(fetch(1, offset + limit).rows)
    return Page(result, result.rows[:limit], limit, offset, has_more)


def _size(fields: Fields, name: str, default: int) -> int:
    number = fields.integer(name)
    if number is None:
        return default
    if number < 0:
        raise fields.wrong(name, "Input should be greater than or equal to 0")
    return number
