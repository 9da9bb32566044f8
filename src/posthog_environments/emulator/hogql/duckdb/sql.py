"""Resolved queries as DuckDB's SQL.

Nothing of the caller's text gets into it but constants, as escaped literals: names of tables and columns come from
the lists of `schema` and `functions`, all other names are made by the resolver.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from attrs import evolve

from posthog_environments.emulator.hogql.errors import HogQLUnsupported
from posthog_environments.emulator.hogql.functions import Function, function_of
from posthog_environments.emulator.hogql.functions.arrays import default_of
from posthog_environments.emulator.hogql.functions.casts import PARSED_TIME, READ_FLOAT
from posthog_environments.emulator.hogql.functions.json_values import pointer, quoted
from posthog_environments.emulator.hogql.functions.registry import NAN
from posthog_environments.emulator.hogql.functions.times import cast_back, interval_unit, made_interval
from posthog_environments.emulator.hogql.functions.uuids import uuid_order
from posthog_environments.emulator.hogql.functions.windows import neighbour_default, reach
from posthog_environments.emulator.hogql.functions.zones import local_time, utc_time, zone_of
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Column,
    Compare,
    Expr,
    Lambda,
    LimitBy,
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
    walk,
)
from posthog_environments.emulator.hogql.sampling import PARTS
from posthog_environments.emulator.hogql.schema import TABLES
from posthog_environments.emulator.hogql.types import NOTHING

_ORDERING: Final = frozenset({"<", "<=", ">", ">="})
# After how many arguments each next condition comes.
_CONDITIONS_EVERY: Final = {"if": 3, "multiIf": 2}
# What all rows have in common.
_NOTHING_ELSE: Final = "lower('')"
_BY_ORDER: Final = frozenset({"min", "max", "argMin", "argMax"})


class DuckDBPrinter:
    """Writes one query.

    Attributes:
        tables: The tables that were used, lazy joins included.
    """

    def __init__(self) -> None:
        self.tables: set[str] = set()
        # Keys of groups that may be rolled up: over several groups ClickHouse gives the type's default.
        self._rolled: tuple[Expr, ...] = ()
        self._members: dict[str, str] = {}

    # --- queries -------------------------------------------------------------------------------------------

    def query(self, query: Query) -> str:
        return self._set(query) if isinstance(query, SelectSet) else self._select(query)

    def _set(self, query: SelectSet) -> str:
        text = f"({self.query(query.members[0])})"
        for operator, member in zip(query.operators, query.members[1:], strict=True):
            text = f"({text} {operator} ({self.query(member)}))"
        return text + _limits(query)

    def _select(self, select: Select) -> str:
        outer, self._rolled = self._rolled, ()
        try:
            return self._written(select)
        finally:
            self._rolled = outer

    def _written(self, select: Select) -> str:
        source = self._from(select)
        rest = [f"FROM {source}"] if source else []
        if select.where is not None:
            rest.append(f"WHERE {self.condition(select.where)}")
        if select.group_by or select.group_sets:
            rest.append(f"GROUP BY {self._groups(select)}")
        rolled = select.group_by if select.group_mode else ()
        self._rolled = tuple(key for key in rolled if not _is_constant(key))
        having = [self.condition(select.having)] if select.having is not None else []
        if select.group_mode in ("rollup", "cube"):
            # Of no rows ClickHouse has no total either.
            having.append("count(*) > 0")
        if having:
            rest.append(f"HAVING {' AND '.join(having)}")
        limited_after = _limited_after(select)
        if select.limit_by is not None and not limited_after:
            rest.append(f"QUALIFY {self._limited(select.limit_by, select.order_by)}")
        values = [self.value(expr) for _, expr in select.columns]
        columns = [f'{value} AS "c{place}"' for place, value in enumerate(values)]
        # A constant orders nothing, and distinct constants are one row, which needs no order.
        varied = any(not isinstance(expr, Literal) for _, expr in select.columns)
        orders = tuple(
            order
            for order in select.order_by
            if not isinstance(order.expr, Literal) and (varied or not select.distinct)
        )
        if limited_after or (orders and (select.distinct or select.ties)):
            return self._ordered_after(select, columns, values, rest, orders)
        parts = [f"SELECT {'DISTINCT ' if select.distinct else ''}{', '.join(columns)}", *rest]
        if orders:
            parts.append(f"ORDER BY {self._order(orders)}")
        return " ".join(parts) + _limits(select)

    def _ordered_after(
        self,
        select: Select,
        columns: list[str],
        values: list[str],
        rest: list[str],
        orders: tuple[Order, ...],
    ) -> str:
        """Rows that are ordered when they are distinct, which DuckDB does by selected columns alone.

        LIMIT BY comes after DISTINCT and after windows, too.
        """
        keys = [f'{self.value(order.expr)} AS "o{place}"' for place, order in enumerate(orders)]
        by = select.limit_by if _limited_after(select) else None
        if by is not None:
            keys += [f'{self._key(key)} AS "b{place}"' for place, key in enumerate(by.keys)]
        told_apart = [
            value
            for value, (_, expr) in zip(values, select.columns, strict=True)
            if not isinstance(expr, Literal)
        ]
        distinct = f"DISTINCT ON ({', '.join(told_apart) or _NOTHING_ELSE}) " if select.distinct else ""
        inner = " ".join([f"SELECT {distinct}{', '.join([*columns, *keys])}", *rest])
        found = tuple(
            evolve(order, expr=Column(order.expr.type, "d", f"o{place}"))
            for place, order in enumerate(orders)
        )
        order = self._order(found)
        if by is not None:
            named = tuple(Column(key.type, "d", f"b{place}") for place, key in enumerate(by.keys))
            inner = f"SELECT * FROM ({inner}) AS d QUALIFY {self._limited(evolve(by, keys=named), found)}"
        names = ", ".join(f'd."c{place}"' for place in range(len(columns)))
        text = f"SELECT {names} FROM ({inner}) AS d"
        if not select.ties:
            return f"{text}{f' ORDER BY {order}' if order else ''}{_limits(select)}"
        return f"{text} QUALIFY rank() OVER (ORDER BY {order}) <= {select.limit} ORDER BY {order}"

    def _groups(self, select: Select) -> str:
        keys = ", ".join(self._key(key) for key in select.group_by)
        if select.group_mode == "sets":
            sets = (f"({', '.join(self._key(key) for key in one)})" for one in select.group_sets)
            return f"GROUPING SETS ({', '.join(sets)})"
        return f"{select.group_mode.upper()}({keys})" if select.group_mode else keys

    def _key(self, expr: Expr) -> str:
        # A bare number would mean a column of the SELECT, and a constant by its name be missing in totals.
        return "CAST('one group' AS VARCHAR)" if _is_constant(expr) else self.value(expr)

    def _order(self, orders: Sequence[Order]) -> str:
        # A constant orders nothing, and DuckDB takes a number for a place and refuses the rest.
        return ", ".join(
            f"{self._key_of(order)} NULLS LAST" for order in orders if not isinstance(order.expr, Literal)
        )

    def _key_of(self, order: Order) -> str:
        text, kind = self._ordered(order.expr), order.expr.type
        if order.descending and kind.base == "Array" and kind.item.nullable:
            # Missing members come last either way, too.
            return f"list_transform({text}, lambda member: row(member IS NOT NULL, member)) DESC"
        if order.descending and kind.base.startswith("Float"):
            # What is no number comes behind the numbers either way, which for DuckDB is the greatest one.
            return f"-({text}) ASC"
        return f"{text} {'DESC' if order.descending else 'ASC'}"

    def _ordered(self, expr: Expr) -> str:
        """A value that is ordered as ClickHouse orders it."""
        _unordered(expr)
        if isinstance(expr, Call) and expr.name == "tuple":
            return f"row({', '.join(map(self._ordered, expr.args))})"
        return uuid_order(self.value(expr)) if expr.type.base == "UUID" else self.value(expr)

    def _limited(self, by: LimitBy, order: tuple[Order, ...]) -> str:
        keys = ", ".join(self._key(key) for key in by.keys)
        ordered = f" ORDER BY {self._order(order)}" if self._order(order) else ""
        number = f"row_number() OVER (PARTITION BY {keys}{ordered})"
        return f"{number} > {by.offset} AND {number} <= {by.offset + by.count}"

    # --- where rows come from ------------------------------------------------------------------------------

    def _from(self, select: Select) -> str:
        text = ""
        for source in select.sources:
            rows = f"{self._rows(source)} AS {source.name}"
            text = f"{text} {source.join} {rows}" if text else rows
            if source.condition is not None:
                text += f" ON {self.condition(source.condition)}"
        for unfold in select.unfolds:
            text = self._unfold(text, unfold)
        return text

    def _rows(self, source: Source) -> str:
        if not isinstance(source.rows, Table):
            return f"({self.query(source.rows)})"
        table = source.rows
        if table.name == "numbers":
            first = table.start
            return f"(SELECT range AS number FROM range({first}, {first + table.argument}))"
        self.tables.add(table.name)
        rows = table.name
        if table.sample is not None:
            low, high = table.sample
            part = f"md5_number_upper(distinct_id) % {PARTS}"
            rows = f"(SELECT * FROM {rows} WHERE {part} >= {low} AND {part} < {high})"
        if not table.joins:
            return rows
        columns, joins = ["base.*"], [f"{rows} AS base"]
        schema = TABLES[table.name]
        for name in table.joins:
            join = schema.joins[name]
            self.tables.add(join.table)
            other = f'"{name}"'
            fixed = "".join(f' AND {other}."{column}" = {value}' for column, value in join.constants)
            joins.append(
                f'LEFT JOIN {join.table} AS {other} ON base."{join.key}" = {other}."{join.column}"{fixed}'
            )
            for column, kind in TABLES[join.table].columns.items():
                value, default = f'{other}."{column}"', default_of(kind)
                if default != "NULL" and not kind.json:
                    value = f"coalesce({value}, {default})"
                columns.append(f'{value} AS "{name}.{column}"')
        return f"(SELECT {', '.join(columns)} FROM {' '.join(joins)})"

    def _unfold(self, text: str, unfold: Unfold) -> str:
        members = ", ".join(f'unnest({self.value(array)}) AS "{name}"' for name, array in unfold.arrays)
        rows = f"(SELECT {members}) AS {unfold.name}"
        if not text:
            return rows
        if unfold.outer:
            return f"{text} LEFT JOIN LATERAL {rows} ON TRUE"
        return f"{text} CROSS JOIN LATERAL {rows}"

    # --- expressions ---------------------------------------------------------------------------------------

    def condition(self, expr: Expr) -> str:
        """An expression as DuckDB's truth value."""
        if expr in self._rolled:
            return f"({self.value(expr)} <> 0)"
        match expr:
            case Compare():
                return self._compare(expr)
            case Logic():
                members = [self.condition(member) for member in expr.members]
                return (
                    f"(NOT {members[0]})" if expr.op == "not" else f"({f' {expr.op.upper()} '.join(members)})"
                )
            case Missing():
                return f"({self.value(expr.value)} IS {'NOT ' if expr.negated else ''}NULL)"
            case Literal(value=None):
                return "CAST(NULL AS BOOLEAN)"
            case _ if expr.type.family == "bool":
                return self.value(expr)
            case _:
                return f"({self.value(expr)} <> 0)"

    def value(self, expr: Expr) -> str:
        """An expression as a value; truth is 0 or 1 as in ClickHouse."""
        if expr in self._rolled:
            return self._rolled_up(expr)
        match expr:
            case Literal():
                return self.literal(expr.value)
            case Column():
                text = f'{expr.source}."{expr.name}"'
                if expr.type.json and "." in expr.name:
                    # The row of a lazy join may be missing.
                    return f"coalesce({text}, '')"
                default = default_of(expr.type)
                return f"coalesce({text}, {default})" if expr.outer and default != "NULL" else text
            case Name():
                return self._members.get(expr.name, expr.name)
            case Property():
                return self._property(expr)
            case Compare() | Logic() | Missing():
                return f"CAST({self.condition(expr)} AS UTINYINT)"
            case Subquery():
                return f"({self.query(expr.query)})"
            case Window():
                return self._window(expr)
            case Call():
                return self._fold(expr, "") if expr.aggregate else self._call(expr)
            case _:
                raise HogQLUnsupported(f"The emulator does not support {type(expr).__name__} here.")

    def _rolled_up(self, key: Expr) -> str:
        keys, self._rolled = self._rolled, ()
        text = self.value(key)
        self._rolled = keys
        return f"CASE WHEN grouping({text}) = 1 THEN {default_of(key.type)} ELSE {text} END"

    @staticmethod
    def literal(value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, datetime):
            return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
        if isinstance(value, date):
            return f"DATE '{value.isoformat()}'"
        if isinstance(value, int):
            return (
                str(value)
                if abs(value) > 2**31 - 1
                else f"{value}::BIGINT"
                if value >= 0
                else f"({value})::BIGINT"
            )
        if isinstance(value, float):
            return f"CAST('{value!r}' AS DOUBLE)" if math.isfinite(value) else f"CAST('{value}' AS DOUBLE)"
        # DuckDB's text literals know no escapes but the doubled quote.
        return quoted(str(value))

    def _property(self, expr: Property) -> str:
        base = expr.base
        text = f'{base.source}."{base.name}"' if isinstance(base, Column) else self.value(base)
        raw = f"CAST(json_extract({text}, {pointer(expr.path)}) AS VARCHAR)"
        found = f"regexp_replace(nullif(nullif({raw}, ''), 'null'), '^\"|\"$', '', 'g')"
        if expr.type.base == "Float64":
            return READ_FLOAT.format(found)
        if expr.type.family == "bool":
            return f"CASE {found} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
        return PARSED_TIME.format(found) if expr.type.family == "time" else found

    def _compare(self, expr: Compare) -> str:
        if expr.op in _ORDERING:
            left, right = self._ordered(expr.left), self._ordered(expr.right)
        else:
            left, right = self.value(expr.left), self._right(expr)
        families = {expr.left.type.family, expr.right.type.family}
        if families == {"time", "number"}:
            left, right = (
                f"epoch({text})" if side.type.family == "time" else text
                for text, side in ((left, expr.left), (right, expr.right))
            )
        raw, fractions = (left, right), _fractions(expr)
        if fractions:
            # What is no number equals nothing and is not in order with anything; DuckDB has it as the greatest number.
            left, right = (
                f"nullif({text}, {NAN})"
                if side.type.base.startswith("Float") and not isinstance(side, Literal)
                else text
                for text, side in ((left, expr.left), (right, expr.right))
            )
        if families == {"bool", "number"}:
            left, right = f"CAST({left} AS DOUBLE)", f"CAST({right} AS DOUBLE)"
        match expr.op:
            case "like" | "ilike":
                text = f"{left} {expr.op.upper()} {right} ESCAPE '\\'"
            case "not_like" | "not_ilike":
                text = f"{left} NOT {expr.op.removeprefix('not_').upper()} {right} ESCAPE '\\'"
            case "match" | "imatch" | "not_match" | "not_imatch":
                flags = "'si'" if expr.op.endswith("imatch") else "'s'"
                text = f"regexp_matches({left}, {right}, {flags})"
                text = f"NOT {text}" if expr.op.startswith("not") else text
            case "in" | "not_in":
                text = f"coalesce({left} IN {right}, FALSE)"
                if expr.left.type.nullable:
                    text = f"CASE WHEN {left} IS NULL THEN {self._holds_null(expr.right)} ELSE {text} END"
                text = f"NOT {text}" if expr.op == "not_in" else text
            case "!=":
                text = f"{left} <> {right}"
            case _:
                text = f"{left} {expr.op} {right}"
        if expr.on_null is None:
            if fractions and not expr.type.nullable:
                return f"coalesce({text}, {'TRUE' if expr.op == '!=' else 'FALSE'})"
            return f"({text})"
        if expr.on_null == "same":
            left, right = raw
            same = (
                f"{left} IS NULL AND {right} IS NULL"
                if expr.op == "="
                else f"{left} IS NOT NULL OR {right} IS NOT NULL"
            )
            return f"coalesce({text}, {same})"
        return f"coalesce({text}, {'TRUE' if expr.on_null else 'FALSE'})"

    def _holds_null(self, right: Expr) -> str:
        """Whether a set has a missing member."""
        if isinstance(right, Subquery):
            if not right.query.columns[0][1].type.nullable:
                return "FALSE"
            return f'EXISTS (SELECT 1 FROM ({self.query(right.query)}) AS s WHERE s."c0" IS NULL)'
        members = right.args if isinstance(right, Call) else (right,)
        missing = any(isinstance(item, Literal) and item.value is None for item in members)
        return "TRUE" if missing else "FALSE"

    def _right(self, expr: Compare) -> str:
        if expr.op not in ("in", "not_in"):
            return self.value(expr.right)
        if isinstance(expr.right, Subquery):
            query = expr.right.query
            if len(query.columns) > 1:
                names = ", ".join(f'"c{place}"' for place in range(len(query.columns)))
                return f"(SELECT row({names}) FROM ({self.query(query)}))"
            text = self.query(query)
            # NULL is no member of a set.
            nullable = any(column.type.nullable for _, column in query.columns)
            return f'(SELECT "c0" FROM ({text}) WHERE "c0" IS NOT NULL)' if nullable else f"({text})"
        members = expr.right.args if isinstance(expr.right, Call) else ()
        kept = [
            self.value(item) for item in members if not (isinstance(item, Literal) and item.value is None)
        ]
        return f"({', '.join(kept)})" if kept else "(SELECT NULL WHERE FALSE)"

    # --- calls ---------------------------------------------------------------------------------------------

    def _call(self, call: Call) -> str:
        function = function_of(call.name)
        if call.name in ("plus", "minus") and any(arg.type.family == "interval" for arg in call.args):
            left, right = (
                made_interval(self.value(arg), arg.type) if arg.type.family == "interval" else self.value(arg)
                for arg in call.args
            )
            # A day has as many hours as the clocks say, an hour is an hour.
            exact = interval_unit(call.args[1].type) in ("second", "minute", "hour")
            zone = "UTC" if exact else call.type.zone
            moved = f"({local_time(left, zone)} {'+' if call.name == 'plus' else '-'} {right})"
            return utc_time(cast_back(moved, call.type), call.type, zone)
        every = _CONDITIONS_EVERY.get(call.name)
        mixed = call.type.family != "string" and {"bool", "number"} <= {arg.type.family for arg in call.args}
        zone = zone_of(call, function.zone) if function.local else "UTC"
        args: list[str] = []
        for place, arg in enumerate(call.args):
            if isinstance(arg, Lambda):
                args.append(self._lambda(arg, call, function))
            elif every and place < len(call.args) - 1 and place % every == 0:
                args.append(self.condition(arg))
            elif arg.type.has_zone:
                args.append(local_time(self.value(arg), zone))
            elif arg.type.family == "bool" and (mixed or function.letter(place) in "nwp"):
                args.append(f"CAST({self.value(arg)} AS UTINYINT)")
            else:
                args.append(self.value(arg))
        return utc_time(function.write(args, call), call.type, zone)

    def _lambda(self, node: Lambda, call: Call, function: Function) -> str:
        """DuckDB has lambdas over one list: of several, and of a map, the members are zipped; see `arrays.rows`."""
        whole = "_".join(node.names)
        if len(node.names) > 1:
            self._members |= {name: f"{whole}[{place}]" for place, name in enumerate(node.names, 1)}
        body = self.condition(node.body) if function.predicate else self.value(node.body)
        return f"lambda {whole}: {body}"

    def _fold(self, call: Call, over: str) -> str:
        """An aggregate or window function; ClickHouse gives the type's default over no rows."""
        function = function_of(call.name)
        if call.name in _BY_ORDER:
            _unordered(*call.args)
        rolled = self._rolled
        if call.aggregate and not over:
            self._rolled = ()
        args = [
            f"CAST({self.value(arg)} AS UTINYINT)"
            if arg.type.family == "bool" and function.letter(place) in "nw"
            else self.value(arg)
            for place, arg in enumerate(call.args)
        ]
        conditions = [self.condition(call.condition)] if call.condition is not None else []
        self._rolled = rolled
        if function.skips_missing:
            conditions += [
                f"{arg} IS NOT NULL" for arg, node in zip(args, call.args, strict=True) if node.type.nullable
            ]
        end = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
        if call.type == NOTHING:
            return f"max(NULL){end}{over}"
        text = function.write_fold(args, call, end + over)
        default = "NULL" if call.type.nullable else function.empty or default_of(call.type)
        if function.empty and function.kind == "aggregate" and call.type.base.startswith("Float"):
            default = "NULL" if call.type.nullable else NAN
        return text if default == "NULL" else f"coalesce({text}, {default})"

    def _window(self, window: Window) -> str:
        parts: list[str] = []
        if window.partition:
            parts.append(f"PARTITION BY {', '.join(self._key(key) for key in window.partition)}")
        if self._order(window.order):
            parts.append(f"ORDER BY {self._order(window.order)}")
        name, over = window.call.name, " ".join(parts)
        if name in ("lagInFrame", "leadInFrame"):
            return self._in_frame(window, over)
        if window.frame and (function_of(name).kind != "window" or name == "nth_value"):
            over = f"{over} {window.frame}"
        return self._fold(window.call, f" OVER ({over})")

    def _in_frame(self, window: Window, over: str) -> str:
        """A row before or after this one, if the frame reaches to it."""
        call, frame = window.call, window.frame
        found = self._fold(call, f" OVER ({over})")
        if "BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING" in frame or not (
            frame or self._order(window.order)
        ):
            return found
        if frame in ("", "RANGE UNBOUNDED PRECEDING", "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"):
            # To the last of the rows with the same key.
            rows = f"count(*) OVER ({over} RANGE UNBOUNDED PRECEDING)"
            low: int | None = None
            high: int | str | None = f"{rows} - row_number() OVER ({over})"
        elif frame.startswith("ROWS"):
            low, high = reach(frame)
        else:
            raise HogQLUnsupported(f"The emulator does not support this frame of RANGE for {call.name}().")
        args = [self.value(arg) for arg in call.args]
        offset = args[1] if len(args) > 1 else "1"
        place = f"-({offset})" if call.name == "lagInFrame" else offset
        within = [f"{place} >= {low}"] * (low is not None) + [f"{place} <= {high}"] * (high is not None)
        if not within:
            return found
        return f"CASE WHEN {' AND '.join(within)} THEN {found} ELSE {neighbour_default(args, call)} END"


