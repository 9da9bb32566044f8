"""What a client was told, as one value that copies share and change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import define, field

from posthog_environments.auth import ApiKey
from posthog_environments.clock import Clock
from posthog_environments.errors import ConfigurationError
from posthog_environments.policy import RetryEvent, RetryPolicy
from posthog_environments_api.types import RequestOptions, Timeout

if TYPE_CHECKING:
    from posthog_environments.limits import RateLimiter

DEFAULT_MAX_RESPONSE_BYTES = 512 * 1024 * 1024


@define(frozen=True)
class Settings:
    """Everything that a call needs besides its own arguments.

    Attributes:
        origin: Scheme and host.
        project_id: Number of the project, or `@current`.
        key: The API key.
        api_root: `environments` or `projects`.
        timeout: How long each part of one attempt may take.
        retries: When to try again.
        deadline: Seconds for a whole call, or None.
        max_response_bytes: Largest body that is read.
        limiter: Makes requests wait for PostHog's limits, or None.
        on_retry: Told before each further attempt.
        clock: Time and chance.
    """

    origin: str
    project_id: str
    key: ApiKey = field(repr=False)
    api_root: str
    timeout: Timeout
    retries: RetryPolicy
    deadline: float | None
    max_response_bytes: int
    limiter: RateLimiter | None
    on_retry: Callable[[RetryEvent], None] | None
    clock: Clock = field(repr=False)


def check_timeout(timeout: float | Timeout | None) -> Timeout:
    """A number counts for reading, writing and the pool alike; connecting never takes longer than 5 seconds."""
    if timeout is None:
        return Timeout()
    if isinstance(timeout, Timeout):
        return timeout
    _check_positive("timeout", timeout)
    return Timeout(connect=min(5.0, timeout), read=timeout, write=timeout, pool=timeout)


def check_max_retries(max_retries: int) -> int:
    if isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0:
        raise ConfigurationError(f"max_retries must be a whole number from 0, got {max_retries!r}")
    return max_retries


def check_max_response_bytes(max_response_bytes: int) -> int:
    if (
        isinstance(max_response_bytes, bool)
        or not isinstance(max_response_bytes, int)
        or max_response_bytes < 1
    ):
        raise ConfigurationError(
            f"max_response_bytes must be a whole number above 0, got {max_response_bytes!r}"
        )
    return max_response_bytes


def check_deadline(deadline: float | None) -> float | None:
    if deadline is not None:
        _check_positive("deadline", deadline)
    return deadline


def _check_positive(name: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ConfigurationError(f"{name} must be a number of seconds above 0, got {value!r}")


_KNOWN_OPTIONS = frozenset(RequestOptions.__annotations__)


def check_options(options: RequestOptions | None) -> RequestOptions:
    """Raises ConfigurationError for a name that does not exist: a misspelt option must not be ignored."""
    if options is None:
        return {}
    unknown = set(options) - _KNOWN_OPTIONS
    if unknown:
        raise ConfigurationError(
            f"unknown options {sorted(unknown)}; known are {', '.join(sorted(_KNOWN_OPTIONS))}"
        )
    return options
