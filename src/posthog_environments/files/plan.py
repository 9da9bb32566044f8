"""What is to be written where, checked before anything is asked for or touched."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from attrs import define

from posthog_environments.downloads import check_target
from posthog_environments.errors import InvalidRequestError

Format = Literal["jsonl", "csv", "parquet"]
Extras = Literal["error", "ignore"]

_SUFFIXES: Final[dict[str, Format]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
_BATCHES: Final[dict[Format, int]] = {"jsonl": 1_000, "csv": 1_000, "parquet": 20_000}
_MOST: Final = 1_000_000


@define(frozen=True)
class WriteProgress:
    """How far a file is.

    Attributes:
        rows: Rows written so far, those of earlier runs included.
        bytes: Size of the file so far.
    """

    rows: int
    bytes: int


@define(frozen=True)
class WrittenFile:
    """A file that is complete.

    Attributes:
        path: Where it is.
        rows: How many rows it has.
        bytes: Its size.
    """

    path: Path
    rows: int
    bytes: int


@define(frozen=True)
class Plan:
    """What is to be written where.

    Attributes:
        path: The file as it was named.
        target: The file itself: what `path` names, where that is a symbolic link.
        format: Its format.
        compressed: Whether it is packed with gzip.
        columns: The columns that are wanted, or None for all.
        extras: What to do about columns that the first item did not have.
        batch_size: How many rows are written at a time.
        on_progress: Is told how far the file is, after every batch.
    """

    path: Path
    target: Path
    format: Format
    compressed: bool
    columns: tuple[str, ...] | None
    extras: Extras
    batch_size: int
    on_progress: Callable[[WriteProgress], object] | None

    @classmethod
    def of(
        cls,
        path: str | os.PathLike[str],
        format: Format | None,
        columns: Sequence[str] | None,
        extras: Extras,
        batch_size: int | None,
        on_progress: Callable[[WriteProgress], object] | None,
    ) -> Plan:
        """Check the arguments.

        Raises:
            InvalidRequestError: One of them can only fail.
        """
        target = check_target(path)
        found, compressed = _format(Path(path), format)
        if extras not in ("error", "ignore"):
            raise InvalidRequestError(f"extras must be 'error' or 'ignore', got {extras!r}")
        if batch_size is not None and (type(batch_size) is not int or not 1 <= batch_size <= _MOST):
            raise InvalidRequestError(
                f"batch_size must be a whole number from 1 to {_MOST:,}, got {batch_size!r}"
            )
        return cls(
            Path(path),
            target,
            found,
            compressed,
            None if columns is None else check_columns(columns),
            extras,
            batch_size or _BATCHES[found],
            on_progress,
        )


def _format(path: Path, format: str | None) -> tuple[Format, bool]:
    """The format by argument or name, and whether it is packed."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compressed = bool(suffixes) and suffixes[-1] == ".gz"
    if format is None:
        suffix = "".join(suffixes[-2:-1] if compressed else suffixes[-1:])
        if suffix not in _SUFFIXES:
            raise InvalidRequestError(
                f"what to write is not clear from the name {path.name}: name it .jsonl, .ndjson, .csv, .jsonl.gz, "
                ".csv.gz or .parquet, or give format="
            )
        found = _SUFFIXES[suffix]
    elif format in _BATCHES:
        found = format
    else:
        raise InvalidRequestError(f"format must be 'jsonl', 'csv' or 'parquet', got {format!r}")
    if compressed and found == "parquet":
        raise InvalidRequestError("Parquet is packed by itself: leave out .gz")
    return found, compressed


def check_columns(columns: Any) -> tuple[str, ...]:
    """Names of columns, all different.

    Raises:
        InvalidRequestError: They are none.
    """
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        raise InvalidRequestError(f"columns must be a list of names, got {columns!r}")
    names: tuple[Any, ...] = tuple(columns)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if not names or not all(isinstance(name, str) for name in names):
        raise InvalidRequestError(f"columns must be a list of names, got {columns!r}")
    for name in names:
        if names.count(name) > 1:
            raise InvalidRequestError(f"columns has {name!r} twice")
    return names
