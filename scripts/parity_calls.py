"""Calls of every function of HogQL that both engines have, for parity.py."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

from parity_arguments import FITTING, INTERVALS, UNITS, ZONES
from posthog_environments.emulator.hogql.functions import FUNCTIONS, find
from posthog_environments.emulator.hogql.functions.permitted import PERMITTED, Permitted, permitted
from posthog_environments.emulator.hogql.functions.registry import Function

# By the letters of `Function.takes`.
_ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    "n": (
        "7",
        "-3",
        "2.5",
        "0",
        "300",
        "toInt(properties.amount)",
        "properties.amount",
        "true",
        "session.$is_bounce",
    ),
    "s": ("'abc'", "'a,b'", "''", "'äß'", "event", "properties.$browser", "properties.$current_url"),
    "t": ("now()", "today()", "timestamp", "toDateTime('2024-02-29 13:14:15')", "toDate('2025-12-31')"),
    "a": ("[1, 2, 3]", "['a', 'b']", "[]", "splitByChar(',', 'b,a,b')", "[1, null]"),
    "c": ("1", "0", "event = '$pageview'", "properties.amount > 15"),
    "i": INTERVALS,
    "u": ("(1, 'a')",),
    "l": ("'abc'", "[1, 2]", "event"),
    "w": ("7", "-3", "300", "toInt(properties.amount)"),
    "d": ("now()", "timestamp", "toDateTime('2024-02-29 13:14:15')"),
    "f": ("now()", "timestamp"),
    "m": ("map('a', 1, 'b', 2)", "map(event, timestamp)", "map()", "map(1, 'x')", "map('a', null)"),
    "p": ("7", "2.5", "event", "timestamp", "today()", "properties.amount"),
    "v": ("7", "event", "person_id", "today()", "properties.$browser"),
    "x": ("event", "person_id", "'abc'"),
    "*": (
        "1",
        "'abc'",
        "2.5",
        "true",
        "null",
        "event",
        "timestamp",
        "properties.$browser",
        "[1, 2]",
        "person_id",
    ),
}
_WITH_UNIT: Final = frozenset(
    f"{stem}{rest}"
    for stem in ("date", "date_")
    for rest in ("Trunc", "trunc", "Diff", "diff", "Add", "add", "Sub", "sub")
)
_COUNTED: Final = frozenset({"range", "repeat", "leftPad", "rightPad"})
_JSON_TEXTS: Final = (
    """'{"a": [1, "x", null, 2.0], "b": {"a": "5"}, "c": true, "d": "x/y"}'""",
    """'[1.5, "2", -3, {"a": 7}]'""",
    "'no json'",
    "properties",
)
_JSON_TYPES: Final = (
    "'String'",
    "'Int64'",
    "'UInt8'",
    "'Float64'",
    "'Bool'",
    "'Nullable(String)'",
    "'Nullable(Int64)'",
    "'Array(String)'",
    "'Array(Nullable(Int64))'",
)
_ADDRESSES: Final = (
    "'https://u@www.a.example:8443/b//c?x=1&abc=2#d=3'",
    "'a.com/b?abc=1'",
    "'http://localhost:8000/'",
    "'//1.2.3.4#x?y'",
)
# What comes first, beside what any text is: by the beginning or the end of a name.
_FIRST: Final = (
    (re.compile(r"JSON.*|isValidJSON"), _JSON_TEXTS),
    (re.compile(r".*(URL|domain|path|port|cut|protocol|query|fragment).*", re.I), _ADDRESSES),
    (re.compile(r"unhex"), ("'616263'", "'c3a4'", "'5'", "''")),
    (re.compile(r"format"), ("'{} {}'", "'{1}-{0}'", "'{{}}{0}'", "'{'")),
    (re.compile(r"initcap|.*[tT]oken.*|splitBy[NW].*|ngrams"), ("'one Two-3 4_five'", "'äB c'")),
)
_PATHS: Final = ("'$.a'", "'$.b.a'", "'$[1]'", "'$'", "'a'")
_PATTERNS: Final = ("'([a-z])(.)'", "'a'", "'(b)|a'", "'('", "'[0-9]+'")
_FUNNEL_TIMES: Final = ("toDateTime(timestamp)", "toDate(timestamp)", "toUnixTimestamp(timestamp)")
_CONDITIONS: Final = ("x0 = 1", "x0 is null", "x0 > 1 or x0 = 1", "x0 in (1, 3)")
_BODIES: Final = ("x0", "x0 + 1", "toString(x0)", "x0 * x0", "-x0")
_PAIRS: Final = ("(x0, x1)", "(x1, x0)", "(concat(x0, 'x'), x1 + 1)", "x0")
_ENDINGS: Final = ("OrNull", "OrDefault", "Array", "ForEach", "ArgMin", "ArgMax")
_FORMATS: Final = (
    *("'%Y-%m-%d %H:%i:%S'", "'%F %T'", "'%j %d/%m/%y'", "'%a %b %c %C %D %e %f'", "'%g %G %V %u %w %Q'"),
    *("'%h %I %k %l %p %r %R %s'", "'%M %W%n%t%%'", "'at %z'"),
)


def _sizes(function: Function, limits: Permitted) -> tuple[int, int]:
    """How few and how many arguments both PostHog and the emulator take, and not many more than must be."""
    least = max(function.least, limits.least)
    return least, min(least + 2, *(most for most in (function.most, limits.most) if most is not None), 99)


def compared() -> dict[str, Function]:
    """What both engines can do, aggregates with endings included."""
    ending = {
        name: found[0]
        for name, limits in PERMITTED.items()
        if limits.aggregate and name not in FUNCTIONS and name.endswith(_ENDINGS) and (found := find(name))
    }
    return {
        name: function
        for name, function in {**FUNCTIONS, **ending}.items()
        if function.on_duckdb and function.kind != "window"
    }


def calls(name: str, function: Function, count: int, dice: random.Random) -> Iterator[str]:
    """Calls of one function as queries, none twice."""
    made: set[str] = set()
    listed = permitted(name)
    if listed is None:
        return
    limits = listed[1]
    for _ in range(count):
        size = dice.randint(*_sizes(function, limits))
        args = [dice.choice(_ARGUMENTS[function.letter(place)]) for place in range(size)]
        fitting = FITTING.get(function.name)
        if fitting and dice.random() < 0.8:
            args = [dice.choice(fitting[min(place, len(fitting) - 1)]) for place in range(size)]
        if function.zone is not None and len(args) > function.zone:
            args[function.zone] = dice.choice(ZONES)
        if function.name in _WITH_UNIT and args:
            args[0] = dice.choice(UNITS)
        _suit(function, args, dice)
        if function.name == "formatDateTime":
            args[1] = dice.choice(_FORMATS)
        if function.name in ("toStartOfWeek", "toDayOfWeek") and len(args) > 1:
            args[1] = dice.choice(["0", "1", "3"])
        if function.name in _COUNTED:
            args = ["3" if arg == "properties.amount" else arg for arg in args]
        if function.takes in ("*a", "*m") and size > 1:
            names = 2 if function.takes == "*m" else size - 1
            args[0] = f"({', '.join(f'x{place}' for place in range(names))}) -> " + dice.choice(
                _CONDITIONS if function.predicate else _PAIRS if function.takes == "*m" else _BODIES
            )
        if name == "windowFunnel":
            args[0] = dice.choice(_FUNNEL_TIMES)
        least, most_params = function.params
        params = ""
        if least or limits.params or (most_params and dice.random() < 0.3):
            params = f"({dice.choice(['0.5', '0.25'] if 'uantile' in function.name else ['1', '2'])})"
        made.add(f"{name}{params}({', '.join(args)})")
    tail = "" if function.kind == "aggregate" else " order by timestamp, uuid limit 8"
    for call in sorted(made):
        yield f"select {call} as x from events{tail}"


def _suit(function: Function, args: list[str], dice: random.Random) -> None:
    """Arguments that a function of texts can do something with, most of the time."""
    for names, texts in _FIRST:
        if args and names.fullmatch(function.name) and dice.random() < 0.8:
            args[0] = dice.choice(texts)
    if function.name in ("JSONExtract", "JSONExtractKeysAndValues"):
        args[-1] = dice.choice(_JSON_TYPES)
    elif function.name == "JSON_VALUE":
        args[1] = dice.choice(_PATHS)
    elif re.match(r"extract(All)?Group|regexpExtract|countMatches", function.name):
        args[1] = dice.choice(_PATTERNS)
    elif function.name.startswith("JSON"):
        args[1:] = [dice.choice(["'a'", "'b'", "1", "'z'"]) for _ in args[1:]]
