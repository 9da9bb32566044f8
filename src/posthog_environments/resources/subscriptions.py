"""Scheduled deliveries of insights and dashboards."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.schedules import Schedule, check
from posthog_environments_api.resources.subscriptions import (
    AsyncSubscriptionsResource as GeneratedAsyncSubscriptionsResource,
)
from posthog_environments_api.resources.subscriptions import (
    SubscriptionsResource as GeneratedSubscriptionsResource,
)
from posthog_environments_api.types import RequestOptions, Unset

if TYPE_CHECKING:
    from posthog_environments.settings import Settings
    from posthog_environments_api.models import Subscription


def _check(fields: Mapping[str, Any]) -> None:
    """Check the schedule in the arguments of create or update."""
    body = fields.get("body")
    if body is None or isinstance(body, Unset):
        check(fields)
    else:
        check(body if isinstance(body, Mapping) else body.to_dict())  # pyright: ignore[reportUnknownArgumentType]


def _upcoming(
    settings: Settings,
    subscription: Subscription,
    n: int,
    after: datetime.datetime | None,
    tz: datetime.tzinfo | None,
) -> list[datetime.datetime]:
    if subscription.deleted is True:
        return []
    moment = after or datetime.datetime.fromtimestamp(settings.clock.now(), datetime.UTC)
    return Schedule.of(subscription).upcoming(n, after=moment, tz=tz)


class SubscriptionsResource(GeneratedSubscriptionsResource):
    """Scheduled deliveries of insights and dashboards."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._settings = caller.settings

    if not TYPE_CHECKING:

        @wraps(GeneratedSubscriptionsResource.create)
        def create(self, **fields):
            _check(fields)
            return super().create(**fields)

        @wraps(GeneratedSubscriptionsResource.update)
        def update(self, id, **fields):
            _check(fields)
            return super().update(id, **fields)

    def archive(self, id: int, *, options: RequestOptions | None = None) -> Subscription:
        """Delete a subscription, as PostHog means it: no more deliveries, and it shows up only among deleted ones.

        Deleting outright is always refused with 405. `update(id, deleted=False)` brings it back.

        Args:
            id: The subscription's number.
            options: Settings of this call that differ from the client's.

        Returns:
            The subscription, now deleted.

        Raises:
            NotFoundError: There is no such subscription.
            APIStatusError: The server answered with another error.
            APIConnectionError: No answer came.
        """
        return self.update(id, deleted=True, options=options)

    def upcoming(
        self,
        subscription: Subscription | int,
        n: int = 5,
        *,
        after: datetime.datetime | None = None,
        tz: datetime.tzinfo | None = None,
        options: RequestOptions | None = None,
    ) -> list[datetime.datetime]:
        """When a subscription is delivered next, computed here as the server does it; see `Schedule`.

        Args:
            subscription: The subscription, which costs no request, or its number.
            n: How many deliveries at most.
            after: Only deliveries later than this; now by default.
            tz: Time zone of the result; UTC by default. Deliveries keep their time of day in UTC, whatever this is.
            options: Settings of the request, where one is made.

        Returns:
            Moments in order; fewer than `n` when the schedule ends, none when the subscription is deleted.

        Raises:
            InvalidRequestError: The subscription has a schedule that can never be kept, or `n` makes no sense.
            APIStatusError: The server answered with an error.
        """
        found = (
            self.retrieve(subscription, options=options) if isinstance(subscription, int) else subscription
        )
        return _upcoming(self._settings, found, n, after, tz)


class AsyncSubscriptionsResource(GeneratedAsyncSubscriptionsResource):
    """Scheduled deliveries of insights and dashboards."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._settings = caller.settings

    if not TYPE_CHECKING:

        @wraps(GeneratedAsyncSubscriptionsResource.create)
        async def create(self, **fields):
            _check(fields)
            return await super().create(**fields)

        @wraps(GeneratedAsyncSubscriptionsResource.update)
        async def update(self, id, **fields):
            _check(fields)
            return await super().update(id, **fields)

    async def archive(self, id: int, *, options: RequestOptions | None = None) -> Subscription:
        """Delete a subscription, as PostHog means it; see `SubscriptionsResource.archive`."""
        return await self.update(id, deleted=True, options=options)

    async def upcoming(
        self,
        subscription: Subscription | int,
        n: int = 5,
        *,
        after: datetime.datetime | None = None,
        tz: datetime.tzinfo | None = None,
        options: RequestOptions | None = None,
    ) -> list[datetime.datetime]:
        """When a subscription is delivered next; see `SubscriptionsResource.upcoming`."""
        found = (
            await self.retrieve(subscription, options=options)
            if isinstance(subscription, int)
            else subscription
        )
        return _upcoming(self._settings, found, n, after, tz)
