"""Where in the SQL a mistake is, and showing it."""

from __future__ import annotations

import re
from typing import Any

from attrs import define

from posthog_environments.errors import BadRequestError, PostHogError, QueryError, ServerError
from posthog_environments.queries.values import BoundSql
from posthog_environments_api.codec import is_array, is_object

_ANTLR = re.compile(r"\bline (\d+)[,:]\s*col(?:umn)?\s*:?\s*(\d+)", re.IGNORECASE)
_CLICKHOUSE = "failed at position"
_TOO_LONG = 512
_CONTEXT = 2


@define(frozen=True)
class QueryPosition:
    """A place in the SQL.

    Attributes:
        line: Line, from 1.
        column: Column, from 1.
        start: First character, from 0.
        end: Behind the last character.
    """

    line: int
    column: int
    start: int
    end: int


def at(sql: str, start: int, end: int) -> QueryPosition:
    """The position of the characters from `start` to `end`, which may come in either order or lie outside."""
    start, end = sorted((max(0, min(start, len(sql))), max(0, min(end, len(sql)))))
    before = sql[:start]
    return QueryPosition(before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1, start, end)


def excerpt(sql: str, position: QueryPosition) -> str:
    """The lines around a position, with a mark under it."""
    lines = sql.split("\n")
    first = max(0, position.line - 1 - _CONTEXT)
    last = min(len(lines), position.line + 1)
    width = len(str(last))
    line = lines[position.line - 1]
    marked = max(1, min(position.end - position.start, len(line) - position.column + 1))
    indent = re.sub(r"[^\t]", " ", line[: position.column - 1])
    shown = [f"{number + 1:>{width}} | {lines[number]}".rstrip() for number in range(first, last)]
    shown.insert(position.line - first, f"{'':>{width}} | {indent}{'^' * marked}")
    return "\n".join(shown)


def find(sent: BoundSql, detail: str, body: Any) -> QueryPosition | None:
    """Where the server says that the mistake is, in the SQL as the caller wrote it; None where it does not say.

    Servers of 2026 send character offsets. Older ones sometimes write a line and a column into the message; columns
    count from 0 there, as the parser's messages do. Positions in the SQL that ClickHouse ran are of no use here.
    """
    offsets = _offsets(body)
    if offsets is None:
        written = _ANTLR.search(detail)
        if written is None or _CLICKHOUSE in detail:
            return None
        lines = sent.text.split("\n")
        line = int(written.group(1))
        if not 1 <= line <= len(lines):
            return None
        start = sum(len(text) + 1 for text in lines[: line - 1]) + min(
            int(written.group(2)), len(lines[line - 1])
        )
        offsets = (start, start + 1)
    start, end = sorted(offsets)
    return at(sent.given, sent.origin(start), sent.origin(end))


def _offsets(body: Any) -> tuple[int, int] | None:
    """`extra.hogql_metadata.errors[0]` of an error body."""
    for key in ("extra", "hogql_metadata"):
        body = body.get(key) if is_object(body) else None
    errors = body.get("errors") if is_object(body) else None
    first = errors[0] if is_array(errors) and errors else None
    if not is_object(first):
        return None
    start, end = first.get("start"), first.get("end")
    if isinstance(start, int) and isinstance(end, int):
        return start, end
    return None


def query_failure(error: PostHogError, sent: BoundSql | None) -> PostHogError:
    """The `QueryError` for an error that says that the query is at fault; any other error unchanged."""
    if isinstance(error, QueryError):
        if sent is not None:
            error.sql = sent.given
            error.position = find(sent, error.detail, error.body)
        return error
    at_fault = isinstance(error, BadRequestError) or (
        isinstance(error, ServerError)
        and (error.status == _TOO_LONG or "ClickHouse error while executing" in error.detail)
    )
    if not at_fault:
        return error
    assert isinstance(error, (BadRequestError, ServerError))
    return QueryError(
        error.detail,
        query_id=error.query_id,
        status=error.status,
        body=error.body,
        code=error.code,
        sql=sent.given if sent else None,
        position=find(sent, error.detail, error.body) if sent else None,
    )


__all__ = ["QueryPosition", "at", "excerpt", "find", "query_failure"]
