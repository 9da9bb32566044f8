"""Filters on properties, `[{key, value, operator, type}]` or groups of them joined by AND or OR."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from posthog_environments.emulator.clock import START, parse_moment
from posthog_environments.emulator.errors import invalid, unsupported
from posthog_environments.emulator.json_types import is_array, is_object

Lookup = Callable[[str, str], Any]
Predicate = Callable[[Lookup], bool]
"""Whether something fits. It asks for values by kind (`event`, `person`, …) and name; None is a missing one."""


def parse_properties(text: str, kinds: tuple[str, ...], now: datetime) -> Predicate:
    """The filters in a query parameter, which is one JSON text.

    Args:
        text: The JSON.
        kinds: Kinds of properties that can be looked up; the first is meant where a filter names none.
        now: What relative dates are relative to.

    Raises:
        ApiError: It cannot be read, or asks for something that the emulator cannot do.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("Properties are unparsable!") from None
    return compile_properties(value, kinds, now)


def compile_properties(value: Any, kinds: tuple[str, ...], now: datetime, join: str = "AND") -> Predicate:
    """The same from the decoded JSON."""
    if is_array(value):
        return _joined([_member(item, kinds, now) for item in value], join)
    if is_object(value):
        return _member(value, kinds, now)
    raise invalid("Properties are unparsable!")


def _member(value: Any, kinds: tuple[str, ...], now: datetime) -> Predicate:
    if not is_object(value):
        raise invalid("Properties are unparsable!")
    fields = value
    if is_array(fields.get("values")) and "key" not in fields:
        join = str(fields.get("type", "AND")).upper()
        if join not in ("AND", "OR"):
            raise invalid(f'"{join}" is not a valid choice.', "properties", "invalid_choice")
        return _joined([_member(item, kinds, now) for item in fields["values"]], join)
    if not fields:
        return lambda lookup: True
    return _condition(fields, kinds, now)


def _joined(members: Iterable[Predicate], join: str) -> Predicate:
    members = list(members)
    if join == "OR" and members:
        return lambda lookup: any(member(lookup) for member in members)
    return lambda lookup: all(member(lookup) for member in members)


def _condition(fields: dict[str, Any], kinds: tuple[str, ...], now: datetime) -> Predicate:
    key, kind, operator = fields.get("key"), fields.get("type"), fields.get("operator")
    kind, operator = kinds[0] if kind is None else kind, "exact" if operator is None else operator
    if not isinstance(key, str) or not key:
        raise invalid("A property filter needs a key.", "properties")
    if kind not in kinds:
        raise unsupported(f"properties of type {kind!r} in this filter")
    test = _test(str(operator), fields.get("value"), now)
    return lambda lookup: test(lookup(kind, key))


def _test(operator: str, value: Any, now: datetime) -> Callable[[Any], bool]:
    wanted = [_text(item) for item in (value if is_array(value) else [value])]
    first = wanted[0] if wanted else ""
    if operator == "exact":
        return lambda found: found is not None and _text(found) in wanted
    if operator == "is_not":
        return lambda found: found is None or _text(found) not in wanted
    if operator == "icontains":
        return lambda found: found is not None and first.lower() in _text(found).lower()
    if operator == "not_icontains":
        return lambda found: found is None or first.lower() not in _text(found).lower()
    if operator in ("regex", "not_regex"):
        try:
            # Python warns of what later versions may read otherwise, which is no concern of whoever sent it, and would
            # be an error where the tests of a user turn warnings into errors.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                pattern = re.compile(first)
        except (re.error, OverflowError, RecursionError):
            raise invalid("Regular expression is not valid.", "properties") from None
        if operator == "regex":
            return lambda found: found is not None and pattern.search(_text(found)) is not None
        return lambda found: found is None or pattern.search(_text(found)) is None
    if operator == "is_set":
        return lambda found: found is not None
    if operator == "is_not_set":
        return lambda found: found is None
    if operator in ("gt", "gte", "lt", "lte"):
        return lambda found: found is not None and _ordered(operator, _text(found), first)
    if operator.startswith("is_date_"):
        return _date_test(operator, first, now)
    raise unsupported(f"the operator {operator!r}")


def _ordered(operator: str, found: str, wanted: str) -> bool:
    left: Any
    right: Any
    try:
        left, right = float(found), float(wanted)
    except ValueError:
        left, right = found, wanted
    if operator == "gt":
        return bool(left > right)
    if operator == "gte":
        return bool(left >= right)
    if operator == "lt":
        return bool(left < right)
    return bool(left <= right)


def _date_test(operator: str, wanted: str, now: datetime) -> Callable[[Any], bool]:
    moment = parse_moment(wanted, now)
    if moment is None or operator not in ("is_date_exact", "is_date_after", "is_date_before"):
        raise invalid("Date is not valid.", "properties")

    def test(found: Any) -> bool:
        at = parse_moment(_text(found), START) if found is not None else None
        if at is None:
            return False
        if operator == "is_date_exact":
            return at == moment
        return at > moment if operator == "is_date_after" else at < moment

    return test


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
