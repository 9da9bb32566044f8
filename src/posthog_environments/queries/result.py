"""`QueryResult`: the rows of a query, typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

from posthog_environments.errors import InvalidRequestError
from posthog_environments.queries.columns import ColumnType, column_type, convert_column, convert_rows
from posthog_environments_api.codec import is_array
from posthog_environments_api.types import Unset

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from posthog_environments_api.models.query_response import QueryResponse
    from posthog_environments_api.models.query_timing import QueryTiming

Row = tuple[Any, ...]
_SHOWN_ROWS = 20
_SHOWN_COLUMNS = 50
_SHOWN_CHARACTERS = 100


class QueryResult:
    """The rows of a query, in columns that have a name and a ClickHouse type.

        result = client.query.hogql("select event, count() from events group by event")
        for event, count in result:
            ...

    Iterating gives the rows as tuples. Their values are Python values by the type of their column: times are aware
    datetimes in the column's time zone (UTC where it has none), dates are dates, UUIDs `uuid.UUID`, Decimals
    `decimal.Decimal`, tuples tuples. A value that does not fit the declared type stays as it was sent.

    Attributes:
        columns: Names of the columns, as the server gives them; a name may come twice.
        types: ClickHouse types of the columns; None where the server names none.
        raw_rows: The rows as they were sent, JSON values in lists.
        has_more: Whether the server's own limit cut rows off; None when the SQL has its own LIMIT, or is a UNION.
        limit: The server's own limit; None when the SQL has its own.
        offset: The server's own offset; None when the SQL has its own LIMIT.
        query_id: Id of the query.
        response: The whole answer.
    """

    def __init__(
        self,
        columns: Sequence[str],
        types: Sequence[str | None],
        raw_rows: list[list[Any]],
        response: QueryResponse,
        *,
        query_id: str | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.types = tuple(types)
        self.raw_rows = raw_rows
        self.response = response
        self.query_id = query_id
        self.has_more: bool | None = _value(response.has_more)
        self.limit: int | None = _value(response.limit)
        self.offset: int | None = _value(response.offset)

    @classmethod
    def from_response(cls, response: QueryResponse, *, query_id: str | None = None) -> QueryResult:
        """The rows of any answer that has columns and rows: HogQLQuery, EventsQuery, ActorsQuery and the like.

        Raises:
            InvalidRequestError: The answer has no rows and columns, as those of insights.
        """
        columns, rows = response.columns, response.results
        if not is_array(columns) or not is_array(rows):
            raise InvalidRequestError("this answer has no columns and rows; use the response itself")
        if not all(is_array(row) for row in rows):
            raise InvalidRequestError("the rows of this answer are no lists; use the response itself")
        return cls(
            [str(c) for c in columns],
            _types(response.types, len(columns)),
            rows,
            response,
            query_id=query_id,
        )

    # --- rows ----------------------------------------------------------------------------------------------

    @cached_property
    def rows(self) -> list[Row]:
        """Every row as a tuple of Python values. Converted when first asked for, all at once."""
        return convert_rows(self.column_types, self.raw_rows)

    @cached_property
    def column_types(self) -> tuple[ColumnType, ...]:
        """The types, taken apart."""
        return tuple(column_type(text) for text in self.types)

    @property
    def column_names(self) -> list[str]:
        """Names that are all different: where a name comes again, it gets `_2`, `_3`, …"""
        taken = set(self.columns)
        seen: set[str] = set()
        names: list[str] = []
        for name in self.columns:
            unique, number = name, 2
            while unique in seen or (unique != name and unique in taken):
                unique, number = f"{name}_{number}", number + 1
            seen.add(unique)
            names.append(unique)
        return names

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.raw_rows)

    def __bool__(self) -> bool:
        return bool(self.raw_rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def dicts(self) -> list[dict[str, Any]]:
        """Every row as a dict, by `column_names`."""
        names = self.column_names
        return [dict(zip(names, row, strict=False)) for row in self.rows]

    def first(self) -> Row | None:
        """The first row, or None when there is none."""
        return convert_rows(self.column_types, self.raw_rows[:1])[0] if self.raw_rows else None

    def scalar(self) -> Any:
        """The only value of a result of one row and one column.

        Raises:
            InvalidRequestError: There are more, or none.
        """
        row = self.first()
        if row is None or len(self.raw_rows) != 1 or len(row) != 1:
            raise InvalidRequestError(
                f"scalar() needs one row of one column, this is {len(self.raw_rows)} x {len(self.columns)}"
            )
        return row[0]

    def column(self, name: str | int) -> list[Any]:
        """All values of one column.

        Args:
            name: Its name (the first of that name, or a name of `column_names`), or its number from 0.

        Raises:
            InvalidRequestError: There is no such column.
        """
        index = self._index(name)
        if len(self.raw_rows) and not all(len(row) > index for row in self.raw_rows):
            raise InvalidRequestError(f"some rows have no column {name!r}")
        return list(convert_column(self.column_types[index], [row[index] for row in self.raw_rows]))

    def _index(self, name: str | int) -> int:
        if isinstance(name, int) and not isinstance(name, bool):
            if 0 <= name < len(self.columns):
                return name
        else:
            for names in (list(self.columns), self.column_names):
                if name in names:
                    return names.index(name)
        raise InvalidRequestError(
            f"there is no column {name!r}; there are {', '.join(map(repr, self.columns))}"
        )

    # --- what else the server says -------------------------------------------------------------------------

    @property
    def hogql(self) -> str | None:
        """The HogQL as the server understood it."""
        return self.response.hogql or None

    @property
    def clickhouse(self) -> str | None:
        """The SQL that ClickHouse ran, where the server shows it."""
        return self.response.clickhouse or None

    @property
    def timings(self) -> list[QueryTiming]:
        """How long the steps took."""
        return self.response.timings or []

    @property
    def is_cached(self) -> bool | None:
        """Whether the result came from the server's cache."""
        cached = self.response.is_cached
        return None if isinstance(cached, Unset) else cached

    @property
    def last_refresh(self) -> datetime | None:
        """When the result was calculated."""
        return self.response.last_refresh or None

    # --- frames --------------------------------------------------------------------------------------------

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame, typed also where it is empty or a column is all null.

        Times are `datetime64[us]` in the column's time zone, dates `datetime64[s]` without one, integers nullable
        integers of their width, booleans `boolean`, texts `string`; Decimals, UUIDs, arrays and tuples are objects.

        Raises:
            MissingDependencyError: pandas is not installed.
        """
        from posthog_environments.queries.frames import to_pandas

        return to_pandas(self)

    def to_polars(self) -> polars.DataFrame:
        """The rows as a polars DataFrame, typed also where it is empty or a column is all null.

        Times are `Datetime("us")` in the column's time zone, UUIDs texts, arrays lists, tuples structs; what polars
        has no type for is JSON text.

        Raises:
            MissingDependencyError: polars is not installed.
        """
        from posthog_environments.queries.frames import to_polars

        return to_polars(self)

    def to_arrow(self) -> pyarrow.Table:  # pyright: ignore
        """The rows as an Arrow table, typed also where it is empty or a column is all null.

        Times are `timestamp[us]` in the column's time zone, UUIDs texts, arrays lists, tuples structs, maps maps;
        what Arrow has no type for is JSON text.

        Raises:
            MissingDependencyError: pyarrow is not installed.
        """
        from posthog_environments.queries.frames import to_arrow  # pyright: ignore

        return to_arrow(self)  # pyright: ignore

    # --- showing -------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        columns = ", ".join(f"{n}: {t or '?'}" for n, t in zip(self.columns, self.types, strict=True))
        more = ", cut off" if self.has_more else ""
        return f"<QueryResult of {len(self):,} row{'' if len(self) == 1 else 's'}{more} ({_short(columns)})>"

    def _repr_html_(self) -> str:
        """A table for notebooks: the first rows and columns, long values cut."""
        shown = convert_rows(self.column_types, self.raw_rows[:_SHOWN_ROWS])
        head = "".join(
            f'<th title="{escape(_short(kind or ""))}">{escape(_short(name))}</th>'
            for name, kind in zip(self.columns[:_SHOWN_COLUMNS], self.types, strict=False)
        )
        body = "".join(
            "<tr>"
            + "".join(f"<td>{escape(_short(str(value)))}</td>" for value in row[:_SHOWN_COLUMNS])
            + "</tr>"
            for row in shown
        )
        count = f"{len(self):,} rows" + (
            f", the first {_SHOWN_ROWS} shown" if len(self) > _SHOWN_ROWS else ""
        )
        if len(self.columns) > _SHOWN_COLUMNS:
            count += f"; {len(self.columns):,} columns, the first {_SHOWN_COLUMNS} shown"
        more = "; the server cut more off" if self.has_more else ""
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{count}{more}</p>"


def _value(value: Any) -> Any:
    return None if isinstance(value, Unset) else value


def _types(types: Any, width: int) -> list[str | None]:
    """Types by column, from pairs of name and type, or from bare types."""
    found: list[str | None] = []
    for item in types if is_array(types) else []:
        pair = item[-1:] if is_array(item) else [item]
        found.append(pair[0] if pair and isinstance(pair[0], str) else None)
    return found if len(found) == width else [None] * width


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


__all__ = ["QueryResult", "Row"]
