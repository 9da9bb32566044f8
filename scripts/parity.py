"""Compares the emulator's two engines: HogQL on DuckDB must give what ClickHouse gives.

.venv-parity/bin/python scripts/parity.py [--seed 0] [--calls 20] [function ...]

Calls every function of the allow-list with arguments of many types, on both engines, over the same events, and runs
whole queries made of interchangeable parts. Values and types must be the same, and what one engine refuses the other
must refuse. Differences that are known are listed in `parity_known.py` with their reasons; any other fails.

ClickHouse (chDB) is newer here than PostHog's: where it only names a type differently, that is a known difference.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from attrs import define

from parity_arguments import FITTING
from parity_known import UNORDERED, known_reason
from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, Result, execute
from posthog_environments.emulator.hogql.functions import FUNCTIONS, find
from posthog_environments.emulator.hogql.functions.permitted import PERMITTED, Permitted, permitted
from posthog_environments.emulator.hogql.functions.registry import Function
from posthog_environments.emulator.query_engine import EngineName

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
    "i": (
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
    ),
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
_UNITS: Final = ("'second'", "'minute'", "'hour'", "'day'", "'week'", "'month'", "'quarter'", "'year'")
_ZONES: Final = ("'UTC'", "'Asia/Tokyo'", "'US/Pacific'")
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

_WINDOWS: Final = (
    "row_number()",
    "rank()",
    "dense_rank()",
    "count()",
    "sum(number)",
    "avg(number)",
    "min(number)",
    "max(number)",
    "first_value(number)",
    "last_value(number)",
    "lag(number)",
    "lead(number, 2, 9)",
    "lagInFrame(number)",
    "sumIf(number, number > 2)",
    "groupArray(number)",
)
_FRAMES: Final = (
    "",
    " rows between 1 preceding and current row",
    " rows between unbounded preceding and unbounded following",
    " rows between current row and 1 following",
    " range between unbounded preceding and current row",
)
_JOINS: Final = ("join", "left join", "right join", "full join", "left semi join", "left anti join")
_KEYS: Final = ("number % 3", "nullIf(number % 3, 1)", "toString(number)", "nullIf(toString(number), '2')")


@define(frozen=True)
class Outcome:
    """What an engine did with a query."""

    result: Result | None
    code: str = ""
    message: str = ""


class Parity:
    """Asks both engines and counts what they do."""

    def __init__(self) -> None:
        self._emulator = Emulator(persons=12, events=60, seed=1)
        self._emulator.add_person("nobody-else", properties={"email": "x@example.com"})
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.unknown: list[str] = []

    def compare(self, sql: str, name: str) -> None:
        duckdb, chdb = self._ask(sql, "duckdb"), self._ask(sql, "chdb")
        kind = _difference(duckdb, chdb, unordered=name in UNORDERED)
        reason = known_reason(name, kind, sql) if kind else None
        if not kind:
            self.counts["refused by both" if duckdb.result is None else "the same"] += 1
        elif reason is not None:
            self.counts["known differences"] += 1
            self.reasons[reason] += 1
        else:
            self.counts["unknown differences"] += 1
            self.unknown.append(f"{kind}\n    {sql}\n    duckdb  {_told(duckdb)}\n    chdb    {_told(chdb)}")

    def _ask(self, sql: str, engine: EngineName) -> Outcome:
        try:
            return Outcome(execute(sql, None, self._emulator.data, self._emulator.clock.now(), engine=engine))
        except HogQLError as error:
            return Outcome(None, error.code, str(error))


def _difference(duckdb: Outcome, chdb: Outcome, *, unordered: bool) -> str:
    if duckdb.result is None or chdb.result is None:
        if duckdb.result is None and chdb.result is None:
            return ""
        return "refused by DuckDB alone" if duckdb.result is None else "refused by ClickHouse alone"
    if not _alike(duckdb.result.rows, chdb.result.rows, unordered=unordered):
        return "other values"
    return "" if duckdb.result.types == chdb.result.types else "other types"


def _alike(one: Any, other: Any, *, unordered: bool) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        if unordered:
            one, other = sorted(one, key=repr), sorted(other, key=repr)
        return len(one) == len(other) and all(
            _alike(a, b, unordered=unordered) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    return type(one) is type(other) and bool(one == other)


def _told(outcome: Outcome) -> str:
    if outcome.result is None:
        return f"{outcome.code}: {outcome.message}"[:200]
    kinds = ", ".join(kind for _, kind in outcome.result.types)
    return f"{kinds}: {outcome.result.rows[:4]}"[:200]


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
            args[function.zone] = dice.choice(_ZONES)
        if function.name in _WITH_UNIT and args:
            args[0] = dice.choice(_UNITS)
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


def queries(count: int, dice: random.Random) -> Iterator[tuple[str, str]]:
    """Whole queries with a name for what they try."""
    windows = list(product(_WINDOWS, ("", "partition by number % 2 "), ("number", "number desc"), _FRAMES))
    for call, partition, order, frame in dice.sample(windows, min(count * 4, len(windows))):
        yield (
            "window",
            f"select number, {call} over ({partition}order by {order}{frame}) as x from numbers(7) order by number",
        )
    joins = list(product(_JOINS, _KEYS, _KEYS))
    for join, left, right in dice.sample(joins, min(count * 2, len(joins))):
        columns = "a.n" if "semi" in join or "anti" in join else "a.n, a.k, b.n, b.k"
        yield (
            "join",
            f"select {columns} from (select number as n, {left} as k from numbers(5)) a {join} "
            f"(select number + 1 as n, {right} as k from numbers(4)) b on a.k = b.k order by "
            + ", ".join(columns.split(", ")),
        )
    for key, order in product(_KEYS, ("k", "k desc", "c desc, k")):
        yield "group", f"select {key} as k, count() as c from numbers(9) group by k order by {order}"
        yield "distinct", f"select distinct {key} as k from numbers(9) order by k"
        yield "limit by", f"select number, {key} as k from numbers(9) order by k, number limit 2 by k"
    for one, other, mode in product(
        _KEYS, _KEYS, ("rollup(k, j)", "cube(k, j)", "grouping sets ((k), (j, k), ())")
    ):
        yield (
            "grouping",
            f"select {one} as k, {other} as j, count() as c from numbers(7) group by {mode} order by k, j, c",
        )
    for key, operator in product(_KEYS, ("intersect", "except", "union all")):
        yield (
            "set",
            f"select k from (select {key} as k from numbers(6) {operator} select {key} from numbers(3)) order by k",
        )
    for key in _KEYS:
        yield "distinct order", f"select distinct {key} as k from numbers(9) order by number desc"
        yield "ties", f"select {key} as k from numbers(9) order by k limit 4 with ties"
        yield (
            "distinct limit by",
            f"select distinct {key} as k from numbers(9) order by k limit 1 offset 1 by k",
        )
        yield (
            "limit by window",
            f"select {key} as k, row_number() over (partition by k order by number) as r from numbers(9) order by k, r limit 2 by r",
        )
        for order, rows in product(("r", "r desc"), (0, 9)):
            yield (
                "rate",
                f"select {key} as k, countIf(number > 6) / countIf(number > 7) as r, avgIf(number, number > 6) as a, r > 0.5, "
                f"a is null, toString(r), rank() over (order by {order}) from numbers({rows}) group by k order by {order}, k",
            )
        yield (
            "rates",
            f"select max(r), min(r), count(r), argMax(k, r), median(r) from (select {key} as k, countIf(number > 6) / "
            "countIf(number > 7) as r from numbers(9) group by k)",
        )
        yield "total of nothing", f"select {key} as k, count() from numbers(0) group by rollup(k)"
        yield (
            "asof",
            f"select a.n, b.n from (select {key} as k, number as n from numbers(9)) a left asof join "
            f"(select {key} as k, number as n from numbers(5)) b on a.k = b.k and a.n > b.n order by a.n",
        )
        for join, condition in product(
            _JOINS, ("a.n = b.n", "a.n > b.n", "a.n = b.n or a.n = 1", "a.n = 1", "1")
        ):
            columns = "a.n" if "semi" in join or "anti" in join else "a.n, b.n, b.t"
            yield (
                "join keys",
                f"select {columns} from (select {key} as n from numbers(5)) a {join} (select {key} as n, (1, 'x') as t "
                f"from numbers(3)) b on {condition} order by {columns}",
            )
    for one, other in product(_KEYS, _KEYS):
        yield "compare", f"select {one} = {other}, {one} != {other} from numbers(5)"
        yield (
            "in",
            f"select {one} in (select {other} from numbers(3)), {one} not in (select {other} from numbers(3)) from numbers(5)",
        )
        yield (
            "union",
            (
                f"select k from (select {one} as k from numbers(4) union distinct select {other} as k from numbers(5)) order by k"
            ),
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, tell, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--calls", type=int, default=20, help="calls of each function (default 20)")
    parser.add_argument("functions", nargs="*", help="these functions alone")
    options = parser.parse_args(arguments)
    dice = random.Random(options.seed)
    parity = Parity()
    for name, function in compared().items():
        if options.functions and name not in options.functions:
            continue
        for sql in calls(name, function, options.calls, dice):
            parity.compare(sql, name)
    if not options.functions:
        for name, sql in queries(options.calls, dice):
            parity.compare(sql, name)
    for text in parity.unknown:
        print(text)
    for reason, count in parity.reasons.most_common():
        print(f"{count:6}  known: {reason}")
    for what, count in sorted(parity.counts.items()):
        print(f"{count:6}  {what}")
    return 1 if parity.unknown else 0


if __name__ == "__main__":
    sys.exit(main())
