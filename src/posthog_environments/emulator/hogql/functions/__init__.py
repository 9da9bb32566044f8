"""The functions that the emulator can do: an allow-list, and the security border with the list of tables.

What a query may call at all is PostHog's decision, and stands in `permitted.py`. Each module here adds the functions of one topic: their arguments, the type of what they give, and how the engines write
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from posthog_environments.emulator.hogql.functions import (
    addresses,
    aggregates,
    arrays,
    bitmaps,
    bits,
    casts,
    clickhouse_only,
    formats,
    funnels,
    general,
    geography,
    json_types,
    json_values,
    maps,
    moments,
    more_aggregates,
    more_arrays,
    narrow_casts,
    numbers,
    periods,
    pieces,
    posthogs_own,
    readable,
    reducing,
    searches,
    shapes,
    strings,
    times,
    tumbling,
    tuples,
    vectors,
    windows,
)
from posthog_environments.emulator.hogql.functions.endings import with_ending
from posthog_environments.emulator.hogql.functions.permitted import PERMITTED
from posthog_environments.emulator.hogql.functions.registry import Function

# In the order in which the documentation shows them.
MODULES: Final = (
    aggregates,
    more_aggregates,
    funnels,
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
    pieces,
    searches,
    shapes,
    addresses,
    times,
    formats,
    periods,
    moments,
    tumbling,
    arrays,
    more_arrays,
    reducing,
    maps,
    json_values,
    json_types,
    bitmaps,
    posthogs_own,
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
    "lpad": "leftPad",
    "nullif": "nullIf",
    "rpad": "rightPad",
    "to_char": "formatDateTime",
    "to_date": "toDate",
}
# As PostHog prints these two; with a further ending they are themselves.
_OR_NULL: Final = {"avgArray": "avgArrayOrNull", "medianArray": "medianArrayOrNull"}
_IF: Final = "If"


def canonical(name: str) -> str:
    """The name here of a function that PostHog lists."""
    return _ALIASES.get(name, name)


@cache
def named(name: str) -> Function | None:
    """A function by its name here; an aggregate with endings is made when it is first asked for."""
    return FUNCTIONS.get(canonical(name)) or with_ending(name, named)


def function_of(name: str) -> Function:
    """What a resolved call names."""
    found = named(name)
    if found is None:
        raise KeyError(name)
    return found


def find(name: str) -> tuple[Function, bool] | None:
    """A function, and whether its last argument is the condition of an aggregate (`sumIf`); None when not here."""
    function = FUNCTIONS.get(canonical(name))
    if function is not None:
        return function, False
    conditional = name.endswith(_IF)
    plain = name.removesuffix(_IF) if conditional else _OR_NULL.get(name, name)
    # Before OVER nobody asked PostHog's list, and endings may stand in any order only there.
    base = named(plain) if name in PERMITTED else FUNCTIONS.get(canonical(plain))
    return (base, conditional) if base is not None and base.kind == "aggregate" else None


__all__ = ["FUNCTIONS", "MODULES", "Function", "canonical", "find", "function_of"]
