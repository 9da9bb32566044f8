"""Lists that are read page by page.

The server alone says whether a list goes on (`next`, `has_next`): a short or empty page does not end it. What is
known per endpoint stands in the contract as `x-pagination`, with three styles:

- `next`: the answer holds the URL of the next page. Only its path and query count; the host is always ours.
- `has_next`: the answer says whether there is more; the next page starts `limit` further, whatever it held.
- `before`: offsets do not work (plugin logs apply `limit` twice), so the next page is asked for by the time of
  the last row, one microsecond later than that, and rows that come again are left out.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from posthog_environments.errors import InvalidRequestError, PaginationLoopError
from posthog_environments.exchange import path_and_query
from posthog_environments_api.operation import Pagination
from posthog_environments_api.types import Unset

ItemT = TypeVar("ItemT")
PageT = TypeVar("PageT")


class Cursor(Generic[PageT, ItemT]):
    """Where a list stands: the request of the next page, or None at its end. Does no I/O."""

    def __init__(
        self, pagination: Pagination, request: Mapping[str, Any], items: Callable[[PageT], list[ItemT]]
    ) -> None:
        self.request: dict[str, Any] | None = dict(request)
        self.pagination = pagination
        self._items = items
        self._seen: set[int] = set()
        self._boundary: set[Any] = set()
        self._linked = False
        self._strict = False
        self._last: datetime.datetime | None = None
        self._remember(self.request)

    def advance(self, page: PageT) -> list[ItemT]:
        """Note a page; returns its items, without those that an earlier page already gave."""
        rows = items = self._items(page)
        ignored = False
        assert self.request is not None
        if self.pagination.style == "before":
            ignored = self._bound_was_ignored(rows)
            items = self._fresh(rows)
        following: object = getattr(page, "next_", None)
        linked, self._linked = self._linked, bool(following)
        if isinstance(following, str) and following:
            self.request = self._follow(following)
        elif self.pagination.style == "has_next" and getattr(page, "has_next", None) is True:
            self.request = self._skip()
        elif self.pagination.style == "before" and (items or linked):
            self._strict = False
            self.request = self._earlier()
        elif self.pagination.style == "before" and rows and not ignored and not self._strict:
            # A page full of rows that share the last moment: go strictly before it, or stand still for ever.
            self._strict = True
            self.request = self._earlier()
        else:
            self.request = None
        return items

    def position(self) -> dict[str, Any] | None:
        """The request of the next page as it stands now."""
        return self.request

    def _remember(self, request: Mapping[str, Any]) -> None:
        mark = hash((request["url"], tuple(sorted(request.get("params", ())))))
        if mark in self._seen:
            params = "&".join(f"{name}={value}" for name, value in request.get("params", ()))
            raise PaginationLoopError(f"{request['url']}?{params}")
        self._seen.add(mark)

    def _follow(self, link: str) -> dict[str, Any]:
        assert self.request is not None
        target = urlsplit(path_and_query(link, self.request["url"]))
        request = {
            **self.request,
            "url": target.path,
            "params": parse_qsl(target.query, keep_blank_values=True),
        }
        self._remember(request)
        return request

    def _skip(self) -> dict[str, Any]:
        assert self.request is not None
        rule = self.pagination
        params = dict(self.request.get("params", ()))
        limit = int(params.get(rule.limit, rule.default_limit))
        offset = int(params.get(rule.offset, 0))
        if limit < 1:
            limit = rule.default_limit
        others = [pair for pair in self.request.get("params", ()) if pair[0] != rule.offset]
        request = {**self.request, "params": [*others, (rule.offset, str(offset + limit))]}
        self._remember(request)
        return request

    def _bound_was_ignored(self, rows: list[ItemT]) -> bool:
        """Whether a row is newer than what was asked for."""
        moments = (getattr(row, self.pagination.field) for row in rows)
        return self._last is not None and any(
            not isinstance(moment, Unset) and moment > self._last for moment in moments
        )

    def _fresh(self, items: list[ItemT]) -> list[ItemT]:
        """Rows not given before. A row newer than the last one means that the bound was ignored: nothing is new."""
        rule = self.pagination
        fresh: list[ItemT] = []
        for item in items:
            moment, key = getattr(item, rule.field), getattr(item, rule.key)
            if isinstance(moment, Unset):
                fresh.append(item)
                continue
            if self._last is not None:
                if moment > self._last:
                    continue
                if moment == self._last and key in self._boundary:
                    continue
            if moment != self._last:
                self._last, self._boundary = moment, set()
            self._boundary.add(key)
            fresh.append(item)
        return fresh

    def _earlier(self) -> dict[str, Any] | None:
        assert self.request is not None
        if self._last is None:
            return None
        rule = self.pagination
        overlap = datetime.timedelta(microseconds=0 if self._strict else 1)
        bound = (self._last + overlap).isoformat()
        # An offset would be applied to the rows after the bound: the page would come back empty.
        others = [
            pair for pair in self.request.get("params", ()) if pair[0] not in (rule.parameter, "offset")
        ]
        return {**self.request, "params": [*others, (rule.parameter, bound)]}


class OffsetPlan(Generic[PageT]):
    """The requests of pages that are cut by offset alone, known before the pages are. Does no I/O.

    The first page tells how far apart the pages are: a server may take fewer rows than were asked for. Each page
    must then name the next one as expected; from where it does not, the list is read one page after another.
    """

    def __init__(
        self, pagination: Pagination, request: Mapping[str, Any], page: PageT, following: Any
    ) -> None:
        self._pagination = pagination
        self._request = following
        params = dict(request.get("params", ()))
        self._start = int(params.get(pagination.offset, 0))
        self._next = int(dict(following.get("params", ())).get(pagination.offset, 0))
        self.step = self._next - self._start
        count = getattr(page, "count", None)
        self._count = count if isinstance(count, int) else None

    @property
    def usable(self) -> bool:
        """Whether the first page names a second one further on."""
        return self.step > 0

    def request(self) -> dict[str, Any] | None:
        """The request of one more page, or None where the list is known to have ended."""
        offset = self._next
        if self._count is not None and offset >= self._count:
            return None
        self._next += self.step
        name = self._pagination.offset
        others = [pair for pair in self._request.get("params", ()) if pair[0] != name]
        return {**self._request, "params": [*others, (name, str(offset))]}

    def goes_on_as_expected(self, request: Mapping[str, Any], following: Mapping[str, Any] | None) -> bool:
        """Whether the page of this request is followed by the one that was asked for meanwhile."""
        name = self._pagination.offset
        if following is None:
            return False
        here, there = (int(dict(r.get("params", ())).get(name, 0)) for r in (request, following))
        return there - here == self.step


def check_concurrent(pagination: Pagination, requests: int, name: str) -> int:
    if isinstance(requests, bool) or not isinstance(requests, int) or requests < 1:
        raise InvalidRequestError(f"requests must be a whole number from 1, got {requests!r}")
    if not pagination.concurrent:
        raise InvalidRequestError(
            f"{name} is not cut by offset: pages asked for at once would lose or double rows; iterate without concurrent()"
        )
    return requests


def check_max_items(max_items: int | None) -> int | None:
    if max_items is not None and (
        isinstance(max_items, bool) or not isinstance(max_items, int) or max_items < 0
    ):
        raise InvalidRequestError(f"max_items must be a whole number from 0 or None, got {max_items!r}")
    return max_items


class SyncPages(Generic[ItemT, PageT]):
    """A list that is read page by page while it is iterated; nothing is sent before that.

    Iterating again starts again from the first page.
    """

    def __init__(
        self,
        start: Callable[[], Cursor[PageT, ItemT]],
        fetch: Callable[[Mapping[str, Any]], PageT],
        max_items: int | None,
        name: str,
        requests: int = 1,
    ) -> None:
        self._start = start
        self._fetch = fetch
        self._max_items = check_max_items(max_items)
        self._name = name
        self._requests = requests

    def __iter__(self) -> Iterator[ItemT]:
        """Every item of every page, at most `max_items`."""
        left = self._max_items
        for _, items in self._read():
            for item in items:
                yield item
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    def pages(self) -> Iterator[PageT]:
        """Every page as the server sent it, until `max_items` items were seen."""
        for page, _ in self._read():
            yield page

    def first(self) -> ItemT | None:
        """The first item, or None when there is none."""
        return next(iter(self), None)

    def concurrent(self, requests: int = 8) -> SyncPages[ItemT, PageT]:
        """The same list with up to this many requests under way at once; items still come in order.

        Only for lists that are cut by offset. It spends the rate limit faster, and up to `requests` - 1 requests go
        past the end of the list.

        Raises:
            InvalidRequestError: The list cannot be read like this: rows would be lost.
        """
        checked = check_concurrent(self._start().pagination, requests, self._name)
        return SyncPages(self._start, self._fetch, self._max_items, self._name, checked)

    def _read(self) -> Iterator[tuple[PageT, list[ItemT]]]:
        count = 0
        if self._max_items == 0:
            return
        for page, items in self._read_all():
            count += len(items)
            yield page, items
            if self._max_items is not None and count >= self._max_items:
                return

    def _read_all(self) -> Iterator[tuple[PageT, list[ItemT]]]:
        cursor = self._start()
        while cursor.request is not None:
            request = cursor.request
            page = self._fetch(request)
            items = cursor.advance(page)
            yield page, items
            following = cursor.position()
            if self._requests > 1 and following is not None:
                plan: OffsetPlan[PageT] = OffsetPlan(cursor.pagination, request, page, following)
                if plan.usable:
                    yield from self._read_ahead(cursor, plan)

    def _read_ahead(
        self, cursor: Cursor[PageT, ItemT], plan: OffsetPlan[PageT]
    ) -> Iterator[tuple[PageT, list[ItemT]]]:
        """Pages in order, the next ones under way, until the list ends or goes on otherwise than planned."""
        from concurrent.futures import Future, ThreadPoolExecutor

        ahead: deque[tuple[dict[str, Any], Future[PageT]]] = deque()
        pool = ThreadPoolExecutor(self._requests, thread_name_prefix="posthog-environments-pages")
        try:
            while True:
                while len(ahead) < self._requests and (request := plan.request()) is not None:
                    ahead.append((request, pool.submit(self._fetch, request)))
                if not ahead:
                    return
                asked, task = ahead.popleft()
                page = task.result()
                cursor.request = asked
                items = cursor.advance(page)
                yield page, items
                if not plan.goes_on_as_expected(asked, cursor.request):
                    return
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def __repr__(self) -> str:
        return f"<pages of {self._name}>"


class AsyncPages(Generic[ItemT, PageT]):
    """A list that is read page by page while it is iterated; nothing is sent before that.

    Iterating again starts again from the first page.
    """

    def __init__(
        self,
        start: Callable[[], Cursor[PageT, ItemT]],
        fetch: Callable[[Mapping[str, Any]], Awaitable[PageT]],
        max_items: int | None,
        name: str,
        requests: int = 1,
    ) -> None:
        self._start = start
        self._fetch = fetch
        self._max_items = check_max_items(max_items)
        self._name = name
        self._requests = requests

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        """Every item of every page, at most `max_items`."""
        left = self._max_items
        async with aclosing(self._read()) as every:
            async for _, items in every:
                for item in items:
                    yield item
                    if left is not None:
                        left -= 1
                        if left == 0:
                            return

    async def pages(self) -> AsyncIterator[PageT]:
        """Every page as the server sent it, until `max_items` items were seen."""
        async with aclosing(self._read()) as every:
            async for page, _ in every:
                yield page

    async def first(self) -> ItemT | None:
        """The first item, or None when there is none."""
        async with aclosing(self._read()) as every:
            async for _, items in every:
                if items:
                    return items[0]
        return None

    def concurrent(self, requests: int = 8) -> AsyncPages[ItemT, PageT]:
        """The same list with up to this many requests under way at once; items still come in order.

        Only for lists that are cut by offset. It spends the rate limit faster, and up to `requests` - 1 requests go
        past the end of the list.

        Raises:
            InvalidRequestError: The list cannot be read like this: rows would be lost.
        """
        checked = check_concurrent(self._start().pagination, requests, self._name)
        return AsyncPages(self._start, self._fetch, self._max_items, self._name, checked)

    async def _read(self) -> AsyncGenerator[tuple[PageT, list[ItemT]], None]:
        count = 0
        if self._max_items == 0:
            return
        async with aclosing(self._read_all()) as every:
            async for page, items in every:
                count += len(items)
                yield page, items
                if self._max_items is not None and count >= self._max_items:
                    return

    async def _read_all(self) -> AsyncGenerator[tuple[PageT, list[ItemT]], None]:
        cursor = self._start()
        while cursor.request is not None:
            request = cursor.request
            page = await self._fetch(request)
            items = cursor.advance(page)
            yield page, items
            following = cursor.position()
            if self._requests > 1 and following is not None:
                plan: OffsetPlan[PageT] = OffsetPlan(cursor.pagination, request, page, following)
                if plan.usable:
                    async with aclosing(self._read_ahead(cursor, plan)) as ahead:
                        async for found in ahead:
                            yield found

    async def _read_ahead(
        self, cursor: Cursor[PageT, ItemT], plan: OffsetPlan[PageT]
    ) -> AsyncGenerator[tuple[PageT, list[ItemT]], None]:
        """Pages in order, the next ones under way, until the list ends or goes on otherwise than planned."""
        import asyncio

        ahead: deque[tuple[dict[str, Any], asyncio.Future[PageT]]] = deque()
        try:
            while True:
                while len(ahead) < self._requests and (request := plan.request()) is not None:
                    ahead.append((request, asyncio.ensure_future(self._fetch(request))))
                if not ahead:
                    return
                asked, task = ahead.popleft()
                page = await task
                cursor.request = asked
                items = cursor.advance(page)
                yield page, items
                if not plan.goes_on_as_expected(asked, cursor.request):
                    return
        finally:
            for _, task in ahead:
                task.cancel()
            await asyncio.gather(*(task for _, task in ahead), return_exceptions=True)

    def __repr__(self) -> str:
        return f"<pages of {self._name}>"
