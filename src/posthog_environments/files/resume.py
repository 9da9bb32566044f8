"""Files that are gone on with after the process was killed, at whatever moment.

Two files lie beside the one to be: `NAME.part` has the rows, and `NAME.resume` says up to which byte of it they count
and where the source goes on behind them. It is replaced after the rows are on the disk, never before. So a run begins
by cutting `NAME.part` to that length: rows behind it are read again, and none is missing or doubled.

A run that has everything says so in `NAME.resume` before it renames `NAME.part`; one that is killed in between leaves
only the renaming to the next.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from attrs import define, evolve

from posthog_environments.errors import InvalidRequestError
from posthog_environments.files.plan import Plan

_VERSION: Final = 1


@define(frozen=True)
class State:
    """What counts of a part file.

    Attributes:
        format: Format of the file.
        rows: Rows that count.
        bytes: Bytes that count.
        token: Where the source goes on.
        columns: Columns of the file, or None before the first row.
        done: Whether these are all rows.
    """

    format: str
    rows: int = 0
    bytes: int = 0
    token: str | None = None
    columns: tuple[str, ...] | None = None
    done: bool = False


class Part:
    """A file that is being written, over as many runs as it takes."""

    def __init__(self, plan: Plan) -> None:
        target = plan.target
        self._target = target
        self.path = target.with_name(target.name + ".part")
        self.sidecar = target.with_name(target.name + ".resume")
        self._new = target.with_name(target.name + ".resume.new")
        self.state = State(plan.format)
        self.begun = self._load(plan)

    def _load(self, plan: Plan) -> bool:
        try:
            text = self.sidecar.read_bytes()
        except FileNotFoundError:
            return False
        try:
            found = cast("dict[str, Any]", json.loads(text))
            if found.pop("v") != _VERSION:
                raise ValueError("another version")
            columns = found.pop("columns")
            state = State(**found, columns=None if columns is None else tuple(columns))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InvalidRequestError(
                f"{self.sidecar} does not say how far {self.path.name} is; delete both to begin again"
            ) from None
        if state.format != plan.format:
            raise InvalidRequestError(
                f"{self.path} was begun as {state.format}; go on so, or delete it and {self.sidecar.name} to begin "
                "again"
            )
        if plan.columns is not None and state.columns not in (None, plan.columns):
            raise InvalidRequestError(
                f"{self.path} was begun with the columns {', '.join(state.columns or ())}; go on with these, or delete "
                f"it and {self.sidecar.name} to begin again"
            )
        self.state = state
        return True

    @contextmanager
    def opened(self) -> Generator[BinaryIO, None, None]:
        """The part file, cut to what counts. It stays when the block fails, unless nothing counts yet.

        Raises:
            InvalidRequestError: Another process writes it, or it is not as the last run left it.
        """
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(self.path, flags, 0o666), "r+b") as file:
            _lock(file, self.path)
            size = os.fstat(file.fileno()).st_size
            if not self.begun and size:
                raise InvalidRequestError(
                    f"there is a {self.path}, but no {self.sidecar.name} that says how far it is; delete it to begin "
                    "again"
                )
            if size < self.state.bytes:
                if not size:
                    os.unlink(self.path)
                raise InvalidRequestError(
                    f"{self.path} is shorter than {self.sidecar.name} says; delete both to begin again"
                )
            try:
                file.truncate(self.state.bytes)
                file.seek(self.state.bytes)
                if not self.begun:
                    self._save()
                yield file
            except BaseException:
                if not self.state.rows and not self.state.done:
                    self._discard()
                raise

    def commit(self, file: BinaryIO, rows: int, token: str, columns: tuple[str, ...] | None) -> None:
        """From now on, everything in the file counts."""
        self._sync(file)
        self.state = evolve(self.state, rows=rows, bytes=file.tell(), token=token, columns=columns)
        self._save()

    def close(self, file: BinaryIO) -> None:
        """Nothing more comes: everything in the file counts, and it only has to be renamed."""
        self._sync(file)
        self.state = evolve(self.state, bytes=file.tell(), done=True)
        self._save()

    def complete(self) -> None:
        """Give the file its name, if the last run did not come to that, and forget the rest."""
        with suppress(FileNotFoundError):
            shutil.copymode(self._target, self.path)
        with suppress(FileNotFoundError):
            os.replace(self.path, self._target)
        if not self._target.is_file():
            raise InvalidRequestError(
                f"{self.sidecar.name} says that {self._target} is complete, but it is gone; delete {self.sidecar} to "
                "begin again"
            )
        self._forget()

    def _sync(self, file: BinaryIO) -> None:
        file.flush()
        os.fsync(file.fileno())

    def _save(self) -> None:
        state = self.state
        text = json.dumps(
            {
                "v": _VERSION,
                "format": state.format,
                "rows": state.rows,
                "bytes": state.bytes,
                "token": state.token,
                "columns": state.columns,
                "done": state.done,
            }
        )
        with open(self._new, "wb") as file:
            file.write(text.encode("utf-8", "surrogatepass"))
            self._sync(file)
        os.replace(self._new, self.sidecar)

    def _forget(self) -> None:
        for path in (self._new, self.sidecar):
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _discard(self) -> None:
        for path in (self._new, self.sidecar, self.path):
            with suppress(OSError):
                os.unlink(path)


def _lock(file: BinaryIO, path: Path) -> None:
    """Two processes at once would spoil the file. The lock ends with its process; Windows has none of this kind."""
    try:
        fcntl: Any = import_module("fcntl")
    except ImportError:
        return
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InvalidRequestError(f"another process is writing {path}") from None
    except OSError:
        return  # a file system without locks


def check_resumable(plan: Plan) -> None:
    """Refuse formats that cannot be cut at a row and gone on with.

    Raises:
        InvalidRequestError: It is one of them.
    """
    if plan.format == "parquet":
        raise InvalidRequestError(
            "a Parquet file has its index at the end and cannot be gone on with: write .jsonl or .csv, or leave out "
            "resume"
        )
    if plan.compressed:
        raise InvalidRequestError(
            "a packed file cannot be gone on with: leave out .gz, and pack it when it is complete; or leave out resume"
        )
