"""Where requests go: host, project, and root of the path."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import SplitResult, urlsplit

from posthog_environments.errors import ConfigurationError

HOST_VARIABLE = "POSTHOG_HOST"
PROJECT_VARIABLE = "POSTHOG_PROJECT_ID"
REGIONS = {"us": "https://us.posthog.com", "eu": "https://eu.posthog.com"}
API_ROOTS = ("environments", "projects")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def find_origin(host: str | None) -> str:
    """Scheme and host (and port) to send requests to: `us`, `eu` or a URL; `us` when nothing is given.

    Raises:
        ConfigurationError: It is no such thing, is an ingestion host, or would send the key unencrypted.
    """
    given = host if host is not None else os.environ.get(HOST_VARIABLE) or "us"
    if not isinstance(given, str):
        raise ConfigurationError("host must be 'us', 'eu' or a URL such as https://posthog.example.com")
    given = given.strip()
    if given.lower() in REGIONS:
        return REGIONS[given.lower()]
    if "://" not in given:
        given = f"https://{given}"
    parts = _split(given)
    name = parts.hostname or ""
    if name.endswith(".i.posthog.com"):
        region = name.split(".")[0].split("-")[0]
        raise ConfigurationError(
            f"{name} only takes events in; this API lives on {REGIONS.get(region, 'https://us.posthog.com')}"
        )
    if parts.scheme == "http" and not is_loopback(name):
        raise ConfigurationError(
            f"plain http would show the API key to everyone on the way: use https://{name}"
        )
    port = parts.port
    shown = f"[{name}]" if ":" in name else name
    if port is None or port == _DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{shown}"
    return f"{parts.scheme}://{shown}:{port}"


def _split(url: str) -> SplitResult:
    example = "give 'us', 'eu' or a URL such as https://posthog.example.com"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r} is no host: {error}; {example}") from None
    name = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not name or port == 0:
        raise ConfigurationError(f"{url!r} is no host; {example}")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("a host must not hold a user name or password")
    if not all(c.isascii() and (c.isalnum() or c in "-._:") for c in name):
        raise ConfigurationError(f"{url!r} is no host; {example}")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{url!r} holds more than a host: give scheme and host only, such as {parts.scheme}://{parts.netloc}"
        )
    return parts


def is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an absolute http(s) URL, comparable to `find_origin`; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in _DEFAULT_PORTS
        or not parts.hostname
        or "@" in parts.netloc
        or "\\" in parts.netloc
    ):
        return None
    shown = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is None or port == _DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{shown}"
    return f"{parts.scheme}://{shown}:{port}"


def find_project(project_id: int | str | None) -> str:
    """The project (environment) number as text, or `@current`.

    Raises:
        ConfigurationError: There is none, or it is neither.
    """
    given = project_id if project_id is not None else os.environ.get(PROJECT_VARIABLE)
    if given is None or given == "":
        raise ConfigurationError(
            f"no project: pass project_id= or set {PROJECT_VARIABLE}. "
            "The number stands in PostHog under Settings → Project → General."
        )
    text = str(given).strip()
    if isinstance(given, bool) or not (text == "@current" or (text.isascii() and text.isdecimal())):
        raise ConfigurationError(f"project_id must be the number of a project or '@current', got {given!r}")
    return text


def check_api_root(api_root: str) -> str:
    """Raises ConfigurationError unless it is one of the two roots that PostHog has."""
    if api_root not in API_ROOTS:
        raise ConfigurationError(f"api_root must be 'environments' or 'projects', got {api_root!r}")
    return api_root
