"""A server that runs the SQL of each page in DuckDB, with the placeholders as parameters.

It knows nothing of keys or pages: what comes out is what the SQL says. `toDateTime`, `toDate` and `toUUID` are those of
HogQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import duckdb
import httpx

TYPES = {
    "BIGINT": "Int64",
    "UBIGINT": "UInt64",
    "INTEGER": "Int32",
    "VARCHAR": "String",
    "DOUBLE": "Float64",
    "DATE": "Date",
    "TIMESTAMP": "DateTime64(6, 'UTC')",
    "UUID": "UUID",
    "BOOLEAN": "Bool",
}


class SqlServer(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers queries from a DuckDB database.

    Args:
        setup: SQL that makes the tables.
        largest: Most rows of an answer, whatever LIMIT says.
        nullable: Whether every column is declared as nullable.
        before: Called with the number of each request; may return another answer, or change the tables.
    """

    def __init__(
        self,
        *setup: str,
        largest: int = 50_000,
        nullable: bool = False,
        before: Callable[[int], httpx.Response | None] | None = None,
    ) -> None:
        self.database = duckdb.connect(":memory:")
        for name, kind in (("toDateTime", "timestamp"), ("toDate", "date"), ("toUUID", "uuid")):
            self.database.execute(f"create macro {name}(x) as cast(x as {kind})")
        for statement in setup:
            self.database.execute(statement)
        self.largest = largest
        self.nullable = nullable
        self.before = before
        self.bodies: list[Any] = []
        self.methods: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.methods.append(request.method)
        if request.method != "POST":
            return httpx.Response(200, json={"message": "Cancelled query on clickhouse"})
        body = json.loads(request.read())
        self.bodies.append(body)
        other = self.before(len(self.bodies)) if self.before else None
        return other or self.answer(body["query"]["query"], body["query"].get("values", {}))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)

    def answer(self, sql: str, values: dict[str, Any]) -> httpx.Response:
        text = re.sub(r"\{(\w+)\}", r"$\1", sql).replace("`", '"')
        # `description` names the types only in newer releases of DuckDB.
        columns = self.database.execute(f"describe {text}", values or None).fetchall()
        names = [column[0] for column in columns]
        kinds = [TYPES[column[1]] for column in columns]
        if self.nullable:
            kinds = [f"Nullable({kind})" for kind in kinds]
        found = self.database.execute(text, values or None).fetchmany(self.largest)
        rows = [[as_json(value) for value in row] for row in found]
        answer = {
            "columns": names,
            "types": list(zip(names, kinds, strict=True)),
            "results": rows,
            "hasMore": None,
        }
        return httpx.Response(200, content=json.dumps(answer).encode())


def as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, (date, UUID)):
        return str(value)
    return None if value != value else value


def numbers(rows: Iterable[Any]) -> list[int]:
    return [row[0] for row in rows]
