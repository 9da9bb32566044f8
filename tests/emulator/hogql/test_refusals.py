"""Mistakes in PostHog's words, at their place; gaps of the emulator told apart; nothing but a refusal ever leaves."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, syntax
from posthog_environments.emulator.hogql.duckdb.store import connect
from posthog_environments.emulator.hogql.errors import EngineMissing
from posthog_environments.emulator.hogql.functions import FUNCTIONS
from posthog_environments.emulator.query_engine import INSTALL, EngineName

from ..conftest import Api
from .cases import EMULATOR, ask, refusal

MISTAKES = [
    ("select nope from events", "nope", "query_error", "Unable to resolve field: nope"),
    (
        "select evnt from events",
        "evnt",
        "query_error",
        "Unable to resolve field: evnt. Perhaps you meant 'event'?",
    ),
    ("select e.nope from events e", "e.nope", "query_error", "Unable to resolve field: nope"),
    ("select event", "event", "query_error", "Unable to resolve field: event"),
    ("select 1 from nope", "nope", "query_error", "Unknown table `nope`."),
    (
        "select dictGet(1) from events",
        "dictGet(1)",
        "query_error",
        "Unsupported function call 'dictGet(...)'",
    ),
    (
        "select toStartOfMoth(timestamp) from events",
        "toStartOfMoth(timestamp)",
        "query_error",
        "Unsupported function call 'toStartOfMoth(...)'. Perhaps you meant 'toStartOfMonth(...)'?",
    ),
    (
        "select count(event, 1, 2, 3) from events",
        "count(event, 1, 2, 3)",
        "query_error",
        "Aggregation 'count' expects at most 1 argument, found 4",
    ),
    ("select lower() from events", "lower()", "query_error", "Function 'lower' expects 1 argument, found 0"),
    (
        "select sum(count()) from events",
        "count()",
        "query_error",
        "Aggregation 'count' cannot be nested inside another aggregation 'sum'.",
    ),
    (
        "select id from events a join persons b on a.person_id = b.id where properties.x = 1",
        "properties.x",
        "query_error",
        "Ambiguous query. Found multiple sources for field: properties",
    ),
    (
        "select 1 from events where event > 3",
        "event > 3",
        "no_common_type",
        "There is no supertype for types String, UInt8",
    ),
    (
        "select sum(event) from events",
        "sum(event)",
        "illegal_type_of_argument",
        "Illegal type String of argument of aggregate function sum",
    ),
    (
        "select event + 1 from events",
        "event + 1",
        "illegal_type_of_argument",
        "Illegal types String and UInt8 of arguments of function plus",
    ),
    (
        "select toDateTime('2025-06-01') - today()",
        "toDateTime('2025-06-01') - today()",
        "illegal_type_of_argument",
        "Illegal types DateTime('UTC') and Date of arguments of function minus",
    ),
    (
        "select event, count() from events",
        "event",
        "not_an_aggregate",
        "Column `event` is not under aggregate function and not in GROUP BY keys",
    ),
    (
        "select 1 from events where timestamp > 'x'",
        "timestamp > 'x'",
        "cannot_parse_datetime",
        "Cannot parse datetime: 'x'",
    ),
    ("select *", "*", "query_error", "Cannot use '*' when there are no tables in the query"),
    (
        "select * from events e join persons p on e.person_id = p.id",
        "*",
        "query_error",
        "Cannot use '*' without table name when there are multiple tables in the query",
    ),
    (
        "select [1, 2][0]",
        "[1, 2][0]",
        "query_error",
        "SQL indexes start from one, not from zero. E.g: array[1]",
    ),
    ("select (1, 2).0", "(1, 2).0", "query_error", "SQL indexes start from one, not from zero. E.g: array.1"),
    (
        "select person from events",
        "person",
        "query_error",
        "Can't select a table when a column is expected: person",
    ),
    (
        "select timestamp.x from events",
        "timestamp.x",
        "query_error",
        'Can not access property "x" on field "timestamp" of type: DateTimeDatabaseField',
    ),
    (
        "select toDateTime('2025-13-01')",
        "toDateTime('2025-13-01')",
        "cannot_parse_datetime",
        "Cannot parse datetime: '2025-13-01'",
    ),
    (
        "select toDateTime('soon')",
        "toDateTime('soon')",
        "cannot_parse_datetime",
        "Cannot parse datetime: 'soon'",
    ),
    (
        "select 1 from events where person_id in cohort 9",
        "9",
        "query_error",
        "Could not find cohort with ID 9",
    ),
    (
        "select event from events order by 2",
        "2",
        "bad_arguments",
        "Positional argument out of bounds: 2 (expected in range [1, 1])",
    ),
    (
        "select event, count( from events",
        "select event, count( from",
        "syntax_error",
        "no viable alternative at input 'select event, count( from events'",
    ),
]


@pytest.mark.parametrize(("sql", "place", "code", "message"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_told_in_posthogs_words_at_its_place(
    sql: str, place: str, code: str, message: str
) -> None:
    error = refusal(sql)
    assert (str(error), error.code) == (message, code)
    assert error.start is not None
    if code != "syntax_error":
        assert sql[error.start : error.end] == place


def test_places_count_characters_not_bytes() -> None:
    error = refusal("select 'ää😀', nope from events")
    assert (error.start, error.end) == (14, 18)


def test_the_code_follows_the_era() -> None:
    syntax_error, query_error = refusal("selec"), refusal("select nope")
    assert [syntax_error.envelope_code(era) for era in (2025, 2026)] == [
        "invalid_input",
        "hogql_syntax_error",
    ]
    assert [query_error.envelope_code(era) for era in (2025, 2026)] == ["invalid_input", "hogql_query_error"]
    assert refusal("select 1 from events where event > 1").envelope_code(2026) == "no_common_type"


@pytest.mark.parametrize(
    "sql",
    [
        "select 1 from heatmaps",
        "select 1 from system.tables",
        "select recordingButton(event) from events",
        "select sparkline([1, 2])",
        "select uniqUpToMerge(3)(1)",
        "with recursive a as (select 1) select 1 from a",
        "select 1 from events a positional join persons b",
        "select event from events order by event with fill interpolate",
        "select columns('a') from events",
        "select 1 except all select 2",
        "select 1 intersect select 1 except select 1",
        "select 1 from events sample 1000",
        "select toDateTime('Jun 8 2025')",
        "select f(f(f(f(f(f(f(f(1))))))))",
        "<Tag />",
    ],
)
def test_gaps_of_the_emulator_are_told_apart(sql: str) -> None:
    error = refusal(sql)
    assert error.code == "emulator_unsupported"
    assert error.start is not None
    assert error.envelope_code(2026) == "emulator_unsupported"


def test_metadata_tells_mistakes_and_places() -> None:
    api = Api(EMULATOR)

    def metadata(sql: str, **fields: Any) -> dict[str, Any]:
        query = {"kind": "HogQLMetadata", "language": "hogQL", "query": sql, **fields}
        answer = api.send("POST", "query/", {"query": query})
        assert answer.status == 200
        return {name: answer.json[name] for name in ("isValid", "errors", "warnings", "notices")}

    fine: dict[str, Any] = {"isValid": True, "errors": [], "warnings": [], "notices": []}
    assert metadata("select event from events") == fine
    assert metadata("select event from events where {filters}", filters={}) == fine
    nope = {"message": "Unable to resolve field: nope", "start": 7, "end": 11, "fix": None}
    assert metadata("select nope from events") == {**fine, "isValid": False, "errors": [nope]}
    assert metadata("")["errors"][0]["message"] == "Unexpected end of query"
    gap = metadata("select 1 from heatmaps")
    assert (gap["isValid"], [notice["start"] for notice in gap["notices"]]) == (True, [14])
    wrong = {"kind": "HogQLMetadata", "language": "hog", "query": "1"}
    assert "hogQL" in api.refused("POST", "query/", {"query": wrong})["detail"]


def test_whether_offset_is_taken_can_be_set() -> None:
    api = Api(Emulator(persons=1, events=1))
    query = {"kind": "HogQLQuery", "query": "select 1 limit 1 offset 1"}
    assert api.send("POST", "query/", {"query": query}).status == 200
    api.emulator.behaviour.hogql_offset = False
    refused = api.refused("POST", "query/", {"query": query, "refresh": "force_blocking"})
    assert refused["detail"].startswith("OFFSET is not supported")


def test_the_packages_are_not_imported_before_the_first_query() -> None:
    program = (
        "import sys; from posthog_environments.emulator import Emulator; Emulator().handle('GET', '/api/', [], b'')\n"
        "sys.exit(any(name in sys.modules for name in ('duckdb', 'hogql_parser', 'posthog')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0


# --- the security border ---------------------------------------------------------------------------------------

ATTACKS = [
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_json('/etc/passwd')",
    "select * from read_parquet('x')",
    "select * from glob('/*')",
    "select * from '/etc/passwd'",
    "select * from `/etc/passwd`",
    'select * from "/etc/passwd"',
    "select * from duckdb_tables()",
    "select * from duckdb_settings",
    "select * from information_schema.tables",
    "select * from pg_catalog.pg_tables",
    "select * from sqlite_master",
    "select * from pragma_version()",
    "select * from file('x')",
    "select * from url('http://x')",
    "select * from range(3)",
    "select * from events('x')",
    "select * from `events; drop table events`",
    "select getenv('HOME')",
    "select current_setting('threads')",
    "select read_text('/etc/passwd')",
    "select query('select 1')",
    "select list_transform([1], x -> x)",
    "select nextval('x')",
    "select event::`varchar); select 1`",
    "copy (select 1) to '/tmp/x'",
    "attach '/tmp/x' as y",
    "pragma version",
    "install httpfs",
    "load httpfs",
    "set threads = 1",
    "create table x (a int)",
    "drop table events",
    "select 1; drop table events",
    "select 1 into outfile 'x'",
    "select * from events settings max_threads = 1",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_only_listed_tables_and_functions_are_ever_reached(sql: str) -> None:
    ask("select count() from events")
    refusal(sql)
    assert ask("select count() from events").rows == [[7]]


NAMES = ['a"b', "a'b", "a`b", "a;b", "a--b", "a/*b", '"; drop table events; --', "$1", "{x}", "c0", "t1"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_the_caller_never_reach_the_engine(name: str) -> None:
    quoted = "`" + name.replace("\\", "\\\\").replace("`", "``") + "`"
    result = ask(
        f"select {quoted} as {quoted} from (select event as {quoted} from events as {quoted}) limit 1"
    )
    assert (result.columns, result.rows) == ([name], [["$pageview"]])
    assert ask(f"select properties.{quoted}, person.properties.{quoted} from events limit 1").rows == [
        [None, None]
    ]


TEXTS = [
    "'",
    "''",
    "\\'",
    "\\",
    "\\\\'",
    "'; drop table events; --",
    "$$",
    "\x00",
    "\n",
    "\u2028",
    "😀",
    "%",
    "\\%",
]


@pytest.mark.parametrize("text", TEXTS)
def test_constants_stay_constants(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    if "\x00" not in text:
        assert ask(f"select '{escaped}' as a, length(a) > 0").rows == [[text, 1]]
    assert ask("select {a}", {"a": text}).rows == [[text]]
    assert ask("select count() from events where properties.$browser = {a}", {"a": text}).rows == [[0]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/never-written'",
        "ATTACH '/tmp/never-written.db'",
        "SET enable_external_access = true",
        "SET threads = 1",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_the_database_itself_reaches_nothing_and_cannot_be_configured(sql: str) -> None:
    with pytest.raises(Exception, match=r"disabled|locked|Permission|not allowed"):
        connect().execute(sql)


# --- the parser ------------------------------------------------------------------------------------------------


def test_an_installed_posthog_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    posthog, inner = ModuleType("posthog"), ModuleType("posthog.hogql")
    monkeypatch.setitem(sys.modules, "posthog", posthog)
    monkeypatch.setitem(sys.modules, "posthog.hogql", inner)
    monkeypatch.delitem(sys.modules, "posthog.hogql.errors", raising=False)
    monkeypatch.delitem(sys.modules, "hogql_parser", raising=False)
    parser = syntax._parser.__wrapped__()
    assert "SelectQuery" in parser("select 1")
    assert (sys.modules["posthog"], sys.modules["posthog.hogql"]) == (posthog, inner)
    assert "posthog.hogql.errors" not in sys.modules


def test_without_the_packages_the_refusal_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hogql_parser", None)
    with pytest.raises(EngineMissing, match=re.escape(INSTALL["duckdb"])):
        syntax._parser.__wrapped__()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(EngineMissing, match=re.escape(INSTALL["duckdb"])):
        connect()
    assert EngineMissing().code == "emulator_unsupported"


# --- nothing else ever leaves ----------------------------------------------------------------------------------

SEEDS = [
    "select event, count() as c, properties.$browser from events e left join persons p on e.person_id = p.id "
    "where timestamp > '2025-01-01' and properties.amount > 3 or event in ('a') group by event, properties.$browser "
    "having c > 1 order by c desc limit 10 offset 2",
    "select arrayMap(x -> x + 1, [1, 2]), (1, 'a').1, arrayJoin([1, 2]) as z from numbers(3) where number % 2 = 0 "
    "limit 1 by number limit 5",
    "with a as (select event, person.properties.email as m from events), 5 as n select a.event, row_number() over "
    "(partition by event order by m rows between 1 preceding and current row) as r from a join (select 1 as x) b "
    "on a.event = toString(b.x) limit 3 with ties",
    "select multiIf(event = 'x', 1, 2.5), dateTrunc('month', timestamp), now() - interval 3 day, "
    "quantile(0.9)(properties.amount) from events group by event, timestamp union all select 1, now(), now(), 2",
    "select distinct case event when 'a' then 1 else 2 end, cast(event as int), {x}, JSONExtractString(properties, 'a'), "
    "splitByChar(',', event)[1] from sessions array join [1] as k where person_id in cohort 1 and {filters}",
]
TOKEN = re.compile(r"\s+|[A-Za-z_$][\w$]*|\d+\.?\d*|'[^']*'|.", re.DOTALL)
FURTHER = [
    "null",
    "-1",
    "()",
    "[]",
    "*",
    "e.*",
    "over ()",
    "not",
    "sum(",
    "tuple(",
    "inf",
    "''",
    "9" * 25,
    "}",
    "person",
]


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_asked_only_a_refusal_is_raised(seed: int) -> None:
    dice = random.Random(seed)
    tokens = [token for query in SEEDS for token in TOKEN.findall(query)] + FURTHER + list(FUNCTIONS)
    for _ in range(10):
        words: list[str] = TOKEN.findall(dice.choice(SEEDS))
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(words))
            words[place : place + dice.randint(0, 2)] = dice.choices(tokens, k=dice.randint(0, 2)) or [" "]
        try:
            ask("".join(words), {"x": dice.choice([1, None, "a", [1], True, 1.5])})
        except HogQLError:
            continue


def test_duckdb_computes_with_no_decimals(query_engine: EngineName) -> None:
    """It rounds them in another way than ClickHouse; the refusal says what to write."""
    sql = "select (max(timestamp) - min(timestamp)) / 60 from events"
    if query_engine == "chdb":
        assert ask(sql).types[0][1] == "Decimal(18, 6)"
    else:
        assert "toFloat()" in str(refusal(sql))


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("toDateTime64('soon', 3)", "cannot_parse_datetime"),
        ("toDateTime64(event, 3)", "cannot_parse_datetime"),
        ("toDateTime64(timestamp, length(event))", "illegal_type_of_argument"),
        ("toDateTime64(timestamp, 10)", "illegal_type_of_argument"),
        ("toDateTime64(timestamp, 9)", "emulator_unsupported"),
    ],
)
def test_todatetime64_reads_strictly_whatever_it_is_given(call: str, code: str) -> None:
    error = refusal(f"select {call} from events")
    assert error.code == code
    assert "SELECT" not in str(error), "the printed query is nobody's business"
