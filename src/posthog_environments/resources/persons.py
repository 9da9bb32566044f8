"""People in the project, their properties and identifiers."""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, overload
from uuid import UUID

from posthog_environments import person_matches
from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.csv_downloads import PersonFilters, check_names, csv_download
from posthog_environments.downloads import DEFAULT_MAX_BYTES
from posthog_environments.errors import InvalidRequestError
from posthog_environments.jobs import AsyncJobs, Steps, SyncJobs
from posthog_environments.person_matches import PersonDeletion
from posthog_environments_api.api.persons import persons_list
from posthog_environments_api.resources.persons import AsyncPersonsResource as GeneratedAsyncPersonsResource
from posthog_environments_api.resources.persons import PersonsResource as GeneratedPersonsResource
from posthog_environments_api.types import UNSET, RequestOptions, Unset

if TYPE_CHECKING:
    from posthog_environments_api.models import PersonListItem, ResponseFormat


class PersonsResource(GeneratedPersonsResource):
    """People in the project, their properties and identifiers."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)

    def find(
        self,
        *,
        email: str | None = None,
        distinct_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> builtins.list[PersonListItem]:
        """Persons with exactly this e-mail address, or exactly this distinct id.

        `list(search=…)` looks for parts of texts and is no base for deleting. Here the server filters, and every person
        that it sends is compared again. More than one person may have the same e-mail address.

        Args:
            email: The person property `email`, compared letter by letter.
            distinct_id: One of the identifiers under which the person sent events.
            options: Settings of each request that differ from the client's.

        Returns:
            The persons, newest first; an empty list when there is none.

        Raises:
            InvalidRequestError: Both or neither were given, or one is blank; or the server shows too few distinct ids
                of a person to be sure.
            APIStatusError: The server answered with an error.
            APIConnectionError: No answer came.
        """
        return self._jobs.run(person_matches.find(self._caller.project_id, email, distinct_id, options))

    def download_csv(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
        **filters: Unpack[PersonFilters],
    ) -> Path:
        """Write every matching person to disk as CSV, as the server renders it, while it arrives.

            client.persons.download_csv("persons.csv", search="@example.com")

        One request, whatever the number. The server ignores `limit` and `offset` here and sends no more than 300,000
        persons (50,000 before 2025), without a word about the rest (PostHog source person.py). Nested values have
        columns of their own, named by their path, such as `properties.email`. `list(format="csv")` gives the same as
        text; `files.write(client.persons.list(), "persons.csv")` has no such limit, and one column per field.

        The file appears under its name only when it is complete; until then an older one stays as it was. Spreadsheets
        run cells that begin with `=`, `+`, `-` or `@` as formulas: the values are what anybody sent.

        Args:
            path: Name of the file; its folder must exist.
            on_progress: Called with the bytes written so far, and the bytes expected or None.
            max_bytes: Largest file that is taken; 4 GiB by default.
            options: Settings of this call that differ from the client's. Rendering many persons takes the server long:
                raise `timeout` where it does not come to an end.
            **filters: Which persons: `distinct_id`, `email`, `properties` and `search`, as for `list`.

        Returns:
            The path of the file. It is empty when there are no such persons.

        Raises:
            DecodeError: The server sent something other than CSV.
            ResponseTooLargeError: The file is larger than `max_bytes`.
            InvalidRequestError: An argument that can only fail; nothing was sent.
            OSError: The file cannot be written.
            APIStatusError: The server answered with an error.
            APIConnectionError: No answer came, or not all of it.
        """
        check_names(filters, PersonFilters)
        request = persons_list.request_kwargs(self._caller.project_id, format_="csv", **filters)
        with csv_download(path, request, on_progress, max_bytes) as download:
            self._caller.call_text(persons_list.OPERATION, download.request, options)
        return download.path

    @overload
    def delete(
        self,
        id: int | UUID | str,
        *,
        delete_events: bool | Unset | None = UNSET,
        delete_recordings: bool | Unset | None = UNSET,
        format: ResponseFormat | str | Unset | None = UNSET,
        keep_person: bool | Unset | None = UNSET,
        options: RequestOptions | None = None,
    ) -> None: ...

    @overload
    def delete(
        self,
        *,
        email: str,
        dry_run: bool,
        delete_events: bool = False,
        delete_recordings: bool = False,
        options: RequestOptions | None = None,
    ) -> PersonDeletion: ...

    @overload
    def delete(
        self,
        *,
        distinct_id: str,
        dry_run: bool,
        delete_events: bool = False,
        delete_recordings: bool = False,
        options: RequestOptions | None = None,
    ) -> PersonDeletion: ...

    def delete(
        self,
        id: int | UUID | str | Unset = UNSET,
        *,
        email: str | None = None,
        distinct_id: str | None = None,
        dry_run: bool | Unset = UNSET,
        delete_events: bool | Unset | None = UNSET,
        delete_recordings: bool | Unset | None = UNSET,
        format: ResponseFormat | str | Unset | None = UNSET,
        keep_person: bool | Unset | None = UNSET,
        options: RequestOptions | None = None,
    ) -> PersonDeletion | None:
        """Delete one person by number or UUID, or everybody with exactly this e-mail address or distinct id.

            plan = client.persons.delete(email="ada@example.com", dry_run=True)
            print(plan.persons)
            client.persons.delete(email="ada@example.com", delete_events=True, dry_run=False)

        Events stay unless `delete_events` is true, and then go in a batch, on Sundays at 05:00 UTC. The server takes
        `delete_events=false` for true (PostHog source person.py, 2025), so it is only ever sent when it is true.

        Args:
            id: The person's number or UUID.
            email: Instead of an id: the person property `email`, compared letter by letter.
            distinct_id: Instead of an id: one of the identifiers of the person.
            dry_run: With `email` or `distinct_id` only, and required there: True deletes nobody and says who would go.
            delete_events: Also delete all events of the person.
            delete_recordings: Also delete the person's session recordings.
            format: Format of the response, which is empty; there for completeness.
            keep_person: Keep the person and delete only what is asked for above (servers of 2026).
            options: Settings of each request that differ from the client's.

        Returns:
            Nothing for an id; else who was deleted, or would be.

        Raises:
            InvalidRequestError: An argument that can only fail; nothing was sent.
            APIStatusError: The server answered with an error. When some persons were deleted before, a note on the
                error says who.
            APIConnectionError: No answer came.
        """
        if not isinstance(id, Unset):
            if email is not None or distinct_id is not None or not isinstance(dry_run, Unset):
                raise InvalidRequestError("email, distinct_id and dry_run do not go together with an id")
            super().delete(
                id,
                delete_events=delete_events,
                delete_recordings=delete_recordings,
                format=format,
                keep_person=keep_person,
                options=options,
            )
            return None
        steps = _matching(
            self._caller.project_id,
            email,
            distinct_id,
            dry_run,
            delete_events,
            delete_recordings,
            format,
            keep_person,
            options,
        )
        return self._jobs.run(steps)


class AsyncPersonsResource(GeneratedAsyncPersonsResource):
    """People in the project, their properties and identifiers."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)

    async def find(
        self,
        *,
        email: str | None = None,
        distinct_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> builtins.list[PersonListItem]:
        """Persons with exactly this e-mail address or distinct id; see `PersonsResource.find`."""
        return await self._jobs.run(person_matches.find(self._caller.project_id, email, distinct_id, options))

    async def download_csv(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
        **filters: Unpack[PersonFilters],
    ) -> Path:
        """Write every matching person to disk as CSV; see `PersonsResource.download_csv`."""
        check_names(filters, PersonFilters)
        request = persons_list.request_kwargs(self._caller.project_id, format_="csv", **filters)
        with csv_download(path, request, on_progress, max_bytes) as download:
            await self._caller.call_text(persons_list.OPERATION, download.request, options)
        return download.path

    @overload
    async def delete(
        self,
        id: int | UUID | str,
        *,
        delete_events: bool | Unset | None = UNSET,
        delete_recordings: bool | Unset | None = UNSET,
        format: ResponseFormat | str | Unset | None = UNSET,
        keep_person: bool | Unset | None = UNSET,
        options: RequestOptions | None = None,
    ) -> None: ...

    @overload
    async def delete(
        self,
        *,
        email: str,
        dry_run: bool,
        delete_events: bool = False,
        delete_recordings: bool = False,
        options: RequestOptions | None = None,
    ) -> PersonDeletion: ...

    @overload
    async def delete(
        self,
        *,
        distinct_id: str,
        dry_run: bool,
        delete_events: bool = False,
        delete_recordings: bool = False,
        options: RequestOptions | None = None,
    ) -> PersonDeletion: ...

    async def delete(
        self,
        id: int | UUID | str | Unset = UNSET,
        *,
        email: str | None = None,
        distinct_id: str | None = None,
        dry_run: bool | Unset = UNSET,
        delete_events: bool | Unset | None = UNSET,
        delete_recordings: bool | Unset | None = UNSET,
        format: ResponseFormat | str | Unset | None = UNSET,
        keep_person: bool | Unset | None = UNSET,
        options: RequestOptions | None = None,
    ) -> PersonDeletion | None:
        """Delete one person, or everybody who matches exactly; see `PersonsResource.delete`."""
        if not isinstance(id, Unset):
            if email is not None or distinct_id is not None or not isinstance(dry_run, Unset):
                raise InvalidRequestError("email, distinct_id and dry_run do not go together with an id")
            await super().delete(
                id,
                delete_events=delete_events,
                delete_recordings=delete_recordings,
                format=format,
                keep_person=keep_person,
                options=options,
            )
            return None
        steps = _matching(
            self._caller.project_id,
            email,
            distinct_id,
            dry_run,
            delete_events,
            delete_recordings,
            format,
            keep_person,
            options,
        )
        return await self._jobs.run(steps)


def _matching(
    project_id: str,
    email: str | None,
    distinct_id: str | None,
    dry_run: bool | Unset,
    delete_events: bool | Unset | None,
    delete_recordings: bool | Unset | None,
    format: object,
    keep_person: object,
    options: RequestOptions | None,
) -> Steps[PersonDeletion]:
    """Check the arguments of a deletion without an id, before anything is sent."""
    if not isinstance(format, Unset) or not isinstance(keep_person, Unset):
        raise InvalidRequestError("format and keep_person go together with an id only")
    if isinstance(dry_run, Unset):
        raise InvalidRequestError(
            "say dry_run=True to see who would be deleted, or dry_run=False to delete them; or give an id"
        )
    return person_matches.delete(
        project_id,
        email,
        distinct_id,
        dry_run=dry_run,
        delete_events=_flag(delete_events),
        delete_recordings=_flag(delete_recordings),
        options=options,
    )


def _flag(value: bool | Unset | None) -> bool:
    return False if isinstance(value, Unset) or value is None else value
