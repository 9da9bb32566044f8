"""Work that takes many calls, as decisions without I/O.

Such work is a generator, here called steps. It yields what to do next: a `Call` of an operation, a `Sleep`, or a batch
of results to `Give` to whoever iterates. It is sent what came of it, and a failed call is raised inside it. The
synchronous and the asynchronous driver run the same steps, so that both clients decide alike.

    def wait(...) -> Steps[Status]:
        while True:
            status = yield Call(query_retrieve.OPERATION, request)
            if status.complete:
                return status
            yield Sleep(1.0)

Steps that have begun something on the server yield `OnInterrupt(call)`: when the work is broken off from outside
(Ctrl-C, a cancelled task, an iterator that is closed early, a callback that raises), the driver makes that call before
it lets go.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from attrs import define, field

from posthog_environments.callers import AsyncCaller, SyncCaller
from posthog_environments.exchange import Sleep
from posthog_environments.pagination import Cursor
from posthog_environments_api.errors import PostHogError
from posthog_environments_api.operation import Operation
from posthog_environments_api.types import RequestOptions

T = TypeVar("T")
PageT = TypeVar("PageT")
ItemT = TypeVar("ItemT")

LAST_WORDS: RequestOptions = {"timeout": 5.0, "max_retries": 0, "deadline": 5.0}
"""How a call is made on the way out: once, and not for long."""


@define(frozen=True)
class Call(Generic[T]):
    """Call an operation; the answer is its decoded result.

    Attributes:
        operation: What to call.
        request: What the generated code made of the arguments (`request_kwargs`).
        options: Settings of this call, or None.
    """

    operation: Operation[T]
    request: Mapping[str, Any] = field(repr=False)
    options: RequestOptions | None = None


@define(frozen=True)
class Give(Generic[ItemT]):
    """Hand items to whoever iterates; the answer is None, once all of them were taken."""

    items: Sequence[ItemT]


@define(frozen=True)
class OnInterrupt:
    """From now on, make this call (or none) when the work is broken off from outside."""

    call: Call[Any] | None


Step = Call[Any] | Sleep | Give[Any] | OnInterrupt
Steps = Generator[Step, Any, T]


def every_page(
    operation: Operation[PageT],
    request: Mapping[str, Any],
    items: Callable[[PageT], list[ItemT]],
    options: RequestOptions | None = None,
) -> Generator[Step, Any, list[ItemT]]:
    """Steps that read a whole list and give its items; for lists that are known to be short."""
    assert operation.pagination is not None
    cursor = Cursor(operation.pagination, request, items)
    found: list[ItemT] = []
    while cursor.request is not None:
        page = yield Call(operation, cursor.request, options)
        found += cursor.advance(page)
    return found


class SyncJobs:
    """Runs steps, and blocks while waiting."""

    def __init__(self, caller: SyncCaller) -> None:
        self._caller = caller

    def run(self, steps: Steps[T]) -> T:
        """Run to the end; the result is what the steps return.

        Raises:
            PostHogError: What the steps raise.
        """
        run = self._batches(steps)
        while True:
            try:
                next(run)
            except StopIteration as done:
                result: T = done.value
                return result

    def iterate(self, steps: Steps[Any]) -> Iterator[Any]:
        """The items that the steps give, as they come."""
        for batch in self._batches(steps):
            yield from batch

    def _batches(self, steps: Steps[T]) -> Generator[Sequence[Any], None, T]:
        last: Call[Any] | None = None
        try:
            step = next(steps)
            while True:
                answer: Any = None
                failure: PostHogError | None = None
                if isinstance(step, Give):
                    yield step.items
                elif isinstance(step, OnInterrupt):
                    last = step.call
                elif isinstance(step, Sleep):
                    self._caller.settings.clock.sleep(step.seconds)
                else:
                    try:
                        answer = self._caller.call(step.operation, dict(step.request), step.options)
                    except PostHogError as error:
                        failure = error
                step = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as done:
            result: T = done.value
            return result
        except PostHogError:
            raise
        except BaseException:
            if last is not None:
                with suppress(PostHogError):
                    self._caller.call(last.operation, dict(last.request), LAST_WORDS)
            raise
        finally:
            steps.close()


class AsyncJobs:
    """Runs steps, and lets others run while waiting."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def run(self, steps: Steps[T]) -> T:
        """Run to the end; the result is what the steps return.

        Raises:
            PostHogError: What the steps raise.
        """
        results: list[T] = []
        async for _ in self._batches(steps, results):
            pass
        return results[0]

    async def iterate(self, steps: Steps[Any]) -> AsyncGenerator[Any, None]:
        """The items that the steps give, as they come. Close it (`aclosing`) when leaving it early."""
        batches = self._batches(steps, [])
        try:
            async for batch in batches:
                for item in batch:
                    yield item
        finally:
            await batches.aclose()

    async def _batches(self, steps: Steps[T], results: list[T]) -> AsyncGenerator[Sequence[Any], None]:
        last: Call[Any] | None = None
        try:
            step = next(steps)
            while True:
                answer: Any = None
                failure: PostHogError | None = None
                if isinstance(step, Give):
                    yield step.items
                elif isinstance(step, OnInterrupt):
                    last = step.call
                elif isinstance(step, Sleep):
                    await self._caller.settings.clock.sleep_async(step.seconds)
                else:
                    try:
                        answer = await self._caller.call(step.operation, dict(step.request), step.options)
                    except PostHogError as error:
                        failure = error
                step = steps.send(answer) if failure is None else steps.throw(failure)
        except StopIteration as done:
            results.append(done.value)
        except PostHogError:
            raise
        except BaseException:
            if last is not None:
                with suppress(PostHogError):
                    await self._caller.call(last.operation, dict(last.request), LAST_WORDS)
            raise
        finally:
            steps.close()
