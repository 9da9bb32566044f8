"""Aggregates, windows, joins, sets: what a query is built of."""

from __future__ import annotations

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import execute
from posthog_environments.emulator.hogql.duckdb.store import connect

from .cases import ADA, BOB, NOBODY, Case, ask

AGGREGATES = [
    Case(
        "select event, count() from events group by event order by count() desc, event",
        [["$pageview", 3], ["purchase", 3], ["signed_up", 1]],
        "String; UInt64",
        ["event", "count()"],
    ),
    Case(
        "select count(), count(properties.amount), count(distinct distinct_id), uniq(person_id) from events",
        [[7, 3, 5, 4]],
        "UInt64; UInt64; UInt64; UInt64",
    ),
    Case(
        "select sum(properties.amount), avg(properties.amount), min(properties.amount), max(timestamp) from events",
        [[60.0, 20.0, 10.0, "2025-06-09T00:00:00Z"]],
        "Nullable(Float64); Nullable(Float64); Nullable(Float64); DateTime64(6, 'UTC')",
    ),
    Case(
        "select countIf(event = 'purchase'), sumIf(properties.amount, properties.currency = 'EUR'), "
        "uniqIf(distinct_id, event = '$pageview'), avgIf(properties.amount, 0) from events",
        [[3, 30.0, 3, None]],
    ),
    Case("select sum(length(event)) filter (where event = 'purchase') from events", [24], "UInt64"),
    Case(
        "select quantile(0.5)(properties.amount), median(properties.amount), quantile(0.9)(properties.amount), "
        "quantiles(0.25, 0.5)(properties.amount) from events",
        [[20.0, 20.0, 28.0, [15.0, 20.0]]],
    ),
    Case(
        "select argMax(event, timestamp), argMin(distinct_id, timestamp), any(properties.currency) from events "
        "where properties.currency = 'EUR'",
        [["purchase", "ada-phone", "EUR"]],
    ),
    Case(
        "select groupArray(properties.amount), groupUniqArray(properties.currency) from (select * from events "
        "order by timestamp)",
        [[[10.0, 30.0, 20.0], ["EUR", "USD"]]],
        "Array(Float64); Array(String)",
    ),
    Case("select topK(1)(event) from events where event != '$pageview'", [[["purchase"]]], "Array(String)"),
    Case(
        "select count(), sum(length(event)), min(event), max(timestamp), avg(length(event)), groupArray(event) "
        "from events where event = 'nope'",
        [[0, 0, "", "1970-01-01T00:00:00Z", None, []]],
    ),
    Case(
        "select event, count() as c from events group by 1 having c > 1 order by 1 desc",
        [["purchase", 3], ["$pageview", 3]],
    ),
    Case(
        "select lower(event) as event, count() from events group by event order by event limit 1",
        [["$pageview", 3]],
    ),
    Case(
        "select toStartOfDay(timestamp) as day, count() + 1 from events group by day order by day limit 2",
        [["2025-06-01T00:00:00Z", 3], ["2025-06-02T00:00:00Z", 3]],
        "DateTime('UTC'); UInt64",
    ),
    Case("select event, count() from events group by all order by event limit 1", [["$pageview", 3]]),
    Case("select distinct event from events order by event", ["$pageview", "purchase", "signed_up"]),
]
ORDER = [
    Case(
        "select properties.amount as a from events order by a desc",
        [30.0, 20.0, 10.0, None, None, None, None],
    ),
    Case("select properties.amount as a from events order by a", [10.0, 20.0, 30.0, None, None, None, None]),
    Case(
        "select distinct_id, event from events order by timestamp limit 1 by distinct_id limit 3",
        [["ada", "$pageview"], ["ada-phone", "purchase"], ["bob", "$pageview"]],
    ),
    Case("select distinct_id from events order by timestamp limit 2, 1", ["ada-phone", "bob"]),
]
WINDOWS = [
    Case(
        "select number, row_number() over (order by number desc) as r, sum(number) over (order by number) as s, "
        "lag(number) over (order by number), lead(number, 1, 99) over (order by number) from numbers(3) order by number",
        [[0, 3, 0, None, 1], [1, 2, 1, 0, 2], [2, 1, 3, 1, 99]],
        "UInt64; UInt64; UInt64; Nullable(UInt64); Nullable(UInt64)",
    ),
    Case(
        "select number, sum(number) over w from numbers(4) window w as (order by number rows between 1 preceding "
        "and current row) order by number",
        [[0, 0], [1, 1], [2, 3], [3, 5]],
    ),
    Case(
        "select event, rank() over (order by count() desc) from events group by event order by event",
        [["$pageview", 1], ["purchase", 1], ["signed_up", 3]],
    ),
    Case(
        "select distinct_id from (select distinct_id, row_number() over (partition by distinct_id order by timestamp) as n "
        "from events) where n = 2 order by distinct_id",
        ["ada", "bob"],
    ),
]
JOINS = [
    Case(
        "select e.event, p.properties.plan from events e join persons p on e.person_id = p.id order by e.timestamp limit 1",
        [["$pageview", "pro"]],
        "String; Nullable(String)",
    ),
    # ClickHouse gives the default of a type, not NULL, where a row is missing from a LEFT JOIN.
    Case(
        "select e.distinct_id, p.id, p.is_identified, p.created_at from events e left join persons p "
        "on e.person_id = p.id where e.distinct_id = 'ghost'",
        [["ghost", NOBODY, False, "1970-01-01T00:00:00Z"]],
    ),
    Case(
        "select a.number, b.number from numbers(2) a full join (select number + 1 as number from numbers(2)) b "
        "on a.number = b.number order by a.number, b.number",
        [[0, 0], [0, 2], [1, 1]],
    ),
    Case("select number, b.x from numbers(2) a right join (select 1 as x) b on a.number = b.x", [[1, 1]]),
    Case("select count() from numbers(3) a cross join numbers(2) b", [6]),
    Case("select number from numbers(3) a join numbers(2) b using (number) order by number", [0, 1]),
    Case(
        "select d.distinct_id from person_distinct_ids d where d.person.properties.plan = 'pro' order by 1",
        ["ada", "ada-phone"],
    ),
    Case(
        "select session_id, $pageview_count, $session_duration, $entry_current_url from sessions order by session_id",
        [["s1", 1, 300, "https://app.example.com/home?a=1#top"], ["s2", 1, 1800, None]],
    ),
    Case(
        "select key, properties.name from groups where index = 0 and properties.industry = 'manufacturing' and key = 'acme'",
        [["acme", "Acme"]],
    ),
    Case("select cohort_id, person_id from cohort_people", [[1, ADA]], "Int64; UUID"),
    Case("select count() from events where person_id in cohort 1", [3]),
    Case("select count() from events where person_id not in cohort 'payers'", [4]),
]
NESTED = [
    Case(
        "with a as (select event, count() as c from events group by event), 2 as least "
        "select event from a where c > least order by event",
        ["$pageview", "purchase"],
    ),
    Case(
        "select count() from events where person_id in (select id from persons where properties.plan = 'free')",
        [2],
    ),
    Case(
        "select count() from events where (distinct_id, event) in (select distinct_id, event from events where "
        "event = 'signed_up')",
        [1],
    ),
    Case(
        "select count() from events where (distinct_id, event) in (('ada', 'purchase'), ('bob', '$pageview'))",
        [2],
    ),
    Case(
        "select (select max(number) from numbers(4)) as m, 1 in (select number from numbers(1))",
        [[3, 0]],
        "Nullable(UInt64); UInt8",
    ),
    Case("select x.b from (select a + 1 as b from (select 1 as a)) as x", [2]),
    Case("select 1 as a union all select 300 union all select 1", [1, 300, 1], "UInt16", ["a"]),
    Case("select a from (select 1 as a union distinct select 1) order by a", [1]),
    Case("select event from events sample 1 where event = 'signed_up'", ["signed_up"]),
    Case("select number from numbers(5, 2)", [5, 6]),
    Case(
        "select 'from events' as `select`, 1 as \"a b\" -- comment\n;",
        [["from events", 1]],
        "",
        ["select", "a b"],
    ),
]


