"""Comparing schemas: who is hit depends on whether a value is sent or read.

Every pair of an old and a new schema is compared once for each direction, however many operations use it. Pairs
know which pairs they stand in, so that each change is reported once, with all operations that it reaches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from contract_diffing.branches import Children, compare_branch
from contract_diffing.changes import NOBODY, READERS, TYPES, Change, Flow, Level, altered, narrowed, widened
from contract_diffing.matching import match
from contract_diffing.normal import ANY, Branch, Node


@dataclass(eq=False)
class Pair:
    """An old and a new schema in one direction, and what differs in them themselves."""

    old: Node
    new: Node
    flow: Flow
    changes: list[Change] = field(default_factory=list)
    parents: set[Pair] = field(default_factory=set)
    users: set[str] = field(default_factory=set)


class Schemas:
    """All comparisons of schemas between two documents."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[tuple[str, ...], tuple[str, ...], Flow], Pair] = {}
        self._waiting: list[Pair] = []

    def compare(self, old: Node, new: Node, flow: Flow, user: str) -> None:
        """Compare two schemas that the operation `user` sends or reads."""
        self._pair(old, new, flow).users.add(user)
        while self._waiting:  # a list, not recursion: documents nest deeply
            self._inside(self._waiting.pop())

    def changes(self) -> Iterable[Change]:
        for pair in self._pairs.values():
            if pair.changes:
                users = tuple(sorted(_users(pair)))
                for change in pair.changes:
                    yield change.reaching(users)

    def _pair(self, old: Node, new: Node, flow: Flow) -> Pair:
        key = (old.key, new.key, flow)
        pair = self._pairs.get(key)
        if pair is None:
            pair = self._pairs[key] = Pair(old, new, flow)
            self._waiting.append(pair)
        return pair

    def _inside(self, pair: Pair) -> None:
        def child(old: Node, new: Node) -> None:
            self._pair(old, new, pair.flow).parents.add(pair)

        old, new = pair.old, pair.new
        report = _Report(pair)
        if old.name and new.name and old.name != new.name:
            report(
                "invisible",
                NOBODY,
                "schema-renamed",
                f"schema {old.name} is now called {new.name}",
                old.name,
                new.name,
            )
        if old.text != new.text:
            report("invisible", NOBODY, "documentation-changed", "documentation of the schema changed")
        _discriminators(pair, report)
        _union(pair, report, child)


class _Report:
    """Takes down the changes of one pair."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair

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
        node = self._pair.old if side == "old" else self._pair.new
        subject = spoken(node.place)
        text = f"{'sent' if self._pair.flow == 'request' else 'read'} {subject}: {message}"
        self._pair.changes.append(
            Change(level, rule, place or node.place, who, text, before, after, side, subject=subject)
        )


def _users(pair: Pair) -> set[str]:
    found: set[str] = set()
    seen = {pair}
    waiting = [pair]
    while waiting:
        one = waiting.pop()
        found |= one.users
        for parent in one.parents - seen:
            seen.add(parent)
            waiting.append(parent)
    return found


def spoken(place: str) -> str:
    """A place as a person says it: `Person.name`, `persons_list` stays with the operation's own pointer."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in place.split("/")[1:]]
    if steps[:2] == ["components", "schemas"]:
        steps = steps[2:]
    elif steps and steps[0] == "paths":
        steps = [f"{steps[2].upper()} {steps[1]}", *steps[3:]] if len(steps) > 2 else steps[1:]
        steps = [step for step in steps if step not in ("content", "schema")]
    return ".".join(step for step in steps if step != "properties")


