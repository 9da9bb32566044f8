"""Unofficial typed client for PostHog's Environments REST API.

    from posthog_environments import Client

    client = Client(project_id=12345)          # key from POSTHOG_PERSONAL_API_KEY
    for person in client.persons.list(search="ada@"):
        print(person.name)

Everything is imported when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from posthog_environments._version import __version__

if TYPE_CHECKING:
    from posthog_environments import files, models
    from posthog_environments.client import AsyncClient, Client
    from posthog_environments.errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        DeadlineExceeded,
        DecodeError,
        EventsIncompleteError,
        ExportError,
        InvalidRequestError,
        MethodNotAllowedError,
        MissingDependencyError,
        NotFoundError,
        PaginationLoopError,
        PaymentRequiredError,
        PermissionDeniedError,
        PostHogError,
        QueryError,
        RateLimiterError,
        RateLimitError,
        ResponseTooLargeError,
        RowKeyError,
        ServerError,
        TruncatedResultError,
        TruncatedResultWarning,
        WriteError,
    )
    from posthog_environments.event_slices import EventProgress
    from posthog_environments.export_steps import ExportProgress
    from posthog_environments.files.plan import WriteProgress, WrittenFile
    from posthog_environments.limits import RateLimiter
    from posthog_environments.person_matches import PersonDeletion
    from posthog_environments.policy import RetryEvent
    from posthog_environments.queries.job import AsyncQueryJob, QueryJob
    from posthog_environments.queries.polling import QueryProgress
    from posthog_environments.queries.positions import QueryPosition
    from posthog_environments.queries.result import QueryResult
    from posthog_environments.queries.rows import AsyncRowIterator, RowIterator, RowPageEvent
    from posthog_environments.resources.exports import AsyncFinishedExport, FinishedExport
    from posthog_environments.resumable import AsyncResumableIterator, ResumableIterator
    from posthog_environments.schedules import Schedule
    from posthog_environments_api.operations import OPERATIONS
    from posthog_environments_api.types import UNSET, RequestOptions, Timeout, Unset

_ERRORS = "posthog_environments.errors"
_ORIGINS = {
    "APIConnectionError": _ERRORS,
    "APIStatusError": _ERRORS,
    "APITimeoutError": _ERRORS,
    "AsyncClient": "posthog_environments.client",
    "AsyncQueryJob": "posthog_environments.queries.job",
    "AsyncRowIterator": "posthog_environments.queries.rows",
    "AuthenticationError": _ERRORS,
    "BadRequestError": _ERRORS,
    "Client": "posthog_environments.client",
    "ConfigurationError": _ERRORS,
    "ConflictError": _ERRORS,
    "DeadlineExceeded": _ERRORS,
    "DecodeError": _ERRORS,
    "EventProgress": "posthog_environments.event_slices",
    "EventsIncompleteError": _ERRORS,
    "ResumableIterator": "posthog_environments.resumable",
    "AsyncResumableIterator": "posthog_environments.resumable",
    "ExportError": _ERRORS,
    "ExportProgress": "posthog_environments.export_steps",
    "FinishedExport": "posthog_environments.resources.exports",
    "AsyncFinishedExport": "posthog_environments.resources.exports",
    "InvalidRequestError": _ERRORS,
    "MethodNotAllowedError": _ERRORS,
    "MissingDependencyError": _ERRORS,
    "NotFoundError": _ERRORS,
    "OPERATIONS": "posthog_environments_api.operations",
    "PaginationLoopError": _ERRORS,
    "PaymentRequiredError": _ERRORS,
    "PermissionDeniedError": _ERRORS,
    "PersonDeletion": "posthog_environments.person_matches",
    "PostHogError": _ERRORS,
    "QueryError": _ERRORS,
    "QueryJob": "posthog_environments.queries.job",
    "QueryPosition": "posthog_environments.queries.positions",
    "QueryProgress": "posthog_environments.queries.polling",
    "QueryResult": "posthog_environments.queries.result",
    "RateLimitError": _ERRORS,
    "RateLimiter": "posthog_environments.limits",
    "RateLimiterError": _ERRORS,
    "RequestOptions": "posthog_environments_api.types",
    "ResponseTooLargeError": _ERRORS,
    "RetryEvent": "posthog_environments.policy",
    "Schedule": "posthog_environments.schedules",
    "RowIterator": "posthog_environments.queries.rows",
    "RowKeyError": _ERRORS,
    "RowPageEvent": "posthog_environments.queries.rows",
    "ServerError": _ERRORS,
    "Timeout": "posthog_environments_api.types",
    "TruncatedResultError": _ERRORS,
    "TruncatedResultWarning": _ERRORS,
    "UNSET": "posthog_environments_api.types",
    "Unset": "posthog_environments_api.types",
    "WriteError": _ERRORS,
    "WriteProgress": "posthog_environments.files.plan",
    "WrittenFile": "posthog_environments.files.plan",
}


def __getattr__(name: str) -> Any:
    if name in ("files", "models"):
        return import_module(f"posthog_environments.{name}")
    origin = _ORIGINS.get(name)
    if origin is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(origin), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "OPERATIONS",
    "UNSET",
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncFinishedExport",
    "AsyncQueryJob",
    "AsyncResumableIterator",
    "AsyncRowIterator",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "DeadlineExceeded",
    "DecodeError",
    "EventProgress",
    "EventsIncompleteError",
    "ExportError",
    "ExportProgress",
    "FinishedExport",
    "InvalidRequestError",
    "MethodNotAllowedError",
    "MissingDependencyError",
    "NotFoundError",
    "PaginationLoopError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PersonDeletion",
    "PostHogError",
    "QueryError",
    "QueryJob",
    "QueryPosition",
    "QueryProgress",
    "QueryResult",
    "RateLimitError",
    "RateLimiter",
    "RateLimiterError",
    "RequestOptions",
    "ResponseTooLargeError",
    "ResumableIterator",
    "RetryEvent",
    "RowIterator",
    "RowKeyError",
    "RowPageEvent",
    "Schedule",
    "ServerError",
    "Timeout",
    "TruncatedResultError",
    "TruncatedResultWarning",
    "Unset",
    "WriteError",
    "WriteProgress",
    "WrittenFile",
    "__version__",
    "files",
    "models",
]
