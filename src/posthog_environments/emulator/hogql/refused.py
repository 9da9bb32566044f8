"""Syntax that PostHog's parser reads and that PostHog refuses after it, in its words."""

from __future__ import annotations

from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.syntax import Tree

_EXPRESSIONS: Final = {
    "ArraySlice": "Array slices are not allowed in hogql dialect",
    "TryCast": "TRY_CAST is not allowed in hogql dialect",
}


def refuse_select(tree: Tree) -> None:
    """Refuse clauses of a SELECT.

    Raises:
        HogQLError: It has one.
    """
    if tree.get("qualify"):
        raise HogQLError("QUALIFY is not supported in the 'hogql' dialect").at(tree["qualify"])


def refuse_source(tree: Tree) -> None:
    """Refuse what stands after a table.

    Raises:
        HogQLError: FINAL does.
    """
    if tree.get("table_final"):
        raise HogQLError("The FINAL keyword is not supported in HogQL as it causes slow queries")


def refuse_expression(tree: Tree) -> None:
    """Refuse kinds of expressions.

    Raises:
        HogQLError: It is one of them.
    """
    if tree["node"] in _EXPRESSIONS:
        raise HogQLError(_EXPRESSIONS[tree["node"]])
