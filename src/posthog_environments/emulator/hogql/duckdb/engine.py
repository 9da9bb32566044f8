"""Runs queries in an embedded DuckDB, one database for each project."""

from __future__ import annotations

import re
from typing import Final
from weakref import WeakKeyDictionary

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.duckdb.sql import DuckDBPrinter
from posthog_environments.emulator.hogql.duckdb.store import Store
from posthog_environments.emulator.hogql.engines import Rows
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import Query
from posthog_environments.emulator.hogql.values import json_value


class DuckDBEngine:
    """See `engines.Engine`. DuckDB's types are not ClickHouse's: the resolver's types are told."""

    def __init__(self) -> None:
        self._stores: WeakKeyDictionary[Dataset, Store] = WeakKeyDictionary()

    def run(self, query: Query, data: Dataset) -> Rows:
        store = self._stores.get(data)
        if store is None:
            store = self._stores[data] = Store()
        import duckdb

        printer = DuckDBPrinter()
        try:
            rows = store.fetch(printer.query(query), sorted(printer.tables), data)
        except duckdb.Error as error:
            raise _explained(error) from error
        except RecursionError:
            raise HogQLUnsupported("The query is nested too deeply for the emulator.") from None
        kinds = [expr.type for _, expr in query.columns]
        return Rows(
            [str(kind) for kind in kinds],
            [[json_value(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows],
        )


# What DuckDB refuses while it runs is a mistake in the data or the constants, which ClickHouse refuses too.
_MISTAKES: Final = (
    (r"Out of Range|overflow", "value_is_out_of_range_of_data_type", "Value is out of range"),
    (r"Could not convert|Conversion Error", "cannot_parse_text", "Cannot parse text"),
    (
        r"regex|missing \)|unexpected \)|invalid perl|repetition",
        "cannot_compile_regexp",
        "Cannot compile the regular expression",
    ),
    (
        r"Like pattern must not end with escape",
        "cannot_parse_escape_sequence",
        "Invalid escape sequence at the end of LIKE pattern",
    ),
    (r"Division by zero", "illegal_division", "Division by zero"),
    (r"Insufficient padding", "bad_arguments", "The text to pad with must not be empty"),
    (
        r"More than one row",
        "incorrect_result_of_scalar_subquery",
        "Scalar subquery returned more than one row",
    ),
    (r"negative size of an array", "too_large_array_size", "Array size cannot be negative"),
    (r"sizes of arrays", "sizes_of_arrays_dont_match", "The arrays have different sizes"),
    (r"Out of Memory|failed to allocate", "memory_limit_exceeded", "Memory limit exceeded"),
)


# What the templates of functions refuse by themselves; see `registry.refused`.
_OWN: Final = re.compile(r"^Invalid Input Error: refused as (?P<code>\w+): (?P<message>.*)")


def _explained(error: Exception) -> HogQLError:
    text = str(error)
    # The lines after it show the printed query.
    first = text.splitlines()[0] if text else type(error).__name__
    own = _OWN.match(first)
    if own is not None:
        return HogQLError(own["message"], own["code"])
    if not first.startswith("Binder Error"):
        for pattern, code, message in _MISTAKES:
            if re.search(pattern, first, re.I):
                return HogQLError(message, code)
    return HogQLUnsupported(f"The emulator's engine cannot run this query: {first}")
