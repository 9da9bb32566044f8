"""Clauses beyond the plain SELECT, and those that PostHog itself refuses."""

from __future__ import annotations

import pytest

from .cases import Case, ask, refusal

SETS = [
    Case("select number from (select number from numbers(4) except select 2) order by number", [0, 1, 3]),
    # Without a word ClickHouse takes ALL: each row goes once.
    Case("select count() from (select intDiv(number, 2) from numbers(4) except select 1)", [3]),
    Case("select count() from (select intDiv(number, 2) as a from numbers(4) intersect select 1)", [1]),
    Case("select count() from (select 1 from numbers(3) intersect distinct select 1 from numbers(2))", [1]),
    # From left to right, but INTERSECT first.
    Case("select 1 union all select 2 except select 1", [2]),
    Case(
        "select a from (select 9 as a union all select number from numbers(4) intersect select 2) order by a",
        [2, 9],
        "UInt64",
    ),
]
GROUPS = [
    Case(
        "select number % 2 as k, number % 3 as j, count() from numbers(6) group by rollup(k, j) order by k, j, count()",
        [[0, 0, 1], [0, 0, 3], [0, 0, 6], [0, 1, 1], [0, 2, 1], [1, 0, 1], [1, 0, 3], [1, 1, 1], [1, 2, 1]],
        "UInt8; UInt8; UInt64",
    ),
    # A key that is rolled up is nothing: '' and 0, and NULL where it may be missing. In aggregates it is itself.
    Case(
        "select toString(number % 2) as k, count(), sum(number % 2) from numbers(6) group by cube(k) order by k",
        [["", 6, 3], ["0", 3, 0], ["1", 3, 3]],
    ),
    Case(
        "select number % 2 as k, nullIf(number % 3, 1) as j, count() from numbers(6) group by grouping sets ((k), (j), ()) "
        "order by 1, 2, 3",
        [[0, 0, 2], [0, 2, 2], [0, None, 2], [0, None, 3], [0, None, 6], [1, None, 3]],
    ),
    Case(
        "select number % 2 = 0 as k, count() from numbers(6) group by rollup(k) having k or count() > 3 order by k",
        [[0, 6], [1, 3]],
    ),
    Case(
        "select number as a, number as b, count() from numbers(2) group by cube(a, b) order by a, 3",
        [[0, 0, 1], [0, 0, 2], [1, 1, 1]],
    ),
    Case("select 1 as a, count() from numbers(3) group by rollup(a)", [[1, 3], [1, 3]]),
    # Of no rows there is no total, but by a set of no keys.
    Case("select number, count() from numbers(0) group by rollup(number)", []),
    Case(
        "select toDate('2025-01-02') as k, nullIf(0, 1) as j, number % 2 as i, count() as c from numbers(4) "
        "group by rollup(k, j, i) order by i, c",
        [["2025-01-02", 0, 0, 2], *[["2025-01-02", 0, 0, 4]] * 3, ["2025-01-02", 0, 1, 2]],
    ),
    Case("select number, count() from numbers(0) group by cube(number) having count() = 0 or 1", []),
    Case("select number, count() from numbers(0) group by grouping sets ((number), ())", [[0, 0]]),
    Case(
        "select event, count() from events group by all order by count() desc, event limit 1",
        [["$pageview", 3]],
    ),
    Case(
        "select n, c from (select number % 2 as n, count() as c from numbers(4) group by rollup(n)) where n = 1",
        [[1, 2]],
    ),
]
ORDERS = [
    Case(
        "select number, number % 2 from numbers(6) order by number % 2 limit 2 with ties",
        [[0, 0], [2, 0], [4, 0]],
    ),
    Case("select distinct intDiv(number, 3) as k from numbers(9) order by k limit 2 with ties", [0, 1]),
    Case(
        "select number, intDiv(number, 3) as k from numbers(9) order by k limit 1 by k limit 2 with ties",
        [[0, 0], [3, 1]],
    ),
    # Rows are made distinct first, then ordered by what the first of them had.
    Case("select distinct number % 3 as k from numbers(9) order by number desc", [2, 1, 0]),
    Case("select distinct 'x' from numbers(9) order by number limit 2 with ties", ["x"]),
    Case(
        "select distinct number % 3 as k, 'x' from numbers(9) order by -number, k",
        [[2, "x"], [1, "x"], [0, "x"]],
    ),
    # LIMIT BY comes after DISTINCT, and after windows.
    Case("select distinct number % 3 as k from numbers(9) order by k limit 1 offset 1 by k", []),
    Case(
        "select distinct number % 3 as k, 1 as one from numbers(9) order by k limit 2 by one",
        [[0, 1], [1, 1]],
    ),
    Case("select distinct 1, 2 from numbers(9) order by number limit 1 by number", [[1, 2]]),
    Case(
        "select distinct number % 3 as k, number % 2 as j from numbers(9) order by k, j limit 1 by k limit 1 with ties",
        [[0, 0]],
    ),
    Case(
        "select number % 3 as k, row_number() over (partition by k order by number desc) as place, number from numbers(9) "
        "order by place, k limit 1 by place",
        [[0, 1, 6], [0, 2, 3], [0, 3, 0]],
    ),
]
LEFT = "(select 1 as k, number as t from numbers(4)) a"
JOINS = [
    Case(
        f"select a.t, b.t from {LEFT} left asof join (select 1 as k, number * 2 + 1 as t from numbers(2)) b "
        "on a.k = b.k and a.t >= b.t order by a.t",
        [[0, 0], [1, 1], [2, 1], [3, 3]],
        "UInt64; UInt64",
    ),
    Case(
        f"select a.t, b.t from {LEFT} asof join (select 1 as k, number * 2 as t from numbers(2)) b "
        "on b.t > a.t and a.k = b.k order by a.t",
        [[0, 2], [1, 2]],
    ),
    # Each alternative has something that must be equal, or the whole is constant.
    Case(
        "select a.number, b.number from numbers(3) a left join numbers(3) b on (a.number = b.number and b.number > 1) or "
        "a.number = b.number + 2 order by a.number, b.number",
        [[0, 0], [1, 0], [2, 0], [2, 2]],
    ),
    Case("select count() from numbers(3) a left join numbers(3) b on 1 = 1", [9]),
]
OTHERS = [
    # A missing value is neither between two others nor outside of them.
    Case(
        "select x not between 0 and 2, x between 0 and 2, x not between null and 2 from "
        "(select nullIf(number, 1) as x from numbers(4)) order by x",
        [[0, 1, 0], [0, 1, 0], [1, 0, 1], [0, 0, 0]],
    ),
    Case("select {'a': 1, 'b': [2]}", [[["__hx_tag", "__hx_obj", "a", 1, "b", [2]]]]),
    Case("select count() from events sample 1", [7]),
    Case("select count() from events sample 0.5 where 0", [0]),
]


