"""Tables for people: as wide as the terminal, and nothing in them can command it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from posthog_environments.cli.streams import visible
from posthog_environments.files.values import plain_text

if TYPE_CHECKING:
    from rich.console import Console

    from posthog_environments.cli.session import Session

_GAP: Final = 2
_NARROWEST: Final = 12
"""Characters of a column below which a table says nothing any more; then each row gets lines of its own."""
_WHOLE: Final = frozenset({"id", "uuid"})
"""Columns that people copy from."""
_LONGEST: Final = 2_000
"""Characters of a value in lines of its own."""


def print_table(
    session: Session,
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    folded: Sequence[str],
    styles: Mapping[str, str],
) -> bool:
    """Print a row per line, or, when there is no room for so many columns, a line per value.

    Returns:
        Whether values were cut.
    """
    if not rows:
        return False
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    console = session.console()
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    wanted = [
        max(cell_len(visible(name)), *(cell_len(line[number]) for line in cells))
        for number, name in enumerate(columns)
    ]
    room = console.width - _GAP * (len(columns) - 1)
    if sum(min(width, _NARROWEST) for width in wanted) > room:
        return _print_records(console, columns, cells)
    widths = _shared_out(wanted, room, [name in _WHOLE for name in columns])
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for name, width in zip(columns, widths, strict=True):
        fold = name in folded
        table.add_column(
            Text(visible(name)),
            justify="right" if _are_numbers(row.get(name) for row in rows) else "left",
            no_wrap=not fold,
            overflow="fold" if fold else "ellipsis",
            width=width,
        )
    for line in cells:
        table.add_row(*(Text(text, style=styles.get(text, "")) for text in line))
    console.print(table)
    return any(
        given < width and name not in folded
        for name, given, width in zip(columns, widths, wanted, strict=True)
    )


def _shared_out(wanted: Sequence[int], room: int, whole: Sequence[bool]) -> list[int]:
    """Widths that fit: those to be kept whole and narrow ones get what they want, the others equal parts of the rest."""
    least = [min(width, _NARROWEST) for width in wanted]
    widths = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=lambda number: (not whole[number], wanted[number]))
    for done, number in enumerate(order):
        rest = order[done + 1 :]
        part = room - sum(least[other] for other in rest) if whole[number] else room // (len(rest) + 1)
        widths[number] = min(wanted[number], max(least[number], part))
        room -= widths[number]
    return widths


def _print_records(console: Console, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> bool:
    from rich.rule import Rule
    from rich.text import Text

    cut = False
    for number, line in enumerate(cells, 1):
        console.print(Rule(Text(str(number)), align="left", characters="-", style="none"))
        cut = cut or any(len(text) > _LONGEST for text in line)
        console.print(_fields(zip(columns, line, strict=True)))
    return cut


def print_fields(session: Session, fields: Mapping[str, Any]) -> None:
    """Print one thing, a field per line."""
    session.console().print(_fields((name, _cell(value)) for name, value in fields.items()))


def _fields(fields: Any) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, _GAP, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in fields:
        table.add_row(
            Text(visible(name)), Text(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
        )
    return table


def _are_numbers(values: Any) -> bool:
    found = [value for value in values if value is not None]
    return bool(found) and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in found)


def _cell(value: Any) -> str:
    """A value in one line."""
    return visible(" ".join(plain_text(value).splitlines()))