@pytest.mark.parametrize("case", [*AGGREGATES, *ORDER, *WINDOWS, *JOINS, *NESTED], ids=lambda case: case.sql)
def test_queries(case: Case) -> None:
    case.check()


def test_the_star_is_the_columns_of_each_table() -> None:
    result = ask(
        "select e.*, p.* from events e join persons p on p.id = e.person_id where p.id = '"
        + BOB
        + "' limit 1"
    )
    assert result.columns == [
        *("uuid", "event", "properties", "timestamp", "distinct_id", "elements_chain", "created_at"),
        *(
            "$session_id",
            "$window_id",
            "person_id",
            "$group_0",
            "$group_1",
            "$group_2",
            "$group_3",
            "$group_4",
        ),
        *("elements_chain_href", "elements_chain_texts", "elements_chain_ids", "elements_chain_elements"),
        *("event_person_id", "event_issue_id", "issue_id"),
        *("id", "created_at", "properties", "is_identified"),
    ]


def test_rows_without_an_order_come_in_the_same_order_every_time() -> None:
    """One thread: with more, the order of groups depends on which of them was first."""
    assert connect().execute("SELECT current_setting('threads')").fetchall() == [(1,)]
    sql = "select event, properties.$browser, count() from events group by 1, 2"
    answers = [
        execute(sql, None, emulator.data, emulator.clock.now()).rows
        for emulator in (Emulator(events=3_000) for _ in range(5))
    ]
    assert all(rows == answers[0] for rows in answers)
