"""Exports: made inside the request, videos later; the files are real ones."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
import zlib
from typing import Any

import pytest

from .conftest import Answer, Api

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGNUPS = {"kind": "HogQLQuery", "query": "select event, count() from events group by event order by event"}


def make(api: Api, **body: Any) -> dict[str, Any]:
    answer = api.send("POST", "exports/", body)
    assert answer.status == 201
    export: dict[str, Any] = answer.json
    return export


def content(api: Api, **body: Any) -> bytes:
    export = make(api, **body)
    answer = api.send("GET", f"exports/{export['id']}/content/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == body["export_format"]
    return answer.content


def video(api: Api, **context: Any) -> Answer:
    recording = {"session_recording_id": api.emulator.sample_id("session_recordings"), **context}
    return api.send("POST", "exports/", {"export_format": "video/mp4", "export_context": recording})


@pytest.mark.behaviour(
    "exports_create",
    "exports_content",
    "the file is made within the request",
    source="PostHog source exports.py, October 2025",
)
def test_the_file_is_there_when_the_request_ends(api: Api) -> None:
    export = make(api, export_format="image/png", insight=1)
    assert export["has_content"] is True
    assert export["exception"] is None
    assert export["filename"] == "export-weekly-signups.png"
    assert export["expires_after"] == "2025-12-30T00:00:00Z"
    assert (export["insight"], export["dashboard"]) == (1, None)


@pytest.mark.behaviour(
    "exports_create", "exports_retrieve", "`has_content` is a text", source="PostHog documentation"
)
def test_documented_has_content_is_a_text(documented: Api) -> None:
    export = make(documented, export_format="image/png", insight=1)
    assert export["has_content"] == "true"
    answer = documented.send("GET", f"exports/{export['id']}/content/")
    assert (answer.status, answer.content) == (200, b"")


def test_a_png_is_a_picture(api: Api) -> None:
    data = content(api, export_format="image/png", insight=1)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, parts = 8, {}
    while place < len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        assert struct.unpack_from(">I", data, place + 8 + length) == (zlib.crc32(name + body),)
        parts[name] = body
        place += 12 + length
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    assert len(zlib.decompress(parts[b"IDAT"])) == height * (1 + 3 * width)


@pytest.mark.behaviour(
    "exports_content",
    "the content type is the export format",
    source="PostHog source exports.py, October 2025",
)
def test_a_csv_is_a_table(api: Api) -> None:
    rows = list(csv.reader(io.StringIO(content(api, export_format="text/csv", insight=1).decode())))
    assert rows[0] == ["date", "Weekly signups"]
    assert len(rows) == 8


def test_a_query_in_the_context_is_what_is_exported(api: Api) -> None:
    context = {"source": SIGNUPS, "filename": "Alle Ereignisse!"}
    rows = json.loads(content(api, export_format="application/json", export_context=context))
    assert [[row["event"], row["count()"]] for row in rows] == api.query(SIGNUPS["query"])["results"]
    assert make(api, export_format="text/csv", export_context=context)["filename"] == "alle-ereignisse.csv"


def test_queries_of_every_kind_are_exported_as_they_are_answered(api: Api) -> None:
    """Numbers of the emulator's own making would pass every test that does not look at them."""
    trend = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "$pageview"}]}
    (series,) = api.send("POST", "query/", {"query": trend}).json["results"]
    text = content(api, export_format="text/csv", export_context={"source": trend}).decode()
    head, row = csv.reader(io.StringIO(text))
    assert head == ["series", *series["days"]]
    assert row == ["$pageview", *(str(count) for count in series["data"])]

    events = {"kind": "EventsQuery", "select": ["event", "timestamp"], "limit": 3}
    rows = json.loads(content(api, export_format="application/json", export_context={"source": events}))
    answer = api.send("POST", "query/", {"query": events}).json
    assert [list(row.values()) for row in rows] == answer["results"]
    assert [list(row) for row in rows] == [answer["columns"]] * 3

    bound = {"kind": "HogQLQuery", "query": "select {n} as n", "values": {"n": 7}}
    assert content(api, export_format="text/csv", export_context={"source": bound}) == b"n\r\n7\r\n"


