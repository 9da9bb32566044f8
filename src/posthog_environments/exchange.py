"""One call from its first attempt to its result, as decisions without I/O.

`exchange` is a generator: it yields what to do (`HttpRequest` to send, `Sleep` to wait) and is sent what came of it.
The synchronous and the asynchronous caller drive the same generator, so they cannot decide differently.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Mapping
from typing import Any, cast
from urllib.parse import urlencode, urljoin, urlsplit

from attrs import define, evolve

from posthog_environments.clock import Clock
from posthog_environments.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    DeadlineExceeded,
    InvalidRequestError,
    PostHogError,
    QueryError,
    ResponseTooLargeError,
    status_error,
)
from posthog_environments.hosts import origin_of
from posthog_environments.http import USER_AGENT, Failure, HttpRequest, Reply
from posthog_environments.policy import IDEMPOTENT_METHODS, Outcome, RetryEvent, retry_after_seconds
from posthog_environments.settings import (
    Settings,
    check_deadline,
    check_max_retries,
    check_options,
    check_timeout,
)
from posthog_environments_api.operation import Operation
from posthog_environments_api.types import RequestOptions, Timeout

logger = logging.getLogger("posthog_environments")

_CONTRACT_ROOT = "/api/environments/"
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OWN_HEADERS = frozenset({"authorization", "host", "content-length", "transfer-encoding", "connection"})


@define(frozen=True)
class Sleep:
    """Wait this many seconds."""

    seconds: float


@define(frozen=True)
class Reserve:
    """Count one request of this rate-limit class; the answer is the seconds to wait, 0 when it may be sent."""

    name: str


Step = HttpRequest | Sleep | Reserve
Answer = Reply | Failure | float | None
Steps = Generator[Step, Answer, Reply]


def exchange(
    settings: Settings, operation: Operation[Any], request: Mapping[str, Any], options: RequestOptions | None
) -> Steps:
    """Call one operation: send, follow redirects of our own origin, try again where that is safe.

    Args:
        settings: The client's.
        operation: What is called.
        request: What the generated code made of the arguments: `method`, `url`, `params`, `json`. Beside them it may
            hold a `sink` that takes the body, and `max_bytes` of its own.
        options: Settings of this call.

    Raises:
        APIStatusError: The server answered with an error.
        APIConnectionError: No answer came.
        DeadlineExceeded: The time for the whole call is over.
        InvalidRequestError: The request cannot be sent.
    """
    options = check_options(options)
    clock = settings.clock
    policy = settings.retries
    if "max_retries" in options:
        policy = evolve(policy, max_retries=check_max_retries(options["max_retries"]))
    timeout = check_timeout(options["timeout"]) if "timeout" in options else settings.timeout
    deadline = check_deadline(options.get("deadline", settings.deadline))
    started = clock.monotonic()
    path = request_path(settings, request)
    method: str = operation.method
    first = _build(settings, operation, path, request, options, timeout)
    repeatable = operation.read_only or method in IDEMPOTENT_METHODS
    attempt = 0
    last: PostHogError | None = None
    while True:
        if settings.limiter is not None:
            yield from _wait_for_limit(operation, clock, started, deadline, path, attempt, last)
        attempt += 1
        remaining = None if deadline is None else deadline - (clock.monotonic() - started)
        if remaining is not None and remaining <= 0:
            raise DeadlineExceeded(
                deadline=deadline or 0, method=method, path=path, attempts=attempt - 1, last_error=last
            )
        began = clock.monotonic()
        result = yield from _attempt(settings, operation, _within(first, remaining), path)
        milliseconds = (clock.monotonic() - began) * 1000
        _log(method, path, attempt, milliseconds, result)
        if isinstance(result, Reply) and 200 <= result.status < 300:
            return result
        outcome, last = _judge(settings, result, method, path, attempt)
        remaining = None if deadline is None else deadline - (clock.monotonic() - started)
        decision = policy.decide(
            outcome, repeatable=repeatable, attempt=attempt, chance=clock.random(), remaining=remaining
        )
        if not decision.retry:
            if decision.reason == "the deadline comes first" and deadline is not None:
                raise DeadlineExceeded(
                    deadline=deadline, method=method, path=path, attempts=attempt, last_error=last
                )
            raise last
        if settings.on_retry is not None:
            settings.on_retry(RetryEvent(method, path, attempt, decision.delay, last))
        yield Sleep(decision.delay)


def _wait_for_limit(
    operation: Operation[Any],
    clock: Clock,
    started: float,
    deadline: float | None,
    path: str,
    attempts: int,
    last: PostHogError | None,
) -> Generator[Step, Answer, None]:
    """Wait until one more request fits the limits of its class."""
    while True:
        seconds = yield Reserve(operation.rate_limit)
        assert isinstance(seconds, (int, float))
        if seconds <= 0:
            return
        if deadline is not None and clock.monotonic() - started + seconds >= deadline:
            raise DeadlineExceeded(
                deadline=deadline, method=operation.method, path=path, attempts=attempts, last_error=last
            )
        yield Sleep(seconds)


def request_path(settings: Settings, request: Mapping[str, Any]) -> str:
    """Path of the request under the root that the client was told to use."""
    url: str = request["url"]
    if settings.api_root != "environments" and url.startswith(_CONTRACT_ROOT):
        return f"/api/{settings.api_root}/" + url[len(_CONTRACT_ROOT) :]
    return url


def _build(
    settings: Settings,
    operation: Operation[Any],
    path: str,
    request: Mapping[str, Any],
    options: RequestOptions,
    timeout: Timeout,
) -> HttpRequest:
    params = list(request.get("params", ()))
    params += list(options.get("query", {}).items())
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
    content: bytes | None = None
    if "json" in request:
        content = _json(_identified(settings, operation, request["json"]))
        headers["Content-Type"] = "application/json"
    for name, value in options.get("headers", {}).items():
        headers[_header_name(name)] = _header_value(name, value)
    if operation.binary or any(name == "format" for name, _ in params):
        headers["Accept"] = "*/*"
    query = f"?{urlencode(params)}" if params else ""
    return HttpRequest(
        method=operation.method,
        url=f"{settings.origin}{path}{query}",
        headers=headers,
        content=content,
        timeout=timeout,
        max_bytes=request.get("max_bytes", settings.max_response_bytes),
        authorization=settings.key.header,
        sink=request.get("sink"),
    )


def _identified(settings: Settings, operation: Operation[Any], body: Any) -> Any:
    """The body with an id of this call, where the endpoint takes one: a repeated query is then not run twice."""
    name = operation.request_id_field
    if name is None or not isinstance(body, dict):
        return body
    fields = cast("dict[str, Any]", body)
    return fields if fields.get(name) is not None else {**fields, name: settings.clock.unique_id()}


def _json(value: Any) -> bytes:
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"the body cannot be sent as JSON: {error}") from None


def _header_name(name: str) -> str:
    if not name or not all(c.isascii() and (c.isalnum() or c in "!#$%&'*+-.^_`|~") for c in name):
        raise InvalidRequestError(f"{name!r} is no header name")
    if name.lower() in _OWN_HEADERS:
        raise InvalidRequestError(f"the header {name} is the client's own")
    return name


def _header_value(name: str, value: str) -> str:
    if not isinstance(value, str) or any(c in value for c in "\r\n\0"):
        raise InvalidRequestError(f"the value of header {name} must be one line of text")
    return value


def _within(request: HttpRequest, remaining: float | None) -> HttpRequest:
    """The same request, with no part of it allowed to take longer than what remains."""
    if remaining is None:
        return request
    old = request.timeout
    parts = {
        name: remaining if value is None else min(value, remaining)
        for name, value in (
            ("connect", old.connect),
            ("read", old.read),
            ("write", old.write),
            ("pool", old.pool),
        )
    }
    return evolve(request, timeout=Timeout(**parts))


def _attempt(
    settings: Settings, operation: Operation[Any], request: HttpRequest, path: str
) -> Generator[Step, Answer, Reply | Failure]:
    """Send, and follow redirects: inside our origin with method, body and key; elsewhere without the key, and only
    where the contract says that the operation hands over to object storage."""
    for _ in range(_MAX_REDIRECTS + 1):
        result = yield request
        assert isinstance(result, (Reply, Failure))
        if isinstance(result, Failure) or result.status not in _REDIRECTS:
            return result
        target = urljoin(request.url, result.headers.get("location", ""))
        if not result.headers.get("location") or origin_of(target) is None:
            return result
        if origin_of(target) == settings.origin and request.authorization is not None:
            method = "GET" if result.status == 303 else request.method
            content = None if result.status == 303 else request.content
            request = evolve(request, url=target, method=method, content=content)
        elif operation.foreign_redirect and request.method == "GET" and target.startswith("https://"):
            request = evolve(request, url=target, headers={"User-Agent": USER_AGENT}, authorization=None)
        else:
            return result
    return Failure(f"more than {_MAX_REDIRECTS} redirects", sent=True)


def _judge(
    settings: Settings, result: Reply | Failure, method: str, path: str, attempts: int
) -> tuple[Outcome, PostHogError]:
    if isinstance(result, Failure):
        if result.refused:
            return Outcome("not_sent", final=True), InvalidRequestError(result.reason)
        if result.too_large:
            too_large = ResponseTooLargeError(result.reason, method=method, path=path)
            return Outcome("unknown", final=True), too_large
        cls = APITimeoutError if result.timeout else APIConnectionError
        error = cls(result.reason, method=method, path=path, attempts=attempts, sent=result.sent)
        return Outcome("unknown" if result.sent else "not_sent"), error
    retry_after = retry_after_seconds(result.headers.get("retry-after"), settings.clock.now())
    failure: APIStatusError | QueryError = status_error(
        status=result.status,
        content=result.content,
        method=method,
        path=path,
        request_id=request_id(result),
        retry_after=retry_after,
        attempts=attempts,
        hint=_redirect_hint(settings, result),
    )
    final = isinstance(failure, QueryError)
    return Outcome("status", result.status, retry_after, final), failure


def _redirect_hint(settings: Settings, reply: Reply) -> str | None:
    if reply.status not in _REDIRECTS:
        return None
    target = origin_of(urljoin(settings.origin, reply.headers.get("location", "")))
    if target is not None and target != settings.origin:
        return f"Redirected to {target}, where the key must not go; if that is the right host, set host=."
    return None


def request_id(reply: Reply) -> str | None:
    return reply.headers.get("x-request-id") or reply.headers.get("x-posthog-request-id")


def _log(method: str, path: str, attempt: int, milliseconds: float, result: Reply | Failure) -> None:
    if not logger.isEnabledFor(logging.DEBUG):
        return
    if isinstance(result, Reply):
        logger.debug(
            "%s %s -> %d, attempt %d, %.0f ms, request id %s",
            method,
            path,
            result.status,
            attempt,
            milliseconds,
            request_id(result) or "-",
        )
    else:
        logger.debug("%s %s -> %s, attempt %d, %.0f ms", method, path, result.reason, attempt, milliseconds)


def path_and_query(url: str, current: str) -> str:
    """The path and query of a link, which may be absolute or relative to `current`; its host never counts."""
    parts = urlsplit(urljoin(f"https://link.invalid{current}", url))
    return parts.path + (f"?{parts.query}" if parts.query else "")
