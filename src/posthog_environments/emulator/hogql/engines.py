"""What runs a resolved query."""

from __future__ import annotations

import re
from typing import Any, Final, Protocol
from weakref import WeakKeyDictionary

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.duckdb_sql import DuckDBPrinter
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import Query
from posthog_environments.emulator.hogql.store import Store


class Engine(Protocol):
    """Runs queries over a project's data."""

    def run(self, query: Query, data: Dataset) -> list[tuple[Any, ...]]:
        """Rows of the query, values as Python has them.

        Raises:
            HogQLError: The engine refuses.
        """
        ...


class DuckDBEngine:
    """Runs queries in an embedded DuckDB, one database for each project."""

    def __init__(self) -> None:
        self._stores: WeakKeyDictionary[Dataset, Store] = WeakKeyDictionary()

    def run(self, query: Query, data: Dataset) -> list[tuple[Any, ...]]:
        store = self._stores.get(data)
        if store is None:
            store = self._stores[data] = Store()
        import duckdb

        printer = DuckDBPrinter()
        try:
            return store.fetch(printer.query(query), sorted(printer.tables), data)
        except duckdb.Error as error:
            raise _explained(error) from error
        except RecursionError:
            raise HogQLUnsupported("The query is nested too deeply for the emulator.") from None


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
    (r"Out of Memory|failed to allocate", "memory_limit_exceeded", "Memory limit exceeded"),
)


def _explained(error: Exception) -> HogQLError:
    text = str(error)
    for pattern, code, message in _MISTAKES:
        if re.search(pattern, text, re.I):
            return HogQLError(message, code)
    first = text.splitlines()[0] if text else type(error).__name__
    return HogQLUnsupported(f"The emulator's engine cannot run this query: {first}")
