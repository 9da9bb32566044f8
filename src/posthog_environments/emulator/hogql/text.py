"""HogQL as text: names of columns, and the query as understood."""

from __future__ import annotations

import re
from typing import Any, Final

from posthog_environments.emulator.hogql.nodes import (
    Call,
    Constant,
    Expr,
    Field,
    Item,
    Logic,
    Select,
    Shift,
    Star,
)
from posthog_environments.emulator.json_types import is_array


def column_name(expr: Expr) -> str:
    """Name of a column without alias: the last part of a property, else the text of the expression."""
    if isinstance(expr, Field):
        chain = expr.chain
        return "__".join(chain[chain.index("properties") + 1 :]) if "properties" in chain[:-1] else chain[-1]
    return _text(expr)


def _text(expr: Expr) -> str:
    if isinstance(expr, Constant):
        return _literal(expr.value)
    if isinstance(expr, Field):
        return ".".join(
            part if re.fullmatch(r"[A-Za-z_$][\w$]*", part) else f"`{part}`" for part in expr.chain
        )
    if isinstance(expr, Star):
        return "*"
    if isinstance(expr, Call):
        return f"{expr.name}({'DISTINCT ' if expr.distinct else ''}{', '.join(map(_text, expr.args))})"
    if isinstance(expr, Shift):
        name = "plus" if expr.sign > 0 else "minus"
        return f"{name}({_text(expr.base)}, toIntervalSecond({expr.amount}))"
    if isinstance(expr, Logic):
        return f"{expr.operator}({', '.join(map(_text, expr.members))})"
    if expr.operator == "is null":
        return f"{'isNotNull' if expr.negated else 'isNull'}({_text(expr.left)})"
    return f"{_FUNCTIONS[expr.operator][expr.negated]}({_text(expr.left)}, {_text(expr.right)})"


_FUNCTIONS: Final = {
    "=": ("equals", "notEquals"),
    "<": ("less", "greaterOrEquals"),
    "<=": ("lessOrEquals", "greater"),
    ">": ("greater", "lessOrEquals"),
    ">=": ("greaterOrEquals", "less"),
    "like": ("like", "notLike"),
    "ilike": ("ilike", "notILike"),
    "in": ("in", "notIn"),
}


def _literal(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    if is_array(value):
        return f"tuple({', '.join(map(_literal, value))})"
    return "NULL" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def printed(query: Select, limit: int, offset: int) -> str:
    parts = ["SELECT " + ", ".join(map(_aliased, query.items))]
    if query.table is not None:
        parts.append(f"FROM {query.table}")
    if query.where is not None:
        parts.append(f"WHERE {_text(query.where)}")
    if query.group_by:
        parts.append("GROUP BY " + ", ".join(map(_text, query.group_by)))
    if query.order_by:
        directions = (f"{_text(item.expr)} {'DESC' if item.descending else 'ASC'}" for item in query.order_by)
        parts.append("ORDER BY " + ", ".join(directions))
    parts.append(f"LIMIT {limit}")
    if offset or query.limit is None:
        parts.append(f"OFFSET {offset}")
    return " ".join(parts)


def _aliased(item: Item) -> str:
    return f"{_text(item.expr)} AS {item.alias}" if item.alias else _text(item.expr)
