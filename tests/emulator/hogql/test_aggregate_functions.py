"""Aggregates with endings, funnels, and functions of arrays and maps, by the types that ClickHouse gives them."""

from __future__ import annotations

import pytest

from posthog_environments.emulator.query_engine import EngineName

from .cases import ADA, BOB, CYD, NOBODY, Case, refusal

NONE = "from numbers(0)"
GAPPY = "from (select arrayJoin([1, null, 5, 7]) as x, arrayJoin([2]) as k)"
ROWS = "from (select arrayJoin([[1, 2], [3], [4, 5, 6]]) as a)"
HOLES = "from (select arrayJoin([[1, null], [3], [4, null, 6]]) as a)"
LEVELS = "from (select arrayJoin([(1, 2), (3, 2), (7, 1)]) as t)"

EMPTY = [
    Case(
        f"select sumOrNull(number), avgOrNull(number), countOrNull(number), minOrNull(number), maxOrNull(number), "
        f"medianOrNull(number), countDistinctOrNull(number) {NONE}",
        [[None] * 7],
        "Nullable(UInt64); Nullable(Float64); Nullable(UInt64); Nullable(UInt64); Nullable(UInt64); Nullable(Float64); "
        "Nullable(UInt64)",
    ),
    Case(
        f"select sumOrDefault(number), avgOrDefault(number), countOrDefault(), minOrDefault(toString(number)), "
        f"medianOrDefault(number) {NONE}",
        [[0, 0.0, 0, "", 0.0]],
        "UInt64; Float64; UInt64; String; Float64",
    ),
    Case(
        f"select sumOrNull(x), avgOrDefault(x), countOrNull(x), maxOrDefault(x) {GAPPY}",
        [[13, 13 / 3, 3, 7]],
        "Nullable(UInt64); Nullable(Float64); Nullable(UInt64); Nullable(UInt8)",
    ),
    Case(
        f"select sumOrDefault(x), countOrDefault(x), countOrNull(x) {GAPPY} where x is null",
        [[None, 0, None]],
    ),
    Case(
        "select sumOrNullIf(number, number > 5), sumOrDefaultIf(number, number > 5), avgOrDefaultIf(number, number > 1), "
        "countOrNullIf(number, number > 1) from numbers(3)",
        [[None, 0, 2.0, 1]],
        "Nullable(UInt64); UInt64; Float64; Nullable(UInt64)",
    ),
    Case("select sumOrNull(null), countOrNull(null)", [[None, 0]], "Nullable(Nothing); UInt64"),
    Case(
        "select number, sumOrNull(number) over (order by number) from numbers(3) order by number",
        [[0, 0], [1, 1], [2, 3]],
    ),
    Case(
        "select event, sumOrNull(properties.amount) from events group by event order by event",
        [["$pageview", None], ["purchase", 60.0], ["signed_up", None]],
        "String; Nullable(Float64)",
    ),
]
MEMBERS = [
    Case(
        f"select sumArray(a), avgArray(a), minArray(a), maxArray(a), countArray(a), medianArray(a), "
        f"countDistinctArray(a) {ROWS}",
        [[21, 3.5, 1, 6, 6, 3.5, 6]],
        "UInt64; Nullable(Float64); UInt8; UInt8; UInt64; Nullable(Float64); UInt64",
    ),
    Case(
        f"select sumArray(a), countArray(a), countDistinctArray(a), sumArrayIf(a, length(a) > 1) {HOLES}",
        [[14, 4, 4, 11]],
        "Nullable(UInt64); UInt64; UInt64; Nullable(UInt64)",
    ),
    Case(
        f"select sumArray([number]), avgArray([number]), avgArrayOrDefault([number]), medianArray([number]), "
        f"sumArrayOrNull([number]), countArray(['a']) {NONE}",
        [[0, None, 0.0, None, None, 0]],
        "UInt64; Nullable(Float64); Float64; Nullable(Float64); Nullable(UInt64); UInt64",
    ),
    Case("select sumArray([true, false]), avgArray([true]), minArray([true])", [[1, 1.0, True]]),
    Case(
        f"select sumForEach(a), avgForEach(a), minForEach(a), maxForEach(a), countForEach(a), "
        f"countDistinctForEach(a), medianForEach(a) {ROWS}",
        [[[8, 7, 6], [8 / 3, 3.5, 6.0], [1, 2, 6], [4, 5, 6], [3, 2, 1], [3, 2, 1], [3.0, 3.5, 6.0]]],
        "Array(UInt64); Array(Float64); Array(UInt8); Array(UInt8); Array(UInt64); Array(UInt64); Array(Float64)",
    ),
    Case(
        f"select sumForEach(a), countForEach(a), minForEachIf(a, length(a) < 3) {HOLES}",
        [[[8, None, 6], [3, 0, 1], [1, None]]],
        "Array(Nullable(UInt64)); Array(UInt64); Array(Nullable(UInt8))",
    ),
    Case(f"select sumForEach([number]), avgForEachOrNull([number]) {NONE}", [[[], []]]),
    Case(
        "select arraySort(groupUniqArrayArray(a)), groupUniqArrayArray(1)([7, 7]), groupUniqArrayArray([null]) "
        "from (select arrayJoin([['b', 'a'], ['a']]) as a)",
        [[["a", "b"], [7], None]],
        "Array(String); Array(UInt8); Nullable(Nothing)",
    ),
    Case(
        "select minArray([person_id]), maxArray([person_id]) from events where person_id in "
        f"('{ADA}', '{BOB}', '{CYD}')",
        [[ADA, CYD]],
        "UUID; UUID",
    ),
    Case(
        f"select minArray([toUUID('{CYD}'), toUUID('{NOBODY}'), null])",
        [NOBODY],
        "Nullable(UUID)",
    ),
]
EXTREMES = [
    Case(
        f"select sumArgMax(t.1, t.2), countArgMax(t.1, t.2), avgArgMin(t.1, t.2), minArgMax(t.1, t.2), "
        f"maxArgMax(t.1, t.2), countDistinctArgMax(t.1, t.2), medianArgMax(t.1, t.2) {LEVELS}",
        [[4, 2, 7.0, 1, 3, 2, 2.0]],
        "UInt64; UInt64; Float64; UInt8; UInt8; UInt64; Float64",
    ),
    Case(
        "select sumArgMax(t.1, t.2), countArgMax(t.1, t.2), sumArgMaxIf(t.1, t.2, t.2 < 2) "
        "from (select arrayJoin([(1, 2), (null, 3), (5, null), (7, 1)]) as t)",
        [[1, 1, 7]],
        "Nullable(UInt64); UInt64; Nullable(UInt64)",
    ),
    Case(
        f"select sumArgMax(number, number), sumArgMaxOrNull(number, number), countArgMin(number) {NONE}",
        [[0, None, 0]],
        "UInt64; Nullable(UInt64); UInt64",
    ),
    Case(
        f"select minArgMin(person_id, event), maxArgMin(person_id, event) from events where person_id != '{NOBODY}'",
        [[ADA, BOB]],
        "UUID; UUID",
    ),
]
STEPS = "number = 1, number = 3, number = 5"
FUNNELS = [
    Case(
        "select distinct_id, windowFunnel(3600)(toDateTime(timestamp), event = '$pageview', event = 'purchase') as level "
        "from events where distinct_id in ('ada', 'bob', 'cyd') group by distinct_id order by distinct_id",
        [["ada", 1], ["bob", 2], ["cyd", 0]],
        "String; UInt8",
    ),
    Case(
        "select person_id, windowFunnel(86400)(toDateTime(timestamp), event = '$pageview', event = 'purchase', "
        "properties.amount > 15) as level from events where properties.$session_id is not null "
        "group by person_id order by level",
        [[ADA, 2], [BOB, 3]],
        "UUID; UInt8",
    ),
    Case(
        f"select windowFunnel(3)(number, {STEPS}), windowFunnel(4)(number, {STEPS}), windowFunnel(9)(number, number = 7), "
        "windowFunnel(9)(number, number = 3, number = 1) from numbers(6)",
        [[2, 3, 0, 1]],
        "UInt8; UInt8; UInt8; UInt8",
    ),
    # One row may be several steps, unless the times must grow.
    Case(
        "select windowFunnel(9)(5, true, true, true), windowFunnel(9, 'strict_increase')(5, true, true, true), "
        "windowFunnel(0)(5, number = 1, number = 0) from numbers(2)",
        [[3, 1, 2]],
    ),
    Case(
        "select windowFunnel(2)(toDate('2025-01-01') + toIntervalDay(number), number = 0, number = 2), "
        "windowFunnel(1)(toDate('2025-01-01') + toIntervalDay(number), number = 0, number = 2) from numbers(3)",
        [[2, 1]],
    ),
    Case(
        f"select windowFunnel(9)(number, number = 1) {NONE}",
        [0],
        "UInt8",
    ),
    Case(
        "select windowFunnel(9)(nullIf(number, 1), number = 0, number = 1, number = 2), "
        "windowFunnel(9)(number, null, true), windowFunnel(9)(number, nullIf(number, 1) = 0, true) from numbers(3)",
        [[1, None, 2]],
        "Nullable(UInt8); Nullable(Nothing); UInt8",
    ),
]
OTHERS = [
    Case(
        "select every(number < 3), every(number < 2), every(nullIf(number, 1)) from numbers(3)",
        [[True, False, False]],
        "Bool; Bool; Nullable(Bool)",
    ),
    Case(f"select every(number) {NONE}", [False], "Bool"),
    Case(
        "select string_agg(toString(number), ', '), string_agg(nullIf(event, 'a'), '-') "
        "from (select number, number = 1 ? 'a' : 'b' as event from numbers(3))",
        [["0, 1, 2", "b-b"]],
        "String; String",
    ),
    Case(
        "select string_agg(number / 2, '|'), arrayStringConcat([true, false], ',') from numbers(3)",
        [["0|0.5|1", "true,false"]],
    ),
    Case(f"select string_agg(toString(number), ',') {NONE}", [""], "String"),
    Case(
        "select json_agg(number), json_agg(if(number = 1, null, 'x')) from numbers(3)",
        [["[0,1,2]", '["x","x"]']],
        "String; String",
    ),
    Case(
        "select countDistinctIf(event, event != 'purchase'), countDistinctIf(properties.$browser, true) from events",
        [[2, 3]],
        "UInt64; UInt64",
    ),
    Case(
        "select medianExactLow(number), medianExactHigh(number), medianExactLowIf(number, number < 3), "
        "medianExactHigh(nullIf(number, 0)), medianExactLow(number / 2) from numbers(4)",
        [[1, 2, 1, 2, 0.5]],
        "UInt64; UInt64; UInt64; Nullable(UInt64); Float64",
    ),
    Case(
        f"select medianExactLow(number), medianExactHigh(number / 2), sumWithOverflow(number), deltaSum(number), "
        f"groupBitmap(number), medianExact(number), medianExact(nullIf(number, 1)) {NONE}",
        [[0, None, 0, 0, 0, 0, None]],
        "UInt64; Float64; UInt64; UInt64; UInt64; UInt64; Nullable(UInt64)",
    ),
    Case(
        "select sumWithOverflow(x), sumWithOverflow(-x), sumWithOverflow(x / 2) from (select arrayJoin([200, 100]) as x)",
        [[44, -300, 150.0]],
        "UInt8; Int16; Float64",
    ),
    Case(
        "select deltaSum(x), deltaSum(nullIf(x, 2)), deltaSum(-x), deltaSum(x / 2), deltaSumIf(x, x > 1) "
        "from (select arrayJoin([1, 3, 2, 5]) as x)",
        [[5, 4, 1, 2.5, 3]],
        "UInt8; UInt8; Int16; Float64; UInt8",
    ),
    Case("select deltaSum(7), deltaSum(nullIf(number, number)) from numbers(1)", [[0, 0]], "UInt8; UInt64"),
    Case(
        "select groupBitmap(x), groupBitmapIf(x, x > 1), groupBitmap(nullIf(x, 1)) from (select arrayJoin([1, 1, 3]) as x)",
        [[2, 1, 1]],
        "UInt8; UInt8; Nullable(UInt8)",
    ),
]


