"""The functions that HogQL may call here: an allow-list, and the security border with the list of tables.

Each module adds the functions of one topic: their arguments, the type of what they give, and how the engines write
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from posthog_environments.emulator.hogql.functions import (
    aggregates,
    arrays,
    casts,
    clickhouse_only,
    general,
    json_values,
    strings,
    times,
    windows,
)
from posthog_environments.emulator.hogql.functions.registry import Function

FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function
    for module in (general, casts, strings, times, arrays, json_values, aggregates, windows, clickhouse_only)
    for function in module.FUNCTIONS
}
_SQL_NAMES: Final = {name for name in FUNCTIONS if name == name.lower()}
_IF: Final = "If"


def find(name: str) -> tuple[Function, bool] | None:
    """A function, and whether its last argument is the condition of an aggregate (`sumIf`); None when not in the list.

    Names of SQL's own are read in any case, as PostHog does.
    """
    function = FUNCTIONS.get(name)
    if function is None and name.lower() in _SQL_NAMES:
        function = FUNCTIONS[name.lower()]
    if function is not None:
        return function, False
    if name.endswith(_IF):
        base = FUNCTIONS.get(name[: -len(_IF)])
        if base is not None and base.kind == "aggregate":
            return base, True
    return None


def nearest(name: str) -> str | None:
    """A function with a name much like this one."""
    lower = {known.lower(): known for known in FUNCTIONS}
    found = get_close_matches(name.lower(), lower, 1, 0.75)
    return lower[found[0]] if found else None


__all__ = ["FUNCTIONS", "Function", "find", "nearest"]
