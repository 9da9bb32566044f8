"""The same on loopback: over sockets, and from the command line."""

from __future__ import annotations

import gzip
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from posthog_environments import Client
from posthog_environments.emulator import Emulator
from posthog_environments.emulator.__main__ import main
from posthog_environments.emulator.server import Server

from .conftest import Api


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(persons=30, events=100)


@pytest.fixture
def server(emulator: Emulator) -> Iterator[Server]:
    with emulator.serve() as server:
        yield server


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    yield connection
    connection.close()


def ask(
    connection: http.client.HTTPConnection,
    emulator: Emulator,
    method: str,
    path: str,
    body: bytes | None = None,
) -> tuple[http.client.HTTPResponse, bytes]:
    headers = {"Authorization": f"Bearer {emulator.api_key}", "Content-Type": "application/json"}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response, response.read()


def test_one_connection_serves_many_requests(
    connection: http.client.HTTPConnection, emulator: Emulator, server: Server
) -> None:
    response, body = ask(connection, emulator, "GET", "/api/environments/1/persons/?limit=2")
    page = json.loads(body)
    assert response.status == 200
    assert response.getheader("Content-Length") == str(len(body))
    assert page["next"].startswith(f"{server.url}/api/environments/1/persons/?"), "the host that was asked"
    used = connection.sock
    for method, path, content, status in (
        ("PATCH", "/api/environments/1/persons/1/", b'{"properties": {"a": "\xc3\xa4"}}', 202),
        ("DELETE", "/api/environments/1/persons/2/", None, 202),
        ("DELETE", "/api/environments/1/subscriptions/1/", None, 405),
        ("DELETE", f"/api/environments/1/file_system/{emulator.sample_id('file_system')}/", None, 204),
        ("HEAD", "/api/environments/1/persons/1/", None, 200),
        ("OPTIONS", "/api/environments/1/persons/1/", None, 405),
        ("BREW", "/api/environments/1/persons/1/", None, 405),
        ("GET", "//nothing", None, 404),
        ("GET", "/api/environments/1/persons/1/", None, 200),
    ):
        response, body = ask(connection, emulator, method, path, content)
        assert response.status == status, (method, path)
    assert json.loads(body)["properties"]["a"] == "ä"
    assert connection.sock is used


def test_the_client_works_over_the_network(emulator: Emulator, server: Server) -> None:
    with Client(1, api_key=emulator.api_key, host=server.url, max_retries=0) as client:
        assert len(list(client.persons.list(limit=7))) == 30
        client.persons.update(1, properties={"plan": "x"})
        assert client.persons.retrieve(1).properties["plan"] == "x"
        assert client.exports.content(1).startswith(b"\x89PNG")
    with emulator.client() as in_process:
        assert in_process.persons.retrieve(1).properties["plan"] == "x"


def test_over_the_network_the_bytes_are_the_same(
    connection: http.client.HTTPConnection, emulator: Emulator, server: Server
) -> None:
    path = "/api/environments/1/events/?limit=3"
    answer = Api(emulator).send("GET", server.url + path)
    assert ask(connection, emulator, "GET", path)[1] == answer.content


PACKED = (
    ("GET", "persons/", None),
    ("GET", "groups/property_definitions", None),
    ("GET", "exports/2/content/", None),
    ("GET", "session_recordings/", None),
    ("GET", "session_recordings/none/sharing/?padding", None),
    ("POST", "query/", b'{"query": {"kind": "HogQLQuery", "query": "select event from events"}}'),
)


def fetch(
    connection: http.client.HTTPConnection, emulator: Emulator, path: str, method: str, body: bytes | None
) -> tuple[http.client.HTTPResponse, bytes]:
    headers = {"Authorization": f"Bearer {emulator.api_key}", "Accept-Encoding": "deflate, gzip"}
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response, response.read()


