"""Comparing operations: names, parameters, bodies, answers, security, servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from contract_diffing.branches import compare_default
from contract_diffing.changes import CALLERS, NOBODY, READERS, TYPES, Change, Flow, Level
from contract_diffing.extensions import compare_extensions
from contract_diffing.model import Operation, Parameter, contents, headers, media_schema, shape
from contract_diffing.reading import Document, Located, canonical
from contract_diffing.schemas import Schemas

_TEXT = ("summary", "description", "externalDocs", "example", "examples")


class Reporter:
    """Takes down the changes of one operation."""

    def __init__(self, operation: Operation, found: list[Change], place: str = "") -> None:
        self._operation, self._found, self._place = operation, found, place

    def at(self, place: str) -> Reporter:
        return Reporter(self._operation, self._found, place)

    def __call__(
        self,
        level: Level,
        who: tuple[str, ...],
        rule: str,
        message: str,
        before: Any = None,
        after: Any = None,
        place: str = "",
        side: Literal["old", "new"] = "new",
    ) -> None:
        user = self._operation.user
        self._found.append(
            Change(
                level,
                rule,
                place or self._place or self._operation.place,
                who,
                f"{user}: {message}",
                before,
                after,
                side,
                (user,),
                user,
            )
        )


class Operations:
    """Compares pairs of operations of two documents."""

    def __init__(self, old: Document, new: Document, schemas: Schemas, found: list[Change]) -> None:
        self.old, self.new, self.schemas, self.found = old, new, schemas, found

    def compare(self, old: Operation, new: Operation, *, reverse: bool = False) -> None:
        """`reverse` for webhooks and callbacks: there the server sends, and we answer."""
        report = Reporter(new, self.found)
        sent: Flow = "response" if reverse else "request"
        read: Flow = "request" if reverse else "response"
        self._names(old, new, report)
        self._parameters(old, new, sent, report)
        self._body(old, new, sent, report)
        self._responses(old, new, read, report)
        _security(old, new, report)
        _own_servers(old, new, report)
        compare_extensions(old.data, new.data, report.at(new.place))
        _documentation(old.data, new.data, report)

    def _names(self, old: Operation, new: Operation, report: Reporter) -> None:
        if old.path != new.path or old.method != new.method:
            if (old.method, shape(old.path)) == (new.method, shape(new.path)):
                report(
                    "invisible",
                    NOBODY,
                    "path-parameter-renamed",
                    "names in the path changed",
                    old.path,
                    new.path,
                )
            else:
                message = f"moved from {old.title} to {new.title}"
                report("breaking", CALLERS, "operation-moved", message, old.title, new.title)
        if old.operation_id != new.operation_id:
            message = f"operationId changed from {old.operation_id or 'none'} to {new.operation_id or 'none'}"
            level: Level = "breaking" if old.operation_id else "additive"
            report(level, CALLERS, "operation-id-changed", message, old.operation_id, new.operation_id)
        if set(old.tags) != set(new.tags):
            kept = set(old.tags) < set(new.tags) and old.tags[:1] in ((), new.tags[:1])
            message = f"tags changed from {', '.join(old.tags) or 'none'} to {', '.join(new.tags) or 'none'}"
            report(
                "additive" if kept and old.tags else "breaking",
                CALLERS,
                "tag-changed",
                message,
                list(old.tags),
                list(new.tags),
            )
        before, after = old.data.get("deprecated") is True, new.data.get("deprecated") is True
        if after and not before:
            report("additive", CALLERS, "deprecated", "is deprecated", False, True)
        elif before and not after:
            report("invisible", NOBODY, "undeprecated", "is no longer deprecated", True, False)

    # --- parameters --------------------------------------------------------------------------------------------

    def _parameters(self, old: Operation, new: Operation, flow: Flow, report: Reporter) -> None:
        before, after = _keyed(old), _keyed(new)
        moved = {
            key: next(
                (
                    other
                    for other in after
                    if other[1] == key[1] and other[0] != key[0] and other not in before
                ),
                None,
            )
            for key in before
            if key not in after
        }
        for key, parameter in before.items():
            if key in after:
                self._parameter(parameter, after[key], flow, new, report)
            elif (target := moved[key]) is not None:
                message = f"parameter {parameter.name} moved from {key[0]} to {target[0]}"
                place = after[target].place
                report("breaking", CALLERS, "parameter-moved", message, key[0], target[0], place)
            else:
                message = f"{key[0]} parameter {parameter.name} removed"
                name = parameter.name
                report("breaking", CALLERS, "parameter-removed", message, name, None, parameter.place, "old")
        for key, parameter in after.items():
            if key in before or key in moved.values():
                continue
            if parameter.required:
                message = f"{key[0]} parameter {parameter.name} added, and required"
                rule = "required-parameter-added"
                report("breaking", CALLERS, rule, message, None, parameter.name, parameter.place)
            else:
                message = f"{key[0]} parameter {parameter.name} added"
                report("additive", CALLERS, "parameter-added", message, None, parameter.name, parameter.place)

    def _parameter(
        self, old: Parameter, new: Parameter, flow: Flow, operation: Operation, report: Reporter
    ) -> None:
        here = report.at(new.place)
        name = new.name
        if old.required != new.required:
            if new.required:
                here("breaking", CALLERS, "parameter-became-required", f"{name} is now required", False, True)
            else:
                message = f"{name} is no longer required"
                here("additive", CALLERS, "parameter-became-optional", message, True, False)
        if old.serialization != new.serialization and old.schema.types == new.schema.types:
            message = f"{name} is written {new.serialization}, no longer {old.serialization}"
            here(
                "breaking",
                CALLERS,
                "parameter-serialization-changed",
                message,
                old.serialization,
                new.serialization,
            )
        elif bool(old.media_type) != bool(new.media_type) or old.media_type != new.media_type:
            message = f"{name} is written {new.serialization}, no longer {old.serialization}"
            here(
                "breaking",
                CALLERS,
                "parameter-serialization-changed",
                message,
                old.media_type,
                new.media_type,
            )
        before, after = old.data.get("allowEmptyValue") is True, new.data.get("allowEmptyValue") is True
        if before != after:
            level: Level = "breaking" if before else "additive"
            message = f"{name} may {'no longer' if before else 'now'} be empty"
            here(level, CALLERS, "parameter-serialization-changed", message, before, after)
        if new.data.get("deprecated") is True and old.data.get("deprecated") is not True:
            here("additive", CALLERS, "parameter-deprecated", f"{name} is deprecated", False, True)
        compare_default(name, old.schema, new.schema, new.required, flow, here)
        compare_extensions(old.data, new.data, here)
        _documentation(old.data, new.data, here)
        self.schemas.compare(old.schema, new.schema, flow, operation.user)

    # --- bodies ------------------------------------------------------------------------------------------------

    def _body(self, old: Operation, new: Operation, flow: Flow, report: Reporter) -> None:
        if old.body is None or new.body is None:
            if old.body is not None:
                report(
                    "breaking",
                    CALLERS if flow == "request" else READERS,
                    "request-body-removed",
                    "takes no body any more",
                    True,
                    False,
                    old.body.place,
                    "old",
                )
            elif new.body is not None:
                needed = new.body.value.get("required") is True and flow == "request"
                rule = "required-request-body-added" if needed else "request-body-added"
                level: Level = "breaking" if needed else "additive"
                text = "takes a body now, and needs it" if needed else "takes a body now"
                report(level, CALLERS, rule, text, False, True, new.body.place)
            return
        here = report.at(new.body.place)
        before, after = old.body.value.get("required") is True, new.body.value.get("required") is True
        if before != after:
            if after == (flow == "request"):
                message = f"the body is {'now' if after else 'no longer'} required"
                here("breaking", CALLERS, "request-body-became-required", message, before, after)
            else:
                here(
                    "additive",
                    CALLERS,
                    "request-body-became-optional",
                    "the body may be left out",
                    before,
                    after,
                )
        _documentation(old.body.value, new.body.value, here)
        compare_extensions(old.body.value, new.body.value, here)
        self._media(old.body, new.body, flow, "request", new, here)

    def _media(
        self, old: Located, new: Located, flow: Flow, what: str, operation: Operation, report: Reporter
    ) -> None:
        before, after = contents(self.old, old), contents(self.new, new)
        hit = CALLERS if flow == "request" else READERS
        for name, media in before.items():
            covering = after.get(name) or _covering(name, after) if what == "request" else after.get(name)
            if covering is None:
                message = f"media type {name} of the {what} removed"
                report("breaking", hit, f"{what}-media-type-removed", message, name, None, media.place, "old")
                continue
            if canonical(media.value.get("encoding") or {}) != canonical(
                covering.value.get("encoding") or {}
            ):
                message = f"encoding of the parts of {name} changed"
                report("breaking", hit, "encoding-changed", message, place=covering.place)
            old_schema, new_schema = media_schema(self.old, media), media_schema(self.new, covering)
            self.schemas.compare(old_schema, new_schema, flow, operation.user)
            _documentation(media.value, covering.value, report.at(covering.place))
        for name, media in after.items():
            if name not in before:
                message = f"media type {name} of the {what} added"
                report("additive", hit, f"{what}-media-type-added", message, None, name, media.place)

    # --- answers -----------------------------------------------------------------------------------------------

    def _responses(self, old: Operation, new: Operation, flow: Flow, report: Reporter) -> None:
        for status, before in old.responses.items():
            after = _answer(new.responses, status)
            if after is None:
                good = status[:1] in "23" or status == "default"
                level: Level = "breaking" if good else "additive"
                message = f"status {status} removed"
                who = READERS if good else TYPES
                report(level, who, "response-removed", message, status, None, before.place, "old")
            else:
                self._response(before, after, flow, new, status, report.at(after.place))
        for status, after in new.responses.items():
            if status in old.responses:
                continue
            message = f"status {status} added"
            report("additive", READERS, "response-added", message, None, status, after.place)
            covering = _answer(old.responses, status)
            if covering is not None:  # `4XX` or `default` spoke of it before
                self._response(covering, after, flow, new, status, report.at(after.place))

    def _response(
        self, old: Located, new: Located, flow: Flow, operation: Operation, status: str, report: Reporter
    ) -> None:
        before, after = headers(self.old, old), headers(self.new, new)
        for name, header in before.items():
            if name not in after:
                message = f"header {header.name} of status {status} removed"
                report("breaking", READERS, "header-removed", message, name, None, header.place, "old")
                continue
            other = after[name]
            if header.data.get("required") is True and other.data.get("required") is not True:
                message = f"header {other.name} of status {status} may be left out"
                report("breaking", READERS, "header-became-optional", message, True, False, other.place)
            elif header.data.get("required") is not True and other.data.get("required") is True:
                message = f"header {other.name} of status {status} is always sent"
                report("additive", TYPES, "header-became-required", message, False, True, other.place)
            self.schemas.compare(header.schema, other.schema, flow, operation.user)
        for name, header in after.items():
            if name not in before:
                message = f"header {header.name} of status {status} added"
                report("additive", READERS, "header-added", message, None, name, header.place)
        compare_extensions(old.value, new.value, report)
        _documentation(old.value, new.value, report)
        self._media(old, new, flow, "response", operation, report)


def _keyed(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Parameters by place and name; those of the path by their position, headers in small letters."""
    order = _positions(operation.path)
    result: dict[tuple[str, str], Parameter] = {}
    for (location, name), parameter in operation.parameters.items():
        if location == "path":
            name = str(order.get(name, name))
        elif location == "header":
            name = name.lower()
        result[location, name] = parameter
    return result


