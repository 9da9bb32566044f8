"""Which SQL engine runs HogQL. Neither is imported before a query needs it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final, Literal, get_args

EngineName = Literal["duckdb", "chdb"]
ENGINES: Final[tuple[EngineName, ...]] = get_args(EngineName)
INSTALL: Final[dict[EngineName, str]] = {
    "duckdb": "pip install posthog-environments[emulator]",
    "chdb": "pip install posthog-environments[emulator-chdb]",
}


def is_installed(name: EngineName) -> bool:
    return find_spec(name) is not None


def chosen(name: EngineName | None) -> EngineName:
    """The engine of this name, or the one to take where none is named: DuckDB unless only chDB is installed."""
    if name is not None:
        return name
    return "chdb" if is_installed("chdb") and not is_installed("duckdb") else "duckdb"


def checked(name: str | None) -> EngineName | None:
    """A name of an engine that a caller gave.

    Raises:
        ValueError: There is no such engine, or it is not installed.
    """
    if name is None:
        return None
    for known in ENGINES:
        if name == known:
            if not is_installed(known):
                raise ValueError(f"query_engine {name!r} is not installed; run: {INSTALL[known]}")
            return known
    raise ValueError(f"query_engine must be one of {', '.join(ENGINES)}, got {name!r}")
