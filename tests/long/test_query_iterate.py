"""`iterate` gives every row exactly once, however many there are, and goes on where it was left. Both clients alike.

Except for the emulator's tests, the pages are computed by DuckDB from the SQL that the client sends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posthog_environments import (
    InvalidRequestError,
    QueryError,
    ResponseTooLargeError,
    RowKeyError,
    RowPageEvent,
)
from posthog_environments.queries.keyset import SMALLEST_PAGE

from ..client.conftest import FakeClock, Side, reply, side
from .sql_server import SqlServer, numbers

__all__ = ["side"]


def table(count: int, step: int = 1) -> str:
    return f"create table t as select range * {step} as n, 'row ' || range as name from range({count})"


def iterate(
    side: Side, server: SqlServer, sql: str = "select n, name from t", key: Any = "n", **arguments: Any
) -> Any:
    client = side.client(server, FakeClock(), max_retries=0, **arguments.pop("client", {}))
    return client.query.iterate(sql, key=key, **arguments)


def rows(side: Side, server: SqlServer, *given: Any, **arguments: Any) -> list[Any]:
    return side.all(iterate(side, server, *given, **arguments))


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 18, 19, 20, 100])
@pytest.mark.parametrize("duplicates", ["error", "drop"])
def test_every_row_comes_once_whatever_the_page_size(side: Side, count: int, duplicates: str) -> None:
    server = SqlServer(table(count))
    assert numbers(rows(side, server, page_size=10, duplicates=duplicates)) == list(range(count))


def test_nothing_is_sent_before_the_first_row_is_asked_for(side: Side) -> None:
    server = SqlServer(table(3))
    found = iterate(side, server)
    assert server.bodies == []
    assert found.columns == ()
    assert len(side.all(found)) == 3
    assert found.columns == ("n", "name")
    assert found.types == ("Int64", "String")
    assert "3 rows taken" in repr(found)


def test_rows_are_tuples_or_dicts(side: Side) -> None:
    server = SqlServer(table(1))
    assert rows(side, server) == [(0, "row 0")]
    assert rows(side, server, as_dicts=True) == [{"n": 0, "name": "row 0"}]


def test_the_columns_of_an_empty_result_are_known(side: Side) -> None:
    found = iterate(side, SqlServer(table(0)))
    assert side.all(found) == []
    assert found.columns == ("n", "name")


EVENTS = """create table events as select
    make_timestamp(1767225600000000 + (range // 7) * 3) as timestamp,
    cast(printf('%08x-0000-4000-8000-%012x', (range * 2654435761) % 4294967296, range) as uuid) as uuid,
    range as n from range(1000)"""


@pytest.mark.parametrize("page_size", [7, 8, 50, 999, 1_000, 1_001])
def test_times_in_microseconds_with_uuids_as_tie_breaks(side: Side, page_size: int) -> None:
    server = SqlServer(EVENTS)
    found = rows(side, server, "select * from events", ("timestamp", "uuid"), page_size=page_size)
    assert sorted(row[2] for row in found) == list(range(1000))
    assert [row[:2] for row in found] == sorted(row[:2] for row in found)
    assert found[0][0] == datetime(2026, 1, 1, tzinfo=UTC)
    if page_size == 7:
        assert "toDateTime({after_0})" in server.bodies[1]["query"]["query"]
        assert "toUUID({after_1})" in server.bodies[1]["query"]["query"]


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("range", "Int64"),
        ("cast(18446744073709550000 + range as ubigint)", "UInt64"),
        ("range / 7.0", "Float64"),
        ("'it''s {x} ` \\\\ ' || printf('%06d', range)", "String"),
        ("cast(make_date(2026, 1, 1) + cast(range as integer) as date)", "Date"),
        ("make_timestamp(1767225600000000 + range)", "DateTime64"),
        ("cast(printf('%08x-0000-4000-8000-000000000000', (range * 48271) % 2147483647) as uuid)", "UUID"),
    ],
)
@pytest.mark.parametrize("nullable", [False, True])
def test_keys_of_every_type(side: Side, expression: str, kind: str, nullable: bool) -> None:
    server = SqlServer(
        f"create table t as select {expression} as k, range as n from range(100)", nullable=nullable
    )
    found = iterate(side, server, "select * from t", "k", page_size=9)
    assert sorted(row[1] for row in side.all(found)) == list(range(100))
    assert kind in str(found.types[0])


def test_three_columns_and_odd_names(side: Side) -> None:
    server = SqlServer(
        'create table t as select range % 3 as "a b", range % 5 as "order", range as n from range(60)'
    )
    found = rows(side, server, 'select "a b", "order", n from t', ("a b", "order", "n"), page_size=4)
    assert found == sorted(found)
    assert len(found) == 60


@pytest.mark.parametrize(
    "sql",
    [
        "select n from t order by n desc;",
        "select n from t -- a comment",
        "select n from t; -- a comment; or two",
        "with x as (select n from t) select n from x",
        "select n from t where n < 20 union all select n from t where n >= 20",
    ],
)
def test_sql_of_any_form_is_a_subquery(side: Side, sql: str) -> None:
    assert numbers(rows(side, SqlServer(table(50)), sql, page_size=8)) == list(range(50))


def test_a_limit_in_the_sql_counts_for_the_whole(side: Side) -> None:
    assert numbers(
        rows(side, SqlServer(table(50)), "select n from t order by n limit 30", page_size=8)
    ) == list(range(30))


def test_values_of_the_caller_stay_apart_from_ours(side: Side) -> None:
    server = SqlServer(table(50))
    sql = "select n from t where n >= {after_0} and n < {after_1}"
    found = rows(side, server, sql, page_size=8, values={"after_0": 10, "after_1": 40})
    assert numbers(found) == list(range(10, 40))
    assert server.bodies[1]["query"]["values"] == {"after_0": 10, "after_1": 40, "after__0": 17}


def test_other_fields_go_with_every_page(side: Side) -> None:
    server = SqlServer(table(20))
    rows(side, server, page_size=8, name="mine", refresh="force_blocking", filters={"properties": []})
    assert all(body["name"] == "mine" and body["refresh"] == "force_blocking" for body in server.bodies)
    assert all(body["query"]["filters"] == {"properties": []} for body in server.bodies)


def test_a_server_that_lowers_its_largest_page_loses_nothing(side: Side) -> None:
    server = SqlServer(table(100), largest=7)
    assert numbers(rows(side, server, page_size=50)) == list(range(100))


def test_rows_added_meanwhile_neither_shift_nor_double_anything(side: Side) -> None:
    def add(number: int) -> None:
        if 1 < number < 6:
            server.database.execute(
                f"insert into t values ({number * 2 - 101}, 'early'), ({1_000 + number}, 'late')"
            )

    server = SqlServer(table(100, step=2), before=add)
    found = numbers(rows(side, server, page_size=20))
    assert found == sorted(set(found))
    assert set(range(0, 200, 2)) <= set(found)
    assert {1_002, 1_003, 1_004, 1_005} <= set(found)


def test_a_row_that_goes_away_at_the_border_takes_no_other_with_it(side: Side) -> None:
    def remove(number: int) -> None:
        if number == 2:
            server.database.execute("delete from t where n = 9")

    server = SqlServer(table(30), before=remove)
    assert numbers(rows(side, server, page_size=10)) == list(range(30))


# --- keys that are none ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [2, 3, 4, 5, 6, 100])
def test_a_key_that_comes_twice_is_told_wherever_the_page_ends(side: Side, page_size: int) -> None:
    server = SqlServer("create table t as select unnest([1, 2, 3, 4, 4, 5, 6]) as n")
    with pytest.raises(RowKeyError, match=r"two rows have the same key \(n = 4\)"):
        rows(side, server, "select n from t", page_size=page_size)


@pytest.mark.parametrize("page_size", [2, 3, 4, 100])
def test_rows_that_are_there_twice_can_be_dropped(side: Side, page_size: int) -> None:
    server = SqlServer("create table t as select unnest([1, 1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5]) as n")
    found = rows(side, server, "select n from t", page_size=page_size, duplicates="drop")
    assert numbers(found) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("page_size", [2, 3, 100])
@pytest.mark.parametrize("key", ["n", ("n", "m"), ("m", "n")])
def test_null_in_the_key_is_told_and_never_lost(side: Side, page_size: int, key: Any) -> None:
    server = SqlServer("create table t as select unnest([1, 2, 3, null]) as n, 1 as m", nullable=True)
    with pytest.raises(RowKeyError, match="'n' is NULL"):
        rows(side, server, "select n, m from t", key, page_size=page_size)


@pytest.mark.parametrize("page_size", [2, 100])
def test_not_a_number_in_the_key_is_told_and_never_lost(side: Side, page_size: int) -> None:
    answers = [
        {"columns": ["x"], "types": [["x", "Float64"]], "results": [[1.0], [2.0]]},
        {"columns": ["x"], "types": [["x", "Float64"]], "results": [[2.0], [None]]},
    ]
    server = SqlServer(before=lambda number: reply(answers[number - 1]))
    with pytest.raises(RowKeyError, match="'x' is NULL"):
        rows(side, server, "select x from t", "x", page_size=page_size)
    assert "`x` != `x`" in server.bodies[1]["query"]["query"]


@pytest.mark.parametrize(
    ("columns", "types", "message"),
    [
        (["a"], ["String"], "no column 'n'.*'a'"),
        (["n", "n"], ["String", "String"], "two columns 'n'"),
        (["n"], ["Array(String)"], "cannot be a key"),
        (["n"], ["Decimal(10, 2)"], "cannot be a key"),
        (["n"], [None], "unknown type"),
        (["n"], ["DateTime64(9, 'UTC')"], "microseconds"),
    ],
)
def test_columns_that_cannot_be_a_key_are_told(
    side: Side, columns: list[str], types: list[str], message: str
) -> None:
    answer = {
        "columns": columns,
        "types": list(zip(columns, types, strict=True)),
        "results": [["x"] * len(columns)],
    }
    with pytest.raises(RowKeyError, match=message):
        rows(side, SqlServer(before=lambda _: reply(answer)))


@pytest.mark.parametrize(
    "arguments",
    [
        {"key": ()},
        {"key": ""},
        {"key": ("n", "n")},
        {"key": (1,)},
        {"page_size": 1},
        {"page_size": 50_001},
        {"page_size": True},
        {"duplicates": "keep"},
        {"on_page": 3},
        {"sql": "select {x}"},
        {"sql": "select 1; select 2"},
    ],
)
def test_arguments_that_can_only_fail_are_refused(side: Side, arguments: dict[str, Any]) -> None:
    server = SqlServer()
    with pytest.raises(InvalidRequestError):
        iterate(side, server, **arguments)
    assert server.bodies == []


# --- pages that do not come ------------------------------------------------------------------------------------


def test_a_page_that_is_too_large_is_asked_for_in_halves(side: Side) -> None:
    server = SqlServer(table(200))
    found = rows(side, server, page_size=100, client={"max_response_bytes": 900})
    assert numbers(found) == list(range(200))
    assert "limit 100" in server.bodies[0]["query"]["query"]


def test_a_row_that_is_too_large_is_an_error(side: Side) -> None:
    with pytest.raises(ResponseTooLargeError):
        rows(side, SqlServer(table(200)), page_size=100, client={"max_response_bytes": 10})


@pytest.mark.parametrize("trouble", [httpx.Response(504), httpx.ReadTimeout("slow")])
def test_a_page_that_takes_too_long_is_asked_for_in_halves(side: Side, trouble: Any) -> None:
    def slow(number: int) -> httpx.Response | None:
        if number not in (2, 3):
            return None
        if isinstance(trouble, Exception):
            raise trouble
        return httpx.Response(trouble.status_code)

    server = SqlServer(table(9_000), before=slow)
    assert numbers(rows(side, server, page_size=4_000)) == list(range(9_000))
    limits = [body["query"]["query"].rsplit(" ", 1)[1] for body in server.bodies]
    assert limits[:4] == ["4000", "4000", "2000", "1000"]


def test_a_server_that_is_always_slow_is_not_asked_for_ever(side: Side) -> None:
    server = SqlServer(before=lambda _: httpx.Response(504))
    with pytest.raises(Exception, match="504"):
        rows(side, server, page_size=4_000)
    assert len(server.bodies) == 4
    assert f"limit {SMALLEST_PAGE}" in server.bodies[-1]["query"]["query"]


def test_a_mistake_is_shown_in_the_callers_own_text(side: Side) -> None:
    def refuse(_: int) -> httpx.Response:
        start = server.bodies[0]["query"]["query"].index("nope")
        errors = [{"message": "nope", "start": start, "end": start + 4}]
        return reply({"detail": "no", "extra": {"hogql_metadata": {"errors": errors}}}, 400)

    server = SqlServer(before=refuse)
    with pytest.raises(QueryError) as caught:
        rows(side, server, "select nope from t")
    assert caught.value.explain().splitlines()[1:] == ["1 | select nope from t", "  |        ^^^^"]


# --- going on --------------------------------------------------------------------------------------------------


def take(side: Side, found: Any, count: int) -> list[Any]:
    """So many rows, and no more; then the iterator is left."""
    if side.kind == "sync":
        with found:
            return [next(found) for _ in range(count)]

    async def some() -> list[Any]:
        async with found:
            return [await anext(found) for _ in range(count)]

    return asyncio.run(some())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8), st.integers(2, 30), st.sampled_from(["sync", "async"]))
def test_leaving_and_going_on_at_any_row_loses_and_doubles_nothing(
    cuts: list[int], page_size: int, kind: str
) -> None:
    one_side = Side(kind)
    server = SqlServer(EVENTS.replace("range(1000)", "range(120)"))
    arguments: Any = {"sql": "select * from events", "key": ("timestamp", "uuid"), "page_size": page_size}
    found: list[Any] = []
    token = None
    for cut in cuts:
        part = iterate(one_side, server, **arguments, resume_from=token)
        found += take(one_side, part, min(cut, 120 - len(found)))
        token = json.loads(json.dumps(part.token))
    found += rows(one_side, server, **arguments, resume_from=token)
    assert sorted(row[2] for row in found) == list(range(120))


def test_a_pull_killed_at_random_points_is_whole_in_the_end(side: Side) -> None:
    """Requests fail at random, and each failure ends the process; the next one goes on from the last token."""
    chance = random.Random(7)

    def strike(_: int) -> httpx.Response | None:
        return httpx.Response(403, json={"detail": "killed"}) if chance.random() < 0.3 else None

    server = SqlServer(table(3_000), before=strike)
    found: list[Any] = []
    token: str | None = None
    lives = 0
    while True:
        lives += 1
        part = iterate(side, server, page_size=100, resume_from=token)
        try:
            if chance.random() < 0.5:
                found += take_until_killed(side, part, chance.randrange(1, 400), found)
            else:
                found += take_until_killed(side, part, 10_000, found)
                break
        except KeyboardInterrupt:
            pass
        token = part.token
    assert numbers(found) == list(range(3_000))
    assert lives > 5


def take_until_killed(side: Side, part: Any, most: int, found: list[Any]) -> list[Any]:
    """Rows go straight to `found`, as they would to a disk; a failed request is a death."""

    async def pull() -> None:
        async for row in part:
            found.append(row)
            nonlocal most
            most -= 1
            if most == 0:
                raise KeyboardInterrupt

    try:
        if side.kind == "async":
            asyncio.run(pull())
        else:
            for row in part:
                found.append(row)
                most -= 1
                if most == 0:
                    raise KeyboardInterrupt
    except Exception as error:
        raise KeyboardInterrupt from error
    return []


def test_pages_are_told_when_their_rows_were_dealt_with(side: Side) -> None:
    told: list[RowPageEvent] = []
    server = SqlServer(table(25))
    found = iterate(side, server, page_size=10, on_page=told.append)
    take(side, found, 10)
    assert told == []

    found = iterate(side, server, page_size=10, on_page=told.append)
    side.all(found)
    assert [(event.number, event.rows, event.total) for event in told] == [
        (1, 10, 10),
        (2, 9, 19),
        (3, 6, 25),
    ]
    assert told[-1].token == found.token
    assert numbers(rows(side, server, page_size=10, resume_from=told[0].token)) == list(range(10, 25))


def test_a_token_at_the_end_goes_on_with_what_is_new(side: Side) -> None:
    server = SqlServer(table(5))
    found = iterate(side, server)
    side.all(found)
    assert rows(side, server, resume_from=found.token) == []
    server.database.execute("insert into t values (5, 'new')")
    assert rows(side, server, resume_from=found.token) == [(5, "new")]


def test_a_token_before_the_first_row_is_the_beginning(side: Side) -> None:
    server = SqlServer(table(5))
    token = iterate(side, server).token
    assert len(rows(side, server, resume_from=token)) == 5


@pytest.mark.parametrize(
    "change",
    [
        {"sql": "select n, name from t where n > {x} "},
        {"values": {"x": 2}},
        {"key": "name"},
        {"filters": {"properties": []}},
        {"client": {"project_id": 8}},
    ],
)
def test_a_token_of_another_query_is_refused(side: Side, change: dict[str, Any]) -> None:
    arguments: Any = {"sql": "select n, name from t where n > {x}", "key": "n", "values": {"x": 1}}
    token = iterate(side, SqlServer(), **arguments).token
    with pytest.raises(InvalidRequestError, match="other arguments"):
        iterate(side, SqlServer(), **{**arguments, **change}, resume_from=token)


def test_a_token_does_not_depend_on_the_page_size(side: Side) -> None:
    server = SqlServer(table(30))
    found = iterate(side, server, page_size=7)
    take(side, found, 9)
    assert numbers(rows(side, server, page_size=20, resume_from=found.token)) == list(range(9, 30))


@pytest.mark.parametrize("damage", ["", "x", "3", "[]", "{}", '{"v":2}', "key", "types", "short", 3])
def test_a_damaged_token_is_refused(side: Side, damage: Any) -> None:
    server = SqlServer(table(3))
    found = iterate(side, server)
    take(side, found, 1)
    token = json.loads(found.token)
    changes = {"key": {"key": 1}, "types": {"types": [1]}, "short": {"key": []}}
    text = json.dumps({**token, **changes[damage]}) if damage in changes else damage
    with pytest.raises(InvalidRequestError, match="resume_from"):
        iterate(side, server, resume_from=text)


def test_a_token_whose_types_were_changed_cannot_change_the_sql(side: Side) -> None:
    server = SqlServer(table(3))
    found = iterate(side, server)
    take(side, found, 1)
    token = json.dumps({**json.loads(found.token), "types": ["Array(String)"]})
    with pytest.raises(RowKeyError):
        iterate(side, server, resume_from=token)


def test_leaving_while_a_page_is_under_way_cancels_it(side: Side) -> None:
    def interrupt(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt if side.kind == "sync" else asyncio.CancelledError

    server = SqlServer(table(30), before=interrupt)
    found = iterate(side, server, page_size=10)
    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError)):
        take(side, found, 30)
    assert server.methods == ["POST", "POST", "DELETE"]
    assert numbers(rows(side, server, page_size=10, resume_from=found.token)) == list(range(10, 30))


# --- many ------------------------------------------------------------------------------------------------------


def test_a_million_rows_come_exactly_once_in_constant_memory(side: Side) -> None:
    """Only pages pass by: nothing is kept from one to the next."""
    count, page = 1_000_000, 20_000

    def answer(number: int) -> httpx.Response:
        values = server.bodies.pop()["query"].get("values", {})
        server.bodies.append(None)
        server.methods.clear()
        first = values.get("after_0", 0)
        last = min(first + page, count)
        body = ",".join(f"[{n}]" for n in range(first, last))
        head = '{"columns":["n"],"types":[["n","UInt64"]],"results":['
        return httpx.Response(200, content=f"{head}{body}]}}".encode())

    server = SqlServer(before=answer)
    found = iterate(side, server, "select n from t", page_size=page)
    early = late = seen = total = 0

    def note(row: tuple[int]) -> None:
        nonlocal early, late, seen, total
        assert row[0] == seen
        seen += 1
        total += row[0]
        if seen == 100_000:
            gc.collect()
            tracemalloc.start()
        elif seen in (150_000, 300_000):
            gc.collect()
            early, late = late, tracemalloc.get_traced_memory()[0]
            if early:
                tracemalloc.stop()

    if side.kind == "sync":
        for row in found:
            note(row)
    else:

        async def pull() -> None:
            async for row in found:
                note(row)

        asyncio.run(pull())
    assert seen == count
    assert total == count * (count - 1) // 2
    assert early > 0
    assert late - early < 500_000, f"{late - early:,} bytes more after 150,000 rows"
