"""Queries by kind: what each accepts, and what it answers. One module per kind that the emulator can run.

Values of a caller never become part of a HogQL text; expressions of a caller are HogQL and run as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from posthog_environments.emulator.errors import unsupported
from posthog_environments.emulator.insights import (
    actors_query,
    events_query,
    hogql_query,
    metadata_query,
    trends_query,
)
from posthog_environments.emulator.insights.context import Context, model_error
from posthog_environments.emulator.insights.kinds import KINDS
from posthog_environments.emulator.json_types import is_object

SUPPORTED: Final = ("HogQLQuery", "HogQLMetadata", "EventsQuery", "ActorsQuery", "TrendsQuery")


def checked_query(query: Any, context: Context) -> dict[str, Any]:
    """The query, when the emulator can run its kind and its fields are right.

    Raises:
        ApiError: There is no such kind or field, or the emulator does not have it.
    """
    if not is_object(query):
        raise model_error("query", "Input should be a valid dictionary or object")
    kind = query.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise model_error("query", f"Input tag {kind!r} does not match any of the expected tags")
    if kind == "HogQLQuery":
        hogql_query.check(query)
    elif kind == "HogQLMetadata":
        metadata_query.check(query)
    elif kind == "EventsQuery":
        events_query.check(query)
    elif kind == "ActorsQuery":
        actors_query.check(query)
    elif kind == "TrendsQuery":
        trends_query.check(query, context)
    else:
        raise unsupported(f"queries of kind {kind}; it has {', '.join(SUPPORTED)}")
    return query


def run_query(query: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """What a checked query gives, without what the cache adds.

    Raises:
        HogQLError: Its HogQL cannot be run.
        ApiError: A part of it makes no sense.
    """
    run = {
        "HogQLQuery": hogql_query.run,
        "HogQLMetadata": metadata_query.run,
        "EventsQuery": events_query.run,
        "ActorsQuery": actors_query.run,
        "TrendsQuery": trends_query.run,
    }[query["kind"]]
    return run(query, context)


__all__ = ["SUPPORTED", "Context", "checked_query", "model_error", "run_query"]
