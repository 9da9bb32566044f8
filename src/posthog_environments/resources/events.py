"""Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""

from __future__ import annotations

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments_api.resources.events import AsyncEventsResource as GeneratedAsyncEventsResource
from posthog_environments_api.resources.events import EventsResource as GeneratedEventsResource


class EventsResource(GeneratedEventsResource):
    """Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)


class AsyncEventsResource(GeneratedAsyncEventsResource):
    """Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
