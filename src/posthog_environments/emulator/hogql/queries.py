"""Queries: from syntax trees to what the printers take."""

from __future__ import annotations

from typing import Any, Final

from attrs import evolve

from posthog_environments.emulator.hogql.calls import CallResolver
from posthog_environments.emulator.hogql.comparing import compare
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.expressions import logic
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Column,
    Compare,
    Expr,
    Fill,
    LimitBy,
    Literal,
    Logic,
    Order,
    Query,
    Select,
    SelectSet,
    Source,
    Subquery,
    Table,
    Unfold,
    Window,
    children,
    walk,
)
from posthog_environments.emulator.hogql.refused import refuse_select, refuse_source
from posthog_environments.emulator.hogql.sampling import sampled
from posthog_environments.emulator.hogql.schema import OTHER_TABLES, RENAMED_TABLES, TABLES
from posthog_environments.emulator.hogql.scopes import Cte, Entry, Scope
from posthog_environments.emulator.hogql.sets import combined, operator_of
from posthog_environments.emulator.hogql.syntax import Tree, items_of
from posthog_environments.emulator.hogql.text import column_name

_JOINS: Final = {
    "JOIN": "INNER JOIN",
    "INNER JOIN": "INNER JOIN",
    "LEFT JOIN": "LEFT JOIN",
    "LEFT OUTER JOIN": "LEFT JOIN",
    "RIGHT JOIN": "RIGHT JOIN",
    "RIGHT OUTER JOIN": "RIGHT JOIN",
    "FULL JOIN": "FULL JOIN",
    "FULL OUTER JOIN": "FULL JOIN",
    "CROSS JOIN": "CROSS JOIN",
    "LEFT SEMI JOIN": "SEMI JOIN",
    "LEFT ANTI JOIN": "ANTI JOIN",
    "ASOF INNER JOIN": "ASOF JOIN",
    "ASOF JOIN": "ASOF JOIN",
    "LEFT ASOF JOIN": "ASOF LEFT JOIN",
}
# Which of several matches is joined is not said, or which columns are left is the other way round.
_ON_CHDB: Final = {
    "LEFT ANY JOIN": "LEFT ANY JOIN",
    "RIGHT ANY JOIN": "RIGHT ANY JOIN",
    "ANY INNER JOIN": "ANY INNER JOIN",
    "ANY JOIN": "ANY INNER JOIN",
}
_INEQUALITIES: Final = frozenset({"<", "<=", ">", ">="})
_GROUP_MODES: Final = {"rollup": "rollup", "cube": "cube", "grouping_sets": "sets"}
_MOST_NUMBERS: Final = 10_000_000


