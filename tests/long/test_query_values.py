"""Values go to the server beside the SQL; what does not fit together is refused before anything is sent."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from posthog_environments import InvalidRequestError
from posthog_environments.queries.sql import identifier, limit_of, scan
from posthog_environments.queries.values import bind, json_value


class Plan(enum.Enum):
    PRO = "pro"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("it's {a}", "it's {a}"),
        (True, True),
        (None, None),
        (2**63, 2**63),
        (1.5, 1.5),
        (Decimal("1.10"), 1.1),
        (Decimal("12345678901234567"), 12345678901234567),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "2026-01-02T03:04:05.000006Z"),
        (datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T00:00:00+02:00"),
        (datetime(2026, 1, 2, 3), "2026-01-02 03:00:00.000000"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Plan.PRO, "pro"),
        ([1, Plan.PRO], [1, "pro"]),
        ((1, None), [1, None]),
        ({"b", "a"}, ["a", "b"]),
        ({"a": {2, 1}}, {"a": [1, 2]}),
    ],
)
def test_python_values_become_the_json_that_hogql_takes(value: Any, sent: Any) -> None:
    assert json_value("x", value) == sent


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (b"x", "Pass a text"),
        (timedelta(1), "toIntervalSecond"),
        (time(1), "datetime"),
        (object(), "object"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (Decimal("NaN"), "NaN"),
        (Decimal("0.12345678901234567890"), "toDecimal"),
        ({1: 2}, "keys"),
        ([[b"x"]], "bytes"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_advice(value: Any, advice: str) -> None:
    with pytest.raises(InvalidRequestError, match=advice):
        json_value("x", value)


def test_times_are_read_by_the_server_with_their_time_zone() -> None:
    bound = bind(
        "select 1 where timestamp > {since} and toDate(timestamp) = {day} and toDateTime({since}) > now()",
        {"since": datetime(2026, 1, 2, tzinfo=UTC), "day": date(2026, 1, 2)},
    )
    assert bound.text == (
        "select 1 where timestamp > toDateTime({since}) and toDate(timestamp) = toDate({day}) "
        "and toDateTime({since}) > now()"
    )
    assert bound.values == {"since": "2026-01-02T00:00:00Z", "day": "2026-01-02"}


def test_positions_in_the_sent_text_are_those_of_the_given_text() -> None:
    bound = bind("select {a}, nope, {a}", {"a": date(2026, 1, 1)})
    assert bound.origin(bound.text.index("nope")) == bound.given.index("nope")
    assert bound.origin(len(bound.text)) == len(bound.given)
    assert [bound.origin(n) for n in range(len(bound.text) + 1)] == sorted(
        bound.origin(n) for n in range(len(bound.text) + 1)
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select '{x}'",
        "select 1 -- {x}\n",
        "select 1 // {x}",
        "select 1 # {x}",
        "select /* {x} */ 1",
        'select "{x}"',
        "select `{x}`",
        "select 'it''s {x} \\' {x}'",
        "select f'{x}'",
        "select 1 from events where {filters}",
        "select {variables.plan}, {filters.dateRange.from}",
        "select {'a': 1}",
        "select <Sparkline data={x} />",
    ],
)
def test_braces_that_are_no_placeholders_need_no_value(sql: str) -> None:
    assert bind(sql, None).text == sql


@pytest.mark.parametrize("sql", ["select {x}", "select { x }", "select {`x`}", "select '{y}', {x} -- {z}"])
def test_a_placeholder_without_a_value_is_refused(sql: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"no value for the placeholder \{x\}"):
        bind(sql, {})


@pytest.mark.parametrize("sql", ["select '{x}'", "select x", "select {y}", "select 1 -- {x}"])
def test_a_value_without_a_placeholder_is_refused(sql: str) -> None:
    with pytest.raises(InvalidRequestError, match=r"no placeholder \{x\}"):
        bind(sql, {"x": 1, "y": 2} if "{y}" in sql else {"x": 1})


@pytest.mark.parametrize(
    "sql", ["select {x}", "select {x + 1}", "select {x.y}", "select f'{{x}}'", "select 'open {x}"]
)
def test_a_value_that_may_be_used_is_sent(sql: str) -> None:
    assert bind(sql, {"x": 1}).values == {"x": 1}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1], "mapping"),
        ({1: 2}, "names of values"),
        ({"": 2}, "names of values"),
        ({"filters": {}}, "pass filters="),
        ({"variables": {}}, "pass variables="),
    ],
)
def test_values_of_the_wrong_shape_are_refused(values: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        bind("select 1", values)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "empty"),
        (" -- x", "empty"),
        (";", "empty"),
        ("select 1; select 2", "more than one"),
        (3, "must be a text"),
    ],
)
def test_sql_that_is_not_one_statement_is_refused(sql: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        bind(sql, None)


def test_a_semicolon_in_a_string_ends_nothing() -> None:
    assert bind("select ';' -- ;\n; -- the end;", None).text


@pytest.mark.parametrize(
    ("sql", "limits"),
    [
        ("select 1", [None]),
        ("select 1 limit 5", [5]),
        ("select 1 LIMIT 5 OFFSET 6", [5]),
        ("select 1 limit 6, 5", [5]),
        ("select 1 limit 1 by a", [None]),
        ("select 1 limit 1 by a limit 5", [5]),
        ("select 1 limit 5 with ties", [5]),
        ("select * from (select 1 limit 5)", [None]),
        ("with x as (select 1 limit 5) select 1", [None]),
        ("select 'limit 5' -- limit 6", [None]),
        ("select 1 union all select 2 limit 5", [None, 5]),
        ("(select 1 limit 3) union distinct ((select 2) intersect select 3 limit 4)", [3, None, 4]),
        ("select * from (select 1 union all select 2)", [None]),
        ("(select 1) union all (select 2);", [None, None]),
    ],
)
def test_the_limit_of_each_select_is_found(sql: str, limits: list[int | None]) -> None:
    found = [limit_of(arm) for arm in scan(sql).arms()]
    assert [limit and limit.number for limit in found] == limits


def test_the_placeholder_of_a_limit_is_named() -> None:
    limit = limit_of(scan("select 1 limit {n}").arms()[0])
    assert limit is not None
    assert limit.name == "n"


def test_names_are_quoted_whatever_they_hold() -> None:
    assert identifier("a`b\\c") == "`a``b\\\\c`"
    assert scan(identifier("a`b\\c")).tokens[0].name == "a`b\\c"
