"""Pages by limit and offset, as Django REST framework makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from posthog_environments.emulator.messages import Request
from posthog_environments.emulator.validation import query_integer

T = TypeVar("T")

DEFAULT_LIMIT = 100


def limit_and_offset(query: Mapping[str, Any], default: int = DEFAULT_LIMIT) -> tuple[int, int]:
    """Size and start of the page; what makes no sense counts as the default. There is no largest size."""
    return query_integer(query, "limit", default, 1), query_integer(query, "offset", 0, 0)


def next_url(request: Request, limit: int, offset: int, count: int) -> str | None:
    if offset + limit >= count:
        return None
    return request.url_with({"limit": str(limit), "offset": str(offset + limit)})


def previous_url(request: Request, limit: int, offset: int) -> str | None:
    if offset <= 0:
        return None
    before = str(offset - limit) if offset > limit else None
    return request.url_with({"limit": str(limit), "offset": before})


def page(
    request: Request, query: Mapping[str, Any], rows: Sequence[T], serialize: Callable[[T], Any]
) -> dict[str, Any]:
    """`{count, next, previous, results}` of these rows."""
    limit, offset = limit_and_offset(query)
    return {
        "count": len(rows),
        "next": next_url(request, limit, offset, len(rows)),
        "previous": previous_url(request, limit, offset),
        "results": [serialize(row) for row in rows[offset : offset + limit]],
    }
