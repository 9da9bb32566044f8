"""What can go wrong, in one line on standard error, and the exit status that says which kind it was.

0    it worked
1    the server answered with an error of another kind
2    the command line, a setting or an argument makes no sense; nothing was sent
3    the key is missing, not valid, or may not do this (401, 402, 403)
4    there is no such thing (404)
5    too many requests (429)
6    no answer came
7    a query or an export failed on the server
8    the time given is over
9    a file cannot be written or read
10   doctor found something to fix
130  interrupted by Ctrl-C
141  the reader of the output has gone
"""

from __future__ import annotations

from typing import Final

from posthog_environments.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    DeadlineExceeded,
    EventsIncompleteError,
    ExportError,
    InvalidRequestError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    PostHogError,
    QueryError,
    RateLimitError,
)

OTHER: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 4
NO_FILE: Final = 9
SOMETHING_TO_FIX: Final = 10
INTERRUPTED: Final = 130
NO_READER: Final = 141

_STATUSES: Final[tuple[tuple[type[BaseException], int], ...]] = (
    (ConfigurationError, USAGE),
    (InvalidRequestError, USAGE),
    (AuthenticationError, 3),
    (PaymentRequiredError, 3),
    (PermissionDeniedError, 3),
    (NotFoundError, NOT_FOUND),
    (RateLimitError, 5),
    (APITimeoutError, 6),
    (APIConnectionError, 6),
    (QueryError, 7),
    (ExportError, 7),
    (EventsIncompleteError, 7),
    (DeadlineExceeded, 8),
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
    return "\n".join([text, *getattr(error, "__notes__", ())])
