"""Runs HogQL over the emulator's data: `execute` is the whole interface, so that another engine can take its place.

A small part of HogQL, see `hogql_parser`. Values and types come out as ClickHouse gives them to PostHog: properties
are nullable texts unless they are defined as numbers or booleans; a comparison with a missing property is false,
and its opposite true.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Final, cast

from attrs import define

from posthog_environments.emulator.clock import from_micros, iso_z, parse_iso, to_micros
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.events import BOOLEAN_PROPERTIES, NUMERIC_PROPERTIES, Event
from posthog_environments.emulator.data.persons import Person
from posthog_environments.emulator.hogql_errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql_parser import (
    Call,
    Compare,
    Constant,
    Expr,
    Field,
    Item,
    Logic,
    Select,
    Shift,
    Star,
    parse,
)
from posthog_environments.emulator.json_types import is_array, is_object

DEFAULT_LIMIT: Final = 100
LARGEST_LIMIT: Final = 50_000
_AGGREGATES: Final = frozenset({"count", "min", "max", "sum", "avg"})
_STARS: Final = {
    "events": ("uuid", "event", "properties", "timestamp", "distinct_id", "elements_chain", "created_at"),
    "persons": ("id", "created_at", "properties", "is_identified"),
}
_OTHER_TABLES: Final = frozenset(
    {
        *("sessions", "groups", "person_distinct_ids", "cohort_people", "static_cohort_people", "numbers"),
        *("session_replay_events", "log_entries", "raw_sessions", "raw_persons", "heatmaps", "query_log"),
    }
)


@define(frozen=True)
class Result:
    """What a query gives.

    Attributes:
        columns: Names.
        types: Pairs of name and ClickHouse type.
        rows: JSON values.
        limit: The limit that was added; None when the query has its own.
        offset: Likewise.
        has_more: Whether the added limit cut rows off; None when the query has its own.
        hogql: The query as understood.
    """

    columns: list[str]
    types: list[list[str]]
    rows: list[list[Any]]
    limit: int | None
    offset: int | None
    has_more: bool | None
    hogql: str


def execute(sql: str, values: Mapping[str, Any] | None, dataset: Dataset, now: datetime) -> Result:
    """Run a query.

    Args:
        sql: The HogQL.
        values: Values of its `{placeholders}`.
        dataset: What to run it over.
        now: What `now()` gives.

    Raises:
        HogQLError: It cannot be run.
    """
    query = parse(sql, values)
    compiler = _Compiler(query, dataset, now)
    items = compiler.items()
    order = compiler.order(items)
    own = query.limit is not None
    limit = min(query.limit, LARGEST_LIMIT) if query.limit is not None else DEFAULT_LIMIT
    offset = (query.offset or 0) if own else 0
    rows = list(islice(_rows(query, compiler, items, order), offset, offset + limit + 1))
    has_more = len(rows) > limit
    columns = [item.name for item in items]
    return Result(
        columns=columns,
        types=[[item.name, item.column.type] for item in items],
        rows=[
            [_json(value, item.column) for value, item in zip(row, items, strict=False)]
            for row in rows[:limit]
        ],
        limit=None if own else limit,
        offset=None if own else offset,
        has_more=None if own else has_more,
        hogql=_printed(query, limit if own else limit + 1, offset),
    )


# --- columns ---------------------------------------------------------------------------------------------------

Read = Callable[[Any], Any]


@define(frozen=True)
class _Column:
    """An expression, ready to be computed.

    Attributes:
        type: ClickHouse type.
        kind: string, number, bool, datetime or null: what it can be compared with.
        read: Its value in a row; times are microseconds since 1970.
        nullable: Whether the value may be missing.
        constant: Whether it is the same in every row.
    """

    type: str
    kind: str
    read: Read
    nullable: bool = False
    constant: bool = False


@define(frozen=True)
class _Output:
    """One column of the result. `fold` is set for aggregates: from the column's values to one."""

    name: str
    expr: Expr
    column: _Column
    fold: Callable[[Iterable[Any]], Any] | None = None


