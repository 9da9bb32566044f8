"""Rows of a result, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from posthog_environments.emulator.hogql.compiler import Compiler, Output
from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.nodes import Field, Select


def rows_of(
    query: Select, compiler: Compiler, items: list[Output], order: list[tuple[Output, bool]]
) -> Iterator[list[Any]]:
    """Rows of the result, in order; nothing is computed that is not needed for the rows that are taken."""
    if query.group_by or any(item.fold for item in items):
        return _grouped(query, compiler, items, order)
    by_time = len(order) == 1 and order[0][0].expr in (Field(("timestamp",)), Field(("created_at",)))
    natural = by_time or not order
    newest_first = by_time and order[0][1]
    if natural:
        source = _filtered(query, compiler, newest_first)
        return ([item.column.read(row) for item in items] for row in source)
    if any(output.fold for output, _ in order):
        raise HogQLError("Aggregation in ORDER BY of a query that does not aggregate", "illegal_aggregation")
    keyed = [
        ([output.column.read(row) for output, _ in order], [item.column.read(row) for item in items])
        for row in _filtered(query, compiler, False)
    ]
    return _sorted(keyed, [descending for _, descending in order])


def _filtered(query: Select, compiler: Compiler, newest_first: bool) -> Iterator[Any]:
    rows: Iterable[Any]
    if query.table == "events":
        rows = compiler.dataset.events.scan(newest_first=newest_first)
    elif query.table == "persons":
        rows = compiler.dataset.persons.scan(newest_first=newest_first)
    else:
        rows = (None,)
    if query.where is None:
        return iter(rows)
    test = compiler.column(query.where).read
    return (row for row in rows if test(row))


def _grouped(
    query: Select, compiler: Compiler, items: list[Output], order: list[tuple[Output, bool]]
) -> Iterator[list[Any]]:
    keys = compiler.group(items)
    if any(key.fold for key in keys):
        raise HogQLError("Aggregate function is found in GROUP BY", "illegal_aggregation")
    outputs = [*items, *(output for output, _ in order)]
    for output in outputs:
        known = output.fold or output.column.constant or any(key.expr == output.expr for key in keys)
        if not known:
            raise HogQLError(
                f"Column `{output.name}` is not under aggregate function and not in GROUP BY keys",
                "not_an_aggregate",
            )
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in _filtered(query, compiler, False):
        groups.setdefault(tuple(key.column.read(row) for key in keys), []).append(row)
    if not query.group_by and not groups:
        groups[()] = []
    keyed: list[tuple[list[Any], list[Any]]] = []
    for rows in groups.values():
        values = [_group_value(output, rows) for output in outputs]
        keyed.append((values[len(items) :], values[: len(items)]))
    return _sorted(keyed, [descending for _, descending in order])


def _group_value(output: Output, rows: list[Any]) -> Any:
    if output.fold is None:
        return output.column.read(rows[0] if rows else None)
    return output.fold(output.column.read(row) for row in rows)


def _sorted(keyed: list[tuple[list[Any], list[Any]]], descending: list[bool]) -> Iterator[list[Any]]:
    """By the keys, the last one first, since sorting keeps the order of equals; missing values come last."""
    for place in range(len(descending) - 1, -1, -1):
        present = [pair for pair in keyed if pair[0][place] is not None]
        missing = [pair for pair in keyed if pair[0][place] is None]
        present.sort(key=lambda pair: pair[0][place], reverse=descending[place])
        keyed = [*present, *missing]
    return (row for _, row in keyed)
