"""JSON Lines and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from gzip import GzipFile
from typing import Any, BinaryIO, Protocol

from posthog_environments.errors import WriteError
from posthog_environments.files.rows import Table
from posthog_environments.files.values import json_text, plain_text


class Encoder(Protocol):
    """Writes rows into a file."""

    def add(self, items: Sequence[Any]) -> None:
        """Write these items; the table knows their columns."""
        ...

    def finish(self) -> None:
        """Write what belongs at the end."""
        ...

    def abort(self) -> None:
        """Let go of the file, which is of no use."""
        ...


class JsonLines:
    """An object per line, exactly as the model or row is: unknown fields are kept, and what is missing stays missing."""

    def __init__(self, file: BinaryIO, table: Table) -> None:
        self._file = file
        self._table = table

    def add(self, items: Sequence[Any]) -> None:
        table = self._table
        lines: list[str] = []
        for item in items:
            row = table.object_of(item)
            try:
                lines.append(json_text(row))
            except TypeError as error:
                raise WriteError(f"row {table.count:,}: {error}", row=table.count) from None
        lines.append("")
        self._file.write("\n".join(lines).encode())

    def finish(self) -> None:
        """Nothing belongs at the end."""

    abort = finish


class Csv:
    """RFC 4180: a header, lines that end with CR LF, quotes where they are needed; UTF-8."""

    def __init__(self, file: BinaryIO, table: Table, *, header: bool) -> None:
        self._file = file
        self._table = table
        self._header = header

    def add(self, items: Sequence[Any]) -> None:
        table = self._table
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        self._head(writer)
        for item in items:
            row = table.values_of(item)
            try:
                writer.writerow([plain_text(value) for value in row])
            except TypeError as error:
                raise WriteError(f"row {table.count:,}: {error}", row=table.count) from None
        self._file.write(text.getvalue().encode())

    def _head(self, writer: Any) -> None:
        if self._header and self._table.columns:
            writer.writerow([plain_text(name) for name in self._table.columns])
            self._header = False

    def finish(self) -> None:
        if self._header:
            self.add(())

    def abort(self) -> None:
        """Nothing is held."""


class Gzipped:
    """Packs what another encoder writes; equal rows give equal bytes at any time and under any name."""

    def __init__(self, packed: GzipFile, inner: Encoder) -> None:
        self._packed = packed
        self._inner = inner

    def add(self, items: Sequence[Any]) -> None:
        self._inner.add(items)

    def finish(self) -> None:
        self._inner.finish()
        self._packed.close()

    def abort(self) -> None:
        with suppress(OSError, ValueError):
            self._packed.close()


def pack(file: BinaryIO) -> GzipFile:
    """A file that packs into another, with neither time nor name inside."""
    return GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0)
