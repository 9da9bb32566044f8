"""The API key: where it comes from, what is refused, and how it stays out of sight."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import NoReturn

from posthog_environments.errors import ConfigurationError

KEY_VARIABLE = "POSTHOG_PERSONAL_API_KEY"
_SETTINGS = (
    "Settings → Personal API keys (https://us.posthog.com/settings/user-api-keys, or the same page on eu)"
)


class ApiKey:
    """A key, or a function that gives one, that shows neither in `repr` nor in `vars`, and is not pickled."""

    __slots__ = ("_get",)

    def __init__(self, source: str | Callable[[], str]) -> None:
        problem = key_problem(source) if not callable(source) else None
        if problem is not None:
            # No frame of ours may show what was given, not even when it is wrong.
            del source
            raise ConfigurationError(problem)
        self._get: Callable[[], str] = source if callable(source) else source.strip

    def header(self) -> str:
        """Value of the Authorization header.

        Raises:
            ConfigurationError: The function gave something that cannot be a personal API key.
        """
        key = self._get()
        problem = key_problem(key)
        if problem is not None:
            del key
            raise ConfigurationError(problem)
        return f"Bearer {key.strip()}"

    def fingerprint(self) -> str:
        """The same for the same key, and nothing that leads back to it."""
        return hashlib.sha256(self.header().encode()).hexdigest()[:24]

    def __repr__(self) -> str:
        return "<ApiKey hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled; make a new client instead")


def find_key(given: list[str | Callable[[], str] | None]) -> ApiKey:
    """The key that was given, or the one of the environment.

    Args:
        given: A list that holds only what was given. It is emptied, so that no frame on the way shows the key to a
            crash reporter when it is refused.

    Raises:
        ConfigurationError: There is none, or it cannot be a personal API key.
    """
    api_key = given.pop()
    if api_key is None:
        api_key = os.environ.get(KEY_VARIABLE) or ""
    problem = None if callable(api_key) else key_problem(api_key)
    if problem is not None:
        del api_key
        raise ConfigurationError(problem)
    return ApiKey(api_key)


def key_problem(key: object) -> str | None:
    """Why this cannot be a personal API key, or None. The answer never holds the key."""
    if not isinstance(key, str):
        return "the API key must be a string, or a function that returns one"
    stripped = key.strip()
    if not stripped:
        return (
            f"no API key: set {KEY_VARIABLE} or pass api_key=. Personal API keys are made under {_SETTINGS}."
        )
    if stripped.startswith("phc_"):
        return (
            "this is a project token (phc_…), which can only send events; "
            f"this API needs a personal API key (phx_…), made under {_SETTINGS}"
        )
    if stripped.startswith("phs_"):
        return (
            "this is a secret project token (phs_…); "
            f"this API needs a personal API key (phx_…), made under {_SETTINGS}"
        )
    if not all("!" <= character <= "~" for character in stripped):
        return "the API key holds characters that no key has (spaces, line breaks or non-ASCII)"
    return None
