"""HogQLQuery: the caller's own HogQL. Source: PostHog hogql_query_runner.py, 2025."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from posthog_environments.emulator.hogql import execute
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.insights.placeholders import bound
from posthog_environments.emulator.json_types import is_object

KNOWN: Final = frozenset(
    {
        *("kind", "query", "values", "filters", "variables", "modifiers", "explain", "name", "response"),
        *("tags", "version"),
    }
)


def check(query: Mapping[str, Any]) -> None:
    """Refuse what the server's model refuses.

    Raises:
        ApiError: A field is unknown or wrong.
    """
    fields = Fields.of(query, "query.HogQLQuery", KNOWN)
    if not isinstance(fields.any("query"), str):
        raise fields.wrong("query", "Input should be a valid string")
    for name in ("values", "variables", "filters"):
        if fields.any(name) is not None and not is_object(fields.any(name)):
            raise fields.wrong(name, "Input should be a valid dictionary")


def run(query: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Rows of the query.

    Raises:
        HogQLError: It cannot be run.
        ApiError: A filter or variable cannot be read.
    """
    found = bound(query, context)
    result = execute(
        query["query"],
        found.values,
        context.data,
        context.now,
        variables=found.variables,
        filters=found.filters,
        offset_allowed=context.offset_allowed,
        engine=context.engine,
    )
    return {
        "results": result.rows,
        "columns": result.columns,
        "types": result.types,
        "hasMore": result.has_more,
        "limit": result.limit,
        "offset": result.offset,
        "query": query["query"],
        "hogql": result.hogql,
        "clickhouse": result.hogql,
        "explain": None,
        "metadata": None,
        "error": None,
        "resolved_date_range": None,
    }