class QueryResolver(CallResolver):
    """Resolves a whole query."""

    def query(self, tree: Tree, ctes: dict[str, Cte] | None = None) -> Query:
        try:
            if tree["node"] == "SelectSetQuery":
                return self._set(tree, ctes or {})
            if tree["node"] == "SelectQuery":
                return self._select(tree, ctes or {})
            raise HogQLUnsupported(f"The emulator does not support {tree['node']} as a query.")
        except HogQLError as error:
            raise error.at(tree) from None

    # --- sets ----------------------------------------------------------------------------------------------

    def _set(self, tree: Tree, ctes: dict[str, Cte]) -> SelectSet:
        first = tree["initial_select_query"]
        ctes = self._ctes(tree, ctes)
        if first["node"] == "SelectQuery":
            # Names of the first query are in sight of all that follow.
            ctes = self._ctes(first, ctes)
        members, operators = [self.query(first, ctes)], list[str]()
        for item in tree["subsequent_select_queries"]:
            operators.append(operator_of(item))
            members.append(self.query(item["select_query"], ctes))
        if len({len(member.columns) for member in members}) > 1:
            raise HogQLError(
                "UNION different number of columns in queries", "union_all_result_structures_mismatch"
            )
        if tree.get("order_by") or tree.get("limit_by"):
            raise HogQLUnsupported(
                "The emulator does not support ORDER BY after a set of queries; wrap it in a query."
            )
        return evolve(
            combined(members, operators),
            limit=self._number(tree.get("limit"), "LIMIT"),
            offset=self._number(tree.get("offset"), "OFFSET"),
        )

    # --- one SELECT ----------------------------------------------------------------------------------------

    def _select(self, tree: Tree, outer: dict[str, Cte]) -> Select:
        refuse_select(tree)
        if tree.get("interpolate") is not None:
            raise HogQLUnsupported("The emulator does not support INTERPOLATE.")
        scope = Scope(self._ctes(tree, outer), windows=tree.get("window_exprs") or {})
        sources = self._sources(tree.get("select_from"), scope)
        self._unfolded(tree, scope)
        columns = self._columns(tree["select"], scope)
        conditions = [self.condition(tree[name], scope) for name in ("prewhere", "where") if tree.get(name)]
        where = logic("and", conditions) if len(conditions) > 1 else conditions[0] if conditions else None
        if where is not None and any(isinstance(node, Call) and node.aggregate for node in walk(where)):
            raise HogQLError("Aggregate function is found in WHERE", "illegal_aggregation").at(
                tree.get("where") or tree["prewhere"]
            )
        group_by, group_sets = self._group_by(tree, columns, scope)
        having = self.condition(tree["having"], scope) if tree.get("having") else None
        if having is not None:
            _refuse_windows(having, "HAVING")
        order_by = self._order_by(items_of(tree, "order_by"), columns, scope)
        limit_by = self._limit_by(tree.get("limit_by"), columns, scope)
        select = Select(
            columns=tuple(columns),
            sources=tuple(self._with_joins(source, scope) for source in sources),
            unfolds=tuple(scope.unfolds),
            distinct=bool(tree.get("distinct")),
            where=where,
            group_by=group_by,
            group_mode=_GROUP_MODES.get(str(tree.get("group_by_mode")), ""),
            group_sets=group_sets,
            having=having,
            order_by=order_by,
            limit_by=limit_by,
            limit=self._number(tree.get("limit"), "LIMIT"),
            offset=self._number(tree.get("offset"), "OFFSET"),
            ties=bool(tree.get("limit_with_ties")),
        )
        _check_ties(select)
        self._check_grouping(select, tree)
        return select

    def _ctes(self, tree: Tree, outer: dict[str, Cte]) -> dict[str, Cte]:
        known = dict(outer)
        for item in items_of(tree, "ctes"):
            if item.get("recursive"):
                raise HogQLUnsupported("The emulator does not support WITH RECURSIVE.").at(item)
            if item.get("columns"):
                raise HogQLUnsupported("The emulator does not support columns of a WITH name.").at(item)
            known[item["name"]] = Cte(item["expr"], item["cte_type"] == "subquery", dict(known))
        return known

    def _columns(self, trees: list[Tree], scope: Scope) -> list[tuple[str, Expr]]:
        columns: list[tuple[str, Expr]] = []
        for tree in trees:
            chain: list[Any] = tree.get("chain") or []
            if tree["node"] == "Field" and chain[-1] == "*":
                columns += self._star(tree, chain, scope)
            elif tree["node"] == "ColumnsExpr":
                raise HogQLUnsupported("The emulator does not support COLUMNS().").at(tree)
            else:
                columns.append((column_name(tree), self.expr(tree, scope)))
        return columns

    @staticmethod
    def _star(tree: Tree, chain: list[Any], scope: Scope) -> list[tuple[str, Expr]]:
        if len(chain) == 1:
            if not scope.entries:
                raise HogQLError("Cannot use '*' when there are no tables in the query").at(tree)
            if len(scope.entries) > 1:
                detail = "Cannot use '*' without table name when there are multiple tables in the query"
                raise HogQLError(detail).at(tree)
            return [column for entry in scope.entries.values() for column in entry.star()]
        if len(chain) > 2 or chain[0] not in scope.entries:
            raise HogQLError(f"Unable to resolve field: {chain[0]}").at(tree)
        return scope.entries[chain[0]].star()

    # --- where rows come from ------------------------------------------------------------------------------

    def _sources(self, tree: Tree | None, scope: Scope) -> list[Source]:
        sources: list[Source] = []
        while tree:
            try:
                sources.append(self._source(tree, scope, first=not sources))
            except HogQLError as error:
                raise error.at(tree["table"]) from None
            tree = tree.get("next_join")
        return sources

    def _source(self, tree: Tree, scope: Scope, *, first: bool) -> Source:
        if tree.get("column_aliases"):
            raise HogQLUnsupported("The emulator does not support names of columns after a table.")
        refuse_source(tree)
        join = "" if first else self._join(str(tree.get("join_type") or ""))
        name = self.new_name("t")
        rows, entry, alias = self._rows(tree, name, scope)
        alias = tree.get("alias") or alias or name
        if alias in scope.entries:
            again = "redefine" if isinstance(rows, Table) else "join another one with the same name"
            raise HogQLError(f'Already have joined a table called "{alias}". Can\'t {again}.')
        before = list(scope.entries.values())
        if join not in ("SEMI JOIN", "ANTI JOIN"):
            scope.entries[alias] = entry
        condition = self._condition_of(tree, {**scope.entries, alias: entry}, entry, before, scope)
        if condition is None and join not in ("", "CROSS JOIN"):
            raise HogQLUnsupported(f"The emulator does not support {join} without ON or USING.")
        if "ASOF" in join and condition is not None:
            _check_asof(condition)
        elif join not in ("", "INNER JOIN", "CROSS JOIN") and condition is not None:
            _check_keys(condition, name)
        if "LEFT" in join or join == "FULL JOIN":
            entry.outer = True
        if "RIGHT" in join or join == "FULL JOIN":
            for other in before:
                other.outer = True
        return Source(name, rows, join, condition)

    def _join(self, written: str) -> str:
        if written in _ON_CHDB:
            if self.engine == "duckdb":
                raise HogQLUnsupported(f"The emulator on DuckDB does not support {written}; chDB does.")
            return _ON_CHDB[written]
        if written not in _JOINS:
            raise HogQLUnsupported(f"The emulator does not support {written}.")
        return _JOINS[written]

    def _condition_of(
        self, tree: Tree, entries: dict[str, Entry], entry: Entry, before: list[Entry], scope: Scope
    ) -> Expr | None:
        constraint = tree.get("constraint")
        if not constraint:
            return None
        if constraint["constraint_type"] == "ON":
            return _bare(self.condition(constraint["expr"], scope.inner(entries=entries)))
        shared = constraint["expr"]
        pairs: list[Expr] = []
        for field in shared["exprs"] if shared["node"] == "Tuple" else [shared]:
            chain: list[Any] = field.get("chain") or [""]
            right = entry.find(chain) if entry.has(str(chain[0])) else None
            left = next((other.find(chain) for other in before if other.has(str(chain[0]))), None)
            if left is None or right is None:
                raise HogQLError(f"Unable to resolve field: {chain[0]}").at(field)
            scope.shared.add(str(chain[0]))
            pairs.append(compare("=", left, right))
        return _bare(logic("and", pairs))

    def _rows(self, tree: Tree, name: str, scope: Scope) -> tuple[Table | Query, Entry, str]:
        """What is read, the columns that it has, and the alias that it has of itself."""
        table: Tree = tree["table"]
        if table["node"] in ("SelectQuery", "SelectSetQuery"):
            query = self.query(table, scope.ctes)
            return query, _entry_of(query, name), ""
        if table["node"] != "Field":
            raise HogQLUnsupported(f"The emulator does not support {table['node']} in FROM.")
        written = ".".join(map(str, table["chain"]))
        cte = scope.ctes.get(written)
        if cte is not None and cte.query:
            query = self.query(cte.tree, cte.ctes)
            return query, _entry_of(query, name), written
        known = RENAMED_TABLES.get(written, written)
        schema = TABLES.get(known)
        if schema is None:
            if written.split(".")[0] in OTHER_TABLES:
                raise HogQLUnsupported(f"The emulator has no table {written}.")
            raise HogQLError(f"Unknown table `{written}`.")
        rows = self._numbers(tree, scope) if known == "numbers" else Table(known, sample=sampled(tree, known))
        if known != "numbers" and tree.get("table_args") is not None:
            raise HogQLError(f"Table `{written}` takes no arguments")
        columns = {column: (column, kind) for column, kind in schema.columns.items()}
        if known == "events":
            # A type of groups has a name besides its number: `company.properties.plan` is `group_0.properties.plan`.
            types = {name: f"group_{index}" for index, name in enumerate(self.dataset.groups.types)}
            schema = evolve(schema, renamed={**types, **schema.renamed})
        return rows, Entry(name, columns, schema), written

    def _numbers(self, tree: Tree, scope: Scope) -> Table:
        values: list[int] = []
        for arg in items_of(tree, "table_args"):
            found = self.expr(arg, Scope(scope.ctes))
            if (
                not isinstance(found, Literal)
                or isinstance(found.value, bool)
                or not isinstance(found.value, int)
            ):
                raise HogQLUnsupported("The emulator supports numbers() only with constants.").at(arg)
            values.append(found.value)
        if not 1 <= len(values) <= 2 or min(values) < 0:
            raise HogQLError("Table function 'numbers' requires 1 or 2 arguments that are not negative")
        if values[-1] > _MOST_NUMBERS or max(values) > 2**62:
            raise HogQLUnsupported(f"The emulator counts to {_MOST_NUMBERS} only.")
        return Table("numbers", argument=values[-1], start=values[0] if len(values) == 2 else 0)

    def _unfolded(self, tree: Tree, scope: Scope) -> None:
        """ARRAY JOIN."""
        if not tree.get("array_join_list"):
            return
        operator = tree.get("array_join_op")
        if operator not in ("ARRAY JOIN", "INNER ARRAY JOIN", "LEFT ARRAY JOIN"):
            raise HogQLUnsupported(f"The emulator does not support {operator}.")
        name = self.new_name("u")
        arrays: list[tuple[str, Expr]] = []
        for place, item in enumerate(tree["array_join_list"]):
            if item["node"] != "Alias":
                raise HogQLError("ARRAY JOIN arrays must have an alias").at(item)
            array = self.expr(item["expr"], scope)
            if array.type.base != "Array":
                raise HogQLError("ARRAY JOIN requires array argument", "type_mismatch").at(item)
            arrays.append((f"c{place}", array))
            scope.names[item["alias"]] = Column(
                array.type.item, name, f"c{place}", operator.startswith("LEFT")
            )
        scope.unfolds.append(Unfold(name, tuple(arrays), operator.startswith("LEFT")))

    @staticmethod
    def _with_joins(source: Source, scope: Scope) -> Source:
        entry = next((entry for entry in scope.entries.values() if entry.source == source.name), None)
        if entry is None or not entry.joins or not isinstance(source.rows, Table):
            return source
        return evolve(source, rows=evolve(source.rows, joins=tuple(sorted(entry.joins))))

    # --- groups and order ----------------------------------------------------------------------------------

    def _group_by(
        self, tree: Tree, columns: list[tuple[str, Expr]], scope: Scope
    ) -> tuple[tuple[Expr, ...], tuple[tuple[Expr, ...], ...]]:
        """The keys, and the sets of GROUPING SETS."""
        if tree.get("group_by_mode") == "all":
            every = (expr for _, expr in columns if not _aggregates(expr) and not isinstance(expr, Literal))
            return tuple(every), ()
        items, sets = items_of(tree, "group_by"), list[tuple[Expr, ...]]()
        if tree.get("group_by_mode") == "grouping_sets":
            for item in items:
                sets.append(tuple(self._selected(key, columns, scope) for key in items_of(item, "exprs")))
            keys = tuple(dict.fromkeys(key for one in sets for key in one))
        else:
            # A key that is written twice is rolled up once.
            keys = tuple(dict.fromkeys(self._selected(item, columns, scope) for item in items))
        if any(_aggregates(key) for key in keys):
            raise HogQLError("Aggregate function is found in GROUP BY", "illegal_aggregation")
        for key in keys:
            _refuse_windows(key, "GROUP BY")
        return keys, tuple(sets)

    def _order_by(
        self, trees: list[Tree], columns: list[tuple[str, Expr]], scope: Scope
    ) -> tuple[Order, ...]:
        return tuple(
            Order(
                self._selected(tree["expr"], columns, scope),
                tree["order"] == "DESC",
                self._fill(tree.get("with_fill"), scope),
            )
            for tree in trees
        )

    def _fill(self, tree: Tree | None, scope: Scope) -> Fill | None:
        if not tree:
            return None
        if self.engine == "duckdb":
            raise HogQLUnsupported("The emulator on DuckDB does not support WITH FILL; chDB does.").at(tree)
        bounds = [tree.get(name) for name in ("from_value", "to_value", "step_value")]
        return Fill(*(self.expr(bound, scope) if bound else None for bound in bounds))

    def _selected(self, tree: Tree, columns: list[tuple[str, Expr]], scope: Scope) -> Expr:
        """A key; a number means a selected column."""
        value = tree.get("value") if tree["node"] == "Constant" else None
        if isinstance(value, bool) or not isinstance(value, int):
            return self.expr(tree, scope)
        if not 1 <= value <= len(columns):
            detail = f"Positional argument out of bounds: {value} (expected in range [1, {len(columns)}])"
            raise HogQLError(detail, "bad_arguments").at(tree)
        return columns[value - 1][1]

    def _limit_by(self, tree: Tree | None, columns: list[tuple[str, Expr]], scope: Scope) -> LimitBy | None:
        if not tree:
            return None
        count = self._number(tree["n"], "LIMIT")
        offset = self._number(tree.get("offset_value"), "OFFSET")
        keys = tuple(self._selected(item, columns, scope) for item in tree["exprs"])
        return LimitBy(count or 0, offset or 0, keys)

    @staticmethod
    def _number(tree: Tree | None, what: str) -> int | None:
        if tree is None:
            return None
        value = tree.get("value")
        if (
            tree["node"] == "Constant"
            and isinstance(value, int)
            and not isinstance(value, bool)
            and value >= 0
        ):
            return min(value, 2**62)
        raise HogQLError(
            f"{what} must be a constant whole number, not negative", "invalid_limit_expression"
        ).at(tree)

    @staticmethod
    def _check_grouping(select: Select, tree: Tree) -> None:
        """Refuse columns that are neither grouped by nor folded.

        Raises:
            HogQLError: In ClickHouse's words.
        """
        trees: list[Tree] = list(tree["select"])
        keyed = [(name, expr) for name, expr in select.columns]
        further = [order.expr for order in select.order_by] + ([select.having] if select.having else [])
        if not select.group_by and not any(_aggregates(expr) for expr in [*(e for _, e in keyed), *further]):
            return
        for place, expr in enumerate([*(expr for _, expr in keyed), *further]):
            loose = _loose(expr, select.group_by)
            if loose is not None:
                name = keyed[place][0] if place < len(keyed) else column_of(loose)
                raise HogQLError(
                    f"Column `{name}` is not under aggregate function and not in GROUP BY keys",
                    "not_an_aggregate",
                ).at(trees[place] if len(trees) == len(keyed) and place < len(keyed) else tree)


