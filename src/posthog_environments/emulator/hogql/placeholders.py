"""Placeholders: `{name}` from values, `{variables.x}` and `{filters}`, bound on the syntax tree.

What takes a placeholder's place is a node of the tree, never text, so that no value can become syntax.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.syntax import Tree, parse
from posthog_environments.emulator.json_types import is_array, is_object

_TIME_COLUMNS: Final = {"events": "timestamp", "sessions": "$start_timestamp", "groups": "created_at"}
_TRUE: Final[Tree] = {"node": "Constant", "value": True}


@define(frozen=True)
class Filters:
    """What `{filters}` stands for.

    Attributes:
        low: The earliest time, or None.
        high: The time that all is before, or None.
        condition: Further conditions, as HogQL; "" for none.
        values: Values of the placeholders of `condition`.
    """

    low: datetime | None = None
    high: datetime | None = None
    condition: str = ""
    values: Mapping[str, Any] = field(factory=dict[str, Any])


@define
class Binder:
    """Puts values into a tree.

    Attributes:
        values: `{name}`.
        variables: Gives the value of `{variables.name}`, or refuses; None when there are no variables.
        filters: What `{filters}` stands for.
    """

    values: Mapping[str, Any]
    variables: Callable[[str], Any] | None
    filters: Filters

    def bind(self, tree: Any, table: str = "") -> Any:
        """A copy of a tree with everything bound.

        Raises:
            HogQLError: A placeholder has no value.
        """
        if is_array(tree):
            return [self.bind(item, table) for item in tree]
        if not is_object(tree):
            return tree
        node = tree.get("node")
        if node == "Placeholder":
            try:
                return self._value(tree, table)
            except HogQLError as error:
                raise error.at(tree) from None
        if node == "SelectQuery":
            table = _table_of(tree)
        if node == "CompareOperation" and any(self._is_open_end(tree[side]) for side in ("left", "right")):
            return _placed(_TRUE, tree)
        return {
            key: value if key in ("start", "end") else self.bind(value, table) for key, value in tree.items()
        }

    def _value(self, tree: Tree, table: str) -> Tree:
        inner = tree["expr"]
        if inner["node"] != "Field":
            raise HogQLUnsupported("The emulator does not compute expressions in placeholders.")
        chain = [str(part) for part in inner["chain"]]
        written = ".".join(chain)
        if len(chain) == 1 and chain[0] in self.values:
            return _placed(_constant(self.values[chain[0]]), tree)
        if chain[0] == "variables" and len(chain) == 2 and self.variables is not None:
            return _placed(_constant(self.variables(chain[1])), tree)
        if chain[0] == "filters":
            return _placed(self._filter(chain[1:], table), tree)
        if self.values:
            known = ", ".join(self.values)
            raise HogQLError(
                f"Placeholder {{{written}}} is not available in this context. You can use the following: {known}"
            )
        raise HogQLError(f"Unresolved placeholder: {{{written}}}")

    # --- filters -------------------------------------------------------------------------------------------

    def _bound(self, name: str) -> datetime | None:
        return self.filters.low if name == "from" else self.filters.high

    def _is_open_end(self, tree: Tree) -> bool:
        chain = tree["expr"].get("chain") if tree.get("node") == "Placeholder" else None
        if not chain or chain[:-1] != ["filters", "dateRange"] or chain[-1] not in ("from", "to"):
            return False
        return self._bound(chain[-1]) is None

    def _filter(self, path: list[str], table: str) -> Tree:
        if path in (["dateRange", "from"], ["dateRange", "to"]):
            moment = self._bound(path[1])
            return _time(moment) if moment else _constant(None)
        if path:
            raise HogQLError(f"Unresolved placeholder: {{filters.{'.'.join(path)}}}")
        if table not in _TIME_COLUMNS:
            raise HogQLError(
                "Cannot use 'filters' placeholder in a SELECT clause that does not select from the events, "
                "sessions, logs, traces or groups table."
            )
        conditions: list[Tree] = []
        if self.filters.condition:
            tree = parse(f"select {self.filters.condition}")["select"][0]
            conditions.append(Binder(self.filters.values, None, Filters()).bind(tree))
        column = _field(_TIME_COLUMNS[table])
        for op, moment in ((">=", self.filters.low), ("<", self.filters.high)):
            if moment is not None:
                conditions.append(_compare(op, column, _time(moment)))
        if not conditions:
            return _TRUE
        return conditions[0] if len(conditions) == 1 else {"node": "And", "exprs": conditions}


def _field(*chain: str) -> Tree:
    return {"node": "Field", "chain": list(chain)}


def _compare(op: str, left: Tree, right: Tree) -> Tree:
    return {"node": "CompareOperation", "op": op, "left": left, "right": right}


def _time(moment: datetime) -> Tree:
    return {"node": "Call", "name": "toDateTime", "args": [_constant(moment.isoformat())]}


def _constant(value: Any) -> Tree:
    if is_array(value):
        return {"node": "Array", "exprs": [_constant(item) for item in value]}
    if is_object(value):
        raise HogQLUnsupported("The emulator does not support objects as values of placeholders.")
    if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
        raise HogQLError("The value holds half a character (a surrogate)")
    return {"node": "Constant", "value": value}


def _placed(tree: Tree, at: Tree) -> Tree:
    """The new node at the place of what it stands for, all through."""
    placed = {key: _placed_in(value, at) for key, value in tree.items()}
    return {**placed, **{key: at[key] for key in ("start", "end") if key in at}}


def _placed_in(value: Any, at: Tree) -> Any:
    if is_array(value):
        return [_placed_in(item, at) for item in value]
    return _placed(value, at) if is_object(value) and "node" in value else value


def _table_of(tree: Tree) -> str:
    source = tree.get("select_from")
    table: Tree | None = source["table"] if source else None
    return str(table["chain"][0]) if table and table["node"] == "Field" else ""
