"""`hogql` and `run`: what is sent, what comes back, and how every failure is told. Both clients alike."""

from __future__ import annotations

import asyncio
import json
import pickle
import warnings
from typing import Any

import httpx
import pytest

from posthog_environments import (
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    DeadlineExceeded,
    InvalidRequestError,
    PermissionDeniedError,
    PostHogError,
    QueryError,
    QueryResult,
    ServerError,
    TruncatedResultError,
    TruncatedResultWarning,
)

from ..client.conftest import FakeClock, Script, Side, reply, side

__all__ = ["side"]


def rows(count: int = 1, **fields: Any) -> httpx.Response:
    answer = {
        "columns": ["a"],
        "types": [["a", "UInt8"]],
        "results": [[1]] * count,
        "hasMore": None,
        **fields,
    }
    return reply(answer)


def hogql(side: Side, script: Script, sql: str = "select 1 as a limit 1", **arguments: Any) -> Any:
    return side.run(side.client(script).query.hogql(sql, **arguments))


def sent(script: Script, index: int = 0) -> Any:
    return json.loads(script.requests[index].content)


def test_the_sql_and_its_values_are_sent_apart(side: Side) -> None:
    script = Script([rows()])
    found = hogql(
        side,
        script,
        "select {x} limit 1",
        values={"x": {3, 1}},
        name="mine",
        refresh="force_blocking",
        filters={"dateRange": {"date_from": "-7d"}},
        variables={"id": {"code_name": "a", "variableId": "id"}},
        modifiers={"debug": True},
    )
    body = sent(script)
    assert body.pop("client_query_id") == found.query_id
    assert body == {
        "query": {
            "kind": "HogQLQuery",
            "query": "select {x} limit 1",
            "values": {"x": [1, 3]},
            "filters": {"dateRange": {"date_from": "-7d"}},
            "variables": {"id": {"code_name": "a", "variableId": "id"}},
            "modifiers": {"debug": True},
        },
        "name": "mine",
        "refresh": "force_blocking",
    }
    assert isinstance(found, QueryResult)
    assert found.rows == [(1,)]


def test_what_can_only_fail_is_not_sent(side: Side) -> None:
    script = Script([])
    for arguments in (
        {"sql": "select {x}"},
        {"sql": "select 1", "values": {"x": 1}},
        {"sql": "select 1", "truncated": "maybe"},
        {"sql": "select 1", "on_progress": 3},
    ):
        with pytest.raises(InvalidRequestError):
            hogql(side, script, **arguments)
    with pytest.raises(ConfigurationError):
        hogql(side, script, timeout=0)
    assert script.requests == []


# --- cut results -----------------------------------------------------------------------------------------------

CUT = {"hasMore": True, "limit": 100, "offset": 0}
UNION = "select 1 as a union all select 2"


@pytest.mark.parametrize(
    ("sql", "count", "fields", "words"),
    [
        ("select a from t", 100, CUT, "Add a LIMIT"),
        (UNION, 100, {}, "each SELECT of a UNION"),
        (UNION, 130, {}, "subquery"),
        (UNION + " limit 500", 300, {}, "the last one only"),
        ("select a from t limit 60000", 50_000, {}, "iterate"),
        ("select a from t limit {n}", 50_000, {}, "iterate"),
    ],
)
def test_a_cut_result_is_never_passed_on_in_silence(
    side: Side, sql: str, count: int, fields: dict[str, Any], words: str
) -> None:
    values = {"n": 60_000} if "{n}" in sql else None
    with pytest.warns(TruncatedResultWarning, match=words) as caught:
        assert len(hogql(side, Script([rows(count, **fields)]), sql, values=values)) == count
    assert len(caught) == 1

    with pytest.raises(TruncatedResultError, match=words) as error:
        hogql(side, Script([rows(count, **fields)]), sql, values=values, truncated="error")
    assert len(error.value.result) == count

    hogql(side, Script([rows(count, **fields)]), sql, values=values, truncated="ignore")


