"""The API key: where it comes from, what is refused, and how it stays out of sight."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
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
        if isinstance(source, str):
            checked = check_key(source)
            self._get: Callable[[], str] = lambda: checked
        elif callable(source):
            self._get = lambda: check_key(source())
        else:
            raise ConfigurationError("api_key must be a string or a function that returns one")

    def header(self) -> str:
        """Value of the Authorization header."""
        return f"Bearer {self._get()}"

    def __repr__(self) -> str:
        return "<ApiKey hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled; make a new client instead")


def find_key(api_key: str | Callable[[], str] | None, environ: Mapping[str, str] = os.environ) -> ApiKey:
    """The key that was given, or the one of the environment.

    Raises:
        ConfigurationError: There is none, or it cannot be a personal API key.
    """
    source = api_key if api_key is not None else environ.get(KEY_VARIABLE)
    if source is None or source == "":
        raise ConfigurationError(
            f"no API key: set {KEY_VARIABLE} or pass api_key=. Personal API keys are made under {_SETTINGS}."
        )
    return ApiKey(source)


def check_key(key: str) -> str:
    if not isinstance(key, str):
        raise ConfigurationError("the API key must be a string")
    stripped = key.strip()
    if not stripped:
        raise ConfigurationError(f"the API key is empty: set {KEY_VARIABLE} or pass api_key=")
    if stripped.startswith("phc_"):
        raise ConfigurationError(
            "this is a project token (phc_…), which can only send events; "
            f"this API needs a personal API key (phx_…), made under {_SETTINGS}"
        )
    if stripped.startswith("phs_"):
        raise ConfigurationError(
            f"this is a secret project token (phs_…); this API needs a personal API key (phx_…), made under {_SETTINGS}"
        )
    if not all("!" <= character <= "~" for character in stripped):
        raise ConfigurationError(
            "the API key holds characters that no key has (spaces, line breaks or non-ASCII)"
        )
    return stripped
