"""Rows for people (a table) and for programs (JSON, JSON Lines, CSV). Programs get every row as it comes."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

from posthog_environments.cli.session import Session, Shown
from posthog_environments.cli.tables import print_fields, print_table
from posthog_environments.files.rows import declared_fields
from posthog_environments.files.values import is_mapping, is_row, json_text, plain_text

MOST_SHOWN: Final = 100
"""Rows of a list that a table has; asking for a number of them lifts it."""
_MOST_HELD: Final = 2_000
"""Rows of any table; it is made as a whole, to know how wide its columns are."""
_UNFLUSHED: Final = 0.25
"""Seconds for which rows may wait for more, before whoever reads them gets them."""


def show_value(session: Session, value: Any) -> None:
    """One thing: a table of its fields for people, JSON for programs."""
    form = session.chosen("json")
    if is_row(value):
        show_rows(session, map(_as_row, value), default="json")
    elif value is None:
        return
    elif form == "csv":
        show_rows(session, [_as_row(value)])
    elif form == "table" and (fields := row_of(value)) is not None:
        print_fields(session, fields)
    else:
        text = json_text(value)
        if form != "jsonl":
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        session.write(text + "\n")


def row_of(value: Any) -> Mapping[str, Any] | None:
    """Names and values of a model or mapping."""
    if is_mapping(value):
        return value
    to_dict = getattr(value, "to_dict", None)
    found = to_dict() if callable(to_dict) else None
    return found if is_mapping(found) else None


def _as_row(value: Any) -> Any:
    return {"value": value} if row_of(value) is None else value


def show_rows(
    session: Session,
    rows: Iterable[Any],
    columns: Sequence[str] | None = None,
    *,
    default: str = "jsonl",
    counted: str | None = None,
    most: int | None = None,
    folded: Sequence[str] = (),
    styles: Mapping[str, str] | None = None,
) -> None:
    """Many things of one kind: models or mappings.

    Args:
        session: Where they go.
        rows: The rows; taken one after another, and as many as are shown.
        columns: Columns of a table or CSV, all by default. JSON has every field.
        default: Form for programs.
        counted: What to call the rows on a progress bar; none by default.
        most: Rows of a table at most.
        folded: Columns of a table whose long values are broken into lines instead of cut.
        styles: How cells of a table with exactly these texts look.
    """
    form = session.chosen(default)
    if form == "table":
        _show_table(session, rows, columns, counted, most or _MOST_HELD, folded, styles or {})
        return
    # On one and the same terminal, the rows themselves are the progress.
    if counted is None or (session.is_terminal and session.progress is None):
        _write(session, form, iter(rows), columns)
        return
    with session.bar(counted) as shown:
        _write(session, form, _counted(iter(rows), shown), columns)


def _counted(rows: Iterator[Any], shown: Shown) -> Iterator[Any]:
    for number, row in enumerate(rows, 1):
        shown(number)
        yield row


def _write(session: Session, form: str, rows: Iterator[Any], columns: Sequence[str] | None) -> None:
    if form == "csv":
        _write_csv(session, rows, columns)
        return
    lines = (json_text(row) for row in rows)
    if form == "jsonl":
        for line in _flushing(session, lines):
            session.write(line + "\n")
        return
    session.write("[")
    for number, line in enumerate(_flushing(session, lines)):
        session.write(",\n" if number else "\n")
        session.write(line)
    session.write("\n]\n")


def _flushing(session: Session, rows: Iterator[Any]) -> Iterator[Any]:
    """The rows; those that were written are sent on while others are waited for."""
    last = time.monotonic()
    for row in rows:
        yield row
        now = time.monotonic()
        if now - last >= _UNFLUSHED:
            session.flush()
            last = now


def _write_csv(session: Session, rows: Iterator[Any], columns: Sequence[str] | None) -> None:
    first = next(rows, None)
    if first is None and columns is None:
        return
    names = list(
        columns or dict.fromkeys([*(name for name, _ in declared_fields(first)), *(row_of(first) or ())])
    )
    known, left_out = set(names), set[str]()
    writer = csv.writer(_Lines(session), lineterminator="\r\n")
    writer.writerow(names)
    for row in _flushing(session, chain(() if first is None else (first,), rows)):
        fields = row_of(row) or {}
        if not fields.keys() <= known and columns is None:
            left_out |= fields.keys() - known
        writer.writerow([plain_text(fields.get(name)) for name in names])
    if left_out:
        session.say(
            f"left out, since the first row did not have them: {', '.join(sorted(left_out))}; -o jsonl has everything"
        )


class _Lines:
    """What the CSV writer needs of a file. It quotes what the end of its lines holds, so that ends with CR LF."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, line: str) -> None:
        self._session.write(line.removesuffix("\r\n") + "\n")


def _show_table(
    session: Session,
    rows: Iterable[Any],
    columns: Sequence[str] | None,
    counted: str | None,
    most: int,
    folded: Sequence[str],
    styles: Mapping[str, str],
) -> None:
    iterator = iter(rows)
    with session.bar(counted or "rows") as shown:
        found = [row_of(row) or {} for row in islice(_counted(iterator, shown), most)]
        more = len(found) == most and next(iterator, None) is not None
    names = list(columns or dict.fromkeys(name for row in found for name in row))
    cut = print_table(session, found, names, folded, styles)
    sys.stdout.flush()
    if not found:
        session.say("none")
    if more:
        session.say(f"the first {most:,}; there are more: use -o jsonl or -o csv for all of them")
    elif cut:
        session.say("some values are cut: -o jsonl shows them whole")