def _bare(expr: Expr) -> Expr:
    """A condition of a join: there PostHog has no rules for missing values, which never join."""
    if isinstance(expr, Logic):
        return logic(expr.op, [_bare(member) for member in expr.members])
    if isinstance(expr, Compare) and expr.on_null is not None:
        return evolve(expr, type=expr.type.null(), on_null=None)
    return expr


def _check_ties(select: Select) -> None:
    """Refuse WITH TIES where there are none, or where PostHog prints what ClickHouse cannot read.

    Raises:
        HogQLError: In ClickHouse's words.
    """
    if select.ties and not select.order_by:
        raise HogQLError("Can not use WITH TIES without ORDER BY", "with_ties_without_order_by")
    if select.ties and select.offset:
        raise HogQLError("Syntax error: OFFSET cannot stand after WITH TIES", "syntax_error")


def _check_asof(condition: Expr) -> None:
    """Refuse a condition that does not say what is nearest.

    Raises:
        HogQLError: In ClickHouse's words.
    """
    parts = condition.members if isinstance(condition, Logic) and condition.op == "and" else (condition,)
    operators = [part.op for part in parts if isinstance(part, Compare)]
    nearest = sum(op in _INEQUALITIES for op in operators)
    if nearest > 1:
        detail = "ASOF join does not support multiple inequality predicates in JOIN ON expression"
        raise HogQLError(detail, "invalid_join_on_expression")
    if nearest != 1 or "=" not in operators or len(operators) != len(parts):
        detail = "ASOF join requires equality predicates and one inequality predicate (<, <=, > or >=) in ON"
        raise HogQLError(detail, "invalid_join_on_expression")


