"""Runs HogQL over the emulator's data.

PostHog's own parser reads the text; names, types, HogQL's null rules and property types are resolved here; DuckDB
or chDB runs the query. The parser and DuckDB come with the extra `emulator`, the parser and chDB with `emulator-chdb`;
they are imported by the first query, not before.

Promised: SELECT with WITH, JOIN, GROUP BY, HAVING, windows, LIMIT BY, ARRAY JOIN, UNION, sub-queries and
lambdas over the tables of `schema` and the functions of `functions`; columns, types, values, limits, placeholders and
errors as PostHog has them. Not promised: other tables and functions, PostHog's actions and warehouse, approximate
aggregates to the last digit, and the text of `clickhouse`.

What is valid HogQL but not covered is refused with the code `emulator_unsupported`, never answered with an empty
result. Only the listed tables and functions are ever printed, and the database can neither read files nor be
configured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.placeholders import Filters
from posthog_environments.emulator.query_engine import EngineName

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


def execute(
    sql: str,
    values: Mapping[str, Any] | None,
    dataset: Dataset,
    now: datetime,
    *,
    variables: Callable[[str], Any] | None = None,
    filters: Filters | None = None,
    offset_allowed: bool = True,
    engine: EngineName | None = None,
) -> Result:
    """Run a query.

    Args:
        sql: The HogQL.
        values: Values of its `{placeholders}`.
        dataset: What to run it over.
        now: What `now()` gives.
        variables: Gives the value of `{variables.name}`, or raises `HogQLError`; None when there are no variables.
        filters: What its `{filters}` stands for; without them every row passes.
        offset_allowed: Whether OFFSET is taken; since April 2026 PostHog refuses it with a personal API key.
        engine: What runs it; None for DuckDB, or chDB where only that is installed.

    Raises:
        HogQLError: It cannot be run.
        HogQLUnsupported: The emulator cannot run it, or the extra `emulator` is not installed.
    """
    from posthog_environments.emulator.hogql.running import run

    return run(sql, values, dataset, now, variables, filters, offset_allowed, engine)


def check(
    sql: str,
    values: Mapping[str, Any] | None,
    dataset: Dataset,
    now: datetime,
    *,
    variables: Callable[[str], Any] | None = None,
    filters: Filters | None = None,
    engine: EngineName | None = None,
) -> None:
    """Read and resolve a query without running it; arguments as of `execute`.

    Raises:
        HogQLError: It cannot be run.
    """
    from posthog_environments.emulator.hogql.running import resolve

    resolve(sql, values, dataset, now, variables, filters, offset_allowed=True, engine_name=engine)


__all__ = [
    "DEFAULT_LIMIT",
    "LARGEST_LIMIT",
    "Filters",
    "HogQLError",
    "HogQLUnsupported",
    "Result",
    "check",
    "execute",
]
