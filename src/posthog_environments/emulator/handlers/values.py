"""Lists of values that a property was seen with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from posthog_environments.emulator.handlers import Call


def shown(value: Any) -> str:
    """The text of a value, which substring filters look at."""
    return value if isinstance(value, str) else json.dumps(value)


def count_values(values: Iterable[Any], part: str, most: int) -> list[dict[str, Any]]:
    """`{name, count}`, the most frequent first; only values that contain `part`, in any case."""
    counts: Counter[str] = Counter()
    originals: dict[str, Any] = {}
    for value in values:
        text = shown(value)
        if value is not None and part.lower() in text.lower():
            counts[text] += 1
            originals.setdefault(text, value)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"name": originals[text], "count": count} for text, count in ranked[:most]]


def enveloped(call: Call, values: list[dict[str, Any]]) -> Any:
    """The list as servers of 2025 send it, or with the object that those of 2026 put around it."""
    return {"results": values, "refreshing": False} if call.state.newer else values
