"""`filters_override` and `variables_override`: what a dashboard lays over a query. Source: PostHog query.py and the
query runners' apply_dashboard_filters and apply_variable_overrides, 2025."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_environments.emulator.errors import unsupported
from posthog_environments.emulator.json_types import is_array, is_object


def overridden(
    query: dict[str, Any], filters: Mapping[str, Any] | None, variables: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The query with both laid over it.

    Raises:
        ApiError: This kind has nothing that the override could change.
    """
    if variables:
        query = _with_variables(query, variables)
    if filters:
        query = _with_filters(query, filters)
    return query


def _with_variables(query: dict[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Only variables that the query names itself are replaced."""
    own = query.get("variables")
    if not is_object(own):
        return query
    return {**query, "variables": {name: variables.get(name) or value for name, value in own.items()}}


def _with_filters(query: dict[str, Any], filters: Mapping[str, Any]) -> dict[str, Any]:
    dates = {name: filters[name] for name in ("date_from", "date_to") if filters.get(name)}
    if dates and filters.get("explicitDate") is not None:
        dates["explicitDate"] = filters["explicitDate"]
    properties: list[Any] = filters.get("properties") or []
    breakdown = filters.get("breakdown_filter")
    kind = query.get("kind")
    if breakdown is not None and kind != "TrendsQuery":
        raise unsupported(f"`breakdown_filter` in filters_override of {kind}; TrendsQuery has it")
    if kind == "HogQLQuery":
        own = query.get("filters")
        return {**query, "filters": _laid_over(own if is_object(own) else {}, dates, properties)}
    if kind == "TrendsQuery":
        query = _laid_over(query, dates, properties)
        return query if breakdown is None else {**query, "breakdownFilter": breakdown}
    if kind == "EventsQuery":
        if dates:
            query = {**query, "after": dates.get("date_from"), "before": dates.get("date_to")}
        return _laid_over(query, {}, properties)
    source = query.get("source")
    if kind == "ActorsQuery" and is_object(source):
        return {**query, "source": _with_filters(source, filters)}
    return query


def _laid_over(filters: dict[str, Any], dates: dict[str, Any], properties: list[Any]) -> dict[str, Any]:
    """Dates take the place of those that were there; properties are added."""
    changed = dict(filters)
    if dates:
        changed["dateRange"] = {**(filters.get("dateRange") or {}), **dates}
    if properties:
        own = filters.get("properties")
        changed["properties"] = [*(own if is_array(own) else [own] if own else []), *properties]
    return changed
