"""The project tree. Source: PostHog file_system.py, October 2025."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, cast

from posthog_environments.emulator.clock import EPOCH, iso_z
from posthog_environments.emulator.data.file_system import Entry
from posthog_environments.emulator.errors import bare, invalid, not_found
from posthog_environments.emulator.file_search import compile_search
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.messages import Response, empty
from posthog_environments.emulator.pagination import page

_FIELDS: Final = ("path", "type", "ref", "href", "meta", "shortcut")


def _body(row: Entry) -> dict[str, Any]:
    return {
        "id": row.id,
        "path": row.path,
        "depth": row.depth,
        "type": row.type,
        "ref": row.ref,
        "href": row.href,
        "meta": row.meta,
        "shortcut": row.shortcut,
        "created_at": iso_z(row.created_at),
        "last_viewed_at": iso_z(row.last_viewed_at) if row.last_viewed_at else None,
    }


def _row(call: Call) -> Entry:
    row = call.state.data.files.rows.get(call.params["id"].lower())
    if row is None:
        raise not_found()
    return row


# --- list ------------------------------------------------------------------------------------------------------


@handles("file_system_list", unchecked=("depth", "order_by"))
def list_entries(call: Call) -> Response:
    """By path, in any case; with `depth`, folders first. `users` are the creators whom the page's rows name."""
    rows = [row for row in call.state.data.files if _fits(call, row)]
    body = page(call.request, call.query, _ordered(call, rows), _body)
    if not call.documented:
        numbers = {_creator(row) for row in body["results"]} - {None}
        users = [call.state.data.users.find(number) for number in sorted(cast(set[int], numbers))]
        body["users"] = [user.basic() for user in users if user is not None]
    return Response(200, body)


def _creator(row: dict[str, Any]) -> int | None:
    meta: Any = row["meta"]
    number: Any = meta.get("created_by") if is_object(meta) else None
    return number if isinstance(number, int) else None


def _fits(call: Call, row: Entry) -> bool:
    query = call.query
    tests: dict[str, Callable[[Any], bool]] = {
        "created_at__gt": lambda moment: row.created_at > moment,
        "created_at__lt": lambda moment: row.created_at < moment,
        "depth": lambda text: not _is_whole(text) or row.depth == int(text),
        "not_type": lambda kind: row.type != kind,
        "parent": lambda path: row.path.startswith(f"{path}/"),
        "path": lambda path: row.path == path,
        "ref": lambda ref: row.ref == ref,
        "search": lambda text: compile_search(text, call.principal.user, call.state.data.users)(row),
        "type": lambda kind: row.type == kind,
        "type__startswith": lambda start: row.type.startswith(start),
    }
    return all(test(query[name]) for name, test in tests.items() if name in query)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 20


def _ordered(call: Call, rows: list[Entry]) -> list[Entry]:
    """In the order asked for; an unknown one means the newest first."""
    query = call.query
    if "ref" in query:
        return sorted(rows, key=lambda row: bool(row.shortcut))
    order: str | None = query.get("order_by")
    if order is None:
        return sorted(rows, key=lambda row: ("depth" in query and row.type != "folder", row.path.lower()))
    keys: dict[str, Callable[[Entry], Any]] = {
        "path": lambda row: row.path,
        "created_at": lambda row: row.created_at,
        "last_viewed_at": lambda row: _viewed(row.last_viewed_at),
    }
    descending = order.startswith("-")
    key = keys.get(order.removeprefix("-"))
    if key is None:
        key, descending = keys["created_at"], True
    return sorted(rows, key=key, reverse=descending)


def _viewed(moment: datetime | None) -> datetime:
    return moment or EPOCH


# --- one -------------------------------------------------------------------------------------------------------


@handles("file_system_create")
def create(call: Call) -> Response:
    """Creates the folders above as well. Nothing keeps two rows from having the same path."""
    files, now, user = call.state.data.files, call.state.clock.now(), call.principal.user.id
    body = dict(call.body)
    path = body.pop("path")
    files.make_parents(path, now, user)
    kind = body.pop("type", "")
    body["shortcut"] = bool(body.get("shortcut"))
    return Response(201, _body(files.add(path, kind, now, user, **body)))


@handles("file_system_retrieve")
def retrieve(call: Call) -> Response:
    return Response(200, _body(_row(call)))


@handles("file_system_update")
def update(call: Call) -> Response:
    """Changes what is given. A folder's content stays where it was."""
    row = _row(call)
    for name in _FIELDS:
        if name in call.body:
            setattr(row, name, call.body[name])
    return Response(200, _body(row))


@handles("file_system_delete")
def delete(call: Call) -> Response:
    """A folder goes with everything below it."""
    row, files = _row(call), call.state.data.files
    if row.type == "folder":
        for child in files.below(row.path):
            files.remove(child)
    files.remove(row)
    return empty(204)


# --- actions ---------------------------------------------------------------------------------------------------


@handles("file_system_count", body="ignored")
def count(call: Call) -> Response:
    """How much lies below a folder, at any depth."""
    row = _row(call)
    if row.type != "folder":
        raise bare("Count can only be called on folders")
    return Response(200, {"count": len(call.state.data.files.below(row.path))})


def _new_path(call: Call) -> str:
    path: Any = call.body.get("new_path")
    if not path:
        raise bare("new_path is required")
    if not isinstance(path, str) or "\0" in path:
        raise invalid("Not a valid string.", "new_path")
    return path


@handles("file_system_link", body="raw")
def link(call: Call) -> Response:
    """A shortcut to a file at exactly that path; a folder is linked with everything below it. Linking to a folder
    that exists adds the content only, and answers with the folder that was linked."""
    row, files, now = _row(call), call.state.data.files, call.state.clock.now()
    path = _new_path(call)
    if row.type == "folder":
        if path == row.path:
            raise bare("Cannot link folder into itself")
        below = files.below(row.path)
        files.make_parents(path, now, call.principal.user.id)
        for child in below:
            files.copy(child, path + child.path[len(row.path) :], now)
        if any(other.type == "folder" for other in files.at(path)):
            return Response(200, _body(row))
    else:
        files.make_parents(path, now, call.principal.user.id)
    return Response(200, _body(files.copy(row, path, now)))


@handles("file_system_move", body="raw")
def move(call: Call) -> Response:
    """A folder takes its content along. Moved to where a folder is, it is merged into that, and its id is null."""
    row, files = _row(call), call.state.data.files
    path = _new_path(call)
    if row.type == "folder" and path == row.path:
        raise bare("Cannot move folder into itself")
    below = files.below(row.path) if row.type == "folder" else []
    files.make_parents(path, call.state.clock.now(), call.principal.user.id)
    merged = row.type == "folder" and any(other.type == "folder" for other in files.at(path))
    old = row.path
    for child in below:
        child.path = path + child.path[len(old) :]
    if merged:
        files.remove(row)
        return Response(200, {**_body(row), "id": None})
    row.path = path
    return Response(200, _body(row))
