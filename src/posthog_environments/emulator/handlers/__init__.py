"""One module per tag. A handler answers one operation and names it with `@handles`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from attrs import define, field

from posthog_environments.emulator.auth import Principal
from posthog_environments.emulator.messages import Request, Response
from posthog_environments.emulator.state import State
from posthog_environments_api.operations import OperationInfo


@define
class Call:
    """One call of one operation.

    Attributes:
        state: The emulator.
        operation: What is called.
        request: The request as it came.
        principal: Whoever called.
        params: Values of the path's parameters, as text.
        query: Checked query parameters that were given.
        body: Checked fields of the JSON body that were given.
        csv: Whether CSV is asked for.
    """

    state: State
    operation: OperationInfo
    request: Request
    principal: Principal
    params: dict[str, str]
    query: dict[str, Any] = field(factory=dict[str, Any])
    body: dict[str, Any] = field(factory=dict[str, Any])
    csv: bool = False

    @property
    def documented(self) -> bool:
        """Whether to behave as the documentation promises, not as the server does."""
        return self.state.profile == "documented"


@define(frozen=True)
class Handler:
    """How one operation is answered.

    Attributes:
        function: Gives the response, or raises ApiError.
        unchecked: Query parameters and body fields that it checks itself.
        body: `checked` against the contract, `raw` for any JSON object, or `ignored`.
        json_only: Whether a body of another content type is refused.
    """

    function: Callable[[Call], Response]
    unchecked: frozenset[str]
    body: str
    json_only: bool


_HANDLERS: dict[str, Handler] = {}
_MODULES = (
    "evaluations",
    "events",
    "exports",
    "file_system",
    "groups",
    "hog_functions",
    "persisted_folder",
    "persons",
    "plugin_configs",
    "query",
    "session_recordings",
    "sessions",
    "subscriptions",
)


def handles(
    operation_id: str, *, unchecked: Iterable[str] = (), body: str = "checked", json_only: bool = False
) -> Callable[[Callable[[Call], Response]], Callable[[Call], Response]]:
    """Register a function as the handler of an operation."""

    def register(function: Callable[[Call], Response]) -> Callable[[Call], Response]:
        _HANDLERS[operation_id] = Handler(function, frozenset(unchecked), body, json_only)
        return function

    return register


def handlers() -> dict[str, Handler]:
    """Every handler by operation id."""
    for module in _MODULES:
        import_module(f"{__name__}.{module}")
    return _HANDLERS
