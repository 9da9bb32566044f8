"""Answers that were worked out by hand, from what ClickHouse and PostHog document, before any engine was asked.

Five events of three senders, two persons, one of them in a cohort, and two companies:

    a  09:00:00  $pageview  ann   $browser Chrome   amount -       tags [x, y]   company acme    session s1
    b  09:00:10  buy        ann   $browser Chrome   amount 10.5                  company acme    session s1
    c  09:30:00  $pageview  bob   $browser Safari   amount -                     company zoo
    d  10:00:00  buy        bob   -                 amount 20      nested.deep.x 1
    e  +1 day    buy        eve   $browser ""       amount "30"                                (no person)
"""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql import execute

_SECOND = 1_000_000
_FIRST = 1_748_768_400 * _SECOND  # 2025-06-01 09:00:00 UTC
_ANN, _BOB = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def _data() -> Dataset:
    data = Dataset(persons=0, events=0, seed=1)
    data.persons.add(("ann",), {"email": "ann@a.example", "age": 30}, _FIRST, _ANN, is_identified=True)
    data.persons.add(("bob", "bob2"), {"email": "bob@b.example"}, _FIRST + _SECOND, _BOB, is_identified=False)
    data.cohorts.add("friends", (0,))
    rows: list[tuple[str, str, dict[str, Any], int]] = [
        (
            "$pageview",
            "ann",
            {"$browser": "Chrome", "tags": ["x", "y"], "$session_id": "s1", "$groups": {"company": "acme"}},
            0,
        ),
        (
            "buy",
            "ann",
            {"$browser": "Chrome", "amount": 10.5, "$session_id": "s1", "$groups": {"company": "acme"}},
            10,
        ),
        ("$pageview", "bob", {"$browser": "Safari", "$groups": {"company": "zoo"}}, 1800),
        ("buy", "bob", {"amount": 20, "nested": {"deep": {"x": 1}}, "quote": 'a"b', "none": None}, 3600),
        ("buy", "eve", {"$browser": "", "amount": "30"}, 86_400),
    ]
    data.events.add(
        [
            (
                event,
                sender,
                properties,
                _FIRST + second * _SECOND,
                f"00000000-0000-4000-8000-00000000000{place}",
            )
            for place, (event, sender, properties, second) in enumerate(rows, start=1)
        ]
    )
    return data


DATA = _data()

Rows = list[list[Any]]
Case = tuple[str, Rows]

