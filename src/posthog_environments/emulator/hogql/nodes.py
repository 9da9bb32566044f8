"""A query after names, types and rules were resolved: what the printers of the engines take.

Nodes are compared by value, so that an expression of GROUP BY is found again in what is selected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import attrs
from attrs import define, field

from posthog_environments.emulator.hogql.types import Type


@define(frozen=True)
class Expr:
    """An expression.

    Attributes:
        type: Its ClickHouse type.
    """

    type: Type


@define(frozen=True)
class Literal(Expr):
    """A constant: None, bool, int, float, str, or a date or time."""

    value: Any


@define(frozen=True)
class Column(Expr):
    """A column of a source.

    Attributes:
        source: The source's name in the printed query.
        name: The column.
        outer: Whether the row may be missing from an outer join; ClickHouse gives the type's default then, not NULL.
    """

    source: str
    name: str
    outer: bool = False


@define(frozen=True)
class Property(Expr):
    """What JSON holds under a path, by the type that it is defined with. A number in the path counts from 1.

    Attributes:
        base: Text with JSON.
        path: Keys.
    """

    base: Expr
    path: tuple[str | int, ...]


@define(frozen=True)
class Name(Expr):
    """A parameter of a lambda."""

    name: str


@define(frozen=True)
class Lambda(Expr):
    """A function in an argument; its type is that of its body."""

    names: tuple[str, ...]
    body: Expr


@define(frozen=True)
class Call(Expr):
    """A function of the allow-list.

    Attributes:
        name: Its name in the list.
        args: Arguments.
        params: Parameters of a parametric aggregate.
        distinct: `count(DISTINCT x)`.
        condition: What a row must fulfil to be aggregated.
        aggregate: Whether it folds rows.
    """

    name: str
    args: tuple[Expr, ...]
    params: tuple[Any, ...] = ()
    distinct: bool = False
    condition: Expr | None = None
    aggregate: bool = False


@define(frozen=True)
class Compare(Expr):
    """A comparison.

    Attributes:
        op: `=`, `!=`, `<`, `<=`, `>`, `>=`, like, ilike, match, imatch, in; and not_like, not_ilike ...
        left: One side.
        right: The other.
        on_null: What it is when a side is missing: a truth value, `same` (both sides missing are equal), or None:
            missing as well.
    """

    op: str
    left: Expr
    right: Expr
    on_null: bool | str | None = None


@define(frozen=True)
class Logic(Expr):
    """and, or, not."""

    op: str
    members: tuple[Expr, ...]


@define(frozen=True)
class Missing(Expr):
    """Whether a value is missing, or (negated) is there."""

    value: Expr
    negated: bool


@define(frozen=True)
class Fill:
    """Where rows of an order are made up: from, to, and how far apart; None where it is not said."""

    start: Expr | None
    end: Expr | None
    step: Expr | None


@define(frozen=True)
class Order:
    """One key of an order; missing values come last either way."""

    expr: Expr
    descending: bool
    fill: Fill | None = None


@define(frozen=True)
class Window(Expr):
    """A function over a window; `frame` is printed as it is."""

    call: Call
    partition: tuple[Expr, ...]
    order: tuple[Order, ...]
    frame: str


@define(frozen=True)
class Subquery(Expr):
    """A query as a value (`scalar`) or as a set (`set`)."""

    query: Query
    kind: str


@define(frozen=True)
class Table:
    """A table of the emulator, with what is joined to it when it is used.

    Attributes:
        name: Its name.
        joins: Names of the lazy joins that are used.
        argument: Row count of `numbers`.
        start: First number of `numbers`.
        sample: From which to which millionth of the persons' distinct ids events are read; None for all.
    """

    name: str
    joins: tuple[str, ...] = ()
    argument: int = 0
    start: int = 0
    sample: tuple[int, int] | None = None


@define(frozen=True)
class Source:
    """What rows come from: a table or a query, under a name of the printed query."""

    name: str
    rows: Table | Query
    join: str = ""
    condition: Expr | None = None


@define(frozen=True)
class Unfold:
    """Rows for each member of arrays, as ARRAY JOIN and arrayJoin make them."""

    name: str
    arrays: tuple[tuple[str, Expr], ...]
    outer: bool = False


@define(frozen=True)
class LimitBy:
    """At most so many rows for each value of some keys."""

    count: int
    offset: int
    keys: tuple[Expr, ...]


@define(frozen=True)
class Select:
    """One SELECT.

    Attributes:
        group_mode: `rollup`, `cube`, or "" for neither.
        group_sets: The sets of GROUPING SETS.
        ties: Whether rows that are equal to the last one of LIMIT follow it.
    """

    columns: tuple[tuple[str, Expr], ...]
    sources: tuple[Source, ...] = ()
    unfolds: tuple[Unfold, ...] = ()
    distinct: bool = False
    where: Expr | None = None
    group_by: tuple[Expr, ...] = ()
    group_mode: str = ""
    group_sets: tuple[tuple[Expr, ...], ...] = ()
    having: Expr | None = None
    order_by: tuple[Order, ...] = ()
    limit_by: LimitBy | None = None
    limit: int | None = None
    offset: int | None = None
    ties: bool = False


@define(frozen=True)
class SelectSet:
    """Queries put together; `operators` has one less than there are queries."""

    members: tuple[Query, ...]
    operators: tuple[str, ...]
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int | None = None
    columns: tuple[tuple[str, Expr], ...] = field(default=(), eq=False)


Query = Select | SelectSet


def children(node: Expr) -> Iterator[Expr]:
    """The expressions right inside an expression; not those of sub-queries."""
    for attribute in attrs.fields(type(node)):
        value: Any = getattr(node, attribute.name)
        items: tuple[Any, ...] = (value,)
        if isinstance(value, tuple):
            items = cast(Any, value)
        for item in items:
            if isinstance(item, Expr):
                yield item
            elif isinstance(item, Order):
                yield item.expr


def walk(node: Expr) -> Iterator[Expr]:
    """An expression and all inside it."""
    yield node
    for child in children(node):
        yield from walk(child)
