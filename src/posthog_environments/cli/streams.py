"""The standard streams of the process, as the command line needs them."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from typing import Any, Final, NoReturn

# C0 without tab and line feed, DEL and C1: a terminal may take them as commands, and anybody can send events.
_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A)
}


class Terminated(KeyboardInterrupt):
    """SIGTERM: what runs on the server is ended as by Ctrl-C."""


def prepare() -> None:
    """Make the output UTF-8 whatever the locale says, and let SIGTERM end things as tidily as Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")  # a terminal has its own encoding
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    signal.signal(signal.SIGTERM, _terminate)


def _terminate(*_: Any) -> NoReturn:
    raise Terminated


def discard_output() -> None:
    """Send what is still in the buffers nowhere: the reader has gone, and it must not be tried again at exit."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
            continue
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def visible(text: str) -> str:
    """Text without anything that a terminal would obey."""
    return text.translate(_CONTROLS)
