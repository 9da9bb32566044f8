"""The way of a query: parse, bind, limit, resolve, run, convert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql import DEFAULT_LIMIT, LARGEST_LIMIT, Result
from posthog_environments.emulator.hogql.engines import engine
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import Query
from posthog_environments.emulator.hogql.placeholders import Binder, Filters
from posthog_environments.emulator.hogql.queries import QueryResolver
from posthog_environments.emulator.hogql.syntax import Tree, parse
from posthog_environments.emulator.hogql.text import printed
from posthog_environments.emulator.query_engine import EngineName, chosen

_OFFSET: Final = "OFFSET is not supported on queries made with a personal API key. For pagination, use keyset pagination instead."


@define(frozen=True)
class Resolved:
    """A query, ready to be run.

    Attributes:
        query: For the engine.
        hogql: As text.
        limit: The limit that was added, or None.
    """

    query: Query
    hogql: str
    limit: int | None


def run(
    sql: str,
    values: Mapping[str, Any] | None,
    dataset: Dataset,
    now: datetime,
    variables: Callable[[str], Any] | None,
    filters: Filters | None,
    offset_allowed: bool,
    engine_name: EngineName | None,
) -> Result:
    found = resolve(
        sql, values, dataset, now, variables, filters, offset_allowed=offset_allowed, engine_name=engine_name
    )
    try:
        rows = engine(chosen(engine_name)).run(found.query, dataset)
    except HogQLError as error:
        # The engine knows no places in the caller's text: the whole query is at fault.
        if error.start is None:
            error.start, error.end = 0, len(sql)
        raise
    limit = found.limit
    columns = [name for name, _ in found.query.columns]
    return Result(
        columns=columns,
        types=[[name, kind] for name, kind in zip(columns, rows.types, strict=True)],
        rows=rows.values if limit is None else rows.values[:limit],
        limit=limit,
        offset=None if limit is None else 0,
        has_more=None if limit is None else len(rows.values) > limit,
        hogql=found.hogql,
    )


def resolve(
    sql: str,
    values: Mapping[str, Any] | None,
    dataset: Dataset,
    now: datetime,
    variables: Callable[[str], Any] | None,
    filters: Filters | None,
    *,
    offset_allowed: bool,
    engine_name: EngineName | None,
) -> Resolved:
    """Everything but running it.

    Raises:
        HogQLError: It cannot be run.
    """
    try:
        binder = Binder(values or {}, variables, filters or Filters())
        tree: Tree = binder.bind(parse(sql))
        if not offset_allowed and tree.get("offset"):
            raise HogQLError(_OFFSET).at(tree["offset"])
        limit = _limited(tree)
        resolver = QueryResolver(dataset, now, chosen(engine_name))
        return Resolved(resolver.query(tree), printed(tree), limit)
    except RecursionError:
        raise HogQLUnsupported("The query is nested too deeply for the emulator.", 0, len(sql)) from None


def _limited(tree: Tree) -> int | None:
    """Put the server's limits into a tree: the limit that was added, None when the query has its own."""
    if tree["node"] == "SelectSetQuery":
        if tree.get("limit"):
            _cut(tree)
        else:
            for member in [
                tree["initial_select_query"],
                *(item["select_query"] for item in tree["subsequent_select_queries"]),
            ]:
                _branch(member)
        return None
    if tree.get("limit"):
        _cut(tree)
        return None
    # One more row than is given tells whether there are more; an OFFSET without LIMIT is overwritten.
    tree["limit"] = {"node": "Constant", "value": DEFAULT_LIMIT + 1}
    tree["offset"] = {"node": "Constant", "value": 0}
    return DEFAULT_LIMIT


def _branch(tree: Tree) -> None:
    """Each branch of a UNION has a limit of its own."""
    if tree["node"] == "SelectSetQuery" and not tree.get("limit"):
        _limited(tree)
    elif tree.get("limit"):
        _cut(tree)
    else:
        tree["limit"] = {"node": "Constant", "value": DEFAULT_LIMIT}


def _cut(tree: Tree) -> None:
    value: Any = tree["limit"].get("value")
    if isinstance(value, int) and value > LARGEST_LIMIT:
        tree["limit"] = {**tree["limit"], "value": LARGEST_LIMIT}
