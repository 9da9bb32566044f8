"""Remembered folders. Source: PostHog persisted_folder.py, 2025."""

from __future__ import annotations

from typing import Any

from posthog_environments.emulator.clock import iso_z
from posthog_environments.emulator.data.persisted_folders import PersistedFolder
from posthog_environments.emulator.errors import invalid, not_found
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.messages import Response, empty


def _body(row: PersistedFolder) -> dict[str, Any]:
    return {
        "id": row.id,
        "type": row.type,
        "protocol": row.protocol,
        "path": row.path,
        "created_at": iso_z(row.created_at),
        "updated_at": iso_z(row.updated_at),
    }


def _row(call: Call) -> PersistedFolder:
    row = call.state.data.persisted_folders.find(call.params["id"], call.principal.user.id)
    if row is None:
        raise not_found()
    return row


@handles("persisted_folder_create")
def create(call: Call) -> Response:
    """An upsert: a second one of the same type changes the first, and is 201 too."""
    table = call.state.data.persisted_folders
    return Response(201, _body(table.upsert(call.principal.user.id, call.body, call.state.clock.now())))


@handles("persisted_folder_retrieve")
def retrieve(call: Call) -> Response:
    return Response(200, _body(_row(call)))


@handles("persisted_folder_update")
def update(call: Call) -> Response:
    """Changes what is given; a type that another of the user's folders has is refused, as there is one of each."""
    row, table = _row(call), call.state.data.persisted_folders
    taken = {other.type for other in table.rows if other.user == row.user and other is not row}
    if call.body.get("type") in taken:
        raise invalid("The fields team, user, type must make a unique set.", code="unique")
    return Response(200, _body(table.change(row, call.body, call.state.clock.now())))


@handles("persisted_folder_delete")
def delete(call: Call) -> Response:
    call.state.data.persisted_folders.remove(_row(call))
    return empty(204)