def _fractions(expr: Compare) -> bool:
    """Whether a side of a comparison may be what is no number."""
    sides = (expr.left, expr.right)
    return expr.op in (*_ORDERING, "=", "!=") and any(
        side.type.base.startswith("Float") and not isinstance(side, Literal) for side in sides
    )


def _limited_after(select: Select) -> bool:
    """Whether LIMIT BY must wait for rows to be distinct, or for a window that it needs."""
    by = select.limit_by
    needed = [*by.keys, *(order.expr for order in select.order_by)] if by is not None else []
    windows = any(isinstance(node, Window) for expr in needed for node in walk(expr))
    return by is not None and (select.distinct or windows)


def _is_constant(expr: Expr) -> bool:
    """Whether all rows have the same value there, which stays in the totals of groups."""
    return all(
        isinstance(node, (Literal, Compare, Logic, Missing))
        or (isinstance(node, Call) and not node.aggregate and node.name != "rand")
        for node in walk(expr)
    )


def _unordered(*exprs: Expr) -> None:
    """ClickHouse orders the members of an enumeration by their numbers, which DuckDB does not have."""
    if any(expr.type.base == "Enum8" for expr in exprs):
        raise HogQLUnsupported("The emulator on DuckDB does not order what JSONType() gives.")


def _limits(query: Query) -> str:
    limit = f" LIMIT {query.limit}" if query.limit is not None else ""
    return limit + (f" OFFSET {query.offset}" if query.offset else "")
