"""All rows of a query, page by page along a key. Steps without I/O, see `jobs`.

Every page asks for what comes after the last row of the page before, so the cost of a page does not grow and rows that
are added meanwhile neither shift nor double anything. OFFSET would do both, and PostHog refuses it to API keys.

A page starts with the last row of the page before, once more: if two rows come with that key, the key does not tell rows
apart, and the iteration says so instead of losing one. The end is a page that brings nothing new. A page that is
shorter than asked for is not taken for the end: the server may lower its largest page without a word, as it did for the
events list.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final, Literal

from attrs import define, field

from posthog_environments.clock import Clock
from posthog_environments.errors import (
    APITimeoutError,
    DeadlineExceeded,
    InvalidRequestError,
    PostHogError,
    ResponseTooLargeError,
    RowKeyError,
    ServerError,
)
from posthog_environments.jobs import Give, Step
from posthog_environments.queries.columns import ColumnType, column_type
from posthog_environments.queries.polling import run
from posthog_environments.queries.result import QueryResult
from posthog_environments.queries.sql import identifier, scan
from posthog_environments.queries.submit import hogql_submission
from posthog_environments.queries.truncation import LARGEST_LIMIT
from posthog_environments.queries.values import BoundSql, bind
from posthog_environments.resumable import fingerprint, read_token, write_token
from posthog_environments_api.codec import is_array
from posthog_environments_api.types import RequestOptions

SMALLEST_PAGE: Final = 500
"""A page is not halved below this because it took too long."""

Duplicates = Literal["error", "drop"]
_KIND: Final = "rows of a query"
_CASTS: Final = {"DateTime": "toDateTime({%s})", "DateTime64": "toDateTime({%s})", "UUID": "toUUID({%s})"}
_DATES: Final = {"Date": "toDate({%s})"}
_ORDERED: Final = frozenset({"String", "Float32", "Float64", "Bool", *_CASTS, *_DATES})
_BEGIN: Final = "select * from (\n"


@define(frozen=True)
class Plan:
    """What to read, as the caller asked for it.

    Attributes:
        project_id: Number of the project.
        sql: The SQL and its values.
        key: Columns of the key.
        page_size: Most rows of a page.
        drop: Whether rows with the key of the row before are left out; else they are an error.
        query: Other fields of the query: `filters`, `variables`, `modifiers`.
        name: Name of the queries in the project's query log.
        refresh: Whether to wait for each page, and how old a cached one may be.
        timeout: Seconds for each page, or None.
        options: Settings of each call.
    """

    project_id: str
    sql: BoundSql
    key: tuple[str, ...]
    page_size: int
    drop: bool
    query: Mapping[str, Any]
    name: str | None
    refresh: str | None
    timeout: float | None
    options: RequestOptions | None

    def fingerprint(self) -> str:
        """The same for the same rows in the same order."""
        return fingerprint(_KIND, [self.project_id, self.sql.given, self.sql.values, self.query, self.key])


def make_plan(
    project_id: str,
    sql: str,
    key: str | Sequence[str],
    values: Mapping[str, Any] | None,
    page_size: int,
    duplicates: str,
    query: Mapping[str, Any],
    name: str | None,
    refresh: str | None,
    timeout: float | None,
    options: RequestOptions | None,
) -> Plan:
    """Check the arguments of `iterate`.

    Raises:
        InvalidRequestError: One of them can only fail.
    """
    columns = (key,) if isinstance(key, str) else tuple(key)
    if not columns or not all(isinstance(column, str) and column for column in columns):
        raise InvalidRequestError(
            "key must name one column or several, such as 'uuid' or ('timestamp', 'uuid')"
        )
    if len(set(columns)) != len(columns):
        raise InvalidRequestError("key names a column twice")
    if isinstance(page_size, bool) or not isinstance(page_size, int) or not 2 <= page_size <= LARGEST_LIMIT:
        raise InvalidRequestError(
            f"page_size must be a whole number from 2 to {LARGEST_LIMIT}, got {page_size!r}"
        )
    if duplicates not in ("error", "drop"):
        raise InvalidRequestError(f"duplicates must be 'error' or 'drop', got {duplicates!r}")
    given = {name: value for name, value in query.items() if value is not None}
    return Plan(
        project_id,
        bind(sql, values),
        columns,
        page_size,
        duplicates == "drop",
        given,
        name,
        refresh,
        timeout,
        options,
    )


# --- place and token -------------------------------------------------------------------------------------------


@define(frozen=True)
class Place:
    """Where an iteration is: behind the row with this key.

    Attributes:
        key: Values of the key as the server sent them; empty at the start.
        types: ClickHouse types of the key.
    """

    key: tuple[Any, ...] = ()
    types: tuple[str, ...] = ()


def token_of(question: str, place: Place) -> str:
    return write_token(_KIND, question, {"types": place.types, "key": place.key})


def place_of(token: str | None, plan: Plan) -> Place:
    """The place that a token names.

    Raises:
        InvalidRequestError: It is no token, or one of another query.
    """
    if token is None:
        return Place()
    state = read_token(token, _KIND, plan.fingerprint())
    key, types = state.get("key"), state.get("types")
    lengths = (0, 0), (len(plan.key), len(plan.key))
    if not is_array(key) or not is_array(types) or not all(isinstance(text, str) for text in types):
        raise InvalidRequestError("resume_from is damaged")
    place = Place(tuple(key), tuple(types))
    if (len(place.key), len(place.types)) not in lengths:
        raise InvalidRequestError("resume_from is damaged")
    for column, text in zip(plan.key, place.types, strict=False):
        check_type(column, text)
    return place


# --- SQL -------------------------------------------------------------------------------------------------------


def page_sql(plan: Plan, place: Place, limit: int) -> BoundSql:
    """The SQL of one page. Its values are placeholders, beside those of the caller."""
    script = scan(plan.sql.text)
    inner = plan.sql.text[: script.statement_end()]
    taken = {
        *plan.sql.values,
        *(name for p in script.placeholders() for name in p.names),
        *script.names_beyond(),
    }
    prefix = "after"
    while any(f"{prefix}_{index}" in taken for index in range(len(plan.key))):
        prefix += "_"
    names = [f"{prefix}_{index}" for index in range(len(plan.key))]
    columns = [identifier(column) for column in plan.key]
    condition = ""
    if place.key:
        kinds = [column_type(text) for text in place.types]
        condition = f"\nwhere {_behind(columns, kinds, names, strict=plan.drop)}"
    text = f"{_BEGIN}{inner}\n){condition}\norder by {', '.join(columns)}\nlimit {limit}"
    values = {**plan.sql.values, **dict(zip(names, place.key, strict=False))}
    inserted = ((0, len(_BEGIN)), *plan.sql.inserted)
    return BoundSql(plan.sql.given, text, values, inserted)


def _behind(columns: list[str], kinds: list[ColumnType], names: list[str], *, strict: bool) -> str:
    """Lexicographic comparison, spelled out: each comparison is of one column with a constant of its own type.

    NULL and NaN come last in the order and compare as neither; they are asked for, so that they are seen and refused.
    """
    column, kind, value = columns[0], kinds[0], _constant(kinds[0], names[0])
    null = f" or {column} is null" if kind.nullable else ""
    null += f" or {column} != {column}" if kind.name.startswith("Float") else ""
    if len(columns) == 1:
        return f"({column} {'>' if strict else '>='} {value}{null})"
    rest = _behind(columns[1:], kinds[1:], names[1:], strict=strict)
    return f"({column} > {value}{null} or ({column} = {value} and {rest}))"


def _constant(kind: ColumnType, name: str) -> str:
    pattern = _CASTS.get(kind.name) or _DATES.get(kind.name) or "{%s}"
    return pattern % name


def check_type(column: str, text: str | None) -> None:
    """Raises RowKeyError where values of this type cannot be compared in SQL as they come in JSON."""
    kind = column_type(text)
    if kind.name == "DateTime64" and kind.scale > 6:
        raise RowKeyError(
            f"the key column {column!r} is {text}: answers show microseconds only, so rows would be lost; "
            f"use toString({column}) or another key"
        )
    if not kind.is_integer and kind.name not in _ORDERED:
        raise RowKeyError(
            f"the key column {column!r} is {text or 'of unknown type'}, which cannot be a key; "
            "use a string, a number, a date, a time or a UUID"
        )


# --- steps -----------------------------------------------------------------------------------------------------


@define
class RowPage:
    """A page of rows.

    Attributes:
        result: Its rows; without those that the page before had.
        keys: Indexes of the key's columns.
        types: Types of the key's columns.
    """

    result: QueryResult
    keys: tuple[int, ...] = field(repr=False)
    types: tuple[str, ...] = field(repr=False)

    def place(self, index: int) -> Place:
        """Behind the row of this index."""
        row = self.result.raw_rows[index]
        return Place(tuple(row[key] for key in self.keys), self.types)


def pages(clock: Clock, plan: Plan, place: Place) -> Generator[Step, Any, None]:
    """Steps that give one `RowPage` after the other, until one brings nothing new.

    Raises:
        RowKeyError: The key does not tell rows apart.
        QueryError: The SQL is wrong, or failed.
    """
    size = plan.page_size
    while True:
        sql = page_sql(plan, place, size)
        submission = hogql_submission(
            plan.project_id, sql, name=plan.name, refresh=plan.refresh, options=plan.options, **plan.query
        )
        try:
            ticket = yield from run(clock, submission, plan.timeout, None)
        except PostHogError as error:
            size = smaller(size, error)
            continue
        assert ticket.response is not None
        page = _page(plan, place, ticket.response, ticket.id)
        if not page.result.raw_rows:
            if place == Place():
                yield Give([page])  # the columns of an empty result
            return
        following = page.place(-1)
        yield Give([page])
        place = following


def smaller(size: int, error: PostHogError) -> int:
    """Half the page, where a page was too large or took too long; any other error is raised.

    Raises:
        PostHogError: The error.
    """
    slow = isinstance(error, (APITimeoutError, DeadlineExceeded)) or (
        isinstance(error, ServerError) and error.status == 504
    )
    least = 2 if isinstance(error, ResponseTooLargeError) else SMALLEST_PAGE if slow else size
    if size // 2 < least or not (slow or isinstance(error, ResponseTooLargeError)):
        raise error
    return size // 2


def _page(plan: Plan, place: Place, response: Any, query_id: str) -> RowPage:
    result = QueryResult.from_response(response, query_id=query_id)
    keys = tuple(_key_index(result, column) for column in plan.key)
    types = tuple(result.types[index] or "" for index in keys)
    for column, text in zip(plan.key, types, strict=True):
        check_type(column, text)
    page = RowPage(result, keys, types)
    result.raw_rows = _new_rows(plan, place, page)
    return page


def _key_index(result: QueryResult, column: str) -> int:
    if result.columns.count(column) == 1:
        return result.columns.index(column)
    problem = "there are two columns" if column in result.columns else "there is no column"
    raise RowKeyError(f"{problem} {column!r} for the key; there are {', '.join(map(repr, result.columns))}")


def _new_rows(plan: Plan, place: Place, page: RowPage) -> list[list[Any]]:
    """The rows that come behind the place, each with a key of its own."""
    found: list[list[Any]] = []
    last = place.key
    overlap = bool(last) and not plan.drop
    for row in page.result.raw_rows:
        key = tuple([row[index] for index in page.keys])
        if None in key:
            column = plan.key[key.index(None)]
            raise RowKeyError(
                f"the key column {column!r} is NULL in some rows, which have no place in the order; "
                f"leave them out (where {column} is not null) or use another key"
            )
        if key == last:
            if overlap:
                overlap = False
                continue
            if not plan.drop:
                raise _twice(plan, key)
            continue
        overlap = False
        found.append(row)
        last = key
    return found


def _twice(plan: Plan, key: tuple[Any, ...]) -> RowKeyError:
    shown = ", ".join(f"{column} = {value!r}" for column, value in zip(plan.key, key, strict=True))
    return RowKeyError(
        f"two rows have the same key ({shown[:120]}), so rows could be lost: add a column to key that tells them apart, "
        "or pass duplicates='drop' if such rows are the same row twice"
    )


__all__ = ["Duplicates", "Place", "Plan", "RowPage", "make_plan", "page_sql", "pages", "place_of", "token_of"]
