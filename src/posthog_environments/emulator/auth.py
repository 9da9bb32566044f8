"""Who may do what: personal API keys, their scopes and their limits.

Sources: PostHog auth.py (where a key may stand, what is said of a wrong one), permissions.py (what is refused, and in
which order) and routing.py (how a project token changes the project), mid to late 2025.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from attrs import define

from posthog_environments.emulator.data.mixing import Source
from posthog_environments.emulator.data.users import OWNER, User
from posthog_environments.emulator.errors import (
    authentication_failed,
    not_authenticated,
    not_found,
    permission_denied,
)
from posthog_environments.emulator.json_types import is_object
from posthog_environments.emulator.messages import Request

if TYPE_CHECKING:
    from posthog_environments.emulator.routing import Match
    from posthog_environments.emulator.state import State
    from posthog_environments_api.operations import OperationInfo

_BEARER: Final = re.compile(r"Bearer\s+(\S.+)")
_SCOPE: Final = re.compile(r"([a-z_]+):(read|write)")
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ANYTHING: Final = "*"


def scope_objects() -> tuple[str, ...]:
    """What scopes are about, as far as the operations of the contract need them."""
    from posthog_environments_api.operations import OPERATIONS

    return tuple(sorted({scope.partition(":")[0] for op in OPERATIONS.values() for scope in op.scopes}))


@define(frozen=True)
class Principal:
    """Whoever sent a request.

    Attributes:
        user: The user whose key it is.
        name: Label of the key.
        scopes: What the key may do; None for a legacy key, which may do anything.
        projects: Numbers of the projects that the key is limited to, or None.
        organizations: Ids of the organizations that the key is limited to, or None.
    """

    user: User
    name: str = ""
    scopes: frozenset[str] | None = None
    projects: frozenset[int] | None = None
    organizations: frozenset[str] | None = None


class KeyRing:
    """The personal API keys that are valid, and the tokens of the project.

    Attributes:
        project_token: The project's public token, `phc_...`.
        organization_id: The organization that the project belongs to.
    """

    def __init__(self, key: str, seed: int = 0) -> None:
        self._source = Source(seed, "keys")
        self._principals = {key: Principal(OWNER, "all-mighty")}
        self._made = 0
        self.project_token = "phc_" + self._letters(43)
        digits = "".join(self._source.dice(-1).pick("0123456789abcdef") for _ in range(16))
        self.organization_id = f"0195f6de-9d6c-7000-{'89ab'[seed % 4]}{digits[:3]}-{digits[3:15]}"

    def _letters(self, length: int) -> str:
        dice = self._source.dice(self._made)
        self._made += 1
        return "".join(dice.pick(_BASE62) for _ in range(length))

    # --- keys ----------------------------------------------------------------------------------------------

    def add(
        self,
        scopes: Iterable[str] | None,
        projects: Iterable[int] | None,
        organizations: Iterable[str] | None,
        user: User,
        value: str | None,
        name: str,
    ) -> str:
        """A new key. See `Emulator.add_key`."""
        allowed = None if scopes is None else _checked_scopes(scopes)
        limits = _checked_projects(projects), _checked_organizations(organizations)
        if allowed is None and limits != (None, None):
            raise ValueError(
                "a legacy key (scopes=None) may do anything in any project; give scopes, such as ('*',), to limit it"
            )
        if not isinstance(name, str):
            raise TypeError(f"name must be a text, got {type(name).__name__}")
        if value is None:
            value = "phx_" + self._letters(47)
        elif not checked_key(value, "value").startswith("phx_"):
            raise ValueError("a personal API key starts with phx_ and has no spaces")
        if value in self._principals:
            raise ValueError(
                f"there is a key of this value already; its name is {self._principals[value].name!r}"
            )
        self._principals[value] = Principal(user, name or f"key {len(self._principals)}", allowed, *limits)
        return value

    def remove(self, key: str) -> None:
        """Make a key invalid. See `Emulator.remove_key`."""
        if self._principals.pop(key, None) is None:
            raise LookupError("there is no such key; give what `add_key` returned")

    # --- requests ------------------------------------------------------------------------------------------

    def authenticate(self, request: Request) -> Principal:
        """Whoever sent this. The first key counts that is found in: header, body, query string.

        Raises:
            ApiError: There is no key (401), or it is not valid (401). A project token or a secret project token
                is an invalid key; an OAuth token is told apart, and none is valid here.
        """
        found = _BEARER.fullmatch(request.headers.get("authorization", ""))
        if found is not None and found[1].startswith("pha_"):
            raise authentication_failed("Invalid access token.")
        if found is not None:
            key, place = found[1].strip(), "Authorization header"
        elif "personal_api_key" in (body := _body(request)):
            key, place = body["personal_api_key"], "body"
        elif (given := request.last("personal_api_key")) is not None:
            key, place = given, "query string"
        else:
            raise not_authenticated()
        principal = self._principals.get(key) if isinstance(key, str) else None
        if principal is None:
            raise authentication_failed(f"Personal API key found in request {place} is invalid.")
        return principal

    def counted(self, request: Request) -> str | None:
        """What the rate limits count by: the key, unless it stands in the body, where they do not look."""
        found = _BEARER.fullmatch(request.headers.get("authorization", ""))
        return found[1].strip() if found is not None else request.last("personal_api_key")


def _body(request: Request) -> Mapping[str, Any]:
    try:
        body: Any = json.loads(request.content) if request.content else None
    except (ValueError, RecursionError):
        return {}
    return body if is_object(body) else {}


# --- checks of what a key is made of -------------------------------------------------------------------------


def checked_key(key: Any, name: str = "api_key") -> str:
    """A key that a request can carry in its Authorization header.

    Raises:
        TypeError: It is no text.
        ValueError: It has spaces or letters beyond ASCII, or less than two characters.
    """
    if not isinstance(key, str):
        raise TypeError(f"{name} must be a text, got {type(key).__name__}")
    if len(key) < 2 or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(f"{name} must be two or more characters without spaces, such as phx_123")
    return key


def _checked_scopes(scopes: Iterable[str]) -> frozenset[str]:
    known = scope_objects()
    given: tuple[Any, ...] = (scopes,) if isinstance(scopes, str) else _several(scopes, "scopes")
    if not given:
        raise ValueError(
            "a key without scopes can do nothing; None makes a legacy key, ('*',) allows all scopes"
        )
    for scope in given:
        match = _SCOPE.fullmatch(scope) if isinstance(scope, str) else None
        if scope != ANYTHING and (match is None or match[1] not in known):
            raise ValueError(
                f"{scope!r} is no scope; a scope is '*', or <object>:read or <object>:write where the object is one "
                f"of {', '.join(known)}"
            )
    return frozenset(given)


def _checked_projects(projects: Iterable[int] | None) -> frozenset[int] | None:
    given = None if projects is None else frozenset(_several(projects, "projects"))
    if given is not None and (not given or any(type(number) is not int for number in given)):
        raise ValueError(f"projects must be one or more project numbers, got {sorted(given, key=str)}")
    return given


def _checked_organizations(organizations: Iterable[str] | None) -> frozenset[str] | None:
    if isinstance(organizations, str):
        organizations = (organizations,)
    given = None if organizations is None else frozenset(_several(organizations, "organizations"))
    if given is not None and (not given or not all(_UUID.fullmatch(str(each)) for each in given)):
        raise ValueError(
            f"organizations must be one or more organization UUIDs, got {sorted(map(str, given))}"
        )
    return given


def _several(given: Iterable[Any], name: str) -> tuple[Any, ...]:
    if not isinstance(given, Iterable):
        raise TypeError(f"{name} must be several, such as a list, got {given!r}")
    return tuple(given)


# --- permission ----------------------------------------------------------------------------------------------


def permit(
    state: State, principal: Principal, match: Match, operation: OperationInfo | None, request: Request
) -> None:
    """Let a key through to a route of the project, or not. A wrong method is refused only after this.

    A scoped key of whatever scopes is refused by operations without a documented scope, as the server has no scope
    for them. The documentation says nothing of that: in its profile such operations take every key.

    Raises:
        ApiError: 403 for a scope or a limit of the key, 401 for an unknown project token, 404 for another project.
    """
    scoped = principal.scopes is not None
    needed = _needed(match, operation, request.method)
    if scoped and not needed and state.profile == "observed":
        kind = "Personal API Key" if state.behaviour.era == 2025 else "personal API key"
        raise permission_denied(f"This action does not support {kind} access")
    _check_project(state, match, request)
    if principal.scopes is None:
        return
    if principal.projects is not None and state.project_id not in principal.projects:
        raise permission_denied(
            f"API key does not have access to the requested project: ID {state.project_id}."
        )
    organization = state.keys.organization_id
    if principal.organizations is not None and organization not in principal.organizations:
        raise permission_denied(
            f"API key does not have access to the requested organization: ID {organization}."
        )
    for scope in needed:
        if not principal.scopes & {ANYTHING, scope, scope.replace(":read", ":write")}:
            raise permission_denied(f"API key missing required scope '{scope}'")


def _needed(match: Match, operation: OperationInfo | None, method: str) -> tuple[str, ...]:
    """Scopes of an operation; PATCH needs one even where there is no such operation, if not of one thing."""
    if operation is not None:
        return operation.scopes
    if method != "PATCH" or match.route.template[-1].startswith("{"):
        return ()
    scopes = {scope for other in match.route.operations.values() for scope in other.scopes}
    return tuple(sorted({f"{scope.partition(':')[0]}:write" for scope in scopes}))[:1]


def _check_project(state: State, match: Match, request: Request) -> None:
    """A project token in the query of a GET names the project, whatever the path says (`token`, else `api_key`)."""
    token = (request.last("token") or request.last("api_key")) if request.method == "GET" else None
    if token:
        if token != state.keys.project_token:
            raise authentication_failed("Incorrect authentication credentials.")
    elif match.project not in ("@current", str(state.project_id)):
        raise not_found("Project not found.")
