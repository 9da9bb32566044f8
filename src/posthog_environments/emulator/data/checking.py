"""Checks of what users put into the emulator, before anything changes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard
from uuid import UUID

from posthog_environments.emulator.clock import parse_iso, to_micros
from posthog_environments.emulator.data.mixing import is_uuid

LONGEST_ID: Final = 400
_DEEPEST: Final = 100
_LONGEST_WAIT: Final = 10**9


def checked_text(value: Any, name: str, longest: int = LONGEST_ID, least: int = 1) -> str:
    """The text, which must not be empty, unless `least` is 0.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty, or longer than PostHog stores.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {type(value).__name__}")
    if not least <= len(value) <= longest:
        raise ValueError(f"{name} must have {least} to {longest} characters, got {len(value)}")
    return value


def checked_number(value: Any, name: str, least: int = 0) -> int:
    """A whole number that is not too small.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is too small.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be a whole number, got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return value


def checked_seconds(value: Any, name: str) -> float:
    """A span of time.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative, or so long that no date can hold its end.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number of seconds, got {type(value).__name__}")
    if not 0 <= value <= _LONGEST_WAIT:
        raise ValueError(f"{name} must be from 0 to {_LONGEST_WAIT} seconds, got {value}")
    return value


def checked_flag(value: Any, name: str) -> bool:
    """True or False, nothing that merely counts as one.

    Raises:
        TypeError: It is neither.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def checked_score(value: Any, name: str) -> float:
    """A number from 0 to 100.

    Raises:
        TypeError: It is no number.
        ValueError: It is another number.
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    if not 0 <= value <= 100:
        raise ValueError(f"{name} must be from 0 to 100, got {value}")
    return float(value)


def checked_choice(value: Any, known: tuple[str, ...], name: str) -> str:
    """One of some texts.

    Raises:
        ValueError: It is none of them.
    """
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
    return str(value)


def checked_micros(value: Any, name: str) -> int:
    """Microseconds since 1970 of a datetime or of ISO 8601 text; UTC where it names no offset.

    Raises:
        TypeError: It is neither.
        ValueError: The text is no time.
    """
    if isinstance(value, datetime):
        return to_micros(value if value.tzinfo is not None else value.replace(tzinfo=UTC))
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a datetime or ISO 8601 text, got {type(value).__name__}")
    moment = parse_iso(value)
    if moment is None:
        raise ValueError(f"{name} is no time in ISO 8601: {value!r}")
    return to_micros(moment)


def checked_uuid(value: Any, name: str) -> str:
    """The UUID as lower-case text.

    Raises:
        TypeError: It is neither a UUID nor a text.
        ValueError: The text is no UUID.
    """
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a UUID, got {type(value).__name__}")
    if not is_uuid(value):
        raise ValueError(f"{name} is no UUID: {value!r}")
    return value.lower()


def checked_properties(value: Any, name: str = "properties") -> dict[str, Any]:
    """A copy of a JSON object, so that later changes of the caller's do not reach the emulator. None is an empty one.

    Raises:
        TypeError: It is no mapping, or holds what JSON cannot.
        ValueError: It holds a number that JSON cannot write, or is nested too deeply.
    """
    if value is None:
        return {}
    if not _is_mapping(value):
        raise TypeError(f"{name} must be a mapping, got {type(value).__name__}")
    return {
        _key(key, name): item if item.__class__ is str else _copy(item, f"{name}[{key!r}]", 0)
        for key, item in value.items()
    }


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"the keys of {name} must be texts, got {key!r}")
    return key


def _copy(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value}, which JSON cannot hold")
        return value
    if depth > _DEEPEST:
        raise ValueError(f"{name} is nested more than {_DEEPEST} levels deep")
    if _is_mapping(value):
        return {_key(key, name): _copy(item, f"{name}[{key!r}]", depth + 1) for key, item in value.items()}
    if _is_array(value):
        return [_copy(item, f"{name}[{place}]", depth + 1) for place, item in enumerate(value)]
    raise TypeError(f"{name} is a {type(value).__name__}, which JSON cannot hold")


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_array(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)