@pytest.mark.parametrize("case", [*SETS, *GROUPS, *ORDERS, *JOINS, *OTHERS], ids=lambda case: case.sql)
def test_syntax(case: Case) -> None:
    case.check()


def test_a_sample_has_all_events_of_some_ids_and_the_rest_has_the_others() -> None:
    every = ask("select distinct_id, count() from events group by distinct_id").rows
    parts = [
        ask(f"select distinct_id, count() from events sample 1/2{offset} group by distinct_id").rows
        for offset in ("", " offset 1/2")
    ]
    assert all(parts)
    assert sorted(parts[0] + parts[1]) == sorted(every)


def test_a_sample_may_have_lazy_joins_and_another_name() -> None:
    one, all_ = (
        ask(f"select count() from events as e {sample} where e.person.properties.email != ''").rows[0][0]
        for sample in ("sample 0.5", "")
    )
    assert 0 < one < all_


@pytest.mark.parametrize(
    ("sql", "place", "message"),
    [
        (
            "select number from numbers(5) qualify row_number() over () = 1",
            "row_number() over () = 1",
            "QUALIFY is not supported in the 'hogql' dialect",
        ),
        (
            "select event from events final",
            "events",
            "The FINAL keyword is not supported in HogQL as it causes slow queries",
        ),
        ("select [1, 2, 3][1:2]", "[1, 2, 3][1:2]", "Array slices are not allowed in hogql dialect"),
        ("select try_cast('1' as Int)", "try_cast('1' as Int)", "TRY_CAST is not allowed in hogql dialect"),
    ],
)
def test_what_posthog_parses_and_refuses_is_refused_in_its_words(sql: str, place: str, message: str) -> None:
    error = refusal(sql)
    assert (str(error), error.code) == (message, "query_error")
    assert sql[error.start : error.end] == place


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select number from numbers(9) limit 2 with ties", "with_ties_without_order_by"),
        ("select number from numbers(9) order by number limit 2 with ties offset 1", "syntax_error"),
        ("select 1 from persons sample 0.1", "sampling_not_supported"),
        ("select 1 from events sample 1/0", "argument_out_of_bound"),
        (f"select 1 from {LEFT} asof join (select 1 as k) b on a.k = b.k", "invalid_join_on_expression"),
        (f"select 1 from {LEFT} asof join (select 1 as t) b on a.t > b.t", "invalid_join_on_expression"),
        (
            f"select 1 from {LEFT} asof join (select 1 as k, 2 as t) b on a.k = b.k and a.t > b.t and a.t > b.k",
            "invalid_join_on_expression",
        ),
        ("select 1, 2 except select 1", "union_all_result_structures_mismatch"),
        (
            "select 1 from numbers(3) a left join numbers(3) b on a.number < b.number",
            "invalid_join_on_expression",
        ),
        ("select 1 from numbers(3) a full join numbers(3) b on a.number = 1", "invalid_join_on_expression"),
        (
            "select 1 from numbers(3) a right join numbers(3) b on a.number = b.number or a.number = 0",
            "invalid_join_on_expression",
        ),
        ("select 1 from numbers(3) group by number having rank() over () = 1", "illegal_aggregation"),
        ("select 1 from numbers(3) group by number, rank() over ()", "illegal_aggregation"),
        ("select sum(number) as s, max(s) from numbers(3)", "illegal_aggregation"),
        ("select sum(number) as number, countIf(number > 1) from numbers(3)", "illegal_aggregation"),
        ("select sum(rank() over ()) from numbers(3)", "illegal_aggregation"),
        ("select rank() over () as r, sum(r) over () from numbers(3)", "illegal_aggregation"),
        ("select rank() over () as r, rank() over (order by r) from numbers(3)", "illegal_aggregation"),
    ],
)
def test_what_clickhouse_refuses_carries_its_name(sql: str, code: str) -> None:
    assert refusal(sql).code == code
