"""The data of projects in chDB: a database for each, in the one server that a process can have."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count, islice
from typing import Any, Final
from weakref import finalize

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.errors import EngineMissing, HogQLUnsupported
from posthog_environments.emulator.hogql.schema import TABLES
from posthog_environments.emulator.hogql.tables import ROWS, Row, Version, copied, session_rows

_CHUNK: Final = 20_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SETTINGS: Final = {
    "session_timezone": "'UTC'",
    # Several threads give rows without ORDER BY in an order that changes from run to run.
    "max_threads": "1",
    # The resolver knows what a number in GROUP BY and ORDER BY means.
    "enable_positional_arguments": "0",
    "prefer_column_name_to_alias": "1",
    "date_time_input_format": "'basic'",
    "date_time_output_format": "'iso'",
    # Tuples are arrays, whether or not their members have names.
    "output_format_json_named_tuples_as_objects": "0",
    # PostHog's limit for queries of the API.
    "max_execution_time": "10",
}
# Neither writes nor table functions that reach files or the network, whatever the printer prints.
# PostHog sets transform_null_in for every query.
_READ_ONLY: Final = " SETTINGS readonly = 1, transform_null_in = 1"


class Server:
    """The ClickHouse in this process. There can be one only, and a fork of the process cannot use it."""

    def __init__(self) -> None:
        try:
            state: Any = import_module("chdb.state")
        except ImportError:
            raise EngineMissing("chdb") from None
        self._connection: Any = state.connect(":memory:")
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._numbers = count(1)
        self._left: deque[str] = deque()
        for name, value in _SETTINGS.items():
            self.execute(f"SET {name} = {value}")

    def execute(self, sql: str, form: str = "Null") -> bytes:
        """Run a statement.

        Raises:
            HogQLUnsupported: This is a fork of the process that started the server: asking would never end.
            RuntimeError: ClickHouse refuses.
        """
        if os.getpid() != self._process:
            raise HogQLUnsupported(
                "chDB cannot be used in a process that was forked after a query ran: start it by 'spawn'."
            )
        with self._lock:
            try:
                answer = self._connection.query(sql, form)
            except RuntimeError:
                # chDB 26.9 puts what a failed query had already written before the next answer.
                self._connection.query("SELECT 1", "JSONCompact")
                raise
            return bytes(answer.bytes()) if form != "Null" else b""

    def new_database(self, owner: object) -> str:
        """Name of a new database, which is gone some time after its owner."""
        name = f"emulator_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE `{name}`")
        # The collector may come while a statement runs.
        finalize(owner, self._left.append, name).atexit = False
        while self._left:
            self.execute(f"DROP DATABASE `{self._left.popleft()}`")
        return name


class Store:
    """The copy of one project's data. Not for several threads at once: the emulator asks under its lock."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._versions: dict[str, Version] = {}
        self.database = server.new_database(self)

    def fetch(self, sql: str, tables: Iterable[str], data: Dataset) -> dict[str, Any]:
        """What a query gives, as ClickHouse's JSONCompact has it: `meta` and `data`."""
        for table in copied(tables, self._versions, data):
            self._copy(table, data)
        return self._ask(sql)

    def _ask(self, sql: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._server.execute(sql + _READ_ONLY, "JSONCompact"))
        return found

    def _copy(self, table: str, data: Dataset) -> None:
        name = f"`{self.database}`.`{table}`"
        types = TABLES[table].columns
        columns = ", ".join(f"`{column}` {kind}" for column, kind in types.items())
        self._server.execute(f"CREATE OR REPLACE TABLE {name} ({columns}) ENGINE = Memory")
        rows = (
            session_rows(data, self._ask(_SESSIONS.format(self.database))["data"])
            if table == "sessions"
            else ROWS[table](data)
        )
        times = [place for place, kind in enumerate(types.values()) if kind.family == "time"]
        while chunk := list(islice(rows, _CHUNK)):
            lines = "\n".join(_ENCODE(row) for row in _written(chunk, times))
            self._server.execute(f"INSERT INTO {name} FORMAT JSONCompactEachRow {lines}")


def _written(rows: Iterable[Row], times: Iterable[int]) -> Iterator[list[Any]]:
    """Rows with their times as texts."""
    for row in rows:
        values = list(row)
        for place in times:
            values[place] = (_EPOCH + timedelta(microseconds=values[place])).isoformat(sep=" ")
        yield values


_URL: Final = "JSONExtractString(properties, '$current_url')"
_SESSIONS: Final = f"""
SELECT `$session_id` AS session_id, argMax(distinct_id, timestamp), argMin(properties, timestamp),
    toUnixTimestamp64Micro(min(timestamp)), toUnixTimestamp64Micro(max(timestamp)),
    arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArrayIf((timestamp, {_URL}), notEmpty({_URL})))),
    argMax(nullIf(JSONExtractString(properties, '$pathname'), ''), timestamp),
    countIf(event = '$pageview'), countIf(event = '$autocapture'), countIf(event = '$screen')
FROM `{{}}`.events WHERE notEmpty(`$session_id`) GROUP BY session_id ORDER BY min(timestamp), session_id
"""
