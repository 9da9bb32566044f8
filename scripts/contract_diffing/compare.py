"""Comparing two documents: `compare(old, new)` gives every change, breaking ones first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_diffing.changes import CALLERS, LEVELS, NOBODY, READERS, Change
from contract_diffing.model import Operation, operation, operations, server_urls, shape
from contract_diffing.operations import Operations, Reporter
from contract_diffing.reading import Document, Unreadable, below, canonical
from contract_diffing.schemas import Schemas


def compare(old: Document, new: Document) -> list[Change]:
    """Every change, breaking ones first. Raises `Unreadable` for documents that are none."""
    try:
        return _compare(old, new)
    except RecursionError:
        raise Unreadable(f"{old.label} or {new.label}: nested too deeply") from None


def _compare(old: Document, new: Document) -> list[Change]:
    found: list[Change] = []
    schemas = Schemas()
    pairs = Operations(old, new, schemas, found)
    _operations(old, new, "paths", pairs, found)
    _operations(old, new, "webhooks", pairs, found)
    _document(old, new, found)
    unique: dict[tuple[object, ...], Change] = {}
    for change in [*found, *schemas.changes()]:
        key = (
            change.level,
            change.rule,
            change.place,
            change.side,
            change.who,
            _without_user(change),
            canonical([change.before, change.after]),
        )
        known = unique.get(key)
        if known is None:
            unique[key] = change
        else:
            unique[key] = known.reaching(tuple(sorted({*known.operations, *change.operations})))
    return sorted(
        unique.values(), key=lambda c: (LEVELS.index(c.level), c.place, c.rule, c.message, canonical(c.after))
    )


def _without_user(change: Change) -> str:
    """A shared parameter or response tells each of its operations the same."""
    return change.message.removeprefix(f"{change.subject}: ")


def _operations(old: Document, new: Document, key: str, pairs: Operations, found: list[Change]) -> None:
    before, after = list(operations(old, key)), list(operations(new, key))
    reverse = key == "webhooks"
    for one, other in _matched(before, after):
        if one is not None and other is not None:
            pairs.compare(one, other, reverse=reverse)
            _callbacks(one, other, pairs, found)
        elif one is not None:
            report = Reporter(one, found)
            who = READERS if reverse else CALLERS
            report("breaking", who, "operation-removed", f"{one.title} removed", one.title, None, side="old")
        elif other is not None:
            report = Reporter(other, found)
            report("additive", CALLERS, "operation-added", f"{other.title} added", None, other.title)


def _matched(old: list[Operation], new: list[Operation]) -> list[tuple[Operation | None, Operation | None]]:
    """By method and path, else by operationId: such a one has moved."""
    left = {(one.method, shape(one.path), _which(one, old)): one for one in old}
    right = {(one.method, shape(one.path), _which(one, new)): one for one in new}
    result: list[tuple[Operation | None, Operation | None]] = [
        (one, right[key]) for key, one in left.items() if key in right
    ]
    gone = [one for key, one in left.items() if key not in right]
    come = [one for key, one in right.items() if key not in left]
    by_id = {one.operation_id: one for one in come if one.operation_id}
    for one in gone:
        other = by_id.pop(one.operation_id, None)
        result.append((one, other))
        if other is not None:
            come.remove(other)
    return [*result, *((None, other) for other in come)]


def _which(one: Operation, every: list[Operation]) -> str:
    """Paths that differ only in the names of their parameters (`/a/{id}` and `/a/{name}`) stay apart."""
    same = sorted(
        other.path for other in every if other.method == one.method and shape(other.path) == shape(one.path)
    )
    return "" if len(same) == 1 else one.path


def _callbacks(old: Operation, new: Operation, pairs: Operations, found: list[Change]) -> None:
    before, after = _callback_operations(pairs.old, old), _callback_operations(pairs.new, new)
    report = Reporter(new, found)
    for key, one in before.items():
        if key in after:
            pairs.compare(one, after[key], reverse=True)
        else:
            report(
                "breaking",
                READERS,
                "callback-removed",
                f"callback {key} removed",
                key,
                None,
                one.place,
                "old",
            )
    for key, one in after.items():
        if key not in before:
            report("additive", READERS, "callback-added", f"callback {key} added", None, key, one.place)


def _callback_operations(document: Document, one: Operation) -> dict[str, Operation]:
    result: dict[str, Operation] = {}
    place = below(one.place, "callbacks")
    for name, given in document.mapping(one.data.get("callbacks"), place).items():
        callback = document.object_at(given, below(place, name))
        for expression, raw in callback.value.items():
            if expression.startswith("x-"):
                continue
            item = document.object_at(raw, callback.at(expression))
            for method in ("get", "put", "post", "delete", "patch"):
                if method in item.value:
                    key = f"{name} {method.upper()} {expression}"
                    result[key] = operation(document, method, expression, item, item.at(method))
    return result


def _document(old: Document, new: Document, found: list[Change]) -> None:
    before = server_urls(old, old.data.get("servers"), "#")
    after = server_urls(new, new.data.get("servers"), "#")
    before, after = before or ("/",), after or ("/",)
    gone, come = [url for url in before if url not in after], [url for url in after if url not in before]
    place = "#/servers"
    found += [
        Change("breaking", "server-removed", place, CALLERS, f"server {url} removed", url, None, "old")
        for url in gone
    ]
    found += [
        Change("additive", "server-added", place, CALLERS, f"server {url} added", None, url) for url in come
    ]
    for key in ("info", "tags", "externalDocs"):
        if canonical(old.data.get(key)) != canonical(new.data.get(key)):
            message = f"{key} of the document changed"
            found.append(Change("invisible", "documentation-changed", f"#/{key}", NOBODY, message))
    limits = "x-rate-limits"
    if canonical(_limits(old)) != canonical(_limits(new)):
        message = "the client paces itself differently"
        found.append(
            Change(
                "additive", "rate-limits-changed", f"#/{limits}", CALLERS, message, _limits(old), _limits(new)
            )
        )
    _unused(old, new, found)


def _limits(document: Document) -> Any:
    given = document.data.get("x-rate-limits")
    if not isinstance(given, Mapping):
        return None
    return {
        name: value.get("limits") if isinstance(value, Mapping) else value for name, value in given.items()
    }


def _unused(old: Document, new: Document, found: list[Change]) -> None:
    """Components that came or went; what they mean to operations has been said there."""
    before, after = _components(old), _components(new)
    for name in sorted(before.keys() - after.keys()):
        place = below("#/components/schemas", name)
        message = f"schema {name} is no longer there"
        found.append(
            Change("invisible", "schema-removed", place, NOBODY, message, name, None, "old", subject=name)
        )
    for name in sorted(after.keys() - before.keys()):
        place = below("#/components/schemas", name)
        message = f"schema {name} is new"
        found.append(Change("invisible", "schema-added", place, NOBODY, message, None, name, subject=name))


def _components(document: Document) -> Mapping[str, Any]:
    components = document.mapping(document.data.get("components"), "#/components")
    return document.mapping(components.get("schemas"), "#/components/schemas")
