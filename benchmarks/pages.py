"""The pages that are decoded, and the same fields as types of other libraries."""

from __future__ import annotations

import datetime
import json
import sys
import types
import typing
from functools import cache
from typing import Any
from uuid import UUID

import attrs
import msgspec
import pydantic

from posthog_environments_api.models import HogFunctionPage, PersonPage, SessionRecordingPage
from posthog_environments_api.types import UNSET, Unset

KINDS: dict[str, type[Any]] = {
    "persons": PersonPage,
    "recordings": SessionRecordingPage,
    "hog functions": HogFunctionPage,
}


def _uuid(number: int) -> str:
    return f"01976a0c-7f54-7d2e-9a53-{number:012x}"


def _moment(number: int) -> str:
    return (datetime.datetime(2025, 6, 1) + datetime.timedelta(seconds=number * 97)).isoformat() + ".120000Z"


def _properties(number: int) -> dict[str, Any]:
    return {f"property_{index}": f"value {number * index}" if index % 3 else index for index in range(26)}


def person(number: int) -> dict[str, Any]:
    return {
        "type": "person",
        "id": _uuid(number),
        "uuid": _uuid(number),
        "created_at": _moment(number),
        "properties": _properties(number),
        "is_identified": True,
        "name": f"person{number}@example.com",
        "distinct_ids": [f"user_{number}", f"anonymous_{number}"][: 1 + number % 2],
        "matched_recordings": [],
        "value_at_data_point": None,
    }


def recording(number: int) -> dict[str, Any]:
    return {
        "id": f"session-{number}",
        "distinct_id": f"user_{number}",
        "viewed": False,
        "viewers": [],
        "recording_duration": 900 + number,
        "active_seconds": 300,
        "inactive_seconds": 600,
        "start_time": _moment(number),
        "end_time": _moment(number + 10),
        "click_count": number % 40,
        "keypress_count": number % 90,
        "mouse_activity_count": number % 400,
        "console_log_count": 1,
        "console_warn_count": 0,
        "console_error_count": 0,
        "start_url": f"https://example.com/page/{number}",
        "person": {
            "id": number,
            "name": f"person{number}@example.com",
            "distinct_ids": [f"user_{number}"],
            "properties": _properties(number),
            "created_at": _moment(number),
            "uuid": _uuid(number),
        },
        "storage": "object_storage",
        "retention_period_days": 30,
        "expiry_time": _moment(number + 500),
        "recording_ttl": 25,
        "snapshot_source": "web",
        "ongoing": False,
        "activity_score": 12.5,
    }


def hog_function(number: int) -> dict[str, Any]:
    schema = [
        {"key": f"input_{index}", "type": "string", "required": True, "default": "x" * 40}
        for index in range(6)
    ]
    return {
        "id": _uuid(number),
        "type": "destination",
        "name": f"Destination {number}",
        "description": "Sends events to somewhere else",
        "created_at": _moment(number),
        "created_by": {
            "id": number,
            "uuid": _uuid(number),
            "distinct_id": f"user_{number}",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.com",
            "is_email_verified": True,
            "hedgehog_config": None,
            "role_at_organization": "engineering",
        },
        "updated_at": _moment(number),
        "enabled": True,
        "hog": "let res := fetch(inputs.url, {'method': inputs.method}); " * 6,
        "filters": {"events": [{"id": "$pageview", "type": "events"}], "bytecode": ["_H", 1, 32]},
        "icon_url": "/static/services/webhook.svg",
        "template": {
            "id": "template-webhook",
            "name": "HTTP webhook",
            "description": "Sends a webhook",
            "code": "let res := fetch(inputs.url); " * 8,
            "code_language": "hog",
            "inputs_schema": schema,
            "type": "destination",
            "status": "stable",
            "category": ["Custom"],
            "free": True,
            "icon_url": None,
            "filters": None,
            "masking": None,
            "mapping_templates": [
                {
                    "name": f"mapping {index}",
                    "include_by_default": True,
                    "filters": None,
                    "inputs": {"a": 1},
                    "inputs_schema": schema[:1],
                }
                for index in range(2)
            ],
        },
        "status": {"state": 1, "tokens": 10_000},
        "execution_order": number,
    }


