"""The border: what a query may read and call, and that nothing of its text reaches the engine but as a value."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql import HogQLError, execute

DATA = Dataset(persons=5, events=60, seed=3)


def answer(sql: str, **values: Any) -> list[list[Any]]:
    return execute(sql, values or None, DATA, START).rows


#: SQL that would tell of itself if it ever ran.
ESCAPES = (
    "' || (select string_agg(table_name) from duckdb_tables()) || '",
    "'; drop table events; --",
    "\\'; drop table events; --",
    "x') from events; attach 'y' as z; select ('",
    "{end}",
    "{0}{1}{*}",
    "{0.__class__}",
    "%s $1 ? :a @b",
    '"',
    "`",
    "\\",
    "/* -- */",
    "$$ x $$",
    "\N{ZERO WIDTH SPACE}é\N{GRINNING FACE}",
)
HOLDERS = (
    "select {x}",
    "select lower({x}), 1",
    "select concat({x}, '{end}', {y})",
    "select arrayStringConcat([{x}, {y}], {y})",
    "select arrayConcat([{x}], [{y}])",
    "select replaceAll({x}, {y}, {x})",
    "select groupArrayIf({x}, event = {y}) from events",
    "select groupUniqArrayIf({x}, event != {y}) from events",
    "select maxIf({x}, event != {y}) from events",
    "select quantileIf(0.5)(length({x}), event != {y}) from events",
    "select max({x}) over (partition by {y}) from events limit 1",
    "select coalesce(null, {x}, {y})",
    "select if({x} = {y}, {x}, {y})",
    "select arrayMap(a -> concat(a, {x}), [{y}])",
    "select JSONExtractString({x}, {y})",
    "select {x} in ({y}, 'a'), {x} like {y}",
    "select count() from events where properties[{x}] = {y}",
)


@pytest.mark.parametrize("sql", HOLDERS)
def test_a_value_is_never_read_as_sql(sql: str) -> None:
    # Innocent values show which errors and rows the query gives anyway.
    assert len(answer(sql, x="a", y="b")) == 1
    before = answer("select count() from events")
    for x in ESCAPES:
        for y in ESCAPES:
            if y == "\\" and "like" in sql:
                with pytest.raises(HogQLError, match="end of LIKE pattern"):
                    answer(sql, x=x, y=y)
                continue
            (row,) = answer(sql, x=x, y=y)
            assert "cohort_people" not in str(row)
    assert answer("select count() from events") == before


@pytest.mark.parametrize("text", ESCAPES)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert answer("select {x}, concat({x}, {y}), [{x}], ({x}, {y})", x=text, y="{*}") == [
        [text, text + "{*}", [text], [text, "{*}"]]
    ]
    assert answer("select groupArrayIf({x}, number = 0), max({x}) from numbers(2)", x=text) == [
        [[text], text]
    ]


@pytest.mark.parametrize("name", ESCAPES)
def test_hostile_names_stay_names(name: str) -> None:
    quoted = "`" + name.replace("\\", "\\\\").replace("`", "``") + "`"
    assert execute(f"select 1 as {quoted}", None, DATA, START).columns == [name]
    sql = f"with {quoted} as (select 2 as {quoted}) select {quoted}.{quoted} from {quoted}"
    assert answer(sql) == [[2]]
    assert answer(f"select count() from events where properties.{quoted} is not null") == [[0]]
    for refused in (f"select {quoted} from events", f"select 1 from {quoted}", f"select {quoted}(1)"):
        with pytest.raises(HogQLError):
            answer(refused)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from `/etc/passwd`",
        "select * from glob('/*')",
        "select * from duckdb_tables()",
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "select * from pragma_table_info('events')",
        "select * from information_schema.tables",
        "select * from sqlite_master",
        "select * from system.tables",
        "select * from url('http://localhost/')",
        "select * from file('x')",
        "select * from main.events",
        "select * from range(10)",
        "select * from t1",
        "select * from events.person",
        "select getenv('HOME')",
        "select current_setting('threads')",
        "select read_text('/etc/passwd')",
        "select dictGet('a', 'b', 1)",
        "select query('select 1')",
        "select nextval('x')",
        "select error('x')",
        "select sleep(3)",
        "copy events to '/tmp/x'",
        "attach 'x'",
        "pragma version",
        "install httpfs",
        "set threads = 1",
        "drop table events",
        "insert into events values (1)",
        "select 1; select 2",
        "select rowid from events",
        "select c0 from (select 1 as a)",
        "select base.event from events",
    ],
)
def test_what_is_not_in_the_lists_is_refused(sql: str) -> None:
    with pytest.raises(HogQLError):
        answer(sql)


def test_the_engine_reaches_no_files_even_if_it_were_asked() -> None:
    import duckdb

    from posthog_environments.emulator.hogql.duckdb.store import connect

    database = connect()
    for sql in ("select * from read_text('/etc/hostname')", "attach 'x.db'", "install httpfs", "load httpfs"):
        with pytest.raises(duckdb.Error):
            database.execute(sql)
    with pytest.raises(duckdb.Error, match="locked"):
        database.execute("set enable_external_access = true")