@pytest.mark.behaviour(
    "persons_list",
    "groups_property_definitions",
    "exports_content",
    "session_recordings_list",
    "query_create",
    "over a socket, sent with gzip; not for `@current`",
    source="PostHog source gzip_middleware.py and settings/web.py, October 2025",
)
@pytest.mark.parametrize("root", ["environments", "projects"])
@pytest.mark.parametrize(("method", "path", "body"), PACKED)
def test_some_answers_are_compressed_for_whoever_accepts_it_but_not_of_the_current_project(
    connection: http.client.HTTPConnection,
    emulator: Emulator,
    root: str,
    method: str,
    path: str,
    body: bytes | None,
) -> None:
    packed, content = fetch(connection, emulator, f"/api/{root}/1/{path}", method, body)
    plain, expected = ask(connection, emulator, method, f"/api/{root}/1/{path}", body)
    assert plain.getheader("Content-Encoding") is None
    if len(expected) >= 200 and len(gzip.compress(expected)) < len(expected):
        assert packed.getheader("Content-Encoding") == "gzip"
        assert packed.getheader("Content-Length") == str(len(content))
        assert plain.getheader("Vary") == packed.getheader("Vary") == "Accept-Encoding"
        content = gzip.decompress(content)
    else:
        assert packed.getheader("Content-Encoding") is None, "too short to be worth it"
    current, body_of_current = fetch(connection, emulator, f"/api/{root}/@current/{path}", method, body)
    assert (current.status, current.getheader("Content-Encoding")) == (packed.status, None)
    if method == "GET" and "next" not in expected.decode(errors="replace"):
        assert content == expected == body_of_current


@pytest.mark.parametrize("path", ["persons/1/", "persons/values/?key=name", "events/", "file_system/"])
def test_what_the_server_compresses_is_a_short_list(
    connection: http.client.HTTPConnection, emulator: Emulator, path: str
) -> None:
    response, body = fetch(connection, emulator, f"/api/environments/1/{path}", "GET", None)
    assert (response.status, response.getheader("Content-Encoding")) == (200, None)
    assert json.loads(body)


