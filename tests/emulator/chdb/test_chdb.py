from __future__ import annotations

import gc
import multiprocessing
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from posthog_environments import QueryError
from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLUnsupported, Result, execute
from posthog_environments.emulator.hogql.chdb.store import Server
from posthog_environments.emulator.hogql.engines import engine


def ask(emulator: Emulator, sql: str, values: dict[str, Any] | None = None) -> Result:
    return execute(sql, values, emulator.data, emulator.clock.now(), engine="chdb")


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    emulator = Emulator(persons=3, events=0, query_engine="chdb")
    emulator.add_person("ada", properties={"email": "ada@example.com"})
    emulator.add_event("buy", "ada", {"amount": 10, "$browser": "Chrome"}, timestamp="2025-06-01T22:30:00Z")
    emulator.add_event("buy", "ada", {"amount": "20.5"}, timestamp="2025-06-02T01:00:00.25Z")
    return emulator


def test_a_client_gets_the_answers_of_clickhouse(emulator: Emulator) -> None:
    with emulator.client() as client:
        result = client.query.hogql(
            "select properties.amount as amount, person.properties.email as email from events order by timestamp"
        )
    assert result.rows == [(10.0, "ada@example.com"), (20.5, "ada@example.com")]
    assert result.types == ("Nullable(Float64)", "Nullable(String)")


@pytest.mark.parametrize(
    ("expression", "value", "kind"),
    [
        ("arrayCumSum([1, 2, 3])", [1, 3, 6], "Array(UInt64)"),
        ("arrayCumSum(x -> x * 2, [1, 2])", [2, 6], "Array(UInt64)"),
        ("arrayDifference([1, 5])", [0, 4], "Array(Int16)"),
        ("map('a', 1, 'b', 2)", {"a": 1, "b": 2}, "Map(String, UInt8)"),
        ("map('a', 1)['a'] + 1", 2, "UInt16"),
        ("mapKeys(mapFromArrays(['x', 'y'], [1, 2]))", ["x", "y"], "Array(String)"),
        ("""JSONExtract('{"a": [1, 2]}', 'a', 'Array(UInt8)')""", [1, 2], "Array(UInt8)"),
        ("""arraySum(JSONExtract('{"a": [1, 2]}', 'a', 'Array(UInt8)'))""", 3, "UInt64"),
        ("formatReadableSize(1536)", "1.50 KiB", "String"),
        ("cityHash64('a')", 2603192927274642682, "UInt64"),
        ("extractAllGroups('a=1,b=2', '(\\\\w)=(\\\\d)')", [["a", "1"], ["b", "2"]], "Array(Array(String))"),
        ("cutURLParameter('http://x/?a=1&b=2', 'a')", "http://x/?b=2", "String"),
        ("multiSearchAny('abc', ['x', 'c'])", 1, "UInt8"),
    ],
)
def test_functions_that_only_clickhouse_has(
    emulator: Emulator, expression: str, value: Any, kind: str
) -> None:
    result = ask(emulator, f"select {expression} as x")
    assert result.rows == [[value]]
    assert result.types == [["x", kind]]


def test_a_funnel_is_counted_by_person() -> None:
    emulator = Emulator(persons=0, events=0)
    for who, event, hour in (
        ("a", "see", 1),
        ("a", "buy", 2),
        ("b", "see", 1),
        ("b", "buy", 9),
        ("c", "see", 3),
    ):
        emulator.add_event(event, who, {}, timestamp=f"2025-06-01T0{hour}:00:00Z")
    steps = "windowFunnel(7200)(toDateTime(timestamp), event = 'see', event = 'buy')"
    result = ask(
        emulator, f"select distinct_id, {steps} as level from events group by distinct_id order by 1"
    )
    assert result.rows == [["a", 2], ["b", 1], ["c", 1]]
    assert result.types[1] == ["level", "UInt8"]


def test_other_aggregates_that_only_clickhouse_has(emulator: Emulator) -> None:
    sql = (
        "select sumMap([number % 2], [number]), round(skewPop(number), 3), "
        "simpleLinearRegression(number, number * 2 + 1), deltaSum(number) from numbers(6)"
    )
    assert ask(emulator, sql).rows == [[[[0, 1], [6, 9]], 0.0, [2.0, 1.0], 5]]


def test_changes_are_seen_by_the_next_query() -> None:
    emulator = Emulator(persons=0, events=0)
    count = "select count(), uniq(person_id) from events"
    assert ask(emulator, count).rows == [[0, 0]]
    emulator.add_event("a", "someone", {}, timestamp="2025-06-01T00:00:00Z")
    assert ask(emulator, count).rows == [[1, 1]]
    emulator.add_group(0, "acme", {"size": 3})
    assert ask(emulator, "select key, properties.size from groups where key = 'acme'").rows == [["acme", "3"]]


