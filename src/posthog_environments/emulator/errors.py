"""Errors as PostHog writes them: `{type, code, detail, attr}`, and the answers that were made by hand and differ.

Source: drf-exceptions-hog and PostHog's own views, October 2025.
"""

from __future__ import annotations

from typing import Any, Final

_UNSUPPORTED: Final = "emulator_unsupported"


class ApiError(Exception):
    """An error answer.

    Attributes:
        status: HTTP status.
        body: JSON body; None for an empty one.
        headers: Further headers.
    """

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        super().__init__(status, body)


def error(
    status: int,
    kind: str,
    code: str,
    detail: str,
    attr: str | None = None,
    headers: dict[str, str] | None = None,
) -> ApiError:
    return ApiError(status, {"type": kind, "code": code, "detail": detail, "attr": attr}, headers)


def invalid(detail: str, attr: str | None = None, code: str = "invalid_input") -> ApiError:
    """400: the request fails validation."""
    return error(400, "validation_error", code, detail, attr)


def required(attr: str) -> ApiError:
    return invalid("This field is required.", attr, "required")


def swapped(attr: str) -> ApiError:
    """400 with code and detail swapped, as persons and groups answer by hand (person.py, groups.py)."""
    return ApiError(
        400,
        {"attr": attr, "code": "This field is required.", "detail": "required", "type": "validation_error"},
    )


def bare(detail: str) -> ApiError:
    """400 with nothing but a detail, as the file system answers by hand (file_system.py)."""
    return ApiError(400, {"detail": detail})


def parse_error(detail: str) -> ApiError:
    return error(400, "invalid_request", "parse_error", f"JSON parse error - {detail}")


def unsupported(what: str) -> ApiError:
    """400 for what PostHog can do and the emulator cannot: never to be mistaken for an empty result."""
    return invalid(f"The emulator does not support this: {what}", code=_UNSUPPORTED)


def is_unsupported(problem: ApiError) -> bool:
    """Whether it is the emulator that cannot do this, not PostHog that would not."""
    return problem.status == 400 and problem.body.get("code") == _UNSUPPORTED


def not_authenticated() -> ApiError:
    detail = "Authentication credentials were not provided."
    return error(401, "authentication_error", "not_authenticated", detail)


def authentication_failed(detail: str) -> ApiError:
    return error(401, "authentication_error", "authentication_failed", detail)


def payment_required(feature: str) -> ApiError:
    """402: the organization's plan lacks a feature (PostHog source exceptions.py)."""
    detail = (
        f"{feature.capitalize().replace('_', ' ')} is part of the premium PostHog offering. "
        "To use it, subscribe to PostHog Cloud with a generous free tier."
    )
    return error(402, "server_error", "payment_required", detail)


def permission_denied(detail: str) -> ApiError:
    return error(403, "authentication_error", "permission_denied", detail)


def throttled(wait: int | None) -> ApiError:
    """429; `wait` in seconds, where the server can tell."""
    detail = "Request was throttled."
    if wait is None:
        return error(429, "throttled_error", "throttled", detail)
    detail += f" Expected available in {wait} second{'' if wait == 1 else 's'}."
    return error(429, "throttled_error", "throttled", detail, headers={"Retry-After": str(wait)})


def server_failure() -> ApiError:
    """500: what the server does where nobody thought of the request."""
    return error(500, "server_error", "error", "A server error occurred.")


def not_found(detail: str = "Not found.") -> ApiError:
    return error(404, "invalid_request", "not_found", detail)


def method_not_allowed(method: str, allowed: str) -> ApiError:
    detail = f'Method "{method}" not allowed.'
    return error(405, "invalid_request", "method_not_allowed", detail, headers={"Allow": allowed})


def unsupported_media_type(given: str) -> ApiError:
    detail = f'Unsupported media type "{given}" in request.'
    return error(415, "invalid_request", "unsupported_media_type", detail)


def too_busy(detail: str) -> ApiError:
    """429 for another reason than a rate: free text, and no Retry-After."""
    return error(429, "throttled_error", "throttled", detail)