COUNTS: list[Case] = [
    ("select count() from events", [[5]]),
    ("select count(properties.$browser) from events", [[4]]),
    ("select event, count() as n from events group by event order by n desc", [["buy", 3], ["$pageview", 2]]),
    (
        "select count(distinct distinct_id), uniq(event), uniqExact(event, distinct_id) from events",
        [[3, 2, 5]],
    ),
    ("select countIf(event = 'buy'), sumIf(properties.amount, event = 'buy') from events", [[3, 60.5]]),
    (
        "select sum(properties.amount), avg(properties.amount), max(properties.amount) from events",
        [[60.5, 60.5 / 3, 30.0]],
    ),
    ("select min(timestamp) from events", [["2025-06-01T09:00:00Z"]]),
    ("select argMax(distinct_id, timestamp), argMin(distinct_id, timestamp) from events", [["eve", "ann"]]),
    (
        "select groupArray(number), groupArray(2)(number), groupUniqArray(number % 2) from numbers(4)",
        [[[0, 1, 2, 3], [0, 1], [0, 1]]],
    ),
    ("select topK(1)(event) from events", [[["buy"]]]),
    ("select any(event) from events where event = 'buy'", [["buy"]]),
    (
        "select median(number), quantile(0.25)(number), quantile(0.9)(number) from numbers(5)",
        [[2.0, 1.0, 3.6]],
    ),
    ("select quantiles(0, 0.5, 1)(number) from numbers(3)", [[[0.0, 1.0, 2.0]]]),
    ("select sum(number), count(), avg(number) from numbers(1000000)", [[499999500000, 1000000, 499999.5]]),
    ("select event from events group by event having count() > 2", [["buy"]]),
    ("select sum(distinct number % 3) from numbers(10)", [[3]]),
    # over no rows: zero and empty, but a missing value stays one
    (
        "select count(), sum(number), max(number), min(toString(number)), avg(number) from numbers(3) where number > 9",
        [[0, 0, 0, "", None]],
    ),
    (
        "select max(now()), groupArray(number) from numbers(3) where number > 9",
        [["1970-01-01T00:00:00Z", []]],
    ),
    ("select sum(properties.amount) from events where event = 'x'", [[None]]),
]
PROPERTIES: list[Case] = [
    (
        "select properties.$browser from events order by timestamp",
        [["Chrome"], ["Chrome"], ["Safari"], [None], [""]],
    ),
    ("select properties['$browser'] from events order by timestamp limit 1", [["Chrome"]]),
    ("select e.properties.$browser from events as e order by e.timestamp limit 1", [["Chrome"]]),
    ("select properties.amount from events where event = 'buy' order by timestamp", [[10.5], [20.0], [30.0]]),
    (
        "select properties.nested.deep.x, properties.nested.deep, properties.nested from events where uuid = '00000000-0000-4000-8000-000000000004'",
        [["1", '{"x":1}', '{"deep":{"x":1}}']],
    ),
    (
        "select properties.tags, properties.tags[1], properties.tags[3] from events order by timestamp limit 1",
        [['["x","y"]', "x", None]],
    ),
    (
        "select properties.none, properties.quote from events order by timestamp desc limit 1 offset 1",
        [[None, 'a\\"b']],
    ),
    ("select count() from events where properties.none is null", [[5]]),
    (
        "select person.properties.email from events order by timestamp",
        [["ann@a.example"], ["ann@a.example"], ["bob@b.example"], ["bob@b.example"], [None]],
    ),
    ("select toInt(person.properties.age) + 1 from events order by timestamp limit 1", [[31]]),
    (
        "select toString(person.id), toString(person_id) from events where distinct_id = 'bob' limit 1",
        [[_BOB, _BOB]],
    ),
    ("select $group_0 from events order by timestamp limit 3", [["acme"], ["acme"], ["zoo"]]),
    ("select $session_id from events order by timestamp limit 3", [["s1"], ["s1"], [""]]),
]
NULLS: list[Case] = [
    # the rows that lack the property fail `=`, and pass its opposite
    ("select count() from events where properties.$browser = 'Chrome'", [[2]]),
    ("select count() from events where properties.$browser != 'Chrome'", [[3]]),
    ("select count() from events where not (properties.$browser = 'Chrome')", [[3]]),
    ("select count() from events where properties.$browser like 'Ch%'", [[2]]),
    ("select count() from events where properties.$browser not like 'Ch%'", [[3]]),
    ("select count() from events where properties.$browser ilike 'ch%'", [[2]]),
    ("select count() from events where properties.$browser in ('Chrome', 'Safari')", [[3]]),
    ("select count() from events where properties.$browser not in ('Chrome')", [[3]]),
    ("select count() from events where properties.amount > 15", [[2]]),
    ("select count() from events where properties.amount <= 15", [[1]]),
    ("select count() from events where properties.$browser = null", [[1]]),
    ("select count() from events where properties.$browser != null", [[4]]),
    ("select count() from events where properties.$browser is not null", [[4]]),
    ("select count() from events where properties.amount between 10 and 20", [[2]]),
    ("select count() from events where match(properties.$browser, '^S')", [[1]]),
    ("select count() from events where properties.$browser =~ '^S'", [[1]]),
    ("select count() from events where properties.$browser !~ '^S'", [[4]]),
    ("select null = null, 1 != null, null is null", [[1, 1, 1]]),
    ("select properties.a = properties.b, properties.a != properties.b from events limit 1", [[1, 0]]),
    ("select concat('a', null, 'b')", [["ab"]]),
    (
        "select ifNull(null, 3), coalesce(null, null, 'x'), nullIf(2, 2), isNull(null), isNotNull(1)",
        [[3, "x", None, 1, 1]],
    ),
    ("select number from numbers(3) order by nullIf(number, 0) desc", [[2], [1], [0]]),
    ("select number from numbers(3) order by nullIf(number, 0)", [[1], [2], [0]]),
]
TIMES: list[Case] = [
    ("select now(), today(), yesterday()", [["2025-07-01T12:00:00Z", "2025-07-01", "2025-06-30"]]),
    (
        "select now() - interval 90 minute, now() + toIntervalDay(1)",
        [["2025-07-01T10:30:00Z", "2025-07-02T12:00:00Z"]],
    ),
    ("select today() - 1, today() + interval 1 month", [["2025-06-30", "2025-08-01"]]),
    ("select toDate('2025-01-31') + interval 1 month", [["2025-02-28"]]),
    (
        "select toStartOfMinute(timestamp), toStartOfHour(timestamp), toStartOfDay(timestamp) from events where distinct_id = 'bob' order by timestamp limit 1",
        [["2025-06-01T09:30:00Z", "2025-06-01T09:00:00Z", "2025-06-01T00:00:00Z"]],
    ),
    # 2025-07-01 is a Tuesday; weeks begin on Sunday unless the mode says otherwise
    (
        "select toStartOfWeek(now()), toStartOfWeek(now(), 1), toMonday(now())",
        [["2025-06-29", "2025-06-30", "2025-06-30"]],
    ),
    (
        "select toStartOfMonth(now()), toStartOfQuarter(now()), toStartOfYear(now())",
        [["2025-07-01", "2025-07-01", "2025-01-01"]],
    ),
    ("select dateTrunc('hour', now()), dateTrunc('month', now())", [["2025-07-01T12:00:00Z", "2025-07-01"]]),
    (
        "select toStartOfFifteenMinutes(toDateTime('2025-01-01 10:44:00')), toStartOfInterval(toDateTime('2025-01-01 10:44:00'), interval 2 hour)",
        [["2025-01-01T10:30:00Z", "2025-01-01T10:00:00Z"]],
    ),
    ("select dateDiff('day', toDateTime('2025-01-01 23:00:00'), toDateTime('2025-01-02 01:00:00'))", [[1]]),
    ("select dateDiff('hour', toDateTime('2025-01-01 23:00:00'), toDateTime('2025-01-02 01:00:00'))", [[2]]),
    ("select dateDiff('month', toDate('2025-01-31'), toDate('2025-02-01'))", [[1]]),
    (
        "select dateAdd('day', 1, toDate('2025-02-28')), dateSub('hour', 1, toDateTime('2025-01-01 00:00:00'))",
        [["2025-03-01", "2024-12-31T23:00:00Z"]],
    ),
    (
        "select addDays(toDate('2025-01-01'), 40), subtractMonths(toDate('2025-03-31'), 1)",
        [["2025-02-10", "2025-02-28"]],
    ),
    (
        "select toYear(now()), toMonth(now()), toDayOfMonth(now()), toDayOfWeek(now()), toHour(now())",
        [[2025, 7, 1, 2, 12]],
    ),
    ("select formatDateTime(now(), '%Y-%m-%d %H:%i:%S')", [["2025-07-01 12:00:00"]]),
    # ClickHouse takes the 30th of February for the second of March.
    ("select toDate('2025-02-30'), toDateTime(lower('nope'))", [["2025-03-02", None]]),
    ("select toDateTime('2025-01-01T10:00:00+02:00')", [["2025-01-01T08:00:00Z"]]),
    ("select toDateTime64('2025-01-01T00:00:00.123456Z', 6)", [["2025-01-01T00:00:00.123456Z"]]),
    (
        "select toUnixTimestamp(toDateTime('1970-01-02 00:00:00')), fromUnixTimestamp(60)",
        [[86400, "1970-01-01T00:01:00Z"]],
    ),
    (
        "select count() from events where timestamp >= '2025-06-01 09:30:00' and timestamp < '2025-06-02'",
        [[2]],
    ),
    ("select toYYYYMM(now()), toYYYYMMDD(now())", [[202507, 20250701]]),
]
TEXTS: list[Case] = [
    (
        "select lower('ÄB'), upper('äb'), length('é'), lengthUTF8('é'), reverse('abc')",
        [["Äb", "äB", 2, 1, "cba"]],
    ),
    (
        "select substring('hello', 2, 9), substring('hello', 2, 3), substring('hello', -3, 2)",
        [["ello", "ell", "ll"]],
    ),
    (
        "select position('abcb', 'b'), position('abc', 'x'), startsWith('abc', 'ab'), endsWith('abc', 'bc')",
        [[2, 0, 1, 1]],
    ),
    (
        "select 'abc' like 'a%', 'abc' like 'A%', 'abc' ilike 'A_C', 'a%' like 'a\\\\%', 'ab' like 'a\\\\%'",
        [[1, 0, 1, 1, 0]],
    ),
    (
        "select match('abc', 'b'), extract('order 12', '(\\\\d+)'), extract('order 12', '\\\\d'), extract('x', '(\\\\d)')",
        [[1, "12", "1", ""]],
    ),
    (
        "select replaceRegexpAll('a1b2', '[0-9]', '#'), replaceRegexpOne('a1b2', '[0-9]', '#'), replaceRegexpAll('ab', '(a)(b)', '\\\\2\\\\1')",
        [["a#b#", "a#b2", "ba"]],
    ),
    (
        "select replaceAll('aaa', 'a', 'b'), replaceOne('aaa', 'a', 'b'), replace('aa', 'a', '')",
        [["bbb", "baa", ""]],
    ),
    (
        "select splitByChar(',', 'a,,b'), splitByString('--', 'a--b'), arrayStringConcat(['a', 'b'], '/')",
        [[["a", "", "b"], ["a", "b"], "a/b"]],
    ),
    ("select trim('  a '), trimLeft('  a '), trimRight('  a ')", [["a", "a ", "  a"]]),
    (
        "select 'a' || 'b', concat('a', 1), toString(1.0), toString(1.5), toString(true)",
        [["ab", "a1", "1", "1.5", "true"]],
    ),
    (
        "select domain('https://www.a.example:8080/p?q=1#f'), path('https://a.example/p/x?q=1')",
        [["www.a.example", "/p/x"]],
    ),
    ("select empty(''), notEmpty('a'), leftPad('7', 3, '0')", [[1, 1, "007"]]),
    ("select 'it''s', 'tab\\there', 'back\\\\slash'", [["it's", "tab\there", "back\\slash"]]),
]
ARRAYS: list[Case] = [
    ("select [1, 2][1], [1, 2][-1], [1, 2][3], ['a'][2]", [[1, 2, 0, ""]]),
    (
        "select arrayMap(x -> x * 2, [1, 2]), arrayMap((x, y) -> x + y, [1, 2], [10, 20])",
        [[[2, 4], [11, 22]]],
    ),
    (
        "select arrayFilter(x -> x > 1, [1, 2, 3]), arrayExists(x -> x > 2, [1, 2]), arrayAll(x -> x > 0, [1])",
        [[[2, 3], 0, 1]],
    ),
    (
        "select arraySort([3, 1, 2]), arrayReverseSort([3, 1, 2]), arraySort(x -> -x, [1, 3, 2])",
        [[[1, 2, 3], [1, 2, 3], [3, 2, 1]]],
    ),
    (
        "select arraySum([1, 2]), arraySum(x -> x * x, [1, 2]), arrayCount(x -> x = 1, [1, 1, 2]), arrayMax([1, 3]), arrayMin([1, 3])",
        [[3, 5, 2, 3, 1]],
    ),
    (
        "select has([1, 2], 2), hasAny([1], [2, 3]), hasAll([1, 2], [2]), indexOf(['a', 'b'], 'b')",
        [[1, 0, 1, 2]],
    ),
    (
        "select arrayConcat([1], [2, 3]), arrayReverse([1, 2]), arraySlice([1, 2, 3], 2), length([1, 2]), empty([])",
        [[[1, 2, 3], [2, 1], [2, 3], 2, 1]],
    ),
    ("select arrayJoin([3, 1]) as x order by x", [[1], [3]]),
    ("select number, arrayJoin([1, 2]) as x from numbers(2) where x = 2 order by number", [[0, 2], [1, 2]]),
    (
        "select number, y from numbers(2) array join [7, 8] as y order by number, y",
        [[0, 7], [0, 8], [1, 7], [1, 8]],
    ),
    ("select arrayMap(x -> arrayMap(y -> x * y, [1, 2]), [1, 2])", [[[[1, 2], [2, 4]]]]),
    ("select (1, 'a').2, tuple(1, 2), tupleElement(('x', 5), 2)", [["a", [1, 2], 5]]),
    ("select 2 in [1, 2], 3 in (1, 2), ('a', 1) in (('a', 1), ('b', 2))", [[1, 0, 1]]),
    ("select range(3), arrayEnumerate(['a', 'b']), arrayElement([5], 1)", [[[0, 1, 2], [1, 2], 5]]),
]
NUMBERS: list[Case] = [
    ("select 7 / 2, intDiv(7, 2), 7 % 3, -7 % 3, 2 * 3, 1 - 2", [[3.5, 3, 1, -1, 6, -1]]),
    ("select 1 / 0, 0 / 0", [[None, None]]),
    (
        "select round(2.5), round(3.5), round(1.234, 2), floor(-1.5), ceil(1.2), abs(-3)",
        [[2.0, 4.0, 1.23, -2.0, 2.0, 3]],
    ),
    (
        "select sqrt(9), pow(2, 10), exp(0), log(1), greatest(1, 3), least(1, 3)",
        [[3.0, 1024.0, 1.0, 0.0, 3, 1]],
    ),
    ("select toInt('7'), toInt('x'), toFloat('1.5'), toFloat('x')", [[7, None, 1.5, None]]),
    ("select 1 = 1, 1 > 2, true, not true, 1 and 0, 1 or 0", [[1, 0, True, False, 0, 1]]),
    (
        "select if(1 > 2, 'a', 'b'), multiIf(1 = 2, 'x', 2 = 2, 'y', 'z'), case when 1 = 1 then 5 end",
        [["b", "y", 5]],
    ),
    ("select case 3 when 1 then 'a' when 3 then 'b' else 'c' end", [["b"]]),
    ("select 18446744073709551615, -9223372036854775808", [[18446744073709551615, -9223372036854775808]]),
]
JSON: list[Case] = [
    (
        """select JSONExtractString('{"a": "b"}', 'a'), JSONExtractString('{"a": 1}', 'a'), JSONExtractString('no', 'a')""",
        [["b", "1", ""]],
    ),
    (
        """select JSONExtractInt('{"a": {"b": 3}}', 'a', 'b'), JSONExtractFloat('{"a": 1.5}', 'a'), JSONExtractInt('{}', 'a')""",
        [[3, 1.5, 0]],
    ),
    (
        """select JSONExtractRaw('{"a":[1,{"b":2}]}', 'a'), JSONHas('{"a": null}', 'a'), JSONHas('{}', 'a'), JSONLength('[1,2]')""",
        [['[1,{"b":2}]', 1, 0, 2]],
    ),
    ("""select JSONExtractArrayRaw('{"a":[1,"x"]}', 'a')""", [[["1", '"x"']]]),
    ("select JSONExtractString(properties, '$browser') from events order by timestamp limit 1", [["Chrome"]]),
]
QUERIES: list[Case] = [
    (
        "with a as (select number as n from numbers(3)), 5 as k select n + k from a where n > 0 order by n",
        [[6], [7]],
    ),
    ("with a as (select 1 as x), b as (select x + 1 as x from a) select * from b", [[2]]),
    (
        "select n from (select number as n from numbers(5)) where n in (select number from numbers(2)) order by n",
        [[0], [1]],
    ),
    ("select (select max(number) from numbers(4)) as m, m + 1", [[3, 4]]),
    ("select number % 2 as k, number from numbers(6) order by number limit 1 by k", [[0, 0], [1, 1]]),
    ("select number from numbers(2) order by 'y', null, number desc", [[1], [0]]),
    ("select number from numbers(10) order by number limit 2 offset 3", [[3], [4]]),
    ("select distinct number % 2 as k from numbers(5) order by k", [[0], [1]]),
    ("select number % 2, count() from numbers(5) group by 1 order by 2 desc, 1", [[0, 3], [1, 2]]),
    ("select 1 as a union all select 2", [[1], [2]]),
    ("select * from (select 3 as a union all select 1 as a) order by a", [[1], [3]]),
    (
        "select a.number, b.number from numbers(2) as a cross join numbers(2) as b order by 1, 2",
        [[0, 0], [0, 1], [1, 0], [1, 1]],
    ),
    (
        "select p.properties.email, count() from events e join persons p on e.person_id = p.id group by 1 order by 1",
        [["ann@a.example", 2], ["bob@b.example", 2]],
    ),
    (
        "select d.distinct_id from person_distinct_ids d join persons p on p.id = d.person_id where p.properties.email like 'bob%' order by 1",
        [["bob"], ["bob2"]],
    ),
    # a join that finds nothing gives zero and the empty text, not NULL
    (
        "select a.number, b.n, b.s from numbers(2) a left join (select 1 as n, 'x' as s) b on a.number = b.n order by 1",
        [[0, 0, ""], [1, 1, "x"]],
    ),
    (
        "select a.n, b.n from (select 1 as n) a full join (select 2 as n) b on a.n = b.n order by 1",
        [[0, 2], [1, 0]],
    ),
    ("select count() from numbers(3) a inner join numbers(2) b using number", [[2]]),
    ("select count() from events where person_id in cohort 'friends'", [[2]]),
    ("select count() from events where person_id in cohort 1", [[2]]),
    (
        "select count() from events where person_id in (select person_id from cohort_people where cohort_id = 1)",
        [[2]],
    ),
    ("select key from groups where index = 1 order by key limit 1", [["team-data"]]),
    (
        "select $start_timestamp, $session_duration, $pageview_count from sessions where session_id = 's1'",
        [["2025-06-01T09:00:00Z", 10, 1]],
    ),
    ("select session.$session_duration from events where $session_id = 's1' limit 1", [[10]]),
    ("select lower(event) as event from events where event = 'BUY'", []),
    ("select event from events order by timestamp desc, uuid limit 2", [["buy"], ["buy"]]),
    (
        "select toString(uuid) from (select uuid, timestamp from events) where (timestamp, uuid) > (toDateTime64('2025-06-01T09:30:00Z', 6), toUUID('00000000-0000-4000-8000-000000000003')) order by timestamp, uuid limit 50000",
        [["00000000-0000-4000-8000-000000000004"], ["00000000-0000-4000-8000-000000000005"]],
    ),
    (
        "select (1, 2) > (1, 1), (1, 2) >= (1, 2), (1, 2) < (2, 0), (2, 0) < (1, 9), (1, 2) = (1, 2), (1, 2) != (1, 3)",
        [[1, 1, 1, 0, 1, 1]],
    ),
]
WINDOWS: list[Case] = [
    (
        "select number, row_number() over (order by number desc) from numbers(3) order by number",
        [[0, 3], [1, 2], [2, 1]],
    ),
    (
        "select number, sum(number) over (order by number) from numbers(3) order by number",
        [[0, 0], [1, 1], [2, 3]],
    ),
    (
        "select number, sum(number) over (order by number rows between 1 preceding and current row) from numbers(4) order by number",
        [[0, 0], [1, 1], [2, 3], [3, 5]],
    ),
    (
        "select distinct_id, row_number() over (partition by distinct_id order by timestamp) from events order by timestamp",
        [["ann", 1], ["ann", 2], ["bob", 1], ["bob", 2], ["eve", 1]],
    ),
    (
        "select number, lagInFrame(number) over (order by number) from numbers(2) order by number",
        [[0, 0], [1, 0]],
    ),
    (
        "select event, lagInFrame(event) over (order by timestamp) from events order by timestamp limit 2",
        [["$pageview", ""], ["buy", "$pageview"]],
    ),
    (
        "select number, leadInFrame(number) over (order by number rows between unbounded preceding and unbounded following) from numbers(2) order by number",
        [[0, 1], [1, 0]],
    ),
    (
        "select rank() over (order by number % 2), dense_rank() over (order by number % 2) from numbers(3) order by 1",
        [[1, 1], [1, 1], [3, 2]],
    ),
    ("select count() over () from numbers(2)", [[2], [2]]),
    (
        "select number, sum(number) over w from numbers(2) window w as (order by number) order by number",
        [[0, 0], [1, 1]],
    ),
]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [*COUNTS, *PROPERTIES, *NULLS, *TIMES, *TEXTS, *ARRAYS, *NUMBERS, *JSON, *QUERIES, *WINDOWS],
)
def test_the_answer_is_the_one_worked_out_by_hand(sql: str, rows: Rows) -> None:
    found = execute(sql, None, DATA, START).rows
    assert found == rows
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in rows]


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("1", "UInt8"),
        ("-1", "Int8"),
        ("300", "UInt16"),
        ("1.5", "Float64"),
        ("'a'", "String"),
        ("true", "Bool"),
        ("1 = 1", "UInt8"),
        ("null", "Nullable(Nothing)"),
        ("1 + 1", "UInt16"),
        ("1 - 1", "Int16"),
        ("1 / 2", "Float64"),
        ("count()", "UInt64"),
        ("uniq(event)", "UInt64"),
        ("sum(1)", "UInt64"),
        ("avg(1)", "Float64"),
        ("length('a')", "UInt64"),
        ("match('a', 'a')", "UInt8"),
        ("any(properties.a)", "Nullable(String)"),
        ("max(properties.amount)", "Nullable(Float64)"),
        ("max(properties.newsletter)", "Nullable(Bool)"),
        ("max(timestamp)", "DateTime64(6, 'UTC')"),
        ("now()", "DateTime64(6, 'UTC')"),
        ("today()", "Date"),
        ("toStartOfHour(now())", "DateTime('UTC')"),
        ("toStartOfMonth(now())", "Date"),
        ("any(uuid)", "UUID"),
        ("[1, 2]", "Array(UInt8)"),
        ("['a', null]", "Array(Nullable(String))"),
        ("(1, 'a')", "Tuple(UInt8, String)"),
        ("if(1 = 1, 1, 300)", "UInt16"),
        ("toFloat('1')", "Nullable(Float64)"),
        ("toDate('2025-01-01')", "Nullable(Date)"),
        ("groupArray(event)", "Array(String)"),
    ],
)
def test_types_are_those_of_clickhouse(expression: str, kind: str) -> None:
    assert execute(f"select {expression} as x from events", None, DATA, START).types == [["x", kind]]


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("properties.$browser", "$browser"),
        ("properties.a.b", "a__b"),
        ("properties['x']", "properties.x"),
        ("person.properties.email", "email"),
        ("e.event", "event"),
        ("event as `two words`", "two words"),
        ("count()", "count()"),
        ("1 + 2", "plus(1, 2)"),
        ("event = 'a'", "equals(event, 'a')"),
        ("quantile(0.9)(properties.amount)", "quantile(0.9)(properties.amount)"),
    ],
)
def test_columns_are_named_as_posthog_names_them(expression: str, name: str) -> None:
    assert execute(f"select {expression} from events as e limit 1", None, DATA, START).columns == [name]


def test_an_offset_without_a_limit_is_overwritten() -> None:
    result = execute("select number from numbers(200) order by number offset 7", None, DATA, START)
    assert (result.rows[0], len(result.rows)) == ([0], 100)
    assert (result.has_more, result.limit, result.offset) == (True, 100, 0)


def test_each_part_of_a_union_is_limited() -> None:
    sql = "select number from numbers(200) union all select number from numbers(300)"
    result = execute(sql, None, DATA, START)
    assert len(result.rows) == 200
    assert (result.has_more, result.limit, result.offset) == (None, None, None)


def test_the_largest_limit_is_50_000() -> None:
    result = execute("select number from numbers(60000) limit 60000", None, DATA, START)
    assert len(result.rows) == 50_000
    assert (result.has_more, result.limit, result.offset) == (None, None, None)
