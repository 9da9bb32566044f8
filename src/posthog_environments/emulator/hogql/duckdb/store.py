"""The data of one project in an embedded DuckDB: copied when a query first touches a table, and after changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.errors import EngineMissing
from posthog_environments.emulator.hogql.schema import TABLES
from posthog_environments.emulator.hogql.tables import ROWS, Row, Version, copied, session_rows
from posthog_environments.emulator.hogql.types import Type

_CHUNK: Final = 20_000
_SQL_TYPES: Final = {
    "UInt8": "UTINYINT",
    "UInt64": "BIGINT",
    "Int64": "BIGINT",
    "Float64": "DOUBLE",
    "Bool": "BOOLEAN",
}


def connect() -> Any:
    """A database in memory that cannot reach files, the network or extensions, and whose settings are locked.

    Raises:
        EngineMissing: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise EngineMissing from None
    database: Any = duckdb.connect(":memory:", config={"enable_external_access": "false"})
    for setting in (
        "TimeZone = 'UTC'",
        # Several threads give groups without ORDER BY in an order that changes from run to run.
        "threads = 1",
        "preserve_insertion_order = true",
        "autoload_known_extensions = false",
        "autoinstall_known_extensions = false",
        "lock_configuration = true",
    ):
        database.execute(f"SET {setting}")
    return database


class Store:
    """The copy of one project's data. Not for several threads at once: the emulator asks under its lock."""

    def __init__(self) -> None:
        self._database = connect()
        self._versions: dict[str, Version] = {}

    def fetch(self, sql: str, tables: Iterable[str], data: Dataset) -> list[Row]:
        """Rows of a query that reads these tables."""
        for table in copied(tables, self._versions, data):
            self._copy(table, data)
        rows: list[Row] = self._database.execute(sql).fetchall()
        return rows

    def _copy(self, table: str, data: Dataset) -> None:
        types = TABLES[table].columns
        columns = ", ".join(f'"{name}" {_sql_type(kind)}' for name, kind in types.items())
        self._database.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        rows = (
            session_rows(data, self._database.execute(_SESSIONS).fetchall())
            if table == "sessions"
            else ROWS[table](data)
        )
        self._insert(table, list(types.values()), rows)

    def _insert(self, table: str, types: list[Type], rows: Iterator[Row]) -> None:
        values = ", ".join(_unnested(place, kind) for place, kind in enumerate(types, 1))
        while chunk := list(islice(rows, _CHUNK)):
            columns = [list(column) for column in zip(*chunk, strict=True)]
            self._database.execute(f"INSERT INTO {table} SELECT {values}", columns)


_SESSIONS: Final = """
SELECT "$session_id", arg_max(distinct_id, "timestamp"), arg_min(properties, "timestamp"),
    epoch_us(min("timestamp")), epoch_us(max("timestamp")),
    coalesce(list(properties ->> '/$current_url' ORDER BY "timestamp")
        FILTER (WHERE nullif(properties ->> '/$current_url', '') IS NOT NULL), []),
    arg_max(nullif(properties ->> '/$pathname', ''), "timestamp"),
    count(*) FILTER (WHERE event = '$pageview'), count(*) FILTER (WHERE event = '$autocapture'),
    count(*) FILTER (WHERE event = '$screen')
FROM events WHERE "$session_id" <> '' GROUP BY 1 ORDER BY min("timestamp"), 1
"""


def _sql_type(kind: Type) -> str:
    if kind.base == "Array":
        return f"{_sql_type(kind.item)}[]"
    return "TIMESTAMP" if kind.family == "time" else _SQL_TYPES.get(kind.base, "VARCHAR")


def _unnested(place: int, kind: Type) -> str:
    if kind.family == "time":
        return f"make_timestamp(unnest(${place}::BIGINT[]))"
    return f"unnest(${place}::{_sql_type(kind)}[])"
