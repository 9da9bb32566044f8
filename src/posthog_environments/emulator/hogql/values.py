"""Values of results as JSON, by their ClickHouse types."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from posthog_environments.emulator.hogql.types import STRING, UTC_NAMES, Type


def json_value(value: Any, kind: Type) -> Any:
    """Times of UTC end in Z, truth is 0 or 1 unless it is a Bool, what is no number is null."""
    if value is None:
        return None
    if isinstance(value, dict):
        entries = cast(Mapping[Any, Any], value)
        kinds = kind.args if len(kind.args) == 2 else (STRING, STRING)
        return {_key(key): json_value(item, kinds[1]) for key, item in entries.items()}
    if isinstance(value, (list, tuple)):
        items = cast(Sequence[Any], value)
        return [json_value(item, member) for item, member in zip(items, _members(kind, items), strict=True)]
    if isinstance(value, bool):
        return value if kind.base == "Bool" else int(value)
    if isinstance(value, datetime):
        if kind.zone not in UTC_NAMES:
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(ZoneInfo(kind.zone)).isoformat()
        text = value.replace(tzinfo=None).isoformat()
        return text[:10] if kind.base == "Date" else f"{text}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if kind.base == "Decimal":
        # PostHog's encoder writes decimals as texts, with every digit of their scale.
        return f"{Decimal(str(value)):.{int(kind.detail.split(',')[1])}f}"
    if isinstance(value, Decimal):
        value = int(value) if kind.integral else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and kind.base == "Bool":
        return bool(value)
    if isinstance(value, int) and kind.base.startswith("Float"):
        return float(value)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _key(key: Any) -> str:
    """A key of a map as JSON has it: a text."""
    if isinstance(key, bool):
        return str(key).lower()
    return key.isoformat() if isinstance(key, date) else str(key)


def _members(kind: Type, value: Sequence[Any]) -> Sequence[Type]:
    if kind.base == "Tuple" and len(kind.args) == len(value):
        return kind.args
    return [kind.item] * len(value)
