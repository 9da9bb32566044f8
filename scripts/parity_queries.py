"""Whole HogQL queries made of interchangeable parts, for parity.py."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import Final

_WINDOWS: Final = (
    "row_number()",
    "rank()",
    "dense_rank()",
    "count()",
    "sum(number)",
    "avg(number)",
    "min(number)",
    "max(number)",
    "first_value(number)",
    "last_value(number)",
    "lag(number)",
    "lead(number, 2, 9)",
    "lagInFrame(number)",
    "sumIf(number, number > 2)",
    "groupArray(number)",
)
_FRAMES: Final = (
    "",
    " rows between 1 preceding and current row",
    " rows between unbounded preceding and unbounded following",
    " rows between current row and 1 following",
    " range between unbounded preceding and current row",
)
_JOINS: Final = ("join", "left join", "right join", "full join", "left semi join", "left anti join")
_KEYS: Final = ("number % 3", "nullIf(number % 3, 1)", "toString(number)", "nullIf(toString(number), '2')")


def queries(count: int, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Whole queries with a name for what they try."""
    windows = list(product(_WINDOWS, ("", "partition by number % 2 "), ("number", "number desc"), _FRAMES))
    for call, partition, order, frame in dice.sample(windows, min(count * 4, len(windows))):
        yield (
            "window",
            f"select number, {call} over ({partition}order by {order}{frame}) as x from numbers(7) order by number",
        )
    joins = list(product(_JOINS, _KEYS, _KEYS))
    for join, left, right in dice.sample(joins, min(count * 2, len(joins))):
        columns = "a.n" if "semi" in join or "anti" in join else "a.n, a.k, b.n, b.k"
        yield (
            "join",
            f"select {columns} from (select number as n, {left} as k from numbers(5)) a {join} "
            f"(select number + 1 as n, {right} as k from numbers(4)) b on a.k = b.k order by "
            + ", ".join(columns.split(", ")),
        )
    for key, order in product(_KEYS, ("k", "k desc", "c desc, k")):
        yield "group", f"select {key} as k, count() as c from numbers(9) group by k order by {order}"
        yield "distinct", f"select distinct {key} as k from numbers(9) order by k"
        yield "limit by", f"select number, {key} as k from numbers(9) order by k, number limit 2 by k"
    for one, other, mode in product(
        _KEYS, _KEYS, ("rollup(k, j)", "cube(k, j)", "grouping sets ((k), (j, k), ())")
    ):
        yield (
            "grouping",
            f"select {one} as k, {other} as j, count() as c from numbers(7) group by {mode} order by k, j, c",
        )
    for key, operator in product(_KEYS, ("intersect", "except", "union all")):
        yield (
            "set",
            f"select k from (select {key} as k from numbers(6) {operator} select {key} from numbers(3)) order by k",
        )
    for key in _KEYS:
        yield "distinct order", f"select distinct {key} as k from numbers(9) order by number desc"
        yield "ties", f"select {key} as k from numbers(9) order by k limit 4 with ties"
        yield (
            "distinct limit by",
            f"select distinct {key} as k from numbers(9) order by k limit 1 offset 1 by k",
        )
        yield (
            "limit by window",
            f"select {key} as k, row_number() over (partition by k order by number) as r from numbers(9) order by k, r limit 2 by r",
        )
        for order, rows in product(("r", "r desc"), (0, 9)):
            yield (
                "rate",
                f"select {key} as k, countIf(number > 6) / countIf(number > 7) as r, avgIf(number, number > 6) as a, r > 0.5, "
                f"a is null, toString(r), rank() over (order by {order}) from numbers({rows}) group by k order by {order}, k",
            )
        yield (
            "rates",
            f"select max(r), min(r), count(r), argMax(k, r), median(r) from (select {key} as k, countIf(number > 6) / "
            "countIf(number > 7) as r from numbers(9) group by k)",
        )
        yield "total of nothing", f"select {key} as k, count() from numbers(0) group by rollup(k)"
        yield (
            "asof",
            f"select a.n, b.n from (select {key} as k, number as n from numbers(9)) a left asof join "
            f"(select {key} as k, number as n from numbers(5)) b on a.k = b.k and a.n > b.n order by a.n",
        )
        for join, condition in product(
            _JOINS, ("a.n = b.n", "a.n > b.n", "a.n = b.n or a.n = 1", "a.n = 1", "1")
        ):
            columns = "a.n" if "semi" in join or "anti" in join else "a.n, b.n, b.t"
            yield (
                "join keys",
                f"select {columns} from (select {key} as n from numbers(5)) a {join} (select {key} as n, (1, 'x') as t "
                f"from numbers(3)) b on {condition} order by {columns}",
            )
    for one, other in product(_KEYS, _KEYS):
        yield "compare", f"select {one} = {other}, {one} != {other} from numbers(5)"
        yield (
            "in",
            f"select {one} in (select {other} from numbers(3)), {one} not in (select {other} from numbers(3)) from numbers(5)",
        )
        yield (
            "union",
            (
                f"select k from (select {one} as k from numbers(4) union distinct select {other} as k from numbers(5)) order by k"
            ),
        )
