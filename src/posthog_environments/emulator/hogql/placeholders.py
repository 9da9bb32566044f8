"""Placeholders: `{name}` from values, `{variables.x}` and `{filters}`, bound on the syntax tree.

What takes a placeholder's place is a node of the tree, never text, so that no value can become syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.clock import parse_moment
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.syntax import Tree
from posthog_environments.emulator.json_types import is_array, is_object

_TIME_COLUMNS: Final = {"events": "timestamp", "sessions": "$start_timestamp", "groups": "created_at"}
_SCOPES: Final[Mapping[str, tuple[str, ...]]] = {
    "event": ("properties",),
    "person": ("person", "properties"),
    "session": ("session",),
}
_COMPARED: Final = {
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "is_date_before": "<",
    "is_date_after": ">",
}
_TRUE: Final[Tree] = {"node": "Constant", "value": True}


@define
class Binder:
    """Puts values into a tree.

    Attributes:
        values: `{name}`.
        variables: By code name; None when the query sent none.
        filters: What `{filters}` stands for.
        now: What relative dates count from.
        used: The placeholders that were found.
    """

    values: Mapping[str, Any]
    variables: Mapping[str, Any] | None
    filters: Mapping[str, Any] | None
    now: datetime
    used: set[str] = field(factory=set[str])

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
        self.used.add(chain[0])
        if len(chain) == 1 and chain[0] in self.values:
            return _placed(_constant(self.values[chain[0]]), tree)
        if chain[0] == "variables" and len(chain) == 2:
            return _placed(_constant(self._variable(chain[1])), tree)
        if chain[0] == "filters":
            return _placed(self._filter(chain[1:], table), tree)
        if self.values:
            known = ", ".join(self.values)
            raise HogQLError(
                f"Placeholder {{{written}}} is not available in this context. You can use the following: {known}"
            )
        raise HogQLError(f"Unresolved placeholder: {{{written}}}")

    def _variable(self, name: str) -> Any:
        if not self.variables or name not in self.variables:
            near = get_close_matches(name, self.variables or {}, 1)
            hint = f" Did you mean: {near[0]}?" if near else ""
            raise HogQLError(f"Variable {name} is missing from query{'.' + hint if hint else ''}")
        return self.variables[name]

    # --- filters -------------------------------------------------------------------------------------------

    def _bound(self, name: str) -> datetime | None:
        dates: Any = (self.filters or {}).get("dateRange")
        text: Any = dates.get(name) if is_object(dates) else None
        if text is None or text == "all":
            return None
        moment = parse_moment(text, self.now) if isinstance(text, str) else None
        if moment is None:
            raise HogQLError(f"Cannot parse the date {text!r} of filters")
        return moment

    def _is_open_end(self, tree: Tree) -> bool:
        chain = tree["expr"].get("chain") if tree.get("node") == "Placeholder" else None
        if not chain or chain[:-1] != ["filters", "dateRange"] or chain[-1] not in ("from", "to"):
            return False
        return self._bound(f"date_{chain[-1]}") is None

    def _filter(self, path: list[str], table: str) -> Tree:
        if path in (["dateRange", "from"], ["dateRange", "to"]):
            moment = self._bound(f"date_{path[1]}")
            return _time(moment) if moment else _constant(None)
        if path:
            raise HogQLError(f"Unresolved placeholder: {{filters.{'.'.join(path)}}}")
        if table not in _TIME_COLUMNS:
            raise HogQLError(
                "Cannot use 'filters' placeholder in a SELECT clause that does not select from the events, "
                "sessions, logs, traces or groups table."
            )
        conditions: list[Tree] = []
        properties: Any = (self.filters or {}).get("properties")
        if is_array(properties):
            conditions += [_property(item) for item in properties]
        elif properties:
            raise HogQLUnsupported("The emulator supports properties of filters only as a list.")
        column = _field(_TIME_COLUMNS[table])
        for name, op in (("date_from", ">="), ("date_to", "<")):
            moment = self._bound(name)
            if moment is not None:
                conditions.append(_compare(op, column, _time(moment)))
        return {"node": "And", "exprs": conditions} if conditions else _TRUE


def _property(item: Any) -> Tree:
    """One property filter as a condition."""
    if not is_object(item) or not isinstance(item.get("key"), str):
        raise HogQLError("A property of filters must have a key")
    kind = item.get("type") or "event"
    if kind == "hogql":
        raise HogQLUnsupported("The emulator does not support filters of type hogql.")
    if kind not in _SCOPES:
        raise HogQLUnsupported(f"The emulator does not support filters of type {kind}.")
    column = _field(*_SCOPES[kind], item["key"])
    operator, value = item.get("operator") or "exact", item.get("value")
    if operator in ("is_set", "is_not_set"):
        return _compare("!=" if operator == "is_set" else "==", column, _constant(None))
    if operator in ("exact", "is_not"):
        return _equal(operator, column, value)
    if operator in _COMPARED:
        return _compare(_COMPARED[operator], column, _constant(value))
    if operator in ("icontains", "not_icontains"):
        escaped = str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return _compare(
            "ilike" if operator == "icontains" else "not ilike", column, _constant(f"%{escaped}%")
        )
    if operator in ("regex", "not_regex"):
        return _compare("=~" if operator == "regex" else "!~", column, _constant(str(value)))
    raise HogQLUnsupported(f"The emulator does not support the operator {operator} of filters.")


def _equal(operator: str, column: Tree, value: Any) -> Tree:
    values: list[Any] = value if is_array(value) else [value]
    op, joined = ("==", "Or") if operator == "exact" else ("!=", "And")
    conditions = [_compare(op, column, _constant(item)) for item in values]
    return conditions[0] if len(conditions) == 1 else {"node": joined, "exprs": conditions}


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
