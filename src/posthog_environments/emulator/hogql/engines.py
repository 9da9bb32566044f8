"""What runs resolved queries: DuckDB, which is light, or chDB, which is ClickHouse itself.

Both take the same resolved queries. What one of them lacks is refused while the query is resolved.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

from attrs import define

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.hogql.nodes import Query
from posthog_environments.emulator.query_engine import EngineName


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


@lru_cache
def engine(name: EngineName) -> Engine:
    """The engine of this process; nothing of it is imported before."""
    if name == "chdb":
        from posthog_environments.emulator.hogql.chdb.engine import ChDBEngine

        return ChDBEngine()
    from posthog_environments.emulator.hogql.duckdb.engine import DuckDBEngine

    return DuckDBEngine()
