"""The one module that touches the HTTP library.

`SyncHttp` and `AsyncHttp` send one request and hand back a `Reply` or a `Failure`; nothing of httpx, neither
its types nor its exceptions, goes further than this file. Moving to its successor means changing this file.
"""

from __future__ import annotations

import platform
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import lru_cache
from typing import Protocol

import httpx
from attrs import define, field

from posthog_environments._version import __version__
from posthog_environments.breakage import Breakage
from posthog_environments_api.types import Timeout

USER_AGENT = f"posthog-environments/{__version__} (unofficial) python/{platform.python_version()} httpx/{httpx.__version__}"


class Sink(Protocol):
    """Takes the body of a success piece by piece, so that it is never held as a whole."""

    def start(self, headers: Mapping[str, str]) -> None:
        """A body begins, perhaps again after a failed attempt: forget what came before. May raise, to refuse it."""
        ...

    def write(self, chunk: bytes) -> None:
        """The next piece."""
        ...


@define
class HttpRequest:
    """One request, ready to be sent; the key is added while sending.

    Attributes:
        method: HTTP method.
        url: Absolute URL.
        headers: Headers without the key.
        content: Body, or None.
        timeout: How long each part may take.
        max_bytes: Largest body of an answer that is read, after decompression.
        authorization: Gives the value of the Authorization header, or None to send none.
        sink: Takes the body of a success, whose `Reply` then has none; or None.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None
    timeout: Timeout
    max_bytes: int
    authorization: Callable[[], str] | None = field(default=None, repr=False)
    sink: Sink | None = field(default=None, repr=False)


@define
class Reply:
    """An answer, whatever its status. Names of `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@define(frozen=True)
class Failure:
    """No answer.

    Attributes:
        reason: What happened, in one sentence.
        sent: Whether the server may have received the request.
        timeout: Whether it took too long.
        refused: Whether the request can never be sent like this.
        too_large: Whether the answer was cut off because it is larger than allowed.
    """

    reason: str
    sent: bool
    timeout: bool = False
    refused: bool = False
    too_large: bool = False


class SyncHttp:
    """Sends requests over a pool of connections, which is made when the first request is sent."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._accept_encoding = ""
        self._closed = False

    def send(self, request: HttpRequest) -> Reply | Failure:
        try:
            response = self._open().send(_built(request, self._accept_encoding), stream=True)
            try:
                size = _announced(response)
                chunks: list[bytes] = []
                take = _taker(request, response, size, chunks)
                if size <= request.max_bytes:
                    size = 0
                    for chunk in response.iter_bytes():
                        size += len(chunk)
                        if size > request.max_bytes:
                            break
                        take(chunk)
                return _reply(request, response, size, chunks)
            finally:
                response.close()
        except _ERRORS as error:
            return _failure(error)

    def _open(self) -> httpx.Client:
        with self._lock:
            if self._closed:
                raise _Closed
            if self._client is None:
                self._client = httpx.Client(transport=self._transport, follow_redirects=False)
                self._accept_encoding = self._client.headers["accept-encoding"]
            return self._client

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()


class AsyncHttp:
    """Sends requests over a pool of connections, many at a time. The pool is made when the first request is sent."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._accept_encoding = ""
        self._closed = False

    async def send(self, request: HttpRequest) -> Reply | Failure:
        try:
            response = await self._open().send(_built(request, self._accept_encoding), stream=True)
            try:
                size = _announced(response)
                chunks: list[bytes] = []
                take = _taker(request, response, size, chunks)
                if size <= request.max_bytes:
                    size = 0
                    async for chunk in response.aiter_bytes():
                        size += len(chunk)
                        if size > request.max_bytes:
                            break
                        take(chunk)
                return _reply(request, response, size, chunks)
            finally:
                await response.aclose()
        except _ERRORS as error:
            return _failure(error)

    def _open(self) -> httpx.AsyncClient:
        if self._closed:
            raise _Closed
        if self._client is None:
            self._client = httpx.AsyncClient(transport=self._transport, follow_redirects=False)
            self._accept_encoding = self._client.headers["accept-encoding"]
        return self._client

    async def aclose(self) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()


class _Closed(Exception):
    """The client was closed before this request."""


_ERRORS = (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, UnicodeError, _Closed)


def _built(request: HttpRequest, accept_encoding: str) -> httpx.Request:
    """The request for httpx. Built here rather than by its client: nothing of its defaults is wanted but what this
    installation can unpack."""
    timeout = request.timeout
    return httpx.Request(
        request.method,
        _url(request.url),
        headers=[
            ("Accept-Encoding", accept_encoding),
            ("Connection", "keep-alive"),
            *request.headers.items(),
            # At the last moment and in no variable of ours, so that no traceback shows the key.
            *(() if request.authorization is None else (("Authorization", request.authorization()),)),
        ],
        content=request.content,
        extensions={
            "timeout": {
                "connect": timeout.connect,
                "read": timeout.read,
                "write": timeout.write,
                "pool": timeout.pool,
            }
        },
    )


# Parsing a URL is a tenth of a request's cost, and polling asks for the same one again and again.
_url = lru_cache(maxsize=16)(httpx.URL)


def _announced(response: httpx.Response) -> int:
    """Size of the body that the server announced, 0 where it did not: what it holds unpacked shows while reading."""
    for name, value in response.headers.raw:
        if name.lower() == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def _taker(
    request: HttpRequest, response: httpx.Response, size: int, chunks: list[bytes]
) -> Callable[[bytes], None]:
    """Where the body goes."""
    sink = request.sink
    if sink is None or not response.is_success or size > request.max_bytes:
        return chunks.append
    sink.start(response.headers)
    return sink.write


def _reply(request: HttpRequest, response: httpx.Response, size: int, chunks: list[bytes]) -> Reply | Failure:
    if size > request.max_bytes:
        reason = f"the answer is larger than {request.max_bytes:,} bytes; raise max_response_bytes to read it"
        return Failure(reason, sent=True, too_large=True)
    return Reply(response.status_code, response.headers, b"".join(chunks))


_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def _failure(error: Exception) -> Failure:
    if isinstance(error, _Closed):
        return Failure("the client is closed", sent=False, refused=True)
    if isinstance(
        error, (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, UnicodeError)
    ):
        return Failure(f"the request cannot be sent: {error}", sent=False, refused=True)
    sent = not isinstance(error, _NOT_SENT)
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout):
        return Failure("no connection within the connect timeout", sent=sent, timeout=True)
    if isinstance(error, httpx.PoolTimeout):
        return Failure("no free connection within the pool timeout", sent=sent, timeout=True)
    if isinstance(error, httpx.TimeoutException):
        return Failure("no answer within the timeout", sent=sent, timeout=True)
    if isinstance(error, httpx.ConnectError):
        return Failure(f"cannot connect: {words}", sent=sent)
    return Failure(f"the connection broke: {words}", sent=sent)


class InProcessTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers requests by a function instead of a network, for stand-in servers. Works for both clients."""

    def __init__(
        self, answer: Callable[[str, str, list[tuple[str, str]], bytes], tuple[int, dict[str, str], bytes]]
    ) -> None:
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._respond(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._respond(request, await request.aread())

    def _respond(self, request: httpx.Request, content: bytes) -> httpx.Response:
        headers = [(name, value) for name, value in request.headers.items()]
        try:
            status, sent, body = self._answer(request.method, str(request.url), headers, content)
        except Breakage as broken:
            if broken.kind == "refused":
                raise httpx.ConnectError("connection refused") from None
            if broken.kind == "reset":
                raise httpx.ReadError("connection reset by peer") from None
            if broken.kind == "stalled":
                raise httpx.ReadTimeout("no answer") from None
            stream = _Once(broken.content, cut=True)
            return httpx.Response(broken.status, headers=broken.headers, stream=stream)
        return httpx.Response(status, headers=sent, stream=_Once(body))


class _Once(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, body: bytes, cut: bool = False) -> None:
        self._body = body
        self._cut = cut

    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        if self._cut:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk
