"""The data of one project in an embedded DuckDB: copied when a query first touches a table, and after changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, Final

from posthog_environments.emulator.clock import to_micros
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.errors import EngineMissing
from posthog_environments.emulator.hogql.schema import GROUP_COLUMNS, TABLES
from posthog_environments.emulator.hogql.types import Type
from posthog_environments.emulator.json_types import is_object

Row = tuple[Any, ...]

_CHUNK: Final = 20_000
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_NOBODY: Final = "00000000-0000-0000-0000-000000000000"
_SQL_TYPES: Final = {"UInt64": "BIGINT", "Int64": "BIGINT", "Float64": "DOUBLE", "Bool": "BOOLEAN"}
# What each table is copied from; sessions are computed from events.
_NEEDS: Final = {"sessions": ("events",)}


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
        self._versions: dict[str, int] = {}

    def fetch(self, sql: str, tables: Iterable[str], data: Dataset) -> list[Row]:
        """Rows of a query that reads these tables."""
        for table in tables:
            self._refresh(table, data)
        rows: list[Row] = self._database.execute(sql).fetchall()
        return rows

    def _refresh(self, table: str, data: Dataset) -> None:
        if self._versions.get(table) == data.version:
            return
        for needed in _NEEDS.get(table, ()):
            self._refresh(needed, data)
        types = TABLES[table].columns
        columns = ", ".join(f'"{name}" {_sql_type(kind)}' for name, kind in types.items())
        self._database.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
        rows = self._session_rows(data) if table == "sessions" else _ROWS[table](data)
        self._insert(table, list(types.values()), rows)
        self._versions[table] = data.version

    def _insert(self, table: str, types: list[Type], rows: Iterator[Row]) -> None:
        values = ", ".join(_unnested(place, kind) for place, kind in enumerate(types, 1))
        while chunk := list(islice(rows, _CHUNK)):
            columns = [list(column) for column in zip(*chunk, strict=True)]
            self._database.execute(f"INSERT INTO {table} SELECT {values}", columns)

    def _session_rows(self, data: Dataset) -> Iterator[Row]:
        sessions: list[Row] = self._database.execute(_SESSIONS).fetchall()
        for row in sessions:
            found = data.sessions.find(row[0])
            # What the sessions endpoints say of a session, HogQL says too.
            url, end_url = row[5], row[6]
            known = found.properties() if found is not None else {}
            if url is None:
                known = {name: value for name, value in known.items() if not name.startswith("$entry_")}
            start, end = (found.start, found.end) if found is not None else (row[3], row[4])
            yield (
                row[0],
                row[1],
                row[2],
                start,
                end,
                url,
                known.get("$entry_hostname"),
                known.get("$entry_pathname"),
                known.get("$entry_referring_domain"),
                *(
                    known.get(f"$entry_utm_{name}")
                    for name in ("source", "medium", "campaign", "content", "term")
                ),
                end_url,
                row[7],
                known.get("$channel_type"),
                row[8],
                row[9],
                row[10],
                known.get("$session_duration", (end - start) // 1_000_000),
                known.get("$is_bounce"),
            )


_SESSIONS: Final = """
SELECT "$session_id", arg_min(distinct_id, "timestamp"), arg_min(person_id, "timestamp"),
    epoch_us(min("timestamp")), epoch_us(max("timestamp")),
    arg_min(properties ->> '/$current_url', "timestamp"), arg_max(properties ->> '/$current_url', "timestamp"),
    arg_max(properties ->> '/$pathname', "timestamp"),
    count(*) FILTER (WHERE event = '$pageview'), count(*) FILTER (WHERE event = '$autocapture'),
    count(*) FILTER (WHERE event = '$screen')
FROM events WHERE "$session_id" IS NOT NULL AND "$session_id" <> '' GROUP BY 1 ORDER BY min("timestamp"), 1
"""


def _sql_type(kind: Type) -> str:
    return "TIMESTAMP" if kind.family == "time" else _SQL_TYPES.get(kind.base, "VARCHAR")


def _unnested(place: int, kind: Type) -> str:
    if kind.family == "time":
        return f"make_timestamp(unnest(${place}::BIGINT[]))"
    return f"unnest(${place}::{_sql_type(kind)}[])"


def _compact(value: Any) -> str:
    text = _ENCODE(value)
    # Half a character cannot be stored; ClickHouse writes the replacement character.
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _events(data: Dataset) -> Iterator[Row]:
    people: dict[int, str] = {}
    types = data.groups.types
    for event in data.events.scan(newest_first=False):
        person = event.person
        if person is not None and person not in people:
            people[person] = data.persons.get(person).uuid
        properties = event.properties
        groups = properties.get("$groups")
        keys = groups if is_object(groups) else {}
        yield (
            event.uuid,
            event.event,
            _compact(properties),
            event.timestamp,
            event.distinct_id,
            event.element.chain if event.element else "",
            event.timestamp,
            _text(properties.get("$session_id")),
            _text(properties.get("$window_id")),
            _NOBODY if person is None else people[person],
            *(
                str(keys.get(types[index]) or "") if index < len(types) else ""
                for index in range(len(GROUP_COLUMNS))
            ),
        )


def _persons(data: Dataset) -> Iterator[Row]:
    for person in data.persons.scan(newest_first=False):
        created = person.created_at // 1000 * 1000
        yield person.uuid, created, _compact(person.properties), person.is_identified


def _distinct_ids(data: Dataset) -> Iterator[Row]:
    for person in data.persons.scan(newest_first=False):
        for distinct_id in person.distinct_ids:
            yield distinct_id, person.uuid


def _groups(data: Dataset) -> Iterator[Row]:
    for group in data.groups.rows.values():
        created = to_micros(group.created_at)
        yield group.type_index, group.key, created, created, _compact(group.properties)


def _cohort_people(data: Dataset) -> Iterator[Row]:
    for cohort in data.cohorts.rows:
        for person in cohort.persons:
            if data.persons.alive(person):
                yield data.persons.get(person).uuid, cohort.id


_ROWS: Final[dict[str, Callable[[Dataset], Iterator[Row]]]] = {
    "events": _events,
    "persons": _persons,
    "person_distinct_ids": _distinct_ids,
    "groups": _groups,
    "cohort_people": _cohort_people,
}
