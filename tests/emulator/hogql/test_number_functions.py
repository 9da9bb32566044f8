"""Dates, numbers, bits, tuples and vectors, with the types that ClickHouse gives them."""

from __future__ import annotations

import pytest

from .cases import Case, ask, refusal

# A Sunday in summer, and the last hours of a year.
SUNDAY = "toDateTime('2025-06-08 13:04:05.250')"
LAST = "toDateTime('2024-12-30 23:59:59')"

WEEKS = [
    Case(
        f"select toWeek({SUNDAY}), toWeek({SUNDAY}, 1), toYearWeek({SUNDAY}), toYearWeek({LAST}, 3), toWeek(null)",
        [[23, 23, 202523, 202501, None]],
        "UInt8; UInt8; UInt32; UInt32; Nullable(Nothing)",
    ),
    # The first of January 2021 was a Friday.
    Case(
        "select arrayMap(x -> x, [toWeek(d, 0), toWeek(d, 1), toWeek(d, 2), toWeek(d, 3), toWeek(d, 4), toWeek(d, 5), "
        "toWeek(d, 6), toWeek(d, 7), toWeek(d, 8), toWeek(d, 9)]) from (select toDate('2021-01-01') as d)",
        [[[0, 0, 52, 53, 0, 0, 53, 52, 1, 1]]],
    ),
    Case(
        f"select toLastDayOfWeek({SUNDAY}), toLastDayOfWeek({SUNDAY}, 1), toLastDayOfWeek(today())",
        [["2025-06-14", "2025-06-08", "2025-07-05"]],
        "Date; Date; Date",
    ),
    Case(
        "select toWeek(toTimeZone(t, 'Asia/Tokyo')), toWeek(t, 0, 'Asia/Tokyo'), toWeek(t) "
        "from (select toDateTime('2025-06-07 23:00:00') as t)",
        [[23, 23, 22]],
    ),
]
PARTS = [
    Case(
        f"select dateName('year', {SUNDAY}), dateName('month', {SUNDAY}), dateName('weekday', {SUNDAY}), "
        f"dateName('week', {SUNDAY}), dateName('dayofyear', {SUNDAY}), dateName('second', {SUNDAY}), dateName('day', null)",
        [["2025", "June", "Sunday", "23", "159", "5", None]],
    ),
    Case(
        f"select date_part('year', {SUNDAY}), date_part('dow', {SUNDAY}), date_part('doy', today()), "
        f"date_part('hour', toTimeZone(now(), 'Asia/Tokyo')), date_part('week', {SUNDAY})",
        [[2025, 7, 182, 21, None]],
        "; ".join(["Nullable(UInt16)"] * 5),
    ),
    Case(
        "select age('day', toDateTime('2025-06-01 22:00:00'), toDateTime('2025-06-03 21:00:00')), "
        "age('month', toDate('2025-01-31'), toDate('2025-02-28')), age('year', toDate('2025-02-01'), toDate('2020-03-01')), "
        "age('quarter', toDate('2025-02-15'), toDate('2025-05-14')), age('hour', today(), now()), age('week', null, now())",
        [[1, 0, -4, 0, 12, None]],
    ),
    Case(
        "select timeZoneOf(now()), timeZoneOf(toTimeZone(now(), 'Asia/Tokyo')), "
        "timeZoneOffset(toTimeZone(now(), 'Asia/Tokyo')), timeZoneOffset(toTimeZone(now(), 'US/Pacific')), timeZoneOffset(null)",
        [["UTC", "Asia/Tokyo", 32400, -25200, None]],
        "String; String; Int32; Int32; Nullable(Nothing)",
    ),
    Case(
        f"select formatDateTime({SUNDAY}, '%c|%C|%f|%g|%G|%k|%l|%Q|%u|%V|%w|%W'), formatDateTime({SUNDAY}, '%z'), "
        f"formatDateTime({SUNDAY}, 'at %z', 'US/Pacific'), formatDateTime(now(), ''), formatDateTime(today(), '%r')",
        [["06|20|250000|25|2025|13|01|2|7|23|0|Sunday", "+0000", "at -0700", "", "12:00 AM"]],
    ),
]
BLOCKS = [
    Case(
        "select timeSlot(now()), timeSlot(toDateTime('2025-06-01 22:44:00')), timeSlot(toTimeZone(now(), 'Asia/Kathmandu')), "
        "timeSlot(null)",
        [["2025-07-01T12:00:00Z", "2025-06-01T22:30:00Z", "2025-07-01T17:45:00+05:45", None]],
        "DateTime('UTC'); DateTime('UTC'); DateTime('Asia/Kathmandu'); Nullable(Nothing)",
    ),
    Case(
        "select date_bin(interval 2 day, now(), toDateTime('2025-06-01 22:05:00.0')), "
        "date_bin(toIntervalMonth(1), toDate('2025-03-30'), toDate('2025-01-31')), "
        "date_bin(toIntervalHour(5), toDateTime('2025-06-03 09:00:00'), toDateTime('2025-06-01 10:00:00')), "
        "date_bin(interval 1 day, now(), null)",
        [["2025-06-29T22:05:00Z", "2025-02-28", "2025-06-03T06:00:00Z", None]],
    ),
    # Hours begin anew every day, months are counted from 1900 and years from 0.
    Case(
        f"select toStartOfInterval({SUNDAY}, interval 5 hour), toStartOfInterval({SUNDAY}, interval 3 quarter), "
        f"toStartOfInterval({SUNDAY}, interval 3 year), toStartOfInterval({SUNDAY}, interval 5 month)",
        [["2025-06-08T10:00:00Z", "2025-04-01", "2025-01-01", "2025-06-01"]],
    ),
    Case(
        "select tumble(now(), interval 1 day), tumbleStart(now(), toIntervalMonth(1)), tumbleEnd(now(), toIntervalHour(5)), "
        "tumbleStart(now(), toIntervalWeek(1)), tumbleStart(null, toIntervalDay(1))",
        [
            [
                ["2025-07-01T00:00:00Z", "2025-07-02T00:00:00Z"],
                "2025-07-01",
                "2025-07-01T15:00:00Z",
                "2025-06-30",
                None,
            ]
        ],
        "Tuple(DateTime('UTC'), DateTime('UTC')); Date; DateTime('UTC'); Date; Nullable(Nothing)",
    ),
    Case(
        "select tumbleStart(now(), toIntervalDay(1), 'Asia/Tokyo'), tumbleEnd(now(), toIntervalDay(1), 'Asia/Tokyo')",
        [["2025-07-01T00:00:00+09:00", "2025-07-02T00:00:00+09:00"]],
    ),
]
MAKING = [
    Case(
        "select make_date(2025, 2, 3), make_date(2025, 2, 30), make_date(2025, 13, 1), make_date(1969, 1, 1), make_date(2025, null, 1)",
        [["2025-02-03", "2025-03-02", "1970-01-01", "1970-01-01", None]],
        "Date; Date; Date; Date; Nullable(Nothing)",
    ),
    Case(
        "select make_timestamp(2025, 2, 3, 4, 5, 6.7), make_timestamp(2025, 2, 3, 4, 5, 6, 'Asia/Tokyo'), "
        "make_timestamptz(2025, 2, 3, 4, 5, 6, 'Asia/Tokyo'), make_timestamp(2025, 2, 3, 4, -1, 6), make_timestamp(2200, 1, 1, 0, 0, 0)",
        [
            [
                "2025-02-03T04:05:06Z",
                "2025-02-03T04:05:06+09:00",
                "2025-02-03T13:05:06+09:00",
                "1970-01-01T00:00:00Z",
                "2106-02-07T06:28:15Z",
            ]
        ],
        "DateTime('UTC'); DateTime('Asia/Tokyo'); DateTime('Asia/Tokyo'); DateTime('UTC'); DateTime('UTC')",
    ),
    Case(
        "select now() + make_interval(1, 2, 3, 4, 5, 6), make_interval(0, 1, 0, 0, 0, 0) + toDate('2025-01-31'), "
        "now() - make_interval(0, 1, 1, 0, 0, 0), make_interval(1, 2, 3, 4, 5, 6).2",
        [["2026-09-04T16:05:06Z", "2025-02-28T00:00:00Z", "2025-05-31T12:00:00Z", 2]],
    ),
    Case(
        "select timeStampAdd(today(), interval 1 month), timeStampSub(now(), interval 90 minute), nowInBlock('UTC'), "
        "nowInBlock('Asia/Tokyo')",
        [["2025-08-01", "2025-07-01T10:30:00Z", "2025-07-01T12:00:00Z", "2025-07-01T21:00:00+09:00"]],
        "Date; DateTime64(6, 'UTC'); DateTime('UTC'); DateTime('Asia/Tokyo')",
    ),
    Case(
        "select to_timestamp(1700000000), to_timestamp(-1), to_timestamp(toInt('x')), fromUnixTimestamp64Milli(1700000000123)",
        [["2023-11-14T22:13:20Z", "1970-01-01T00:00:00Z", None, "2023-11-14T22:13:20.123000Z"]],
        "DateTime; DateTime; Nullable(DateTime); DateTime64(3)",
    ),
    Case(
        "select toModifiedJulianDay('2020-11-01'), toModifiedJulianDay('2020-02-30'), fromModifiedJulianDay(58849), "
        "fromModifiedJulianDay(-678942), toModifiedJulianDay(null)",
        [[59154, None, "2020-01-01", None, None]],
        "Nullable(Int32); Nullable(Int32); Nullable(String); Nullable(String); Nullable(Nothing)",
    ),
    Case(
        "select UUIDv7ToDateTime(toUUID('018f05c9-4ab8-7b86-b64e-c9f03fbd45d1')), "
        "UUIDv7ToDateTime(toUUID('018f05c9-4ab8-4b86-b64e-c9f03fbd45d1')), UUIDv7ToDateTime(toUUID('x'))",
        [["2024-04-22T12:30:29.048000Z", "1970-01-01T00:00:00Z", None]],
        "; ".join(["Nullable(DateTime64(3, 'UTC'))"] * 3),
    ),
]
CONVERSIONS = [
    Case(
        "select toTimeZone(t), toTimeZone(t, 'UTC'), toString(t, 'UTC'), toString(now(), 'Asia/Tokyo'), timezone('US/Pacific', t), "
        "toStartOfDay(t, 'UTC') from (select toTimeZone(now(), 'Asia/Tokyo') as t)",
        [
            [
                "2025-07-01T12:00:00Z",
                "2025-07-01T12:00:00Z",
                "2025-07-01 12:00:00.000000",
                "2025-07-01 21:00:00.000000",
                "2025-07-01T05:00:00-07:00",
                "2025-07-01T00:00:00Z",
            ]
        ],
    ),
    Case(
        "select toNullableString(5), toNullableString([1, 2]), toNullableString(null), toUUIDOrDefault('x', person_id) "
        "from events where event = 'signed_up'",
        [["5", "[1,2]", None, "0190cccc-0000-7000-8000-000000000003"]],
        "Nullable(String); Nullable(String); Nullable(Nothing); UUID",
    ),
]
MATHEMATICS = [
    Case(
        "select round(e(), 6), exp2(3), exp10(2), round(cbrt(27), 9), round(lgamma(5), 6), round(tgamma(5), 6), exp2(null)",
        [[2.718282, 8.0, 100.0, 3.0, 3.178054, 24.0, None]],
        "Float64; Float64; Float64; Float64; Float64; Float64; Nullable(Nothing)",
    ),
    Case(
        "select round(asin(1), 6), round(acos(0), 6), round(atan(1), 6), round(atan2(1, 2), 6), round(sinh(1), 6), "
        "round(cosh(1), 6), round(asinh(1), 6), round(acosh(2), 6), round(atanh(0.5), 6), log1p(0)",
        [[1.570796, 1.570796, 0.785398, 0.463648, 1.175201, 1.543081, 0.881374, 1.316958, 0.549306, 0.0]],
    ),
    Case(
        "select asin(2), acos(2), acosh(0.5), atanh(2), log1p(-2), hypot(3, 4), hypot(1e200, 0), degrees(pi()), "
        "round(radians(180), 6)",
        [[None, None, None, None, None, 5.0, 1e200, 180.0, 3.141593]],
    ),
    Case(
        "select factorial(5), factorial(-1), intExp2(3), intExp2(64), intExp10(3), intExp10(-1), intExp10(20), factorial(null)",
        [[120, 1, 8, 2**64 - 1, 1000, 0, 2**64 - 1, None]],
        "UInt64; UInt64; UInt64; UInt64; UInt64; UInt64; UInt64; Nullable(Nothing)",
    ),
    Case(
        "select intDivOrZero(7, 2), intDivOrZero(7, 0), intDivOrZero(-7, 2), intDivOrZero(1.5, 0), intDivOrZero(7, toInt('x'))",
        [[3, 0, -3, 0, None]],
        "UInt8; UInt8; Int8; Int64; Nullable(Int8)",
    ),
    Case(
        "select moduloOrZero(7, 4), moduloOrZero(7, 0), positiveModulo(-7, 2), positiveModulo(-7.5, 2), positiveModulo(-7, 300)",
        [[3, 0, 1, 0.5, 293]],
        "UInt8; UInt8; UInt8; Float64; UInt16",
    ),
    Case(
        "select gcd(12, 18), gcd(-12, 18), lcm(4, 6), lcm(300, 7), max2(-1, 2.5), min2(1, 2), max2(null, 1)",
        [[6, 6, 12, 2100, 2.5, 1.0, None]],
        "UInt16; Int16; UInt16; UInt32; Float64; Float64; Nullable(Nothing)",
    ),
    Case("select rand() between 0 and 4294967295, toTypeName(rand())", [[1, "UInt32"]]),
]
ROUNDING = [
    Case(
        "select roundBankers(2.5), roundBankers(3.5), roundBankers(25, -1), roundBankers(35, -1), roundBankers(null)",
        [[2.0, 4.0, 20, 40, None]],
        "Float64; Float64; UInt8; UInt8; Nullable(Nothing)",
    ),
    Case(
        "select roundDown(5, [1, 3, 6]), roundDown(0, [1, 3, 6]), roundDown(5.5, [6, 3]), roundDown(null, [1]), "
        "roundToExp2(5), roundToExp2(-5), roundToExp2(0.3), roundToExp2(toInt('x'))",
        [[3, 1, 3.0, None, 4, 0, 0.25, None]],
        "UInt8; UInt8; Float64; Nullable(Nothing); UInt8; Int8; Float64; Nullable(Int64)",
    ),
    Case(
        "select roundDuration(0), roundDuration(59.9), roundDuration(100000), roundAge(17), roundAge(18), roundAge(99), "
        "roundAge(toInt('x'))",
        [[0, 30, 36000, 17, 18, 55, None]],
        "UInt16; UInt16; UInt16; UInt8; UInt8; UInt8; Nullable(UInt8)",
    ),
    Case(
        "select width_bucket(5.5, 0, 10, 5), width_bucket(-1, 0, 10, 5), width_bucket(10, 0, 10, 300), width_bucket(null, 0, 1, 2)",
        [[3, 0, 301, None]],
        "UInt16; UInt16; UInt32; Nullable(Nothing)",
    ),
    Case(
        "select bar(5, 0, 10, 4), bar(3.3, 0, 10, 7.5), bar(-1, 0, 10, 3), bar(15, 0, 10, 3), bar(toFloat('x'), 0, 1, 2)",
        [["██", "██▍", "", "███", None]],
    ),
    Case(
        "select formatReadableSize(1536), formatReadableSize(0.125), formatReadableDecimalSize(1536), "
        "formatReadableQuantity(-1234567), formatReadableQuantity(999.999), formatReadableSize(null)",
        [["1.50 KiB", "0.13 B", "1.54 KB", "-1.23 million", "1000.00", None]],
    ),
]
BITS = [
    Case(
        "select bitNot(7), bitNot(-3), bitNot(2.5), bitShiftLeft(7, 7), bitShiftLeft(-3, 1), bitShiftLeft(7, 9), "
        "bitShiftRight(300, 4), bitShiftRight(-3, 1), bitNot(null)",
        [[248, 2, -3, 128, -6, 0, 18, -2, None]],
        "UInt8; Int8; Int64; UInt8; Int8; UInt8; UInt16; Int8; Nullable(Nothing)",
    ),
    Case(
        "select bitRotateLeft(7, 7), bitRotateLeft(-3, 1), bitRotateRight(7, 1), bitRotateRight(7, 300), bitRotateLeft(7, null)",
        [[131, -5, 131, 112, None]],
        "UInt8; Int8; UInt8; UInt16; Nullable(Nothing)",
    ),
    Case(
        "select bitCount(7), bitCount(-3), bitHammingDistance(7, 4), bitHammingDistance(-1, 1), bitCount(toInt('x')), "
        "bitHammingDistance(1, toInt('x'))",
        [[3, 7, 2, 63, None, None]],
        "UInt8; UInt8; UInt8; UInt8; Nullable(UInt8); Nullable(UInt8)",
    ),
    Case(
        "select bitTest(7, 1), bitTest(8, 1), bitTestAll(7, 0, 1), bitTestAll(5, 0, 1), bitTestAny(8, 0, 3), bitTestAny(8, 0, null)",
        [[1, 0, 1, 0, 1, None]],
        "UInt8; UInt8; UInt8; UInt8; UInt8; Nullable(Nothing)",
    ),
]
TUPLES = [
    Case(
        "select tuplePlus((1, 2), (3, 4)), tupleMinus((1, 2), (3, 4)), tupleMultiply((1, 2), (3, 4.5)), "
        "tupleDivide((1, 2), (2, 4)), tupleNegate((1, -2, 2.5)), tuplePlus((1, null), (3, 4))",
        [[[4, 6], [-2, -2], [3, 9.0], [0.5, 0.5], [-1, 2, -2.5], [4, None]]],
        "Tuple(UInt16, UInt16); Tuple(Int16, Int16); Tuple(UInt16, Float64); Tuple(Float64, Float64); "
        "Tuple(Int16, Int8, Float64); Tuple(UInt16, Nullable(Nothing))",
    ),
    Case(
        "select tupleMultiplyByNumber((1, 2), 3), tupleDivideByNumber((1, 2), 2), tupleDivideByNumber((1, 2), 0), "
        "tupleMultiplyByNumber((1, 2), null)",
        [[[3, 6], [0.5, 1.0], [None, None], None]],
    ),
    Case(
        "select tupleHammingDistance((1, 2), (1, 3)), tupleHammingDistance((1, 'a', 3), (2, 'b', 3)), "
        "tupleHammingDistance((1, null), (1, null)), tupleToNameValuePairs((1, 2)), tupleToNameValuePairs(null)",
        [[1, 2, None, [["1", 1], ["2", 2]], None]],
        "UInt16; UInt32; Nullable(Nothing); Array(Tuple(String, UInt8)); Nullable(Nothing)",
    ),
    Case(
        "select dotProduct((1, 2), (3, 4)), dotProduct([1, 2], [3, 4]), dotProduct([1, -2], [3, 4]), dotProduct([200], [200]), "
        "dotProduct([200, 200], [200, 200]), dotProduct(null, [1])",
        [[11, 11, -5, 40000, 80000 - 2**16, None]],
        "UInt32; UInt16; Int32; UInt16; UInt16; Nullable(Nothing)",
    ),
    Case(
        "select L1Norm((1, -2)), L2Norm((3, 4)), LinfNorm((1, -5)), LpNorm((3, 4), 2), L1Norm([1, -2]), L2Norm([3, 4]), "
        "LinfNorm([1, -5]), LpNorm([3, 4], 2), L1Norm(null)",
        [[3, 5.0, 5.0, 5.0, 3.0, 5.0, 5.0, 5.0, None]],
        "UInt16; Float64; Float64; Float64; Float64; Float64; Float64; Float64; Nullable(Nothing)",
    ),
    Case(
        "select L1Distance((1, 2), (3, 5)), L2Distance((1, 2), (4, 6)), LinfDistance((1, 2), (3, 5)), LpDistance((1, 2), (4, 6), 2), "
        "L1Distance([1, 2], [3, 5]), L2Distance([1, 2], [4, 6]), LinfDistance([1, 2], [3, 5]), LpDistance([1, 2], [4, 6], 2), "
        "L2Distance((1, null), (3, 4))",
        [[5, 5.0, 3.0, 5.0, 5.0, 5.0, 3.0, 5.0, None]],
        "UInt32; Float64; Float64; Float64; Float64; Float64; Float64; Float64; Nullable(Nothing)",
    ),
    Case(
        "select L1Normalize((1, 3)), L2Normalize([3, 4]), LinfNormalize((2, 4)), LpNormalize([0, 4], 2), L2Normalize((0, 0))",
        [[[0.25, 0.75], [0.6, 0.8], [0.5, 1.0], [0.0, 1.0], [None, None]]],
        "Tuple(Float64, Float64); Array(Float64); Tuple(Float64, Float64); Array(Float64); Tuple(Float64, Float64)",
    ),
    Case(
        "select round(cosineDistance((1, 0), (0, 2)), 6), round(cosineDistance([1, 2], [2, 4]), 6), cosineDistance([0, 0], [1, 2]), "
        "cosineDistance((toInt('3'), 1), (1, 2)), cosineDistance(null, [1])",
        [[1.0, 0.0, None, None, None]],
        "Float64; Float64; Float64; Nullable(Float64); Nullable(Nothing)",
    ),
]
REFUSED = [
    ("factorial(21)", "bad_arguments"),
    ("intExp2(toFloat('nan'))", "bad_arguments"),
    ("gcd(0, 5)", "illegal_division"),
    ("lcm(2.5, 5)", "illegal_type_of_argument"),
    ("positiveModulo(7, 0)", "illegal_division"),
    ("roundDown(5, [])", "illegal_type_of_argument"),
    ("width_bucket(5, 0, 10, 0)", "bad_arguments"),
    ("width_bucket(5, 0, 10, -5)", "illegal_type_of_argument"),
    ("bar(5, 0, 10, 0)", "argument_out_of_bound"),
    ("bitShiftLeft(7, -1)", "argument_out_of_bound"),
    ("bitTest(7, 8)", "parameter_out_of_bound"),
    ("bitTestAll(7, -1, 0)", "illegal_type_of_argument"),
    ("tuplePlus((1, 2), tuple(3))", "illegal_type_of_argument"),
    ("tuplePlus((1, 'a'), (1, 'b'))", "illegal_type_of_argument"),
    ("L2Distance((1, 2), [3, 4])", "illegal_type_of_argument"),
    ("L2Distance([1, 2], [3])", "sizes_of_arrays_dont_match"),
    ("L2Norm([1, null])", "illegal_type_of_argument"),
    ("LpNorm([1, 2], 0.5)", "argument_out_of_bound"),
    ("tupleToNameValuePairs((1, 'a'))", "illegal_type_of_argument"),
    ("toString(today(), 'UTC')", "number_of_arguments_doesnt_match"),
    ("toString(now(), 'Mars')", "bad_arguments"),
    ("timeZoneOf(today())", "illegal_type_of_argument"),
    ("dateName('years', now())", "bad_arguments"),
    ("dateName('None', now())", "bad_arguments"),
    ("now() + i from (select make_interval(1, 0, 0, 0, 0, 0) as i)", "emulator_unsupported"),
    ("dateName('hour', today())", "illegal_type_of_argument"),
    ("date_part('hour', today())", "illegal_type_of_argument"),
    ("age('fortnight', now(), now())", "bad_arguments"),
    ("date_bin(interval 1 hour, today(), today())", "illegal_type_of_argument"),
    ("date_bin(interval 1 day, yesterday(), today())", "bad_arguments"),
    ("toUUIDOrDefault('x', 'y')", "bad_arguments"),
    ("UUIDv7ToDateTime('018f05c9-4ab8-7b86-b64e-c9f03fbd45d1')", "illegal_type_of_argument"),
    ("nowInBlock()", "query_error"),
]


