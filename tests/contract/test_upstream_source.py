"""A published schema is read whole and within bounds, or refused with a sentence that says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import upstream_source
from tests.contract.vendor import vendor
from upstream_source import SchemaError, parse_schema, read_schema

URL = "https://posthog.example/api/schema/"
Handler = Callable[[httpx.Request], httpx.Response]


def text(document: dict[str, Any] | None = None) -> str:
    return yaml.safe_dump(vendor() if document is None else document, sort_keys=False)


def refusal(data: str | bytes) -> str:
    with pytest.raises(SchemaError) as caught:
        parse_schema(data.encode() if isinstance(data, str) else data, "schema.yaml")
    assert str(caught.value).startswith("schema.yaml: ")
    return str(caught.value)


def fetched(handler: Handler, url: str = URL) -> upstream_source.Published:
    return read_schema(url, transport=httpx.MockTransport(handler))


def no_fetch(handler: Handler, url: str = URL) -> str:
    with pytest.raises(SchemaError) as caught:
        fetched(handler, url)
    return str(caught.value)


# --- files ---------------------------------------------------------------------------------------------------


def test_yaml_and_json_are_the_same_document(tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text(text(), encoding="utf-8")
    (tmp_path / "schema.json").write_text(json.dumps(vendor()), encoding="utf-8")
    read = [read_schema(str(tmp_path / f"schema.{kind}")) for kind in ("yaml", "json")]
    assert read[0].document == read[1].document == vendor()
    assert [(one.version, one.title, one.openapi) for one in read] == [("1.0.0", "Things API", "3.0.3")] * 2


def test_a_version_that_is_missing_or_null_is_empty() -> None:
    for info in ({}, {"version": None}):
        document = parse_schema(json.dumps({**vendor(), "info": info}).encode(), "schema.json")
        assert upstream_source.Published("x", document, 0).version == ""


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_schema(b"\xef\xbb\xbf" + text().encode(), "schema.yaml") == vendor()


def test_a_file_that_is_missing_or_a_folder_is_named(tmp_path: Path) -> None:
    for source in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(SchemaError, match=str(source)):
            read_schema(str(source))


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_source, "MAX_BYTES", 10)
    (tmp_path / "schema.yaml").write_text(text(), encoding="utf-8")
    with pytest.raises(SchemaError, match="larger than"):
        read_schema(str(tmp_path / "schema.yaml"))


# --- what is no schema ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("<!DOCTYPE html><html></html>", "is a web page"),
        ("  <HTML>", "is a web page"),
        ("", "a mapping is needed, not nothing"),
        ("- 1\n- 2\n", "a mapping is needed, not a list"),
        ("[1, 2]", "a mapping is needed, not a list"),
        ("just a sentence", "a mapping is needed, not text"),
        ('{"swagger": "2.0"}', "Swagger 2.0"),
        ('{"info": {}}', "openapi: missing"),
        ('{"openapi": "4.0.0", "paths": {"/x": {}}}', "openapi: 4.0.0"),
        ('{"openapi": "3.0.3", "paths": {}}', "has no paths"),
        ('{"openapi": "3.0.3"}', "has no paths"),
        ('{"openapi": "3.0.3", "info": [], "paths": {"/x": {}}}', "info must be a mapping"),
        ('{"openapi": NaN}', "NaN is not JSON"),
        ("a: b: c", "neither YAML nor JSON"),
        ("!!python/object/apply:os.system ['true']", "neither YAML nor JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_no_schema_is_refused_with_the_reason(data: str | bytes, says: str) -> None:
    assert says in refusal(data)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_document_that_was_cut_off_is_refused(share: float, kind: str) -> None:
    """YAML that ends early is often valid: the references that lead nowhere give it away."""
    whole = text() if kind == "yaml" else json.dumps(vendor())
    cut = whole[: int(len(whole) * share)]
    cut = cut.rpartition("\n")[0] + "\n" if kind == "yaml" else cut
    assert "cut off" in refusal(cut)


def test_references_to_other_files_are_refused() -> None:
    document = vendor()
    document["components"]["schemas"]["Thing"] = {"$ref": "things.yaml#/Thing"}
    assert "things.yaml#/Thing" in refusal(text(document))


def test_a_reference_inside_an_example_is_only_text() -> None:
    document = vendor()
    document["components"]["schemas"]["Thing"]["example"] = {"$ref": "nowhere"}
    assert parse_schema(text(document).encode(), "schema.yaml")


# --- bombs ---------------------------------------------------------------------------------------------------


def bomb(levels: int) -> str:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join([*lines, "openapi: 3.0.3", "paths: {/x: {}}"])


def test_aliases_that_unfold_without_end_are_refused() -> None:
    assert "once its aliases are written out" in refusal(bomb(30))


def test_a_few_aliases_are_read() -> None:
    assert parse_schema(bomb(3).encode(), "schema.yaml")["paths"] == {"/x": {}}


def test_merge_keys_are_refused() -> None:
    assert "merge keys" in refusal("a: &a {x: 1}\nb: {<<: *a}\nopenapi: 3.0.3\npaths: {/x: {}}")


def test_an_alias_that_holds_itself_is_refused() -> None:
    assert "holds itself" in refusal("openapi: 3.0.3\npaths: {/x: {}}\nloop: &loop [*loop]")


@pytest.mark.parametrize("data", ["[" * 100_000, '{"a":' * 100_000, "- " * 100_000])
def test_nesting_without_end_is_refused(data: str) -> None:
    assert refusal(data)


# --- over the network ----------------------------------------------------------------------------------------


def test_a_schema_is_fetched_over_https() -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, text=text(), headers={"content-type": "application/vnd.oai.openapi"})

    assert fetched(handler).document == vendor()
    assert [str(one.url) for one in asked] == [URL]
    assert "authorization" not in asked[0].headers


def test_other_schemes_are_refused_before_anything_is_sent() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise AssertionError("nothing may be sent")

    for url in ("http://posthog.example/api/schema/", "file:///etc/passwd", "ftp://x/y", "https:///x"):
        assert "only https:// addresses" in no_fetch(handler, url)


def test_redirects_are_followed_within_the_origin() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/schema/":
            return httpx.Response(302, headers={"location": "/api/schema/v2"})
        return httpx.Response(200, text=text())

    assert fetched(handler).document == vendor()


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/api/schema/", "http://posthog.example/x", "https://posthog.example:8443/x"],
)
def test_redirects_to_another_origin_are_not_followed(location: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(301, headers={"location": location})

    assert "redirects to another origin" in no_fetch(handler)
    assert asked == [URL]


def test_redirects_without_end_stop() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"location": f"/api/schema/{len(asked)}"})

    assert "more than 5 redirects" in no_fetch(handler)
    assert len(asked) == 6


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.Response(404), "404, there is no schema at this address"),
        (httpx.Response(503, text="busy"), "the server answered 503, not 200"),
        (httpx.Response(204), "the server answered 204, not 200"),
        (httpx.Response(200, html="<p>Sign in</p>"), "is a web page"),
        (httpx.Response(200, text="<!doctype html>"), "is a web page"),
        (httpx.Response(200, text=""), "a mapping is needed"),
    ],
)
def test_an_answer_that_is_no_schema_is_refused_with_the_reason(answer: httpx.Response, says: str) -> None:
    assert says in no_fetch(lambda request: answer)


class Endless(httpx.SyncByteStream):
    def __init__(self) -> None:
        self.sent = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.sent += 1
            yield b"#" * 1024


def test_an_answer_without_end_is_cut_off_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_source, "MAX_BYTES", 10 * 1024)
    stream = Endless()
    assert "larger than" in no_fetch(lambda request: httpx.Response(200, stream=stream))
    assert stream.sent < 20


def test_an_answer_that_drips_is_cut_off_by_time() -> None:
    stream = Endless()
    ticks = iter(range(0, 10_000, 10))
    with pytest.raises(SchemaError, match="took longer than 120 s"):
        read_schema(
            URL,
            transport=httpx.MockTransport(lambda request: httpx.Response(200, stream=stream)),
            clock=lambda: float(next(ticks)),
        )
    assert stream.sent < 20


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (httpx.ConnectError("no route"), "cannot be reached"),
        (httpx.ReadTimeout("slow"), "did not answer in time"),
        (httpx.RemoteProtocolError("peer closed connection"), "was cut off"),
    ],
)
def test_a_connection_that_fails_is_told_in_one_sentence(error: httpx.HTTPError, says: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error

    assert says in no_fetch(handler)
