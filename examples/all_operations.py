"""Call every operation of the contract once, synchronously and asynchronously, against the emulator.

Nothing here lists operations by hand: what to call comes from `OPERATIONS`, required arguments and bodies from the
examples of the contract, and ids from the emulator's data.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable
from typing import Any, Literal

from attrs import define

from posthog_environments import OPERATIONS, UNSET, MethodNotAllowedError, PostHogError
from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OperationInfo

Profile = Literal["observed", "documented"]


@define(frozen=True)
class Outcome:
    """What one call gave.

    Attributes:
        operation: What was called.
        side: `sync` or `async`.
        passed: Whether it gave what the contract promises.
        result: The result, or the error, in a few words.
    """

    operation: OperationInfo
    side: str
    passed: bool
    result: str


def arguments(operation: OperationInfo, emulator: Emulator) -> tuple[list[Any], dict[str, Any]]:
    """Path ids in their order, and keyword arguments, for a call that the emulator accepts."""
    # A folder for the tree, because only folders can be counted.
    sample = (
        emulator.sample_folder_id() if operation.tag == "file_system" else emulator.sample_id(operation.tag)
    )
    ids = [
        sample
        for parameter in operation.parameters
        if parameter.location == "path" and parameter.name != "project_id"
    ]
    keywords = {
        parameter.keyword: parameter.example
        for parameter in operation.parameters
        if parameter.location == "query" and parameter.example is not None
    }
    if operation.body_example is not None:
        keywords["body"] = operation.body_example
    return ids, keywords


def call_all(profile: Profile = "observed") -> list[Outcome]:
    """Every operation, each on a fresh emulator, so that no call depends on another."""
    outcomes: list[Outcome] = []
    for operation in OPERATIONS.values():
        emulator = _emulator(profile)
        ids, keywords = arguments(operation, emulator)
        with emulator.client() as client:
            method = getattr(getattr(client, operation.tag), operation.name)
            try:
                outcomes.append(_success(operation, "sync", _taken(operation, method(*ids, **keywords))))
            except PostHogError as error:
                outcomes.append(_failure(operation, "sync", error))
    outcomes += asyncio.run(_call_all_async(profile))
    return outcomes


async def _call_all_async(profile: Profile) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for operation in OPERATIONS.values():
        emulator = _emulator(profile)
        ids, keywords = arguments(operation, emulator)
        async with emulator.async_client() as client:
            method = getattr(getattr(client, operation.tag), operation.name)
            try:
                called = method(*ids, **keywords)
                if operation.paginated:
                    result: Any = [item async for item in called]
                else:
                    assert inspect.isawaitable(called)
                    result = await called
                outcomes.append(_success(operation, "async", result))
            except PostHogError as error:
                outcomes.append(_failure(operation, "async", error))
    return outcomes


def _emulator(profile: Profile) -> Emulator:
    return Emulator(persons=120, events=250, seed=1, profile=profile)


def _taken(operation: OperationInfo, called: Any) -> Any:
    return list(called) if operation.paginated else called


def _success(operation: OperationInfo, side: str, result: Any) -> Outcome:
    return Outcome(
        operation, side, any(200 <= status < 300 for status in operation.statuses), described(result)
    )


def _failure(operation: OperationInfo, side: str, error: PostHogError) -> Outcome:
    # Where the only documented answer is 405, the typed error is the promise kept.
    promised = isinstance(error, MethodNotAllowedError) and not any(
        200 <= s < 300 for s in operation.statuses
    )
    words = f"{type(error).__name__} (as documented)" if promised else str(error)
    return Outcome(operation, side, promised, words)


def described(result: Any) -> str:
    """A result in a few words."""
    if result is None:
        return "done"
    if isinstance(result, bytes):
        return f"{len(result)} bytes"
    if isinstance(result, list):
        kinds = {type(item).__name__ for item in result}
        return f"{len(result)} × {kinds.pop()}" if len(kinds) == 1 else f"{len(result)} items"
    identity = getattr(result, "id", UNSET)
    return type(result).__name__ + (f" {identity}" if isinstance(identity, int) else "")


def table(outcomes: Iterable[Outcome]) -> list[tuple[str, str, str, str, bool]]:
    """Rows: method, path, what the synchronous call gave, what the asynchronous one gave, whether both are right."""
    rows: dict[str, dict[str, Outcome]] = {}
    for outcome in outcomes:
        rows.setdefault(outcome.operation.operation_id, {})[outcome.side] = outcome
    return [
        (
            f"{sides['sync'].operation.tag}.{sides['sync'].operation.name}",
            f"{sides['sync'].operation.method} {_short(sides['sync'].operation.path)}",
            sides["sync"].result,
            sides["async"].result,
            sides["sync"].passed and sides["async"].passed,
        )
        for sides in rows.values()
    ]


def _short(path: str) -> str:
    return path.removeprefix("/api/environments/{project_id}")
