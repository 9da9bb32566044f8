"""Functions of the allow-list, with the types that ClickHouse gives them."""

from __future__ import annotations

import pytest

from .cases import ADA, Case

T = "toDateTime('2025-06-08T23:59:59Z')"

CONSTANTS = [
    Case(
        "select 1, 300, 70000, -5, 1.5, 'it''s', true, null",
        [[1, 300, 70000, -5, 1.5, "it's", True, None]],
        "UInt8; UInt16; UInt32; Int8; Float64; String; Bool; Nullable(Nothing)",
    ),
    Case(
        "select 1 + 1, 1 - 2, 7 / 2, 7 % 4, intDiv(7, 2), 2 * 300",
        [[2, -1, 3.5, 3, 3, 600]],
        "UInt16; Int16; Float64; UInt8; UInt8; UInt32",
        ["plus(1, 1)", "minus(1, 2)", "divide(7, 2)", "modulo(7, 4)", "intDiv(7, 2)", "multiply(2, 300)"],
    ),
    Case(
        "select 1 = 1, 1 > 2, 'a' in ('a', 'b'), not 1",
        [[1, 0, 1, 0]],
        "UInt8; UInt8; UInt8; UInt8",
        ["equals(1, 1)", "greater(1, 2)", "in('a', tuple('a', 'b'))", "not(1)"],
    ),
    Case("select 1 / 0, 0 / 0, sqrt(-1)", [[None, None, None]], "Float64; Float64; Float64"),
    Case("select 'a\\'b\\n', concat('a', null, 1, 2.0)", [["a'b\n", "a12"]], "String; String"),
    Case(
        "select [1, 2][1], [1, 2][5], ['a'][9], (1, 'a').2", [[1, 0, "", "a"]], "UInt8; UInt8; String; String"
    ),
    Case(
        "select (1, 'a'), [(1, now())]",
        [[[1, "a"], [[1, "2025-07-01T12:00:00Z"]]]],
        "Tuple(UInt8, String); Array(Tuple(UInt8, DateTime64(6, 'UTC')))",
    ),
    Case(
        "select if(1 > 0, 'a', 'b'), multiIf(0, 1, 1, 2, 3), 1 ? 2 : 300",
        [["a", 2, 2]],
        "String; UInt8; UInt16",
    ),
    Case(
        "select case 2 when 1 then 'a' when 2 then 'b' end, case when 0 then 1 else 2.5 end",
        [["b", 2.5]],
        "Nullable(String); Float64",
    ),
    Case("select coalesce(null, 2), ifNull(null, 'x'), nullIf(1, 1), null ?? 3", [[2, "x", None, 3]]),
    Case(
        "select round(2.5), round(3.5), round(-1.256, 2), floor(-1.5), ceil(1.2)",
        [[2.0, 4.0, -1.26, -2.0, 2.0]],
    ),
    Case("select greatest(1, 3), least('b', 'a'), abs(-3), pow(2, 10)", [[3, "a", 3, 1024.0]]),
]
CASTS = [
    Case(
        "select toInt('12'), toInt('1.5'), toInt('x'), toFloat('1.5'), toFloat('x')",
        [[12, None, None, 1.5, None]],
        "Nullable(Int64); Nullable(Int64); Nullable(Int64); Nullable(Float64); Nullable(Float64)",
    ),
    Case(
        "select toInt(2.0), toInt(2.5), toString(5), toString(5.0), toString(5.5)",
        [[2, None, "5", "5", "5.5"]],
    ),
    Case(f"select toUUID('{ADA.upper()}'), toUUID('x')", [[ADA, None]], "Nullable(UUID); Nullable(UUID)"),
    Case(
        "select toDate('2025-06-08'), toDate('x'), toDate(timestamp) from events limit 1",
        [["2025-06-08", None, "2025-06-01"]],
        "Nullable(Date); Nullable(Date); Date",
    ),
    Case(
        "select toDateTime(concat('2025-06-08T02:00:00+', '02:00')), toDateTime(lower('x'))",
        [["2025-06-08T00:00:00Z", None]],
        "Nullable(DateTime64(6, 'UTC')); Nullable(DateTime64(6, 'UTC'))",
    ),
    # PostHog reads a constant strictly, and by how it is written.
    Case(
        "select toDateTime('2025-06-08'), toDateTime('2025-06-08 01:02:03'), toDateTime('2025-06-08 01:02:03.5'), "
        "parseDateTimeBestEffort('2025-06-08T02:00:00+02:00'), toDateTime('1749340800')",
        [
            [
                "2025-06-08T00:00:00Z",
                "2025-06-08T01:02:03Z",
                "2025-06-08T01:02:03.500000Z",
                "2025-06-08T00:00:00Z",
                "2025-06-08T00:00:00Z",
            ]
        ],
        "DateTime('UTC'); DateTime('UTC'); DateTime64(6, 'UTC'); DateTime64(6, 'UTC'); DateTime64(6, 'UTC')",
    ),
    Case(
        "select toDateTime64('2025-06-08 10:11:12.987654', 3), toDateTime64(1.5, 1), toString(toDateTime64(now(), 0)), "
        "toDateTime64('2025-06-08 10:00:00', 3, 'Europe/Berlin'), toDateTime64(nullIf('2025-06-08', '2025-06-08')), toDateTime64(now()) = now()",
        [
            [
                "2025-06-08T10:11:12.987000Z",
                "1970-01-01T00:00:01.500000Z",
                "2025-07-01 12:00:00",
                "2025-06-08T10:00:00+02:00",
                None,
                1,
            ]
        ],
        "DateTime64(3, 'UTC'); DateTime64(1, 'UTC'); String; DateTime64(3, 'Europe/Berlin'); "
        "Nullable(DateTime64(6, 'UTC')); UInt8",
    ),
    Case("select max(toDateTime('2025-06-08')) from numbers(0)", ["1970-01-01T00:00:00Z"], "DateTime('UTC')"),
    Case(
        "select toString(timestamp), toString(toDate(timestamp)) from events limit 1",
        [["2025-06-01 10:00:00.000000", "2025-06-01"]],
    ),
    Case("select cast('5' as int), '5'::float, 1::string", [[5, 5.0, "1"]]),
    Case(
        "select toDateTime(0), fromUnixTimestamp(86400)",
        [["1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"]],
        "DateTime('UTC'); DateTime",
    ),
]
TIMES = [
    Case(
        "select now(), today(), yesterday(), now() - interval 1 day, today() - 1",
        [["2025-07-01T12:00:00Z", "2025-07-01", "2025-06-30", "2025-06-30T12:00:00Z", "2025-06-30"]],
        "DateTime64(6, 'UTC'); Date; Date; DateTime64(6, 'UTC'); Date",
    ),
    Case(
        "select timestamp from events where event = 'purchase' order by timestamp limit 1",
        ["2025-06-01T10:05:00.500000Z"],
        "DateTime64(6, 'UTC')",
    ),
    Case(
        f"select dateTrunc('day', {T}), dateTrunc('month', {T}), dateTrunc('hour', {T}), dateTrunc('week', {T})",
        [["2025-06-08T00:00:00Z", "2025-06-01", "2025-06-08T23:00:00Z", "2025-06-02"]],
    ),
    Case(
        "select dateTrunc('day', timestamp), dateTrunc('month', timestamp) from events limit 1",
        [["2025-06-01T00:00:00Z", "2025-06-01"]],
        "DateTime('UTC'); Date",
    ),
    # The 8th is a Sunday: the first day of a week that begins on Sunday, the last of one that begins on Monday.
    Case(
        f"select toStartOfWeek({T}), toStartOfWeek({T}, 1), toMonday({T}), toDayOfWeek({T})",
        [["2025-06-08", "2025-06-02", "2025-06-02", 7]],
    ),
    Case(
        f"select toDayOfWeek({T}, 0), toDayOfWeek({T}, 1), toDayOfWeek({T}, 2), toDayOfWeek({T}, 3)",
        [[7, 6, 0, 1]],
    ),
    Case(
        f"select toStartOfInterval({T}, interval 15 minute), toStartOfFiveMinutes({T})",
        [["2025-06-08T23:45:00Z", "2025-06-08T23:55:00Z"]],
    ),
    Case(
        f"select toYear({T}), toMonth({T}), toYYYYMM({T}), toHour({T}), toUnixTimestamp({T})",
        [[2025, 6, 202506, 23, 1749427199]],
    ),
    Case(
        f"select dateDiff('day', {T}, toDate('2025-06-10')), dateDiff('hour', {T}, toDateTime('2025-06-09'))",
        [[2, 1]],
        "Nullable(Int64); Int64",
    ),
    Case(
        f"select dateAdd('day', 3, {T}), dateSub({T}, interval 1 month), addDays(today(), 1), addHours(today(), 1)",
        [["2025-06-11T23:59:59Z", "2025-05-08T23:59:59Z", "2025-07-02", "2025-07-01T01:00:00Z"]],
    ),
    Case(
        f"select formatDateTime({T}, '%Y-%m-%d %H:%i:%S %%'), formatDateTime({T}, '%F %T')",
        [["2025-06-08 23:59:59 %", "2025-06-08 23:59:59"]],
    ),
    Case(
        "select count() from events where timestamp >= '2025-06-02' and timestamp < '2025-06-03 00:00:00'",
        [2],
    ),
    Case("select count() from events where toDate(timestamp) = '2025-06-01'", [2]),
    Case("select toDate('2025-03-01') - toDate('2025-02-01')", [28], "Nullable(Int32)"),
]
TEXTS = [
    Case(
        "select lower('AB'), upper('ab'), length('añb'), lengthUTF8('añb'), reverse('ab')",
        [["ab", "AB", 4, 3, "ba"]],
        "String; String; UInt64; UInt64; String",
    ),
    Case(
        "select substring('abcdef', 2, 3), left('abc', 2), right('abc', 2), trim('  a '), leftPad('7', 3, '0')",
        [["bcd", "ab", "bc", "a", "007"]],
    ),
    Case(
        "select replaceAll('a.b.c', '.', '-'), replaceOne('a.b.c', '.', '-'), replaceRegexpAll('a1b22', '[0-9]+', '#')",
        [["a-b-c", "a-b.c", "a#b#"]],
    ),
    Case(
        "select extract('user_42', 'user_([0-9]+)'), extract('ab12', '[0-9]+'), extract('x', '[0-9]'), match('ab', '^a')",
        [["42", "12", "", 1]],
    ),
    Case(
        "select splitByChar(',', 'a,b'), splitByString('--', 'a--b'), position('hello', 'l'), empty(''), notEmpty('')",
        [[["a", "b"], ["a", "b"], 3, 1, 0]],
        "Array(String); Array(String); UInt64; UInt8; UInt8",
    ),
    Case(
        "select startsWith('abc', 'ab'), endsWith('abc', 'bc'), 'abc' like 'a_c', 'a%c' like 'a\\\\%c', 'ABC' ilike 'abc'",
        [[1, 1, 1, 1, 1]],
    ),
    Case(
        "select domain(u), domainWithoutWWW(u), path(u), protocol(u), queryString(u), fragment(u), cutQueryString(u) "
        "from (select 'https://www.x.example:8080/a/b?q=1&r=2#top' as u)",
        [
            [
                "www.x.example",
                "x.example",
                "/a/b",
                "https",
                "q=1&r=2",
                "top",
                "https://www.x.example:8080/a/b#top",
            ]
        ],
    ),
    Case(
        "select extractURLParameter('http://x/?a=1&b=2', 'b'), decodeURLComponent('a%20b'), base64Encode('hi')",
        [["2", "a b", "aGk="]],
    ),
]
ARRAYS = [
    Case(
        "select [3, 1, 2], ['a', null], []",
        [[[3, 1, 2], ["a", None], []]],
        "Array(UInt8); Array(Nullable(String)); Array(Nothing)",
    ),
    Case(
        "select arraySort([3, 1, 2]), arrayReverseSort([3, 1, 2]), arraySort(x -> -x, [3, 1, 2])",
        [[[1, 2, 3], [1, 2, 3], [3, 2, 1]]],
    ),
    Case(
        "select arrayMap(x -> x * 2, [1, 2]), arrayFilter(x -> x > 1, [1, 2]), arrayMap((x, y) -> x + y, [1, 2], [10, 20])",
        [[[2, 4], [2], [11, 22]]],
    ),
    Case(
        "select arrayExists(x -> x = 2, [1, 2]), arrayAll(x -> x = 2, [1, 2]), arrayCount(x -> x > 0, [1, 2]), "
        "arrayFirst(x -> x > 5, [1, 2])",
        [[1, 0, 2, 0]],
    ),
    Case(
        "select arraySum([1, 2]), arrayAvg([1, 2]), arrayMax([1, 5]), arrayMin(['b', 'a'])",
        [[3, 1.5, 5, "a"]],
    ),
    Case(
        "select arrayDistinct([1, 1, 2]), arrayUniq([1, 1, 2]), arrayConcat([1], [2]), arrayReverse([1, 2]), "
        "arraySlice([1, 2, 3, 4], 2, 2)",
        [[[1, 2], 2, [1, 2], [2, 1], [2, 3]]],
    ),
    Case(
        "select has([1, 2], 2), indexOf(['a', 'b'], 'b'), hasAny([1], [2]), hasAll([1, 2], [1]), length([1, 2])",
        [[1, 2, 0, 1, 2]],
        "UInt8; UInt64; UInt8; UInt8; UInt64",
    ),
    Case(
        "select arrayStringConcat(['a', 'b'], '-'), range(3), range(1, 7, 3), arrayFlatten([[1], [2, 3]])",
        [["a-b", [0, 1, 2], [1, 4], [1, 2, 3]]],
    ),
    Case("select arrayJoin([3, 4]) as x, x * 2 order by x", [[3, 6], [4, 8]]),
    Case(
        "select k, v from numbers(1) array join [1, 2] as k, ['a', 'b'] as v order by k", [[1, "a"], [2, "b"]]
    ),
    Case(
        "select number, arrayJoin([10, 20]) as x from numbers(2) where x > 10 order by number",
        [[0, 20], [1, 20]],
        "UInt64; UInt8",
    ),
]
JSON = [
    Case(
        "select JSONExtractString(j, 'a'), JSONExtractInt(j, 'b', 'c'), JSONExtractRaw(j, 'b'), JSONHas(j, 'z'), "
        "JSONExtractArrayRaw(j, 'd'), JSONLength(j, 'd'), JSONExtractBool(j, 'e'), JSONExtractFloat(j, 'd', 2) "
        'from (select \'{"a":"x","b":{"c":5},"d":[1,2.5],"e":true}\' as j)',
        [["x", 5, '{"c":5}', 0, ["1", "2.5"], 2, 1, 2.5]],
        "String; Int64; String; UInt8; Array(String); UInt64; UInt8; Float64",
    ),
    Case(
        "select JSONExtractString('no json', 'a'), JSONExtractInt('[]', 1), isValidJSON('{}')", [["", 0, 1]]
    ),
    Case(
        "select JSONExtractString(properties, '$groups', 'company') from events where $group_0 = 'acme'",
        ["acme"],
    ),
]


@pytest.mark.parametrize(
    "case", [*CONSTANTS, *CASTS, *TIMES, *TEXTS, *ARRAYS, *JSON], ids=lambda case: case.sql
)
def test_functions(case: Case) -> None:
    case.check()
