"""`write` and `write_async`: they differ in how items are taken, and in nothing else."""

from __future__ import annotations

import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO, TypeGuard, cast

from posthog_environments.downloads import replaced
from posthog_environments.errors import InvalidRequestError
from posthog_environments.files.plan import Extras, Format, Plan, WriteProgress, WrittenFile
from posthog_environments.files.resume import Part, check_resumable
from posthog_environments.files.rows import Table
from posthog_environments.files.text import Csv, Encoder, Gzipped, JsonLines, pack

Source = Iterable[Any] | Callable[[str | None], Iterable[Any]]
AsyncSource = AsyncIterable[Any] | Iterable[Any] | Callable[[str | None], AsyncIterable[Any] | Iterable[Any]]


def write(
    items: Source,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    columns: Sequence[str] | None = None,
    extras: Extras = "error",
    batch_size: int | None = None,
    on_progress: Callable[[WriteProgress], object] | None = None,
    resume: bool = False,
) -> WrittenFile:
    """Write everything that is iterated into a file, while it is read.

        files.write(client.persons.list(), "persons.csv", columns=["id", "name", "created_at"])
        files.write(client.events.iterate(after="2025-06-01"), "events.jsonl", resume=True)
        files.write(client.query.hogql("select event, count() from events group by event"), "counts.parquet")

    The file appears under its name only when it is complete; until then an older one stays as it was, and a failure
    leaves no trace. One batch is held in memory.

    JSON Lines (`.jsonl`, `.ndjson`) has an object per line, with the fields that the server sent, unknown ones
    included. CSV (`.csv`) is RFC 4180 in UTF-8; nested values are JSON text and None is empty. Parquet (`.parquet`,
    needs the extra `arrow`) takes its types from the query or the model, else from the first batch; nested values are
    JSON text. Times are ISO 8601, UUIDs and Decimals text; NaN is null in JSON. With `.gz` behind them, the text
    formats are packed, and equal rows give equal bytes.

    Spreadsheets run cells that begin with `=`, `+`, `-` or `@` as formulas, and anybody can send events. The CSV has
    values as they are: do not open it in one without thinking of that.

    With `resume=True`, what was written is kept beside the file as `PATH.part` when the work is cut short, by an
    error, Ctrl-C, a full disk or `kill -9`, and `PATH.resume` says how far it counts. The same call goes on there, and
    loses and doubles no row. It needs JSON Lines or CSV, and a source that can be taken up again: `events.iterate`,
    `query.iterate`, or a function that is given a token, None for the beginning, and gives an iterator that has
    `.token`. The arguments must be the same as before; a range of time that was open at its end keeps the end that it
    had when it was begun.

    Args:
        items: Models, mappings, or tuples whose columns have names; all of one kind. A list of pages, a query's result,
            an iterator, or a function as above. It is closed in the end where it can be.
        path: Name of the file; its folder must exist.
        format: `jsonl`, `csv` or `parquet`, where the name does not say it.
        columns: The columns to write, in this order; all others are left out. For tuples without names, their names.
            All columns of the first item when left out, and all fields of a model.
        extras: For CSV and Parquet, what to do about a column that the first item did not have: `error`, or `ignore`,
            which leaves it out.
        batch_size: How many rows are written at a time; 1,000 by default, 20,000 for Parquet, where it is the size of
            a row group. With `resume`, up to so many rows are read again.
        on_progress: Called with a `WriteProgress` after every batch.
        resume: Whether to go on where an earlier run was cut short, and to keep what this one wrote if it is.

    Returns:
        The file, with the number of its rows and bytes.

    Raises:
        InvalidRequestError: An argument that can only fail; nothing was asked for or written.
        WriteError: A row that the file cannot hold; it names the row and the column.
        MissingDependencyError: Parquet without pyarrow.
        OSError: The file cannot be written: no permission, a full disk.
        PostHogError: What reading the items raises.
    """
    run = _Run(Plan.of(path, format, columns, extras, batch_size, on_progress), resume=resume)
    if run.is_complete:
        return run.completed()
    source = run.begin(items)
    if not _is_iterable(source):
        raise InvalidRequestError(
            "asynchronous items need `await files.write_async(...)`"
            if _is_asynchronous(source)
            else f"a {type(source).__name__} cannot be iterated"
        )
    with run.output() as output:
        iterator = iter(source)
        try:
            while batch := list(islice(iterator, run.plan.batch_size)):
                output.add(batch, source)
        finally:
            _close(iterator)
        output.finish(source)
    return run.completed()


async def write_async(
    items: AsyncSource,
    path: str | os.PathLike[str],
    *,
    format: Format | None = None,
    columns: Sequence[str] | None = None,
    extras: Extras = "error",
    batch_size: int | None = None,
    on_progress: Callable[[WriteProgress], object] | None = None,
    resume: bool = False,
) -> WrittenFile:
    """Write everything that is iterated into a file; see `write`.

        await files.write_async(client.events.iterate(after="2025-06-01"), "events.jsonl", resume=True)

    Takes asynchronous and ordinary items. Batches are written on the event loop, a few milliseconds at a time.
    """
    run = _Run(Plan.of(path, format, columns, extras, batch_size, on_progress), resume=resume)
    if run.is_complete:
        return run.completed()
    source = run.begin(items)
    if not (_is_asynchronous(source) or _is_iterable(source)):
        raise InvalidRequestError(f"a {type(source).__name__} cannot be iterated")
    with run.output() as output:
        iterator = aiter(_asynchronous(source))
        try:
            while batch := await _taken(iterator, run.plan.batch_size):
                output.add(batch, source)
        finally:
            aclose = getattr(iterator, "aclose", None)
            if aclose is not None:
                await aclose()
        output.finish(source)
    return run.completed()


