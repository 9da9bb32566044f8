"""Resolved queries as ClickHouse's SQL, with the rules that PostHog's own printer adds.

Nothing of the caller's text gets into it but constants, as escaped literals: names of tables, columns and functions
come from the lists of `schema` and `functions`, all other names are made by the resolver.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLUnsupported
from posthog_environments.emulator.hogql.functions import function_of
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Column,
    Compare,
    Expr,
    Fill,
    Lambda,
    Literal,
    Logic,
    Missing,
    Name,
    Order,
    Property,
    Query,
    Select,
    SelectSet,
    Source,
    Subquery,
    Table,
    Unfold,
    Window,
)
from posthog_environments.emulator.hogql.sampling import PARTS
from posthog_environments.emulator.hogql.schema import TABLES

_SETS: Final = {
    "UNION": "UNION DISTINCT",
    "INTERSECT": "INTERSECT DISTINCT",
    "INTERSECT ALL": "INTERSECT",
    "EXCEPT ALL": "EXCEPT",
}
_JOINS: Final = {
    "SEMI JOIN": "LEFT SEMI JOIN",
    "ANTI JOIN": "LEFT ANTI JOIN",
    "ASOF LEFT JOIN": "LEFT ASOF JOIN",
}
_COMPARING: Final = {
    "=": "equals",
    "!=": "notEquals",
    "<": "less",
    "<=": "lessOrEquals",
    ">": "greater",
    ">=": "greaterOrEquals",
    "like": "like",
    "ilike": "ilike",
    "not_like": "notLike",
    "not_ilike": "notILike",
    "in": "in",
    "not_in": "notIn",
}
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\\0"})
_DATES: Final = (date(1970, 1, 1), date(2149, 6, 6))


class ClickHousePrinter:
    """Writes one query.

    Attributes:
        tables: The tables that were used, lazy joins included.
    """

    def __init__(self, database: str) -> None:
        self.tables: set[str] = set()
        self._database = database
        self._unfolded: set[str] = set()

    # --- queries -------------------------------------------------------------------------------------------

    def query(self, query: Query) -> str:
        return self._set(query) if isinstance(query, SelectSet) else self._select(query)

    def _set(self, query: SelectSet) -> str:
        text = f"({self.query(query.members[0])})"
        for operator, member in zip(query.operators, query.members[1:], strict=True):
            # Brackets around the first part keep the order of operators; ClickHouse takes them in FROM alone.
            if text.startswith("(("):
                text = f"(SELECT * FROM {text})"
            text = f"({text} {_SETS.get(operator, operator)} ({self.query(member)}))"
        return f"SELECT * FROM {text}{_limits(query)}"

    def _select(self, select: Select) -> str:
        self._unfolded |= {unfold.name for unfold in select.unfolds}
        columns = ", ".join(
            f"{self.value(expr)} AS `c{place}`" for place, (_, expr) in enumerate(select.columns)
        )
        parts = [f"SELECT {'DISTINCT ' if select.distinct else ''}{columns}"]
        source = self._from(select)
        if source:
            parts.append(f"FROM {source}")
        if select.where is not None:
            parts.append(f"WHERE {self.value(select.where)}")
        if select.group_by or select.group_sets:
            parts.append(f"GROUP BY {self._groups(select)}")
        if select.having is not None:
            parts.append(f"HAVING {self.value(select.having)}")
        if self._order(select.order_by):
            parts.append(f"ORDER BY {self._order(select.order_by)}")
        by = select.limit_by
        if by is not None:
            parts.append(f"LIMIT {by.count} OFFSET {by.offset} BY {self._list(by.keys)}")
        return " ".join(parts) + _limits(select) + (" WITH TIES" if select.ties else "")

    def _groups(self, select: Select) -> str:
        if select.group_mode == "sets":
            return f"GROUPING SETS ({', '.join(f'({self._list(keys)})' for keys in select.group_sets)})"
        keys = self._list(select.group_by)
        return f"{select.group_mode.upper()}({keys})" if select.group_mode else keys

    def _list(self, exprs: Sequence[Expr]) -> str:
        return ", ".join(map(self.value, exprs))

    def _order(self, orders: Sequence[Order]) -> str:
        return ", ".join(
            f"{self.value(order.expr)} {'DESC' if order.descending else 'ASC'}{self._fill(order.fill)}"
            for order in orders
            if not isinstance(order.expr, Literal)
        )

    def _fill(self, fill: Fill | None) -> str:
        if fill is None:
            return ""
        bounds = (("FROM", fill.start), ("TO", fill.end), ("STEP", fill.step))
        return " WITH FILL" + "".join(f" {word} {self.value(bound)}" for word, bound in bounds if bound)

    # --- where rows come from ------------------------------------------------------------------------------

    def _from(self, select: Select) -> str:
        text = ""
        for source in select.sources:
            rows = f"{self._rows(source)} AS {source.name}"
            text = f"{text} {_JOINS.get(source.join, source.join)} {rows}" if text else rows
            if source.condition is not None:
                text += f" ON {self.value(source.condition)}"
        for unfold in select.unfolds:
            text = self._unfold(text or "system.one", unfold)
        return text

    def _rows(self, source: Source) -> str:
        if not isinstance(source.rows, Table):
            return f"({self.query(source.rows)})"
        table = source.rows
        if table.name == "numbers":
            return f"(SELECT number FROM numbers({table.start}, {table.argument}))"
        return self._joined(table) if table.joins else self._sampled(table)

    def _table(self, name: str) -> str:
        self.tables.add(name)
        return f"`{self._database}`.`{name}`"

    def _sampled(self, table: Table) -> str:
        rows = self._table(table.name)
        if table.sample is None:
            return rows
        part = f"reinterpretAsUInt64(substring(MD5(distinct_id), 1, 8)) % {PARTS}"
        return f"(SELECT * FROM {rows} WHERE {part} >= {table.sample[0]} AND {part} < {table.sample[1]})"

    def _joined(self, table: Table) -> str:
        """A table with its lazy joins, whose columns have two-part names."""
        schema = TABLES[table.name]
        columns = [f"base.`{name}` AS `{name}`" for name in schema.columns]
        joins = [f"{self._sampled(table)} AS base"]
        for name in table.joins:
            join = schema.joins[name]
            other = f"`{name}`"
            fixed = "".join(f" AND {other}.`{column}` = {value}" for column, value in join.constants)
            joins.append(
                f"LEFT JOIN {self._table(join.table)} AS {other} "
                f"ON base.`{join.key}` = {other}.`{join.column}`{fixed}"
            )
            columns += [
                f"{other}.`{column}` AS {_identifier(f'{name}.{column}')}"
                for column in TABLES[join.table].columns
            ]
        return f"(SELECT {', '.join(columns)} FROM {' '.join(joins)})"

    def _unfold(self, text: str, unfold: Unfold) -> str:
        members = ", ".join(
            f"{self.value(array)} AS {_member(unfold.name, name)}" for name, array in unfold.arrays
        )
        return f"{text} {'LEFT ' if unfold.outer else ''}ARRAY JOIN {members}"

    # --- expressions ---------------------------------------------------------------------------------------

    def value(self, expr: Expr) -> str:
        """An expression."""
        match expr:
            case Literal():
                return _literal(expr)
            case Column() if expr.source in self._unfolded:
                return _member(expr.source, expr.name)
            case Column():
                return f"{expr.source}.{_identifier(expr.name)}"
            case Name():
                return expr.name
            case Property():
                return self._property(expr)
            case Compare():
                return self._compare(expr)
            case Logic():
                return self._logic(expr)
            case Missing():
                return f"{'isNotNull' if expr.negated else 'isNull'}({self.value(expr.value)})"
            case Subquery():
                return f"({self.query(expr.query)})"
            case Lambda():
                names = expr.names[0] if len(expr.names) == 1 else f"({', '.join(expr.names)})"
                return f"{names} -> {self.value(expr.body)}"
            case Window():
                return self._window(expr)
            case Call():
                return self._fold(expr) if function_of(expr.name).kind != "scalar" else self._call(expr)
            case _:
                raise HogQLUnsupported(f"The emulator does not support {type(expr).__name__} here.")

    def _property(self, expr: Property) -> str:
        path = ", ".join(str(part) if isinstance(part, int) else _quoted(part) for part in expr.path)
        raw = f"JSONExtractRaw({self.value(expr.base)}, {path})"
        found = f"replaceRegexpAll(nullIf(nullIf({raw}, ''), 'null'), '^\"|\"$', '')"
        if expr.type.base == "Float64":
            return f"accurateCastOrNull({found}, 'Float64')"
        if expr.type.family == "bool":
            return f"accurateCastOrNull(transform({found}, ['true', 'false'], ['1', '0'], NULL), 'Bool')"
        if expr.type.family == "time":
            return f"parseDateTime64BestEffortOrNull({found}, 6, 'UTC')"
        return found

    def _logic(self, expr: Logic) -> str:
        members = self._list(expr.members)
        return members if expr.op != "not" and len(expr.members) == 1 else f"{expr.op}({members})"

    def _compare(self, expr: Compare) -> str:
        left, right = self.value(expr.left), self._right(expr)
        name = _COMPARING.get(expr.op)
        if name is not None:
            text = f"{name}({left}, {right})"
        else:
            pattern = f"concat('(?i)', {right})" if expr.op.endswith("imatch") else right
            text = f"match({left}, {pattern})"
            text = f"not({text})" if expr.op.startswith("not") else text
        if expr.on_null is None:
            return text
        if expr.on_null == "same":
            both, test = ("and", "isNull") if expr.op == "=" else ("or", "isNotNull")
            return f"ifNull({text}, {both}({test}({left}), {test}({right})))"
        return f"ifNull({text}, {int(bool(expr.on_null))})"

    def _right(self, expr: Compare) -> str:
        if expr.op not in ("in", "not_in") or not isinstance(expr.right, Call):
            return self.value(expr.right)
        return f"tuple({self._list(expr.right.args)})"

    # --- calls ---------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> str:
        return function_of(call.name).write_clickhouse([self.value(arg) for arg in call.args], call)

    def _fold(self, call: Call) -> str:
        """An aggregate or window function."""
        params = f"({', '.join(map(_constant, call.params))})" if call.params else ""
        distinct = "DISTINCT " if call.distinct else ""
        condition = f" FILTER (WHERE {self.value(call.condition)})" if call.condition is not None else ""
        return (
            f"{function_of(call.name).clickhouse_name}{params}({distinct}{self._list(call.args)}){condition}"
        )

    def _window(self, window: Window) -> str:
        parts: list[str] = []
        if window.partition:
            parts.append(f"PARTITION BY {self._list(window.partition)}")
        if self._order(window.order):
            parts.append(f"ORDER BY {self._order(window.order)}")
        if window.frame:
            parts.append(window.frame)
        return f"{self._fold(window.call)} OVER ({' '.join(parts)})"


def _identifier(name: str) -> str:
    # ClickHouse reads a dot as a part of a nested column.
    return f"`{name.replace('.', '__')}`"


def _member(unfold: str, name: str) -> str:
    return f"`{unfold}_{name}`"


def _quoted(text: str) -> str:
    return f"'{text.translate(_ESCAPES)}'"


def _literal(literal: Literal) -> str:
    value, kind = literal.value, literal.type
    if isinstance(value, datetime) and kind.base == "DateTime":
        return f"toDateTime('{value.isoformat(sep=' ')}', 'UTC')"
    if isinstance(value, datetime):
        return f"toDateTime64('{value.isoformat(sep=' ')}', 6, 'UTC')"
    if isinstance(value, date):
        return f"toDate{'' if _DATES[0] <= value <= _DATES[1] else '32'}('{value.isoformat()}')"
    if kind.base == "UUID" and value is not None:
        return f"toUUID({_quoted(str(value))})"
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return f"to{kind.base}('{value}')"
    return _constant(value)


def _constant(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    return str(value) if isinstance(value, int) else _quoted(str(value))


def _limits(query: Query) -> str:
    limit = f" LIMIT {query.limit}" if query.limit is not None else ""
    return limit + (f" OFFSET {query.offset}" if query.offset else "")
