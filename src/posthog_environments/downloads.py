"""Files that are written while they arrive, and appear under their name only when they are complete."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from posthog_environments.errors import InvalidRequestError

DEFAULT_MAX_BYTES: Final = 4 << 30


@contextmanager
def replaced(path: str | os.PathLike[str]) -> Generator[BinaryIO, None, None]:
    """A new file that takes the place of `path` when the block ends well, and leaves no trace when it does not.

    It is written beside `path`, flushed to the disk and renamed, so that no reader ever sees half of it; an older file
    stays as it was until then. A file that exists keeps its permissions.

    Raises:
        InvalidRequestError: There is no such folder, or `path` is a folder.
        OSError: It cannot be written: no permission, a full disk.
    """
    target = check_target(path)
    name = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(name, flags, 0o666)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def check_target(path: str | os.PathLike[str]) -> Path:
    """The path as a file that can be made.

    Raises:
        InvalidRequestError: There is no such folder, or it is a folder itself.
    """
    target = Path(path)
    if target.is_dir():
        raise InvalidRequestError(f"{target} is a folder; give the name of a file")
    if not target.parent.is_dir():
        raise InvalidRequestError(f"there is no folder {target.parent}; make it first")
    # Renaming would replace a symbolic link, not the file that it names.
    return target.resolve() if target.is_symlink() else target


class FileSink:
    """Writes a body into a file, and tells how far it is.

    Args:
        file: Where to write; an attempt that fails is cut off again.
        check: Is given the headers of the answer, and raises to refuse it.
        on_progress: Is given the bytes written, and the bytes announced or None.
    """

    def __init__(
        self,
        file: BinaryIO,
        check: Callable[[Mapping[str, str]], None],
        on_progress: Callable[[int, int | None], None] | None = None,
    ) -> None:
        self._file = file
        self._check = check
        self._on_progress = on_progress
        self._total: int | None = None
        self.size = 0

    def start(self, headers: Mapping[str, str]) -> None:
        self._check(headers)
        announced = headers.get("content-length", "")
        # With an encoding, the announced size is that of the packed body.
        self._total = int(announced) if announced.isdigit() and "content-encoding" not in headers else None
        self._file.seek(0)
        self._file.truncate()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self.size += len(chunk)
        if self._on_progress is not None:
            self._on_progress(self.size, self._total)


def media_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters, in lower case."""
    return headers.get("content-type", "").split(";")[0].strip().lower()
