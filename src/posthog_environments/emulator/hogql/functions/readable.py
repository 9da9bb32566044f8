"""Numbers for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.functions.casts import text_of
from posthog_environments.emulator.hogql.functions.registry import Function, fixed, to, where_there
from posthog_environments.emulator.hogql.nodes import Call
from posthog_environments.emulator.hogql.types import FLOAT64, STRING

# Beyond it ClickHouse writes a power of ten.
_MOST: Final = "1e60"
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
_DECIMAL: Final = ("", "K", "M", "G", "T", "P", "E", "Z", "Y")
_UNITS: Final = {
    "Size": (1024, tuple(f" {prefix}B" for prefix in _BINARY)),
    "DecimalSize": (1000, tuple(f" {prefix}B" for prefix in _DECIMAL)),
    "Quantity": (
        1000,
        (
            "",
            *(" thousand", " million", " billion", " trillion", " quadrillion", " quintillion"),
            *(" sextillion", " septillion", " octillion", " nonillion", " decillion", " undecillion"),
            *(" duodecillion", " tredecillion", " quattuordecillion", " quindecillion", " sexdecillion"),
            *(" septendecillion", " octodecillion", " novemdecillion", " vigintillion"),
        ),
    ),
}


def _fixed(value: str) -> str:
    """A number with two digits after the point; a half is rounded away from 0."""
    # Of all fractions with three digits, only eighths are halves for a computer too.
    half = f"CASE WHEN abs({value}) < 1e12 AND abs({value}) * 8 % 2 = 1 THEN sign({value}) * 0.001 ELSE 0 END"
    return f"format('{{:.2f}}', {value} + {half})"


def _readable(what: str) -> Function:
    factor, units = _UNITS[what]

    def write(args: Sequence[str], call: Call) -> str:
        value, whens = "n", list[str]()
        for unit in units[:-1]:
            whens.append(f"WHEN abs({value}) < {factor} OR isnan({value}) THEN {_fixed(value)} || '{unit}'")
            # Divided again and again, as ClickHouse does: each time it is rounded.
            value = f"({value} / {factor})"
        whens.append(f"WHEN abs({value}) < {_MOST} THEN {_fixed(value)} || '{units[-1]}'")
        text = f"CASE {' '.join(whens)} ELSE {text_of(value, FLOAT64)} || '{units[-1]}' END"
        return where_there(f"list_transform([CAST({args[0]} AS DOUBLE)], lambda n: {text})[1]", args, call)

    return fixed(1, f"formatReadable{what}", to(STRING), write, "n")


TITLE: Final = "Numbers for people"
FUNCTIONS: Final[tuple[Function, ...]] = tuple(map(_readable, _UNITS))