@pytest.mark.parametrize(
    ("sql", "count", "fields"),
    [
        ("select a from t", 100, {"hasMore": False, "limit": 100}),
        ("select a from t limit 100", 100, {}),
        ("select a from t limit 50000", 50_000, {}),
        ("select a from t limit 60000", 49_999, {}),
        ("select a from t limit {n}", 50_000, {}),
        (UNION, 99, {}),
        ("select 1 limit 100 union all select 2 limit 100", 200, {}),
        ("select * from (select 1 union all select 2) limit 200", 200, {}),
    ],
)
def test_a_whole_result_raises_no_alarm(side: Side, sql: str, count: int, fields: dict[str, Any]) -> None:
    values = {"n": 50_000} if "{n}" in sql else None
    assert len(hogql(side, Script([rows(count, **fields)]), sql, values=values, truncated="error")) == count


def test_the_warning_points_at_the_line_of_the_caller(side: Side) -> None:
    client = side.client(Script([rows(100, **CUT)], repeat=True))

    async def ask() -> None:
        await client.query.hogql("select a from t")
        await client.query.run({"kind": "HogQLQuery", "query": "select a from t"})

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if side.kind == "sync":
            client.query.hogql("select a from t")
            client.query.run({"kind": "HogQLQuery", "query": "select a from t"})
        else:
            asyncio.run(ask())
    assert [warning.filename for warning in caught] == [__file__] * 2


# --- failures --------------------------------------------------------------------------------------------------

SQL = "select\n  event,\n  nope\nfrom events limit 1"
ENVELOPE = {
    "type": "validation_error",
    "code": "hogql_query_error",
    "detail": "Unable to resolve field: nope",
}


def positioned(start: int, end: int, **fields: Any) -> dict[str, Any]:
    error = {"message": "nope", "start": start, "end": end}
    return {**ENVELOPE, "extra": {"hogql_metadata": {"errors": [error]}}, **fields}


def failure(side: Side, answer: httpx.Response, sql: str = SQL, **arguments: Any) -> QueryError:
    with pytest.raises(QueryError) as caught:
        hogql(side, Script([answer], repeat=True), sql, **arguments)
    return caught.value


def test_a_refused_query_is_a_query_error_made_from_the_status_error(side: Side) -> None:
    error = failure(side, reply(ENVELOPE, 400))
    assert (error.status, error.code, error.detail) == (400, "hogql_query_error", ENVELOPE["detail"])
    assert error.body == ENVELOPE
    assert error.sql == SQL
    assert error.position is None
    assert error.explain() == error.detail
    assert isinstance(error.__cause__, BadRequestError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_create_itself_keeps_the_status_error(side: Side) -> None:
    client = side.client(Script([reply(ENVELOPE, 400)]))
    with pytest.raises(BadRequestError):
        side.run(client.query.create(query={"kind": "HogQLQuery", "query": SQL}))


@pytest.mark.parametrize("turned", [False, True])
def test_the_position_is_shown_under_the_line(side: Side, turned: bool) -> None:
    start = SQL.index("nope")
    ends = (start + 4, start) if turned else (start, start + 4)
    error = failure(side, reply(positioned(*ends), 400))
    assert error.position is not None
    assert (error.position.line, error.position.column) == (3, 3)
    assert SQL[error.position.start : error.position.end] == "nope"
    assert "(line 3, column 3)" in str(error)
    assert error.explain() == (
        "Unable to resolve field: nope\n"
        "1 | select\n"
        "2 |   event,\n"
        "3 |   nope\n"
        "  |   ^^^^\n"
        "4 | from events limit 1"
    )


def test_the_position_is_one_in_the_callers_own_text(side: Side) -> None:
    import datetime

    sql = "select {day}, nope limit 1"
    widened = "select toDate({day}), nope limit 1"
    start = widened.index("nope")
    error = failure(
        side, reply(positioned(start, start + 4), 400), sql, values={"day": datetime.date(2026, 1, 1)}
    )
    assert error.position is not None
    assert sql[error.position.start : error.position.end] == "nope"


def test_a_line_and_column_in_the_message_count(side: Side) -> None:
    error = failure(side, reply({**ENVELOPE, "detail": "line 3, column 2: mismatched input 'nope'"}, 400))
    assert error.position is not None
    assert (error.position.line, error.position.column) == (3, 3)


@pytest.mark.parametrize(
    "body",
    [
        {**ENVELOPE, "detail": "line 99, column 2: odd"},
        {**ENVELOPE, "detail": "Syntax error: failed at position 8 (line 1, col 8)"},
        {**ENVELOPE, "extra": {"hogql_metadata": {"errors": []}}},
        {**ENVELOPE, "extra": {"hogql_metadata": {"errors": [{"start": None, "end": 3}]}}},
        {**ENVELOPE, "extra": [1]},
    ],
)
def test_no_position_is_made_up(side: Side, body: dict[str, Any]) -> None:
    assert failure(side, reply(body, 400)).position is None


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (10_000, 20_000), (0, 10_000), (len(SQL), len(SQL))])
def test_positions_outside_the_text_are_no_trouble(side: Side, start: int, end: int) -> None:
    assert "^" in failure(side, reply(positioned(start, end), 400)).explain()


