"""Values for the placeholders of a HogQL text. They travel as JSON beside the text and are never written into it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from attrs import define, field

from posthog_environments.errors import InvalidRequestError
from posthog_environments.queries.sql import RESERVED, Script, scan
from posthog_environments_api.codec import is_array, is_object

_CASTS = frozenset({"todate", "todatetime", "todatetime64", "tostring", "parsedatetimebesteffort"})


@define(frozen=True)
class BoundSql:
    """A HogQL text and its values, ready to be sent.

    Attributes:
        given: The text as the caller wrote it.
        text: The text that is sent.
        values: JSON values by placeholder.
        inserted: What was put in, as pairs of the position in `given` and the number of characters.
    """

    given: str
    text: str
    values: dict[str, Any] = field(repr=False)
    inserted: tuple[tuple[int, int], ...] = ()

    def origin(self, offset: int) -> int:
        """The position in the caller's text that a position in the sent text stands for."""
        moved = 0
        for position, count in self.inserted:
            if offset < position + moved:
                break
            moved = min(moved + count, offset - position)
        return max(0, min(offset - moved, len(self.given)))


def bind(sql: str, values: Mapping[str, Any] | None) -> BoundSql:
    """Check a text and its values against each other and make JSON of the values.

    A datetime is sent as ISO 8601 text and read by the server with `toDateTime(…)`, which is put around its
    placeholder: ClickHouse would refuse a time zone in a text that is compared with a time. A date likewise gets
    `toDate(…)`.

    Raises:
        InvalidRequestError: A placeholder has no value, a value no placeholder, or a value cannot be sent.
    """
    if not isinstance(sql, str):
        raise InvalidRequestError(f"the SQL must be a text, got {type(sql).__name__}")
    script = scan(sql)
    script.statement_end()
    given = _named(values)
    _check(script, given)
    sent = {name: json_value(name, value) for name, value in given.items()}
    text, inserted = _with_casts(script, given)
    return BoundSql(sql, text, sent, inserted)


def _named(values: Mapping[str, Any] | None) -> dict[str, Any]:
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise InvalidRequestError(f"values must be a mapping of names, got {type(values).__name__}")
    for name in values:
        if not isinstance(name, str) or not name:
            raise InvalidRequestError(f"the names of values are texts, got {name!r}")
        if name in RESERVED:
            raise InvalidRequestError(f"{{{name}}} belongs to PostHog; pass {name}= instead of a value")
    return dict(values)


def _check(script: Script, values: Mapping[str, Any]) -> None:
    placeholders = script.placeholders()
    used = script.names_beyond().union(*(placeholder.names for placeholder in placeholders))
    unused = [name for name in values if name not in used]
    if unused:
        names = ", ".join(f"{{{name}}}" for name in unused)
        raise InvalidRequestError(f"the SQL has no placeholder {names}; remove the value, or use it")
    if script.has_tags():
        return
    missing = {p.name: None for p in placeholders if p.name not in (None, *RESERVED, *values)}
    if missing:
        names = ", ".join(f"{{{name}}}" for name in missing)
        raise InvalidRequestError(
            f"no value for the placeholder {names}; pass values={{{next(iter(missing))!r}: …}}"
        )


def _with_casts(script: Script, values: Mapping[str, Any]) -> tuple[str, tuple[tuple[int, int], ...]]:
    pieces: list[str] = []
    inserted: list[tuple[int, int]] = []
    done = 0
    previous = {b.start: (a, b) for a, b in zip(script.tokens, script.tokens[1:], strict=False)}
    for placeholder in script.placeholders():
        value = values.get(placeholder.name or "")
        value = value.value if isinstance(value, Enum) else value
        cast_to = (
            "toDateTime(" if isinstance(value, datetime) else "toDate(" if isinstance(value, date) else ""
        )
        if not cast_to or _already_cast(script, previous, placeholder.start):
            continue
        pieces += [script.text[done : placeholder.start], cast_to]
        pieces += [script.text[placeholder.start : placeholder.end], ")"]
        done = placeholder.end
        inserted += [(placeholder.start, len(cast_to)), (placeholder.end, 1)]
    return "".join(pieces) + script.text[done:], tuple(inserted)


def _already_cast(script: Script, previous: Mapping[int, Any], start: int) -> bool:
    bracket = previous[start][0] if start in previous else None
    if bracket is None or bracket.text != "(" or bracket.start not in previous:
        return False
    name: str = previous[bracket.start][0].text.lower()
    return name in _CASTS or name.startswith("parsedatetime")


def json_value(name: str, value: Any) -> Any:
    """The JSON that HogQL takes for a Python value.

    Raises:
        InvalidRequestError: There is none.
    """
    if isinstance(value, Enum):
        return json_value(name, value.value)
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, (int, float, Decimal)):
        return _number(name, value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, (date, UUID)):
        return str(value)
    if is_array(value) or isinstance(value, tuple):
        return [json_value(name, item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, (set, frozenset)):
        items = [json_value(name, item) for item in cast("Iterable[Any]", value)]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    if is_object(value):
        return _object(name, value)
    raise InvalidRequestError(
        f"the value of {{{name}}} cannot be sent: {type(value).__name__}. {_advice(value)}"
    )


def _number(name: str, value: int | float | Decimal) -> int | float:
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        raise InvalidRequestError(f"the value of {{{name}}} cannot be sent: JSON has no {value}")
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 2**63:
            return int(value)
        if Decimal(repr(float(value))) != value:
            raise InvalidRequestError(
                f"the value of {{{name}}} has more digits than a number in JSON keeps; pass str(value) and write "
                f"toDecimal({{{name}}}, …)"
            )
    return float(value)


def _moment(value: datetime) -> str:
    if value.utcoffset() is None:
        return value.isoformat(
            " ", "microseconds"
        )  # the project's time zone, as HogQL reads any time without one
    text = value.isoformat()
    return text[:-6] + "Z" if text.endswith("+00:00") else text


def _object(name: str, value: Mapping[Any, Any]) -> dict[str, Any]:
    for key in value:
        if not isinstance(key, str):
            raise InvalidRequestError(
                f"the value of {{{name}}} cannot be sent: JSON objects have texts as keys, got {key!r}"
            )
    return {key: json_value(name, item) for key, item in value.items()}


def _advice(value: Any) -> str:
    if isinstance(value, timedelta):
        return "Pass its seconds, and write toIntervalSecond({…})."
    if isinstance(value, time):
        return "Pass a datetime or a text."
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "Pass a text."
    return "Pass a text, a number, a date, a UUID, or a list of these."


__all__ = ["BoundSql", "bind", "json_value"]
