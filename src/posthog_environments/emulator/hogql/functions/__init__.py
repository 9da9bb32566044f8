"""The functions that the emulator can do: an allow-list, and the security border with the list of tables.

What a query may call at all is PostHog's decision, and stands in `permitted.py`. Each module here adds the functions of one topic: their arguments, the type of what they give, and how the engines write
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from posthog_environments.emulator.hogql.functions import (
    aggregates,
    arrays,
    bits,
    casts,
    clickhouse_only,
    formats,
    general,
    geography,
    json_values,
    moments,
    narrow_casts,
    numbers,
    periods,
    readable,
    strings,
    times,
    tumbling,
    tuples,
    vectors,
    windows,
)
from posthog_environments.emulator.hogql.functions.registry import Function

# In the order in which the documentation shows them.
MODULES: Final = (
    aggregates,
    windows,
    general,
    numbers,
    readable,
    bits,
    tuples,
    vectors,
    casts,
    narrow_casts,
    strings,
    times,
    formats,
    periods,
    moments,
    tumbling,
    arrays,
    json_values,
    geography,
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
    "nullif": "nullIf",
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
