"""Runs queries in chDB. Types and values are ClickHouse's own."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Any, Final
from weakref import WeakKeyDictionary

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.chdb.sql import ClickHousePrinter
from posthog_environments.emulator.hogql.chdb.store import Server, Store
from posthog_environments.emulator.hogql.engines import Rows
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import Query
from posthog_environments.emulator.hogql.types import Type, parse_type
from posthog_environments.emulator.hogql.values import json_value
from posthog_environments.emulator.json_types import is_array, is_object


class ChDBEngine:
    """See `engines.Engine`."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._stores: WeakKeyDictionary[Dataset, Store] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def _store(self, data: Dataset) -> Store:
        with self._lock:
            if self._server is None:
                self._server = Server()
            store = self._stores.get(data)
            if store is None:
                store = self._stores[data] = Store(self._server)
            return store

    def run(self, query: Query, data: Dataset) -> Rows:
        for name, expr in query.columns:
            if "AggregateFunction" in str(expr.type):
                raise HogQLUnsupported(
                    f"{name} is the state of an aggregate: only -Merge makes a value of it."
                )
        store = self._store(data)
        printer = ClickHousePrinter(store.database)
        try:
            sql = printer.query(query)
        except RecursionError:
            raise HogQLUnsupported("The query is nested too deeply for the emulator.") from None
        try:
            found = store.fetch(sql, sorted(printer.tables), data)
        except RuntimeError as error:
            raise _explained(error) from error
        names: list[str] = [column["type"] for column in found["meta"]]
        kinds = [parse_type(name) for name in names]
        return Rows(
            names,
            [
                [json_value(_read(value, kind), kind) for value, kind in zip(row, kinds, strict=True)]
                for row in found["data"]
            ],
        )


def _read(value: Any, kind: Type) -> Any:
    """Times as such, which JSON has as texts."""
    if isinstance(value, str) and kind.family == "time" and kind.base != "Date":
        return datetime.fromisoformat(value)
    if is_array(value):
        members = kind.args if kind.base == "Tuple" else [kind.item] * len(value)
        return [_read(item, member) for item, member in zip(value, members, strict=True)]
    if is_object(value) and kind.base == "Map":
        return {key: _read(item, kind.args[1]) for key, item in value.items()}
    return value


_ERROR: Final = re.compile(
    r"Code: \d+\. DB::Exception: (?P<message>.*?)\.? ?\((?P<name>[A-Z0-9_]+)\)\s*$", re.DOTALL
)
# Mistakes of the query or of the data, which PostHog passes on; the rest it hides behind a 500.
_MISTAKES: Final = frozenset(
    {
        *("ARGUMENT_OUT_OF_BOUND", "BAD_ARGUMENTS", "CANNOT_COMPILE_REGEXP", "CANNOT_CONVERT_TYPE"),
        *(
            "CANNOT_PARSE_DATE",
            "CANNOT_PARSE_DATETIME",
            "CANNOT_PARSE_ESCAPE_SEQUENCE",
            "CANNOT_PARSE_NUMBER",
        ),
        *(
            "CANNOT_PARSE_TEXT",
            "CANNOT_PARSE_UUID",
            "DECIMAL_OVERFLOW",
            "ILLEGAL_AGGREGATION",
            "ILLEGAL_COLUMN",
            "INDEX_OF_POSITIONAL_ARGUMENT_IS_OUT_OF_RANGE",
            "UNKNOWN_TYPE",
        ),
        *("ILLEGAL_DIVISION", "ILLEGAL_TYPE_OF_ARGUMENT", "ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER"),
        *(
            "INCORRECT_RESULT_OF_SCALAR_SUBQUERY",
            "MEMORY_LIMIT_EXCEEDED",
            "NOT_AN_AGGREGATE",
            "NO_COMMON_TYPE",
        ),
        *("NUMBER_OF_ARGUMENTS_DOESNT_MATCH", "NUMBER_OF_COLUMNS_DOESNT_MATCH", "PARAMETER_OUT_OF_BOUND"),
        *("SIZES_OF_ARRAYS_DONT_MATCH", "TIMEOUT_EXCEEDED", "TOO_LARGE_ARRAY_SIZE", "TOO_LARGE_STRING_SIZE"),
        *("TYPE_MISMATCH", "UNION_ALL_RESULT_STRUCTURES_MISMATCH", "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE"),
    }
)


def _explained(error: Exception) -> HogQLError:
    found = _ERROR.search(str(error))
    if found is not None and found["name"] in _MISTAKES:
        # What follows shows the printed query.
        message = re.split(r": (?:In scope|while executing|While processing) ", found["message"])[0]
        return HogQLError(message, found["name"].lower())
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return HogQLUnsupported(f"chDB cannot run this query: {first}")
