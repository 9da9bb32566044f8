"""Turns the expressions of a query into columns of its table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, cast

from attrs import define

from posthog_environments.emulator.clock import to_micros
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.events import Event
from posthog_environments.emulator.hogql.columns import (
    EVENT_COLUMNS,
    PERSON_ID,
    Column,
    Read,
    constant,
    person_field,
    property_column,
)
from posthog_environments.emulator.hogql.comparisons import (
    OPERATIONS,
    alike,
    both,
    like_pattern,
    matches,
    truth,
)
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.folds import count, count_distinct, largest, mean, smallest, total
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Compare,
    Constant,
    Expr,
    Field,
    Logic,
    Select,
    Shift,
    Star,
)
from posthog_environments.emulator.hogql.text import column_name
from posthog_environments.emulator.json_types import is_array

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
class Output:
    """One column of the result. `fold` is set for aggregates: from the column's values to one."""

    name: str
    expr: Expr
    column: Column
    fold: Callable[[Iterable[Any]], Any] | None = None


class Compiler:
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

    def items(self) -> list[Output]:
        outputs: list[Output] = []
        for item in self.query.items:
            if isinstance(item.expr, Star):
                if self.query.table is None:
                    raise HogQLError("Cannot use a star without a table")
                names = _STARS[self.query.table]
                outputs += [Output(name, Field((name,)), self.column(Field((name,)))) for name in names]
            else:
                outputs.append(self.output(item.expr, item.alias or column_name(item.expr)))
        return outputs

    def order(self, items: list[Output]) -> list[tuple[Output, bool]]:
        """What to order by, and whether descending; numbers and aliases mean selected columns."""
        return [(self._selected(item.expr, items), item.descending) for item in self.query.order_by]

    def group(self, items: list[Output]) -> list[Output]:
        return [self._selected(expr, items) for expr in self.query.group_by]

    def _selected(self, expr: Expr, items: list[Output]) -> Output:
        if isinstance(expr, Constant) and isinstance(expr.value, int):
            if not 1 <= expr.value <= len(items):
                raise HogQLError(f"There is no column {expr.value}.")
            return items[expr.value - 1]
        for item in items:
            if item.expr == expr or (isinstance(expr, Field) and expr.chain == (item.name,)):
                return item
        return self.output(expr, column_name(expr))

    def output(self, expr: Expr, name: str) -> Output:
        if isinstance(expr, Call) and expr.name.lower() in _AGGREGATES:
            return self._aggregate(expr, name)
        return Output(name, expr, self.column(expr))

    def _aggregate(self, call: Call, name: str) -> Output:
        function = call.name.lower()
        if function == "count":
            if len(call.args) > 1:
                raise HogQLError(f"Aggregation 'count' expects at most 1 argument, found {len(call.args)}")
            source = self.column(call.args[0]) if call.args else constant(1)
            fold = count_distinct if call.distinct else count
            return Output(name, call, Column("UInt64", "number", source.read), fold)
        if len(call.args) != 1 or call.distinct:
            raise HogQLError(f"Aggregation '{function}' expects 1 argument, found {len(call.args)}")
        source = self.column(call.args[0])
        if function in ("min", "max"):
            fold = smallest if function == "min" else largest
            return Output(name, call, source, fold)
        if source.kind != "number":
            detail = f"Illegal type {source.type} of argument for aggregate function {function}"
            raise HogQLError(detail, "illegal_type_of_argument")
        kind = "Nullable(Float64)" if source.nullable else "Float64"
        return Output(
            name, call, Column(kind, "number", source.read, True), total if function == "sum" else mean
        )

    # expressions

    def column(self, expr: Expr) -> Column:
        if isinstance(expr, Constant):
            return constant(expr.value)
        if isinstance(expr, Field):
            return self._field(expr)
        if isinstance(expr, Shift):
            base = self.column(expr.base)
            if base.kind != "datetime":
                raise HogQLUnsupported("The emulator adds intervals to times only.")
            micros = expr.sign * expr.amount * 1_000_000
            return Column(base.type, "datetime", lambda row: base.read(row) + micros, False, base.constant)
        if isinstance(expr, Compare):
            return self._compare(expr)
        if isinstance(expr, Logic):
            return self._logic(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        raise HogQLUnsupported("The emulator supports * only as a column of its own.")

    def _call(self, call: Call) -> Column:
        name = call.name.lower()
        if name == "now" and not call.args:
            return Column("DateTime64(6, 'UTC')", "datetime", lambda row: self.now, False, True)
        if name in _AGGREGATES:
            raise HogQLUnsupported(f"The emulator supports {name}(…) only as a column of its own.")
        raise HogQLUnsupported(f"The emulator does not support the function {call.name}(…).")

    def _logic(self, logic: Logic) -> Column:
        tests = [self.column(member).read for member in logic.members]
        if logic.operator == "not":
            return Column("UInt8", "bool", lambda row: not tests[0](row))
        join = any if logic.operator == "or" else all
        return Column("UInt8", "bool", lambda row: join(test(row) for test in tests))

    # fields

    def _field(self, field: Field) -> Column:
        chain = field.chain
        if len(chain) > 1 and chain[0] in self.query.aliases:
            chain = chain[1:]
        column = None
        if self.query.table == "events":
            column = self._event_field(chain)
        elif self.query.table == "persons":
            column = person_field(chain)
        if column is None:
            raise HogQLError(f"Unable to resolve field: {'.'.join(field.chain)}")
        return column

    def _event_field(self, chain: tuple[str, ...]) -> Column | None:
        head, rest = chain[0], chain[1:]
        if head == "person" and rest:
            inner = person_field(rest)
            if inner is None:
                return None
            nullable = inner.type if inner.nullable else f"Nullable({inner.type})"
            return Column(nullable, inner.kind, lambda row: self._of_person(row, inner.read), True)
        if head == "properties":
            return property_column(rest, lambda row: cast(Event, row).properties)
        if rest:
            return None
        if head == "person_id":
            return Column("UUID", "string", lambda row: self._of_person(row, PERSON_ID.read), True)
        return EVENT_COLUMNS.get(head)

    def _of_person(self, event: Event, read: Read) -> Any:
        if event.person is None or not self.dataset.persons.alive(event.person):
            return None
        return read(self.dataset.persons.get(event.person))

    # comparisons

    def _compare(self, compare: Compare) -> Column:
        left = self.column(compare.left)
        if compare.operator == "is null" or (compare.operator == "=" and compare.right == Constant(None)):
            return truth(lambda row: left.read(row) is None, compare.negated)
        if compare.operator == "in":
            return self._in(left, compare)
        right = self.column(compare.right)
        left, right = alike(left, right), alike(right, left)
        test = OPERATIONS[compare.operator]
        if compare.operator in ("like", "ilike"):
            if left.kind != "string" or not isinstance(compare.right, Constant):
                raise HogQLUnsupported("The emulator supports LIKE only between a text and a constant.")
            pattern = like_pattern(
                str(compare.right.value), re.IGNORECASE if compare.operator == "ilike" else 0
            )
            return truth(lambda row: matches(pattern, left.read(row)), compare.negated)
        return truth(lambda row: both(test, left.read(row), right.read(row)), compare.negated)

    def _in(self, left: Column, compare: Compare) -> Column:
        wanted: Any = cast(Constant, compare.right).value
        if not is_array(wanted):
            raise HogQLUnsupported("The emulator supports IN only with a list of constants.")
        members = {alike(constant(item), left).read(None) for item in wanted}
        return truth(lambda row: left.read(row) in members - {None}, compare.negated)
