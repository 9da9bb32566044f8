"""Rendered exports of insights, dashboards and recordings."""

from __future__ import annotations

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments_api.resources.exports import AsyncExportsResource as GeneratedAsyncExportsResource
from posthog_environments_api.resources.exports import ExportsResource as GeneratedExportsResource


class ExportsResource(GeneratedExportsResource):
    """Rendered exports of insights, dashboards and recordings."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)


class AsyncExportsResource(GeneratedAsyncExportsResource):
    """Rendered exports of insights, dashboards and recordings."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