def test_projects_do_not_see_one_another() -> None:
    one, other = Emulator(persons=0, events=0), Emulator(persons=0, events=0)
    one.add_event("one", "x", {}, timestamp="2025-06-01T00:00:00Z")
    other.add_event("other", "x", {}, timestamp="2025-06-01T00:00:00Z")
    assert ask(one, "select event from events").rows == [["one"]]
    assert ask(other, "select event from events").rows == [["other"]]


def test_the_data_of_emulators_that_are_gone_is_dropped() -> None:
    def databases() -> int:
        server: Server = engine("chdb")._server  # type: ignore[attr-defined]
        found = server.execute("SELECT count() FROM system.databases WHERE name LIKE 'emulator%'", "TSV")
        return int(found)

    ask(Emulator(persons=1, events=0), "select count() from persons")
    gc.collect()
    ask(Emulator(persons=1, events=0), "select count() from persons")
    before = databases()
    for _ in range(5):
        ask(Emulator(persons=1, events=0), "select count() from persons")
        gc.collect()
    assert databases() <= before + 1


def test_several_emulators_may_be_asked_by_several_threads() -> None:
    emulators = [Emulator(persons=place, events=0, query_engine="chdb") for place in range(1, 5)]

    def count(place: int) -> list[tuple[Any, ...]]:
        with emulators[place % 4].client() as client:
            return client.query.hogql("select count() from persons").rows

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(count, range(40))) == [[(place % 4 + 1,)] for place in range(40)]


def test_a_failed_query_leaves_nothing_in_the_next_answer(emulator: Emulator) -> None:
    """chDB 26.9 keeps what a query wrote before it failed."""
    server: Server = engine("chdb")._server  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError):
        server.execute(
            "SELECT throwIf(number = 3) FROM numbers(9) SETTINGS max_block_size = 1", "JSONCompact"
        )
    assert ask(emulator, "select 1").rows == [[1]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:9/', 'LineAsString')",
        "SELECT * FROM executable('x', 'TSV', 'a String')",
        "INSERT INTO FUNCTION file('never-written.tsv', 'TSV', 'a UInt8') SELECT 1",
        "DROP DATABASE default",
        "SET max_threads = 9",
    ],
)
def test_even_what_the_printer_never_prints_reaches_nothing(emulator: Emulator, sql: str) -> None:
    ask(emulator, "select count() from events")
    store = engine("chdb")._stores[emulator.data]  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match=r"READONLY|SYNTAX_ERROR"):
        store._ask(sql)
    assert not Path("never-written.tsv").exists()


def _ask_in_fork(emulator: Emulator, answers: Any) -> None:
    try:
        answers.put(ask(emulator, "select 1").rows)
    except HogQLUnsupported as error:
        answers.put(str(error))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork, and no chDB")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_is_refused_where_it_would_hang(emulator: Emulator) -> None:
    ask(emulator, "select 1")
    forks = multiprocessing.get_context("fork")
    answers = forks.Queue()
    process = forks.Process(target=_ask_in_fork, args=(emulator, answers))
    process.start()
    assert "spawn" in answers.get(timeout=60)
    process.join(60)
    assert process.exitcode == 0


def test_a_query_of_the_caller_fails_with_clickhouses_name(emulator: Emulator) -> None:
    with emulator.client() as client, pytest.raises(QueryError) as found:
        client.query.hogql("select match('a', '(')")
    assert found.value.code == "cannot_compile_regexp"


def test_it_is_taken_where_only_it_is_installed() -> None:
    program = (
        "import sys; sys.modules['duckdb'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'duckdb' else find(name, package)\n"
        "from posthog_environments.emulator import Emulator\n"
        "print(Emulator(persons=2, events=0).client().query.hogql('select count() from persons').rows)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[(2,)]"


@pytest.mark.parametrize("key", ["uuid", ("timestamp", "uuid"), ("person_id", "uuid"), ("day", "uuid")])
def test_all_rows_are_read_page_by_page_in_clickhouses_order(key: str | tuple[str, ...]) -> None:
    """ClickHouse orders UUIDs by their second half."""
    emulator = Emulator(persons=20, events=700, ties=30, query_engine="chdb")
    sql = "select uuid, event, timestamp, person_id, toDate(timestamp) as day from events"
    with emulator.client() as client, client.query.iterate(sql, key=key, page_size=90) as rows:
        found = [row[0] for row in rows]
    assert len(found) == len(set(found)) == 700
    assert (found != sorted(found)) is (key == "uuid") or key != "uuid"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "select a.number, b.number from numbers(3) a left any join numbers(2) b on a.number = b.number order by 1",
            [[0, 0], [1, 1], [2, 0]],
        ),
        (
            "select number as n from numbers(5) where number % 2 = 1 order by n with fill from 0 to 8 step 2",
            [[0], [1], [2], [3], [4], [6]],
        ),
        ("select toInt(number) as n from numbers(2) order by n desc with fill to -2", [[1], [0], [-1]]),
    ],
)
def test_syntax_that_only_clickhouse_has(emulator: Emulator, sql: str, rows: list[Any]) -> None:
    assert ask(emulator, sql).rows == rows