@pytest.mark.parametrize(
    "case",
    [*WEEKS, *PARTS, *BLOCKS, *MAKING, *CONVERSIONS, *MATHEMATICS, *ROUNDING, *BITS, *TUPLES],
    ids=lambda case: case.sql,
)
def test_functions(case: Case) -> None:
    case.check()


@pytest.mark.parametrize(("call", "code"), REFUSED, ids=[call for call, _ in REFUSED])
def test_what_clickhouse_refuses_is_refused_by_its_name(call: str, code: str) -> None:
    assert refusal(f"select {call}").code == code


def test_missing_values_of_rows_stay_missing() -> None:
    calls = (
        *("roundAge(x)", "roundDuration(x)", "intExp2(x)", "max2(x, 1)", "bitNot(toInt(x))", "hypot(x, 1)"),
        *(
            "positiveModulo(toInt(x), 3)",
            "intDivOrZero(x, 2)",
            "formatReadableSize(x)",
            "roundDown(x, [1, 2])",
        ),
        *("make_date(x, 1, 1)", "bar(x, 0, 100, 10)", "asin(x)", "log1p(x)", "LinfNorm((x, 1))"),
    )
    sql = f"select {', '.join(calls)} from (select properties.amount as x from events where event = 'signed_up')"
    assert ask(sql).rows == [[None] * len(calls)]
