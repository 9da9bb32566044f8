"""Answers that never arrive whole: what a stand-in server raises instead of answering.

A module of its own because the emulator raises it and the HTTP module turns it into the errors of the HTTP library,
and neither should need the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal


class Breakage(Exception):
    """The connection fails instead of giving an answer.

    Attributes:
        kind: `refused` before the request was sent, `reset` after it was sent, `stalled` when nothing ever comes,
            `truncated` when the connection ends within the body.
        status: Status of a truncated answer.
        headers: Headers of a truncated answer.
        content: The part of the body that arrives.
        length: Size that the headers announce.
    """

    def __init__(
        self,
        kind: Literal["refused", "reset", "stalled", "truncated"],
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        length: int = 0,
    ) -> None:
        self.kind = kind
        self.status = status
        self.headers = dict(headers or {})
        self.content = content
        self.length = length
        super().__init__(kind)
