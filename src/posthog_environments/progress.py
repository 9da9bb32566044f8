"""Progress bars on standard error, for whoever wants them. They need the extra `cli`.

    from posthog_environments import progress

    for person in progress.track(client.persons.list(), "persons"):
        ...
    client.query.hogql(sql, refresh="async", on_progress=progress.bar("query"))

Nothing is drawn where standard error is neither a terminal nor a notebook, so that logs stay clean.
"""

from __future__ import annotations

import time
import weakref
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, overload

from posthog_environments.errors import InvalidRequestError, MissingDependencyError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

ItemT = TypeVar("ItemT")
_PAUSE: Final = 0.05
"""Seconds between two drawings: telling rich of every one of a million rows would cost more than reading them."""


class ProgressBar:
    """A line on standard error that shows how far something is. Made by `bar`.

    Pass it as any `on_progress=` or `on_page=` of this package. The line is there from the first call, or from the
    beginning of a `with` block, and goes at its end, or when nobody holds the bar any more.
    """

    def __init__(self, description: str, total: int | None, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task(description, total=total, start=True)
        self._description = description
        self._total = total
        self._count = 0
        self._drawn = float("-inf")
        self._stop = weakref.finalize(self, progress.stop)

    def __call__(self, done: Any, total: int | None = None, /) -> None:
        """Show how far it is.

        Args:
            done: A progress event of this package, or a number.
            total: The number at the end, where it is known and `done` is a number.
        """
        count, known = (done, total) if isinstance(done, (int, float)) else _amounts(done)
        self._count = int(count)
        if known is not None:
            self._total = known
        if not self._progress.live.is_started and self._stop.alive:
            self._progress.start()
        now = time.monotonic()
        if now - self._drawn >= _PAUSE or (known is not None and count >= known):
            self._drawn = now
            self._progress.update(self._task, completed=self._count, total=self._total)

    def close(self) -> None:
        """Take the line away. Doing it again does nothing."""
        self._stop()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        of = "" if self._total is None else f" of {self._total:,}"
        return f"<ProgressBar {self._description}: {self._count:,}{of}>"


def bar(
    description: str = "working", *, total: int | None = None, console: Console | None = None
) -> ProgressBar:
    """A progress bar, to be passed as `on_progress=`.

        client.query.hogql(sql, refresh="async", on_progress=progress.bar("query"))
        with progress.bar("events") as shown:
            for event in client.events.iterate(after="2025-06-01", on_progress=shown):
                ...

    Args:
        description: What is counted; stands in front of the bar.
        total: The number at the end, where it is known beforehand.
        console: A rich console to draw on; standard error by default.

    Raises:
        MissingDependencyError: rich is not installed.
    """
    return ProgressBar(description, total, _progress(console))


@overload
def track(
    items: AsyncIterable[ItemT],
    description: str = ...,
    *,
    total: int | None = ...,
    console: Console | None = ...,
) -> AsyncIterator[ItemT]: ...


@overload
def track(
    items: Iterable[ItemT],
    description: str = ...,
    *,
    total: int | None = ...,
    console: Console | None = ...,
) -> Iterator[ItemT]: ...


def track(
    items: Iterable[ItemT] | AsyncIterable[ItemT],
    description: str = "items",
    *,
    total: int | None = None,
    console: Console | None = None,
) -> Iterator[ItemT] | AsyncIterator[ItemT]:
    """The same items, counted on a progress bar while they are taken.

        for person in progress.track(client.persons.list(), "persons"):
            ...
        async for person in progress.track(client.persons.list(), "persons"):
            ...

    Args:
        items: A list of pages, an iterator, or anything else that can be iterated. An iterator is closed in the end.
        description: What is counted; stands in front of the bar.
        total: How many there are, where that is known.
        console: A rich console to draw on; standard error by default.

    Raises:
        MissingDependencyError: rich is not installed.
        InvalidRequestError: The items cannot be iterated.
    """
    shown = bar(description, total=total, console=console)
    if isinstance(items, AsyncIterable):
        return _track_async(items, shown)
    if not isinstance(items, Iterable):
        raise InvalidRequestError(f"a {type(items).__name__} cannot be iterated")
    return _track(items, shown)


def _track(items: Iterable[ItemT], shown: ProgressBar) -> Iterator[ItemT]:
    iterator = iter(items)
    try:
        with shown:
            for number, item in enumerate(iterator, 1):
                shown(number)
                yield item
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


async def _track_async(items: AsyncIterable[ItemT], shown: ProgressBar) -> AsyncIterator[ItemT]:
    iterator = aiter(items)
    number = 0
    try:
        with shown:
            async for item in iterator:
                number += 1
                shown(number)
                yield item
    finally:
        aclose = getattr(iterator, "aclose", None)
        if aclose is not None:
            await aclose()


def _amounts(event: Any) -> tuple[float, int | None]:
    """How much is done, and of how much, as the package's progress events say it."""
    from posthog_environments.event_slices import EventProgress
    from posthog_environments.export_steps import ExportProgress
    from posthog_environments.files.plan import WriteProgress
    from posthog_environments.queries.polling import QueryProgress
    from posthog_environments.queries.rows import RowPageEvent

    if isinstance(event, QueryProgress):
        return event.rows_read or 0, event.estimated_rows_total or None
    if isinstance(event, EventProgress):
        return event.events, int(event.events / event.fraction) if event.fraction > 0.01 else None
    if isinstance(event, WriteProgress):
        return event.rows, None
    if isinstance(event, RowPageEvent):
        return event.total, None
    if isinstance(event, ExportProgress):
        return event.elapsed, None
    raise InvalidRequestError(f"a progress bar cannot show a {type(event).__name__}; call it with a number")


def _progress(console: Console | None) -> Progress:
    try:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            SpinnerColumn,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
        )
    except ImportError:
        raise MissingDependencyError(
            'progress bars need rich: pip install "posthog-environments[cli]"'
        ) from None
    drawn_on = console or Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:,.0f}"),
        TaskProgressColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=drawn_on,
        transient=True,
        redirect_stdout=False,  # what is printed stays on standard output
        disable=not (drawn_on.is_terminal or drawn_on.is_jupyter),
    )


__all__ = ["ProgressBar", "bar", "track"]
