"""Faults that the emulator makes on purpose, the same ones for the same seed.

    emulator = Emulator(faults=Faults(rate=0.1, seed=3))

Some strike before the request is processed and some after it, which a client cannot tell apart from outside: that is
what makes repeating a creation dangerous.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal, get_args

from attrs import define

from posthog_environments.breakage import Breakage
from posthog_environments.emulator.data.checking import checked_number
from posthog_environments.emulator.data.mixing import key_of, scramble
from posthog_environments.emulator.errors import throttled

Kind = Literal[
    "refused",
    "reset_before",
    "reset_after",
    "stalled_before",
    "stalled_after",
    "truncated",
    "throttled",
    "busy",
    "bad_gateway",
    "unavailable",
    "query_timeout",
    "capacity",
    "too_slow",
    "gateway_timeout",
    "server_error",
    "bare_error",
    "duplicate_page",
    "loop",
    "clock_jump",
]
Answer = tuple[int, dict[str, str], bytes]

SURVIVABLE: tuple[Kind, ...] = (
    "refused",
    "reset_before",
    "reset_after",
    "stalled_before",
    "stalled_after",
    "truncated",
    "throttled",
    "busy",
    "bad_gateway",
    "unavailable",
)
_JUMP = 3_600.0


@define(frozen=True)
class Faults:
    """Which faults, and how often.

    Attributes:
        rate: Part of the requests that are struck, from 0 to 1.
        seed: What decides which ones.
        kinds: What may happen: `refused` (no connection), `reset_before` and `reset_after` processing,
            `stalled_before` and `stalled_after` (no answer until the client gives up), `truncated` (processed, the body
            cut off), `throttled` (429 with Retry-After), `busy` (429 without), `bad_gateway` (502 with HTML),
            `unavailable` (503); not by default, for tests of one answer: `query_timeout` (429 without Retry-After, "Query
            timeout exceeded. ..."), `capacity` (500, "Queries are a little too busy right now. ..."), `too_slow` (512, a
            status of PostHog's own, "Estimated query execution time is too long. ..."), `gateway_timeout` (504 with
            HTML), `server_error` (500, `server_error`), `bare_error` (500 with nothing but `error`, as the list of
            recordings answers); and, not by default because no client can get past them, `duplicate_page` (the page
            before once more), `loop` (a `next` that leads back to its own page), `clock_jump` (the server's clock is an
            hour ahead from now on).
        retry_after: Seconds that `throttled` asks to wait.

    Raises:
        TypeError: `retry_after` is no whole number.
        ValueError: The rate is not from 0 to 1, `retry_after` is negative, or there is no such kind.
    """

    rate: float = 0.1
    seed: int = 0
    kinds: tuple[Kind, ...] = SURVIVABLE
    retry_after: int = 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.rate, int | float) or not 0 <= self.rate <= 1:
            raise ValueError(f"rate must be from 0 to 1, got {self.rate!r}")
        checked_number(self.retry_after, "retry_after")
        known = get_args(Kind)
        if isinstance(self.kinds, str) or not self.kinds or any(kind not in known for kind in self.kinds):
            raise ValueError(f"kinds must be some of {', '.join(get_args(Kind))}, got {self.kinds!r}")

    def strike(self, number: int) -> Kind | None:
        """What happens to the request of this number, or None."""
        chance = scramble(key_of(self.seed, "faults") + number)
        if (chance >> 32) / 2**32 >= self.rate:
            return None
        return self.kinds[(chance & 0xFFFFFFFF) % len(self.kinds)]


class FaultyAnswers:
    """Puts faults between a client and the answers of the emulator."""

    def __init__(self, faults: Faults, jump: Callable[[float], None]) -> None:
        self._faults = faults
        self._jump = jump
        self._number = 0
        self._pages: dict[str, bytes] = {}
        self.struck: dict[str, int] = {}

    def next(self) -> Kind | None:
        """Decide about one more request."""
        self._number += 1
        kind = self._faults.strike(self._number)
        if kind is not None:
            self.struck[kind] = self.struck.get(kind, 0) + 1
        return kind

    def before(self, kind: Kind | None) -> Answer | None:
        """What happens before processing: nothing, an answer in its place, or a breakage.

        Raises:
            Breakage: The connection fails; the request was not processed.
        """
        match kind:
            case "refused":
                raise Breakage("refused")
            case "reset_before":
                raise Breakage("reset")
            case "stalled_before":
                raise Breakage("stalled")
            case "throttled":
                return _throttled(self._faults.retry_after)
            case "busy":
                return _busy("Too many simultaneous queries. Try again later.")
            case "query_timeout":
                return _busy("Query timeout exceeded. Try again later.")
            case "capacity":
                return _failure(500, "Queries are a little too busy right now. Please try again later.")
            case "too_slow":
                return _failure(512, "Estimated query execution time is too long. Try a shorter time range.")
            case "server_error":
                return _failure(500, "A server error occurred.")
            case "bare_error":
                return _json(500, {"error": "An internal server error occurred. Please try again later."})
            case "bad_gateway":
                return _html(502, "Bad Gateway")
            case "unavailable":
                return _html(503, "Unavailable")
            case "gateway_timeout":
                return _html(504, "Gateway Time-out")
            case "clock_jump":
                self._jump(_JUMP)
                return None
            case _:
                return None

    def after(self, kind: Kind | None, path: str, url: str, answer: Answer) -> Answer:
        """What happens to the answer after processing.

        Raises:
            Breakage: The connection fails; the request was processed.
        """
        status, headers, content = answer
        previous = self._pages.get(path)
        if status == 200 and b'"next":' in content:
            self._pages[path] = content
        match kind:
            case "reset_after":
                raise Breakage("reset")
            case "stalled_after":
                raise Breakage("stalled")
            case "truncated" if len(content) > 1:
                half = content[: len(content) // 2]
                raise Breakage("truncated", status=status, headers=headers, content=half, length=len(content))
            case "truncated":
                raise Breakage("reset")
            case "duplicate_page" if previous is not None and b'"next":' in content:
                return status, headers, previous
            case "loop" if b'"next":' in content:
                return status, headers, json.dumps({**json.loads(content), "next": url}).encode()
            case _:
                return answer


def _json(status: int, body: dict[str, object], headers: dict[str, str] | None = None) -> Answer:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode()


def _html(status: int, title: str) -> Answer:
    page = f"<html><head><title>{status} {title}</title></head><body>nginx</body></html>"
    return status, {"Content-Type": "text/html"}, page.encode()


def _throttled(wait: int) -> Answer:
    refusal = throttled(wait)
    return _json(refusal.status, refusal.body, refusal.headers)


def _busy(detail: str) -> Answer:
    return _json(429, {"type": "throttled_error", "code": "throttled", "detail": detail, "attr": None})


def _failure(status: int, detail: str) -> Answer:
    return _json(status, {"type": "server_error", "code": "error", "detail": detail, "attr": None})


__all__ = ["SURVIVABLE", "Faults", "FaultyAnswers", "Kind"]
