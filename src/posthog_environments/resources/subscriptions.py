"""Scheduled deliveries of insights and dashboards."""

from __future__ import annotations

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments_api.resources.subscriptions import (
    AsyncSubscriptionsResource as GeneratedAsyncSubscriptionsResource,
)
from posthog_environments_api.resources.subscriptions import (
    SubscriptionsResource as GeneratedSubscriptionsResource,
)


class SubscriptionsResource(GeneratedSubscriptionsResource):
    """Scheduled deliveries of insights and dashboards."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)


class AsyncSubscriptionsResource(GeneratedAsyncSubscriptionsResource):
    """Scheduled deliveries of insights and dashboards."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
