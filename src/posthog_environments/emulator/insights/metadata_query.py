"""HogQLMetadata: whether some HogQL can be run, and where it is wrong. Source: PostHog metadata.py, 2025."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from posthog_environments.emulator.hogql import HogQLError
from posthog_environments.emulator.hogql import check as check_hogql
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.insights.placeholders import bound
from posthog_environments.emulator.json_types import is_object

_KNOWN: Final = frozenset(
    {
        *(
            "kind",
            "language",
            "query",
            "globals",
            "sourceQuery",
            "filters",
            "variables",
            "debug",
            "modifiers",
        ),
        *("response", "tags", "version"),
    }
)


def check(query: Mapping[str, Any]) -> None:
    """Refuse what the server's model refuses, and languages that the emulator cannot read.

    Raises:
        ApiError: A field is unknown or wrong.
    """
    fields = Fields.of(query, "query.HogQLMetadata", _KNOWN)
    for name in ("query", "language"):
        if fields.text(name) is None:
            raise fields.wrong(name, "Field required")
    if fields.text("language") != "hogQL":
        raise fields.wrong("language", "The emulator reads only 'hogQL'")
    for name in ("filters", "variables"):
        if fields.any(name) is not None and not is_object(fields.any(name)):
            raise fields.wrong(name, "Input should be a valid dictionary")


def run(query: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Mistakes with their places: characters of the query, from 0. A gap of the emulator is a notice, not a mistake."""
    found = bound(query, context)
    text: str = query["query"]
    errors: list[dict[str, Any]] = []
    notices: list[dict[str, Any]] = []
    try:
        check_hogql(
            text,
            found.values,
            context.data,
            context.now,
            variables=found.variables,
            filters=found.filters,
            engine=context.engine,
        )
    except HogQLError as error:
        place = (0, len(text)) if error.start is None or error.end is None else (error.start, error.end)
        start, end = sorted(place)
        told: dict[str, Any] = {"message": error.shown, "start": start, "end": end, "fix": None}
        (notices if error.code == "emulator_unsupported" else errors).append(told)
    return {
        "isValid": not errors,
        "query": text,
        "errors": errors,
        "warnings": [],
        "notices": notices,
    }
