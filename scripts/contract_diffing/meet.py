"""What two schemas allow together, branch by branch, and lists of branches without repetitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contract_diffing.normal import ANY, Bound, Branch, Node

_MAX_BRANCHES = 400


def cross(first: list[Branch], second: list[Branch]) -> list[Branch]:
    if len(first) * len(second) > _MAX_BRANCHES:
        # Too many combinations to spell out: the larger list says the more.
        return max(first, second, key=len)
    return [met for one in first for other in second if (met := _meet(one, other)) is not None]


def _meet(one: Branch, other: Branch) -> Branch | None:
    """What both allow."""
    if one.type == ANY and one.plain:
        return other if other.name or not one.name else replace(other, name=one.name)
    if other.type == ANY and other.plain:
        return one if one.name or not other.name else replace(one, name=other.name)
    if one.type == other.type or other.type == ANY or {one.type, other.type} == {"integer", "number"}:
        kind = "integer" if "integer" in (one.type, other.type) else one.type
    elif one.type == ANY:
        kind = other.type
    else:
        return None
    enum = one.enum if other.enum is None else other.enum
    if one.enum is not None and other.enum is not None:
        enum = tuple(value for value in one.enum if value in other.enum)
        if not enum:
            return None
    properties = dict(one.properties)
    for name, node in other.properties.items():
        properties[name] = properties[name].together(node) if name in properties else node
    # A part of an `allOf` that only requires or describes does not give the whole its name.
    main = other if one.plain or (not one.properties and other.properties) else one
    return Branch(
        type=kind,
        place=main.place,
        name=one.name or other.name,
        enum=enum,
        member_names=one.member_names or other.member_names,
        lower={k: _stricter(one.lower, other.lower, k, 1) for k in {**one.lower, **other.lower}},
        upper={k: _stricter(one.upper, other.upper, k, -1) for k in {**one.upper, **other.upper}},
        patterns=one.patterns | other.patterns,
        formats=one.formats | other.formats,
        multiples=one.multiples | other.multiples,
        unique=one.unique or other.unique,
        media_type=one.media_type or other.media_type,
        content=_both(one.content, other.content),
        items=_both(one.items, other.items),
        prefix=one.prefix or other.prefix,
        properties=properties,
        required=one.required | other.required,
        additional=_additional(one.additional, other.additional),
        opaque={**one.opaque, **other.opaque},
    )


def _stricter(one: Mapping[str, Any], other: Mapping[str, Any], key: str, sign: int) -> Any:
    def order(value: Any) -> tuple[float, bool]:
        return (sign * value.value, value.exclusive) if isinstance(value, Bound) else (sign * value, False)

    return max((side[key] for side in (one, other) if key in side), key=order)


def _both(one: Node | None, other: Node | None) -> Node | None:
    return one.together(other) if one and other else one or other


def _additional(one: Node | bool, other: Node | bool) -> Node | bool:
    if isinstance(one, Node) and isinstance(other, Node):
        return one.together(other)
    if one is False or other is False:
        return False
    return other if one is True else one


def simplified(branches: list[Branch]) -> tuple[Branch, ...]:
    """Without repetitions; short enums of one type joined into one."""
    free = [branch for branch in branches if branch.type == ANY and branch.plain]
    if free:
        return (free[0],)
    result: list[Branch] = []
    for branch in branches:
        if branch.type == "null" and any(kept.type == "null" for kept in result):
            continue
        for index, kept in enumerate(result):
            joined = _joined(kept, branch)
            if joined is not None:
                result[index] = joined
                break
        else:
            result.append(branch)
    if any(branch.type == "number" and branch.plain for branch in result):
        result = [branch for branch in result if branch.type != "integer"]
    return tuple(result)


def _joined(one: Branch, other: Branch) -> Branch | None:
    """Two branches as one, where that loses nothing."""
    if one.type != other.type or one.type in ("object", "array"):
        return one if one.place == other.place and one.type == other.type and one.enum == other.enum else None
    if one.plain or other.plain:
        return one if one.plain else other
    if one.enum is not None and other.enum is not None and _bare(one) == _bare(other):
        return replace(
            one,
            enum=tuple(dict.fromkeys((*one.enum, *other.enum))),
            member_names=(*one.member_names, *other.member_names),
        )
    same = one.enum == other.enum and _bare(one) == _bare(other)
    return one if same and one.content is None and other.content is None else None


def _bare(branch: Branch) -> object:
    return (
        dict(branch.lower),
        dict(branch.upper),
        branch.patterns,
        branch.formats,
        branch.multiples,
        branch.media_type,
        dict(branch.opaque),
    )