def _check_keys(condition: Expr, right: str) -> None:
    """Refuse an outer join that nothing of both sides must be equal for.

    Raises:
        HogQLError: In ClickHouse's words.
    """
    if not _keyed(condition, right):
        detail = "Cannot determine join keys in JOIN ON expression: no column of one table must equal one of the other"
        raise HogQLError(detail, "invalid_join_on_expression")


def _keyed(condition: Expr, right: str) -> bool:
    sources = _sources_of(condition)
    if not sources:
        # A constant.
        return True
    if isinstance(condition, Logic) and condition.op in ("and", "or"):
        members = [_keyed(member, right) for member in condition.members if _sources_of(member)]
        return any(members) if condition.op == "and" else all(members)
    if not isinstance(condition, Compare) or condition.op != "=":
        return False
    sides = [_sources_of(side) for side in (condition.left, condition.right)]
    return (
        all(sides)
        and sum(side == {right} for side in sides) == 1
        and sum(right in side for side in sides) == 1
    )


def _sources_of(expr: Expr) -> set[str]:
    return {node.source for node in walk(expr) if isinstance(node, Column)}


def column_of(expr: Expr) -> str:
    return expr.name if isinstance(expr, Column) else "?"


def _entry_of(query: Query, name: str) -> Entry:
    columns = {column: (f"c{place}", expr.type) for place, (column, expr) in enumerate(query.columns)}
    return Entry(name, columns)


def _refuse_windows(expr: Expr, place: str) -> None:
    """Refuse windows where their rows are not there yet.

    Raises:
        HogQLError: In ClickHouse's words.
    """
    if any(isinstance(node, Window) for node in walk(expr)):
        raise HogQLError(f"Window function is found in {place} in query", "illegal_aggregation")


def _aggregates(expr: Expr) -> bool:
    """Whether an expression folds rows, other than in windows and sub-queries."""
    if isinstance(expr, Window):
        return any(
            _aggregates(part) for part in (*expr.call.args, *expr.partition, *(o.expr for o in expr.order))
        )
    if isinstance(expr, Call) and expr.aggregate:
        return True
    return any(_aggregates(child) for child in children(expr))


def _loose(expr: Expr, keys: tuple[Expr, ...]) -> Column | None:
    """A column outside of aggregates and keys."""
    if expr in keys or (isinstance(expr, Call) and expr.aggregate) or isinstance(expr, Subquery):
        return None
    if isinstance(expr, Window):
        parts = [*expr.call.args, *expr.partition, *(order.expr for order in expr.order)]
    elif isinstance(expr, Column):
        return expr
    else:
        parts = list(children(expr))
    return next((found for part in parts if (found := _loose(part, keys)) is not None), None)
