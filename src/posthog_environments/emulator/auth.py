"""Who may do what. One function decides: `KeyRing.authorize`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from posthog_environments.emulator.data.users import OWNER, User
from posthog_environments.emulator.errors import authentication_failed, not_authenticated
from posthog_environments.emulator.messages import Request

if TYPE_CHECKING:
    from posthog_environments_api.operations import OperationInfo


@define(frozen=True)
class Principal:
    """Whoever sent a request.

    Attributes:
        user: The user whose key it is.
    """

    user: User


class KeyRing:
    """The personal API keys that are valid."""

    def __init__(self, key: str) -> None:
        self._principals = {key: Principal(OWNER)}

    def authorize(self, request: Request, operations: tuple[OperationInfo, ...]) -> Principal:
        """Whoever may call these operations, of which the request's method picks one.

        Only `Authorization: Bearer` counts. The key has no scopes, so that it may do anything, like PostHog's
        legacy keys; that is why the operations do not matter yet.

        Raises:
            ApiError: There is no key (401), or it is not valid (401).
        """
        scheme, _, value = request.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise not_authenticated()
        principal = self._principals.get(value.strip())
        if principal is None:
            raise authentication_failed()
        return principal
