"""`RowIterator`: all rows of a query, however many, in constant memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from attrs import define

from posthog_environments.clock import Clock
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments.queries.keyset import Plan, RowPage, pages, place_of, token_of
from posthog_environments.resumable import AsyncToFile, ToFile

if TYPE_CHECKING:
    from posthog_environments.queries.result import QueryResult

RowT = TypeVar("RowT")


@define(frozen=True)
class RowPageEvent:
    """A page whose last row was taken.

    Attributes:
        number: Number of the page, from 1.
        rows: Rows of this page.
        total: Rows so far.
        token: Where to go on from; the same as `iterator.token`.
    """

    number: int
    rows: int
    total: int
    token: str


OnPage = Callable[[RowPageEvent], object]


class _Rows(Generic[RowT]):
    """What both iterators share: where they are, and the rows of the page that they are in."""

    def __init__(
        self, clock: Clock, plan: Plan, resume_from: str | None, as_dicts: bool, on_page: OnPage | None
    ) -> None:
        self._clock = clock
        self._plan = plan
        self._fingerprint = plan.fingerprint()
        self._place = place_of(resume_from, plan)
        self._steps = pages(clock, plan, self._place)
        self._as_dicts = as_dicts
        self._on_page = on_page
        self._page: RowPage | None = None
        self._rows: list[RowT] = []
        self._taken = 0
        self._number = 0
        self._total = 0
        self.columns: tuple[str, ...] = ()
        """Names of the columns; empty before the first row was asked for."""
        self.types: tuple[str | None, ...] = ()
        """ClickHouse types of the columns; empty before the first row was asked for."""

    @property
    def token(self) -> str:
        """Where to go on from, for `resume_from`: behind the last row that was taken.

        A JSON text. It holds the key of that row, and belongs to this query, its values and its key.
        """
        if self._page is not None and self._taken:
            return token_of(self._fingerprint, self._page.place(self._taken - 1))
        return token_of(self._fingerprint, self._place)

    def _has_row(self) -> bool:
        return self._taken < len(self._rows)

    def _next_row(self) -> RowT:
        row = self._rows[self._taken]
        self._taken += 1
        self._total += 1
        return row

    def _end_page(self) -> None:
        """The last row of the page was taken, and the next one asked for."""
        page, self._page = self._page, None
        if page is None or not self._taken:
            return
        self._place = page.place(-1)
        rows, self._rows, self._taken = len(self._rows), [], 0
        if self._on_page is not None:
            self._on_page(RowPageEvent(self._number, rows, self._total, self.token))

    def _begin_page(self, page: RowPage) -> None:
        result: QueryResult = page.result
        self._page = page
        self._rows = cast("list[RowT]", result.dicts() if self._as_dicts else result.rows)
        self._taken = 0
        self._number += 1
        self.columns, self.types = result.columns, result.types

    def __repr__(self) -> str:
        return f"<{type(self).__name__} by {', '.join(self._plan.key)}, {self._total:,} rows taken>"


class RowIterator(ToFile, _Rows[RowT]):
    """All rows of a query, in the order of its key. Made by `client.query.iterate`.

        with client.query.iterate("select uuid, event from events", key="uuid") as rows:
            for uuid, event in rows:
                ...

    Nothing is sent before the first row is asked for, and one page is held at a time. `token` says at any moment where
    to go on later. Leaving the `with` block, or `close()`, cancels a page that is under way.
    """

    def __init__(
        self,
        jobs: SyncJobs,
        clock: Clock,
        plan: Plan,
        resume_from: str | None,
        as_dicts: bool,
        on_page: OnPage | None,
    ) -> None:
        super().__init__(clock, plan, resume_from, as_dicts, on_page)
        self._jobs = jobs
        self._pages: Iterator[Any] = jobs.iterate(self._steps)

    def resumed(self, token: str) -> RowIterator[RowT]:
        """The same iteration, to go on behind the place of a token.

        Raises:
            InvalidRequestError: It is no token, or belongs to another query.
        """
        return RowIterator(self._jobs, self._clock, self._plan, token, self._as_dicts, self._on_page)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> RowT:
        while not self._has_row():
            self._end_page()
            self._begin_page(next(self._pages))
        return self._next_row()

    def close(self) -> None:
        """Stop. The token stays where it is."""
        cast("Generator[Any, None, None]", self._pages).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class AsyncRowIterator(AsyncToFile, _Rows[RowT]):
    """All rows of a query, in the order of its key. Made by `client.query.iterate`.

        async with client.query.iterate("select uuid, event from events", key="uuid") as rows:
            async for uuid, event in rows:
                ...

    Nothing is sent before the first row is asked for, and one page is held at a time. `token` says at any moment where
    to go on later. Leaving the `async with` block, or `aclose()`, cancels a page that is under way.
    """

    def __init__(
        self,
        jobs: AsyncJobs,
        clock: Clock,
        plan: Plan,
        resume_from: str | None,
        as_dicts: bool,
        on_page: OnPage | None,
    ) -> None:
        super().__init__(clock, plan, resume_from, as_dicts, on_page)
        self._jobs = jobs
        self._pages: AsyncGenerator[Any, None] = jobs.iterate(self._steps)

    def resumed(self, token: str) -> AsyncRowIterator[RowT]:
        """The same iteration, to go on behind the place of a token.

        Raises:
            InvalidRequestError: It is no token, or belongs to another query.
        """
        return AsyncRowIterator(self._jobs, self._clock, self._plan, token, self._as_dicts, self._on_page)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> RowT:
        while not self._has_row():
            self._end_page()
            self._begin_page(await anext(self._pages))
        return self._next_row()

    async def aclose(self) -> None:
        """Stop. The token stays where it is."""
        await self._pages.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()


__all__ = ["AsyncRowIterator", "OnPage", "RowIterator", "RowPageEvent"]
