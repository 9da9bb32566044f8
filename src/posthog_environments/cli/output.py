"""Rows for people (a table) and for programs (JSON, JSON Lines, CSV). Programs get every row as it comes."""

from __future__ import annotations

import csv
import datetime
import enum
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final, cast
from uuid import UUID

from posthog_environments.cli.session import Session
from posthog_environments_api.types import Unset

_FEW: Final = 2_000
"""Rows of a table; it is made as a whole, to know how wide its columns are."""


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, Unset):
        return None
    return value


def show_value(session: Session, value: Any) -> None:
    """One thing: a table of its fields for people, JSON for programs."""
    found = plain(value)
    form = session.chosen("json")
    if isinstance(found, dict) and form == "table":
        _print_fields(session, found)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(found, list) and form in ("table", "csv", "jsonl"):
        rows = cast("list[Any]", found)
        show_rows(session, map(_as_row, rows))
    elif found is not None:
        session.stdout.write(
            json.dumps(found, indent=2 if session.is_terminal else None, ensure_ascii=False) + "\n"
        )


def _as_row(value: Any) -> Mapping[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {"value": value}


def show_rows(
    session: Session,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    default: str = "jsonl",
) -> None:
    """Many things of one kind."""
    form = session.chosen(default)
    plain_rows = (plain(row) for row in rows)
    if form == "jsonl":
        for row in plain_rows:
            session.stdout.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    elif form == "json":
        _print_array(session, plain_rows)
    elif form == "csv":
        _print_csv(session, plain_rows, columns)
    else:
        _print_table(session, plain_rows, columns)


def _print_array(session: Session, rows: Iterator[Any]) -> None:
    session.stdout.write("[")
    for number, row in enumerate(rows):
        session.stdout.write(("," if number else "") + "\n" + json.dumps(row, ensure_ascii=False))
    session.stdout.write("\n]\n")


def _print_csv(session: Session, rows: Iterator[dict[str, Any]], columns: Sequence[str] | None) -> None:
    first = next(rows, None)
    names = list(columns or first or ())
    if not names:
        return
    writer = csv.DictWriter(session.stdout, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in chain(() if first is None else (first,), rows):
        writer.writerow({name: _cell(row.get(name)) for name in names})


def _print_table(session: Session, rows: Iterator[dict[str, Any]], columns: Sequence[str] | None) -> None:
    from rich.table import Table
    from rich.text import Text

    found = list(islice(rows, _FEW + 1))
    names = list(columns or dict.fromkeys(name for row in found for name in row))
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        numbers = any(_is_number(row.get(name)) for row in found)
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in found[:_FEW]:
        table.add_row(*(Text(_cell(row.get(name))) for name in names))
    session.console().print(table)
    if len(found) > _FEW:
        session.say(f"only the first {_FEW:,} rows are shown; use --output jsonl or csv for all")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _print_fields(session: Session, fields: Mapping[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(Text(name), Text(_cell(value)))
    session.console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
