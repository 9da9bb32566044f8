"""Whatever two documents are compared, there is a verdict or an error that says what is wrong; never a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contract_diff
from contract_diffing.compare import compare
from contract_diffing.reading import Document, Unreadable, below, parse
from tests.contract.diffs.editing import base, edited

SETTINGS = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
NAMES = st.sampled_from(["a", "b", "c"])
PLAIN = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", ""]) | st.just(1.5)
REFERENCES = st.sampled_from(["#/components/schemas/a", "#/components/schemas/b", "#/components/schemas/c"])
LEAVES = st.one_of(
    st.fixed_dictionaries({"$ref": REFERENCES}),
    st.just({}),
    st.booleans(),
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["string", "integer", "number", "boolean", "null", ["string", "null"]]),
            "enum": st.lists(PLAIN, min_size=1, max_size=3),
            "const": PLAIN,
            "minimum": st.integers(-2, 2),
            "exclusiveMinimum": st.booleans() | st.integers(-2, 2),
            "maxLength": st.integers(0, 3),
            "pattern": st.sampled_from(["a", "b"]),
            "format": st.sampled_from(["date", "int32", "int64", "x"]),
            "nullable": st.booleans(),
            "default": PLAIN,
            "readOnly": st.booleans(),
        },
    ),
)


def larger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array"]),
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "required": st.lists(NAMES, max_size=2),
            "items": inner,
            "allOf": several,
            "anyOf": several,
            "oneOf": several,
            "not": inner,
            "additionalProperties": inner,
        },
    )


SCHEMAS = st.recursive(LEAVES, larger, max_leaves=8)
PARAMETERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "in": st.sampled_from(["query", "header", "cookie"]), "schema": SCHEMAS},
        optional={
            "required": st.booleans(),
            "explode": st.booleans(),
            "style": st.sampled_from(["form", "deepObject", "spaceDelimited"]),
        },
    ),
    max_size=3,
)
ANSWERS = st.dictionaries(
    st.sampled_from(["200", "204", "4XX", "default"]),
    st.fixed_dictionaries(
        {"description": st.just("x")},
        optional={
            "content": st.dictionaries(
                st.sampled_from(["application/json", "text/csv"]), st.fixed_dictionaries({"schema": SCHEMAS})
            )
        },
    ),
    max_size=3,
)
OPERATIONS = st.fixed_dictionaries(
    {"responses": ANSWERS},
    optional={
        "operationId": NAMES,
        "tags": st.lists(NAMES, max_size=2),
        "parameters": PARAMETERS,
        "requestBody": st.fixed_dictionaries(
            {
                "content": st.just({})
                | st.fixed_dictionaries({"application/json": st.fixed_dictionaries({"schema": SCHEMAS})})
            }
        ),
        "security": st.lists(st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=2), max_size=2),
        "x-pagination": st.none() | st.fixed_dictionaries({"style": NAMES}),
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "openapi": st.sampled_from(["3.0.3", "3.1.0"]),
        "paths": st.dictionaries(
            st.sampled_from(["/a", "/a/{b}", "/a/{c}"]),
            st.dictionaries(st.sampled_from(["get", "post"]), OPERATIONS, max_size=2),
            max_size=2,
        ),
        "components": st.fixed_dictionaries(
            {"schemas": st.fixed_dictionaries({"a": SCHEMAS, "b": SCHEMAS, "c": SCHEMAS})}
        ),
    }
)


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    if isinstance(value, list):
        return [reordered(item) for item in value]
    return value


@SETTINGS
@given(DOCUMENTS)
def test_a_document_and_itself_reordered_are_the_same(document: dict[str, Any]) -> None:
    try:
        assert compare(Document(document), Document(reordered(document))) == []
    except Unreadable as error:
        assert "leads back to itself" in str(error)  # noqa: PT017


@SETTINGS
@given(DOCUMENTS, DOCUMENTS)
def test_any_two_documents_can_be_compared(old: dict[str, Any], new: dict[str, Any]) -> None:
    try:
        for change in compare(Document(old), Document(new)):
            assert change.level in ("breaking", "additive", "invisible")
            assert change.place.startswith("#")
            assert change.message
            assert bool(change.who) == (change.level != "invisible")
    except Unreadable as error:
        assert "leads back to itself" in str(error)  # noqa: PT017


def _places(value: Any, place: str) -> Iterator[str]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield below(place, key)
        if isinstance(item, (dict, list)):
            yield from _places(item, below(place, key))


ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.just("$ref"), inner, max_size=3),
)
PLACES = [place for place in _places(base("3.1"), "#") if place != "#/openapi"] + ["#/security", "#/webhooks"]


@settings(SETTINGS, max_examples=300)
@given(st.sampled_from(PLACES), ANYTHING)
def test_nonsense_is_refused_with_its_place(place: str, nonsense: Any) -> None:
    old, new = base("3.1"), edited("3.1", {place: nonsense})
    try:
        compare(Document(old), Document(new, "new.yaml"))
    except Unreadable as error:
        assert str(error).startswith("new.yaml: ")  # noqa: PT017


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compares two texts as the command line does; gives status, output and errors."""

    def compared(old: str, new: str, *options: str) -> tuple[int, str, str]:
        for name, text in (("old", old), ("new", new)):
            (tmp_path / name).write_text(text, encoding="utf-8")
        status = contract_diff.main([str(tmp_path / "old"), str(tmp_path / "new"), *options])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return compared