LAMBDAS = [
    Case(
        "select arrayMap((x, y) -> x + y, [1, 2], [3, 4]), arrayFilter((x, y) -> y > 1, ['a', 'b'], [1, 2]), "
        "arraySort((x, y) -> y, [3, 2, 1], [1, 3, 2]), arrayFirst((x, y) -> y = 1, ['a', 'b'], [3, 1]), "
        "arrayFirstIndex((x, y) -> x = y, [1, 2], [3, 2]), arrayCount((x, y) -> x = y, [1, 2], [1, 3]), "
        "arrayExists((x, y) -> x > y, [1], [1]), arrayAll((x, y) -> x = y, [1], [1])",
        [[[4, 6], ["b"], [3, 1, 2], "b", 2, 1, 0, 1]],
        "Array(UInt16); Array(String); Array(UInt8); String; UInt32; UInt32; UInt8; UInt8",
    ),
    Case(
        "select arrayMap((x, y, z) -> concat(x, y, z), ['a'], ['b'], ['c']), "
        "arrayMap(x -> arraySum(arrayMap((y, z) -> x * y + z, [1, 2], [3, 4])), [10]), arrayMap((x, y) -> x, [], [])",
        [[["abc"], [37], []]],
    ),
    Case(
        "select arrayLast(x -> x > 1, [1, 2, 3]), arrayLast(x -> x > 5, [1, 2]), arrayLast(x -> x > 0, [1, null]), "
        "arrayLast((x, y) -> y > 1, ['a', 'b'], [3, 1]), arrayLast(x -> x = '', ['a'])",
        [[3, 0, 1, "a", ""]],
        "UInt8; UInt8; Nullable(UInt8); String; String",
    ),
    Case(
        "select arrayLastIndex(x -> x > 1, [2, 1]), arrayLastIndex(x -> x > 5, [1]), arrayLastIndex(x -> x is null, [null, 1]), "
        "arrayLastIndex(x -> x = 1, [])",
        [[1, 0, 1, 0]],
        "UInt32; UInt32; UInt32; UInt32",
    ),
    Case(
        "select arrayFill(x -> x > 1, [1, 2, 0, 3, 1]), arrayReverseFill(x -> x > 1, [1, 2, 0, 3, 1]), "
        "arrayFill(x -> x is not null, [1, null, 2, null]), arrayFill((x, y) -> y, [1, 2, 3], [1, 0, 1]), "
        "arrayReverseFill(x -> null, [1, 2]), arrayFill(x -> 1, [])",
        [[[1, 2, 2, 3, 3], [2, 2, 3, 3, 1], [1, 1, 2, 2], [1, 1, 3], [2, 2], []]],
        "Array(UInt8); Array(UInt8); Array(Nullable(UInt8)); Array(UInt8); Array(UInt8); Array(Nothing)",
    ),
    Case(
        "select arraySplit(x -> x = 3, [1, 2, 3, 4]), arrayReverseSplit(x -> x = 3, [1, 2, 3, 4]), "
        "arraySplit((x, y) -> y, [1, 2, 3], [1, 0, 1]), arrayReverseSplit(x -> 1, [1, 2]), arraySplit(x -> 1, []), "
        "arraySplit(x -> nullIf(x, 2) = 3, [1, 2, 3])",
        [[[[1, 2], [3, 4]], [[1, 2, 3], [4]], [[1, 2], [3]], [[1], [2]], [], [[1, 2], [3]]]],
    ),
    Case(
        "select arrayCumSum([1, -2, 3]), arrayCumSum(x -> x * 2, [1, 2]), arrayCumSum((x, y) -> x * y, [1, 2], [3, 4]), "
        "arrayCumSum([0.5, 1]), arrayCumSumNonNegative([1, -2, 3]), arrayCumSumNonNegative(x -> -x, [1]), "
        "arrayCumSum(arrayFilter(x -> x > 9, [1])), arrayCumSumNonNegative(arrayFilter(x -> x > 9, [1]))",
        [[[1, -1, 2], [2, 6], [3, 11], [0.5, 1.5], [1, 0, 3], [0], [], []]],
        "Array(Int64); Array(UInt64); Array(UInt64); Array(Float64); Array(Int64); Array(Int64); Array(UInt64); Array(UInt64)",
    ),
    Case(
        "select arrayFold((done, x) -> done + x, [1, 2], toInt(5)), arrayFold((done, x) -> concat(done, x), ['a', 'b'], ''), "
        "arrayFold((done, x, y) -> done + x * y, [1, 2], [3, 4], toInt(0)), "
        "arrayFold((done, x) -> arrayPushBack(done, x), arrayFilter(x -> x > 1, [1, 2]), [0]), "
        "arrayFold((done, x) -> done, [], 7), arrayFold((done, x) -> done + x, [1], null)",
        [[8, "ab", 11, [0, 2], 7, None]],
        "Nullable(Int64); String; Nullable(Int64); Array(UInt8); UInt8; Nullable(Nothing)",
    ),
]
ARRAYS = [
    Case(
        "select arrayDifference([1, 2, 5]), arrayDifference([3, -1]), arrayDifference([1.5, 2]), arrayDifference([true, false]), "
        "arrayDifference(arrayFilter(x -> x > 9, [1]))",
        [[[0, 1, 3], [0, -4], [0.0, 0.5], [0, -1], []]],
        "Array(Int16); Array(Int32); Array(Float64); Array(Int16); Array(Int16)",
    ),
    Case(
        "select arrayProduct([2, 3, 4]), arrayProduct([0.5, -1]), arrayProduct(arrayFilter(x -> x > 9, [1]))",
        [[24.0, -0.5, 0.0]],
        "Float64; Float64; Float64",
    ),
    Case(
        "select arrayCompact([1, 1, 2, 1]), arrayCompact([null, null, 'a', 'a']), arrayCompact([])",
        [[[1, 2, 1], [None, "a"], []]],
        "Array(UInt8); Array(Nullable(String)); Array(Nothing)",
    ),
    Case(
        "select arrayResize([1, 2, 3], 2), arrayResize([1], 3), arrayResize([1], 3, 300), arrayResize([1, 2, 3], -2), "
        "arrayResize([1], -2, 7), arrayResize(['a'], 2), arrayResize([null, 1], 3), arrayResize([1], 2, null), "
        "arrayResize([], 0), arrayResize([1], 0)",
        [[[1, 2], [1, 0, 0], [1, 300, 300], [2, 3], [7, 1], ["a", ""], [None, 1, None], [1, None], [], []]],
        "Array(UInt8); Array(UInt8); Array(UInt16); Array(UInt8); Array(UInt8); Array(String); Array(Nullable(UInt8)); "
        "Array(Nullable(UInt8)); Array(Nothing); Array(UInt8)",
    ),
    Case(
        "select arrayRotateLeft([1, 2, 3], 1), arrayRotateRight([1, 2, 3], 1), arrayRotateLeft([1, 2, 3], -4), "
        "arrayRotateRight(['a', null], 3), arrayRotateLeft([], 2), arrayRotateLeft([1], null)",
        [[[2, 3, 1], [3, 1, 2], [3, 1, 2], [None, "a"], [], None]],
        "Array(UInt8); Array(UInt8); Array(UInt8); Array(Nullable(String)); Array(Nothing); Nullable(Nothing)",
    ),
    Case(
        "select arrayWithConstant(2, 'a'), arrayWithConstant(0, 1), arrayWithConstant(2, null), arrayWithConstant(1.9, [1])",
        [[["a", "a"], [], [None, None], [[1]]]],
        "Array(String); Array(UInt8); Array(Nullable(Nothing)); Array(Array(UInt8))",
    ),
    Case(
        "select arrayEnumerateDense([10, 20, 10, 30]), arrayEnumerateDense([null, 'a', null]), arrayEnumerateDense([]), "
        "arrayEnumerateUniq([1, 1, 2, 2], [1, 1, 1, 2]), arrayEnumerateUniq([null, null], [1, 1]), arrayEnumerateUniq([], [])",
        [[[1, 2, 1, 3], [1, 2, 1], [], [1, 2, 1, 1], [1, 2], []]],
        "Array(UInt32); Array(UInt32); Array(UInt32); Array(UInt32); Array(UInt32); Array(UInt32)",
    ),
    Case(
        "select arrayUniq([1, 1, null]), arrayUniq([1, 1], [1, 2]), arrayUniq([null, null], ['a', 'a']), arrayUniq([])",
        [[2, 2, 1, 0]],
        "UInt32; UInt32; UInt32; UInt32",
    ),
    Case(
        "select arraySort(arrayIntersect([1, 2, 3], [3, 2, 300])), arrayIntersect([1, 2], [2, 3], [2]), arrayIntersect([1, 1]), "
        "arrayIntersect([1], []), arrayIntersect([null], [null]), arrayIntersect([1, null], [1])",
        [[[2, 3], [2], [1], [], [None], [1]]],
        "Array(UInt8); Array(UInt8); Array(UInt8); Array(Nothing); Array(Nullable(Nothing)); Array(UInt8)",
    ),
    Case(
        "select hasSubstr([1, 2, 3], [2, 3]), hasSubstr([1, 2], [2, 1]), hasSubstr([1], []), hasSubstr([1, null], [null]), "
        "hasSubstr(['a'], ['a', 'b']), hasSubstr([1], null)",
        [[1, 0, 1, 1, 0, None]],
        "UInt8; UInt8; UInt8; UInt8; UInt8; Nullable(Nothing)",
    ),
    Case(
        "select arrayReduce('sum', [1, null, 2]), arrayReduce('count', [1, null]), arrayReduce('max', ['a', 'b']), "
        "arrayReduce('avg', [1, 2]), arrayReduce('median', [1, 2, 9]), arrayReduce('uniq', [1, 1]), arrayReduce('min', [null]), "
        "arrayReduce('sum', arrayFilter(x -> x > 9, [1])), arrayReduce('avg', arrayFilter(x -> x > 9, [1]))",
        [[3, 1, "b", 1.5, 2.0, 1, None, 0, None]],
        "Nullable(UInt64); UInt64; String; Float64; Float64; UInt64; Nullable(Nothing); UInt64; Float64",
    ),
    Case(
        "select arrayStringConcat([0.5, 1, null], ','), arrayStringConcat([today()])",
        [["0.5,1", "2025-07-01"]],
    ),
]
OWN = [
    Case(
        "select sortablesemver('1.20.3'), sortablesemver(' v1.2.3-beta.1 '), SortableSemVer('1.2.3+7'), "
        "sortablesemver('01.2.3'), sortablesemver('1.2'), sortablesemver(''), sortablesemver(null)",
        [[[1, 20, 3], [1, 2, 3], [1, 2, 3], [None], [None], [None], [None]]],
        "; ".join(["Array(Nullable(Int64))"] * 7),
    ),
    Case(
        "select v from (select arrayJoin(['1.9.9', '1.10.0', 'x', '1.10.1']) as v) order by sortablesemver(v) desc",
        ["1.10.1", "1.10.0", "1.9.9", "x"],
    ),
    Case(
        "select v from (select arrayJoin(['1.10.0', 'x', '1.9.9']) as v) order by sortablesemver(v)",
        ["1.9.9", "1.10.0", "x"],
    ),
    Case(
        "select arraySort([[1, null], [1, 2], [null], [1]])",
        [[[[1], [1, 2], [1, None], [None]]]],
    ),
    Case(
        "select count(), indexHint(1 = 2), indexHint(null) from events where indexHint(event = 'none')",
        [[7, 1, 1]],
    ),
]
MAPS = [
    Case(
        "select map('a', 1, 'b', 300), map('a', 1, 'b', null), map(1, 'x'), map(), map('a', [1]), map('a', now())",
        [
            [
                {"a": 1, "b": 300},
                {"a": 1, "b": None},
                {"1": "x"},
                {},
                {"a": [1]},
                {"a": "2025-07-01T12:00:00Z"},
            ]
        ],
        "Map(String, UInt16); Map(String, Nullable(UInt8)); Map(UInt8, String); Map(Nothing, Nothing); "
        "Map(String, Array(UInt8)); Map(String, DateTime64(6, 'UTC'))",
    ),
    Case(
        "select map('a', 1)['a'] + 1, map('a', 1)['z'], map('a', 'x')['z'], map('a', null)['a'], map(7, 1)[300], "
        "map('a', map('b', 1))['z'], map('a', 1)[null]",
        [[2, 0, "", None, 0, {}, None]],
        "UInt16; UInt8; String; Nullable(Nothing); UInt8; Map(String, UInt8); Nullable(Nothing)",
    ),
    Case(
        "select mapKeys(map('b', 1, 'a', 2)), mapValues(map('b', 1, 'a', null)), mapKeys(map()), "
        "mapFromArrays(['x', 'y'], [1, 2]), mapFromArrays([], []), toString(map('a', [1], 'it''s', []))",
        [[["b", "a"], [1, None], [], {"x": 1, "y": 2}, {}, "{'a':[1],'it\\'s':[]}"]],
        "Array(String); Array(Nullable(UInt8)); Array(Nothing); Map(String, UInt8); Map(Nothing, Nothing); String",
    ),
    Case(
        "select mapContains(map('a', 1), 'a'), mapContains(map('a', 1), 'b'), mapContains(map('a', 1), null), "
        "mapContains(map(), 'a'), mapContainsKeyLike(map('abc', 1), 'a%'), mapContainsKeyLike(map('abc', 1), 'b%'), "
        "mapContainsKeyLike(map('a', 1), null)",
        [[1, 0, 0, 0, 1, 0, None]],
        "UInt8; UInt8; UInt8; UInt8; UInt8; UInt8; Nullable(Nothing)",
    ),
    Case(
        "select mapFilter((k, v) -> v > 1 and k != 'c', map('a', 1, 'b', 2, 'c', 3)), mapFilter((k, v) -> v, map()), "
        "mapApply((k, v) -> (upper(k), v / 2), map('a', 1)), mapApply((k, v) -> (v, k), map('a', 1)), "
        "mapExtractKeyLike(map('abc', 1, 'x', 2), 'a%'), mapUpdate(map('a', 1, 'b', 0), map('b', 5, 'c', 6))",
        [[{"b": 2}, {}, {"A": 0.5}, {"1": "a"}, {"abc": 1}, {"a": 1, "b": 5, "c": 6}]],
        "Map(String, UInt8); Map(Nothing, Nothing); Map(String, Float64); Map(UInt8, String); Map(String, UInt8); "
        "Map(String, UInt8)",
    ),
    # A pattern that is missing is an empty one.
    Case(
        "select mapExtractKeyLike(map('', 1, 'key', 2), nullIf('a', 'a')), mapContainsKeyLike(map('key', 1), nullIf('a', 'a')), "
        "mapExtractKeyLike(map('key', 1), 'key'), mapKeys(map(true, 1))",
        [[{"": 1}, None, {"key": 1}, [True]]],
        "Map(String, UInt8); Nullable(UInt8); Map(String, UInt8); Array(Bool)",
    ),
    Case(
        "select any(m), groupArray(m), count() from (select map('a', number) as m from numbers(0))",
        [[{}, [], 0]],
        "Map(String, UInt64); Array(Map(String, UInt64)); UInt64",
    ),
    Case(
        "select map(person_id, event), mapKeys(map(event, 1))[1] from events where event = 'signed_up'",
        [[{CYD: "signed_up"}, "signed_up"]],
        "Map(UUID, String); String",
    ),
]


