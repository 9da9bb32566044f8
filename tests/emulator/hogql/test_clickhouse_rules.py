"""Where ClickHouse differs from what one expects of SQL: its answers and types, which every engine must give."""

from __future__ import annotations

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import execute

from .cases import Case, refusal

NUMBERS = [
    Case(
        "select round(1234, -2), floor(-1234, -2), ceil(1234, -2), trunc(-1234, -2)",
        [[1200, -1300, 1300, -1200]],
    ),
    Case(
        "select round(15, -1), round(25, -1), round(25.0, -1), floor(7, -3), round(7, 2)",
        [[20, 30, 20.0, 0, 7]],
    ),
    Case(
        "select intDiv(7, -2), intDiv(7, 2.5), bitAnd(7, 3), bitOr(300, 1), negate(3), negate(-3), abs(-3)",
        [[-3, 2, 3, 301, -3, 3, 3]],
        "Int8; Int8; UInt8; UInt16; Int16; Int8; UInt8",
    ),
    Case(
        "select if(1, true, 2), [true, 2], [2, true], if(0, true, 300), greatest(true, 0), [true, 2.5]",
        [[True, [True, True], [2, 1], 300, 1, [1.0, 2.5]]],
        "Bool; Array(Bool); Array(UInt8); UInt16; UInt8; Array(Float64)",
    ),
    Case("select least(true, 2.5), ifNull(1, 2.5), toDateTime(true)", [[1.0, 1, "1970-01-01T00:00:01Z"]]),
    Case(
        "select toDateTime(-5), fromUnixTimestamp(-5), toDate(-5)",
        [["1970-01-01T00:00:00Z"] * 2 + ["1970-01-01"]],
    ),
]
MISSING = [
    Case("select 1 + null, toString(null), lower(null)", [[None] * 3], "; ".join(["Nullable(Nothing)"] * 3)),
    Case(
        "select assumeNotNull(properties.amount), assumeNotNull(properties.currency) from events limit 2",
        [[0.0, ""], [10.0, "EUR"]],
        "Float64; String",
    ),
    Case(
        "select toIntOrZero(properties.currency), toFloatOrZero(properties.currency), "
        "JSONExtractInt(properties.currency, 'a'), isValidJSON(properties.currency) from events limit 2",
        [[None] * 4, [0, 0.0, 0, 0]],
        "Nullable(Int64); Nullable(Float64); Nullable(Int64); Nullable(UInt8)",
    ),
    Case(
        "select ifNull(event, null), argMax(event, properties.amount) from events group by event "
        "order by event",
        [["$pageview", None], ["purchase", "purchase"], ["signed_up", None]],
        "String; Nullable(String)",
    ),
    Case(
        "select has([1, null], null), has([1], null), countEqual([1, null, null], null), indexOf([1, null], null), "
        "arrayUniq([1, null, 1]), arrayDistinct([1, null, 1])",
        [[1, 0, 2, 2, 2, [1]]],
        "UInt8; UInt8; UInt64; UInt64; UInt32; Array(UInt8)",
    ),
    Case("select splitByChar(',', properties.currency) from events limit 2", [[[""]], [["EUR"]]]),
]
TEXTS = [
    Case(
        "select toString([1, 2]), toString(['a', 'it''s']), toString((1, 'a')), toString([[1], []]), "
        "toString([toDate('2025-06-01'), null]), concat([1], 'a', (1, 'b'))",
        [["[1,2]", "['a','it\\'s']", "(1,'a')", "[[1],[]]", "['2025-06-01',NULL]", "[1]a(1,'b')"]],
    ),
    Case("select concat(2.5, true, 1), concat('a', null, [true])", [["2.5true1", "a[true]"]]),
    # One time less another: seconds, with their fractions as a decimal, which PostHog's JSON has as a text.
    Case(
        "select toDateTime('2025-06-02 00:00:01') - toDateTime('2025-06-01'), now() - toDateTime('2025-06-30 12:00:00.5'), "
        "nullIf(now(), now()) - now(), toFloat(max(timestamp) - min(timestamp)) > 0, avg(now() - now()) from events",
        [[86401, "86399.500000", None, 1, 0.0]],
        "Int32; Decimal(18, 6); Nullable(Decimal(18, 6)); UInt8; Float64",
    ),
    # Truth counts as 0 and 1, and what is made of it alone stays a truth value.
    Case(
        "select avg(true), sum(number = 1), stddevPop(true), quantile(0.5)(number > 0), max(true) from numbers(2)",
        [[1.0, 1, 0.0, 0.5, True]],
        "Float64; UInt64; Float64; Float64; Bool",
    ),
    Case(
        "select negate(1 = 1), negate(true), abs(true), xor(true, 1)",
        [[-1, -1, 1, False]],
        "Int16; Int16; UInt8; Bool",
    ),
    Case("select toString(1e-7), toString(1e100), toString(-0.5)", [["1e-7", "1e100", "-0.5"]]),
    Case(
        "select substring('abcdef', 2, -1), substring('abcdef', -3, 2), substring('abcdef', -10, 5), "
        "substring('abcdef', 0, 9), substring('abcdef', 7, -3), substring('abcdef', 1.9, 2.9)",
        [["bcde", "de", "a", "", "", "ab"]],
    ),
    Case("select left('abc', 2.7), right('abc', -1), left('abc', -5)", [["ab", "bc", ""]]),
    Case("select leftPad('7', 3, ''), rightPad('7', 3)", [["  7", "7  "]]),
    Case(
        "select replaceOne('abc', '', 'x'), replaceRegexpAll('abc', '', 'x'), extractAll('bbc', 'b*'), "
        "splitByString('', 'ab'), splitByString('', ''), countSubstrings('aaa', 'aa'), countSubstrings('a', '')",
        [["abc", "abc", ["bb"], ["a", "b"], [], 1, 0]],
    ),
    Case("select position('äb', 'b'), positionCaseInsensitive('aÄB', 'äb')", [[3, 0]]),
]
TIMES = [
    Case(
        "select toIntervalDay(7), toIntervalWeek(2.5), toIntervalMonth(toInt('3'))",
        [[7, 2, 3]],
        "IntervalDay; IntervalWeek; Nullable(IntervalMonth)",
    ),
    Case(
        "select addQuarters(toDate('2025-12-31'), 2.9), addDays(toDate('2025-06-01'), 1.9), "
        "today() + toIntervalDay(1.9)",
        [["2026-06-30", "2025-06-02", "2025-07-02"]],
        "Nullable(Date); Nullable(Date); Date",
    ),
    Case(
        "select dateDiff('week', toDate('2025-06-08'), toDate('2025-06-09')), "
        "dateDiff('week', toDate('2025-06-09'), toDate('2025-06-15'))",
        [[1, 0]],
    ),
    Case(
        "select toStartOfSecond(now()), toStartOfDay(today()), toStartOfInterval(today(), toIntervalDay(1))",
        [["2025-07-01T12:00:00Z", "2025-07-01T00:00:00Z", "2025-07-01T00:00:00Z"]],
        "DateTime64(6, 'UTC'); DateTime; DateTime",
    ),
    Case(
        "select toStartOfWeek(today(), 2), toStartOfWeek(today(), 7), toDayOfWeek(today(), 7)",
        [["2025-06-29", "2025-06-30", 3]],
    ),
]
ARRAYS = [
    Case(
        "select arrayFlatten([[[1]], [[2]]]), arrayFlatten([1])",
        [[[1, 2], [1]]],
        "Array(UInt8); Array(UInt8)",
    ),
    Case(
        "select arraySlice([1, 2, 3], -5, 2), arraySlice([1, 2, 3], -5), arraySlice([1, 2, 3], 0), "
        "arraySlice([1, 2, 3], 2, null)",
        [[[], [1, 2, 3], [], [2, 3]]],
    ),
    Case("select [1, 2][toInt('2')], [1, null][2]", [[2, None]], "Nullable(UInt8); Nullable(UInt8)"),
]
AGGREGATES = [
    Case(
        "select first_value(properties.amount), last_value(properties.currency), any(properties.amount) from events",
        [[10.0, "EUR", 10.0]],
    ),
    Case(
        "select uniq(properties.amount, properties.$browser), uniqExact(event, properties.amount), "
        "countDistinct(properties.amount), count(distinct event) from events",
        [[2, 3, 3, 3]],
        "UInt64; UInt64; UInt64; UInt64",
    ),
    Case(
        "select medianTDigest(number), medianTiming(number), medianTiming(number + 0.9) from numbers(4)",
        [[1.0, 2.0, 2.0]],
        "Float32; Float32; Float32",
    ),
    Case("select avgWeighted(properties.amount, 1) from events", [20.0]),
    Case("select sum(null), groupArray(null), count(null), uniq(null) from events", [[None, None, 0, 0]]),
]
JSON = [
    Case(
        "select JSONExtractInt('{\"a\":1.5}', 'a'), JSONExtractBool('{\"a\":-7}', 'a'), "
        "JSONExtractArrayRaw('[1,null,\"x\"]'), toFloat(' 12'), toFloat('1e3')",
        [[1, 1, ["1", "null", '"x"'], None, 1000.0]],
    ),
    Case(
        "select toDateTime('1748768400'), toDate('2025-06-01'), toDate('2025-06-01T10:00:00Z'), toBool('yes')",
        [["2025-06-01T09:00:00Z", "2025-06-01", None, True]],
    ),
]
_NONE = "(select if(number > 5, 1, null) as x from numbers(2))"
SETS = [
    Case(
        f"select 4 in {_NONE}, 4 not in {_NONE}, toInt('4') in (null), toInt('x') in (null), null in (1)",
        [[0, 1, 0, 1, 0]],
        "UInt8; UInt8; UInt8; UInt8; UInt8",
    ),
    # PostHog runs with transform_null_in: a missing value is in a set that holds one, and `in` is never missing.
    Case(
        "select x in (0, 5), x not in (0, 5), x in (0, null), x not in (0, null), x in (select nullIf(number, 0) from "
        "numbers(3)), x in (select number from numbers(9)) from (select nullIf(number, 1) as x from numbers(3)) order by x",
        [[1, 0, 1, 0, 0, 1], [0, 1, 0, 1, 1, 1], [0, 1, 1, 0, 1, 0]],
        "UInt8; UInt8; UInt8; UInt8; UInt8; UInt8",
    ),
]
_THREE = "from (select number as n, if(number = 1, null, number) as x from numbers(3)) order by n"
WINDOWS = [
    Case(
        f"select first_value(x) over (order by n desc), last_value(x) over (order by n) {_THREE}",
        [[2, 0], [2, 0], [2, 2]],
        "Nullable(UInt64); Nullable(UInt64)",
    ),
    Case(
        f"select lag(n) over (order by n), lagInFrame(n) over (order by n), lead(n, 1, 9) over (order by n), "
        f"leadInFrame(n) over (order by n), leadInFrame(n, 1, 9) over (order by n rows between current row and 1 following) {_THREE}",
        [[None, 0, 1, 0, 1], [0, 0, 2, 0, 2], [1, 1, 9, 0, 9]],
        "Nullable(UInt64); UInt64; Nullable(UInt64); UInt64; UInt64",
    ),
    Case(
        f"select nth_value(n, 2) over (order by n rows between 1 preceding and 1 following), "
        f"ntile(2) over (order by n) {_THREE}",
        [[1, 1], [1, 1], [2, 2]],
    ),
    Case(
        f"select nth_value(n, 2) over (order by n), nth_value(x, 3) over (order by n) {_THREE}",
        [[0, None], [1, None], [1, 2]],
    ),
    Case(
        "select quantile(0.5)(number) over (order by number), groupArray(2)(number) over (order by number), "
        "quantileIf(0.5)(number, number > 0) over () from numbers(3) order by number",
        [[0.0, [0], 1.5], [0.5, [0, 1], 1.5], [1.0, [0, 1], 1.5]],
        "Float64; Array(UInt64); Float64",
    ),
]
_KEYS = "(select arrayJoin([(1, 'a'), (2, null)]) as t, t.1 as id, t.2 as k)"
JOINS = [
    Case(f"select l.id, r.id from {_KEYS} l join {_KEYS} r on l.k = r.k order by l.id", [[1, 1]]),
    Case(
        f"select l.id, r.id from {_KEYS} l left join {_KEYS} r on l.k = r.k order by l.id", [[1, 1], [2, 0]]
    ),
    Case(f"select l.id, r.id from {_KEYS} l join {_KEYS} r on l.id = r.id and l.k != 'b'", [[1, 1]]),
    Case(f"select l.id from {_KEYS} l left anti join {_KEYS} r on l.k = r.k", [[2]]),
    # What did not join has a tuple of defaults, and an interval of nothing.
    Case(
        "select r.t, r.t.2.1, r.i from numbers(2) l left join (select 1 as id, (id, (nullIf(id, 0), 'z', [today()])) as t, "
        "toIntervalDay(7) as i) r on l.number = r.id order by l.number",
        [[[0, [None, "", []]], None, 0], [[1, [1, "z", ["2025-07-01"]]], 1, 7]],
    ),
    Case(
        "select any((number, 'a')), max((person_id, toDate(0))) from numbers(0) join events on 1",
        [[[0, ""], ["00000000-0000-0000-0000-000000000000", "1970-01-01"]]],
    ),
]
_RATES = "(select number as n, multiIf(n = 0, 0 / 0, n = 1, null, n / 2) as x, assumeNotNull(if(n = 1, 5.0, x)) as y from numbers(4))"
NO_NUMBERS = [
    # Neither more nor less than a number, equal to nothing, not missing, and last of the numbers in either order.
    Case(
        "select x > 1, x <= 1, x = x, x != 1, not (x > 1), isNull(x), coalesce(x, 7.0), toString(x) from "
        "(select 0 / number as x from numbers(1))",
        [[0, 0, 0, 1, 1, 0, None, "nan"]],
    ),
    Case(f"select n from {_RATES} order by x desc", [3, 2, 0, 1]),
    Case(f"select n from {_RATES} order by x", [2, 3, 0, 1]),
    Case(
        f"select n, rank() over (order by y desc) from {_RATES} order by n", [[0, 4], [1, 1], [2, 3], [3, 2]]
    ),
    Case(
        f"select max(x), min(x), argMax(n, x), argMin(n, x), median(x), max(y), sum(y), greatest(any(y), 1.5) "
        f"from {_RATES}",
        [[1.5, 1.0, 3, 2, 1.25, 5.0, None, 1.5]],
    ),
    Case(
        "select event, countIf(event = 'purchase') / countIf(event = '$pageview') as rate from events group by event "
        "having rate > 0.5 or rate = 0 order by rate desc",
        [["purchase", None], ["$pageview", 0.0]],
    ),
    # An average of nothing is none as well.
    Case(
        "select avg(number) is null, coalesce(avg(number), 7.0), isNaN(median(number)), avg(number) > 1, "
        "toString(stddevPop(number)) from numbers(0)",
        [[0, None, 1, 0, "nan"]],
    ),
]
COMPARISONS = [
    Case(
        "select properties.newsletter or event = 'x', properties.newsletter and true, not properties.newsletter from events "
        "where event = 'signed_up'",
        [[1, True, False]],
        "Nullable(UInt8); Nullable(Bool); Nullable(Bool)",
    ),
    # A constant that a signed type holds as well is no hindrance, and of two numbers there is always a greater one.
    Case(
        "select if(0, 5000000000, toInt('-1')), greatest(count(), assumeNotNull(toInt('1'))), least(count(), -1), "
        "has([count()], 2.0) from numbers(2)",
        [[-1, 2, -1, 1]],
        "Nullable(Int64); UInt64; Int128; UInt8",
    ),
    Case("select true < 2.5, 1 = true, now() > 1000, toIntervalDay(7) = 7", [[1, 1, 1, 1]]),
    Case("select toUUID('0190AAAA00007000800000000000000a') = '0190aaaa-0000-7000-8000-00000000000a'", [1]),
]
REFUSED = [
    # Not every number of 64 bits is a fraction or has a sign.
    ("select if(number > 1, number, 2.5) from numbers(3)", "no_common_type"),
    ("select if(count() > 1, count(), -1) from numbers(3)", "no_common_type"),
    ("select coalesce(toInt('1'), count()) from events", "no_common_type"),
    ("select greatest(count(), 2.5) from events", "no_common_type"),
    ("select [count(), 2.5] from events", "no_common_type"),
    ("select count() from events union all select -1", "no_common_type"),
    ("select hasAny([number], [2.5]) from numbers(2)", "no_common_type"),
    ("select person_id = 'x' from events", "cannot_parse_uuid"),
    ("select person_id = event from events", "no_common_type"),
    ("select [1] = ['a']", "illegal_type_of_argument"),
    ("select if(300, 1, 2)", "illegal_type_of_argument"),
    ("select countIf(2.5) from events", "illegal_type_of_argument"),
    ("select arrayFilter(x -> x, [300])", "illegal_type_of_argument"),
    ("select ntile(2) over () from events", "bad_arguments"),
    ("select toInt([1, 2])", "illegal_type_of_argument"),
    ("select toFloat(toUUID('x'))", "illegal_type_of_argument"),
    ("select round(1.5, 1.5)", "illegal_type_of_argument"),
    ("select repeat('a', 1.5)", "illegal_type_of_argument"),
    ("select toStartOfWeek(today(), -3)", "illegal_type_of_argument"),
    ("select nullIf([1], [1])", "illegal_type_of_argument"),
    ("select toHour(today())", "illegal_type_of_argument"),
    ("select dateTrunc('hour', today())", "illegal_type_of_argument"),
    ("select toUnixTimestamp64Milli(toDateTime(1))", "illegal_type_of_argument"),
    ("select arraySum(['a'])", "illegal_type_of_argument"),
    ("select JSONExtractArrayRaw(properties.tags) from events", "illegal_type_of_argument"),
    ("select toNullable([1])", "illegal_type_of_argument"),
    ("select groupBitAnd(2.5) from events", "illegal_type_of_argument"),
    ("select trim('a', event) from events", "illegal_column"),
    ("select splitByChar(event, 'a') from events", "illegal_column"),
    ("select translate('a', event, 'b') from events", "illegal_column"),
    ("select assumeNotNull(null)", "illegal_column"),
    ("select splitByChar('ab', 'a')", "bad_arguments"),
    ("select translate('a', 'b', 'cd')", "bad_arguments"),
    ("select toFloatOrDefault('x', toInt('1'))", "bad_arguments"),
    ("select range(-3)", "argument_out_of_bound"),
    ("select leftPad('a', -3)", "index_of_positional_argument_is_out_of_range"),
    ("select arrayZip([1, 2], [3])", "sizes_of_arrays_dont_match"),
    ("select nullIf(event, timestamp) from events", "no_common_type"),
    ("select has(['a'], person_id) from events", "no_common_type"),
]


@pytest.mark.parametrize(
    "case",
    [
        *NUMBERS,
        *MISSING,
        *TEXTS,
        *TIMES,
        *ARRAYS,
        *AGGREGATES,
        *WINDOWS,
        *JOINS,
        *NO_NUMBERS,
        *COMPARISONS,
        *JSON,
        *SETS,
    ],
    ids=lambda case: case.sql,
)
def test_rules(case: Case) -> None:
    case.check()


def test_whole_numbers_are_ingested_without_fraction() -> None:
    emulator = Emulator(persons=0, events=0)
    emulator.add_event("e", "who", {"p": 10.0, "deep": [1e20, 1.5]})
    sql = "select properties.p, properties from events"
    rows = execute(sql, None, emulator.data, emulator.clock.now()).rows
    assert rows == [["10", '{"p":10,"deep":[100000000000000000000,1.5]}']]


@pytest.mark.parametrize(("sql", "code"), REFUSED)
def test_refused(sql: str, code: str) -> None:
    assert refusal(sql).code == code
