"""Functions of dates, numbers and places that DuckDB cannot do as ClickHouse does."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLUnsupported, execute
from posthog_environments.emulator.hogql.functions import FUNCTIONS
from posthog_environments.emulator.hogql.types import parse_type

EMULATOR = Emulator(persons=0, events=0, query_engine="chdb")

CELL = 617420388352917503
EDGE = 1248204388774707199

CASES: list[tuple[str, Any, str]] = [
    ("toDecimal(5.55, 1)", "5.5", "Nullable(Decimal(18, 1))"),
    ("toDecimal('x', 2)", None, "Nullable(Decimal(18, 2))"),
    ("toDecimal(null, 2)", None, "Nullable(Decimal(18, 2))"),
    ("multiplyDecimal(toDecimal(1.5, 2), toDecimal(2, 1))", "3.00", "Nullable(Decimal(76, 2))"),
    ("divideDecimal(toDecimal(1.5, 2), toDecimal(2, 1), 3)", "0.750", "Nullable(Decimal(76, 3))"),
    ("_toInt8(300)", 44, "Int8"),
    ("_toInt16('5')", 5, "Int16"),
    ("_toInt32(2.5)", 2, "Int32"),
    ("_toInt64(toInt('x'))", None, "Nullable(Int64)"),
    ("_toUInt64(5)", 5, "UInt64"),
    ("_toUInt128(null)", None, "Nullable(Nothing)"),
    ("_toDate('2025-02-03')", "2025-02-03", "Date"),
    ("reinterpretAsUInt8('a')", 97, "UInt8"),
    ("reinterpretAsInt64('')", 0, "Int64"),
    ("reinterpretAsUUID('abcdefghabcdefgh')", "68676665-6463-6261-6867-666564636261", "UUID"),
    ("round(erf(1), 6)", 0.842701, "Float64"),
    ("erfc(null)", None, "Nullable(Nothing)"),
    ("bitSlice('abc', 1, 8)", "a", "String"),
    ("bitCount('abc')", 10, "UInt64"),
    ("bitHammingDistance('abc', 'abd')", 3, "UInt64"),
    ("tumble(toDateTime(null), toIntervalDay(1))", None, "Nullable(Nothing)"),
    (
        "hop(now(), toIntervalHour(1), toIntervalHour(3))",
        ["2025-07-01T10:00:00Z", "2025-07-01T13:00:00Z"],
        "Tuple(DateTime('UTC'), DateTime('UTC'))",
    ),
    ("hopStart(now(), toIntervalHour(1), toIntervalHour(3))", "2025-07-01T10:00:00Z", "DateTime('UTC')"),
    ("hopEnd(null, toIntervalHour(1), toIntervalHour(3))", None, "Nullable(Nothing)"),
    ("toDateTimeUS('02/03/2025 04:05:06')", "2025-02-03T04:05:06Z", "Nullable(DateTime64(6, 'UTC'))"),
    ("toDateTimeUS('x')", None, "Nullable(DateTime64(6, 'UTC'))"),
    ("parseDateTime('01/02/2025', '%d/%m/%Y')", "2025-02-01T00:00:00Z", "Nullable(DateTime('UTC'))"),
    (
        "parseDateTime('01/02/2025', '%d/%m/%Y', 'Asia/Tokyo')",
        "2025-02-01T00:00:00+09:00",
        "Nullable(DateTime('Asia/Tokyo'))",
    ),
    ("parseDateTime('x', '%Y')", None, "Nullable(DateTime('UTC'))"),
    (
        "timeSlots(now(), toDecimal(1900, 0))",
        ["2025-07-01T12:00:00Z", "2025-07-01T12:30:00Z"],
        "Array(DateTime64(6, 'UTC'))",
    ),
    ("round(greatCircleDistance(55.755831, 37.617673, -55.755831, -37.617673))", 14128353.0, "Float64"),
    ("greatCircleDistance(0, 0, 0, 0)", 0.0, "Float32"),
    ("greatCircleAngle(0, 0, null, 0)", None, "Nullable(Nothing)"),
    ("pointInPolygon((3, 3), [(6, 0), (8, 4), (5, 8), (0, 2)])", 1, "UInt8"),
    ("pointInEllipses(10., 10., 10., 9.1, 1., 0.9999)", 1, "UInt8"),
    ("geohashEncode(-5.6, 42.6, 4)", "ezs4", "String"),
    (
        "geohashDecode('')",
        [0.0, 0.0],
        "Tuple(longitude Float64, latitude Float64)",
    ),
    ("length(geohashesInBox(24.48, 40.56, 24.785, 40.81, 4))", 6, "UInt64"),
    ("geoToH3(37.79506683, 55.71290588, 15)", 644802994686415878, "UInt64"),
    (f"h3IsValid({CELL})", 1, "UInt8"),
    (f"h3ToString({CELL})", "89184926cdbffff", "String"),
    ("stringToH3('89184926cc3ffff')", 617420388351344639, "UInt64"),
    (f"h3GetResolution({CELL})", 9, "UInt8"),
    (f"length(h3kRing({CELL}, 1))", 7, "UInt64"),
    (f"h3ToString(h3ToParent({CELL}, 3))", "831849fffffffff", "String"),
    (f"has(h3ToChildren(h3ToParent({CELL}, 8), 9), {CELL})", 1, "UInt8"),
    (f"h3GetOriginIndexFromUnidirectionalEdge({EDGE})", 599686042433355775, "UInt64"),
    ("length(h3GetRes0Indexes())", 122, "UInt64"),
]


@pytest.mark.parametrize(("expression", "value", "kind"), CASES, ids=[case[0] for case in CASES])
def test_functions_of_numbers_that_only_clickhouse_has(expression: str, value: Any, kind: str) -> None:
    result = execute(f"select {expression} as x", None, EMULATOR.data, EMULATOR.clock.now(), engine="chdb")
    assert result.rows == [[value]]
    assert result.types == [["x", kind]]


@pytest.mark.parametrize(
    "call",
    [
        *(
            "h3EdgeAngle(10)",
            "h3EdgeLengthM(15)",
            "h3EdgeLengthKm(15)",
            "h3HexAreaM2(13)",
            "h3HexAreaKm2(13)",
        ),
        *(f"h3ToGeo({CELL})", f"h3ToGeoBoundary({CELL})", f"h3GetBaseCell({CELL})", f"h3GetFaces({CELL})"),
        *(f"h3IsResClassIII({CELL})", f"h3IsPentagon({CELL})", f"h3CellAreaM2({CELL})"),
        *(
            f"h3CellAreaRads2({CELL})",
            f"h3ToCenterChild({CELL}, 10)",
            f"h3IndexesAreNeighbors({CELL}, {CELL})",
        ),
        *(f"h3Line({CELL}, {CELL})", f"h3Distance({CELL}, {CELL})", f"h3HexRing({CELL}, plus(1, 0))"),
        *(f"h3ExactEdgeLength{unit}({EDGE})" for unit in ("M", "Km", "Rads")),
        *(f"h3PointDist{unit}(-10.0, 0.0, 10.0, 0.0)" for unit in ("M", "Km", "Rads")),
        *("h3NumHexagons(3)", "h3GetPentagonIndexes(3)", f"h3UnidirectionalEdgeIsValid({EDGE})"),
        "h3GetUnidirectionalEdge(599686042433355775, 599686043507097599)",
        *(
            f"h3GetDestinationIndexFromUnidirectionalEdge({EDGE})",
            f"h3GetIndexesFromUnidirectionalEdge({EDGE})",
        ),
        *(f"h3GetUnidirectionalEdgesFromHexagon({CELL})", f"h3GetUnidirectionalEdgeBoundary({EDGE})"),
    ],
)
def test_types_of_hexagons_are_those_that_clickhouse_gives(call: str) -> None:
    result = execute(f"select {call} as x", None, EMULATOR.data, EMULATOR.clock.now(), engine="chdb")
    name = call.partition("(")[0]
    # Members of a tuple may have names there.
    assert str(parse_type(result.types[0][1])) == str(FUNCTIONS[name].result([]))
    assert result.rows[0][0] is not None


def test_on_duckdb_they_are_refused_by_name() -> None:
    for call in (
        "toDecimal(1, 2)",
        "h3IsValid(1)",
        "erf(1)",
        "parseDateTime('x', '%Y')",
        "hopEnd(now(), 1, 2)",
    ):
        with pytest.raises(HogQLUnsupported, match=r"on DuckDB does not support \w+\(\); chDB does"):
            execute(f"select {call}", None, EMULATOR.data, EMULATOR.clock.now(), engine="duckdb")
