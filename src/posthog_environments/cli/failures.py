"""What can go wrong, in one line on standard error, and the exit status that says which kind it was."""

from __future__ import annotations

from typing import Final

from posthog_environments.cli.streams import visible
from posthog_environments.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    EventsIncompleteError,
    ExportError,
    InvalidRequestError,
    MissingDependencyError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    PostHogError,
    QueryError,
    RateLimitError,
    WriteError,
)

OTHER: Final = 1
USAGE: Final = 2
NOT_ALLOWED: Final = 3
NOT_FOUND: Final = 4
TOO_MANY: Final = 5
NO_ANSWER: Final = 6
FAILED_THERE: Final = 7
TOO_LATE: Final = 8
NO_FILE: Final = 9
SOMETHING_TO_FIX: Final = 10
INTERRUPTED: Final = 130
NO_READER: Final = 141
TERMINATED: Final = 143

MEANINGS: Final = {
    0: "it worked",
    OTHER: "the server answered with an error of another kind, or something unforeseen happened",
    USAGE: "the command line, a setting or an argument makes no sense, or an extra is missing; nothing was changed",
    NOT_ALLOWED: "the key is not valid, or may not do this (401, 402, 403)",
    NOT_FOUND: "there is no such thing (404)",
    TOO_MANY: "too many requests (429)",
    NO_ANSWER: "no answer came",
    FAILED_THERE: "a query or an export failed on the server",
    TOO_LATE: "the time given is over",
    NO_FILE: "a file cannot be written or read",
    SOMETHING_TO_FIX: "doctor found something to fix",
    INTERRUPTED: "interrupted by Ctrl-C, or a question was answered with no",
    NO_READER: "the reader of the output has gone",
    TERMINATED: "ended by SIGTERM",
}
"""Every exit status that there is."""

_STATUSES: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (ConfigurationError, USAGE),
    (InvalidRequestError, USAGE),
    (MissingDependencyError, USAGE),
    (AuthenticationError, NOT_ALLOWED),
    (PaymentRequiredError, NOT_ALLOWED),
    (PermissionDeniedError, NOT_ALLOWED),
    (NotFoundError, NOT_FOUND),
    (RateLimitError, TOO_MANY),
    (APIConnectionError, NO_ANSWER),
    (QueryError, FAILED_THERE),
    (ExportError, FAILED_THERE),
    (EventsIncompleteError, FAILED_THERE),
    (DeadlineExceeded, TOO_LATE),
    (WriteError, NO_FILE),
    (APIStatusError, OTHER),
    (PostHogError, OTHER),
    (OSError, NO_FILE),
)
CAUGHT: Final = (PostHogError, OSError)


def status_of(error: BaseException) -> int:
    """The exit status of an error."""
    for cls, status in _STATUSES:
        if isinstance(error, cls):
            return status
    return OTHER


def described(error: BaseException) -> str:
    """An error as the user is to read it."""
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    else:
        text = str(error) or type(error).__name__
    if isinstance(error, QueryError) and error.sql is not None and error.position is not None:
        text = error.explain()
    return visible("\n".join([text, *getattr(error, "__notes__", ())]))
