"""Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack
from uuid import UUID

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.csv_downloads import EventFilters, check_names, csv_download
from posthog_environments.downloads import DEFAULT_MAX_BYTES
from posthog_environments.errors import InvalidRequestError
from posthog_environments.event_slices import KIND, LARGEST_PAGE, EventPlace, EventProgress, begin, read
from posthog_environments.jobs import AsyncJobs, Steps, SyncJobs
from posthog_environments.resumable import AsyncResumableIterator, ResumableIterator, fingerprint
from posthog_environments.settings import Settings
from posthog_environments_api.api.events import events_list
from posthog_environments_api.resources.events import AsyncEventsResource as GeneratedAsyncEventsResource
from posthog_environments_api.resources.events import EventsResource as GeneratedEventsResource
from posthog_environments_api.types import RequestOptions

if TYPE_CHECKING:
    from posthog_environments_api.models import Event, PropertyFilter, PropertyFilterGroup


def _begin(
    settings: Settings,
    filters: Mapping[str, Any],
    after: datetime.datetime | str | None,
    before: datetime.datetime | str | None,
    page_size: int,
    resume_from: str | None,
    on_progress: Callable[[EventProgress], None] | None,
    options: RequestOptions | None,
) -> tuple[EventPlace, Steps[None]]:
    """Check the arguments before anything is sent."""
    if isinstance(page_size, bool) or not isinstance(page_size, int) or not 1 <= page_size <= LARGEST_PAGE:
        raise InvalidRequestError(
            f"page_size must be a whole number from 1 to {LARGEST_PAGE:,}, got {page_size!r}"
        )
    given = {name: value for name, value in filters.items() if value is not None}
    asked = events_list.request_kwargs(settings.project_id, **given)
    of = fingerprint(KIND, [settings.project_id, asked.get("params", [])])
    place = begin(after, before, settings.clock.now(), of, resume_from)
    return place, read(settings.project_id, place, given, page_size, on_progress, options)


class EventsResource(GeneratedEventsResource):
    """Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)
        self._settings = caller.settings

    def iterate(
        self,
        *,
        after: datetime.datetime | str | None = None,
        before: datetime.datetime | str | None = None,
        event: str | None = None,
        distinct_id: str | None = None,
        person_id: int | UUID | str | None = None,
        properties: Sequence[PropertyFilter | Mapping[str, Any]]
        | PropertyFilterGroup
        | Mapping[str, Any]
        | str
        | None = None,
        page_size: int = LARGEST_PAGE,
        resume_from: str | None = None,
        on_progress: Callable[[EventProgress], None] | None = None,
        options: RequestOptions | None = None,
    ) -> ResumableIterator[Event]:
        """Every event of a time range exactly once, the oldest first.

            with client.events.iterate(after="2025-06-01", before="2025-07-01", event="$pageview") as events:
                for event in events:
                    store(event)
                    save(events.token)         # resume_from=token goes on behind this event

        `list` cannot promise that: its pages lose events that share a timestamp, end early when the newest come first,
        and hold at most 1,000 events whatever is asked for. This reads slices of time, the oldest first, which overlap,
        and leaves out by id what comes again. It makes a request for each 1,000 events and holds one page in memory.

        Prefer HogQL, `client.query.iterate("select uuid, event, timestamp, distinct_id, properties from events …",
        key=("timestamp", "uuid"))`, wherever the key has `query:read`, which is the scope that this needs too: PostHog
        has deprecated the events endpoint, HogQL reads 50,000 rows a request and only the columns that you need. Use
        this where results must have the shape of the events endpoint (`elements`), or where HogQL is refused.

        Events that reach the server later with a time that lies behind are not seen; leave enough time (`before`) for
        them to arrive.

        Args:
            after: Where to begin, this moment included: a datetime or ISO 8601 text; without a zone it counts as UTC.
            before: Where to end, this moment not included; by default the time of this call, or with `resume_from` the
                end that the token has. A later one makes a resumed iteration go on with what is new.
            event: Only events of this name.
            distinct_id: Only events of this identifier.
            person_id: Only events of the person with this number or UUID.
            properties: Only events whose properties match.
            page_size: Events per request, from 1 to 1,000.
            resume_from: The token of an iteration with the same filters, to go on behind its last event.
            on_progress: Called with an `EventProgress` after each request.
            options: Settings of each request that differ from the client's.

        Returns:
            An iterator with a `token`. Nothing is sent before the first event is asked for.

        Raises:
            InvalidRequestError: An argument that can only fail; nothing was sent.
            EventsIncompleteError: The server's answers do not allow every event to be read: more than 50,000 share one
                moment, or it does not sort or filter as asked. Raised while iterating, like the following.
            APIStatusError: The server answered with an error.
            APIConnectionError: No answer came.
        """
        filters = {
            "event": event,
            "distinct_id": distinct_id,
            "person_id": person_id,
            "properties": properties,
        }
        place, steps = _begin(
            self._settings, filters, after, before, page_size, resume_from, on_progress, options
        )

        def again(token: str) -> ResumableIterator[Event]:
            return self.iterate(
                before=before,
                event=event,
                distinct_id=distinct_id,
                person_id=person_id,
                properties=properties,
                page_size=page_size,
                resume_from=token,
                on_progress=on_progress,
                options=options,
            )

        return ResumableIterator(self._jobs.iterate(steps), place, "events.iterate", again)

    def download_csv(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
        **filters: Unpack[EventFilters],
    ) -> Path:
        """Write matching events to disk as CSV, as the server renders it, while it arrives.

            client.events.download_csv("events.csv", event="$pageview", after="-7d", limit=10_000)

        One request, and one page: the newest 3,500 events unless `limit` says otherwise, and no more than the server
        allows, without a word about the rest (PostHog source event.py, 2025). Without `after` it looks at the last
        24 hours. For every event of a time range use `iterate(…).to_file("events.csv")`. Nested values have columns of
        their own, named by their path, such as `properties.$browser`.

        The file appears under its name only when it is complete; until then an older one stays as it was. Spreadsheets
        run cells that begin with `=`, `+`, `-` or `@` as formulas: the values are what anybody sent.

        Args:
            path: Name of the file; its folder must exist.
            on_progress: Called with the bytes written so far, and the bytes expected or None.
            max_bytes: Largest file that is taken; 4 GiB by default.
            options: Settings of this call that differ from the client's.
            **filters: Which events, as for `list`: `event`, `after`, `before`, `properties`, `limit` and so on.

        Returns:
            The path of the file. It is empty when there are no such events.

        Raises:
            DecodeError: The server sent something other than CSV.
            ResponseTooLargeError: The file is larger than `max_bytes`.
            InvalidRequestError: An argument that can only fail; nothing was sent.
            OSError: The file cannot be written.
            APIStatusError: The server answered with an error.
            APIConnectionError: No answer came, or not all of it.
        """
        check_names(filters, EventFilters)
        given: dict[str, Any] = {**filters}
        if "orderBy" in given:
            given["order_by"] = given.pop("orderBy")
        request = events_list.request_kwargs(self._caller.project_id, format_="csv", **given)
        with csv_download(path, request, on_progress, max_bytes) as download:
            self._caller.call_text(events_list.OPERATION, download.request, options)
        return download.path