def test_queries_that_the_emulator_does_not_have_are_not_exported(api: Api) -> None:
    before = api.get("exports/")["count"]
    for source in (
        {"kind": "FunnelsQuery", "series": []},
        {"kind": "HogQLMetadata", "language": "hogQL", "query": "select 1"},
    ):
        body = {"export_format": "text/csv", "export_context": {"source": source}}
        answer = api.send("POST", "exports/", body)
        assert (answer.status, answer.json["code"]) == (400, "emulator_unsupported")
    assert api.get("exports/")["count"] == before


@pytest.mark.parametrize("source", ["select 1", {"kind": "Nope"}, {"kind": "HogQLQuery", "sql": "select 1"}])
def test_a_source_that_is_no_query_is_told_in_exception(api: Api, source: Any) -> None:
    export = make(api, export_format="text/csv", export_context={"source": source})
    assert export["has_content"] is False
    assert "validation error" in export["exception"]


def test_the_file_stays_as_it_was_made(api: Api) -> None:
    context = {"source": {"kind": "HogQLQuery", "query": "select count() from persons"}}
    export = make(api, export_format="text/csv", export_context=context)
    api.send("DELETE", "persons/1/")
    assert api.send("GET", f"exports/{export['id']}/content/").content == b"count()\r\n250\r\n"


def test_a_workbook_holds_the_table(api: Api) -> None:
    data = content(api, export_format=XLSX, export_context={"source": SIGNUPS})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "$autocapture" in sheet
    assert sheet.count("<row ") == 10


def test_a_pdf_names_where_its_objects_are(api: Api) -> None:
    data = content(api, export_format="application/pdf", dashboard=1)
    start = int(data.rsplit(b"startxref\n", 1)[1].split()[0])
    assert data[start:].startswith(b"xref")
    for number, line in enumerate(data[start:].split(b"\n")[3:8], start=1):
        assert data[int(line.split()[0]) :].startswith(b"%d 0 obj" % number)
    assert b"Company overview" in data


@pytest.mark.behaviour(
    "exports_content",
    "`download=true` sends the name of the file; the content may be kept for a day",
    source="PostHog source exports.py, October 2025",
)
def test_the_name_of_the_file_is_sent_when_downloading(api: Api) -> None:
    answer = api.send("GET", "exports/1/content/?download=true")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="export-weekly-signups.png"'
    assert answer.headers["Cache-Control"] == "max-age=86400"
    assert "Content-Disposition" not in api.send("GET", "exports/1/content/?download=1").headers


@pytest.mark.behaviour(
    "exports_retrieve", "a failure is told in `exception`", source="PostHog source exports.py, October 2025"
)
def test_a_failing_query_is_told_in_exception(api: Api) -> None:
    context = {"source": {"kind": "HogQLQuery", "query": "select nope from events"}}
    export = make(api, export_format="text/csv", export_context=context)
    assert (export["has_content"], export["exception"]) == (False, "Unable to resolve field: nope")
    for era, status in ((2025, 200), (2026, 404)):
        api.emulator.behaviour.era = era
        assert api.send("GET", f"exports/{export['id']}/content/").status == status


@pytest.mark.behaviour(
    "exports_create",
    "exports_retrieve",
    "videos are made in the background",
    source="PostHog source exports.py, October 2025",
)
def test_videos_take_a_while(api: Api) -> None:
    export = video(api).json
    assert export["has_content"] is False
    unfinished = api.send("GET", f"exports/{export['id']}/content/")
    assert (unfinished.status, unfinished.content) == (200, b"")
    api.emulator.behaviour.era = 2026
    assert api.send("GET", f"exports/{export['id']}/content/").status == 404
    seen = [api.get(f"exports/{export['id']}/")["has_content"] for _ in range(2)]
    assert seen == [False, True]
    assert b"ftyp" in api.send("GET", f"exports/{export['id']}/content/").content
    other = video(api).json
    api.emulator.advance(2)
    assert api.get(f"exports/{other['id']}/")["has_content"] is True


