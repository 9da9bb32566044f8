"""Every error that the client raises.

    PostHogError
    ├── ConfigurationError          the client cannot be set up like this (also a ValueError)
    ├── InvalidRequestError         an argument that can only fail; nothing was sent (also a ValueError)
    ├── APIConnectionError          no answer came
    │   └── APITimeoutError         no answer came in time
    ├── APIStatusError              the server answered with an error
    │   ├── BadRequestError         400
    │   ├── AuthenticationError     401
    │   ├── PaymentRequiredError    402
    │   ├── PermissionDeniedError   403
    │   ├── NotFoundError           404
    │   ├── MethodNotAllowedError   405
    │   ├── ConflictError           409
    │   ├── RateLimitError          429
    │   └── ServerError             500 and above
    ├── DecodeError                 a success that does not have the documented shape (also a ValueError)
    ├── ResponseTooLargeError       an answer larger than the client may read
    ├── RateLimiterError            the shared client-side rate limiter cannot be used
    ├── PaginationLoopError         the server sent us in circles
    ├── EventsIncompleteError       the events endpoint cannot be read without losing some
    ├── QueryError                  a query failed on the server
    ├── TruncatedResultError        a result was cut by a limit that nobody wrote
    ├── RowKeyError                 the key of an iteration does not tell rows apart
    ├── ExportError                 an export failed on the server
    ├── WriteError                  a row that a file cannot hold (also a ValueError)
    ├── MissingDependencyError      an optional library is not installed (also an ImportError)
    └── DeadlineExceeded            the time given for the whole call is over

Each prints as one line and can be pickled. None holds the API key.

`TruncatedResultWarning` is a warning, for results that are cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from posthog_environments_api.errors import DecodeError, InvalidRequestError, PostHogError

if TYPE_CHECKING:
    from posthog_environments.queries.positions import QueryPosition
    from posthog_environments.queries.result import QueryResult

_MAX_LINE = 300


class _KeywordPickle:
    """Pickles an error made from keyword arguments by its attributes."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), getattr(self, "args", ()), self.__dict__.copy()))