ROWS = {"persons": person, "recordings": recording, "hog functions": hog_function}


def page(kind: str, rows: int, *, drift: bool = False) -> bytes:
    """One page as the server sends it; under drift every row has a key that nobody knows."""
    extra = {"brand_new_field": "surprise"} if drift else {}
    results = [{**ROWS[kind](number), **extra} for number in range(rows)]
    tail = (
        {"has_next": True, "version": 4}
        if kind == "recordings"
        else {"next": "https://x/?offset=1", "previous": None}
    )
    return json.dumps({**tail, "results": results}, separators=(",", ":")).encode()


def fields(cls: type[Any]) -> list[tuple[str, str, Any, bool]]:
    """Attribute, name on the wire, annotation without Unset, required."""
    hints = typing.get_type_hints(cls)
    names = {attribute: name for attribute, name, _, _ in cls.wire._fields(lambda _: Any)}
    required = {field.name for field in attrs.fields(cls) if field.default is attrs.NOTHING}
    return [
        (attribute, name, _without_unset(hints[attribute]), attribute in required)
        for attribute, name in names.items()
    ]


def _without_unset(hint: Any) -> Any:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return typing.Union[tuple(part for part in typing.get_args(hint) if part is not Unset)]  # noqa: UP007
    return hint


def replaced(hint: Any, make: Any) -> Any:
    """The annotation with our models and open enums replaced by what a peer has instead."""
    if isinstance(hint, type) and attrs.has(hint):
        return make(hint)
    if isinstance(hint, type) and issubclass(hint, str) and hint is not str:
        return str
    if isinstance(hint, type) and issubclass(hint, int) and hint not in (int, bool):
        return int
    arguments = typing.get_args(hint)
    if not arguments:
        return hint
    inner = tuple(replaced(part, make) for part in arguments)
    if typing.get_origin(hint) is list:
        return list[inner[0]]
    if typing.get_origin(hint) is dict:
        return dict[inner[0], inner[1]]
    return typing.Union[inner]  # noqa: UP007


@cache
def struct(cls: type[Any]) -> Any:
    """The same fields as a msgspec Struct (which drops unknown keys)."""
    made = [
        (attribute, replaced(hint, struct))
        if required
        else (attribute, replaced(hint, struct), msgspec.UNSET)
        for attribute, _, hint, required in fields(cls)
    ]
    return msgspec.defstruct(
        cls.__name__,
        made,
        rename={attribute: name for attribute, name, _, _ in fields(cls)},
        kw_only=True,
        gc=False,
    )


@cache
def pydantic_model(cls: type[Any]) -> Any:
    """The same fields as a pydantic model that keeps unknown keys."""
    made: dict[str, Any] = {
        attribute: (
            replaced(hint, pydantic_model) if required else replaced(hint, pydantic_model) | None,
            pydantic.Field(... if required else None, alias=name),
        )
        for attribute, name, hint, required in fields(cls)
    }
    return pydantic.create_model(cls.__name__, __config__=pydantic.ConfigDict(extra="allow"), **made)


@cache
def plain_attrs(cls: type[Any]) -> Any:
    """The same fields as attrs classes for cattrs, unions of unlike things left free."""

    def simple(hint: Any) -> Any:
        hint = replaced(hint, plain_attrs)
        parts = [part for part in typing.get_args(hint) if part is not types.NoneType]
        return Any if typing.get_origin(hint) is typing.Union and len(parts) > 1 else hint

    made = {
        attribute: attrs.field(type=simple(hint), **({} if required else {"default": None}))
        for attribute, _, hint, required in fields(cls)
    }
    return attrs.make_class(cls.__name__, made, kw_only=True)


def wire_names(cls: type[Any]) -> dict[str, str]:
    return {attribute: name for attribute, name, _, _ in fields(cls)}


__all__ = ["KINDS", "UNSET", "UUID", "page", "plain_attrs", "pydantic_model", "struct", "sys", "wire_names"]
