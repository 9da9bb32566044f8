"""Functions that only chDB has. They run under their own names."""

from __future__ import annotations

from typing import Final

from posthog_environments.emulator.hogql.functions.registry import Function, Rule, always, to
from posthog_environments.emulator.hogql.types import (
    FLOAT64,
    STRING,
    UINT64,
)


def _scalar(name: str, result: Rule, takes: str = "*", least: int = 1, most: int | None = 1) -> Function:
    return Function(name, least, most, result, "", takes, nulls=True)


TITLE: Final = "Others"
FUNCTIONS: Final = (
    _scalar("cityHash64", always(UINT64), most=None),
    _scalar("formatReadableTimeDelta", to(STRING), "n"),
    _scalar("geoDistance", always(FLOAT64), "n", 4, 4),
)
