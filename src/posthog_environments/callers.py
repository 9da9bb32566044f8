"""Whoever sends the requests of the generated resource classes. Only sending and waiting differ between the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from posthog_environments.errors import DecodeError
from posthog_environments.exchange import Reserve, Sleep, Step, Steps, exchange, request_id, request_path
from posthog_environments.http import AsyncHttp, Reply, SyncHttp
from posthog_environments.pagination import AsyncPages, Cursor, SyncPages
from posthog_environments.settings import Settings
from posthog_environments_api.operation import Operation
from posthog_environments_api.types import RequestOptions

if TYPE_CHECKING:
    from posthog_environments.limits import RateLimiter

T = TypeVar("T")
ItemT = TypeVar("ItemT")
PageT = TypeVar("PageT")


class _Caller:
    """What both callers share: everything but sending and waiting."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def project_id(self) -> str:
        return self.settings.project_id

    @property
    def _limiter(self) -> RateLimiter:
        assert self.settings.limiter is not None
        return self.settings.limiter

    def _counted(self) -> tuple[str, float]:
        """Whose requests are counted together, and when."""
        settings = self.settings
        return f"{settings.origin}:{settings.key.fingerprint()}", settings.clock.monotonic()

    def _steps(
        self, operation: Operation[Any], request: Mapping[str, Any], options: RequestOptions | None
    ) -> Steps:
        return exchange(self.settings, operation, request, options)

    def _decode(self, operation: Operation[T], request: Mapping[str, Any], reply: Reply) -> T:
        try:
            return operation.parse(reply.status, reply.content)
        except DecodeError as error:
            error.method = operation.method
            error.path = request_path(self.settings, request)
            error.status = reply.status
            error.request_id = request_id(reply)
            error.body = reply.content
            raise

    def _cursor(
        self, operation: Operation[PageT], request: Mapping[str, Any], items: Callable[[PageT], list[ItemT]]
    ) -> Cursor[PageT, ItemT]:
        assert operation.pagination is not None
        return Cursor(operation.pagination, request, items)


class SyncCaller(_Caller):
    """Sends, and blocks while waiting."""

    def __init__(self, settings: Settings, http: SyncHttp) -> None:
        super().__init__(settings)
        self.http = http

    def call(
        self, operation: Operation[T], request: dict[str, Any], options: RequestOptions | None = None
    ) -> T:
        return self._decode(operation, request, self._run(self._steps(operation, request, options)))

    def reply(
        self, operation: Operation[Any], request: dict[str, Any], options: RequestOptions | None = None
    ) -> Reply:
        """The answer as it came, headers and all."""
        return self._run(self._steps(operation, request, options))

    def call_text(
        self, operation: Operation[Any], request: dict[str, Any], options: RequestOptions | None = None
    ) -> str:
        return self._run(self._steps(operation, request, options)).content.decode(errors="replace")

    def paginate(
        self,
        operation: Operation[PageT],
        items: Callable[[PageT], list[ItemT]],
        request: dict[str, Any],
        options: RequestOptions | None,
        max_items: int | None,
    ) -> SyncPages[ItemT, PageT]:
        return SyncPages(
            lambda: self._cursor(operation, request, items),
            lambda page: self.call(operation, dict(page), options),
            max_items,
            f"{operation.tag}.{operation.name}",
        )

    def _run(self, steps: Steps) -> Reply:
        try:
            step = next(steps)
            while True:
                if isinstance(step, Sleep):
                    self.settings.clock.sleep(step.seconds)
                    step = steps.send(None)
                elif isinstance(step, Reserve):
                    step = steps.send(self._limiter.reserve(step.name, *self._counted()))
                else:
                    step = steps.send(self.http.send(step))
        except StopIteration as done:
            reply: Reply = done.value
            return reply


class AsyncCaller(_Caller):
    """Sends, and lets others run while waiting."""

    def __init__(self, settings: Settings, http: AsyncHttp) -> None:
        super().__init__(settings)
        self.http = http

    async def call(
        self, operation: Operation[T], request: dict[str, Any], options: RequestOptions | None = None
    ) -> T:
        return self._decode(operation, request, await self._run(self._steps(operation, request, options)))

    async def call_text(
        self, operation: Operation[Any], request: dict[str, Any], options: RequestOptions | None = None
    ) -> str:
        return (await self._run(self._steps(operation, request, options))).content.decode(errors="replace")

    def paginate(
        self,
        operation: Operation[PageT],
        items: Callable[[PageT], list[ItemT]],
        request: dict[str, Any],
        options: RequestOptions | None,
        max_items: int | None,
    ) -> AsyncPages[ItemT, PageT]:
        return AsyncPages(
            lambda: self._cursor(operation, request, items),
            lambda page: self.call(operation, dict(page), options),
            max_items,
            f"{operation.tag}.{operation.name}",
        )

    async def _run(self, steps: Steps) -> Reply:
        try:
            step: Step = next(steps)
            while True:
                if isinstance(step, Sleep):
                    await self.settings.clock.sleep_async(step.seconds)
                    step = steps.send(None)
                elif isinstance(step, Reserve):
                    step = steps.send(await self._limiter.reserve_async(step.name, *self._counted()))
                else:
                    step = steps.send(await self.http.send(step))
        except StopIteration as done:
            reply: Reply = done.value
            return reply