@pytest.mark.behaviour(
    "exports_retrieve",
    "after 630 seconds without content `exception` is made up",
    source="PostHog source exports.py, October 2025",
)
def test_a_stuck_export_gets_a_made_up_exception(api: Api) -> None:
    api.emulator.behaviour.job_seconds, api.emulator.behaviour.job_polls = 1e6, 10**6
    export = video(api).json
    api.emulator.advance(630)
    assert api.get(f"exports/{export['id']}/")["exception"] is None
    api.emulator.advance(1)
    assert "Export failed without throwing" in api.get(f"exports/{export['id']}/")["exception"]


@pytest.mark.behaviour(
    "exports_create", "videos are of recordings only", source="PostHog source exports.py, October 2025"
)
def test_videos_need_a_recording(api: Api) -> None:
    body = {"export_format": "image/gif", "insight": 1}
    refusal = api.refused("POST", "exports/", body)
    assert (refusal["attr"], refusal["detail"]) == (
        "export_format",
        "Video export supports session recordings only.",
    )


@pytest.mark.behaviour(
    "exports_create",
    "ten whole recordings a month, then 400",
    source="PostHog source exports.py, October 2025",
)
def test_ten_whole_recordings_a_month(api: Api) -> None:
    assert [video(api, mode="video").status for _ in range(11)] == [201] * 10 + [400]
    assert video(api, mode="video").json["attr"] == "export_limit_exceeded"
    assert video(api).status == 201, "others do not count"
    api.emulator.advance(31 * 86_400)
    assert video(api, mode="video").status == 201


@pytest.mark.behaviour(
    "exports_create",
    "one of dashboard, insight and export_context is required",
    source="PostHog source exports.py, October 2025",
)
def test_something_must_be_exported(either: Api) -> None:
    refusal = either.refused("POST", "exports/", {"export_format": "text/csv"})
    assert refusal["detail"] == "Either dashboard, insight or export_context is required for an export."
    assert either.refused("POST", "exports/", {"insight": 1})["attr"] == "export_format"
    assert either.refused("POST", "exports/", {"export_format": "text/csv", "insight": 99})["code"] == (
        "does_not_exist"
    )


@pytest.mark.behaviour(
    "exports_retrieve",
    "exports_list",
    "expired exports are not found any more",
    source="PostHog source exports.py, October 2025",
)
def test_expired_exports_vanish(api: Api) -> None:
    export = make(api, export_format="text/csv", insight=1, expires_after="2025-07-02T00:00:00Z")
    api.emulator.advance(86_400)
    assert api.send("GET", f"exports/{export['id']}/").status == 404
    assert api.send("GET", f"exports/{export['id']}/content/").status == 404
    assert export["id"] not in [row["id"] for row in api.get("exports/")["results"]]


@pytest.mark.behaviour(
    "exports_list",
    "`export_format` and `context_path` filter; a format that does not exist filters nothing",
    source="PostHog source exports.py, October 2025",
)
def test_list_filters(api: Api) -> None:
    make(api, export_format="text/csv", export_context={"path": "/api/Things"})

    def ids(**query: str) -> list[int]:
        return [row["id"] for row in api.get("exports/", **query)["results"]]

    assert ids() == [4, 3, 2, 1]
    assert ids(export_format="text/csv") == [4, 2]
    assert ids(export_format="text/plain") == [4, 3, 2, 1], "an unknown format filters nothing"
    assert ids(context_path="things") == [4]


@pytest.mark.parametrize("export_format", ["video/webm", "image/gif"])
def test_other_videos(api: Api, export_format: str) -> None:
    api.emulator.behaviour.job_polls = 0
    context = {"session_recording_id": "x"}
    assert content(api, export_format=export_format, export_context=context)
