"""Queries put together: UNION, INTERSECT, EXCEPT, in the order in which ClickHouse computes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLUnsupported
from posthog_environments.emulator.hogql.nodes import Literal, Query, SelectSet
from posthog_environments.emulator.hogql.syntax import Tree
from posthog_environments.emulator.hogql.types import supertype

# Without a word ClickHouse takes ALL: as many rows as there are.
_OPERATORS: Final = {
    "UNION ALL": "UNION ALL",
    "UNION DISTINCT": "UNION",
    "INTERSECT": "INTERSECT ALL",
    "INTERSECT DISTINCT": "INTERSECT",
    "EXCEPT": "EXCEPT ALL",
}


def operator_of(tree: Tree) -> str:
    """How a query is put to those before it.

    Raises:
        HogQLUnsupported: PostHog prints no such operator for ClickHouse.
    """
    written = str(tree["set_operator"])
    if written not in _OPERATORS:
        raise HogQLUnsupported(f"The emulator does not support {written} here.").at(tree)
    return _OPERATORS[written]


def combined(members: Sequence[Query], operators: Sequence[str]) -> SelectSet:
    """INTERSECT before the others, which go from left to right.

    Raises:
        HogQLUnsupported: INTERSECT and EXCEPT stand beside one another: their order differs between ClickHouse's versions.
    """
    meets = [operator.startswith("INTERSECT") for operator in operators]
    if any(meets) and any(operator.startswith("EXCEPT") for operator in operators):
        raise HogQLUnsupported("The emulator does not support INTERSECT beside EXCEPT; use sub-queries.")
    if all(meets) or not any(meets):
        return _set(members, operators)
    runs, between, first = list[Query](), list[str](), 0
    for place, meet in enumerate([*meets, False]):
        if not meet:
            run = members[first : place + 1]
            runs.append(run[0] if len(run) == 1 else _set(run, operators[first:place]))
            between += operators[place : place + 1]
            first = place + 1
    return _set(runs, between)


def _set(members: Sequence[Query], operators: Sequence[str]) -> SelectSet:
    columns = tuple(
        (name, Literal(supertype([member.columns[place][1].type for member in members]), None))
        for place, (name, _) in enumerate(members[0].columns)
    )
    return SelectSet(tuple(members), tuple(operators), columns=columns)
