"""Subscriptions. Source: PostHog subscription.py, October 2025."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from posthog_environments.emulator.clock import iso_z
from posthog_environments.emulator.data.subscriptions import Subscription, SubscriptionTable
from posthog_environments.emulator.errors import invalid, not_found
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.messages import Response, empty
from posthog_environments.emulator.pagination import page
from posthog_environments.emulator.schedules import summary

_WRITABLE: Final = (
    *("dashboard", "insight", "target_type", "target_value", "frequency", "interval", "byweekday"),
    *("bysetpos", "count", "start_date", "until_date", "deleted", "title"),
)
_ORDERINGS: Final = ("id", "created_at", "next_delivery_date", "title", "start_date")


def _body(call: Call, row: Subscription) -> dict[str, Any]:
    user = call.state.data.users.find(row.created_by)
    body: dict[str, Any] = {
        "id": row.id,
        "dashboard": row.dashboard,
        "insight": row.insight,
        "target_type": row.target_type,
        "target_value": row.target_value,
        "frequency": row.frequency,
        "interval": row.interval,
        "byweekday": row.byweekday,
        "bysetpos": row.bysetpos,
        "count": row.count,
        "start_date": iso_z(row.start_date),
        "until_date": _iso(row.until_date),
        "created_at": iso_z(row.created_at),
        "created_by": user.basic(role=not call.documented) if user else None,
        "deleted": row.deleted,
        "title": row.title,
        "summary": summary(**row.schedule()),
        "next_delivery_date": _iso(row.next_delivery_date),
    }
    return {**body, "invite_message": ""} if call.documented else body


def _iso(moment: datetime | None) -> str | None:
    return iso_z(moment) if moment else None


def _table(call: Call) -> SubscriptionTable:
    call.state.data.subscriptions.deliver(call.state.clock.now())
    return call.state.data.subscriptions


def _row(call: Call) -> Subscription:
    given = call.params["id"]
    number = int(given) if given.isascii() and given.isdecimal() and len(given) < 20 else 0
    row = _table(call).find(number)
    if row is None:
        raise not_found()
    return row


@handles("subscriptions_list")
def list_subscriptions(call: Call) -> Response:
    """Deleted ones are hidden unless `deleted` is given."""
    query, find_user = call.query, call.state.data.users.find
    tests: dict[str, Callable[[Subscription], bool]] = {
        "created_by": lambda row: getattr(find_user(row.created_by), "uuid", None) == query["created_by"],
        "dashboard": lambda row: row.dashboard == query["dashboard"],
        "insight": lambda row: row.insight == query["insight"],
        "resource_type": lambda row: getattr(row, query["resource_type"]) is not None,
        "search": lambda row: query["search"].lower() in f"{row.title or ''} {row.target_value}".lower(),
        "target_type": lambda row: row.target_type == query["target_type"],
    }
    rows = [
        row
        for row in _table(call).rows
        if row.deleted == query.get("deleted", False)
        and all(test(row) for name, test in tests.items() if name in query)
    ]
    name = query.get("ordering", "").removeprefix("-")
    if name in _ORDERINGS:
        rows.sort(key=lambda row: (getattr(row, name) is not None, getattr(row, name) or 0, row.id))
        if query["ordering"].startswith("-"):
            rows.reverse()
    return Response(200, page(call.request, query, rows, lambda row: _body(call, row)))


@handles("subscriptions_create")
def create(call: Call) -> Response:
    """Whether an insight or a dashboard is named is not checked, as in 2025."""
    _check_targets(call)
    values = {name: call.body[name] for name in _WRITABLE if name in call.body}
    now = call.state.clock.now()
    row = call.state.data.subscriptions.add(
        now=now, created_at=now, created_by=call.principal.user.id, **values
    )
    return Response(201, _body(call, row))


@handles("subscriptions_retrieve")
def retrieve(call: Call) -> Response:
    """Also a deleted one."""
    return Response(200, _body(call, _row(call)))


@handles("subscriptions_update")
def update(call: Call) -> Response:
    """Changes what is given; `deleted` is one of the fields. A changed schedule is planned anew."""
    row = _row(call)
    _check_targets(call)
    before = row.schedule()
    for name in _WRITABLE:
        if name in call.body:
            setattr(row, name, call.body[name])
    if row.schedule() != before:
        row.plan(call.state.clock.now())
    return Response(200, _body(call, row))


def _check_targets(call: Call) -> None:
    insights = call.state.data.insights
    for name, find in (("dashboard", insights.find_dashboard), ("insight", insights.find_insight)):
        number = call.body.get(name)
        if number is not None and find(number) is None:
            detail = f'Invalid pk "{number}" - object does not exist.'
            raise invalid(detail, name, "does_not_exist")


@handles("subscriptions_delete")
def delete(call: Call) -> Response:
    """Refused without a look at the id (PostHog source forbid_destroy_model.py)."""
    return empty(405, {"Allow": call.operation.method})
