"""Insights, dashboards and recordings rendered to files."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posthog_environments import export_steps
from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.downloads import DEFAULT_MAX_BYTES, FileSink, check_target, replaced
from posthog_environments.errors import ExportError
from posthog_environments.export_steps import ExportProgress, check_content, expected_type, is_ready
from posthog_environments.jobs import AsyncJobs, SyncJobs
from posthog_environments.settings import Settings, check_max_response_bytes
from posthog_environments_api.api.exports import exports_content
from posthog_environments_api.resources.exports import AsyncExportsResource as GeneratedAsyncExportsResource
from posthog_environments_api.resources.exports import ExportsResource as GeneratedExportsResource
from posthog_environments_api.types import UNSET, RequestOptions, Unset

if TYPE_CHECKING:
    from posthog_environments_api.models import Export, ExportFormat


class _Finished:
    """What both kinds of finished exports know."""

    def __init__(self, export: Export) -> None:
        self.export = export

    @property
    def id(self) -> int:
        """Number of the export."""
        return self.export.id

    @property
    def filename(self) -> str | None:
        """Name that the server gives the file."""
        return None if isinstance(self.export.filename, Unset) else self.export.filename

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {self.filename or expected_type(self.export)}>"


def _check_ready(export: Export) -> None:
    if not is_ready(export):
        raise ExportError("it is not ready; wait for it with exports.wait(id)", export_id=export.id)


def _check_size(export_id: int, sink: FileSink) -> None:
    if sink.size == 0:
        raise ExportError("the server sent an empty file", export_id=export_id)


def _content(settings: Settings, export_id: int, sink: FileSink, max_bytes: int) -> dict[str, Any]:
    request = exports_content.request_kwargs(settings.project_id, export_id)
    return {**request, "sink": sink, "max_bytes": max_bytes}


class FinishedExport(_Finished):
    """An export whose file is there.

    Attributes:
        export: The export as the server describes it.
    """

    def __init__(self, resource: ExportsResource, export: Export) -> None:
        super().__init__(export)
        self._resource = resource

    def download(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
    ) -> Path:
        """Write the file to disk; see `ExportsResource.download`."""
        return self._resource.download(
            self.export, path, on_progress=on_progress, max_bytes=max_bytes, options=options
        )

    def content(self, *, options: RequestOptions | None = None) -> bytes:
        """The file as bytes, held in memory."""
        return self._resource.content(self.id, options=options)


class ExportsResource(GeneratedExportsResource):
    """Insights, dashboards and recordings rendered to files."""

    def __init__(self, caller: SyncCaller) -> None:
        super().__init__(caller)
        self._jobs = SyncJobs(caller)
        self._settings = caller.settings

    def create_and_wait(
        self,
        *,
        export_format: ExportFormat | str,
        dashboard: int | Unset | None = UNSET,
        insight: int | Unset | None = UNSET,
        export_context: Any | Unset = UNSET,
        expires_after: datetime.datetime | str | Unset | None = UNSET,
        timeout: float = export_steps.DEFAULT_TIMEOUT,
        on_progress: Callable[[ExportProgress], None] | None = None,
        options: RequestOptions | None = None,
    ) -> FinishedExport:
        """Ask for an export and wait until its file is there.

            export = client.exports.create_and_wait(insight=7, export_format="image/png")
            export.download("insight.png")

        Servers of 2025 make most files inside the request that asks for them; others, and videos, in the background.
        Both are waited for.

        Args:
            export_format: Format of the file, as a media type such as `image/png` or `text/csv`.
            dashboard: Number of the dashboard to export.
            insight: Number of the insight to export.
            export_context: What to export beside an insight or a dashboard, such as a query or a recording.
            expires_after: When the server is to delete the export.
            timeout: Seconds for the whole wait; 660 by default, since the server gives up after about 630.
            on_progress: Called with an `ExportProgress` whenever the server has said how far the export is.
            options: Settings of each request that differ from the client's.

        Returns:
            The export, ready to be downloaded.

        Raises:
            ExportError: The server could not make the file.
            DeadlineExceeded: It was not there in time; `wait(error.export_id)` goes on waiting.
            InvalidRequestError: An argument that can only fail; nothing was sent.
            APIStatusError: The server answered with an error.
            APIConnectionError: No answer came. Asking is never repeated by itself: it would make a second export.
        """
        fields = {
            "export_format": export_format,
            "dashboard": dashboard,
            "insight": insight,
            "export_context": export_context,
            "expires_after": expires_after,
        }
        steps = export_steps.create_and_wait(self._settings, fields, timeout, on_progress, options)
        return FinishedExport(self, self._jobs.run(steps))

    def wait(
        self,
        id: int,
        *,
        timeout: float = export_steps.DEFAULT_TIMEOUT,
        on_progress: Callable[[ExportProgress], None] | None = None,
        options: RequestOptions | None = None,
    ) -> FinishedExport:
        """Wait until the file of an export is there; see `create_and_wait`.

        Args:
            id: The export's number.
            timeout: Seconds for the whole wait.
            on_progress: Called with an `ExportProgress` whenever the server has said how far the export is.
            options: Settings of each request that differ from the client's.

        Raises:
            ExportError: The server could not make the file.
            DeadlineExceeded: It was not there in time.
            NotFoundError: There is no such export, or it has expired.
        """
        steps = export_steps.wait(self._settings, id, timeout, on_progress, options)
        return FinishedExport(self, self._jobs.run(steps))

    def download(
        self,
        export: Export | int,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
    ) -> Path:
        """Write the file of an export to disk, while it arrives and without holding it in memory.

        The file appears under its name only when it is complete; until then an older one stays as it was. Redirects to
        object storage are followed without the API key.

        Args:
            export: The export, or its number, which costs one request more.
            path: Name of the file; its folder must exist.
            on_progress: Called with the bytes written so far, and the bytes expected or None.
            max_bytes: Largest file that is taken; 4 GiB by default.
            options: Settings of each request that differ from the client's.

        Returns:
            The path of the file.

        Raises:
            ExportError: The export failed or is not ready, or what came is empty or not of its format.
            ResponseTooLargeError: The file is larger than `max_bytes`.
            InvalidRequestError: There is no such folder; nothing was sent.
            OSError: The file cannot be written.
            APIStatusError: The server answered with an error.
            APIConnectionError: No answer came, or not all of it.
        """
        target = check_target(path)
        check_max_response_bytes(max_bytes)
        found = self.retrieve(export, options=options) if isinstance(export, int) else export
        _check_ready(found)
        with replaced(target) as file:
            sink = FileSink(file, check_content(found.id, expected_type(found)), on_progress)
            request = _content(self._settings, found.id, sink, max_bytes)
            self._caller.call(exports_content.OPERATION, request, options)
            _check_size(found.id, sink)
        return target


class AsyncFinishedExport(_Finished):
    """An export whose file is there.

    Attributes:
        export: The export as the server describes it.
    """

    def __init__(self, resource: AsyncExportsResource, export: Export) -> None:
        super().__init__(export)
        self._resource = resource

    async def download(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
    ) -> Path:
        """Write the file to disk; see `ExportsResource.download`."""
        return await self._resource.download(
            self.export, path, on_progress=on_progress, max_bytes=max_bytes, options=options
        )

    async def content(self, *, options: RequestOptions | None = None) -> bytes:
        """The file as bytes, held in memory."""
        return await self._resource.content(self.id, options=options)


class AsyncExportsResource(GeneratedAsyncExportsResource):
    """Insights, dashboards and recordings rendered to files."""

    def __init__(self, caller: AsyncCaller) -> None:
        super().__init__(caller)
        self._jobs = AsyncJobs(caller)
        self._settings = caller.settings

    async def create_and_wait(
        self,
        *,
        export_format: ExportFormat | str,
        dashboard: int | Unset | None = UNSET,
        insight: int | Unset | None = UNSET,
        export_context: Any | Unset = UNSET,
        expires_after: datetime.datetime | str | Unset | None = UNSET,
        timeout: float = export_steps.DEFAULT_TIMEOUT,
        on_progress: Callable[[ExportProgress], None] | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncFinishedExport:
        """Ask for an export and wait until its file is there; see `ExportsResource.create_and_wait`."""
        fields = {
            "export_format": export_format,
            "dashboard": dashboard,
            "insight": insight,
            "export_context": export_context,
            "expires_after": expires_after,
        }
        steps = export_steps.create_and_wait(self._settings, fields, timeout, on_progress, options)
        return AsyncFinishedExport(self, await self._jobs.run(steps))

    async def wait(
        self,
        id: int,
        *,
        timeout: float = export_steps.DEFAULT_TIMEOUT,
        on_progress: Callable[[ExportProgress], None] | None = None,
        options: RequestOptions | None = None,
    ) -> AsyncFinishedExport:
        """Wait until the file of an export is there; see `ExportsResource.wait`."""
        steps = export_steps.wait(self._settings, id, timeout, on_progress, options)
        return AsyncFinishedExport(self, await self._jobs.run(steps))

    async def download(
        self,
        export: Export | int,
        path: str | os.PathLike[str],
        *,
        on_progress: Callable[[int, int | None], None] | None = None,
        max_bytes: int = DEFAULT_MAX_BYTES,
        options: RequestOptions | None = None,
    ) -> Path:
        """Write the file of an export to disk; see `ExportsResource.download`."""
        target = check_target(path)
        check_max_response_bytes(max_bytes)
        found = await self.retrieve(export, options=options) if isinstance(export, int) else export
        _check_ready(found)
        with replaced(target) as file:
            sink = FileSink(file, check_content(found.id, expected_type(found)), on_progress)
            request = _content(self._settings, found.id, sink, max_bytes)
            await self._caller.call(exports_content.OPERATION, request, options)
            _check_size(found.id, sink)
        return target
