"""Insights and dashboards that exports and subscriptions refer to."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import define

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.mixing import Source


@define(frozen=True)
class Insight:
    id: int
    short_id: str
    name: str


@define(frozen=True)
class Dashboard:
    id: int
    name: str


INSIGHTS: Final = (
    Insight(1, "aBcD1234", "Weekly signups"),
    Insight(2, "eFgH5678", "Activation funnel"),
    Insight(3, "iJkL9012", "Retention by plan"),
    Insight(4, "mNoP3456", "Revenue per month"),
    Insight(5, "qRsT7890", "Top pages"),
    Insight(6, "uVwX1357", "Errors per release"),
)
DASHBOARDS: Final = (
    Dashboard(1, "Company overview"),
    Dashboard(2, "Product health"),
    Dashboard(3, "Marketing"),
)


def find_insight(number: int | None) -> Insight | None:
    return next((row for row in INSIGHTS if row.id == number), None)


def find_dashboard(number: int | None) -> Dashboard | None:
    return next((row for row in DASHBOARDS if row.id == number), None)


def series(seed: int, insight: int) -> list[tuple[str, int]]:
    """What an insight shows: a number for each of the last seven days."""
    dice = Source(seed, "insights").dice(insight)
    days = (START.date() - timedelta(days=7 - n) for n in range(7))
    return [(day.isoformat(), 20 + dice.below(400)) for day in days]
