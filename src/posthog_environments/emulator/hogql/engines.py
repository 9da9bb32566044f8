"""What runs resolved queries: DuckDB, which is light, or chDB, which is ClickHouse itself.

Both take the same resolved queries. What one of them lacks is refused while the query is resolved.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final, Literal, Protocol, get_args

from attrs import define

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.errors import INSTALL, INSTALL_CHDB
from posthog_environments.emulator.hogql.nodes import Query

EngineName = Literal["duckdb", "chdb"]
ENGINES: Final[tuple[EngineName, ...]] = get_args(EngineName)
_INSTALL: Final[dict[EngineName, str]] = {"duckdb": INSTALL, "chdb": INSTALL_CHDB}


@define(frozen=True)
class Rows:
    """What an engine gives.

    Attributes:
        types: ClickHouse's name of the type of each column.
        values: Rows of JSON values.
    """

    types: list[str]
    values: list[list[Any]]


class Engine(Protocol):
    """Runs queries over a project's data."""

    def run(self, query: Query, data: Dataset) -> Rows:
        """Rows of a query.

        Raises:
            HogQLError: The engine refuses.
        """
        ...


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
                raise ValueError(f"query_engine {name!r} is not installed; run: {_INSTALL[known]}")
            return known
    raise ValueError(f"query_engine must be one of {', '.join(ENGINES)}, got {name!r}")


@lru_cache
def engine(name: EngineName) -> Engine:
    """The engine of this process; nothing of it is imported before."""
    if name == "chdb":
        from posthog_environments.emulator.hogql.chdb.engine import ChDBEngine

        return ChDBEngine()
    from posthog_environments.emulator.hogql.duckdb.engine import DuckDBEngine

    return DuckDBEngine()