async def _taken(iterator: AsyncIterator[Any], count: int) -> list[Any]:
    batch: list[Any] = []
    async for item in iterator:
        batch.append(item)
        if len(batch) == count:
            break
    return batch


def _asynchronous(source: AsyncIterable[Any] | Iterable[Any]) -> AsyncIterable[Any]:
    return source if _is_asynchronous(source) else _each(cast("Iterable[Any]", source))


async def _each(source: Iterable[Any]) -> AsyncIterator[Any]:
    iterator = iter(source)
    try:
        for item in iterator:
            yield item
    finally:
        _close(iterator)


def _close(iterator: Iterator[Any]) -> None:
    close = getattr(iterator, "close", None)
    if close is not None:
        close()


def _is_iterable(source: object) -> TypeGuard[Iterable[Any]]:
    return isinstance(source, Iterable)


def _is_asynchronous(source: object) -> TypeGuard[AsyncIterable[Any]]:
    return isinstance(source, AsyncIterable)


class _Run:
    """One call of `write`."""

    def __init__(self, plan: Plan, *, resume: bool) -> None:
        self.plan = plan
        self._part: Part | None = None
        self._rows = self._bytes = 0
        if plan.format == "parquet":
            from posthog_environments.files.parquet import pyarrow

            pyarrow()
        if resume:
            check_resumable(plan)
            self._part = Part(plan)
            self._rows, self._bytes = self._part.state.rows, self._part.state.bytes

    @property
    def is_complete(self) -> bool:
        """Whether an earlier run wrote everything, and was cut short before the file had its name."""
        return self._part is not None and self._part.state.done

    def begin(self, items: Any) -> Any:
        """The source, at the place where this run goes on. Nothing is asked for or written yet."""
        token = None if self._part is None else self._part.state.token
        resumed = getattr(items, "resumed", None)
        if callable(items) and not (_is_iterable(items) or _is_asynchronous(items)):
            items = items(token)
        elif token is not None and resumed is not None:
            items = resumed(token)
        elif self._part is not None and resumed is None:
            raise InvalidRequestError(
                "these items cannot be taken up again: pass events.iterate(...), query.iterate(...), or a function that is given a token; "
                "or leave out resume"
            )
        if self._part is not None and not isinstance(getattr(items, "token", None), str):
            raise InvalidRequestError("these items have no .token to go on from: leave out resume")
        return items

    @contextmanager
    def output(self) -> Generator[_Output, None, None]:
        """Where the rows go. Afterwards the file is complete."""
        part = self._part
        with replaced(self.plan.target) if part is None else part.opened() as file:
            output = _Output(self.plan, file, part)
            try:
                yield output
            except BaseException as error:
                output.abort()
                if isinstance(error, OSError):
                    error.add_note(f"while writing {self.plan.path}, after row {output.rows:,}")
                raise
            self._rows, self._bytes = output.rows, file.tell()

    def completed(self) -> WrittenFile:
        if self._part is not None:
            self._part.complete()
        return WrittenFile(self.plan.path, self._rows, self._bytes)


class _Output:
    """Rows on their way into a file."""

    def __init__(self, plan: Plan, file: BinaryIO, part: Part | None) -> None:
        self._plan = plan
        self._file = file
        self._part = part
        before = None if part is None else part.state
        self.rows = before.rows if before else 0
        self._table = Table(plan.columns, plan.extras, before.columns if before else None, self.rows)
        self._encoder = self._make(header=not self.rows)
        self._begun = False

    def _make(self, *, header: bool) -> Encoder:
        if self._plan.format == "parquet":
            from posthog_environments.files.parquet import Parquet

            return Parquet(self._file, self._table)
        packed = pack(self._file) if self._plan.compressed else None
        out = cast("BinaryIO", packed) if packed is not None else self._file
        encoder: Encoder
        if self._plan.format == "csv":
            encoder = Csv(out, self._table, header=header)
        else:
            encoder = JsonLines(out, self._table)
        return encoder if packed is None else Gzipped(packed, encoder)

    def add(self, batch: list[Any], source: Any) -> None:
        if not self._begun:
            self._table.begin(batch[0], source)
            self._begun = True
        self._encoder.add(batch)
        self.rows = self._table.count
        if self._part is not None:
            self._part.commit(self._file, self.rows, source.token, self._table.columns)
        if self._plan.on_progress is not None:
            self._plan.on_progress(WriteProgress(self.rows, self._file.tell()))

    def finish(self, source: Any) -> None:
        if not self._begun:
            self._table.end(source)
        self._encoder.finish()
        if self._part is not None:
            self._part.close(self._file)

    def abort(self) -> None:
        self._encoder.abort()
