"""Columns of the tables that can be queried, and constants: what an expression is made of."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, cast

from attrs import define

from posthog_environments.emulator.data.events import BOOLEAN_PROPERTIES, NUMERIC_PROPERTIES
from posthog_environments.emulator.data.persons import Person
from posthog_environments.emulator.hogql.errors import HogQLUnsupported
from posthog_environments.emulator.json_types import is_object

Read = Callable[[Any], Any]


@define(frozen=True)
class Column:
    """An expression, ready to be computed.

    Attributes:
        type: ClickHouse type.
        kind: string, number, bool, datetime or null: what it can be compared with.
        read: Its value in a row; times are microseconds since 1970.
        nullable: Whether the value may be missing.
        constant: Whether it is the same in every row.
    """

    type: str
    kind: str
    read: Read
    nullable: bool = False
    constant: bool = False


def constant(value: Any) -> Column:
    if value is None:
        return Column("Nullable(Nothing)", "null", lambda row: None, True, True)
    if isinstance(value, bool):
        return Column("Bool", "bool", lambda row: value, False, True)
    if isinstance(value, int):
        bits = 8
        while not (-(1 << bits - 1) <= value < 0 or 0 <= value < 1 << bits) and bits < 256:
            bits *= 2
        return Column(f"{'Int' if value < 0 else 'UInt'}{bits}", "number", lambda row: value, False, True)
    if isinstance(value, float):
        return Column("Float64", "number", lambda row: value, False, True)
    if isinstance(value, str):
        return Column("String", "string", lambda row: value, False, True)
    raise HogQLUnsupported(f"The emulator does not support a {type(value).__name__} here.")


def property_column(path: tuple[str, ...], properties: Callable[[Any], dict[str, Any]]) -> Column:
    """A property, as text unless it is defined otherwise; all of them as JSON text."""
    if not path:
        return Column("String", "string", lambda row: _compact(properties(row)))

    def find(row: Any) -> Any:
        value: Any = properties(row)
        for part in path:
            value = value.get(part) if is_object(value) else None
        return value

    if path[0] in NUMERIC_PROPERTIES:
        return Column("Nullable(Float64)", "number", lambda row: _number(find(row)), True)
    if path[0] in BOOLEAN_PROPERTIES:
        return Column("Nullable(Bool)", "bool", lambda row: _flag(find(row)), True)
    return Column("Nullable(String)", "string", lambda row: _shown(find(row)), True)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shown(value: Any) -> str | None:
    return None if value in (None, "") else value if isinstance(value, str) else _compact(value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


EVENT_COLUMNS: Final = {
    "uuid": Column("UUID", "string", lambda row: row.uuid),
    "event": Column("String", "string", lambda row: row.event),
    "timestamp": Column("DateTime64(6, 'UTC')", "datetime", lambda row: row.timestamp),
    "created_at": Column("DateTime64(6, 'UTC')", "datetime", lambda row: row.timestamp),
    "distinct_id": Column("String", "string", lambda row: row.distinct_id),
    "elements_chain": Column("String", "string", lambda row: row.element.chain if row.element else ""),
    "$session_id": Column("Nullable(String)", "string", lambda row: row.properties.get("$session_id"), True),
}
PERSON_ID: Final = Column("UUID", "string", lambda person: person.uuid)
_PERSON_COLUMNS: Final = {
    "id": PERSON_ID,
    "created_at": Column("DateTime64(3, 'UTC')", "datetime", lambda row: row.created_at // 1000 * 1000),
    "is_identified": Column("Bool", "bool", lambda row: row.is_identified),
}


def person_field(chain: tuple[str, ...]) -> Column | None:
    if chain[0] == "properties":
        return property_column(chain[1:], lambda row: cast(Person, row).properties)
    return _PERSON_COLUMNS.get(chain[0]) if len(chain) == 1 else None
