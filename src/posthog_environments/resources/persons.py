"""People in the project, their properties and identifiers."""

from __future__ import annotations

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments_api.resources.persons import AsyncPersonsResource as GeneratedAsyncPersonsResource
from posthog_environments_api.resources.persons import PersonsResource as GeneratedPersonsResource


class PersonsResource(GeneratedPersonsResource):
    """People in the project, their properties and identifiers."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)


class AsyncPersonsResource(GeneratedAsyncPersonsResource):
    """People in the project, their properties and identifiers."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
