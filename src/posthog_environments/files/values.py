"""Values as JSON and as text, exactly: ISO 8601 times, UUIDs and Decimals as text, models as the server sent them."""

from __future__ import annotations

import datetime
import enum
import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeGuard, cast
from uuid import UUID

from posthog_environments_api.codec import encode_datetime
from posthog_environments_api.types import Unset


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def is_row(value: object) -> TypeGuard[tuple[Any, ...] | list[Any]]:
    return isinstance(value, (tuple, list))


def _default(value: Any) -> Any:
    """The JSON form of what JSON has no form for."""
    if isinstance(value, datetime.datetime):
        return encode_datetime(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return list(cast("Iterable[Any]", value))
    if is_mapping(value):
        return dict(value)
    if isinstance(value, Unset):
        return None
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict):
        return to_dict()
    raise TypeError(f"a {type(value).__name__} has no form in a file: {value!r:.100}")


_encode = json.JSONEncoder(
    default=_default, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def json_text(value: Any) -> str:
    """Compact JSON.

    NaN and the infinities, for which JSON has no form, become null, as in ClickHouse's own JSON. Half of a surrogate
    pair, for which UTF-8 has no form, is written as its escape sequence.

    Raises:
        TypeError: It has no form.
    """
    try:
        text = _encode(value)
    except (ValueError, TypeError):
        text = _encode(_plain(value))
    return text if _is_unicode(text) else _encode_ascii(_plain(value))


def _plain(value: Any) -> Any:
    """The same in nothing but JSON's own types."""
    if value is None or isinstance(value, (bool, int)) or type(value) is str:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_mapping(value):
        return {plain_text(key): _plain(item) for key, item in value.items()}
    if is_row(value):
        return [_plain(item) for item in value]
    return _plain(_default(value)) if not isinstance(value, str) else str(value)


def plain_text(value: Any) -> str:
    """A value as the text of a cell: JSON for what holds others, nothing for None.

    Raises:
        TypeError: It has no form.
    """
    if type(value) is str:
        return value if _is_unicode(value) else value.encode(errors="backslashreplace").decode()
    if value is None:
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, enum.Enum):
        return plain_text(value.value)
    if isinstance(value, (int, float, str)):
        return str(value)
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return json_text(value)
    found = _default(value)
    return found if isinstance(found, str) else plain_text(found)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