def _json(value: Any, column: _Column) -> Any:
    if column.kind == "datetime" and value is not None:
        try:
            return iso_z(from_micros(value))
        except OverflowError:
            raise HogQLError("Time is out of range", "value_is_out_of_range_of_data_type") from None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if column.type == "UInt8" and isinstance(value, bool):
        return int(value)
    return value


_PERSON_ID: Final = _Column("UUID", "string", lambda person: person.uuid)


class _Compiler:
    """Turns expressions into columns of one query's table."""

    def __init__(self, query: Select, dataset: Dataset, now: datetime) -> None:
        self.query = query
        self.dataset = dataset
        self.now = to_micros(now)
        if query.table not in (None, *_STARS):
            if query.table in _OTHER_TABLES:
                raise HogQLUnsupported(f"The emulator cannot query the table {query.table}.")
            raise HogQLError(f"Unknown table `{query.table}`.")

    # what is selected

    def items(self) -> list[_Output]:
        outputs: list[_Output] = []
        for item in self.query.items:
            if isinstance(item.expr, Star):
                if self.query.table is None:
                    raise HogQLError("Cannot use a star without a table")
                names = _STARS[self.query.table]
                outputs += [_Output(name, Field((name,)), self.column(Field((name,)))) for name in names]
            else:
                outputs.append(self.output(item.expr, item.alias or _name(item.expr)))
        return outputs

    def order(self, items: list[_Output]) -> list[tuple[_Output, bool]]:
        """What to order by, and whether descending; numbers and aliases mean selected columns."""
        return [(self._selected(item.expr, items), item.descending) for item in self.query.order_by]

    def group(self, items: list[_Output]) -> list[_Output]:
        return [self._selected(expr, items) for expr in self.query.group_by]

    def _selected(self, expr: Expr, items: list[_Output]) -> _Output:
        if isinstance(expr, Constant) and isinstance(expr.value, int):
            if not 1 <= expr.value <= len(items):
                raise HogQLError(f"There is no column {expr.value}.")
            return items[expr.value - 1]
        for item in items:
            if item.expr == expr or (isinstance(expr, Field) and expr.chain == (item.name,)):
                return item
        return self.output(expr, _name(expr))

    def output(self, expr: Expr, name: str) -> _Output:
        if isinstance(expr, Call) and expr.name.lower() in _AGGREGATES:
            return self._aggregate(expr, name)
        return _Output(name, expr, self.column(expr))

    def _aggregate(self, call: Call, name: str) -> _Output:
        function = call.name.lower()
        if function == "count":
            if len(call.args) > 1:
                raise HogQLError(f"Aggregation 'count' expects at most 1 argument, found {len(call.args)}")
            source = self.column(call.args[0]) if call.args else _constant(1)
            fold = _count_distinct if call.distinct else _count
            return _Output(name, call, _Column("UInt64", "number", source.read), fold)
        if len(call.args) != 1 or call.distinct:
            raise HogQLError(f"Aggregation '{function}' expects 1 argument, found {len(call.args)}")
        source = self.column(call.args[0])
        if function in ("min", "max"):
            fold = _smallest if function == "min" else _largest
            return _Output(name, call, source, fold)
        if source.kind != "number":
            detail = f"Illegal type {source.type} of argument for aggregate function {function}"
            raise HogQLError(detail, "illegal_type_of_argument")
        kind = "Nullable(Float64)" if source.nullable else "Float64"
        return _Output(
            name, call, _Column(kind, "number", source.read, True), _sum if function == "sum" else _mean
        )

    # expressions

    def column(self, expr: Expr) -> _Column:
        if isinstance(expr, Constant):
            return _constant(expr.value)
        if isinstance(expr, Field):
            return self._field(expr)
        if isinstance(expr, Shift):
            base = self.column(expr.base)
            if base.kind != "datetime":
                raise HogQLUnsupported("The emulator adds intervals to times only.")
            micros = expr.sign * expr.amount * 1_000_000
            return _Column(base.type, "datetime", lambda row: base.read(row) + micros, False, base.constant)
        if isinstance(expr, Compare):
            return self._compare(expr)
        if isinstance(expr, Logic):
            return self._logic(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        raise HogQLUnsupported("The emulator supports * only as a column of its own.")

    def _call(self, call: Call) -> _Column:
        name = call.name.lower()
        if name == "now" and not call.args:
            return _Column("DateTime64(6, 'UTC')", "datetime", lambda row: self.now, False, True)
        if name in _AGGREGATES:
            raise HogQLUnsupported(f"The emulator supports {name}(…) only as a column of its own.")
        raise HogQLUnsupported(f"The emulator does not support the function {call.name}(…).")

    def _logic(self, logic: Logic) -> _Column:
        tests = [self.column(member).read for member in logic.members]
        if logic.operator == "not":
            return _Column("UInt8", "bool", lambda row: not tests[0](row))
        join = any if logic.operator == "or" else all
        return _Column("UInt8", "bool", lambda row: join(test(row) for test in tests))

    # fields

    def _field(self, field: Field) -> _Column:
        chain = field.chain
        if len(chain) > 1 and chain[0] in self.query.aliases:
            chain = chain[1:]
        column = None
        if self.query.table == "events":
            column = self._event_field(chain)
        elif self.query.table == "persons":
            column = _person_field(chain)
        if column is None:
            raise HogQLError(f"Unable to resolve field: {'.'.join(field.chain)}")
        return column

    def _event_field(self, chain: tuple[str, ...]) -> _Column | None:
        head, rest = chain[0], chain[1:]
        if head == "person" and rest:
            inner = _person_field(rest)
            if inner is None:
                return None
            nullable = inner.type if inner.nullable else f"Nullable({inner.type})"
            return _Column(nullable, inner.kind, lambda row: self._of_person(row, inner.read), True)
        if head == "properties":
            return _property(rest, lambda row: cast(Event, row).properties)
        if rest:
            return None
        if head == "person_id":
            return _Column("UUID", "string", lambda row: self._of_person(row, _PERSON_ID.read), True)
        return _EVENT_COLUMNS.get(head)

    def _of_person(self, event: Event, read: Read) -> Any:
        if event.person is None or not self.dataset.persons.alive(event.person):
            return None
        return read(self.dataset.persons.get(event.person))

    # comparisons

    def _compare(self, compare: Compare) -> _Column:
        left = self.column(compare.left)
        if compare.operator == "is null" or (compare.operator == "=" and compare.right == Constant(None)):
            return _truth(lambda row: left.read(row) is None, compare.negated)
        if compare.operator == "in":
            return self._in(left, compare)
        right = self.column(compare.right)
        left, right = _alike(left, right), _alike(right, left)
        test = _OPERATIONS[compare.operator]
        if compare.operator in ("like", "ilike"):
            if left.kind != "string" or not isinstance(compare.right, Constant):
                raise HogQLUnsupported("The emulator supports LIKE only between a text and a constant.")
            pattern = _like(str(compare.right.value), re.IGNORECASE if compare.operator == "ilike" else 0)
            return _truth(lambda row: _matches(pattern, left.read(row)), compare.negated)
        return _truth(lambda row: _both(test, left.read(row), right.read(row)), compare.negated)

    def _in(self, left: _Column, compare: Compare) -> _Column:
        wanted: Any = cast(Constant, compare.right).value
        if not is_array(wanted):
            raise HogQLUnsupported("The emulator supports IN only with a list of constants.")
        members = {_alike(_constant(item), left).read(None) for item in wanted}
        return _truth(lambda row: left.read(row) in members - {None}, compare.negated)


def _truth(test: Read, negated: bool) -> _Column:
    """A comparison, or its opposite: what is missing fails the one and passes the other."""
    return _Column("UInt8", "bool", (lambda row: not test(row)) if negated else test)


def _both(test: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    return left is not None and right is not None and test(left, right)


_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": lambda left, right: bool(left == right),
    "<": lambda left, right: bool(left < right),
    "<=": lambda left, right: bool(left <= right),
    ">": lambda left, right: bool(left > right),
    ">=": lambda left, right: bool(left >= right),
    "like": lambda left, right: False,
    "ilike": lambda left, right: False,
}


def _like(pattern: str, flags: int) -> re.Pattern[str]:
    parts = (".*" if part == "%" else "." if part == "_" else re.escape(part) for part in pattern)
    return re.compile("".join(parts), flags | re.DOTALL)


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return value is not None and pattern.fullmatch(value) is not None


def _alike(column: _Column, other: _Column) -> _Column:
    """The column in a form that the other one can be compared with; only constants are converted."""
    if column.kind == other.kind or "null" in (column.kind, other.kind):
        return column
    if {column.kind, other.kind} == {"bool", "number"}:
        return column
    if not column.constant:
        if other.constant and other.kind == "string":
            return column
        raise _no_common(column, other)
    value = column.read(None)
    if column.kind == "string" and other.kind == "datetime":
        moment = parse_iso(value)
        if moment is None:
            raise HogQLError(f"Cannot parse time from {value!r}", "cannot_parse_datetime")
        micros = to_micros(moment)
        return _Column(other.type, "datetime", lambda row: micros, False, True)
    if column.kind == "string" and other.kind in ("number", "bool"):
        try:
            number = float(value)
        except ValueError:
            raise _no_common(column, other) from None
        return _Column("Float64", "number", lambda row: number, False, True)
    raise _no_common(column, other)


def _no_common(column: _Column, other: _Column) -> HogQLError:
    return HogQLError(f"There is no supertype for types {column.type}, {other.type}", "no_common_type")


# --- tables ----------------------------------------------------------------------------------------------------


def _constant(value: Any) -> _Column:
    if value is None:
        return _Column("Nullable(Nothing)", "null", lambda row: None, True, True)
    if isinstance(value, bool):
        return _Column("Bool", "bool", lambda row: value, False, True)
    if isinstance(value, int):
        bits = 8
        while not (-(1 << bits - 1) <= value < 0 or 0 <= value < 1 << bits) and bits < 256:
            bits *= 2
        return _Column(f"{'Int' if value < 0 else 'UInt'}{bits}", "number", lambda row: value, False, True)
    if isinstance(value, float):
        return _Column("Float64", "number", lambda row: value, False, True)
    if isinstance(value, str):
        return _Column("String", "string", lambda row: value, False, True)
    raise HogQLUnsupported(f"The emulator does not support a {type(value).__name__} here.")


def _property(path: tuple[str, ...], properties: Callable[[Any], dict[str, Any]]) -> _Column:
    """A property, as text unless it is defined otherwise; all of them as JSON text."""
    if not path:
        return _Column("String", "string", lambda row: _compact(properties(row)))

    def find(row: Any) -> Any:
        value: Any = properties(row)
        for part in path:
            value = value.get(part) if is_object(value) else None
        return value

    if path[0] in NUMERIC_PROPERTIES:
        return _Column("Nullable(Float64)", "number", lambda row: _number(find(row)), True)
    if path[0] in BOOLEAN_PROPERTIES:
        return _Column("Nullable(Bool)", "bool", lambda row: _flag(find(row)), True)
    return _Column("Nullable(String)", "string", lambda row: _shown(find(row)), True)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _shown(value: Any) -> str | None:
    return None if value in (None, "") else value if isinstance(value, str) else _compact(value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_EVENT_COLUMNS: Final = {
    "uuid": _Column("UUID", "string", lambda row: row.uuid),
    "event": _Column("String", "string", lambda row: row.event),
    "timestamp": _Column("DateTime64(6, 'UTC')", "datetime", lambda row: row.timestamp),
    "created_at": _Column("DateTime64(6, 'UTC')", "datetime", lambda row: row.timestamp),
    "distinct_id": _Column("String", "string", lambda row: row.distinct_id),
    "elements_chain": _Column("String", "string", lambda row: row.element.chain if row.element else ""),
    "$session_id": _Column("Nullable(String)", "string", lambda row: row.properties.get("$session_id"), True),
}
_PERSON_COLUMNS: Final = {
    "id": _PERSON_ID,
    "created_at": _Column("DateTime64(3, 'UTC')", "datetime", lambda row: row.created_at // 1000 * 1000),
    "is_identified": _Column("Bool", "bool", lambda row: row.is_identified),
}


def _person_field(chain: tuple[str, ...]) -> _Column | None:
    if chain[0] == "properties":
        return _property(chain[1:], lambda row: cast(Person, row).properties)
    return _PERSON_COLUMNS.get(chain[0]) if len(chain) == 1 else None


# --- rows ------------------------------------------------------------------------------------------------------


def _rows(
    query: Select, compiler: _Compiler, items: list[_Output], order: list[tuple[_Output, bool]]
) -> Iterator[list[Any]]:
    """Rows of the result, in order; nothing is computed that is not needed for the rows that are taken."""
    if query.group_by or any(item.fold for item in items):
        return _grouped(query, compiler, items, order)
    by_time = len(order) == 1 and order[0][0].expr in (Field(("timestamp",)), Field(("created_at",)))
    natural = by_time or not order
    newest_first = by_time and order[0][1]
    if natural:
        source = _filtered(query, compiler, newest_first)
        return ([item.column.read(row) for item in items] for row in source)
    if any(output.fold for output, _ in order):
        raise HogQLError("Aggregation in ORDER BY of a query that does not aggregate", "illegal_aggregation")
    keyed = [
        ([output.column.read(row) for output, _ in order], [item.column.read(row) for item in items])
        for row in _filtered(query, compiler, False)
    ]
    return _sorted(keyed, [descending for _, descending in order])


def _filtered(query: Select, compiler: _Compiler, newest_first: bool) -> Iterator[Any]:
    rows: Iterable[Any]
    if query.table == "events":
        rows = compiler.dataset.events.scan(newest_first=newest_first)
    elif query.table == "persons":
        persons = compiler.dataset.persons
        indexes = range(persons.size - 1, -1, -1) if newest_first else range(persons.size)
        rows = (persons.get(index) for index in indexes if persons.alive(index))
    else:
        rows = (None,)
    if query.where is None:
        return iter(rows)
    test = compiler.column(query.where).read
    return (row for row in rows if test(row))


def _grouped(
    query: Select, compiler: _Compiler, items: list[_Output], order: list[tuple[_Output, bool]]
) -> Iterator[list[Any]]:
    keys = compiler.group(items)
    if any(key.fold for key in keys):
        raise HogQLError("Aggregate function is found in GROUP BY", "illegal_aggregation")
    outputs = [*items, *(output for output, _ in order)]
    for output in outputs:
        known = output.fold or output.column.constant or any(key.expr == output.expr for key in keys)
        if not known:
            raise HogQLError(
                f"Column `{output.name}` is not under aggregate function and not in GROUP BY keys",
                "not_an_aggregate",
            )
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in _filtered(query, compiler, False):
        groups.setdefault(tuple(key.column.read(row) for key in keys), []).append(row)
    if not query.group_by and not groups:
        groups[()] = []
    keyed: list[tuple[list[Any], list[Any]]] = []
    for rows in groups.values():
        values = [_group_value(output, rows) for output in outputs]
        keyed.append((values[len(items) :], values[: len(items)]))
    return _sorted(keyed, [descending for _, descending in order])


def _group_value(output: _Output, rows: list[Any]) -> Any:
    if output.fold is None:
        return output.column.read(rows[0] if rows else None)
    return output.fold(output.column.read(row) for row in rows)


def _sorted(keyed: list[tuple[list[Any], list[Any]]], descending: list[bool]) -> Iterator[list[Any]]:
    """By the keys, the last one first, since sorting keeps the order of equals; missing values come last."""
    for place in range(len(descending) - 1, -1, -1):
        present = [pair for pair in keyed if pair[0][place] is not None]
        missing = [pair for pair in keyed if pair[0][place] is None]
        present.sort(key=lambda pair: pair[0][place], reverse=descending[place])
        keyed = [*present, *missing]
    return (row for _, row in keyed)


def _count(values: Iterable[Any]) -> int:
    return sum(1 for value in values if value is not None)


def _count_distinct(values: Iterable[Any]) -> int:
    return len(set(values) - {None})


def _present(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _smallest(values: Iterable[Any]) -> Any:
    return min(_present(values), default=None)


def _largest(values: Iterable[Any]) -> Any:
    return max(_present(values), default=None)


def _sum(values: Iterable[Any]) -> Any:
    found = _present(values)
    return float(sum(found)) if found else None


def _mean(values: Iterable[Any]) -> Any:
    found = _present(values)
    return sum(found) / len(found) if found else None


# --- text ------------------------------------------------------------------------------------------------------


def _name(expr: Expr) -> str:
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


def _printed(query: Select, limit: int, offset: int) -> str:
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
