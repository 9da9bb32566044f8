"""TrendsQuery: how often events happen over time. Source: PostHog trends_query_runner.py, 2025.

One pass over the events of the period serves all series, so that only these events are computed.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, cast

from attrs import define

from posthog_environments.emulator.clock import from_micros, iso_z, to_micros
from posthog_environments.emulator.data.events import Event
from posthog_environments.emulator.errors import unsupported
from posthog_environments.emulator.insights.context import Context, Fields
from posthog_environments.emulator.insights.date_range import INTERVALS, DateRange, Interval, read_range
from posthog_environments.emulator.insights.series import (
    Points,
    Series,
    Test,
    described,
    event_test,
    property_of,
    read_series,
)
from posthog_environments.emulator.json_types import is_array

KNOWN: Final = frozenset(
    {
        *("kind", "series", "dateRange", "interval", "breakdownFilter", "properties", "filterTestAccounts"),
        *("trendsFilter", "compareFilter", "samplingFactor", "aggregation_group_type_index"),
        *("conversionGoal", "dataColorTheme", "modifiers", "response", "tags", "version"),
    }
)
_RANGE: Final = frozenset({"date_from", "date_to", "explicitDate"})
_COMPARE: Final = frozenset({"compare", "compare_to"})
_BREAKDOWN: Final = frozenset(
    {
        *("breakdown", "breakdown_type", "breakdown_limit", "breakdown_hide_other_aggregation", "breakdowns"),
        *("breakdown_histogram_bin_count", "breakdown_normalize_url", "breakdown_group_type_index"),
    }
)
_DRAWING: Final = frozenset(
    {
        *("aggregationAxisFormat", "aggregationAxisPostfix", "aggregationAxisPrefix", "decimalPlaces"),
        *(
            "minDecimalPlaces",
            "showAlertThresholdLines",
            "showLabelsOnSeries",
            "showLegend",
            "yAxisScaleType",
        ),
        *("showMultipleYAxes", "showPercentStackView", "showValuesOnSeries", "hiddenLegendIndexes"),
        *("resultCustomizationBy", "resultCustomizations", "goalLines", "detailedResultsAggregationType"),
    }
)
_TRENDS: Final = _DRAWING | {
    *("display", "formula", "formulas", "formulaNodes", "smoothingIntervals", "showConfidenceIntervals"),
    *("confidenceLevel", "showMovingAverage", "movingAverageIntervals", "showTrendLines"),
}
_DISPLAYS: Final = (
    "ActionsLineGraph",
    "ActionsBar",
    "ActionsUnstackedBar",
    "ActionsStackedBar",
    "ActionsAreaGraph",
)
_LIMIT: Final = 25
NULL: Final = "$$_posthog_breakdown_null_$$"
OTHER: Final = "$$_posthog_breakdown_other_$$"
_SHOWN: Final = {NULL: "None (i.e. no value)", OTHER: "Other (i.e. all remaining values)"}


@define(frozen=True)
class _Breakdown:
    key: str
    kind: str
    limit: int
    hide_other: bool

    def of(self, event: Event, context: Context) -> str:
        value = property_of(event, self.kind, self.key, context)
        if value is None or value == "":
            return NULL
        return value if isinstance(value, str) else json.dumps(value)


@define(frozen=True)
class _Trend:
    """A checked query."""

    series: list[Series]
    range: DateRange
    breakdown: _Breakdown | None
    test: Test | None


def check(query: Mapping[str, Any], context: Context) -> _Trend:
    """Refuse what the server's model refuses, and what the emulator cannot do.

    Raises:
        ApiError: A field is unknown, wrong, or not emulated.
    """
    fields = Fields.of(query, "query.TrendsQuery", KNOWN)
    if not is_array(fields.any("series")):
        raise fields.wrong(
            "series", "Input should be a valid list" if fields.any("series") else "Field required"
        )
    _refuse(fields)
    interval = fields.text("interval") or "day"
    if interval == "minute":
        raise unsupported(f"the interval 'minute' in TrendsQuery; it has {', '.join(INTERVALS)}")
    if interval not in INTERVALS:
        raise fields.wrong("interval", "Input should be 'minute', 'hour', 'day', 'week' or 'month'")
    fields.flag("filterTestAccounts")  # the project has no such filters, so this changes nothing
    return _Trend(
        [read_series(item, place, context) for place, item in enumerate(fields.array("series"))],
        _range(fields, interval, context),
        _breakdown(fields),
        event_test([fields.any("properties")], context),
    )


def _refuse(fields: Fields) -> None:
    compare = _part(fields, "compareFilter", _COMPARE)
    if compare.flag("compare"):
        raise unsupported("`compareFilter` in TrendsQuery; ask for each period by itself")
    trends = _part(fields, "trendsFilter", _TRENDS)
    display = trends.text("display")
    if display is not None and display not in _DISPLAYS:
        raise unsupported(f"the display {display!r} in TrendsQuery; it has {', '.join(_DISPLAYS)}")
    if trends.any("smoothingIntervals") not in (None, 0, 1):
        raise unsupported("`smoothingIntervals` in TrendsQuery")
    refused = ("formula", "formulas", "formulaNodes")
    if given := described({name: trends.any(name) or None for name in refused}):
        raise unsupported(f"{given} in TrendsQuery; compute it from the series")
    for name in ("aggregation_group_type_index", "conversionGoal"):
        if fields.any(name) is not None:
            raise unsupported(f"`{name}` in TrendsQuery")
    if fields.any("samplingFactor") not in (None, 1):
        raise unsupported("`samplingFactor` in TrendsQuery; every event is counted")


def _part(fields: Fields, name: str, known: frozenset[str]) -> Fields:
    value = fields.any(name)
    return Fields.of({} if value is None else value, f"{fields.path}.{name}", known)


def _range(fields: Fields, interval: str, context: Context) -> DateRange:
    dates = _part(fields, "dateRange", _RANGE)
    earliest = next(context.data.events.scan(newest_first=False), None)
    return read_range(
        dates.text("date_from"),
        dates.text("date_to"),
        cast(Interval, interval),
        context.now,
        from_micros(earliest.timestamp) if earliest else context.now,
        exact=dates.flag("explicitDate"),
    )


def _breakdown(fields: Fields) -> _Breakdown | None:
    part = _part(fields, "breakdownFilter", _BREAKDOWN)
    key: Any = part.any("breakdown")
    kind: Any = part.text("breakdown_type") or "event"
    several = part.array("breakdowns")
    if len(several) > 1 or (is_array(key) and len(key) > 1):
        raise unsupported("several breakdowns in TrendsQuery; it has one")
    if several:
        one = Fields.of(several[0], f"{part.path}.breakdowns.0", frozenset({"property", "type"}))
        key, kind = one.any("property"), one.text("type") or "event"
    elif is_array(key):
        key = key[0] if key else None
    for name in ("breakdown_histogram_bin_count", "breakdown_normalize_url", "breakdown_group_type_index"):
        if part.any(name):
            raise unsupported(f"`{name}` in TrendsQuery")
    if key is None:
        return None
    if kind not in ("event", "person") or not isinstance(key, str):
        raise unsupported(f"a breakdown by {kind} in TrendsQuery; it has properties of event and person")
    limit = part.integer("breakdown_limit") or _LIMIT
    return _Breakdown(key, kind, max(limit, 1), part.flag("breakdown_hide_other_aggregation"))


# --- counting --------------------------------------------------------------------------------------------------


def run(query: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """A list of series; with a breakdown one for each series and value.

    Raises:
        ApiError: A field or filter cannot be read.
    """
    trend = check(query, context)
    starts = trend.range.starts()
    counted, more = _count(trend, starts, context)
    days = [_day(start, trend.range.interval) for start in starts]
    labels = [_label(start, trend.range.interval) for start in starts]
    results: list[dict[str, Any]] = []
    for series in trend.series:
        for value, points in counted[series.order].items():
            data = points.data()
            result: dict[str, Any] = {
                "action": series.action(days),
                "label": series.label,
                "count": sum(data),
                "data": data,
                "labels": labels,
                "days": days,
            }
            if value is not None:
                shown = _SHOWN.get(value, value)
                result["label"] = shown if len(trend.series) == 1 else f"{series.label} - {shown}"
                result["breakdown_value"] = value
            results.append(result)
    return {
        "results": results,
        "hasMore": more,
        "hogql": "",
        "error": None,
        "resolved_date_range": {"date_from": iso_z(trend.range.start), "date_to": iso_z(trend.range.end)},
    }


def _count(
    trend: _Trend, starts: list[datetime], context: Context
) -> tuple[list[dict[str | None, Points]], bool]:
    """For each series its points by the value of the breakdown, the most frequent first; and whether any were too
    rare to be told apart."""
    borders = [to_micros(start) for start in starts]
    values = _kept(trend, context) if trend.breakdown else None
    counted: list[dict[str | None, Points]] = []
    for series in trend.series:
        keys: list[str | None] = [None] if values is None else list(values[series.order][0])
        counted.append({key: Points(series.math, len(starts)) for key in keys})
    for event in _events(trend, context):
        place = bisect_right(borders, event.timestamp) - 1
        key = trend.breakdown.of(event, context) if trend.breakdown else None
        for series in trend.series:
            if not _fits(series, event):
                continue
            value = series.value(event)
            if value is None:
                continue
            points = counted[series.order]
            target = points.get(key) or points.get(OTHER)
            if target is not None:
                target.add(place, value)
    return counted, any(rest for _, rest in values or ())


def _kept(trend: _Trend, context: Context) -> list[tuple[list[str], bool]]:
    """For each series the values of the breakdown that are shown, and whether there are others."""
    breakdown = cast(_Breakdown, trend.breakdown)
    found: list[dict[str, Points]] = [{} for _ in trend.series]
    for event in _events(trend, context):
        key = breakdown.of(event, context)
        for series in trend.series:
            if _fits(series, event) and (value := series.value(event)) is not None:
                found[series.order].setdefault(key, Points(series.math, 1)).add(0, value)
    kept: list[tuple[list[str], bool]] = []
    for points in found:
        ranked = _ranked(points)
        named = [key for key in ranked if key != NULL][: breakdown.limit]
        rest = len(ranked) - (NULL in points) > len(named)
        shown = [*named, *([NULL] if NULL in points else [])]
        kept.append(([*shown, *([OTHER] if rest and not breakdown.hide_other else [])], rest))
    return kept


def _ranked(points: dict[str, Points]) -> list[str]:
    """The largest first."""
    sizes = {key: found.data()[0] for key, found in points.items()}
    return sorted(sizes, key=lambda key: (-sizes[key], key))


def _events(trend: _Trend, context: Context) -> Iterator[Event]:
    after, before = to_micros(trend.range.counted_from) - 1, to_micros(trend.range.end) + 1
    for event in context.data.events.scan(newest_first=False, after=after, before=before):
        if trend.test is None or trend.test(event):
            yield event


def _fits(series: Series, event: Event) -> bool:
    if series.event is not None and event.event != series.event:
        return False
    return series.test is None or series.test(event)


def _day(start: datetime, interval: str) -> str:
    return start.strftime("%Y-%m-%d %H:%M:%S" if interval == "hour" else "%Y-%m-%d")


def _label(start: datetime, interval: str) -> str:
    label = f"{start.day}-{start:%b-%Y}"
    return f"{label} {start:%H:%M}" if interval == "hour" else label
