"""`{filters}` and `{variables.name}` in HogQL: what a request says they stand for.

Sources: PostHog filters.py and variables.py, 2025.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from attrs import define

from posthog_environments.emulator.clock import parse_moment
from posthog_environments.emulator.errors import invalid
from posthog_environments.emulator.hogql import Filters, HogQLError
from posthog_environments.emulator.insights.conditions import PropertyConditions, Values, joined
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.json_types import is_object

_VARIABLE_FIELDS: Final = frozenset({"variableId", "code_name", "value", "isNull"})
_FILTER_FIELDS: Final = frozenset({"dateRange", "properties", "filterTestAccounts"})
_RANGE_FIELDS: Final = frozenset({"date_from", "date_to", "explicitDate"})


@define(frozen=True)
class Bound:
    """What the placeholders of one query stand for; the arguments of `hogql.execute`."""

    values: Mapping[str, Any] | None
    variables: Callable[[str], Any]
    filters: Filters


def bound(query: Mapping[str, Any], context: Context) -> Bound:
    """What the placeholders of a HogQLQuery stand for. Variables are looked at when they are used.

    Raises:
        ApiError: A filter cannot be read.
    """
    given = _given_variables(query.get("variables"))
    return Bound(
        query.get("values"),
        partial(_variable, given=given, context=context),
        _filters(query.get("filters"), context),
    )


# --- variables -------------------------------------------------------------------------------------------------


def _variable(name: str, given: Mapping[str, Mapping[str, Any]], context: Context) -> Any:
    known = context.data.variables
    if name not in given:
        near = difflib.get_close_matches(name, given, 1)
        hint = f" Did you mean: {near[0]}?" if near else ""
        raise HogQLError(f"Variable {name} is missing from query{'.' + hint if hint else ''}")
    if name not in known:
        raise HogQLError(f"Variable {name} does not exist")
    fields = given[name]
    if fields.get("isNull"):
        return None
    value = fields.get("value")
    return known[name].default_value if value is None else value


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


def _filters(sent: Any, context: Context) -> Filters:
    fields = Fields.of({} if sent is None else sent, "query.HogQLQuery.filters", _FILTER_FIELDS)
    range_ = fields.any("dateRange")
    dates = Fields.of({} if range_ is None else range_, "query.HogQLQuery.filters.dateRange", _RANGE_FIELDS)
    low, high = (_moment(dates.text(name), context) for name in ("date_from", "date_to"))
    values = Values()
    columns = {"event": "properties", "person": "person.properties"}
    conditions = PropertyConditions(values, columns, context.now).all(fields.any("properties"))
    return Filters(low, high, joined(conditions, "AND") if conditions else "", values.given)


def _moment(text: str | None, context: Context) -> datetime | None:
    if text is None or text == "all":
        return None
    moment = parse_moment(text, context.now)
    if moment is None:
        raise invalid(f"{text!r} is no date", "filters")
    return moment
