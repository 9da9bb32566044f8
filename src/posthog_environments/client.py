"""`Client` and `AsyncClient`: the resources of one project, with the same decisions behind both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve

from posthog_environments.auth import find_key
from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.clock import Clock
from posthog_environments.errors import InvalidRequestError
from posthog_environments.hosts import check_api_root, find_origin, find_project
from posthog_environments.http import AsyncHttp, SyncHttp
from posthog_environments.policy import RetryEvent, RetryPolicy
from posthog_environments.resources import AsyncResources, SyncResources
from posthog_environments.settings import (
    DEFAULT_MAX_RESPONSE_BYTES,
    Settings,
    check_deadline,
    check_max_response_bytes,
    check_max_retries,
    check_timeout,
)
from posthog_environments_api.codec import loads
from posthog_environments_api.operation import Operation
from posthog_environments_api.types import UNSET, RequestOptions, Timeout, Unset

if TYPE_CHECKING:
    import httpx

    from posthog_environments.limits import RateLimiter


def _settings(
    project_id: int | str | None,
    given_key: list[str | Callable[[], str] | None],
    host: str | None,
    api_root: str,
    timeout: float | Timeout | None,
    max_retries: int,
    deadline: float | None,
    max_response_bytes: int,
    rate_limiter: RateLimiter | None,
    on_retry: Callable[[RetryEvent], None] | None,
    clock: Clock | None,
) -> Settings:
    return Settings(
        origin=find_origin(host),
        project_id=find_project(project_id),
        key=find_key(given_key),
        api_root=check_api_root(api_root),
        timeout=check_timeout(timeout),
        retries=RetryPolicy(max_retries=check_max_retries(max_retries)),
        deadline=check_deadline(deadline),
        max_response_bytes=check_max_response_bytes(max_response_bytes),
        limiter=rate_limiter,
        on_retry=on_retry,
        clock=clock or Clock(),
    )


def _changed(
    settings: Settings,
    project_id: int | str | Unset,
    api_root: str | Unset,
    timeout: float | Timeout | Unset,
    max_retries: int | Unset,
    deadline: float | Unset | None,
    on_retry: Callable[[RetryEvent], None] | Unset | None,
) -> Settings:
    if not isinstance(project_id, Unset):
        settings = evolve(settings, project_id=find_project(project_id))
    if not isinstance(api_root, Unset):
        settings = evolve(settings, api_root=check_api_root(api_root))
    if not isinstance(timeout, Unset):
        settings = evolve(settings, timeout=check_timeout(timeout))
    if not isinstance(max_retries, Unset):
        retries = evolve(settings.retries, max_retries=check_max_retries(max_retries))
        settings = evolve(settings, retries=retries)
    if not isinstance(deadline, Unset):
        settings = evolve(settings, deadline=check_deadline(deadline))
    if not isinstance(on_retry, Unset):
        settings = evolve(settings, on_retry=on_retry)
    return settings


def ad_hoc(
    settings: Settings, method: str, path: str, query: Mapping[str, str] | None, json: Any
) -> tuple[Operation[Any], dict[str, Any]]:
    """An operation that the contract does not know."""
    method = method.upper()
    if method not in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        raise InvalidRequestError(f"{method!r} is no HTTP method")
    if not path.startswith("/"):
        path = f"/api/{settings.api_root}/{settings.project_id}/{path}"
    if path.startswith("//") or any(c in path for c in "?#\\ \r\n") or {".", ".."} & set(path.split("/")):
        raise InvalidRequestError(f"{path!r} is no plain path; pass query parameters as query=")
    operation: Operation[Any] = Operation(
        operation_id="request",
        tag="client",
        name="request",
        method=method,
        path=path,
        scopes=(),
        rate_limit="crud",
        read_only=method in ("GET", "HEAD", "OPTIONS"),
        parse=lambda status, content: loads(content) if content.strip() else None,
    )
    request: dict[str, Any] = {"method": method, "url": path, "params": list((query or {}).items())}
    if json is not UNSET:
        request["json"] = json
    return operation, request


class Client(SyncResources):
    """The environments API of one project.

        client = Client(project_id=12345)
        for person in client.persons.list(search="ada@"):
            ...

    Use it in a `with` block, or call `close()`, to close its connections. One client may be shared by threads.

    Args:
        project_id: Number of the project (environment), or `@current`; default `POSTHOG_PROJECT_ID`.
        api_key: Personal API key (`phx_…`), or a function that returns one; default `POSTHOG_PERSONAL_API_KEY`.
        host: `us`, `eu`, or the URL of another PostHog; default `POSTHOG_HOST`, else `us`.
        api_root: `environments`, or `projects` for servers that have moved these operations there.
        timeout: Seconds for each part of one attempt, or a `Timeout`; by default 5 s to connect, 60 s to read,
            30 s to write, 10 s to get a connection.
        max_retries: How many times to try again what is safe to repeat; 0 never does.
        deadline: Seconds for a whole call, retries and waits included; none by default.
        max_response_bytes: Largest answer that is read, after decompression; 512 MiB by default.
        rate_limiter: Keeps requests below PostHog's limits, see `RateLimiter`; none by default.
        on_retry: Called with a `RetryEvent` before each further attempt.
        transport: An httpx transport, for tests and for proxies of your own.
        clock: Time and chance, for tests.

    Raises:
        ConfigurationError: No key or project was found, or one of the settings cannot work.
    """

    def __init__(
        self,
        project_id: int | str | None = None,
        *,
        api_key: str | Callable[[], str] | None = None,
        host: str | None = None,
        api_root: str = "environments",
        timeout: float | Timeout | None = None,
        max_retries: int = 2,
        deadline: float | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: RateLimiter | None = None,
        on_retry: Callable[[RetryEvent], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        given = [api_key]
        del api_key
        settings = _settings(
            project_id,
            given,
            host,
            api_root,
            timeout,
            max_retries,
            deadline,
            max_response_bytes,
            rate_limiter,
            on_retry,
            clock,
        )
        self._caller = SyncCaller(settings, SyncHttp(transport))
        super().__init__(self._caller)

    @property
    def project_id(self) -> str:
        """Number of the project, or `@current`."""
        return self._caller.settings.project_id

    @property
    def host(self) -> str:
        """Scheme and host that requests go to."""
        return self._caller.settings.origin

    def with_options(
        self,
        *,
        project_id: int | str | Unset = UNSET,
        api_root: str | Unset = UNSET,
        timeout: float | Timeout | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        on_retry: Callable[[RetryEvent], None] | Unset | None = UNSET,
    ) -> Self:
        """A copy with other settings. It shares the connections of this client, which stays as it is."""
        settings = _changed(
            self._caller.settings, project_id, api_root, timeout, max_retries, deadline, on_retry
        )
        copy = object.__new__(type(self))
        copy._caller = SyncCaller(settings, self._caller.http)
        SyncResources.__init__(copy, copy._caller)
        return copy

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = UNSET,
        options: RequestOptions | None = None,
    ) -> Any:
        """Call an endpoint that the contract does not have, with the same key, retries and errors.

        Args:
            method: HTTP method.
            path: Path from the root of the host (`/api/users/@me/`), or, without the leading slash, inside the
                project (`feature_flags/`).
            query: Query parameters.
            json: Body, sent as JSON.
            options: Settings of this call that differ from the client's.

        Returns:
            The decoded JSON body, or None when it is empty.
        """
        operation, request = ad_hoc(self._caller.settings, method, path, query, json)
        return self._caller.call(operation, request, options)

    def close(self) -> None:
        """Close the connections, also those of copies made by `with_options`."""
        self._caller.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        caller = getattr(self, "_caller", None)
        return f"<Client of project {caller.settings.project_id} at {self.host}>" if caller else "<Client>"


class AsyncClient(AsyncResources):
    """The environments API of one project, asynchronous.

        async with AsyncClient(project_id=12345) as client:
            async for person in client.persons.list(search="ada@"):
                ...

    Takes the arguments of `Client`, with an asynchronous transport, and decides everything like it.

    Raises:
        ConfigurationError: No key or project was found, or one of the settings cannot work.
    """

    def __init__(
        self,
        project_id: int | str | None = None,
        *,
        api_key: str | Callable[[], str] | None = None,
        host: str | None = None,
        api_root: str = "environments",
        timeout: float | Timeout | None = None,
        max_retries: int = 2,
        deadline: float | None = None,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        rate_limiter: RateLimiter | None = None,
        on_retry: Callable[[RetryEvent], None] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock | None = None,
    ) -> None:
        given = [api_key]
        del api_key
        settings = _settings(
            project_id,
            given,
            host,
            api_root,
            timeout,
            max_retries,
            deadline,
            max_response_bytes,
            rate_limiter,
            on_retry,
            clock,
        )
        self._caller = AsyncCaller(settings, AsyncHttp(transport))
        super().__init__(self._caller)

    @property
    def project_id(self) -> str:
        """Number of the project, or `@current`."""
        return self._caller.settings.project_id

    @property
    def host(self) -> str:
        """Scheme and host that requests go to."""
        return self._caller.settings.origin

    def with_options(
        self,
        *,
        project_id: int | str | Unset = UNSET,
        api_root: str | Unset = UNSET,
        timeout: float | Timeout | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        on_retry: Callable[[RetryEvent], None] | Unset | None = UNSET,
    ) -> Self:
        """A copy with other settings. It shares the connections of this client, which stays as it is."""
        settings = _changed(
            self._caller.settings, project_id, api_root, timeout, max_retries, deadline, on_retry
        )
        copy = object.__new__(type(self))
        copy._caller = AsyncCaller(settings, self._caller.http)
        AsyncResources.__init__(copy, copy._caller)
        return copy

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = UNSET,
        options: RequestOptions | None = None,
    ) -> Any:
        """Call an endpoint that the contract does not have; see `Client.request`."""
        operation, request = ad_hoc(self._caller.settings, method, path, query, json)
        return await self._caller.call(operation, request, options)

    async def aclose(self) -> None:
        """Close the connections, also those of copies made by `with_options`."""
        await self._caller.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        caller = getattr(self, "_caller", None)
        return (
            f"<AsyncClient of project {caller.settings.project_id} at {self.host}>"
            if caller
            else "<AsyncClient>"
        )
