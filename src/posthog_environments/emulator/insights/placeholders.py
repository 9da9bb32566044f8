"""`{filters}` and `{variables.name}` in HogQL: each becomes a condition or a value placeholder before the query runs.

Sources: PostHog filters.py and variables.py, 2025.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from posthog_environments.emulator.clock import parse_moment
from posthog_environments.emulator.errors import invalid
from posthog_environments.emulator.hogql import HogQLError
from posthog_environments.emulator.insights.conditions import PropertyConditions, Values, joined, sql_time
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.json_types import is_object

_PARTS: Final = re.compile(
    r"(?P<skip>'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\"|--[^\n]*|/\*.*?\*/)"
    r"|\{\s*(?P<name>(?:filters|variables)(?:\.\w+)*)\s*\}",
    re.DOTALL,
)
_TABLE: Final = re.compile(r"\bfrom\s+(events|sessions|groups)\b", re.I)
_TIME_COLUMNS: Final = {"events": "timestamp", "sessions": "$start_timestamp", "groups": "created_at"}
_VARIABLE_FIELDS: Final = frozenset({"variableId", "code_name", "value", "isNull"})
_FILTER_FIELDS: Final = frozenset({"dateRange", "properties", "filterTestAccounts"})
_RANGE_FIELDS: Final = frozenset({"date_from", "date_to", "explicitDate"})
_ALWAYS: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def fill(sql: str, query: Mapping[str, Any], values: Values, context: Context) -> str:
    """The query with its filters and variables filled in.

    Raises:
        HogQLError: A variable is missing or unknown.
        ApiError: A filter cannot be read.
    """

    def replace(found: re.Match[str]) -> str:
        name: str | None = found["name"]
        if name is None:
            return found[0]
        head, _, rest = name.partition(".")
        if head == "variables":
            return _variable(rest, query.get("variables"), values, context)
        return _filter(rest, sql, query.get("filters"), values, context)

    return _PARTS.sub(replace, sql)


# --- variables -------------------------------------------------------------------------------------------------


def _variable(name: str, sent: Any, values: Values, context: Context) -> str:
    given = _given_variables(sent)
    known = context.data.variables
    if name not in given:
        near = difflib.get_close_matches(name, given, 1)
        hint = f" Did you mean: {near[0]}?" if near else ""
        raise HogQLError(f"Variable {name} is missing from query{'.' + hint if hint else ''}")
    if name not in known:
        raise HogQLError(f"Variable {name} does not exist")
    fields = given[name]
    if fields.get("isNull"):
        return values.add(None)
    value = fields.get("value")
    return values.add(known[name].default_value if value is None else value)


def _given_variables(sent: Any) -> dict[str, dict[str, Any]]:
    if sent is None:
        return {}
    if not is_object(sent):
        raise HogQLError("Variables should be a dictionary")
    given: dict[str, dict[str, Any]] = {}
    for variable_id, value in sent.items():
        fields = Fields.of(value, f"query.HogQLQuery.variables.{variable_id}", _VARIABLE_FIELDS)
        name = fields.text("code_name")
        if name is None:
            raise fields.wrong("code_name", "Field required")
        given[name] = dict(fields.values)
    return given


# --- filters ---------------------------------------------------------------------------------------------------


def _filter(part: str, sql: str, sent: Any, values: Values, context: Context) -> str:
    fields = Fields.of({} if sent is None else sent, "query.HogQLQuery.filters", _FILTER_FIELDS)
    range_ = fields.any("dateRange")
    dates = Fields.of({} if range_ is None else range_, "query.HogQLQuery.filters.dateRange", _RANGE_FIELDS)
    low, high = (_moment(dates.text(name), context) for name in ("date_from", "date_to"))
    if part == "dateRange.from":
        # A missing bound makes the comparison hold always; a time before or after everything does as much.
        return f"toDateTime({values.add(sql_time(low or _ALWAYS[0]))})"
    if part == "dateRange.to":
        return f"toDateTime({values.add(sql_time(high or _ALWAYS[1]))})"
    if part:
        raise HogQLError(f"Unresolved placeholder: {{filters.{part}}}")
    table = _TABLE.search(sql)
    if table is None:
        raise HogQLError(
            "Cannot use 'filters' placeholder in a SELECT that is not from events, sessions or groups"
        )
    column = _TIME_COLUMNS[table[1].lower()]
    columns = {"event": "properties", "person": "person.properties"}
    conditions = PropertyConditions(values, columns, context.now).all(fields.any("properties"))
    if low is not None:
        conditions.append(f"{column} >= {values.add(sql_time(low))}")
    if high is not None:
        conditions.append(f"{column} < {values.add(sql_time(high))}")
    return joined(conditions, "AND")


def _moment(text: str | None, context: Context) -> datetime | None:
    if text is None or text == "all":
        return None
    moment = parse_moment(text, context.now)
    if moment is None:
        raise invalid(f"{text!r} is no date", "filters")
    return moment
