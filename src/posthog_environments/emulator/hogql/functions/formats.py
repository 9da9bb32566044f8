"""Times as texts, by formats."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, to
from posthog_environments.emulator.hogql.functions.zones import utc_time, zone_of
from posthog_environments.emulator.hogql.nodes import Call, Literal
from posthog_environments.emulator.hogql.types import DATETIME6, STRING

# ClickHouse's letters that mean something else in DuckDB, or nothing.
_FORMAT: Final = {
    "%i": "%M",
    "%M": "%B",
    "%F": "%Y-%m-%d",
    "%T": "%H:%M:%S",
    "%R": "%H:%M",
    "%D": "%m/%d/%y",
    "%s": "%S",
    "%h": "%I",
    "%r": "%I:%M %p",
    "%e": "%-d",
    "%k": "%H",
    "%l": "%I",
    "%c": "%m",
    "%W": "%A",
    "%n": "\n",
    "%t": "\t",
}
_SAME: Final = frozenset("YymdHSIpjabf%uwVG")
# Those that take more than a letter of DuckDB's.
_COMPUTED: Final = {
    "%C": "lpad(CAST(year({0}) // 100 AS VARCHAR), 2, '0')",
    "%g": "right(strftime({0}, '%G'), 2)",
    "%Q": "CAST(quarter({0}) AS VARCHAR)",
}


def _format(args: Sequence[str], call: Call) -> str:
    node = call.args[1]
    if not isinstance(node, Literal) or not isinstance(node.value, str):
        raise HogQLUnsupported("The emulator supports only a constant format in formatDateTime().")

    parts, pattern = list[str](), ""
    pieces: list[str] = re.findall(r"%.?|[^%]+", node.value, flags=re.DOTALL)
    for piece in pieces:
        if piece == "%z" or piece in _COMPUTED:
            special = _offset(args[0], call) if piece == "%z" else _COMPUTED[piece].format(args[0])
            parts, pattern = [*parts, *_formatted(args[0], pattern), special], ""
        elif piece.startswith("%") and ((piece not in _FORMAT and piece[1:] not in _SAME) or piece == "%"):
            raise HogQLUnsupported(f"The emulator does not support {piece} in formatDateTime().")
        else:
            pattern += _FORMAT.get(piece, piece)
    parts += _formatted(args[0], pattern)
    return f"({' || '.join(parts)})" if parts else f"CASE WHEN {args[0]} IS NOT NULL THEN '' END"


def _formatted(moment: str, pattern: str) -> list[str]:
    escaped = pattern.replace("'", "''")
    return [f"strftime({moment}, '{escaped}')"] if pattern else []


def _offset(clock: str, call: Call) -> str:
    """How far the clocks of a zone are ahead of UTC, as +hhmm.

    Raises:
        HogQLError: A date has no clock.
    """
    kind, zone = call.args[0].type, zone_of(call, 2)
    if not kind.has_zone:
        detail = f"Illegal argument of type {kind} for function timezoneOffset"
        raise HogQLError(detail, "illegal_type_of_argument")
    minutes = f"((epoch_us({clock}) - epoch_us({utc_time(clock, DATETIME6, zone)})) // 60000000)"
    hours = f"lpad(CAST(abs({minutes}) // 60 AS VARCHAR), 2, '0')"
    rest = f"lpad(CAST(abs({minutes}) % 60 AS VARCHAR), 2, '0')"
    return f"(CASE WHEN {minutes} < 0 THEN '-' ELSE '+' END || {hours} || {rest})"


TITLE: Final = "Times as texts"
FUNCTIONS: Final[tuple[Function, ...]] = (
    Function("formatDateTime", 2, 3, to(STRING), _format, "ts*", zone=2, local=True),
)
