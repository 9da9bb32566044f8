"""Comparing what two schemas say of values of one JSON type."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from contract_diffing.changes import CALLERS, NOBODY, READERS, TYPES, Flow, Level, altered, narrowed, widened
from contract_diffing.normal import MISSING, Branch, Node
from contract_diffing.reading import canonical

Children = Callable[[Node, Node], None]

# Formats that the generated code turns into a type of their own.
_TYPED_FORMATS = {"date", "date-time", "uuid", "binary"}
# Every int32 is an int64.
_NUMBERS = {"int8": 1, "int16": 2, "int32": 3, "int64": 4, "float": 1, "double": 2}


class Changed(Protocol):
    def __call__(
        self,
        level: Level,
        who: tuple[str, ...],
        rule: str,
        message: str,
        before: Any = None,
        after: Any = None,
        place: str = "",
        side: Any = "new",
    ) -> None: ...


def compare_branch(old: Branch, new: Branch, flow: Flow, changed: Changed, child: Children) -> None:
    _enums(old, new, flow, changed)
    _limits(old.lower, new.lower, 1, flow, changed)
    _limits(old.upper, new.upper, -1, flow, changed)
    _formats(old, new, flow, changed)
    _sets("pattern", old.patterns, new.patterns, flow, changed)
    _sets("multipleOf", old.multiples, new.multiples, flow, changed, _divides)
    if old.unique != new.unique:
        level, who = narrowed(flow) if new.unique else widened(flow)
        changed(level, who, "constraint-changed", "uniqueItems changed", old.unique, new.unique)
    if old.media_type != new.media_type:
        level, who = altered(flow)
        changed(level, who, "encoding-changed", "contentMediaType changed", old.media_type, new.media_type)
    _opaque(old.opaque, new.opaque, flow, changed)
    _lists(old, new, flow, changed, child)
    if old.content is not None and new.content is not None:
        child(old.content, new.content)
    elif old.content is not new.content:
        level, who = narrowed(flow) if new.content is not None else widened(flow)
        changed(level, who, "encoding-changed", "contentSchema changed", bool(old.content), bool(new.content))
    if old.type == "object":
        _objects(old, new, flow, changed, child)


def _enums(old: Branch, new: Branch, flow: Flow, changed: Changed) -> None:
    before, after = _values(old.enum), _values(new.enum)
    if old.enum is None and new.enum is None:
        return
    if old.enum is None:
        level, who = narrowed(flow, typed=True)
        changed(level, who, "enum-introduced", f"only {_list(after)} from now on", None, after)
        return
    if new.enum is None:
        level, who = widened(flow)
        changed(level, who, "enum-lifted", f"any value, no longer only {_list(before)}", before, None)
        return
    gone = _values(value for value in old.enum if value not in new.enum)
    come = _values(value for value in new.enum if value not in old.enum)
    if len(gone) == len(before) and come:  # nothing that was known comes any more
        level, who = altered(flow)
        changed(level, who, "enum-replaced", f"{_list(after)}, no longer {_list(before)}", before, after)
        return
    if gone:
        level, who = narrowed(flow, typed=True)
        changed(level, who, "enum-value-removed", f"value {_list(gone)} removed", before, after)
    if come:
        # Enums are open: a value that the code does not know is read and kept, so new ones break nobody.
        hit = CALLERS if flow == "request" else (*READERS, *TYPES)
        changed("additive", hit, "enum-value-added", f"value {_list(come)} added", before, after)
    names = dict(new.member_names)
    for value, name in old.member_names:
        if value in names and names[value] != name:
            message = f"the member for {value} is called {names[value]}, no longer {name}"
            changed("breaking", CALLERS, "enum-member-renamed", message, name, names[value])


def _limits(old: Mapping[str, Any], new: Mapping[str, Any], sign: int, flow: Flow, changed: Changed) -> None:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        stricter = before is None or (after is not None and _order(after, sign) > _order(before, sign))
        level, who = narrowed(flow) if stricter else widened(flow)
        message = f"{key} changed from {_said(before)} to {_said(after)}"
        changed(level, who, "constraint-changed", message, _shown(before), _shown(after))


def _order(value: Any, sign: int) -> tuple[float, bool]:
    if hasattr(value, "exclusive"):
        return sign * value.value, value.exclusive
    return sign * value, False


def _formats(old: Branch, new: Branch, flow: Flow, changed: Changed) -> None:
    if old.formats == new.formats:
        return
    before, after = sorted(old.formats), sorted(new.formats)
    ranks = [_NUMBERS.get(next(iter(one)), 0) if len(one) == 1 else 9 for one in (before, after)]
    if flow == "response" and (_TYPED_FORMATS & old.formats) != (_TYPED_FORMATS & new.formats):
        level, who = altered(flow)  # the Python type of what is read changes
    elif not after or (before and 0 < ranks[0] < ranks[1] < 9):
        level, who = widened(flow)
    elif not before or (0 < ranks[1] < ranks[0] < 9):
        level, who = narrowed(flow)
    else:
        level, who = altered(flow)
    message = f"format changed from {_list(before) or 'none'} to {_list(after) or 'none'}"
    changed(level, who, "format-changed", message, before, after)


def _sets(
    what: str,
    old: frozenset[Any],
    new: frozenset[Any],
    flow: Flow,
    changed: Changed,
    wider: Callable[[Any, Any], bool] = lambda before, after: False,
) -> None:
    if old == new:
        return
    before, after = sorted(old - new), sorted(new - old)
    if not after:
        level, who = widened(flow)
    elif not before:
        level, who = narrowed(flow)
    elif len(before) == len(after) == 1 and wider(before[0], after[0]):
        level, who = widened(flow)
    elif len(before) == len(after) == 1 and wider(after[0], before[0]):
        level, who = narrowed(flow)
    else:
        level, who = altered(flow)
    message = f"{what} changed from {_list(before) or 'none'} to {_list(after) or 'none'}"
    changed(level, who, "constraint-changed", message, sorted(old), sorted(new))


def _divides(multiple: float, divisor: float) -> bool:
    """Every multiple of the first is one of the second."""
    return bool(divisor) and (multiple / divisor).is_integer()


def _opaque(old: Mapping[str, str], new: Mapping[str, str], flow: Flow, changed: Changed) -> None:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        level, who = narrowed(flow) if before is None else widened(flow) if after is None else altered(flow)
        changed(level, who, "constraint-changed", f"{key} changed", before, after)


def _lists(old: Branch, new: Branch, flow: Flow, changed: Changed, child: Children) -> None:
    for one, other in zip(old.prefix, new.prefix, strict=False):
        child(one, other)
    if len(old.prefix) != len(new.prefix):
        level, who = altered(flow)
        message = f"{len(new.prefix)} fixed items, no longer {len(old.prefix)}"
        changed(level, who, "type-changed", message, len(old.prefix), len(new.prefix))
    if old.items is not None or new.items is not None:
        child(old.items or _anything(new), new.items or _anything(old))


def _anything(beside: Branch) -> Node:
    """What the items of an array are when nothing is said of them, at a place of the array itself."""
    assert beside.items is not None
    return Node.at(beside.items.document, True, f"{beside.place}/items")


def _objects(old: Branch, new: Branch, flow: Flow, changed: Changed, child: Children) -> None:
    hidden = "readOnly" if flow == "request" else "writeOnly"
    before = {name: node for name, node in old.properties.items() if node.fact(hidden) is not True}
    after = {name: node for name, node in new.properties.items() if node.fact(hidden) is not True}
    # A name that is only required, or only hidden on the other side, is not a field that came or went.
    required_before = {n for n in old.required if n in before or n not in old.properties}
    required_after = {n for n in new.required if n in after or n not in new.properties}
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            _gone(name, before[name], name in new.properties, hidden, flow, changed)
        elif name not in before:
            _come(name, after[name], name in required_after, flow, changed)
        else:
            _kept(name, before[name], after[name], name in required_after, flow, changed)
            child(before[name], after[name])
    for name in sorted(required_before ^ required_after):
        known = name in before and name in after
        nowhere = name not in old.properties and name not in new.properties
        if not known and not nowhere:
            continue
        if name in required_after:
            level, who = narrowed(flow, typed=True)
            changed(level, who, "property-became-required", f"{name} is now required", False, True)
        else:
            level, who = widened(flow)
            changed(level, who, "property-became-optional", f"{name} is no longer required", True, False)
    _additional(old, new, flow, changed, child)


def _gone(name: str, node: Node, hidden_now: bool, hidden: str, flow: Flow, changed: Changed) -> None:
    who = CALLERS if flow == "request" else READERS
    if hidden_now:
        changed("breaking", who, "property-hidden", f"{name} is now {hidden}", False, True)
    else:
        changed("breaking", who, "property-removed", f"{name} removed", name, None, node.place, "old")


def _come(name: str, node: Node, required: bool, flow: Flow, changed: Changed) -> None:
    if flow == "response":
        changed("additive", READERS, "property-added", f"{name} added", None, name, node.place)
    elif required:
        changed(
            "breaking",
            CALLERS,
            "required-property-added",
            f"{name} added, and required",
            None,
            name,
            node.place,
        )
    else:
        changed("additive", CALLERS, "property-added", f"{name} added", None, name, node.place)


def _kept(name: str, old: Node, new: Node, required: bool, flow: Flow, changed: Changed) -> None:
    """What a schema says beyond the values that it allows."""
    if old.fact("deprecated", False) != new.fact("deprecated", False):
        if new.fact("deprecated", False) is True:
            hit = CALLERS if flow == "request" else READERS
            changed("additive", hit, "property-deprecated", f"{name} is deprecated", False, True, new.place)
        else:
            message = f"{name} is no longer deprecated"
            changed("invisible", NOBODY, "property-undeprecated", message, True, False, new.place)
    compare_default(name, old, new, required, flow, changed)


def compare_default(name: str, old: Node, new: Node, required: bool, flow: Flow, changed: Changed) -> None:
    before, after = old.fact("default", MISSING), new.fact("default", MISSING)
    texts = [None if value is MISSING else canonical(value) for value in (before, after)]
    if texts[0] == texts[1]:
        return
    message = f"default of {name} changed from {texts[0] or 'none'} to {texts[1] or 'none'}"
    level: Level
    if flow == "response" or required:
        level, who = "invisible", NOBODY
    elif texts[0] is None:
        level, who = "additive", CALLERS  # what the server did when the value was left out is now said
    else:
        level, who = "breaking", CALLERS
    changed(level, who, "default-changed", message, texts[0], texts[1], new.place)


def _additional(old: Branch, new: Branch, flow: Flow, changed: Changed, child: Children) -> None:
    before, after = old.additional, new.additional
    if isinstance(before, Node) and isinstance(after, Node):
        child(before, after)
        return
    if before is after:
        return
    shown = ["a schema" if isinstance(side, Node) else bool(side) for side in (before, after)]
    message = f"further fields: {_additional_said(before)} before, {_additional_said(after)} now"
    if before is False:
        hit = CALLERS if flow == "request" else READERS
        changed("additive", hit, "additional-properties-changed", message, shown[0], shown[1])
        return
    level, who = widened(flow) if after is True else narrowed(flow, typed=True)
    changed(level, who, "additional-properties-changed", message, shown[0], shown[1])


def _additional_said(side: Node | bool) -> str:
    return "of one kind" if isinstance(side, Node) else "any" if side else "none"


def _values(enum: Iterable[str] | None) -> list[Any]:
    return [json.loads(value) for value in enum or ()]


def _list(values: Iterable[Any]) -> str:
    return ", ".join(value if isinstance(value, str) else canonical(value) for value in values)


def _said(value: Any) -> str:
    return "none" if value is None else str(value)


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, (int, float)) else str(value)
