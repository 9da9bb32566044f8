"""The functions that the emulator can do: an allow-list, and the security border with the list of tables.

What a query may call at all is PostHog's decision, and stands in `permitted.py`. Each module here adds the functions of one topic: their arguments, the type of what they give, and how the engines write
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from posthog_environments.emulator.hogql.functions import (
    addresses,
    aggregates,
    arrays,
    casts,
    clickhouse_only,
    general,
    json_types,
    json_values,
    pieces,
    searches,
    shapes,
    strings,
    times,
    windows,
)
from posthog_environments.emulator.hogql.functions.registry import Function

# In the order in which the documentation shows them.
MODULES: Final = (
    aggregates,
    windows,
    general,
    casts,
    strings,
    pieces,
    searches,
    shapes,
    addresses,
    times,
    arrays,
    json_values,
    json_types,
    clickhouse_only,
)
FUNCTIONS: Final[Mapping[str, Function]] = {
    function.name: function for module in MODULES for function in module.FUNCTIONS
}
# Names of PostHog's for what has another name here.
_ALIASES: Final = {
    "array_agg": "groupArray",
    "btrim": "trim",
    "countDistinct": "uniqExact",
    "current_date": "today",
    "current_timestamp": "now",
    "ifnull": "ifNull",
    "isEmpty": "empty",
    "isNotEmpty": "notEmpty",
    "isnull": "isNull",
    "lpad": "leftPad",
    "nullif": "nullIf",
    "rpad": "rightPad",
    "to_char": "formatDateTime",
    "to_date": "toDate",
}
_IF: Final = "If"


def canonical(name: str) -> str:
    """The name here of a function that PostHog lists."""
    return _ALIASES.get(name, name)


def find(name: str) -> tuple[Function, bool] | None:
    """A function, and whether its last argument is the condition of an aggregate (`sumIf`); None when not here."""
    function = FUNCTIONS.get(canonical(name))
    if function is not None:
        return function, False
    if name.endswith(_IF):
        base = FUNCTIONS.get(canonical(name[: -len(_IF)]))
        if base is not None and base.kind == "aggregate":
            return base, True
    return None


__all__ = ["FUNCTIONS", "MODULES", "Function", "canonical", "find"]
