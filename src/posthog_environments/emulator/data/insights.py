"""Insights and dashboards that exports and subscriptions refer to."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import define, field

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.mixing import Source

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


@define(frozen=True)
class Insight:
    """What a subscription or an export may show."""

    id: int
    short_id: str
    name: str


@define(frozen=True)
class Dashboard:
    """Likewise, several insights together."""

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


@define
class InsightTable:
    """All insights and dashboards."""

    insights: list[Insight] = field(factory=lambda: list(INSIGHTS), init=False)
    dashboards: list[Dashboard] = field(factory=lambda: list(DASHBOARDS), init=False)

    def find_insight(self, number: int | None) -> Insight | None:
        return next((row for row in self.insights if row.id == number), None)

    def find_dashboard(self, number: int | None) -> Dashboard | None:
        return next((row for row in self.dashboards if row.id == number), None)

    def add_insight(self, name: str, seed: int) -> Insight:
        """Add an insight; its short id follows from the seed and its number."""
        dice = Source(seed, "short ids").dice(len(self.insights))
        short_id = "".join(dice.pick(_LETTERS) for _ in range(8))
        insight = Insight(len(self.insights) + 1, short_id, name)
        self.insights.append(insight)
        return insight

    def add_dashboard(self, name: str) -> Dashboard:
        dashboard = Dashboard(len(self.dashboards) + 1, name)
        self.dashboards.append(dashboard)
        return dashboard


def series(seed: int, insight: int) -> list[tuple[str, int]]:
    """What an insight shows: a number for each of the last seven days."""
    dice = Source(seed, "insights").dice(insight)
    days = (START.date() - timedelta(days=7 - n) for n in range(7))
    return [(day.isoformat(), 20 + dice.below(400)) for day in days]
