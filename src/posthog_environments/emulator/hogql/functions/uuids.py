"""UUIDs in DuckDB, where they are texts."""

from __future__ import annotations


def uuid_order(value: str) -> str:
    """A text that is ordered as ClickHouse orders UUIDs: by their second half, then by the first."""
    return f"(substring({value}, 20) || substring({value}, 1, 18))"