def _positions(path: str) -> dict[str, int]:
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    return {name: index for index, name in enumerate(names)}


def _answer(responses: Mapping[str, Located], status: str) -> Located | None:
    """What is said of a status: by itself, by its range, or by `default`."""
    for key in (status, f"{status[:1]}XX", f"{status[:1]}xx", "default"):
        if key in responses:
            return responses[key]
    return None


def _covering(name: str, media: Mapping[str, Located]) -> Located | None:
    for wide in (f"{name.partition('/')[0]}/*", "*/*"):
        if wide in media:
            return media[wide]
    return None


def _documentation(old: Mapping[str, Any], new: Mapping[str, Any], report: Reporter) -> None:
    before = {key: old[key] for key in _TEXT if key in old}
    after = {key: new[key] for key in _TEXT if key in new}
    if canonical(before) != canonical(after):
        report("invisible", NOBODY, "documentation-changed", "documentation or examples changed")


def _security(old: Operation, new: Operation, report: Reporter) -> None:
    """A way in that worked must still work: some way of the new document asks for no more."""
    lost = [way for way in old.security if not any(other <= way for other in new.security)]
    come = [way for way in new.security if not any(other <= way for other in old.security)]
    before, after = _ways(old.security), _ways(new.security)
    message = f"security changed from {before} to {after}"
    if lost:
        report("breaking", CALLERS, "security-changed", message, before, after)
    elif come:
        report("additive", CALLERS, "security-relaxed", message, before, after)


def _ways(ways: frozenset[frozenset[tuple[str, str]]]) -> str:
    texts = []
    for way in ways:
        schemes = sorted({scheme for scheme, _ in way})
        said = [
            f"{scheme} ({', '.join(sorted(s for n, s in way if n == scheme and s))})"
            if any(n == scheme and s for n, s in way)
            else scheme
            for scheme in schemes
        ]
        texts.append(" and ".join(said) or "nothing")
    return " or ".join(sorted(texts))


def _own_servers(old: Operation, new: Operation, report: Reporter) -> None:
    if old.servers is None and new.servers is None:
        return
    before, after = set(old.servers or ()), set(new.servers or ())
    if before - after or (old.servers is None and after):
        message = f"served at {', '.join(sorted(after)) or 'the addresses of the document'}"
        report("breaking", CALLERS, "server-changed", message, sorted(before), sorted(after))
    elif after - before:
        report("additive", CALLERS, "server-added", f"also served at {', '.join(sorted(after - before))}")
