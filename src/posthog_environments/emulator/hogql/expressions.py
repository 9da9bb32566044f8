"""Expressions: from syntax trees to typed nodes, in the scope of one SELECT."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, TypeGuard

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.comparing import compare, member
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.times import interval_of, interval_unit, shifted
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Column,
    Expr,
    Literal,
    Logic,
    Missing,
    Property,
    Query,
    Select,
    Source,
    Subquery,
    Table,
)
from posthog_environments.emulator.hogql.refused import refuse_expression
from posthog_environments.emulator.hogql.schema import TABLES
from posthog_environments.emulator.hogql.scopes import Cte, Scope, follow, tuple_item
from posthog_environments.emulator.hogql.syntax import Tree
from posthog_environments.emulator.hogql.types import (
    BOOL,
    FLOAT64,
    INT64,
    NOTHING,
    STRING,
    UINT8,
    Type,
    arithmetic,
    difference,
    illegal_types,
    named_type,
    tuple_of,
    type_of_constant,
)
from posthog_environments.emulator.query_engine import EngineName

COMPARISONS: Final = {
    "==": "=",
    "!=": "!=",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "like": "like",
    "ilike": "ilike",
    "not like": "not_like",
    "not ilike": "not_ilike",
    "=~": "match",
    "=~*": "imatch",
    "!~": "not_match",
    "!~*": "not_imatch",
    "in": "in",
    "not in": "not_in",
    "global in": "in",
    "global not in": "not_in",
}
ARITHMETIC: Final = {"+": "plus", "-": "minus", "*": "multiply", "/": "divide", "%": "modulo"}
_CASTS: Final = {
    "String": "toString",
    "Bool": "toBool",
    "Date": "toDate",
    "DateTime": "toDateTime",
    "DateTime64": "toDateTime",
    "UUID": "toUUID",
    "Float64": "toFloat",
}
_WORDS: Final = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


class ExpressionResolver(ABC):
    """Resolves expressions; see `QueryResolver` for the whole."""

    def __init__(self, dataset: Dataset, now: datetime, engine: EngineName) -> None:
        self.dataset = dataset
        self.now = now
        self.engine = engine
        self._names = 0

    @abstractmethod
    def query(self, tree: Tree, ctes: dict[str, Cte]) -> Query:
        """Resolve a sub-query."""

    @abstractmethod
    def call(self, tree: Tree, scope: Scope) -> Expr:
        """Resolve a function call."""

    @abstractmethod
    def known_call(self, name: str, args: tuple[Expr, ...]) -> Expr:
        """A call of a function over resolved arguments."""

    @abstractmethod
    def window(self, tree: Tree, scope: Scope) -> Expr:
        """Resolve a call before OVER."""

    def new_name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"

    def expr(self, tree: Tree, scope: Scope) -> Expr:
        """Resolve an expression.

        Raises:
            HogQLError: It has no meaning; at its place in the query.
        """
        try:
            return self._expr(tree, scope)
        except HogQLError as error:
            raise error.at(tree) from None

    def _expr(self, tree: Tree, scope: Scope) -> Expr:
        match tree["node"]:
            case "Constant":
                return self.constant(tree)
            case "Field":
                return self.field(tree["chain"], scope)
            case "Alias":
                return self._alias(tree, scope)
            case "Call":
                return self.call(tree, scope)
            case "WindowFunction":
                return self.window(tree, scope)
            case "ArithmeticOperation":
                left, right = self.expr(tree["left"], scope), self.expr(tree["right"], scope)
                return self.arithmetic(tree["op"], left, right)
            case "CompareOperation":
                return self._comparison(tree, scope)
            case "BetweenExpr":
                return self._between(tree, scope)
            case "And" | "Or":
                members = [self.condition(item, scope) for item in tree["exprs"]]
                return logic(tree["node"].lower(), members)
            case "Not":
                return logic("not", [self.condition(tree["expr"], scope)])
            case "Array":
                items = tuple(self.expr(item, scope) for item in tree["exprs"])
                return self.known_call("array", items)
            case "Tuple":
                items = tuple(self.expr(item, scope) for item in tree["exprs"])
                return Call(tuple_of(item.type for item in items), "tuple", items)
            case "TupleAccess":
                return self._tuple_access(tree, scope)
            case "ArrayAccess":
                return self._array_access(tree, scope)
            case "TypeCast":
                return self._cast(tree, scope)
            case "Dict":
                return self._dict(tree, scope)
            case "SelectQuery" | "SelectSetQuery":
                return self._scalar(tree, scope)
            case "IsDistinctFrom":
                left, right = self.expr(tree["left"], scope), self.expr(tree["right"], scope)
                return compare("=" if tree["negated"] else "!=", left, right)
            case "Placeholder":
                raise HogQLUnsupported("The emulator does not compute expressions in placeholders.")
            case other:
                refuse_expression(tree)
                raise HogQLUnsupported(f"The emulator does not support {other} here.")

    def _dict(self, tree: Tree, scope: Scope) -> Expr:
        """`{'a': 1}`, which PostHog writes as a tuple with two marks before it."""
        marks = (Literal(STRING, "__hx_tag"), Literal(STRING, "__hx_obj"))
        items = (*marks, *(self.expr(part, scope) for item in tree["items"] for part in item))
        return Call(tuple_of(item.type for item in items), "tuple", items)

    # --- names and constants -------------------------------------------------------------------------------

    def constant(self, tree: Tree) -> Literal:
        value: Any = tree.get("value")
        if tree.get("value_type") == "number":
            if value in _WORDS:
                return Literal(FLOAT64, _WORDS[value])
            value = int(value) if len(value) < 80 else float(value)
        return Literal(type_of_constant(value), value)

    def field(self, chain: list[str | int], scope: Scope) -> Expr:
        found = scope.find(chain)
        if found is not None:
            return found
        name = str(chain[0])
        cte = scope.ctes.get(name)
        if cte is not None and not cte.query:
            inner = scope.inner(ctes=cte.ctes, aliases={})
            return follow(self.expr(cte.tree, inner), name, chain[1:])
        unknown = str(chain[1]) if name in scope.entries and len(chain) > 1 else name
        detail = f"Unable to resolve field: {unknown}"
        near = scope.nearest(unknown)
        raise HogQLError(f"{detail}. Perhaps you meant '{near}'?" if near else detail)

    def _alias(self, tree: Tree, scope: Scope) -> Expr:
        found = self.expr(tree["expr"], scope)
        if tree["alias"] in scope.aliases and scope.aliases[tree["alias"]] != found:
            raise HogQLError(f"Cannot redefine an alias with the name: {tree['alias']}")
        scope.aliases[tree["alias"]] = found
        return found

    # --- operators -----------------------------------------------------------------------------------------

    def condition(self, tree: Tree, scope: Scope) -> Expr:
        """An expression that is true or false.

        Raises:
            HogQLError: It is neither.
        """
        found = self.expr(tree, scope)
        if not found.type.numeric and found.type.family != "null":
            raise HogQLError(
                f"Illegal type {found.type} of a condition; must be UInt8 or Bool",
                "illegal_type_of_column_for_filter",
            ).at(tree)
        return found

    def arithmetic(self, op: str, left: Expr, right: Expr) -> Expr:
        name = ARITHMETIC[op]
        if op == "+" and _several_intervals(left):
            left, right = right, left
        if op in "+-" and left.type.family == "time" and _several_intervals(right):
            return self._moved_by_each(op, left, right)
        families = left.type.family, right.type.family
        if "null" in families:
            return Literal(NOTHING, None)
        if "time" in families and op in "+-" and families != ("time", "time"):
            return self._moved(name, left, right)
        if families == ("time", "time") and op == "-":
            kind = difference(left.type, right.type)
            return Call(kind.null(left.type.nullable or right.type.nullable), "minus", (left, right))
        if "time" in families:
            raise illegal_types(left.type, right.type, name)
        if "interval" in families:
            raise HogQLUnsupported("The emulator adds intervals to dates and times only.")
        for side in (left, right):
            if not side.type.numeric and side.type.family != "null":
                raise illegal_types(left.type, right.type, name)
        self.refuse_decimals(name, (left.type, right.type))
        return Call(arithmetic(op, left.type, right.type), name, (left, right))

    def refuse_decimals(self, name: str, types: Iterable[Type]) -> None:
        """Refuse to compute with differences of times on DuckDB, which rounds in another way than ClickHouse.

        Raises:
            HogQLUnsupported: One of them is one.
        """
        if self.engine == "duckdb" and any(kind.base == "Decimal" for kind in types):
            raise HogQLUnsupported(
                f"The emulator on DuckDB does not compute {name}() of decimals: use toFloat() first, or chDB."
            )

    def _moved_by_each(self, op: str, moment: Expr, intervals: Call) -> Expr:
        """Years first, then months, and so on to seconds."""
        for kind, count in zip(intervals.type.args, intervals.args, strict=True):
            interval = Call(kind.null(count.type.nullable), f"to{kind.base}", (count,))
            moment = self.arithmetic(op, moment, interval)
        return moment

    def _moved(self, name: str, left: Expr, right: Expr) -> Expr:
        if right.type.family == "time":
            if name == "minus":
                raise HogQLError("Cannot subtract a time from a number", "illegal_type_of_argument")
            left, right = right, left
        if right.type.numeric:
            # Plain numbers are days of a date and seconds of a time.
            unit = "Day" if left.type.base == "Date" else "Second"
            right = Call(interval_of(unit).null(right.type.nullable), f"toInterval{unit}", (right,))
        if right.type.base == "Tuple":
            raise HogQLUnsupported(
                "The emulator adds several intervals only where make_interval() is called."
            )
        if right.type.family != "interval":
            raise illegal_types(left.type, right.type, name)
        kind = shifted(left.type, interval_unit(right.type))
        return Call(kind.null(left.type.nullable or right.type.nullable), name, (left, right))

    def _comparison(self, tree: Tree, scope: Scope) -> Expr:
        op: str = tree["op"]
        left = self.expr(tree["left"], scope)
        if op.endswith("cohort"):
            return self._in_cohort(left, tree["right"], negated=op.startswith("not"))
        known = COMPARISONS.get(op)
        if known is None:
            raise HogQLUnsupported(f"The emulator does not support the operator {op}.")
        if known in ("in", "not_in"):
            return self.membership(known, left, tree["right"], scope)
        return compare(known, left, self.expr(tree["right"], scope))

    def membership(self, op: str, left: Expr, tree: Tree, scope: Scope) -> Expr:
        if tree["node"] in ("SelectQuery", "SelectSetQuery"):
            query = self.query(tree, scope.ctes)
            return member(op, left, Subquery(query.columns[0][1].type, query, "set"))
        name = tree["chain"][0] if tree["node"] == "Field" and len(tree["chain"]) == 1 else None
        cte = scope.ctes.get(str(name)) if name is not None and scope.find([name]) is None else None
        if cte is not None and cte.query:
            query = self.query(cte.tree, cte.ctes)
            return member(op, left, Subquery(query.columns[0][1].type, query, "set"))
        right = self.expr(tree, scope)
        if isinstance(right, Call) and right.name in ("tuple", "array"):
            items = right.args
            single = left.type.base == "Tuple" and items and items[0].type.base != "Tuple"
            if single and right.name == "tuple":
                right = Call(tuple_of([right.type]), "tuple", (right,))
        elif isinstance(right, Literal):
            right = Call(tuple_of([right.type]), "tuple", (right,))
        else:
            raise HogQLUnsupported("The emulator supports IN only with constants and with a sub-query.").at(
                tree
            )
        return member(op, left, right)

    def _in_cohort(self, left: Expr, tree: Tree, *, negated: bool) -> Expr:
        wanted: Any = tree.get("value")
        for cohort in self.dataset.cohorts.rows:
            if wanted in (cohort.id, cohort.name) and not isinstance(wanted, bool):
                break
        else:
            if isinstance(wanted, str):
                raise HogQLError(f"Could not find a cohort with the name: {wanted}").at(tree)
            raise HogQLError(f"Could not find cohort with ID {wanted}").at(tree)
        source = self.new_name("t")
        columns = TABLES["cohort_people"].columns
        person = Column(columns["person_id"], source, "person_id")
        number = Column(columns["cohort_id"], source, "cohort_id")
        query = Select(
            columns=(("person_id", person),),
            sources=(Source(source, Table("cohort_people")),),
            where=compare("=", number, Literal(INT64, cohort.id)),
        )
        return member("not_in" if negated else "in", left, Subquery(person.type, query, "set"))

    def _between(self, tree: Tree, scope: Scope) -> Expr:
        value = self.expr(tree["expr"], scope)
        low, high = self.expr(tree["low"], scope), self.expr(tree["high"], scope)
        # Where a side is missing, PostHog has it neither inside nor outside.
        if tree["negated"]:
            return logic("or", [compare("<", value, low), compare(">", value, high)])
        return logic("and", [compare(">=", value, low), compare("<=", value, high)])

    # --- members and casts ---------------------------------------------------------------------------------

    def _tuple_access(self, tree: Tree, scope: Scope) -> Expr:
        if tree["index"] == 0:
            raise HogQLError("SQL indexes start from one, not from zero. E.g: array.1")
        value = self.expr(tree["tuple"], scope)
        if value.type.base == "Tuple":
            return tuple_item(value, tree["index"])
        return follow(value, "tuple", [tree["index"]])

    def _array_access(self, tree: Tree, scope: Scope) -> Expr:
        value = self.expr(tree["array"], scope)
        key = self.expr(tree["property"], scope)
        if isinstance(key, Literal) and key.value == 0 and not isinstance(key.value, bool):
            raise HogQLError("SQL indexes start from one, not from zero. E.g: array[1]")
        if value.type.json or isinstance(value, Property):
            if not isinstance(key, Literal) or not isinstance(key.value, (str, int)):
                raise HogQLUnsupported("The emulator reads properties only under constant names.")
            return follow(value, "properties", [key.value])
        if value.type.base == "Tuple" and isinstance(key, Literal) and isinstance(key.value, int):
            return tuple_item(value, key.value)
        if value.type.base == "Map":
            _check_key(value.type, key.type)
            if key.type == NOTHING:
                return Literal(NOTHING, None)
            return Call(value.type.args[1], "arrayElement", (value, key))
        return self.known_call("arrayElement", (value, key))

    def _cast(self, tree: Tree, scope: Scope) -> Expr:
        value = self.expr(tree["expr"], scope)
        kind = named_type(str(tree["type_name"]))
        if kind is None:
            raise HogQLError(f"Unsupported type cast to {tree['type_name']}")
        if kind.base in ("DateTime64", "DateTime") and value.type.base == "Date":
            return self.known_call("toDateTime", (value,))
        if kind.base in _CASTS:
            return self.known_call(_CASTS[kind.base], (value,))
        return self.known_call("toInt", (value,))

    def _scalar(self, tree: Tree, scope: Scope) -> Expr:
        query = self.query(tree, scope.ctes)
        if len(query.columns) != 1:
            raise HogQLUnsupported("The emulator supports a query as a value only with one column.")
        return Subquery(query.columns[0][1].type.null(), query, "scalar")

    def missing(self, value: Expr, *, negated: bool) -> Expr:
        return Missing(UINT8, value, negated)


def _several_intervals(value: Expr) -> TypeGuard[Call]:
    return isinstance(value, Call) and value.name == "make_interval"


def logic(op: str, members: list[Expr]) -> Expr:
    # ClickHouse takes Nullable(Bool) for a number here, but not in `not`.
    told = any(item.type.base == "Bool" and (op == "not" or not item.type.nullable) for item in members)
    kind = BOOL if told else UINT8
    return Logic(kind.null(any(item.type.nullable for item in members)), op, tuple(members))


def _check_key(whole: Type, key: Type) -> None:
    """Refuse what can be no key of a map.

    Raises:
        HogQLError: In ClickHouse's words.
    """
    kept = whole.args[0]
    if key == NOTHING or (kept.integral and key.integral) or kept.family == key.family != "number":
        return
    detail = f"Illegal types of arguments: {whole}, {key} for function arrayElement"
    raise HogQLError(detail, "illegal_type_of_argument")
