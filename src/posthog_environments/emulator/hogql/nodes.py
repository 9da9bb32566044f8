"""What a query consists of, once it is read."""

from __future__ import annotations

from typing import Any

from attrs import define


@define(frozen=True)
class Constant:
    """A value; a list only on the right of IN."""

    value: Any


@define(frozen=True)
class Field:
    """A column, or a part of one: `properties.$browser`."""

    chain: tuple[str, ...]


@define(frozen=True)
class Star:
    """All columns."""


@define(frozen=True)
class Call:
    """A function."""

    name: str
    args: tuple[Expr, ...]
    distinct: bool = False


@define(frozen=True)
class Shift:
    """A time moved by an interval."""

    base: Expr
    sign: int
    amount: int
    unit: str


@define(frozen=True)
class Compare:
    """A comparison. Operators: = != < <= > >= like ilike in, and `is null`; `negated` for their opposites."""

    operator: str
    left: Expr
    right: Expr
    negated: bool = False


@define(frozen=True)
class Logic:
    """`and` or `or` of several, or `not` of one."""

    operator: str
    members: tuple[Expr, ...]


Expr = Constant | Field | Star | Call | Shift | Compare | Logic


@define(frozen=True)
class Item:
    """One selected expression with its alias, or one to order by with its direction."""

    expr: Expr
    alias: str | None = None
    descending: bool = False


@define(frozen=True)
class Select:
    """A query; `aliases` are the names that may stand before a column."""

    items: tuple[Item, ...]
    table: str | None
    aliases: frozenset[str]
    where: Expr | None
    group_by: tuple[Expr, ...]
    order_by: tuple[Item, ...]
    limit: int | None
    offset: int | None