def test_what_clickhouse_refuses_to_run_is_a_query_error(side: Side) -> None:
    body = {"type": "server_error", "code": "error", "detail": "Estimated query execution time is too long."}
    assert failure(side, reply(body, 512)).status == 512
    body = {**body, "detail": "ClickHouse error while executing query."}
    assert failure(side, reply(body, 500)).status == 500


def test_what_is_not_the_querys_fault_is_no_query_error(side: Side) -> None:
    for status, expected in ((403, PermissionDeniedError), (500, ServerError), (429, PostHogError)):
        with pytest.raises(expected) as caught:
            hogql(side, Script([reply({"detail": "no"}, status)], repeat=True))
        assert not isinstance(caught.value, QueryError)


def test_too_many_queries_at_once_are_tried_again(side: Side) -> None:
    busy = reply(
        {"type": "throttled_error", "detail": "Too many simultaneous queries. Try again later."}, 429
    )
    script = Script([busy, busy, rows()])
    assert len(hogql(side, script)) == 1
    assert len({sent(script, index)["client_query_id"] for index in range(3)}) == 1


def test_a_blocking_query_that_takes_too_long_points_to_async(side: Side) -> None:
    with pytest.raises(ServerError, match="refresh='async'"):
        hogql(side, Script([httpx.Response(504, text="<html>")], repeat=True))
    with pytest.raises(APITimeoutError, match="refresh='async'"):
        hogql(side, Script([httpx.ReadTimeout("slow")], repeat=True))
    with pytest.raises(ServerError) as caught:
        hogql(side, Script([httpx.Response(504, text="<html>")], repeat=True), refresh="async")
    assert "refresh" not in str(caught.value)


def test_the_timeout_counts_for_all_attempts_together(side: Side) -> None:
    clock = FakeClock()
    busy = reply({"detail": "busy"}, 503, retry_after="7")
    client = side.client(Script([busy], repeat=True), clock, max_retries=9)
    started = clock.time
    with pytest.raises(DeadlineExceeded, match="not done within 10 s"):
        side.run(client.query.hogql("select 1", timeout=10))
    assert clock.time - started <= 10


# --- other kinds -----------------------------------------------------------------------------------------------


def test_any_kind_gives_its_answer_as_it_is(side: Side) -> None:
    script = Script([reply({"results": [{"data": [1]}]})])
    query = {"kind": "TrendsQuery", "series": []}
    found = side.run(side.client(script).query.run(query, filters_override={"date_from": "-7d"}, name="n"))
    assert found.results == [{"data": [1]}]
    assert sent(script)["query"] == query
    assert sent(script)["filters_override"] == {"date_from": "-7d"}


def test_a_hogql_query_object_is_checked_like_hogql(side: Side) -> None:
    client = side.client(Script([rows(100, **CUT)], repeat=True))
    with pytest.raises(InvalidRequestError, match="no value"):
        side.run(client.query.run({"kind": "HogQLQuery", "query": "select {x}"}))
    with pytest.raises(TruncatedResultError):
        side.run(client.query.run({"kind": "HogQLQuery", "query": "select a from t"}, truncated="error"))


@pytest.mark.parametrize("query", [None, {}, {"kind": 3}, "select 1"])
def test_a_query_without_a_kind_is_not_sent(side: Side, query: Any) -> None:
    with pytest.raises(InvalidRequestError, match="kind"):
        side.run(side.client(Script([])).query.run(query))
