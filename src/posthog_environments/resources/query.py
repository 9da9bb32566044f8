"""HogQL and every other query kind, synchronous and asynchronous."""

from __future__ import annotations

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments_api.resources.query import AsyncQueryResource as GeneratedAsyncQueryResource
from posthog_environments_api.resources.query import QueryResource as GeneratedQueryResource


class QueryResource(GeneratedQueryResource):
    """HogQL and every other query kind, synchronous and asynchronous."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)


class AsyncQueryResource(GeneratedAsyncQueryResource):
    """HogQL and every other query kind, synchronous and asynchronous."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
