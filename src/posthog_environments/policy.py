"""When to try again, and how long to wait: pure decisions, no I/O.

Rules and their sources: a request that changes something is repeated only when the server cannot have acted on
it (nothing was sent, or it was throttled), because PostHog has no idempotency keys. A read is repeated on
everything that may pass. `Retry-After` is obeyed; it is absent where the server is merely busy (too many
simultaneous queries), and then the wait grows exponentially with full jitter.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Literal

from attrs import define

from posthog_environments_api.errors import PostHogError

RETRIED_READ_STATUSES = frozenset({408, 429, 500, 502, 503, 504, 512, 520, 521, 522, 523, 524})
RETRIED_WRITE_STATUSES = frozenset({429})
IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


@define(frozen=True)
class Outcome:
    """How one attempt ended.

    Attributes:
        kind: `status` when the server answered, `not_sent` when the request cannot have reached it, `unknown` when
            it may have.
        status: HTTP status of the answer.
        retry_after: Seconds that the server asked to wait, or None.
        final: Whether the answer is final whatever its status.
    """

    kind: Literal["status", "not_sent", "unknown"]
    status: int = 0
    retry_after: float | None = None
    final: bool = False


@define(frozen=True)
class Decision:
    """What to do next.

    Attributes:
        retry: Whether to try again.
        delay: Seconds to wait before that.
        reason: Why not, or why: for the log and for `on_retry`.
    """

    retry: bool
    delay: float = 0.0
    reason: str = ""


@define(frozen=True)
class RetryEvent:
    """What `on_retry` is told before each further attempt.

    Attributes:
        method: HTTP method.
        path: Path of the request.
        attempt: Number of the attempt that failed, from 1.
        delay: Seconds until the next one.
        error: What the failed attempt ended with.
    """

    method: str
    path: str
    attempt: int
    delay: float
    error: PostHogError


@define(frozen=True)
class RetryPolicy:
    """Limits of trying again.

    Attributes:
        max_retries: How many times to try again.
        first_delay: Upper bound of the first wait, in seconds; it doubles from one attempt to the next.
        max_delay: Upper bound of any wait that the server did not ask for, in seconds.
        max_retry_after: Longest wait asked for by the server that is obeyed, in seconds; beyond it the error is
            raised at once and says when to come back.
    """

    max_retries: int = 2
    first_delay: float = 0.5
    max_delay: float = 8.0
    max_retry_after: float = 60.0

    def decide(
        self,
        outcome: Outcome,
        *,
        repeatable: bool,
        attempt: int,
        chance: float,
        remaining: float | None = None,
    ) -> Decision:
        """Decide after a failed attempt.

        Args:
            outcome: How it ended.
            repeatable: Whether sending the request twice does no more than sending it once.
            attempt: Its number, from 1.
            chance: A number from 0 up to 1, for the jitter.
            remaining: Seconds until the deadline of the whole call, or None.
        """
        if outcome.final or not _may_pass(outcome, repeatable):
            return Decision(False, reason="not retried")
        if attempt > self.max_retries:
            return Decision(False, reason="no retries left")
        if outcome.retry_after is not None:
            if outcome.retry_after > self.max_retry_after:
                return Decision(False, reason="the server asks for a longer wait than allowed")
            delay = outcome.retry_after
        else:
            delay = chance * min(self.max_delay, self.first_delay * 2 ** (attempt - 1))
        if remaining is not None and delay >= remaining:
            return Decision(False, reason="the deadline comes first")
        return Decision(True, delay, "retried")


def _may_pass(outcome: Outcome, repeatable: bool) -> bool:
    if outcome.kind == "not_sent":
        return True
    if outcome.kind == "unknown":
        return repeatable
    return outcome.status in (RETRIED_READ_STATUSES if repeatable else RETRIED_WRITE_STATUSES)


def retry_after_seconds(value: str | None, now: float) -> float | None:
    """Seconds of a `Retry-After` header, given in seconds or as an HTTP date; None where it makes no sense."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdecimal():
        return float(text) if len(text) < 10 else float("inf")
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
