"""Time zones in DuckDB, whose times are all UTC here."""

from __future__ import annotations

from posthog_environments.emulator.hogql.types import UTC_NAMES, Type


def local_time(value: str, zone: str) -> str:
    """The time that clocks of a zone show at a moment."""
    return value if zone in UTC_NAMES else f"timezone('{zone}', timezone('UTC', CAST({value} AS TIMESTAMP)))"


def utc_time(value: str, kind: Type, zone: str) -> str:
    """The moment at which clocks of a zone show a time; a date stays what it is."""
    if zone in UTC_NAMES or not kind.has_zone:
        return value
    return f"timezone('UTC', timezone('{zone}', {value}))"
