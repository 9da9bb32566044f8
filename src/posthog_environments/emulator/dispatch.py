"""From a request to its answer, in the order of the real server.

Route (404), key (401), scopes and project (403, 404), paid feature (402), rate limit (429), method (405), checks (400),
handler, format.
"""

from __future__ import annotations

from collections.abc import Mapping

from posthog_environments.emulator.auth import Principal, permit
from posthog_environments.emulator.errors import (
    ApiError,
    method_not_allowed,
    not_found,
    payment_required,
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
        state = self._state
        principal = state.keys.authenticate(request)
        permit(state, principal, match, operation, request)
        # Django REST framework checks permissions and rate limits of an endpoint before it looks at the method.
        nearest = operation or next(iter(match.route.operations.values()))
        if nearest.entitlement is not None and nearest.entitlement not in state.behaviour.entitlements:
            raise payment_required(nearest.entitlement)
        self._throttle(nearest, request, principal)
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

    def _throttle(self, operation: OperationInfo, request: Request, principal: Principal) -> None:
        state = self._state
        key = state.keys.counted(request)
        if state.behaviour.throttle and key is not None:
            name = operation.rate_limit
            tell_wait = name != "persons" or state.behaviour.persons_tell_wait
            state.throttles.count(name, key, principal.user.id, state.clock.micros(), tell_wait=tell_wait)

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
