"""The two formats of an answer, JSON and (for persons and events) CSV."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from posthog_environments.emulator.errors import not_found
from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments.emulator.messages import NOTHING, Request, Response, encode
from posthog_environments_api.operations import OperationInfo


def wants_csv(operation: OperationInfo, request: Request) -> bool:
    """Whether the caller asks for CSV, by `format` or by the Accept header, from an operation that has it.

    Raises:
        ApiError: `format` names something that the operation does not have (404: no renderer has that name).
    """
    has_csv = any(parameter.name == "format" for parameter in operation.parameters)
    chosen = request.last("format")
    if chosen:
        if chosen != "json" and not (chosen == "csv" and has_csv):
            raise not_found()
        return chosen == "csv"
    if not has_csv:
        return False
    accepted = request.headers.get("accept", "*/*")
    return "text/csv" in accepted and "application/json" not in accepted and "*/*" not in accepted


def render(response: Response, *, as_csv: bool) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body as they are sent."""
    headers = dict(response.headers)
    if response.content is not None:
        content = response.content
    elif response.body is NOTHING:
        content = b""
    elif as_csv:
        headers["Content-Type"] = "text/csv; charset=utf-8"
        content = _table(response.body).encode(errors="replace")
    else:
        headers["Content-Type"] = "application/json"
        content = encode(response.body)
    headers["Content-Length"] = str(len(content))
    return response.status, headers, content


def _table(body: Any) -> str:
    """A line per result; nested values get columns of their own, named by their path (`properties.email`)."""
    results = body
    if is_object(body) and "results" in body:
        results = body["results"]
    rows: list[dict[str, str]] = []
    for result in results if is_array(results) else [results]:
        row: dict[str, str] = {}
        _flatten(result, "", row)
        rows.append(row)
    columns = sorted({name for row in rows for name in row})
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    if columns:
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def _flatten(value: Any, path: str, row: dict[str, str]) -> None:
    parts: list[tuple[str, Any]]
    if is_object(value):
        parts = list(value.items())
    elif is_array(value):
        parts = [(str(place), part) for place, part in enumerate(value)]
    else:
        row[path] = value if isinstance(value, str) else "" if value is None else json.dumps(value)
        return
    for name, part in parts:
        _flatten(part, f"{path}.{name}" if path else name, row)
