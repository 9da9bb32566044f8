"""Whatever a query is made of, it is answered or refused: no other exception ever leaves the engine."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.hogql import HogQLError, Result, execute

from .test_answers import (
    ARRAYS,
    COUNTS,
    DATA,
    JSON,
    NULLS,
    NUMBERS,
    PROPERTIES,
    QUERIES,
    TEXTS,
    TIMES,
    WINDOWS,
)

_QUERIES = [
    sql
    for cases in (COUNTS, PROPERTIES, NULLS, TIMES, TEXTS, ARRAYS, NUMBERS, JSON, QUERIES, WINDOWS)
    for sql, _ in cases
    if "1000000" not in sql
]
_WORDS: list[str] = sorted(
    {word for sql in _QUERIES for word in sql.replace("(", " ( ").replace(")", " ) ").split()}
)
_PIECES = st.one_of(
    st.sampled_from(_WORDS),
    st.sampled_from(
        ["null", "''", "[]", "()", "*", "{x}", "1e999", "-1", "now()", "properties", "properties.a"]
    ),
    st.text(max_size=4),
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    words = (
        draw(st.sampled_from(_QUERIES)).replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    )
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["drop", "swap", "put", "insert"])):
            case "drop" if len(words) > 1:
                del words[place]
            case "swap":
                other = draw(st.integers(0, len(words) - 1))
                words[place], words[other] = words[other], words[place]
            case "insert":
                words.insert(place, draw(_PIECES))
            case _:
                words[place] = draw(_PIECES)
    return " ".join(words)


def _outcome(sql: str) -> Result | HogQLError:
    try:
        return execute(sql, {"x": "a"}, DATA, START)
    except HogQLError as error:
        return error


@settings(max_examples=400, deadline=None, derandomize=True)
@given(mutated())
def test_a_mutated_query_is_answered_or_refused(sql: str) -> None:
    found = _outcome(sql)
    if isinstance(found, HogQLError):
        assert str(found)
        assert found.start is None or found.end is None or 0 <= found.start <= found.end <= len(sql)
    else:
        json.dumps(found.rows, allow_nan=False)
        assert all(len(row) == len(found.columns) == len(found.types) for row in found.rows)
