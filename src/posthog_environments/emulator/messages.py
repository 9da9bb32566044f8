"""Requests and responses inside the emulator: what the handlers see instead of sockets or httpx."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from attrs import define, field


@define(frozen=True)
class Request:
    """One request, taken apart.

    Attributes:
        method: HTTP method.
        origin: Scheme and host that it was sent to.
        path: Path as sent.
        segments: Parts of the path, decoded.
        query: Query parameters in order.
        headers: Headers by lower-case name.
        content: Body.
    """

    method: str
    origin: str
    path: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    content: bytes

    def last(self, name: str) -> str | None:
        """Value of a query parameter; the last one counts."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def url(self, query: Iterable[tuple[str, str]]) -> str:
        """Absolute URL of this path with other query parameters."""
        encoded = urlencode(list(query))
        return f"{self.origin}{self.path}?{encoded}" if encoded else f"{self.origin}{self.path}"

    def url_with(self, changes: Mapping[str, str | None]) -> str:
        """Absolute URL of this request with some parameters set, or removed by None; the others keep their place."""
        query = [(name, value) for name, value in self.query if name not in changes]
        query += [(name, value) for name, value in changes.items() if value is not None]
        return self.url(query)


def parse_request(method: str, url: str, headers: Iterable[tuple[str, str]], content: bytes) -> Request:
    """Take a request apart. `url` is absolute, or a path, whose host is then that of the Host header."""
    named = {name.lower(): value for name, value in headers}
    if url.startswith("/"):
        origin = f"http://{named.get('host') or 'localhost'}"
        path, _, encoded = url.partition("#")[0].partition("?")
    else:
        parts = urlsplit(url)
        origin, path, encoded = f"{parts.scheme}://{parts.netloc}", parts.path or "/", parts.query
    trimmed = path[1:-1] if path.endswith("/") and len(path) > 1 else path[1:]
    segments = tuple(unquote(segment) for segment in trimmed.split("/"))
    query = tuple(parse_qsl(encoded, keep_blank_values=True))
    return Request(method.upper(), origin, path, segments, query, named, content)


@define(frozen=True)
class Response:
    """One response.

    Attributes:
        status: HTTP status.
        body: JSON value, or `NOTHING` for an empty body.
        content: Bytes that are sent instead of JSON.
        headers: Further headers.
    """

    status: int = 200
    body: Any = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(factory=dict[str, str])


class _Nothing:
    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = _Nothing()


def empty(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """A response without a body."""
    return Response(status, NOTHING, None, headers or {})


def encode(value: Any) -> bytes:
    """JSON as bytes. A lone surrogate, which no UTF-8 can hold, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


_KEY: Final = "personal_api_key"
_LEFT_OUT: Final = "(left out)"


@define(frozen=True)
class RecordedRequest:
    """A request as the emulator saw it, for tests to look at.

    Attributes:
        method: HTTP method.
        path: Path as sent.
        query: Query parameters in order.
        body: Decoded JSON body, or None.
        status: HTTP status that it was answered with.
        operation_id: Operation that it called, or None when no such operation exists.
        headers: Headers by lower-case name.
        size: Bytes of the body.

    A key is left out wherever it stood.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any
    status: int
    operation_id: str | None
    headers: dict[str, str]
    size: int = 0

    def param(self, name: str) -> str | None:
        """Value of a query parameter, or None; the last one counts."""
        return next((value for key, value in reversed(self.query) if key == name), None)


def record(request: Request, status: int, operation_id: str | None) -> RecordedRequest:
    try:
        body = json.loads(request.content) if request.content else None
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and _KEY in body:
        body[_KEY] = _LEFT_OUT
    query = [(name, _LEFT_OUT if name == _KEY else value) for name, value in request.query]
    headers = {
        name: _LEFT_OUT if name == "authorization" else value for name, value in request.headers.items()
    }
    return RecordedRequest(
        request.method, request.path, query, body, status, operation_id, headers, len(request.content)
    )
