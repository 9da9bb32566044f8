"""Arguments for parity.py, for functions of which arguments by their types alone would mostly be refused."""

from __future__ import annotations

from typing import Final

_NUMBERS: Final = ("7", "-3", "2.5", "0", "300", "toInt(properties.amount)", "properties.amount")
_WHOLE: Final = ("7", "-3", "300", "toInt(properties.amount)")
UNITS: Final = ("'second'", "'minute'", "'hour'", "'day'", "'week'", "'month'", "'quarter'", "'year'")
ZONES: Final = ("'UTC'", "'Asia/Tokyo'", "'US/Pacific'")
INTERVALS: Final = (
    *(
        "toIntervalDay(1)",
        "toIntervalHour(2)",
        "toIntervalWeek(1)",
        "toIntervalYear(3)",
        "toIntervalQuarter(3)",
    ),
    *(
        "toIntervalMonth(5)",
        "toIntervalWeek(3)",
        "toIntervalDay(10)",
        "toIntervalHour(7)",
        "toIntervalMinute(7)",
    ),
)
_VECTORS: Final = (
    *("(1, 2)", "(3, -4)", "(0, 0)", "(2.5, 300)", "(toNullable(3), 1)", "(1, properties.amount)", "(7,)"),
    *("[1, 2]", "[3, -4]", "[2.5, 300]", "[0, 0]", "[1, null]"),
)
_PLACES: Final = ("0", "3", "7", "8", "true", "toNullable(1)", "65", "300")
_MODES: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
_TIMES: Final = (
    *(
        "today()",
        "timestamp",
        "toDateTime('2024-02-29 13:14:15')",
        "toDate('2024-12-30')",
        "toDate('2023-01-01')",
    ),
    *("toTimeZone(timestamp, 'Asia/Tokyo')", "toDate('2021-01-02')", "toDateTime('2022-05-31 10:00:00.25')"),
)
# Of each argument; the last ones hold for all that follow.
FITTING: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "bitTest": (_WHOLE, _PLACES),
    "bitTestAll": (_WHOLE, _PLACES),
    "bitTestAny": (_WHOLE, _PLACES),
    "bitShiftLeft": (_WHOLE, _PLACES),
    "bitShiftRight": (_WHOLE, _PLACES),
    "roundDown": (_NUMBERS, ("[1, 3, 6]", "[300, -5]", "[2.5, 1]", "[0]")),
    "roundBankers": (("2.5", "-3.5", "25", "35", "properties.amount"), ("0", "1", "-1", "-2")),
    "width_bucket": (
        _NUMBERS,
        ("0", "-3", "2.5"),
        ("10", "300", "0.5"),
        ("5", "300", "0", "toNullable(3)"),
    ),
    **{
        f"formatReadable{what}": (
            (
                "0.125",
                "1023",
                "1536.375",
                "-2.675",
                "1e15",
                "123456789012",
                "1e45",
                "1e90",
                "properties.amount * 1e7",
            ),
        )
        for what in ("Size", "DecimalSize", "Quantity")
    },
    "bar": (_NUMBERS, ("0", "-3"), ("10", "300"), ("1", "7.5", "20", "0")),
    **{
        f"{norm}{what}": (_VECTORS,) if what != "Distance" else (_VECTORS, _VECTORS)
        for norm in ("L1", "L2", "Linf")
        for what in ("Norm", "Distance", "Normalize")
    },
    "LpNorm": (_VECTORS, ("1", "2", "3.5", "0.5")),
    "LpNormalize": (_VECTORS, ("1", "2", "3.5", "0.5")),
    "LpDistance": (_VECTORS, _VECTORS, ("1", "2", "3.5", "0.5")),
    **dict.fromkeys(("dotProduct", "cosineDistance", "tupleHammingDistance"), (_VECTORS,)),
    **{f"tuple{name}": (_VECTORS,) for name in ("Plus", "Minus", "Multiply", "Divide", "Negate")},
    **{f"tuple{name}ByNumber": (_VECTORS, _NUMBERS) for name in ("Multiply", "Divide")},
    "tupleToNameValuePairs": (("(1, 2)", "('a', 'b')", "(1, 300)", "(event, event)", "(timestamp,)"),),
    **dict.fromkeys(("toWeek", "toYearWeek"), (_TIMES, _MODES, ZONES)),
    "toLastDayOfWeek": (_TIMES, _MODES),
    "dateName": (
        tuple(
            f"'{part}'"
            for part in (
                [
                    "year",
                    "quarter",
                    "month",
                    "dayofyear",
                    "day",
                    "week",
                    "weekday",
                    "hour",
                    "minute",
                    "second",
                    "years",
                ]
            )
        ),
        _TIMES,
    ),
    "date_part": (
        tuple(
            f"'{part}'"
            for part in (
                ["year", "month", "day", "hour", "minute", "second", "dow", "doy", "quarter", "week"]
            )
        ),
        _TIMES,
    ),
    "age": (
        UNITS,
        (*_TIMES, "toTimeZone(now(), 'Asia/Tokyo')"),
        (*_TIMES, "toTimeZone(now(), 'Asia/Tokyo')"),
    ),
    "date_bin": (
        (
            "toIntervalDay(2)",
            "toIntervalHour(5)",
            "toIntervalWeek(1)",
            "toIntervalMonth(1)",
            "toIntervalYear(1)",
        ),
        ("today()", "timestamp", "toDateTime('2024-02-29 13:14:15')", "toDate('2024-12-30')"),
        ("toDate('2023-01-31')", "toDateTime('2020-02-29 14:00:00')", "toDateTime('2024-02-29 13:14:15')"),
    ),
    "toStartOfInterval": (_TIMES, INTERVALS, ZONES),
    "make_interval": (("1", "0", "2.5", "toNullable(3)"),),
    **{f"tumble{end}": (_TIMES, INTERVALS, ZONES) for end in ("", "Start", "End")},
    "make_date": (
        ("2024", "2023.9", "1969", "2150"),
        ("2", "12", "13", "0"),
        ("1", "29", "31", "0", "toNullable(3)"),
    ),
    **dict.fromkeys(
        ("make_timestamp", "make_timestamptz"),
        (
            ("2024", "2023.9", "1969", "2150"),
            ("2", "12"),
            ("1", "29", "31", "toNullable(3)"),
            ("0", "23", "24"),
            ("0", "59", "-1"),
            ("7", "59.5", "100"),
            ZONES,
        ),
    ),
    "toString": (_TIMES, ZONES),
    "UUIDv7ToDateTime": (("person_id", "toUUID('018f05c9-4ab8-7b86-b64e-c9f03fbd45d1')", "toUUID('x')"),),
    "toUUIDOrDefault": (
        ("'x'", "event", "'018f05c9-4ab8-7b86-b64e-c9f03fbd45d1'", "person_id", "properties.$browser"),
        ("person_id", "toUUID('018f05c9-4ab8-7b86-b64e-c9f03fbd45d1')"),
    ),
    "toModifiedJulianDay": (("'2020-11-01'", "'2020-02-30'", "'x'", "'0000-01-01'", "'2020-1-1'", "event"),),
    "fromModifiedJulianDay": (
        ("58849", "-678941", "-678942", "2973483", "2973484", "toInt(properties.amount)"),
    ),
}
