"""Subscriptions: scheduled deliveries of insights and dashboards."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from posthog_environments.emulator.clock import START
from posthog_environments.emulator.data.users import OWNER, USERS
from posthog_environments.emulator.schedules import EARLY, next_delivery


@define
class Subscription:
    """One subscription; the fields are those of the API."""

    id: int
    target_type: str
    target_value: str
    frequency: str
    start_date: datetime
    created_at: datetime
    created_by: int
    dashboard: int | None = None
    insight: int | None = None
    interval: int = 1
    byweekday: list[str] | None = None
    bysetpos: int | None = None
    count: int | None = None
    until_date: datetime | None = None
    deleted: bool = False
    title: str | None = None
    next_delivery_date: datetime | None = None

    def schedule(self) -> dict[str, Any]:
        """What the deliveries depend on."""
        return {
            "frequency": self.frequency,
            "interval": self.interval,
            "start": self.start_date,
            "until": self.until_date,
            "count": self.count,
            "byweekday": self.byweekday,
            "bysetpos": self.bysetpos,
        }

    def plan(self, now: datetime) -> None:
        """Set when the next delivery is due."""
        self.next_delivery_date = next_delivery(now=now, **self.schedule())


@define
class SubscriptionTable:
    """All subscriptions, deleted ones too."""

    rows: list[Subscription] = field(factory=list[Subscription], init=False)

    def __attrs_post_init__(self) -> None:
        first = START - timedelta(days=60)
        known: tuple[dict[str, Any], ...] = (
            {
                "insight": 1,
                "target_type": "email",
                "target_value": "ada@example.com",
                "frequency": "weekly",
                "byweekday": ["monday"],
                "title": "Weekly signups",
            },
            {
                "dashboard": 1,
                "target_type": "slack",
                "target_value": "C0123456789|#metrics",
                "frequency": "monthly",
                "byweekday": ["monday"],
                "bysetpos": 1,
                "title": "Company overview",
            },
            {
                "insight": 4,
                "target_type": "webhook",
                "target_value": "https://hooks.example.com/revenue",
                "frequency": "daily",
                "interval": 2,
                "title": None,
            },
        )
        for number, values in enumerate(known):
            self.add(
                created_at=first + timedelta(hours=number),
                created_by=USERS[number % 2].id,
                start_date=first + timedelta(days=1 + number),
                now=START,
                **values,
            )

    def add(self, *, now: datetime, created_by: int = OWNER.id, **values: Any) -> Subscription:
        subscription = Subscription(id=len(self.rows) + 1, created_by=created_by, **values)
        subscription.plan(now)
        self.rows.append(subscription)
        return subscription

    def deliver(self, now: datetime) -> None:
        """Let happen what is due: after a delivery the next one is planned, so that none lies in the past."""
        for row in self.rows:
            due = row.next_delivery_date
            if due is not None and due <= now and not row.deleted:
                # The next one counts from the delivery, which was the last one that is not later than now.
                row.plan(now - EARLY)

    def find(self, number: int) -> Subscription | None:
        return next((row for row in self.rows if row.id == number), None)
