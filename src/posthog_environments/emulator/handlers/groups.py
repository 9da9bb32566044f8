"""Groups. Source: PostHog groups.py, October 2025."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from posthog_environments.emulator.clock import iso_z
from posthog_environments.emulator.data.groups import Change, Group
from posthog_environments.emulator.errors import (
    ApiError,
    invalid,
    not_found,
    required,
    server_failure,
    swapped,
)
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.handlers.values import count_values, enveloped
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.messages import NOTHING, Response
from posthog_environments.emulator.validation import check_query, query_integer

_TEAM_UUID: Final = "0195f6de-9d6c-7000-8b8f-000000000001"
_MOST_VALUES: Final = 20
_LOG_PAGE: Final = 10


# --- bodies ----------------------------------------------------------------------------------------------------


def _body(group: Group) -> dict[str, Any]:
    return {
        "group_type_index": group.type_index,
        "group_key": group.key,
        "group_properties": group.properties,
        "created_at": iso_z(group.created_at),
    }


def _change_body(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "user": {"first_name": change.user.first_name, "email": change.user.email},
        "activity": change.activity,
        "scope": "Group",
        "item_id": str(change.group),
        "detail": {
            "id": None,
            "changes": [
                {
                    "type": "Group",
                    "action": change.action,
                    "field": None,
                    "before": change.before,
                    "after": change.after,
                }
            ],
            "merge": None,
            "trigger": None,
            "name": change.name,
            "short_id": None,
            "type": None,
        },
        "created_at": iso_z(change.at),
    }


# --- one group -------------------------------------------------------------------------------------------------


def _group(call: Call) -> Group:
    """The group that the query names."""
    group = call.state.data.groups.find(call.query["group_type_index"], call.query.get("group_key", ""))
    if group is None:
        raise not_found()
    return group


@handles("groups_create")
def create(call: Call) -> Response:
    """A second group with the same key is refused. A group of an unknown type is stored, and then a 404."""
    data, now = call.state.data, call.state.clock.now()
    properties: Any = call.body.get("group_properties")
    properties = {} if properties is None else properties
    if not is_object(properties):
        raise invalid("Value must be an object.", "group_properties")
    index, key = call.body["group_type_index"], call.body["group_key"]
    group = data.groups.create(index, key, dict(properties), now)
    if group is None:
        raise invalid("A group with this key already exists", "detail")
    _identify(call, group, group.properties)
    for name, value in group.properties.items():
        data.groups.note(
            group, "create_group", "created", name, after=value, user=call.principal.user, now=now
        )
    return Response(201, _body(group))


def _identify(call: Call, group: Group, properties: dict[str, Any]) -> None:
    _capture(call, group, "$groupidentify", {"$group_set": dict(properties)})


def _capture(call: Call, group: Group, event: str, change: dict[str, Any]) -> None:
    """Tell of a change by an event, which is how it gets into queries; needs a known group type."""
    types = call.state.data.groups.types
    if not 0 <= group.type_index < len(types):
        raise not_found()
    properties = {"$group_type": types[group.type_index], "$group_key": group.key, **change}
    if not call.documented:
        call.state.data.events.capture(event, _TEAM_UUID, properties, call.state.clock.micros())


@handles("groups_find", unchecked=("group_type_index", "group_key"))
def find(call: Call) -> Response:
    """The group and its notebook, of which there is none. A missing parameter is a 500 in 2025 and a 400 since."""
    if not call.state.newer and not {"group_type_index", "group_key"} <= call.query.keys():
        raise server_failure()
    call.query = check_query(call.operation, call.request, frozenset())
    return Response(200, {**_body(_group(call)), "notebook": None})


@handles("groups_update_property", body="raw")
def update_property(call: Call) -> Response:
    """Sets one property; `key` and `value` are all that is read of the body."""
    group = _group(call)
    for name in ("value", "key"):
        if call.body.get(name) is None:
            raise _missing(call, name)
    key, value = call.body["key"], call.body["value"]
    if not isinstance(key, str) or not key:
        raise invalid("Not a valid string." if key != "" else "This field may not be blank.", "key")
    before = group.properties.get(key)
    call.state.data.groups.set(group, {key: value})
    _identify(call, group, {key: value})
    call.state.data.groups.note(
        group,
        "update_property",
        "created" if before is None else "changed",
        key,
        before=before,
        after=value,
        user=call.principal.user,
        now=call.state.clock.now(),
    )
    return Response(200, _body(group))


@handles("groups_delete_property", body="raw")
def delete_property(call: Call) -> Response:
    """Removes one property. One that the group lacks is a 500 in 2025 and a 400 since."""
    group = _group(call)
    if call.body.get("$unset") is None:
        raise _missing(call, "$unset")
    key = str(call.body["$unset"])
    if key not in group.properties and not call.state.newer:
        raise server_failure()
    if key not in group.properties:
        raise invalid(f"The group has no property {key!r}.", "$unset")
    before = call.state.data.groups.unset(group, key)
    _capture(call, group, "$delete_group_property", {"$group_unset": [key]})
    call.state.data.groups.note(
        group,
        "update_property",
        "deleted",
        key,
        before=before,
        user=call.principal.user,
        now=call.state.clock.now(),
    )
    return Response(200, _body(group))


def _missing(call: Call, name: str) -> ApiError:
    return required(name) if call.documented else swapped(name)


@handles("groups_upsert_properties")
def upsert_properties(call: Call) -> Response:
    """Sets several properties, and creates the group where there is none: a guess, since only a documentation page
    tells of this operation. The answer is empty in both profiles."""
    data, now = call.state.data, call.state.clock.now()
    properties: Any = call.body.get("group_properties")
    if properties is None:
        properties = {}
    if not is_object(properties):
        raise invalid("Value must be an object.", "group_properties")
    index, key = call.body["group_type_index"], call.body["group_key"]
    group = data.groups.find(index, key) or data.groups.create(index, key, {}, now)
    assert group is not None
    data.groups.set(group, properties)
    _identify(call, group, properties)
    return Response(200, NOTHING)


# --- all groups ------------------------------------------------------------------------------------------------


@handles("groups_activity", unchecked=("group_key",))
def activity(call: Call) -> Response:
    """The log of one group. `id` is documented and ignored; without `group_key` no group is found."""
    changes = call.state.data.groups.changes(_group(call))
    limit = query_integer(call.query, "limit", _LOG_PAGE, 1)
    number = max(1, call.query.get("page", 1))
    start = (number - 1) * limit
    more = start + limit < len(changes)
    request = call.request
    return Response(
        200,
        {
            "results": [_change_body(change) for change in changes[start : start + limit]],
            "next": request.url_with({"limit": str(limit), "page": str(number + 1)}) if more else None,
            "previous": request.url_with({"limit": str(limit), "page": str(number - 1)}) if start else None,
            "total_count": len(changes),
        },
    )


@handles("groups_property_definitions")
def property_definitions(call: Call) -> Response:
    """How many groups of each type have which property."""
    counts: dict[int, Counter[str]] = {}
    for group in call.state.data.groups.rows.values():
        counts.setdefault(group.type_index, Counter()).update(group.properties.keys())
    body = {
        str(index): [
            {"name": name, "count": count}
            for name, count in sorted(counts[index].items(), key=lambda pair: (-pair[1], pair[0]))
        ]
        for index in sorted(counts)
        if counts[index]
    }
    return Response(200, body)


@handles("groups_property_values")
def property_values(call: Call) -> Response:
    """Values of a property in groups of one type, the most frequent first; since 2026 within an object."""
    groups = call.state.data.groups.of_type(call.query["group_type_index"])
    key = call.query["key"]
    found = (group.properties[key] for group in groups if key in group.properties)
    return Response(200, enveloped(call, count_values(found, call.query.get("value", ""), _MOST_VALUES)))
