"""Differences between the emulator's engines that stay, each with its reason."""

from __future__ import annotations

import re
from typing import Final

from attrs import define

# ClickHouse promises no order of what these give.
UNORDERED: Final = frozenset({"groupUniqArray", "topK", "arrayIntersect"})


@define(frozen=True)
class Known:
    """Some differences.

    Attributes:
        reason: Why they stay.
        names: What is called, as a pattern.
        kind: How the engines differ, as a pattern.
        sql: What the query has in it, as a pattern.
        message: What ClickHouse says, as a pattern.
    """

    reason: str
    names: str = ".*"
    kind: str = ".*"
    sql: str = ""
    message: str = ""


KNOWN: Final[tuple[Known, ...]] = ()


def known_reason(name: str, kind: str, sql: str, message: str) -> str | None:
    """Why a difference stays; None where it must not."""
    for known in KNOWN:
        if (
            re.fullmatch(known.names, name)
            and re.fullmatch(known.kind, kind)
            and re.search(known.sql, sql)
            and re.search(known.message, message)
        ):
            return known.reason
    return None