class AsyncEventsResource(GeneratedAsyncEventsResource):
    """Captured events. PostHog keeps these endpoints for compatibility and advises the query endpoint."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
        self._settings = caller.settings

    def iterate(
        self,
        *,
        after: datetime.datetime | str | None = None,
        before: datetime.datetime | str | None = None,
        event: str | None = None,
        distinct_id: str | None = None,
        person_id: int | UUID | str | None = None,
        properties: Sequence[PropertyFilter | Mapping[str, Any]]
        | PropertyFilterGroup
        | Mapping[str, Any]
        | str
        | None = None,
        page_size: int = LARGEST_PAGE,
        resume_from: str | None = None,
        on_progress: Callable[[EventProgress], None] | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncResumableIterator[Event]:
        """Every event of a time range exactly once, the oldest first; see `EventsResource.iterate`."""
        filters = {
            "event": event,
            "distinct_id": distinct_id,
            "person_id": person_id,
            "properties": properties,
        }
        place, steps = _begin(
            self._settings, filters, after, before, page_size, resume_from, on_progress, options
        )

        def again(token: str) -> AsyncResumableIterator[Event]:
            return self.iterate(
                before=before,
                event=event,
                distinct_id=distinct_id,
                person_id=person_id,
                properties=properties,
                page_size=page_size,
                resume_from=token,
                on_progress=on_progress,
                options=options,
            )

        return AsyncResumableIterator(self._jobs.iterate(steps), place, "events.iterate", again)

    async def download_csv(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
        **filters: Unpack[EventFilters],
    ) -> Path:
        """Write matching events to disk as CSV; see `EventsResource.download_csv`."""
        check_names(filters, EventFilters)
        given: dict[str, Any] = {**filters}
        if "orderBy" in given:
            given["order_by"] = given.pop("orderBy")
        request = events_list.request_kwargs(self._caller.project_id, format_="csv", **given)
        with csv_download(path, request, on_progress, max_bytes) as download:
            await self._caller.call_text(events_list.OPERATION, download.request, options)
        return download.path
