"""Hog functions. Source: PostHog hog_function.py, 2025."""

from __future__ import annotations

import json
from typing import Any

from posthog_environments.emulator.clock import iso_z
from posthog_environments.emulator.data.hog_functions import HogFunction
from posthog_environments.emulator.data.users import OWNER
from posthog_environments.emulator.errors import invalid
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments.emulator.messages import Response
from posthog_environments.emulator.pagination import page


def _body(row: HogFunction, *, documented: bool) -> dict[str, Any]:
    """As documented there always is a creator and a template."""
    creator = row.created_by or (OWNER if documented else None)
    return {
        "id": row.id,
        "type": row.type,
        "name": row.name,
        "description": row.description,
        "created_at": iso_z(row.created_at),
        "created_by": creator.basic() if creator else None,
        "updated_at": iso_z(row.updated_at),
        "enabled": row.enabled,
        "hog": row.hog,
        "filters": row.filters,
        "icon_url": "/static/posthog-icon.svg",
        "template": row.template() if documented or row.type != "transformation" else None,
        "status": {"state": row.state, "tokens": row.tokens},
        "execution_order": row.execution_order,
    }


@handles("hog_functions_list", unchecked=("type", "filters", "filter_groups"))
def list_functions(call: Call) -> Response:
    """In execution order. `type` is one value with commas; types that do not exist match nothing."""
    wanted = _wanted(call)
    rows = [row for row in call.state.data.hog_functions.rows if _fits(call, row, wanted)]
    return Response(
        200, page(call.request, call.query, rows, lambda row: _body(row, documented=call.documented))
    )


def _fits(call: Call, row: HogFunction, wanted: list[Any]) -> bool:
    query = call.query
    if "type" in query and row.type not in query["type"][-1].split(","):
        return False
    creator = row.created_by.id if row.created_by else None
    exact = {
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "created_by": creator,
        "enabled": row.enabled,
        "id": row.id,
    }
    if any(query[name] != value for name, value in exact.items() if name in query):
        return False
    text = query.get("search", "").lower()
    if text not in row.name.lower() and text not in row.description.lower():
        return False
    return not wanted or any(_contains(row.filters, part) for part in wanted)


def _wanted(call: Call) -> list[Any]:
    """Parts of which the function's filters must contain at least one."""
    wanted: list[Any] = []
    try:
        if "filters" in call.query:
            wanted.append(json.loads(call.query["filters"]))
        if "filter_groups" in call.query:
            groups = json.loads(call.query["filter_groups"])
            if not is_array(groups):
                raise ValueError
            wanted.extend(groups)
    except (ValueError, RecursionError):
        raise invalid("Invalid filter provided") from None
    return wanted


def _contains(value: Any, part: Any) -> bool:
    """Whether JSON contains other JSON, as PostgreSQL's `@>` has it."""
    if is_object(part):
        return is_object(value) and all(
            name in value and _contains(value[name], wanted) for name, wanted in part.items()
        )
    if is_array(part):
        return is_array(value) and all(any(_contains(item, wanted) for item in value) for wanted in part)
    return bool(value == part)
