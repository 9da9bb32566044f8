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
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from attrs import define

from parity_calls import calls, compared
from parity_known import UNORDERED, known_reason
from parity_queries import queries
from posthog_environments.emulator import Emulator
from posthog_environments.emulator.hogql import HogQLError, Result, execute
from posthog_environments.emulator.query_engine import EngineName


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