def _union(pair: Pair, report: _Report, child: Children) -> None:
    """Nullability, types, and the variants of a union."""
    old, new, flow = pair.old, pair.new, pair.flow
    before, after = list(old.branches), list(new.branches)
    free_before, free_after = _free(before), _free(after)
    if free_before and free_after:
        _changed_branch(before[0], after[0], flow, report, child)
        return
    if free_before or free_after:
        level, who = narrowed(flow, typed=True) if free_before else widened(flow)
        rule = "type-restricted" if free_before else "type-freed"
        report(
            level,
            who,
            rule,
            f"type changed from {_types(before)} to {_types(after)}",
            _types(before),
            _types(after),
        )
        return
    null_before, null_after = _null(before), _null(after)
    left = [branch for branch in before if branch.type != "null"]
    right = [branch for branch in after if branch.type != "null"]
    if null_before and not null_after and right:
        level, who = narrowed(flow, typed=True)
        report(level, who, "became-not-nullable", "can no longer be null", True, False)
    elif null_after and not null_before and left:
        level, who = widened(flow)
        report(level, who, "became-nullable", "can now be null", False, True)
    pairs, gone, come = match(left, right)
    for one, other in pairs:
        _changed_branch(one, other, flow, report, child)
    _unmatched(gone, come, flow, report)


def _changed_branch(old: Branch, new: Branch, flow: Flow, report: _Report, child: Children) -> None:
    if old.type != new.type:
        if {old.type, new.type} == {"integer", "number"}:
            level, who = narrowed(flow, typed=True) if new.type == "integer" else widened(flow)
        else:
            level, who = altered(flow)
        message = f"type changed from {old.described} to {new.described}"
        report(level, who, "type-changed", message, old.type, new.type, new.place)
        if {old.type, new.type} != {"integer", "number"}:
            return

    def changed(
        level: Level,
        who: tuple[str, ...],
        rule: str,
        message: str,
        before: Any = None,
        after: Any = None,
        place: str = "",
        side: Literal["old", "new"] = "new",
    ) -> None:
        at = place or (old.place if side == "old" else new.place)
        report(level, who, rule, message, before, after, at, side)

    compare_branch(old, new, flow, changed, child)


def _unmatched(gone: list[Branch], come: list[Branch], flow: Flow, report: _Report) -> None:
    before, after = _types(gone), _types(come)
    if gone and come:
        level, who = altered(flow)
        report(level, who, "type-changed", f"type changed from {before} to {after}", before, after)
    elif gone:
        level, who = narrowed(flow, typed=True)
        report(level, who, "variant-removed", f"can no longer be {before}", before, None)
    elif come:
        level, who = widened(flow)
        report(level, who, "variant-added", f"can now also be {after}", None, after)


def _free(branches: list[Branch]) -> bool:
    """Of no type; something else may be said of the value, with `not` or `if`."""
    return len(branches) == 1 and branches[0].type == ANY


def _null(branches: list[Branch]) -> bool:
    return any(branch.type == "null" for branch in branches)


def _types(branches: list[Branch]) -> str:
    if not branches:
        return "nothing"
    return " or ".join(
        dict.fromkeys("anything" if branch.type == ANY else branch.described for branch in branches)
    )


def _discriminators(pair: Pair, report: _Report) -> None:
    old, new = pair.old.discriminator, pair.new.discriminator
    level, who = altered(pair.flow)
    if old is None and new is None:
        return
    if old is None:
        assert new is not None
        report("additive", TYPES, "discriminator-added", f"told apart by {new.property}", None, new.property)
    elif new is None:
        message = f"no longer told apart by {old.property}"
        report(level, who, "discriminator-removed", message, old.property, None, old.place, "old")
    elif old.property != new.property:
        message = f"told apart by {new.property}, no longer by {old.property}"
        report(level, who, "discriminator-changed", message, old.property, new.property, new.place)
    elif old.values != new.values:
        gone, come = sorted(old.values - new.values), sorted(new.values - old.values)
        if gone:
            message = f"{old.property} no longer has the meaning {', '.join(gone)}"
            report(level, who, "discriminator-mapping-changed", message, gone, come, new.place)
        else:
            message = f"{old.property} has the new meaning {', '.join(come)}"
            report(
                "additive",
                READERS if pair.flow == "response" else ("callers",),
                "discriminator-mapping-added",
                message,
                None,
                come,
                new.place,
            )