def _rebuild(cls: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(PostHogError, ValueError):
    """The client cannot be set up like this; the message says what to change."""


class APIConnectionError(_KeywordPickle, PostHogError):
    """No answer came: the connection failed, broke, or was closed.

    Attributes:
        method: HTTP method.
        path: Path of the request.
        attempts: How many times it was tried.
        sent: Whether the server may have received the last attempt.
        query_id: The query that was being waited for and that goes on, or None.
        hint: What to do about it, or None.
    """

    query_id: str | None = None
    hint: str | None = None

    def __init__(self, reason: str, *, method: str, path: str, attempts: int = 1, sent: bool = False) -> None:
        self.method = method
        self.path = path
        self.attempts = attempts
        self.sent = sent
        self.reason = reason
        super().__init__(reason)

    def __str__(self) -> str:
        request = f"({self.method} {self.path}{_tries(self.attempts)})"
        return _line(
            f"{self.reason} {request}{_goes_on(self.query_id)}{' ' + self.hint if self.hint else ''}"
        )


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class APIStatusError(_KeywordPickle, PostHogError):
    """The server answered with an error.

    Attributes:
        status: HTTP status.
        method: HTTP method.
        path: Path of the request.
        type: Kind of error as PostHog names it (`validation_error`, …), or None.
        code: Machine-readable code within the kind, or None.
        detail: What went wrong, in the server's words where there are any.
        attr: The field at fault, or None.
        body: The decoded JSON body, or the body as text where it is not JSON; None when empty.
        request_id: The server's id of this request, or None.
        retry_after: Seconds that the server asked to wait, or None.
        attempts: How many times it was tried.
        missing_scope: The API key scope that is missing, where the server names it, or None.
        hint: What to do about it, or None.
        query_id: The query that was being waited for and that goes on, or None.
    """

    query_id: str | None = None

    def __init__(
        self,
        *,
        status: int,
        method: str,
        path: str,
        detail: str,
        type: str | None = None,
        code: str | None = None,
        attr: str | None = None,
        body: Any = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 1,
        hint: str | None = None,
    ) -> None:
        self.status = status
        self.method = method
        self.path = path
        self.type = type
        self.code = code
        self.detail = detail
        self.attr = attr
        self.body = body
        self.request_id = request_id
        self.retry_after = retry_after
        self.attempts = attempts
        self.hint = hint
        found = re.search(r"missing required scope '([^']+)'", detail)
        self.missing_scope = found.group(1) if found else None
        super().__init__(detail)

    def __str__(self) -> str:
        field = f" [{self.attr}]" if self.attr else ""
        code = f" {self.code}" if self.code else ""
        request = f" ({self.method} {self.path}{_tries(self.attempts)})"
        hint = f" {self.hint}" if self.hint else ""
        return _line(f"{self.status}{code}{field}: {self.detail}{request}{_goes_on(self.query_id)}{hint}")


class BadRequestError(APIStatusError):
    """400: the request is malformed or fails validation; `attr` names the field."""


class AuthenticationError(APIStatusError):
    """401: no key, or not a valid one."""


class PaymentRequiredError(APIStatusError):
    """402: the organization's plan does not include this."""


class PermissionDeniedError(APIStatusError):
    """403: the key lacks a scope (`missing_scope`), or has no access to the project or the resource."""


class NotFoundError(APIStatusError):
    """404: there is no such thing, or the key cannot see it."""


class MethodNotAllowedError(APIStatusError):
    """405: the server forbids this here. Subscriptions and evaluations are archived by an update instead."""


class ConflictError(APIStatusError):
    """409: the request conflicts with the present state."""


class RateLimitError(APIStatusError):
    """429: too many requests; `retry_after` says how long to wait, where the server knows."""


class ServerError(APIStatusError):
    """500 and above: the server, or something in front of it, failed."""


class ResponseTooLargeError(_KeywordPickle, PostHogError):
    """The answer is larger than `max_response_bytes`; reading it was stopped.

    Attributes:
        method: HTTP method.
        path: Path of the request.
    """

    def __init__(self, reason: str, *, method: str, path: str) -> None:
        self.reason = reason
        self.method = method
        self.path = path
        super().__init__(reason)

    def __str__(self) -> str:
        return _line(f"{self.reason} ({self.method} {self.path})")


class RateLimiterError(PostHogError):
    """The shared client-side rate limiter cannot be used; nothing was sent."""


class PaginationLoopError(_KeywordPickle, PostHogError):
    """The server named a page that was already read.

    Attributes:
        url: Path and query of that page.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(url)

    def __str__(self) -> str:
        return _line(f"the server sent us back to a page that was already read: {self.url}")


class EventsIncompleteError(PostHogError):
    """The server's answers do not allow every event to be read; HogQL does, see `query.iterate`."""


class QueryError(_KeywordPickle, PostHogError):
    """A query failed on the server.

    Attributes:
        detail: The server's message.
        query_id: Id of the query, or None.
        status: HTTP status that it came with, or None.
        body: The decoded body or status object, or None.
        code: Machine-readable code, such as `hogql_syntax_error`, or None.
        sql: The HogQL at fault, as the caller wrote it, or None.
        position: Where in it, or None where the server does not say.
    """

    def __init__(
        self,
        detail: str,
        *,
        query_id: str | None = None,
        status: int | None = None,
        body: Any = None,
        code: str | None = None,
        sql: str | None = None,
        position: QueryPosition | None = None,
    ) -> None:
        self.detail = detail
        self.query_id = query_id
        self.status = status
        self.body = body
        self.code = code
        self.sql = sql
        self.position = position
        super().__init__(detail)

    def __str__(self) -> str:
        where = f" (line {self.position.line}, column {self.position.column})" if self.position else ""
        return _line(f"query {self.query_id or ''} failed: {self.detail}{where}".replace("  ", " "))

    def explain(self) -> str:
        """The message over several lines, with the SQL around the mistake and a mark under it."""
        from posthog_environments.queries.positions import excerpt

        if self.sql is None or self.position is None:
            return self.detail
        return f"{self.detail}\n{excerpt(self.sql, self.position)}"


class TruncatedResultError(_KeywordPickle, PostHogError):
    """A result was cut by a limit that nobody wrote, and the caller asked for an error then.

    Attributes:
        result: The rows that came.
    """

    def __init__(self, reason: str, *, result: QueryResult) -> None:
        self.result = result
        super().__init__(reason)

    def __str__(self) -> str:
        return _line(str(self.args[0]))


class TruncatedResultWarning(UserWarning):
    """A result was cut by a limit that nobody wrote; the message says how to get the rest."""


class RowKeyError(PostHogError):
    """The key of an iteration cannot tell rows apart: it is missing, NULL, of a type without order, or comes twice."""


class MissingDependencyError(PostHogError, ImportError):
    """An optional library is not installed; the message says how to install it."""


class WriteError(_KeywordPickle, PostHogError, ValueError):
    """A row that a file cannot hold, or that does not fit the rows before it.

    Attributes:
        row: Number of the row, from 1; None where it is about all of them.
        column: Name of the column, or None.
    """

    def __init__(self, reason: str, *, row: int | None = None, column: str | None = None) -> None:
        self.row = row
        self.column = column
        super().__init__(reason)


class ExportError(_KeywordPickle, PostHogError):
    """An export failed on the server.

    Attributes:
        detail: The server's message.
        export_id: Id of the export, or None.
    """

    def __init__(self, detail: str, *, export_id: int | None = None) -> None:
        self.detail = detail
        self.export_id = export_id
        super().__init__(detail)

    def __str__(self) -> str:
        return _line(f"export {'' if self.export_id is None else self.export_id} failed: {self.detail}")


class DeadlineExceeded(_KeywordPickle, PostHogError):
    """The time given for the whole call is over.

    Attributes:
        deadline: Seconds that were given.
        method: HTTP method.
        path: Path of the request.
        attempts: How many times it was tried.
        last_error: What the last attempt ended with, or None.
        export_id: Number of the export that was waited for, or None; `exports.wait` takes it up again.
        query_id: The query that was being waited for and that goes on, or None; `client.query.job(query_id)` waits
            for it again.
        hint: What to do about it, or None.
    """

    query_id: str | None = None
    hint: str | None = None

    def __init__(
        self,
        *,
        deadline: float,
        method: str,
        path: str,
        attempts: int,
        last_error: PostHogError | None = None,
        export_id: int | None = None,
    ) -> None:
        self.deadline = deadline
        self.method = method
        self.path = path
        self.attempts = attempts
        self.last_error = last_error
        self.export_id = export_id
        super().__init__(deadline, method, path, attempts)

    def __str__(self) -> str:
        last = f"; last: {self.last_error}" if self.last_error else ""
        request = f"({self.method} {self.path}{_tries(self.attempts)})"
        hint = f". {self.hint}" if self.hint else ""
        return _line(f"not done within {self.deadline:g} s {request}{_goes_on(self.query_id)}{last}{hint}")


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    409: ConflictError,
    429: RateLimitError,
}