BASE = json.dumps(base("3.1"))


def test_the_status_is_0_where_nothing_breaks(run: Any) -> None:
    added = json.dumps(edited("3.1", {"SCHEMAS/Thing/properties/more": {"type": "string"}}))
    status, out, _ = run(BASE, added, "--format", "json")
    assert status == 0
    (change,) = json.loads(out)["changes"]
    assert {**change, "before": 0, "after": 0, "message": ""} == {
        "level": "additive",
        "rule": "property-added",
        "place": "#/components/schemas/Thing/properties/more",
        "side": "new",
        "who": ["readers"],
        "message": "",
        "before": 0,
        "after": 0,
        "subject": "Thing",
        "operations": ["things_create", "things_list", "things_retrieve"],
    }


def test_the_status_is_1_where_something_breaks(run: Any) -> None:
    gone = json.dumps(edited("3.1", {"SCHEMAS/Thing/properties/weight": "~gone"}))
    status, out, _ = run(BASE, gone)
    assert status == 1
    assert "1 breaking" in out
    assert "hits readers" in out
    assert run(BASE, gone, "--format", "github")[1].startswith("::error title=breaking%3A property-removed::")


def test_the_same_document_gives_an_empty_list(run: Any) -> None:
    assert run(BASE, BASE, "--format", "json")[:2] == (
        0,
        '{\n  "summary": {\n    "breaking": 0,\n    "additive": 0,\n    "invisible": 0\n  },\n  "changes": []\n}\n',
    )
    assert run(BASE, BASE)[1] == "No change.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be an object"),
        ("[]", "must be an object"),
        ("{", "neither JSON nor YAML"),
        ("a: [", "neither JSON nor YAML"),
        ("swagger: '2.0'", "Swagger 2.0"),
        ("openapi: 3.2.0", "3.2.0 is not supported"),
        ("info: {}", "no `openapi` field"),
        ("{openapi: 3.1.0, paths: []}", "#/paths must be an object"),
        ("{openapi: 3.1.0, paths: {/a: {get: []}}}", "#/paths/~1a/get must be an object"),
        (
            "{openapi: 3.1.0, paths: {/a: {get: {parameters: {}}}}}",
            "#/paths/~1a/get/parameters must be a list",
        ),
        ("{openapi: 3.1.0, paths: {/a: {get: {parameters: [{$ref: '#/x'}]}}}}", "#/x does not exist"),
        (
            "{openapi: 3.1.0, paths: {/a: {get: {requestBody: {$ref: 'b.yaml#/x'}}}}}",
            "bundle the document into one file",
        ),
    ],
)
def test_what_cannot_be_read_is_said_with_status_2(run: Any, text: str, said: str) -> None:
    for old, new in ((text, BASE), (BASE, text)):
        status, out, err = run(old, new)
        assert status == 2
        assert out == ""
        assert said in err


def test_a_file_that_is_not_there_is_said_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert contract_diff.main([str(tmp_path / "none.yaml"), str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err


def test_dates_of_a_yaml_document_are_text() -> None:
    assert parse("{openapi: 3.1.0, x-day: 2019-08-24}", "x").data["x-day"] == "2019-08-24"
