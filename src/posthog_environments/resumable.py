"""Iterators that can be taken up again where they were left, in another process too."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, cast

from posthog_environments.errors import InvalidRequestError

if TYPE_CHECKING:
    from posthog_environments.files.plan import Extras, Format, WriteProgress, WrittenFile

ItemT = TypeVar("ItemT")
ItemT_contra = TypeVar("ItemT_contra", contravariant=True)
_VERSION = 1


class Place(Protocol[ItemT_contra]):
    """Where an iteration stands, as seen by whoever takes the items."""

    def note(self, item: ItemT_contra) -> None:
        """This item was handed out."""
        ...

    def token(self) -> str:
        """Text from which the iteration can go on behind the last item handed out."""
        ...


class ToFile:
    """An iterator that can be written to a file."""

    def to_file(
        self,
        path: str | os.PathLike[str],
        *,
        format: Format | None = None,
        columns: Sequence[str] | None = None,
        extras: Extras = "error",
        batch_size: int | None = None,
        on_progress: Callable[[WriteProgress], object] | None = None,
        resume: bool = False,
    ) -> WrittenFile:
        """Write all of it to a file; see `files.write`.

        client.events.iterate(after="2025-06-01").to_file("events.jsonl", resume=True)
        """
        from posthog_environments.files.writing import write

        return write(
            cast("Iterable[Any]", self),
            path,
            format=format,
            columns=columns,
            extras=extras,
            batch_size=batch_size,
            on_progress=on_progress,
            resume=resume,
        )


class AsyncToFile:
    """An asynchronous iterator that can be written to a file."""

    async def to_file(
        self,
        path: str | os.PathLike[str],
        *,
        format: Format | None = None,
        columns: Sequence[str] | None = None,
        extras: Extras = "error",
        batch_size: int | None = None,
        on_progress: Callable[[WriteProgress], object] | None = None,
        resume: bool = False,
    ) -> WrittenFile:
        """Write all of it to a file; see `files.write`.

        await client.events.iterate(after="2025-06-01").to_file("events.jsonl", resume=True)
        """
        from posthog_environments.files.writing import write_async

        return await write_async(
            cast("AsyncIterable[Any]", self),
            path,
            format=format,
            columns=columns,
            extras=extras,
            batch_size=batch_size,
            on_progress=on_progress,
            resume=resume,
        )


class ResumableIterator(ToFile, Generic[ItemT]):
    """Items one after another, read while they are taken.

    Leave it early inside a `with` block, or call `close()`.
    """

    def __init__(
        self,
        items: Iterator[ItemT],
        place: Place[ItemT],
        name: str,
        again: Callable[[str], ResumableIterator[ItemT]],
    ) -> None:
        self._items = items
        self._place = place
        self._name = name
        self._again = again
        self._taken = 0

    @property
    def token(self) -> str:
        """Where it stands, as text to be kept: given as `resume_from`, it goes on behind the last item taken.

        Save it after an item has been dealt with for good.
        """
        return self._place.token()

    def resumed(self, token: str) -> ResumableIterator[ItemT]:
        """The same iteration, to go on behind the place of a token.

        Raises:
            InvalidRequestError: It is no token, or belongs to other arguments.
        """
        return self._again(token)

    def __iter__(self) -> Iterator[ItemT]:
        return self

    def __next__(self) -> ItemT:
        item = next(self._items)
        self._place.note(item)
        self._taken += 1
        return item

    def close(self) -> None:
        """End it; what was begun on the server for it is ended too."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self._name}, {_items(self._taken)} taken>"


class AsyncResumableIterator(AsyncToFile, Generic[ItemT]):
    """Items one after another, read while they are taken.

    Leave it early inside an `async with` block, or call `aclose()`.
    """

    def __init__(
        self,
        items: AsyncGenerator[ItemT, None],
        place: Place[ItemT],
        name: str,
        again: Callable[[str], AsyncResumableIterator[ItemT]],
    ) -> None:
        self._items = items
        self._place = place
        self._name = name
        self._again = again
        self._taken = 0

    @property
    def token(self) -> str:
        """Where it stands, as text to be kept: given as `resume_from`, it goes on behind the last item taken.

        Save it after an item has been dealt with for good.
        """
        return self._place.token()

    def resumed(self, token: str) -> AsyncResumableIterator[ItemT]:
        """The same iteration, to go on behind the place of a token.

        Raises:
            InvalidRequestError: It is no token, or belongs to other arguments.
        """
        return self._again(token)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        item = await anext(self._items)
        self._place.note(item)
        self._taken += 1
        return item

    async def aclose(self) -> None:
        """End it; what was begun on the server for it is ended too."""
        await self._items.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{self._name}, {_items(self._taken)} taken>"


def _items(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"


def fingerprint(kind: str, what: Any) -> str:
    """A short text that tells one question from another."""
    text = json.dumps([kind, what], sort_keys=True, default=str, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]


def write_token(kind: str, of: str, state: Mapping[str, Any]) -> str:
    return json.dumps({"v": _VERSION, "kind": kind, "of": of, **state}, separators=(",", ":"))


def read_token(token: str, kind: str, of: str) -> dict[str, Any]:
    """What a token says.

    Raises:
        InvalidRequestError: It is no token, or one of another question.
    """
    try:
        found: Any = json.loads(token)
    except (TypeError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidRequestError("resume_from is no token; pass what .token gave")
    state = cast("dict[str, Any]", found)
    if state.get("v") != _VERSION or state.get("kind") != kind:
        raise InvalidRequestError(f"resume_from is no token of {kind}, or one of another version")
    if state.get("of") != of:
        raise InvalidRequestError(
            "resume_from belongs to other arguments; resume with exactly those that it began with"
        )
    return state
