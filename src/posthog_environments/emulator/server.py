"""The emulator as a real server, on loopback only: whoever reaches it may do anything with the key that it prints."""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast

from posthog_environments.breakage import Breakage
from posthog_environments.emulator.compression import compressed
from posthog_environments.emulator.data.checking import checked_number

Answer = Callable[[str, str, list[tuple[str, str]], bytes], tuple[int, dict[str, str], bytes]]

_PATIENCE = 5.0
_LONGEST_LINE = 65_536
_LAST_PORT = 65_535
_PIECE = 1 << 20
_BROKEN = b'{"type":"server_error","code":"error","detail":"A server error occurred.","attr":null}'


class Server:
    """A running server; closing it frees the port.

    Attributes:
        url: Scheme, host and port.
    """

    def __init__(self, answer: Answer, host: str = "127.0.0.1", port: int = 0) -> None:
        _check_loopback(host)
        if checked_number(port, "port") > _LAST_PORT:
            raise ValueError(f"port must be at most {_LAST_PORT}, got {port}")
        self._http = _HttpServer(host, port, answer)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._http.server_address[1]}"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="emulator", daemon=True
        )
        self._thread.start()
        self._closed = False

    def close(self) -> None:
        """Stop serving and close every connection. Doing it again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._http.shutdown()
        self._thread.join()
        self._http.close_connections()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Server {'closed' if self._closed else 'at ' + self.url}>"


def _check_loopback(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"the emulator is served on loopback only (127.0.0.1), not on {host!r}")


class _HttpServer(ThreadingHTTPServer):
    # Windows would let two servers share a port; elsewhere this only skips the wait after a restart.
    allow_reuse_address = os.name != "nt"
    request_queue_size = 512  # a client that opens many connections at once must not wait for lost ones
    daemon_threads = True  # an open connection must not keep the interpreter from ending

    def __init__(self, host: str, port: int, answer: Answer) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.answer = answer
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the look-up of the host's full name, which may wait for a name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(self.allow_reuse_address))
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def close_connections(self) -> None:
        """End every connection, and wait for the threads behind them."""
        with self._changed:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._connections, _PATIENCE)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "posthog-environments-emulator"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        body = self._body()
        headers = [(str(name), str(value)) for name, value in self.headers.items()]
        try:
            status, sent, content = cast(_HttpServer, self.server).answer(
                self.command, self.path, headers, body
            )
            accepted = self.headers.get("Accept-Encoding", "")
            sent, content = compressed(self.command, self.path, accepted, sent, content)
        except Breakage as broken:
            self._break(broken)
            return
        except Exception as error:  # a mistake in the emulator must not look like a broken connection
            sys.stderr.write(f"{error}\n")
            status, sent, content = 500, {"Content-Type": "application/json"}, _BROKEN
        self._send(status, sent, content)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            length = self.headers.get("Content-Length", "0")
            return self._read(int(length)) if length.isdecimal() else b""
        body = bytearray()
        while size := int(self.rfile.readline(_LONGEST_LINE).split(b";")[0], 16):
            body += self._read(size)
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():
            continue  # trailers
        return bytes(body)

    def _read(self, size: int) -> bytes:
        """So much of the body, in pieces: a length that is announced and never comes must not take memory.

        Raises:
            ValueError: The size is negative.
            ConnectionError: The client broke off; half a request is none.
        """
        if size < 0:
            raise ValueError("a chunk has no negative size")
        body = bytearray()
        while len(body) < size:
            piece = self.rfile.read(min(size - len(body), _PIECE))
            if not piece:
                raise ConnectionError("the body ended early")
            body += piece
        return bytes(body)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            length = (
                headers.get("Content-Length", str(len(content))) if self.command == "HEAD" else len(content)
            )
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if content and self.command != "HEAD":
            self.wfile.write(content)

    def _break(self, broken: Breakage) -> None:
        """Fail as the fault wants it: the connection ends, at once or when the client has given up."""
        if broken.kind == "stalled":
            with suppress(OSError):
                self.connection.recv(1)
        elif broken.kind == "truncated":
            self.send_response(broken.status)
            for name, value in {**broken.headers, "Content-Length": str(broken.length)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(broken.content)
            self.wfile.flush()
        else:
            # Linger 0 makes the close a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # the other side broke off, or does not speak HTTP
            self.close_connection = True

    def __getattr__(self, name: str) -> Any:
        """`do_GET` and the like: every method is answered, the wrong ones by the emulator's own 405."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)
