"""Conditions in HogQL whose values are placeholders, so that nothing of a caller's is pasted into the text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.clock import parse_moment
from posthog_environments.emulator.data.events import BOOLEAN_PROPERTIES, NUMERIC_PROPERTIES
from posthog_environments.emulator.errors import invalid, unsupported
from posthog_environments.emulator.json_types import is_array, is_object

_COMPARED: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_DATED: Final = {"is_date_exact": "=", "is_date_after": ">", "is_date_before": "<"}


def sql_time(moment: datetime) -> str:
    """A time as ClickHouse reads it from a text, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@define
class Values:
    """Values of placeholders, each under a name of its own.

    Attributes:
        prefix: What the names begin with; the caller's own placeholders have other names.
        given: The values by name.
    """

    prefix: str = "emulator_value"
    given: dict[str, Any] = field(factory=dict[str, Any])

    def add(self, value: Any) -> str:
        """Keep a value; gives the placeholder that stands for it."""
        name = f"{self.prefix}_{len(self.given)}"
        self.given[name] = value
        return f"{{{name}}}"


@define(frozen=True)
class PropertyConditions:
    """Turns property filters into HogQL.

    Attributes:
        values: Where the values go.
        columns: Where the properties of each kind are found, such as `person` at `person.properties`; the first kind
            is meant where a filter names none.
        now: What relative dates are relative to.
    """

    values: Values
    columns: dict[str, str]
    now: datetime

    def all(self, filters: Any) -> list[str]:
        """Conditions for a list of filters, or for a group `{type: AND|OR, values}` of them.

        Raises:
            ApiError: One cannot be read, or the emulator has no such filter.
        """
        if filters is None:
            return []
        if is_array(filters):
            return [self._one(item) for item in filters]
        return [self._one(filters)]

    def _one(self, item: Any) -> str:
        if not is_object(item):
            raise invalid("Properties are unparsable!")
        if "key" not in item and is_array(item.get("values")):
            join = str(item.get("type", "AND")).upper()
            if join not in ("AND", "OR"):
                raise invalid(f'"{join}" is not a valid choice.', "properties", "invalid_choice")
            return joined((self._one(member) for member in item["values"]), join)
        kind = item.get("type") or next(iter(self.columns))
        key = item.get("key")
        if not isinstance(key, str) or not key:
            raise invalid("A property filter needs a key.", "properties")
        if kind not in self.columns:
            raise unsupported(f"properties of type {kind!r} in this filter; it has {', '.join(self.columns)}")
        value = item.get("value")
        several = [_fitting(key, one) for one in (value if is_array(value) else [value])]
        return self._condition(
            f"{self.columns[kind]}.{quoted(key)}", str(item.get("operator") or "exact"), several or [None]
        )

    def _condition(self, column: str, operator: str, several: list[Any]) -> str:
        value = several[0]
        if operator == "is_set":
            return f"{column} IS NOT NULL"
        if operator == "is_not_set":
            return f"{column} IS NULL"
        if operator in _COMPARED:
            return f"{column} {_COMPARED[operator]} {self.values.add(value)}"
        if operator in ("exact", "in"):
            return joined((f"{column} = {self.values.add(one)}" for one in several), "OR")
        if operator in ("is_not", "not_in"):
            return joined((f"{column} != {self.values.add(one)}" for one in several), "AND")
        if operator == "icontains":
            return joined((f"{column} ILIKE {self.values.add(f'%{one}%')}" for one in several), "OR")
        if operator == "not_icontains":
            return joined((f"{column} NOT ILIKE {self.values.add(f'%{one}%')}" for one in several), "AND")
        if operator == "regex":
            return f"match({column}, {self.values.add(value)})"
        if operator == "not_regex":
            return f"NOT match({column}, {self.values.add(value)})"
        if operator in _DATED:
            moment = parse_moment(str(value), self.now)
            if moment is None:
                raise invalid("Date is not valid.", "properties")
            return f"toDateTime({column}) {_DATED[operator]} toDateTime({self.values.add(sql_time(moment))})"
        raise unsupported(f"the operator {operator!r}")


def _fitting(key: str, value: Any) -> Any:
    """The value in the type of the property, which is a text unless it is defined otherwise."""
    if key in NUMERIC_PROPERTIES and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    if key in BOOLEAN_PROPERTIES and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if key in NUMERIC_PROPERTIES or key in BOOLEAN_PROPERTIES or isinstance(value, str):
        return value
    return json.dumps(value)


def joined(conditions: Iterable[str], join: str) -> str:
    """One condition of several; without any it always holds."""
    parts = list(conditions)
    return f"({f' {join} '.join(parts)})" if parts else "1 = 1"


def quoted(name: str) -> str:
    """A name in the text of a query, whatever it holds."""
    escaped = name.replace("\\", "\\\\").replace("`", "``")
    return f"`{escaped}`"