@pytest.mark.parametrize("case", [*LAMBDAS, *ARRAYS, *OWN, *MAPS], ids=lambda case: case.sql)
def test_arrays(case: Case) -> None:
    case.check()


@pytest.mark.parametrize("case", [*EMPTY, *MEMBERS, *EXTREMES, *FUNNELS, *OTHERS], ids=lambda case: case.sql)
def test_aggregates(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(
    "call",
    [
        "sumArray(1)",
        "sumArray(['a'])",
        "sumArray([])",
        "sumForEach(['a'])",
        "sumArgMax('a', 1)",
        "deltaSum('a')",
        "groupBitmap('a')",
        "groupBitmap(1.5)",
        "groupUniqArrayArray(0)([1])",
        "windowFunnel(9)(timestamp, true)",
        "windowFunnel(9)(toInt(1), true)",
        "windowFunnel(9)(toDateTime(timestamp), 300)",
        "windowFunnel(9, 'so_and_so')(toDateTime(timestamp), true)",
        f"windowFunnel(9)(toDateTime(timestamp){', true' * 33})",
        "arrayCumSum(['a'])",
        "arrayCumSum([1, null])",
        "arrayDifference([1, null])",
        "arrayProduct([])",
        "arrayResize([1], null)",
        "arrayResize([1], 2, 'a')",
        "arrayRotateLeft([1], 1.5)",
        "arrayWithConstant(-1, 'a')",
        "arrayWithConstant(null, 'a')",
        "arrayEnumerateUniq([1], [1, 2])",
        "arrayUniq([1], [1, 2])",
        "arrayIntersect([1], ['a'])",
        "hasSubstr([1], ['a'])",
        "arrayFill(x -> x + 300, [1])",
        "arrayFill(x -> 'a', [1])",
        "arrayMap((x, y) -> x, [1])",
        "arrayMap((x, y) -> x, [1], [1, 2])",
        "arrayMap(x -> x, 1)",
        "arrayFold((done, x) -> done + x, [1], 0)",
        "arrayFold(1, [1], 0)",
        "arrayReduce('sum', [])",
        "arrayReduce('sum', ['a'])",
        "arrayReduce('sum', 1)",
        "arrayReduce('sum', [1], [2])",
        "sortablesemver(5)",
        "map('a')",
        "map(null, 1)",
        "map('a', 1)[5]",
        "mapFromArrays(['a'], [1, 2])",
        "mapContains(map('a', 1), 5)",
        "mapContainsKeyLike(map(1, 1), 'a')",
        "mapUpdate(map('a', 1), map('b', 300))",
        "mapApply((k, v) -> v, map('a', 1))",
        "mapFilter((k, v) -> v + 300, map('a', 1))",
        "mapFilter((k, v) -> v, [1])",
        "mapFilter(k -> k, map('a', 1))",
    ],
)
def test_what_clickhouse_refuses(call: str) -> None:
    assert refusal(f"select {call} from events").code != "emulator_unsupported" or call.startswith(
        "string_agg"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("sumIfOrNull(1, true)", "Unsupported function call"),
        ("everyIf(1, true)", "Unsupported function call"),
        ("uniqArray([1])", "Unsupported function call"),
        ("sumOrNull(sum(1))", "cannot be nested"),
        ("every(number) over ()", "no aggregation"),
        ("arrayReduce('quantile(0.5)', [1])", "'quantile(0.5)' is not supported"),
        (
            "arrayReduce(toString(number), [1])",
            "Expected constant string as first arg in function 'arrayReduce'",
        ),
    ],
)
def test_which_endings_there_are_is_posthogs_decision(call: str, message: str) -> None:
    assert message in str(refusal(f"select {call} from numbers(3)"))


@pytest.mark.parametrize(
    "call",
    [
        "windowFunnel(9, 'strict_order')(number, true)",
        "windowFunnel(-1)(number, true)",
        "sumState(number)",
        "sumMap(map('a', 1))",
        "map(1.5, 1)",
        "map('a', 1, 'a', 2)",
        "arrayDifference([now()])",
        "arrayAUC([1], [1])",
        "bitmapToArray(bitmapBuild([1]))",
    ],
)
def test_what_only_chdb_does_is_a_gap_of_duckdb(call: str, query_engine: EngineName) -> None:
    if query_engine == "duckdb":
        assert refusal(f"select {call} from numbers(3)").code == "emulator_unsupported"
