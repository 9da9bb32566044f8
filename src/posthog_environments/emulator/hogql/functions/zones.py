"""Time zones in DuckDB, whose times are all UTC here."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from posthog_environments.emulator.hogql.nodes import Call, Literal
from posthog_environments.emulator.hogql.types import UTC_NAMES, Type


def zone_of(call: Call, place: int | None) -> str:
    """The zone that a call counts in: the one that is named at that place, or else that of its times."""
    node = call.args[place] if place is not None and len(call.args) > place else None
    if isinstance(node, Literal):
        return str(node.value)
    return next((arg.type.zone for arg in call.args if arg.type.zone not in UTC_NAMES), "UTC")


def offset_in_1970(zone: str) -> int:
    """How many seconds the clocks of a zone were before UTC when 1970 began."""
    offset = datetime(1970, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def local_time(value: str, zone: str) -> str:
    """The time that clocks of a zone show at a moment."""
    return value if zone in UTC_NAMES else f"timezone('{zone}', timezone('UTC', CAST({value} AS TIMESTAMP)))"


def utc_time(value: str, kind: Type, zone: str) -> str:
    """The moment at which clocks of a zone show a time; a date stays what it is."""
    if zone in UTC_NAMES or not kind.has_zone:
        return value
    return f"timezone('UTC', timezone('{zone}', {value}))"
