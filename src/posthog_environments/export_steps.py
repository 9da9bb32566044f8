"""Exports from the request to the file. Sources: PostHog source exports.py, October 2025, and exported_asset.py, 2026."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import define, evolve

from posthog_environments.downloads import media_type
from posthog_environments.errors import DeadlineExceeded, ExportError, InvalidRequestError
from posthog_environments.exchange import Sleep
from posthog_environments.jobs import Call, Steps
from posthog_environments.settings import Settings
from posthog_environments_api.api.exports import exports_create, exports_retrieve
from posthog_environments_api.types import RequestOptions, Unset

if TYPE_CHECKING:
    from posthog_environments_api.models import Export

DEFAULT_TIMEOUT: Final = 660.0
"""Seconds. The server itself gives up on an export after about 630."""

_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 15.0
_GROWTH: Final = 1.5
_OF_NO_KIND: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@define(frozen=True)
class ExportProgress:
    """How long an export has been waited for.

    Attributes:
        export_id: Number of the export.
        elapsed: Seconds since it was asked for.
        looks: How many times the server was asked whether it is done.
        done: Whether it is.
    """

    export_id: int
    elapsed: float
    looks: int
    done: bool


def check_timeout(timeout: float) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < float("inf"):
        raise InvalidRequestError(f"timeout must be a number of seconds above 0, got {timeout!r}")
    return timeout


def create_and_wait(
    settings: Settings,
    fields: Mapping[str, Any],
    timeout: float,
    on_progress: Callable[[ExportProgress], None] | None,
    options: RequestOptions | None,
) -> Steps[Export]:
    """Steps that ask for an export and wait until its file is there."""
    timeout, started = check_timeout(timeout), settings.clock.monotonic()
    request = exports_create.request_kwargs(settings.project_id, **fields)
    # Servers of 2025 render inside the request: it may take as long as the whole export.
    patience = evolve(settings.timeout, read=timeout)
    patient: RequestOptions = {"timeout": patience, "deadline": timeout, **(options or {})}
    export = yield Call(exports_create.OPERATION, request, patient)
    return (yield from _wait(settings, export, started, timeout, on_progress, options))


def wait(
    settings: Settings,
    export_id: int,
    timeout: float,
    on_progress: Callable[[ExportProgress], None] | None,
    options: RequestOptions | None,
) -> Steps[Export]:
    """Steps that wait until the file of an export is there."""
    timeout, started = check_timeout(timeout), settings.clock.monotonic()
    export = yield Call(
        exports_retrieve.OPERATION, exports_retrieve.request_kwargs(settings.project_id, export_id), options
    )
    return (yield from _wait(settings, export, started, timeout, on_progress, options))


def _wait(
    settings: Settings,
    export: Export,
    started: float,
    timeout: float,
    on_progress: Callable[[ExportProgress], None] | None,
    options: RequestOptions | None,
) -> Steps[Export]:
    request = exports_retrieve.request_kwargs(settings.project_id, export.id)
    pause, looks = _FIRST_WAIT, 0
    while True:
        done = is_ready(export)
        elapsed = settings.clock.monotonic() - started
        if on_progress is not None:
            on_progress(ExportProgress(export.id, elapsed, looks, done))
        if done:
            return export
        if elapsed + pause > timeout:
            raise DeadlineExceeded(
                deadline=timeout, method="GET", path=request["url"], attempts=looks, export_id=export.id
            )
        yield Sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_WAIT)
        left = max(timeout - (settings.clock.monotonic() - started), 0.001)
        given = (options or {}).get("deadline")
        bounded: RequestOptions = {**(options or {}), "deadline": left if given is None else min(given, left)}
        export = yield Call(exports_retrieve.OPERATION, request, bounded)
        looks += 1


def is_ready(export: Export) -> bool:
    """Whether the file is there.

    Raises:
        ExportError: The export failed.
    """
    if isinstance(export.exception, str) and export.exception:
        raise ExportError(export.exception, export_id=export.id)
    # The documentation shows a text, the server sends a boolean.
    return export.has_content is True or str(export.has_content).lower() == "true"


def check_content(export_id: int, expected: str | None) -> Callable[[Mapping[str, str]], None]:
    """A check that the body is of the format that was asked for. Object storage may not know of which it is."""

    def check(headers: Mapping[str, str]) -> None:
        found = media_type(headers)
        if expected is not None and found != expected and found not in _OF_NO_KIND:
            raise ExportError(f"the server sent {found} instead of {expected}", export_id=export_id)

    return check


def expected_type(export: Export) -> str | None:
    return None if isinstance(export.export_format, Unset) else str(export.export_format.value)
