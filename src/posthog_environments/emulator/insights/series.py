"""What one series of a trend counts in each interval. Source: PostHog trends aggregations, 2025."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from attrs import define, field

from posthog_environments.emulator.data.events import Event
from posthog_environments.emulator.errors import unsupported
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.property_filters import compile_properties

_KNOWN: Final = frozenset(
    {
        *(
            "kind",
            "event",
            "name",
            "custom_name",
            "math",
            "math_property",
            "math_property_type",
            "math_hogql",
        ),
        *("math_group_type_index", "math_multiplier", "math_property_revenue_currency", "properties"),
        *("fixedProperties", "limit", "orderBy", "optionalInFunnel", "response", "version"),
    }
)
COUNTED: Final = ("total", "dau", "unique_session")
MEASURED: Final = ("sum", "avg", "min", "max")
Test = Callable[[Event], bool]


@define(frozen=True)
class Series:
    """One series.

    Attributes:
        fields: As it was sent.
        order: Its place.
        event: Name of its events, or None for all.
        math: What is counted.
        math_property: Property that is measured.
        test: Whether an event fits its filters.
    """

    fields: Fields
    order: int
    event: str | None
    math: str
    math_property: str | None
    test: Test | None

    @property
    def label(self) -> str:
        return self.event or "All events"

    def action(self, days: list[str]) -> dict[str, Any]:
        """The series as results describe it."""
        fields = self.fields
        return {
            "days": days,
            "id": self.event,
            "type": "events",
            "order": self.order,
            "name": fields.any("name") or self.label,
            "custom_name": fields.any("custom_name"),
            "math": fields.any("math"),
            "math_property": fields.any("math_property"),
            "math_hogql": None,
            "math_group_type_index": None,
            "properties": fields.any("properties") or {},
        }

    def value(self, event: Event) -> Any:
        """What an event adds; None when it adds nothing."""
        if self.math == "total":
            return 1
        if self.math == "dau":
            return event.distinct_id if event.person is None else event.person
        if self.math == "unique_session":
            return event.properties.get("$session_id")
        return _number(event.properties.get(self.math_property or ""))


def read_series(value: Any, order: int, context: Context) -> Series:
    """One series as sent.

    Raises:
        ApiError: A field is unknown or wrong, or the emulator has no such series.
    """
    path = f"query.TrendsQuery.series.{order}"
    kind = value.get("kind") if is_object(value) else None
    if kind in ("ActionsNode", "DataWarehouseNode"):
        raise unsupported(f"series of kind {kind} in TrendsQuery; it has EventsNode")
    fields = Fields.of(value, f"{path}.EventsNode", _KNOWN)
    if kind != "EventsNode":
        raise Fields(fields.values, path).wrong("kind", "Input should be 'EventsNode'")
    math = fields.text("math") or "total"
    if math not in COUNTED + MEASURED:
        raise unsupported(f"the math {math!r} in TrendsQuery; it has {', '.join(COUNTED + MEASURED)}")
    math_property = fields.text("math_property")
    if math in MEASURED and not math_property:
        raise fields.wrong("math_property", f"Field required for the math {math!r}")
    if fields.text("math_property_type") not in (None, "event_properties"):
        raise unsupported("a `math_property_type` other than event_properties in TrendsQuery")
    for name in ("name", "custom_name"):
        fields.text(name)
    for name in ("math_hogql", "math_multiplier", "math_group_type_index", "math_property_revenue_currency"):
        if fields.any(name) is not None:
            raise unsupported(f"`{name}` in a series of TrendsQuery")
    test = event_test([fields.array("properties"), fields.array("fixedProperties")], context)
    return Series(fields, order, fields.text("event"), math, math_property, test)


def event_test(filters: list[Any], context: Context) -> Test | None:
    """Whether an event fits all filters; None when there are none.

    Raises:
        ApiError: One cannot be read, or the emulator has no such filter.
    """
    wanted = [item for item in filters if item]
    if not wanted:
        return None
    fits = compile_properties(
        [item if is_object(item) else {"type": "AND", "values": item} for item in wanted],
        ("event", "person"),
        context.now,
    )

    def test(event: Event) -> bool:
        return fits(lambda kind, key: property_of(event, kind, key, context))

    return test


def property_of(event: Event, kind: str, key: str, context: Context) -> Any:
    """A property of an event, or of its person; None when it is missing."""
    if kind == "event":
        return event.properties.get(key)
    persons = context.data.persons
    if event.person is None or not persons.alive(event.person):
        return None
    return persons.get(event.person).properties.get(key)


@define
class Points:
    """What was counted so far: for each interval what its values come down to.

    Attributes:
        math: How values come together.
        size: How many intervals there are.
    """

    math: str
    size: int
    _found: dict[int, Any] = field(factory=dict[int, Any], init=False)

    def add(self, place: int, value: Any) -> None:
        found = self._found
        if self.math == "total":
            found[place] = found.get(place, 0) + 1
        elif self.math in ("dau", "unique_session"):
            found.setdefault(place, set[Any]()).add(value)
        elif self.math == "avg":
            total, count = found.get(place, (0.0, 0))
            found[place] = total + value, count + 1
        elif self.math == "sum":
            found[place] = found.get(place, 0) + value
        else:
            pick = min if self.math == "min" else max
            found[place] = pick(found[place], value) if place in found else value

    def data(self) -> list[int | float]:
        """One number for each interval, 0 where there is nothing."""
        return [self._number(self._found.get(place)) for place in range(self.size)]

    def _number(self, value: Any) -> int | float:
        if value is None:
            return 0
        if isinstance(value, set):
            return len(cast(set[int | str], value))
        if isinstance(value, tuple):
            total, count = cast(tuple[float, int], value)
            return total / count
        return cast(float, value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def described(fields: Mapping[str, Any]) -> str:
    """The texts of the settings that were given, for messages."""
    return ", ".join(sorted(name for name, value in fields.items() if value not in (None, False)))
