"""Lists of values that a property was seen with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any


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
