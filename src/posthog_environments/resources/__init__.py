"""The resources that can do more than the contract's operations: what takes many calls is a method here too.

Each class adds to the generated one of the same name. Everything else comes from the generated package unchanged.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from posthog_environments_api.resources import AsyncResources as GeneratedAsyncResources
from posthog_environments_api.resources import SyncResources as GeneratedSyncResources

if TYPE_CHECKING:
    from posthog_environments.callers import AsyncCaller, SyncCaller
    from posthog_environments.resources.async_query import AsyncQueryResource
    from posthog_environments.resources.events import AsyncEventsResource, EventsResource
    from posthog_environments.resources.exports import AsyncExportsResource, ExportsResource
    from posthog_environments.resources.persons import AsyncPersonsResource, PersonsResource
    from posthog_environments.resources.query import QueryResource
    from posthog_environments.resources.subscriptions import AsyncSubscriptionsResource, SubscriptionsResource


class SyncResources(GeneratedSyncResources):
    """Every resource as an attribute; each is imported when it is first used."""

    _caller: SyncCaller

    @cached_property
    def query(self) -> QueryResource:
        """HogQL and every other query kind, synchronous and asynchronous."""
        from posthog_environments.resources.query import QueryResource

        return QueryResource(self._caller)

    @cached_property
    def events(self) -> EventsResource:
        """Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""
        from posthog_environments.resources.events import EventsResource

        return EventsResource(self._caller)

    @cached_property
    def exports(self) -> ExportsResource:
        """Rendered exports of insights, dashboards and recordings."""
        from posthog_environments.resources.exports import ExportsResource

        return ExportsResource(self._caller)

    @cached_property
    def persons(self) -> PersonsResource:
        """People in the project, their properties and identifiers."""
        from posthog_environments.resources.persons import PersonsResource

        return PersonsResource(self._caller)

    @cached_property
    def subscriptions(self) -> SubscriptionsResource:
        """Scheduled deliveries of insights and dashboards."""
        from posthog_environments.resources.subscriptions import SubscriptionsResource

        return SubscriptionsResource(self._caller)


class AsyncResources(GeneratedAsyncResources):
    """Every resource as an attribute; each is imported when it is first used."""

    _caller: AsyncCaller

    @cached_property
    def query(self) -> AsyncQueryResource:
        """HogQL and every other query kind, synchronous and asynchronous."""
        from posthog_environments.resources.async_query import AsyncQueryResource

        return AsyncQueryResource(self._caller)

    @cached_property
    def events(self) -> AsyncEventsResource:
        """Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""
        from posthog_environments.resources.events import AsyncEventsResource

        return AsyncEventsResource(self._caller)

    @cached_property
    def exports(self) -> AsyncExportsResource:
        """Rendered exports of insights, dashboards and recordings."""
        from posthog_environments.resources.exports import AsyncExportsResource

        return AsyncExportsResource(self._caller)

    @cached_property
    def persons(self) -> AsyncPersonsResource:
        """People in the project, their properties and identifiers."""
        from posthog_environments.resources.persons import AsyncPersonsResource

        return AsyncPersonsResource(self._caller)

    @cached_property
    def subscriptions(self) -> AsyncSubscriptionsResource:
        """Scheduled deliveries of insights and dashboards."""
        from posthog_environments.resources.subscriptions import AsyncSubscriptionsResource

        return AsyncSubscriptionsResource(self._caller)