def test_a_mistake_of_the_emulator_is_a_server_error(
    connection: http.client.HTTPConnection,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(emulator.data.persons, "get", lambda index: 1 / 0)
    response, body = ask(connection, emulator, "GET", "/api/environments/1/persons/1/")
    assert (response.status, json.loads(body)["type"]) == (500, "server_error")
    assert "broke the emulator" in capsys.readouterr().err


def test_bodies_may_come_in_chunks(connection: http.client.HTTPConnection, emulator: Emulator) -> None:
    headers = {"Authorization": f"Bearer {emulator.api_key}", "Transfer-Encoding": "chunked"}
    chunks = [b'{"type": "home", ', b'"path": "A"}']
    connection.request(
        "POST", "/api/environments/1/persisted_folder/", iter(chunks), headers, encode_chunked=True
    )
    response = connection.getresponse()
    assert response.status == 201
    assert json.loads(response.read())["path"] == "A"
    used = connection.sock
    assert ask(connection, emulator, "GET", "/api/environments/1/persons/1/")[0].status == 200
    assert connection.sock is used


def test_what_is_no_http_ends_the_connection(server: Server, emulator: Emulator) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    for text in (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"\r\n\r\n\0\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
            raw.sendall(text)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                continue


@pytest.mark.parametrize(
    "announced",
    [
        b"Content-Length: 999999999999\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-5\r\n",
    ],
)
def test_a_body_that_does_not_come_as_announced_is_no_request(
    server: Server, emulator: Emulator, capfd: pytest.CaptureFixture[str], announced: bytes
) -> None:
    """Neither is memory taken for it, nor is its beginning taken for all of it, nor is a traceback written."""
    head = f"POST /api/environments/1/groups/ HTTP/1.1\r\nAuthorization: Bearer {emulator.api_key}\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=10) as raw:
        raw.sendall(head.encode() + announced + b'{"group_type_index": 0, "group_key": "half"}')
        raw.shutdown(socket.SHUT_WR)
        assert raw.recv(4096) == b""
    assert emulator.requests == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("port", "error"), [("80", TypeError), (-1, ValueError), (65_536, ValueError)])
def test_a_port_that_does_not_exist_is_refused(emulator: Emulator, port: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="port must be"):
        emulator.serve(port)


def test_many_connections_see_each_change_as_a_whole(emulator: Emulator, server: Server) -> None:
    """32 threads read and write over sockets while data are added and time passes; nothing is lost or half done."""
    turns, readers, writers = 8, 16, 16
    failures: list[BaseException] = []

    def write(number: int) -> None:
        with Client(1, api_key=emulator.api_key, host=server.url, max_retries=0) as client:
            for turn in range(turns):
                emulator.add_person(f"p-{number}-{turn}", properties={"a": 0, "b": 0})
                emulator.add_event("made", f"p-{number}-{turn}")
                both = {"a": turn + 1, "b": turn + 1}
                client.persons.update(number + 1, properties=both)
                client.groups.create(group_type_index=1, group_key=f"{number}/{turn}")

    def read(number: int) -> None:
        with Client(1, api_key=emulator.api_key, host=server.url, max_retries=0) as client:
            known = 0
            for _ in range(turns):
                properties = client.persons.retrieve(number + 1).properties
                assert properties.get("a") == properties.get("b"), "one change is seen as a whole"
                page = client.persons.list(limit=1_000).first()
                assert page is not None
                count = len(list(client.persons.list(limit=1_000)))
                assert count >= known, "nothing disappears"
                known = count
                emulator.advance(1)

    def guarded(work: Callable[[int], None], number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    works = [(write, n) for n in range(writers)] + [(read, n) for n in range(readers)]
    threads = [threading.Thread(target=guarded, args=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(emulator.data.persons) == 30 + writers * turns
    made = [event for event in emulator.data.events.scan() if event.event == "made"]
    assert len({event.uuid for event in made}) == writers * turns
    assert len(list(emulator.data.groups.of_type(1))) == 6 + writers * turns
    assert [len(emulator.requests_for(name)) for name in ("persons.update", "groups.create")] == [128, 128]


def test_only_loopback_is_served(emulator: Emulator) -> None:
    for host in ("0.0.0.0", "::", "example.com", "192.168.0.1", ""):
        with pytest.raises(ValueError, match="loopback"):
            emulator.serve(host=host)


def test_localhost_is_loopback(emulator: Emulator) -> None:
    with emulator.serve(host="localhost") as server:
        assert server.url.startswith("http://localhost:")


def test_closing_frees_the_port_and_may_be_repeated(emulator: Emulator) -> None:
    server = emulator.serve()
    port = urlsplit(server.url).port
    assert port is not None
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.sendall(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"404" in idle.recv(10_000)
        server.close()
        server.close()
        assert idle.recv(1) == b"", "open connections are closed"
    assert "closed" in repr(server)
    with emulator.serve(port=port) as again:
        assert urlsplit(again.url).port == port


def test_a_port_in_use_is_one_line_and_exit_status_1(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    port = urlsplit(server.url).port
    assert main(["--port", str(port)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert told.err.startswith(f"cannot serve on port {port}: ")


def test_arguments_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--persons", "-1"])
    assert exit_.value.code == 2
    assert "persons must be at least 0" in capsys.readouterr().err
    assert main(["--port", "70000"]) == 1
    with pytest.raises(SystemExit):
        main(["--ties", "0"])
    assert "ties must be at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_interrupted(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "posthog_environments.emulator", "--port", "0", "--persons", "5"]
    arguments = ["--events", "10", "--seed", "7", "--profile", "documented", "--api-key", "phx_mine"]
    arguments += ["--ties", "5", "--throttle"]
    with subprocess.Popen(
        [*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            told = [process.stdout.readline() for _ in range(5)]
            url = told[0].strip()
            assert told[1].split() == ["key", "phx_mine"]
            assert told[2].split() == ["project", "1"]
            assert told[3].split()[:2] == ["try", "curl"]
            with Client(1, api_key="phx_mine", host=url) as client:
                assert [person.id for person in client.persons.list()] == [5, 4, 3, 2, 1]
                process.send_signal(how)
                assert process.wait(timeout=30) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
