"""Limits that the server adds, names of columns, placeholders."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator.hogql import LARGEST_LIMIT, Filters
from posthog_environments.emulator.insights import Context
from posthog_environments.emulator.insights.placeholders import bound

from .cases import EMULATOR, ask, refusal


def filters_of(sent: Any) -> Filters:
    return bound({"filters": sent}, Context(EMULATOR.data, 1, EMULATOR.clock.now())).filters


def test_without_a_limit_a_hundred_rows_come_and_has_more_tells() -> None:
    many, few = ask("select number from numbers(101)"), ask("select number from numbers(100)")
    assert (len(many.rows), many.limit, many.offset, many.has_more) == (100, 100, 0, True)
    assert (len(few.rows), few.limit, few.offset, few.has_more) == (100, 100, 0, False)
    assert many.hogql == "SELECT number FROM numbers(101) LIMIT 101 OFFSET 0"


def test_an_offset_without_a_limit_is_overwritten() -> None:
    assert ask("select number from numbers(3) offset 2").rows == [[0], [1], [2]]


def test_with_an_own_limit_nothing_is_told() -> None:
    result = ask("select number from numbers(200) limit 150 offset 1")
    assert (len(result.rows), result.limit, result.offset, result.has_more) == (150, None, None, None)


def test_a_larger_limit_than_50_000_is_cut_without_a_word() -> None:
    assert len(ask("select number from numbers(60000) limit 59999").rows) == LARGEST_LIMIT


def test_each_branch_of_a_union_has_a_limit_of_its_own() -> None:
    result = ask("select number from numbers(150) union all select number from numbers(150) limit 3")
    assert (len(result.rows), result.limit, result.has_more) == (103, None, None)


def test_a_query_inside_has_no_limit() -> None:
    assert ask("select count() from (select number from numbers(150))").rows == [[150]]


def test_offset_is_refused_where_personal_keys_may_not_use_it() -> None:
    error = refusal("select number from numbers(9) limit 3 offset 2", offset_allowed=False)
    assert str(error).startswith("OFFSET is not supported on queries made with a personal API key.")
    assert (error.start, error.end) == (45, 46)
    assert ask("select number from numbers(9) limit 3", offset_allowed=False).rows == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("properties.$browser", "$browser"),
        ("properties.a.b", "a__b"),
        ("e.event", "event"),
        ("avg(properties.amount)", "avg(properties.amount)"),
        ("quantile(0.9)(properties.amount)", "quantile(0.9)(properties.amount)"),
        ("count(distinct event)", "count(DISTINCT event)"),
        ("event = 'a' and not 1", "and(equals(event, 'a'), not(1))"),
        ("-1 + 2", "plus(-1, 2)"),
        ("arrayMap((x, y) -> x + y, [1], [2])", "arrayMap((x, y) -> plus(x, y), [1], [2])"),
        ("event is not null", "isNotNull(event)"),
        ("toDate(timestamp) as day", "day"),
        ("case when 1 then 2 when 0 then 4 else 3 end", "multiIf(1, 2, 0, 4, 3)"),
        ("now() - interval 7 day", "minus(now(), toIntervalDay(7))"),
    ],
)
def test_columns_without_an_alias_are_named_by_their_hogql(sql: str, name: str) -> None:
    assert ask(f"select {sql} from events e where 0").columns == [name]


# --- placeholders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "values", "rows"),
    [
        ("select {a}, {b}, {c}, {d}", {"a": 1, "b": "x", "c": None, "d": True}, [[1, "x", None, True]]),
        ("select count() from events where event in {names}", {"names": ["purchase", "nope"]}, [[3]]),
        ("select count() from events where event = {name}", {"name": "x' or 1 = 1 --"}, [[0]]),
        ("select count() from events where event = {name}", {"name": "{name}"}, [[0]]),
        ("select {text}", {"text": "a\\'b\x00c\n\"`😀"}, [["a\\'b\x00c\n\"`😀"]]),
        ("select number from numbers({n}) limit {n}", {"n": 2}, [[0], [1]]),
        ("select {list}[2]", {"list": [1, 2]}, [[2]]),
    ],
)
def test_values_are_constants_never_text(sql: str, values: dict[str, Any], rows: list[Any]) -> None:
    assert ask(sql, values).rows == rows


def test_placeholders_without_a_value_are_refused_at_their_place() -> None:
    error = refusal("select {x}")
    assert (str(error), error.start, error.end) == ("Unresolved placeholder: {x}", 7, 10)
    error = refusal("select {x}", {"a": 1, "b": 2})
    assert str(error) == "Placeholder {x} is not available in this context. You can use the following: a, b"
    assert refusal("select {x + 1}").code == "emulator_unsupported"


def test_a_variable_is_a_constant_never_text() -> None:
    found = {"x": "a' --"}
    assert ask("select {variables.x}", variables=found.__getitem__).rows == [["a' --"]]
    assert str(refusal("select {variables.x}")) == "Unresolved placeholder: {variables.x}"


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (None, 7),
        ({}, 7),
        ({"dateRange": {"date_from": "2025-06-02", "date_to": "2025-06-03"}}, 2),
        ({"dateRange": {"date_from": "-23d"}}, 2),
        ({"dateRange": {"date_from": "all"}}, 7),
        ({"properties": [{"key": "currency", "value": "EUR", "operator": "exact", "type": "event"}]}, 2),
        ({"properties": [{"key": "currency", "value": ["EUR", "USD"], "operator": "is_not"}]}, 4),
        ({"properties": [{"key": "plan", "value": "pro", "operator": "exact", "type": "person"}]}, 3),
        ({"properties": [{"key": "amount", "value": 10, "operator": "gt", "type": "event"}]}, 2),
        ({"properties": [{"key": "currency", "operator": "is_set", "type": "event"}]}, 3),
        (
            {
                "properties": [
                    {"key": "$current_url", "value": "HOME?A", "operator": "icontains", "type": "event"}
                ]
            },
            1,
        ),
    ],
)
def test_filters_take_their_place_in_the_query(filters: Any, count: int) -> None:
    assert ask("select count() from events where {filters}", filters=filters_of(filters)).rows == [[count]]


def test_filters_are_refused_where_no_table_has_them() -> None:
    error = refusal("select count() from persons where {filters}")
    assert str(error).startswith("Cannot use 'filters' placeholder in a SELECT")
    assert ask("select count() from sessions where {filters}").rows == [[2]]


def test_a_missing_end_of_the_filters_range_makes_its_comparison_hold() -> None:
    sql = "select count() from events where timestamp >= {filters.dateRange.from} and timestamp < {filters.dateRange.to}"
    assert ask(sql, filters=filters_of({"dateRange": {"date_from": "2025-06-08"}})).rows == [[2]]
    assert ask(sql).rows == [[7]]
