"""Exports: asked for once, waited for, and on disk complete or not at all."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import httpx
import pytest

from posthog_environments import (
    APIConnectionError,
    DeadlineExceeded,
    ExportError,
    ExportProgress,
    InvalidRequestError,
    NotFoundError,
    ResponseTooLargeError,
)
from posthog_environments.emulator import Emulator, Faults

from ..client.conftest import KEY, FakeClock, Script, Side, reply, side

__all__ = ["side"]
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 1_000


def export(
    has_content: Any, exception: str | None = None, export_format: str = "image/png"
) -> httpx.Response:
    return reply(
        {
            "id": 5,
            "export_format": export_format,
            "has_content": has_content,
            "exception": exception,
            "filename": "numbers.png",
        }
    )


def content(body: bytes = PNG, media_type: str = "image/png", **headers: str) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": media_type, **headers}, content=body)


def finished(side: Side, *answers: Any, **options: Any) -> tuple[Any, Script]:
    script = Script([export(True), *answers])
    return side.run(side.client(script, **options).exports.wait(5)), script


def test_an_export_is_waited_for_with_growing_pauses(side: Side) -> None:
    seen: list[ExportProgress] = []
    clock = FakeClock()
    script = Script([export(False), export(False), export("false"), export("true")])
    done = side.run(
        side.client(script, clock).exports.create_and_wait(
            insight=1, export_format="image/png", on_progress=seen.append
        )
    )
    assert (done.id, done.filename) == (5, "numbers.png")
    assert [request.method for request in script.requests] == ["POST", "GET", "GET", "GET"]
    assert clock.slept == [1.0, 1.5, 2.25]
    assert [(progress.looks, progress.done) for progress in seen] == [
        (0, False),
        (1, False),
        (2, False),
        (3, True),
    ]
    assert seen[-1].elapsed == 4.75


def test_a_failed_export_is_an_error_with_the_servers_words(side: Side) -> None:
    script = Script([export(False), export(False, "The query took too long")])
    with pytest.raises(ExportError, match="The query took too long") as caught:
        side.run(side.client(script).exports.create_and_wait(insight=1, export_format="image/png"))
    assert caught.value.export_id == 5


def test_an_export_that_never_ends_names_itself_when_the_time_is_over(side: Side) -> None:
    script, clock = Script([export(False)], repeat=True), FakeClock()
    client = side.client(script, clock)
    with pytest.raises(DeadlineExceeded) as caught:
        side.run(client.exports.create_and_wait(insight=1, export_format="image/png", timeout=60))
    assert caught.value.export_id == 5
    assert sum(clock.slept) <= 60
    script.answers = [export(True)]
    assert side.run(client.exports.wait(caught.value.export_id)).id == 5


def test_asking_is_not_repeated_after_a_broken_connection(side: Side) -> None:
    script = Script([httpx.ReadError("reset")])
    with pytest.raises(APIConnectionError):
        side.run(
            side.client(script, max_retries=5).exports.create_and_wait(insight=1, export_format="text/csv")
        )
    assert len(script.requests) == 1


def test_an_export_that_expired_while_it_was_waited_for_is_not_found(side: Side) -> None:
    script = Script([export(False), reply({"detail": "Not found."}, 404)])
    with pytest.raises(NotFoundError):
        side.run(side.client(script).exports.create_and_wait(insight=1, export_format="image/png"))


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), True, "60"])
def test_a_time_that_makes_no_sense_is_refused_before_anything_is_sent(side: Side, timeout: Any) -> None:
    script = Script([])
    with pytest.raises(InvalidRequestError, match="timeout must be a number of seconds"):
        side.run(
            side.client(script).exports.create_and_wait(insight=1, export_format="image/png", timeout=timeout)
        )
    assert script.requests == []


def test_the_file_is_on_disk_whole_and_nothing_beside_it(side: Side, tmp_path: Path) -> None:
    done, _ = finished(side, content())
    sizes: list[tuple[int, int | None]] = []
    path = side.run(done.download(tmp_path / "a.png", on_progress=lambda *pair: sizes.append(pair)))
    assert path.read_bytes() == PNG
    assert sizes[-1] == (len(PNG), len(PNG))
    assert [found.name for found in tmp_path.iterdir()] == ["a.png"]


def test_an_attempt_that_breaks_off_leaves_no_bytes_in_the_file(side: Side, tmp_path: Path) -> None:
    class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Any:
            yield PNG[:100]
            raise httpx.RemoteProtocolError("peer closed connection")

        async def __aiter__(self) -> Any:
            for chunk in self:
                yield chunk

    cut = httpx.Response(200, headers={"content-type": "image/png"}, stream=Cut())
    done, _ = finished(side, lambda request: cut, content())
    assert side.run(done.download(tmp_path / "a.png")).read_bytes() == PNG


def test_a_file_that_cannot_be_had_leaves_the_old_one_alone(side: Side, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    done, _ = finished(side, *[httpx.ReadError("reset")] * 3)
    with pytest.raises(APIConnectionError):
        side.run(done.download(tmp_path / "a.png"))
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {"a.png": b"old"}


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_full_disk_and_ctrl_c_leave_the_old_file_alone(
    side: Side, tmp_path: Path, failure: BaseException
) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    done, _ = finished(side, content())

    def fail(written: int, expected: int | None) -> None:
        raise failure

    with pytest.raises(type(failure)):
        side.run(done.download(tmp_path / "a.png", on_progress=fail))
    assert {found.name: found.read_bytes() for found in tmp_path.iterdir()} == {"a.png": b"old"}


@pytest.mark.parametrize("media_type", ["text/html; charset=utf-8", "application/json", "text/csv"])
def test_what_is_not_of_the_format_is_refused(side: Side, tmp_path: Path, media_type: str) -> None:
    done, _ = finished(side, content(b"<html>", media_type))
    with pytest.raises(ExportError, match="instead of image/png"):
        side.run(done.download(tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


def test_object_storage_need_not_know_the_format(side: Side, tmp_path: Path) -> None:
    done, _ = finished(side, content(media_type="binary/octet-stream"))
    assert side.run(done.download(tmp_path / "a.png")).read_bytes() == PNG


def test_an_empty_file_is_an_error(side: Side, tmp_path: Path) -> None:
    done, _ = finished(side, content(b""))
    with pytest.raises(ExportError, match="empty file"):
        side.run(done.download(tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_that_is_too_large_is_not_taken(side: Side, tmp_path: Path, announced: bool) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        response = content()
        if not announced:
            del response.headers["content-length"]
        return response

    done, _ = finished(side, answer)
    with pytest.raises(ResponseTooLargeError):
        side.run(done.download(tmp_path / "a.png", max_bytes=1_000))
    assert list(tmp_path.iterdir()) == []


def test_the_key_does_not_follow_to_object_storage(side: Side, tmp_path: Path) -> None:
    moved = httpx.Response(302, headers={"location": "https://bucket.example.com/a?sig=1"})
    done, script = finished(side, moved, content())
    side.run(done.download(tmp_path / "a.png"))
    assert KEY in script.requests[1].headers["authorization"]
    assert "authorization" not in script.requests[2].headers
    assert KEY not in str(script.requests[2].headers.raw)


def test_a_file_goes_where_a_symbolic_link_leads(side: Side, tmp_path: Path) -> None:
    (tmp_path / "real.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to("real.png")
    done, _ = finished(side, content())
    side.run(done.download(tmp_path / "link.png"))
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "real.png").read_bytes() == PNG


def test_a_file_that_exists_keeps_its_permissions(side: Side, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"old")
    (tmp_path / "a.png").chmod(0o600)
    done, _ = finished(side, content())
    side.run(done.download(tmp_path / "a.png"))
    assert (tmp_path / "a.png").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_is_told_before_anything_is_sent(side: Side, tmp_path: Path) -> None:
    done, script = finished(side)
    for path, message in ((tmp_path / "no" / "a.png", "make it first"), (tmp_path, "is a folder")):
        with pytest.raises(InvalidRequestError, match=message):
            side.run(done.download(path))
    assert len(script.requests) == 1


def test_an_export_that_is_not_ready_is_not_downloaded(side: Side, tmp_path: Path) -> None:
    script = Script([export(False)])
    with pytest.raises(ExportError, match=r"not ready; wait for it with exports\.wait"):
        side.run(side.client(script).exports.download(5, tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("export_format", ["text/csv", "image/png", "video/mp4"])
def test_exports_arrive_under_faults(side: Side, tmp_path: Path, export_format: str) -> None:
    plain = Emulator()
    emulator = Emulator(faults=Faults(rate=0.2, seed=3))
    emulator.behaviour.job_polls = plain.behaviour.job_polls = 3

    def fetch(source: Emulator, name: str) -> Path:
        done = waited_for(side, source, export_format)
        return Path(side.run(done.download(tmp_path / name)))

    assert fetch(emulator, "faulty").read_bytes() == fetch(plain, "plain").read_bytes()
    assert emulator.faults_made


def waited_for(side: Side, emulator: Emulator, export_format: str) -> Any:
    make = emulator.client if side.kind == "sync" else emulator.async_client
    client = make(clock=FakeClock(), max_retries=9)
    given: dict[str, Any] = {"insight": 1}
    if export_format == "video/mp4":
        given = {"export_context": {"session_recording_id": emulator.sample_id("session_recordings")}}
    while True:
        try:
            return side.run(client.exports.create_and_wait(export_format=export_format, **given))
        except APIConnectionError:
            continue  # asking is not repeated by itself


def test_a_server_that_sends_no_body_as_documented_is_not_taken_for_a_file(
    side: Side, tmp_path: Path
) -> None:
    done = waited_for(side, Emulator(profile="documented"), "image/png")
    with pytest.raises(ExportError, match="empty file"):
        side.run(done.download(tmp_path / "a.png"))
    assert list(tmp_path.iterdir()) == []
