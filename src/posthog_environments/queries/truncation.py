"""Noticing that a result was cut by a limit that nobody wrote.

The server cuts in silence: a SELECT without LIMIT at 100 rows (it says so in `hasMore`), each SELECT of a UNION without
LIMIT at 100 (it says nothing), and any LIMIT above 50,000 at 50,000 (it says nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from posthog_environments.errors import InvalidRequestError
from posthog_environments.queries.result import QueryResult
from posthog_environments.queries.sql import limit_of, scan

DEFAULT_LIMIT: Final = 100
LARGEST_LIMIT: Final = 50_000

OnTruncated = Literal["warn", "error", "ignore"]


def check_truncated(value: str) -> str:
    if value not in get_args(OnTruncated):
        raise InvalidRequestError(f"truncated must be 'warn', 'error' or 'ignore', got {value!r}")
    return value


def why_truncated(result: QueryResult, sql: str, values: Mapping[str, Any] | None) -> str | None:
    """What cut the result, and how to get the rest; None where nothing did.

    `hasMore` is believed. Beyond it: exactly 50,000 rows from a SELECT that asks for more are a cut result; 100 rows
    or more from a UNION of which at least one SELECT has no LIMIT may be one, and fewer cannot. A LIMIT that the
    caller wrote and that the server keeps is never a reason.
    """
    count = len(result)
    if result.has_more:
        limit = result.limit or DEFAULT_LIMIT
        return (
            f"only the first {count:,} rows came: SQL without LIMIT is cut at {limit}. Add a LIMIT (at most "
            f"{LARGEST_LIMIT:,}), or read everything with client.query.iterate(sql, key=…)"
        )
    if result.has_more is False or count < DEFAULT_LIMIT:
        return None
    script = scan(sql)
    if not script.whole:
        return None
    arms = script.arms()
    limits = [limit_of(arm) for arm in arms]
    if len(arms) > 1 and None in limits:
        return (
            f"rows may be missing from these {count:,}: each SELECT of a UNION without its own LIMIT is cut at "
            f"{DEFAULT_LIMIT}, and a LIMIT at the end counts for the last one only. Put the UNION into a subquery and "
            "the LIMIT outside: select * from (… union all …) limit 50000"
        )
    asked = [
        limit.number if limit.name is None else (values or {}).get(limit.name)
        for limit in limits
        if limit is not None
    ]
    too_large = any(isinstance(number, int) and number > LARGEST_LIMIT for number in asked)
    if count >= LARGEST_LIMIT and too_large:
        return (
            f"only {count:,} rows came: a larger LIMIT is lowered to {LARGEST_LIMIT:,}. Read everything with "
            "client.query.iterate(sql, key=…)"
        )
    return None


__all__ = ["DEFAULT_LIMIT", "LARGEST_LIMIT", "OnTruncated", "check_truncated", "why_truncated"]
