"""Which names mean what at one place of a query."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

from attrs import define, evolve, field

from posthog_environments.emulator.hogql.errors import HogQLError
from posthog_environments.emulator.hogql.nodes import Call, Column, Expr, Literal, Property, Unfold
from posthog_environments.emulator.hogql.schema import TABLES, TableSchema, property_type
from posthog_environments.emulator.hogql.syntax import Tree
from posthog_environments.emulator.hogql.types import INT64, STRING, Type

_NEAR: Final = 0.7


@define
class Entry:
    """A table or sub-query that a SELECT reads.

    Attributes:
        source: Its name in the printed query.
        columns: Names, as the query writes them, to names in the printed query and types.
        schema: Of a table of the emulator; None for sub-queries.
        joins: Lazy joins that were used.
        outer: Whether its row may be missing from an outer join.
    """

    source: str
    columns: Mapping[str, tuple[str, Type]]
    schema: TableSchema | None = None
    joins: set[str] = field(factory=set[str])
    outer: bool = False

    def has(self, name: str) -> bool:
        schema = self.schema
        return name in self.columns or (
            schema is not None and (name in schema.joins or name in schema.renamed or name in schema.derived)
        )

    def find(self, chain: list[str | int]) -> Expr | None:
        """The expression that a chain of names means; None when there is no such column."""
        name = str(chain[0])
        if self.schema is not None:
            name = self.schema.renamed.get(name, name)
        if name in self.columns:
            printed, kind = self.columns[name]
            return follow(Column(kind, self.source, printed, self.outer), name, chain[1:])
        if self.schema is not None and name in self.schema.derived:
            return follow(self.schema.derived[name](self._column), name, chain[1:])
        join = self.schema.joins.get(name) if self.schema is not None else None
        if join is None:
            return None
        if len(chain) == 1:
            raise HogQLError(f"Can't select a table when a column is expected: {name}")
        other = TABLES[join.table]
        column = str(chain[1])
        column = other.renamed.get(column, column)
        if column not in other.columns:
            raise HogQLError(f"Field not found: {column}")
        self.joins.add(name)
        found = Column(other.columns[column], self.source, f"{name}.{column}", self.outer)
        return follow(found, column, chain[2:])

    def star(self) -> list[tuple[str, Expr]]:
        """What `*` means."""
        columns: list[tuple[str, Expr]] = [(name, self._column(name)) for name in self.columns]
        if self.schema is not None:
            columns += [(name, derive(self._column)) for name, derive in self.schema.derived.items()]
        return columns

    def _column(self, name: str) -> Column:
        printed, kind = self.columns[name]
        return Column(kind, self.source, printed, self.outer)


# PostHog's classes of columns, which its messages name.
_FIELDS: Final = {
    "time": "DateTimeDatabaseField",
    "bool": "BooleanDatabaseField",
    "number": "IntegerDatabaseField",
    "array": "StringArrayDatabaseField",
}


def follow(found: Expr, name: str, rest: list[str | int]) -> Expr:
    """What stands behind an expression under further names: a property, or a member of a tuple.

    Raises:
        HogQLError: It has no such thing.
    """
    if not rest:
        return found
    if any(part == 0 for part in rest):
        raise HogQLError("SQL indexes start from one, not from zero. E.g: array[1]")
    if isinstance(found, Property):
        return Property(STRING.null(), found.base, (*found.path, *rest))
    if found.type.json:
        kind = property_type(str(rest[0])) if len(rest) == 1 else STRING.null()
        return Property(kind, found, tuple(rest))
    if found.type.base == "Tuple" and str(rest[0]).isdigit():
        return follow(tuple_item(found, int(rest[0])), name, rest[1:])
    field = _FIELDS.get(found.type.family, "StringDatabaseField")
    raise HogQLError(f'Can not access property "{rest[0]}" on field "{name}" of type: {field}')


def tuple_item(value: Expr, index: int) -> Expr:
    if not 1 <= index <= len(value.type.args):
        raise HogQLError(f"Tuple index {index} is out of bounds", "argument_out_of_bound")
    return Call(value.type.args[index - 1], "tupleElement", (value, Literal(INT64, index)))


@define
class Scope:
    """The names of one SELECT.

    Attributes:
        ctes: Named queries and expressions in sight.
        entries: What it reads, by alias.
        aliases: What was selected so far under a name.
        names: Parameters of lambdas in sight, and members of unfolded arrays.
        shared: Columns that a USING joined, which are not ambiguous.
        windows: Named windows.
        aggregate: The aggregate whose argument is being resolved.
        unfolds: Arrays that rows are multiplied by.
    """

    ctes: dict[str, Cte]
    entries: dict[str, Entry] = field(factory=dict[str, Entry])
    aliases: dict[str, Expr] = field(factory=dict[str, Expr])
    names: dict[str, Expr] = field(factory=dict[str, Expr])
    shared: set[str] = field(factory=set[str])
    windows: Mapping[str, Tree] = field(factory=dict[str, Tree])
    aggregate: str = ""
    unfolds: list[Unfold] = field(factory=list[Unfold])

    def inner(self, **changes: Any) -> Scope:
        """The scope of a part; what it adds to shared things, such as aliases, is seen outside."""
        return evolve(self, **changes)

    def find(self, chain: list[str | int]) -> Expr | None:
        """The expression that a chain of names means; None when there is none.

        Raises:
            HogQLError: It could mean several.
        """
        name = str(chain[0])
        if name in self.names:
            return follow(self.names[name], name, chain[1:])
        if len(chain) > 1 and name in self.entries:
            return self.entries[name].find(chain[1:])
        if name in self.aliases:
            return follow(self.aliases[name], name, chain[1:])
        holders = [entry for entry in self.entries.values() if entry.has(name)]
        if len(holders) > 1 and name not in self.shared:
            raise HogQLError(f"Ambiguous query. Found multiple sources for field: {name}")
        return holders[0].find(chain) if holders else None

    def nearest(self, name: str) -> str | None:
        """A name much like one that is not known."""
        known = [*self.aliases, *(column for entry in self.entries.values() for column in entry.columns)]
        found = get_close_matches(name, known, 1, _NEAR)
        return found[0] if found else None


@define(frozen=True)
class Cte:
    """WITH name AS (...): a query, or an expression.

    Attributes:
        tree: What stands behind the name.
        query: Whether it is a query.
        ctes: Names in sight there.
    """

    tree: Tree
    query: bool
    ctes: dict[str, Cte]
