"""Aggregates, arrays, maps and bitmaps that chDB alone does, and what they are made of."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, HogQLUnsupported, Result, execute

EMULATOR = Emulator(persons=0, events=0)


def ask(sql: str) -> Result:
    return execute(sql, None, EMULATOR.data, EMULATOR.clock.now(), engine="chdb")


STATES = [
    ("sumMerge(s)", "sumState(number)", 10, "UInt64"),
    ("sumMerge(s)", "sumState(nullIf(number, 4))", 6, "Nullable(UInt64)"),
    ("sumMerge(s) + 1", "sumStateIf(number, number > 2)", 8, "UInt64"),
    ("avgMerge(s)", "avgState(number)", 2.0, "Float64"),
    ("avgMergeIf(s, true)", "avgStateIf(number, number > 2)", 3.5, "Float64"),
    ("countMerge(s)", "countState()", 5, "UInt64"),
    ("countMerge(s)", "countStateIf(number > 1)", 3, "UInt64"),
    ("uniqMerge(s)", "uniqState(number % 2)", 2, "UInt64"),
    ("uniqExactMerge(s)", "uniqExactState(number % 3)", 3, "UInt64"),
    ("countDistinctMerge(s)", "countDistinctState(number % 3)", 3, "UInt64"),
    ("argMaxMerge(s)", "argMaxState(toString(number), number)", "4", "String"),
    ("argMinMerge(s)", "argMinState(number, -number)", 4, "UInt64"),
    ("sumForEachMerge(s)", "sumForEachState([number, 1])", [10, 5], "Array(UInt64)"),
    ("quantilesMerge(0.5)(s)", "quantilesState(0.5)(number)", [2.0], "Array(Float64)"),
    ("maxMerge(s)", "maxState(toString(number))", "4", "String"),
    ("medianMerge(s)", "medianState(number)", 2.0, "Float64"),
    ("minMergeIf(s, true)", "minState(number)", 0, "UInt64"),
    ("sumMapMerge(s)", "arrayReduce('sumMapState', [map('a', 3)])", {"a": 15}, "Map(String, UInt64)"),
    ("avgMapMerge(s)", "arrayReduce('avgMapState', [map('a', 3)])", {"a": 3.0}, "Map(String, Float64)"),
    (
        "uniqMapMergeIf(s, true)",
        "arrayReduce('uniqMapState', [map('a', 3)])",
        {"a": 1},
        "Map(String, UInt64)",
    ),
    ("bitmapCardinality(groupBitmapOrState(s))", "groupBitmapState(number)", 5, "UInt64"),
    ("bitmapToArray(groupBitmapAndState(s))", "groupBitmapState(number)", [0, 1, 2, 3, 4], "Array(UInt64)"),
    ("groupBitmapAnd(s)", "groupBitmapState(number)", 5, "UInt64"),
    ("groupBitmapOr(s)", "groupBitmapState(number)", 5, "UInt64"),
    ("groupBitmapXor(s)", "groupBitmapState(number)", 5, "UInt64"),
]


@pytest.mark.parametrize(("outer", "inner", "value", "kind"), STATES)
def test_a_state_is_merged_by_an_outer_query(outer: str, inner: str, value: Any, kind: str) -> None:
    result = ask(f"select {outer} as x from (select {inner} as s from numbers(5))")
    assert (result.rows, result.types) == ([[value]], [["x", kind]])


def test_a_state_is_no_value_to_give_back() -> None:
    for call in ("sumState(number)", "[uniqState(1)]", "groupBitmapState(number)"):
        with pytest.raises(HogQLUnsupported, match="state of an aggregate"):
            ask(f"select {call} as x from numbers(3)")


def test_only_a_state_is_merged() -> None:
    with pytest.raises(HogQLError) as found:
        ask("select sumMerge(1)")
    assert found.value.code == "illegal_type_of_argument"


X = "from (select arrayJoin([1, 3, 2, 5]) as x)"
AGGREGATES = [
    (f"sumMap(map('a', x, 'b', 1)) as v {X}", {"a": 11, "b": 4}, "Map(String, UInt64)"),
    (f"avgMap(map('a', x)) as v {X}", {"a": 2.75}, "Map(String, Float64)"),
    (f"minMap(map('a', x)) as v {X}", {"a": 1}, "Map(String, UInt8)"),
    (f"maxMapIf(map('a', x), x < 5) as v {X}", {"a": 3}, "Map(String, UInt8)"),
    (f"countMap(map('a', x)) as v {X}", {"a": 4}, "Map(String, UInt64)"),
    (f"countMapIf(map('a', x), x > 2) as v {X}", {"a": 2}, "Map(String, UInt64)"),
    (f"uniqMap(map('a', x % 2)) as v {X}", {"a": 2}, "Map(String, UInt64)"),
    (f"sumMap(['a', 'b'], [x, 1]) as v {X}", [["a", "b"], [11, 4]], "Tuple(Array(String), Array(UInt64))"),
    (f"minMap([1], [x]) as v {X}", [[1], [1]], "Tuple(Array(UInt8), Array(UInt8))"),
    (f"arraySum(mapValues(sumMap(map('a', x)))) as v {X}", 11, "UInt64"),
    (f"sumMapOrNull(map('a', x)) as v {X} where x > 9", {}, "Map(String, UInt64)"),
    (f"json_agg(x) as v {X}", "[1,3,2,5]", "String"),
    (f"json_agg(nullIf(toString(x), '3')) as v {X}", '["1","2","5"]', "String"),
    (f"groupArrayInsertAt(x, x) as v {X}", [0, 1, 2, 3, 0, 5], "Array(UInt8)"),
    (f"groupArrayInsertAt('-')(toString(x), x) as v {X} where x < 3", ["-", "1", "2"], "Array(String)"),
    (f"groupArrayMovingSum(x) as v {X}", [1, 4, 6, 11], "Array(UInt64)"),
    (f"groupArrayMovingSum(2)(nullIf(x, 3)) as v {X}", [1, 3, 7], "Array(UInt64)"),
    (f"groupArrayMovingAvg(2)(x) as v {X}", [0.5, 2.0, 2.5, 3.5], "Array(Float64)"),
    (f"length(groupArraySample(2)(x)) as v {X}", 2, "UInt64"),
    (f"deltaSumTimestamp(x, toInt(x)) as v {X}", 5, "UInt8"),
    (f"anyHeavy(x > 1) as v {X}", 1, "UInt8"),
    (f"medianBFloat16(x) as v {X}", 2.0, "Float64"),
    (f"maxIntersections(x, 4) as v {X}", 3, "UInt64"),
    (f"maxIntersectionsPosition(x, 4) as v {X}", 3, "UInt8"),
    (f"cramersV(x, x) as v {X}", 1.0, "Float64"),
    (f"cramersVBiasCorrected(x, nullIf(x, 9)) as v {X}", None, "Nullable(Float64)"),
    (f"theilsU(x, x) as v {X}", 1.0, "Float64"),
    (f"round(contingency(x, x), 3) as v {X}", 0.866, "Float64"),
    (
        f"windowFunnel(9, 'strict_order')(today() + toIntervalDay(x), x = 1, x = 3) as v {X}",
        1,
        "UInt8",
    ),
]


@pytest.mark.parametrize(("sql", "value", "kind"), AGGREGATES, ids=[sql for sql, *_ in AGGREGATES])
def test_aggregates(sql: str, value: Any, kind: str) -> None:
    result = ask(f"select {sql}")
    assert (result.rows, result.types) == ([[value]], [["v", kind]])


SET = "bitmapBuild([1, 2, 5, 5])"
SCALARS = [
    (f"bitmapToArray({SET})", [1, 2, 5], "Array(UInt8)"),
    (f"bitmapCardinality({SET})", 3, "UInt64"),
    (f"[bitmapMin({SET}), bitmapMax({SET})]", [1, 5], "Array(UInt64)"),
    (f"[bitmapContains({SET}, 2), bitmapContains({SET}, 300)]", [1, 0], "Array(UInt8)"),
    (
        f"[bitmapHasAny({SET}, bitmapBuild([5, 6])), bitmapHasAll({SET}, bitmapBuild([5, 6]))]",
        [1, 0],
        "Array(UInt8)",
    ),
    (f"bitmapToArray(bitmapAnd({SET}, bitmapBuild([5, 6])))", [5], "Array(UInt8)"),
    (f"bitmapToArray(bitmapOr({SET}, bitmapBuild([5, 6])))", [1, 2, 5, 6], "Array(UInt8)"),
    (f"bitmapToArray(bitmapXor({SET}, bitmapBuild([5, 6])))", [1, 2, 6], "Array(UInt8)"),
    (f"bitmapToArray(bitmapAndnot({SET}, bitmapBuild([5, 6])))", [1, 2], "Array(UInt8)"),
    (
        f"[bitmapAndCardinality({SET}, bitmapBuild([5])), bitmapOrCardinality({SET}, bitmapBuild([6])), "
        f"bitmapXorCardinality({SET}, bitmapBuild([5])), bitmapAndnotCardinality({SET}, bitmapBuild([5]))]",
        [1, 4, 2, 2],
        "Array(UInt64)",
    ),
    (f"bitmapToArray(bitmapSubsetInRange({SET}, 2, 6))", [2, 5], "Array(UInt8)"),
    (f"bitmapToArray(bitmapSubsetLimit({SET}, 2, 1))", [2], "Array(UInt8)"),
    (f"bitmapToArray(subBitmap({SET}, 1, 1))", [2], "Array(UInt8)"),
    ("arrayAUC([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])", 0.75, "Float64"),
    ("arrayDifference([today(), today() + toIntervalDay(2)])", [0, 2], "Array(Int32)"),
    ("arrayResize([(1, 'a')], 2)", [[1, "a"], [0, ""]], "Array(Tuple(UInt8, String))"),
    ("mapAdd(map('b', 1), map('a', 2, 'b', 3))", {"a": 2, "b": 4}, "Map(String, UInt64)"),
    ("mapAdd((['a'], [1]), (['a'], [2]))", [["a"], [3]], "Tuple(Array(String), Array(UInt64))"),
    ("mapSubtract(map('a', 5), map('a', 2, 'b', 0))", {"a": 3, "b": 0}, "Map(String, UInt64)"),
    ("mapAdd(map('a', 1), map('a', 1))['a'] + 1", 3, "UInt64"),
    ("mapPopulateSeries(map(1, 10, 3, 30))", {"1": 10, "2": 0, "3": 30}, "Map(UInt8, UInt8)"),
    (
        "mapPopulateSeries([1, 3], [10, 30], 4)",
        [[1, 2, 3, 4], [10, 0, 30, 0]],
        "Tuple(Array(UInt8), Array(UInt8))",
    ),
    ("map('a', 1, 'a', 2)['a']", 1, "UInt8"),
    ("map(1.5, 1)", {"1.5": 1}, "Map(Float64, UInt8)"),
    ("map('a', (1, 'x'))['b']", [0, ""], "Tuple(UInt8, String)"),
    ("arrayReduce('uniq', [1, 1], [2, 3])", 2, "UInt64"),
    ("arrayReduce('sumMap', [map('a', 1), map('a', 2)])", {"a": 3}, "Map(String, UInt64)"),
]


@pytest.mark.parametrize(("expression", "value", "kind"), SCALARS, ids=[text for text, *_ in SCALARS])
def test_functions(expression: str, value: Any, kind: str) -> None:
    result = ask(f"select {expression} as v")
    assert (result.rows, result.types) == ([[value]], [["v", kind]])


@pytest.mark.parametrize("name", ["ExactWeighted", "TimingWeighted", "TDigestWeighted", "Deterministic"])
def test_medians_that_need_weights_get_none_in_posthog(name: str) -> None:
    with pytest.raises(HogQLError) as found:
        ask(f"select median{name}(number) from numbers(3)")
    assert found.value.code == "number_of_arguments_doesnt_match"
