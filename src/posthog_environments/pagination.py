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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
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
        self._pagination = pagination
        self._items = items
        self._seen: set[int] = set()
        self._boundary: set[Any] = set()
        self._linked = False
        self._last: datetime.datetime | None = None
        self._remember(self.request)

    def advance(self, page: PageT) -> list[ItemT]:
        """Note a page; returns its items, without those that an earlier page already gave."""
        items = self._items(page)
        assert self.request is not None
        if self._pagination.style == "before":
            items = self._fresh(items)
        following: object = getattr(page, "next_", None)
        linked, self._linked = self._linked, bool(following)
        if isinstance(following, str) and following:
            self.request = self._follow(following)
        elif self._pagination.style == "has_next" and getattr(page, "has_next", None) is True:
            self.request = self._skip()
        elif self._pagination.style == "before" and (items or linked):
            self.request = self._earlier()
        else:
            self.request = None
        return items

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
        rule = self._pagination
        params = dict(self.request.get("params", ()))
        limit = int(params.get(rule.limit, rule.default_limit))
        offset = int(params.get(rule.offset, 0))
        if limit < 1:
            limit = rule.default_limit
        others = [pair for pair in self.request.get("params", ()) if pair[0] != rule.offset]
        request = {**self.request, "params": [*others, (rule.offset, str(offset + limit))]}
        self._remember(request)
        return request

    def _fresh(self, items: list[ItemT]) -> list[ItemT]:
        """Rows not given before. A row newer than the last one means that the bound was ignored: nothing is new."""
        rule = self._pagination
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
        rule = self._pagination
        bound = (self._last + datetime.timedelta(microseconds=1)).isoformat()
        # An offset would be applied to the rows after the bound: the page would come back empty.
        others = [
            pair for pair in self.request.get("params", ()) if pair[0] not in (rule.parameter, "offset")
        ]
        return {**self.request, "params": [*others, (rule.parameter, bound)]}


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
    ) -> None:
        self._start = start
        self._fetch = fetch
        self._max_items = check_max_items(max_items)
        self._name = name

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

    def _read(self) -> Iterator[tuple[PageT, list[ItemT]]]:
        cursor = self._start()
        count = 0
        while cursor.request is not None and (self._max_items is None or count < self._max_items):
            page = self._fetch(cursor.request)
            items = cursor.advance(page)
            count += len(items)
            yield page, items

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
    ) -> None:
        self._start = start
        self._fetch = fetch
        self._max_items = check_max_items(max_items)
        self._name = name

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        """Every item of every page, at most `max_items`."""
        left = self._max_items
        async for _, items in self._read():
            for item in items:
                yield item
                if left is not None:
                    left -= 1
                    if left == 0:
                        return

    async def pages(self) -> AsyncIterator[PageT]:
        """Every page as the server sent it, until `max_items` items were seen."""
        async for page, _ in self._read():
            yield page

    async def first(self) -> ItemT | None:
        """The first item, or None when there is none."""
        async for _, items in self._read():
            if items:
                return items[0]
        return None

    async def _read(self) -> AsyncIterator[tuple[PageT, list[ItemT]]]:
        cursor = self._start()
        count = 0
        while cursor.request is not None and (self._max_items is None or count < self._max_items):
            page = await self._fetch(cursor.request)
            items = cursor.advance(page)
            count += len(items)
            yield page, items

    def __repr__(self) -> str:
        return f"<pages of {self._name}>"
