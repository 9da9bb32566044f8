"""Progress on standard error, so that it never mixes with the output."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from posthog_environments.cli.session import Session

if TYPE_CHECKING:
    from rich.progress import Progress

ItemT = TypeVar("ItemT")


@contextmanager
def counted(session: Session, items: Iterable[ItemT], name: str) -> Generator[Iterator[ItemT], None, None]:
    """The items, counted while they are taken."""
    with bar(session, name) as update:
        yield _counting(items, update)


def _counting(items: Iterable[ItemT], update: Callable[..., None]) -> Iterator[ItemT]:
    for number, item in enumerate(items, 1):
        update(completed=number)
        yield item


@contextmanager
def bar(session: Session, name: str) -> Generator[Callable[..., None], None, None]:
    """A line that shows how far something is; call what it gives with `completed=` and, where it is known, `total=`."""
    if not session.shows_progress:
        yield _nothing
        return
    progress = _progress(session)
    with progress:
        task = progress.add_task(name, total=None)

        def update(**fields: Any) -> None:
            progress.update(task, **fields)

        yield update


def _nothing(**fields: Any) -> None:
    pass


def _progress(session: Session) -> Progress:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=session.console(stderr=True),
        transient=True,
    )
