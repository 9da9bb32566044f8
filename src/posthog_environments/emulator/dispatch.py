"""From a request to its answer: route, key, project, method, checks, handler, format, in the order of the real server."""

from __future__ import annotations

from collections.abc import Mapping

from posthog_environments.emulator.errors import (
    ApiError,
    method_not_allowed,
    not_found,
    unsupported_media_type,
)
from posthog_environments.emulator.handlers import Call, Handler, handlers
from posthog_environments.emulator.messages import NOTHING, Request, Response, empty
from posthog_environments.emulator.rendering import render, wants_csv
from posthog_environments.emulator.routing import Match, Router
from posthog_environments.emulator.state import State
from posthog_environments.emulator.validation import check_body, check_query, parse_body
from posthog_environments_api.operations import OPERATIONS, OperationInfo


class Dispatcher:
    """Answers requests to one emulator."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._router = Router(OPERATIONS.values())
        self._handlers: Mapping[str, Handler] = handlers()

    def answer(self, request: Request) -> tuple[str | None, tuple[int, dict[str, str], bytes]]:
        """Operation id, where there is such an operation; and status, headers and body."""
        match = self._router.match(request.segments)
        method = "GET" if request.method == "HEAD" else request.method
        operation = match.route.operations.get(method) if match else None
        as_csv = False
        try:
            if match is None:
                raise not_found()
            response, as_csv = self._respond(match, operation, request)
        except ApiError as error:
            response, as_csv = Response(error.status, error.body, None, error.headers), False
        status, headers, content = render(response, as_csv=as_csv)
        if request.method == "HEAD":
            content = b""
        return operation.operation_id if operation else None, (status, headers, content)

    def _respond(
        self, match: Match, operation: OperationInfo | None, request: Request
    ) -> tuple[Response, bool]:
        principal = self._state.keys.authorize(request, tuple(match.route.operations.values()))
        if match.project not in ("@current", str(self._state.project_id)):
            raise not_found("Project not found.")
        if operation is None:
            raise method_not_allowed(request.method, match.route.allowed)
        as_csv = wants_csv(operation, request)
        handler = self._handlers[operation.operation_id]
        call = Call(self._state, operation, request, principal, match.params, csv=as_csv)
        call.query = check_query(operation, request, handler.unchecked)
        if operation.method in ("POST", "PATCH", "PUT") and handler.body != "ignored":
            _check_media_type(handler, request)
            body = parse_body(request)
            call.body = body if handler.body == "raw" else check_body(operation, body, handler.unchecked)
        response = handler.function(call)
        return self._as_documented(operation, response), as_csv

    def _as_documented(self, operation: OperationInfo, response: Response) -> Response:
        """Where the documentation says "no response body", its profile sends none, whatever the server does."""
        promised = self._state.profile != "documented" or operation.documented is not None
        if promised or response.status != 200 or response.body is NOTHING:
            return response
        return empty(200)


def _check_media_type(handler: Handler, request: Request) -> None:
    """Persons parse JSON only; other endpoints take what they get (PostHog source person.py)."""
    given = request.headers.get("content-type", "")
    if (
        handler.json_only
        and request.content
        and given.split(";")[0].strip().lower() not in ("application/json", "*/*")
    ):
        raise unsupported_media_type(given)