def status_error(
    *,
    status: int,
    content: bytes,
    method: str,
    path: str,
    request_id: str | None = None,
    retry_after: float | None = None,
    attempts: int = 1,
    hint: str | None = None,
) -> APIStatusError | QueryError:
    """The error for an answer that is no success, from whatever body it has."""
    body = _body(content)
    query = _object(_object(body).get("query_status"))
    if query:
        # The status of a failed query answers 400 or 500 with the status object itself.
        return QueryError(
            _text(query.get("error_message")) or "the server gives no reason",
            query_id=_text(query.get("id")),
            status=status,
            body=body,
        )
    fields = _envelope(_object(body))
    detail = fields.pop("detail", None) or _described(status, body)
    cls = _BY_STATUS.get(status) or (ServerError if status >= 500 else APIStatusError)
    return cls(
        status=status,
        method=method,
        path=path,
        detail=detail,
        body=body,
        request_id=request_id,
        retry_after=retry_after,
        attempts=attempts,
        hint=hint or _hint(status, detail),
        **fields,
    )


def _body(content: bytes) -> Any:
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode(errors="replace")


def _object(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _envelope(body: Mapping[str, Any]) -> dict[str, str | None]:
    """The fields of PostHog's error body, wherever a hand-made answer put them."""
    fields = {key: _text(body.get(key)) for key in ("type", "code", "attr")}
    code = fields["code"]
    detail = _text(body.get("detail")) or _text(body.get("error")) or _text(body.get("message"))
    if code and detail and " " in code and " " not in detail:
        # persons and groups answer {"code": "This field is required.", "detail": "required"}.
        code, detail = detail, code
    return {**fields, "code": code, "detail": detail}


def _described(status: int, body: Any) -> str:
    if body is None:
        return "the server sent no explanation"
    if isinstance(body, str):
        title = re.search(r"<title[^>]*>(.*?)</title>", body, re.IGNORECASE | re.DOTALL)
        text = title.group(1) if title else re.sub(r"<[^>]*>", " ", body)
        return " ".join(text.split())[:200] or f"status {status}"
    return json.dumps(body)[:200]


def _hint(status: int, detail: str) -> str | None:
    if status == 401:
        return "Check POSTHOG_PERSONAL_API_KEY, and that the host is the region where the key was made."
    if status == 404 and "Project not found" in detail:
        return (
            "Check the project id and the host (us or eu); the key may also have no access to this project."
        )
    scope = re.search(r"missing required scope '([^']+)'", detail)
    if status == 403 and scope:
        return f"Add the scope {scope.group(1)} to the key under Settings → Personal API keys."
    if status == 403 and "does not support" in detail:
        return "Servers of 2025 give this operation no scope, so personal API keys cannot call it."
    return None


def _tries(attempts: int) -> str:
    return f", {attempts} attempts" if attempts > 1 else ""


def _goes_on(query_id: str | None) -> str:
    return f"; the query goes on, client.query.job({query_id!r}) waits for it again" if query_id else ""


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_LINE else line[: _MAX_LINE - 1] + "…"


__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "DeadlineExceeded",
    "DecodeError",
    "EventsIncompleteError",
    "ExportError",
    "InvalidRequestError",
    "MethodNotAllowedError",
    "MissingDependencyError",
    "NotFoundError",
    "PaginationLoopError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PostHogError",
    "QueryError",
    "RateLimitError",
    "RateLimiterError",
    "ResponseTooLargeError",
    "RowKeyError",
    "ServerError",
    "TruncatedResultError",
    "TruncatedResultWarning",
    "status_error",
]
