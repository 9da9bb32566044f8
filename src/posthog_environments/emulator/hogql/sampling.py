"""`FROM events SAMPLE 0.1`: the events of some of the distinct ids.

PostHog's events are sampled by a hash of the distinct id, so an id's events are there together or not at all. So they are
here, by another hash, which both engines have: which ids are taken is not the same.
"""

from __future__ import annotations

from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.syntax import Tree

PARTS: Final = 1_000_000


def sampled(tree: Tree, table: str) -> tuple[int, int] | None:
    """From which to which millionth of the ids; None for all.

    Raises:
        HogQLError: The table has no order to sample by, or the part is no part.
        HogQLUnsupported: The part is a number of rows.
    """
    sample = tree.get("sample")
    if not sample:
        return None
    part = _ratio(sample["sample_value"])
    start = _ratio(sample["offset_value"]) if sample.get("offset_value") else 0.0
    if part == 1 and not start:
        return None
    if table != "events":
        raise HogQLError(f"Storage of the table {table} doesn't support sampling", "sampling_not_supported")
    if part > 1 or start >= 1:
        raise HogQLUnsupported("The emulator samples parts between 0 and 1, not numbers of rows.")
    return round(start * PARTS), round(min(start + part, 1) * PARTS)


def _ratio(tree: Tree) -> float:
    right = tree.get("right")
    over = float(right["value"]) if right else 1.0
    if not over:
        raise HogQLError("Zero denominator in SAMPLE", "argument_out_of_bound")
    return float(tree["left"]["value"]) / over
