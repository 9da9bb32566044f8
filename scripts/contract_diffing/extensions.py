"""What our own `x-` fields mean to a caller. Fields that are not named here are notes: changing them is invisible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contract_diffing.changes import CALLERS, NOBODY, READERS, Level
from contract_diffing.reading import canonical

Verdict = tuple[Level, tuple[str, ...], str]
Rule = Callable[[Any, Any], Verdict]


def _pagination(before: Any, after: Any) -> Verdict:
    """`list` returns pages where there is one, and pages follow what it says."""
    if before is None or after is None:
        return "breaking", CALLERS, "the method returns something else"
    old, new = (side if isinstance(side, Mapping) else {"style": side} for side in (before, after))
    for key in ("style", "items"):
        if old.get(key) != new.get(key):
            return "breaking", CALLERS, f"{key} is {new.get(key)}, no longer {old.get(key)}"
    if old.get("concurrent") and not new.get("concurrent"):
        return "breaking", CALLERS, "pages can no longer be asked for at once"
    return "additive", CALLERS, "pages are asked for in another way"


def _named(added: Verdict, removed: Verdict, changed: Verdict) -> Rule:
    def verdict(before: Any, after: Any) -> Verdict:
        return added if before is None else removed if after is None else changed

    return verdict


RULES: dict[str, Rule] = {
    "x-pagination": _pagination,
    "x-rate-limit": _named(
        ("additive", CALLERS, "the client paces itself"),
        ("additive", CALLERS, "the client no longer paces itself"),
        ("additive", CALLERS, "the client paces itself differently"),
    ),
    "x-empty-body": _named(
        ("additive", READERS, "an empty body has a value"),
        ("breaking", READERS, "an empty body has no value any more"),
        ("breaking", READERS, "an empty body stands for another value"),
    ),
    "x-unwrap": _named(
        ("additive", READERS, "an object around the list is taken off"),
        ("breaking", READERS, "an object around the list is no longer taken off"),
        ("breaking", READERS, "the list is taken from another field"),
    ),
    "x-presence-flag": _named(
        ("breaking", CALLERS, "false is no longer sent"),
        ("breaking", CALLERS, "false is sent"),
        ("breaking", CALLERS, "false is sent differently"),
    ),
    "x-read": _named(
        ("additive", CALLERS, "is repeated after a failure"),
        ("breaking", CALLERS, "is no longer repeated after a failure"),
        ("breaking", CALLERS, "is repeated differently"),
    ),
    "x-request-id-field": _named(
        ("additive", CALLERS, "repeated attempts count as one"),
        ("breaking", CALLERS, "repeated attempts no longer count as one"),
        ("breaking", CALLERS, "another field identifies the call"),
    ),
}


def compare_extensions(old: Mapping[str, Any], new: Mapping[str, Any], report: Any) -> None:
    keys = [key for key in {**old, **new} if key.startswith("x-")]
    for key in keys:
        before, after = old.get(key), new.get(key)
        # `false` says what leaving the field out says.
        before, after = (None if side is False else side for side in (before, after))
        if canonical(before) == canonical(after):
            continue
        known = RULES.get(key)
        level, who, meaning = known(before, after) if known else ("invisible", NOBODY, "a note")
        report(level, who, f"{key.removeprefix('x-')}-changed", f"{key} changed: {meaning}", before, after)
