"""Which variant of an old union is which variant of the new one."""

from __future__ import annotations

from contract_diffing.normal import Branch


def match(
    old: list[Branch], new: list[Branch]
) -> tuple[list[tuple[Branch, Branch]], list[Branch], list[Branch]]:
    """The pairs that belong together, and what is left on either side.

    By name first, then by likeness; where one is left on each side of the same type, it is the same one changed.
    """
    pairs: list[tuple[Branch, Branch]] = []
    costs = sorted(
        (
            (cost, i, j)
            for i, one in enumerate(old)
            for j, other in enumerate(new)
            if (cost := _unlikeness(one, other)) < 1
        ),
    )
    left, right = set(range(len(old))), set(range(len(new)))
    for _, i, j in costs:
        if i in left and j in right:
            pairs.append((old[i], new[j]))
            left.remove(i)
            right.remove(j)
    for kinds in (
        ("object",),
        ("array",),
        ("string",),
        ("boolean",),
        ("integer",),
        ("number",),
        ("integer", "number"),
    ):
        ours = [i for i in sorted(left) if old[i].type in kinds]
        theirs = [j for j in sorted(right) if new[j].type in kinds]
        if len(ours) == 1 and len(theirs) == 1:
            pairs.append((old[ours[0]], new[theirs[0]]))
            left.remove(ours[0])
            right.remove(theirs[0])
    return pairs, [old[i] for i in sorted(left)], [new[j] for j in sorted(right)]


def _unlikeness(old: Branch, new: Branch) -> float:
    """0 for the same, 1 and more for different things."""
    if old.type != new.type:
        return 9
    if old.type == "object":
        ours, theirs = _tag(old), _tag(new)
        if any(ours[name] != theirs[name] for name in ours.keys() & theirs.keys()):
            return 9
        if old.name and old.name == new.name:
            return 0
        every = old.properties.keys() | new.properties.keys()
        shared = old.properties.keys() & new.properties.keys()
        likeness = len(shared) / len(every) if every else 1
        return 0.1 + 0.8 * (1 - likeness) if likeness >= 0.5 else 9
    if old.name and old.name == new.name:
        return 0
    if old.type == "array":
        if old.items is None or new.items is None:
            return 0.5 if old.items is new.items else 9
        if old.items.name or new.items.name:
            return 0.1 if old.items.name == new.items.name else 9
        return 0.2 if old.items.types == new.items.types else 9
    return 0.5 + 0.1 * sum(
        (
            old.enum != new.enum,
            old.formats != new.formats,
            old.patterns != new.patterns,
            old.lower != new.lower,
        )
    )


def _tag(branch: Branch) -> dict[str, str]:
    """Properties that can have one value only: what tells the variants of a union apart."""
    found: dict[str, str] = {}
    for name, node in branch.properties.items():
        if len(node.branches) == 1 and node.branches[0].enum is not None and len(node.branches[0].enum) == 1:
            found[name] = node.branches[0].enum[0]
    return found
