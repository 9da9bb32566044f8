"""The fast path of decoding gives what the tolerant path gives, for every model, errors included."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import threading
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from posthog_environments import models
from posthog_environments_api import codec, wire
from posthog_environments_api.errors import DecodeError
from posthog_environments_api.models import PersonPage
from tests.calls import contract
from tests.client.test_any_json import JSON, places, replaced

CLASSES = [getattr(models, name) for name in models.__all__ if hasattr(getattr(models, name), "from_json")]
PERSON = {
    "id": "095be615-a8ad-4c33-8e9c-c7612fbf6c9f",
    "uuid": "095be615-a8ad-4c33-8e9c-c7612fbf6c9f",
    "name": "Ada",
    "distinct_ids": ["a"],
    "created_at": "2025-01-01T00:00:00Z",
    "properties": {"plan": "pro"},
}


def sample(name: str, depth: int = 0) -> Any:
    """A value of a schema with every field set."""
    return _value({"$ref": f"#/components/schemas/{name}"}, depth)


def _value(schema: dict[str, Any], depth: int) -> Any:
    if "$ref" in schema:
        target = contract()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return _value(target, depth + 1)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return _value(schema[key][0] if depth < 6 else schema[key][-1], depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            found = {name: _value(field, depth + 1) for name, field in schema.get("properties", {}).items()}
            extra = schema.get("additionalProperties")
            return {**found, "0": _value(extra, depth + 1)} if isinstance(extra, dict) else found
        case "array":
            return [_value(schema["items"], depth + 1)] if depth < 8 else []
        case "string":
            formats = {
                "date-time": "2025-06-13T08:21:07.120000Z",
                "date": "2025-06-13",
                "uuid": "095be615-a8ad-4c33-8e9c-c7612fbf6c9f",
            }
            return formats.get(schema.get("format", ""), "text")
        case "integer":
            return 7
        case "number":
            return 1.5
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return {"free": [1, None, "x"]}


def tolerant(cls: Any, content: bytes) -> Any:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return DecodeError
    try:
        return cls.from_dict(value)
    except DecodeError as error:
        return str(error)


def fast(cls: Any, content: bytes) -> Any:
    try:
        return cls.from_json(content)
    except DecodeError as error:
        return DecodeError if error.model is None else str(error)


def same(cls: Any, content: bytes) -> None:
    expected, found = tolerant(cls, content), fast(cls, content)
    if expected is DecodeError or isinstance(expected, str):
        assert found == expected
    else:
        assert type(found) is type(expected)
        assert found == expected or "nan" in repr(found)
        # The text tells 1 from 1.0 and True; only the order of unknown keys may differ.
        assert repr(sorted_(found.to_dict())) == repr(sorted_(expected.to_dict()))


def sorted_(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: sorted_(value[key]) for key in sorted(value)}
    return [sorted_(item) for item in value] if isinstance(value, list) else value


def test_there_are_models() -> None:
    assert len(CLASSES) > 50


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_full_object_takes_the_fast_path_and_round_trips(cls: Any) -> None:
    value = sample(cls.__name__)
    content = json.dumps(value).encode()

    same(cls, content)
    if cls.wire is not None:
        assert cls.wire.read(content) is not None, "a value that fits must not need the tolerant path"
    assert json.loads(cls.from_json(content).to_json()) == value


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_mutated_object_gives_the_same_on_both_paths(cls: Any, data: st.DataObject) -> None:
    value = sample(cls.__name__)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(value)))
        match data.draw(st.sampled_from(["replace", "drop", "null", "unknown key"])):
            case "drop" if place and isinstance(place[-1], str):
                value = dropped(value, place)
            case "null":
                value = replaced(value, place, None)
            case "unknown key" if isinstance(at(value, place), dict):
                value = replaced(
                    value, place, {**at(value, place), data.draw(st.text(max_size=6)): data.draw(JSON)}
                )
            case _:
                value = replaced(value, place, data.draw(JSON | st.sampled_from(ODD)))

    same(cls, json.dumps(value).encode())


ODD = [
    "2025-06-13T08:21:07.123456789Z",
    "2025-06-13 08:21:07+00",
    "2025-06-13t08:21:07z",
    "2025-06-13",
    "20250613T082107Z",
    "24:00:00",
    "{095be615-a8ad-4c33-8e9c-c7612fbf6c9f}",
    "095BE615-A8AD-4C33-8E9C-C7612FBF6C9F",
    "095be615a8ad4c338e9cc7612fbf6c9f",
    "urn:uuid:095be615-a8ad-4c33-8e9c-c7612fbf6c9f",
    5.0,
    -0.0,
    1e300,
    2**63,
    2**64,
    -(2**63) - 1,
    2**200,
    True,
    "true",
    "7",
    float("inf"),
]


def at(value: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        value = value[step]
    return value


def dropped(value: Any, place: tuple[Any, ...]) -> Any:
    result = copy.deepcopy(value)
    del at(result, place[:-1])[place[-1]]
    return result


RAW = b'{"results": [{"id": 1, "name": "A\\u00e9", "properties": {"a": [1.5, null]}}], "next": null, "count": 2}'


@settings(max_examples=600, deadline=None, derandomize=True)
@given(data=st.data())
@example(data=None)
def test_mangled_bytes_give_the_same_on_both_paths(data: Any) -> None:
    content = bytearray(RAW)
    if data is not None:
        for _ in range(data.draw(st.integers(1, 4))):
            index = data.draw(st.integers(0, len(content) - 1))
            piece = data.draw(
                st.sampled_from(
                    [
                        b"",
                        b"\xef\xbb\xbf",
                        b"NaN",
                        b"\\ud800",
                        b"1e400",
                        b"-0",
                        b"1E2",
                        b"\x00",
                        b"\t",
                        b"[[",
                        b'"',
                        b",",
                        b"//",
                    ]
                )
                | st.binary(max_size=2)
            )
            content[index : index + data.draw(st.integers(0, 3))] = piece
    same(PersonPage, bytes(content))


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        '"\\ud800"',
        "123456789012345678901234567890",
        "-0",
        "1E2",
        "0.1",
    ],
)
def test_what_the_strict_parser_refuses_is_read_as_before(text: str) -> None:
    same(PersonPage, f'{{"results": [{{"id": 1, "properties": {{"x": {text}}}}}]}}'.encode())


def test_a_byte_order_mark_does_no_harm() -> None:
    assert PersonPage.from_json(b"\xef\xbb\xbf" + RAW) == PersonPage.from_json(RAW)


@pytest.mark.usefixtures("untaught")
def test_new_keys_are_learned_and_kept() -> None:
    page = json.dumps(
        {"results": [{**PERSON, "brand_new": 1, "other": None}] * 3, "page_extra": [1]}
    ).encode()

    first = PersonPage.from_json(page)
    assert PersonPage.wire.read(page) is not None, "the second read takes the fast path"
    assert PersonPage.from_json(page) == first
    assert first.results[2].additional_properties == {"brand_new": 1, "other": None}
    assert first.additional_properties == {"page_extra": [1]}
    assert json.loads(first.to_json()) == json.loads(page)


def test_objects_keyed_by_users_do_not_grow_the_types() -> None:
    for number in range(100):
        keys = {f"key {number} {index}": index for index in range(10)}
        found = models.PropertyValue.from_json(json.dumps({"name": "x", **keys}).encode())
        assert found.additional_properties == keys

    assert len(models.PropertyValue.wire.learned) <= 32


def test_a_subclass_of_a_model_is_made_by_its_own_initializer() -> None:
    import attrs

    @attrs.define
    class Mine(models.Person):
        made: list[str] = attrs.field(factory=list, init=False)

        def __attrs_post_init__(self) -> None:
            self.made.append("yes")

    found = Mine.from_json(b'{"id": 3}')
    assert type(found) is Mine
    assert found.made == ["yes"]


def test_learning_in_many_threads_gives_each_its_own_objects() -> None:
    problems: list[str] = []

    def read(worker: int) -> None:
        for number in range(60):
            item = {"id": number, f"thread_{worker % 3}_{number % 4}": worker}
            page = json.dumps({"results": [item] * 5}).encode()
            found = models.SubscriptionPage.from_json(page)
            if [entry.to_dict() for entry in found.results] != [item] * 5:
                problems.append(f"{worker} {number}")

    threads = [threading.Thread(target=read, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []


def test_without_msgspec_everything_still_works() -> None:
    code = """
import sys
sys.modules["msgspec"] = None
from posthog_environments.models import PersonPage
page = PersonPage.from_json(b'{"results": [{"id": 1, "zzz": 2}], "next": null}')
assert page.results[0].additional_properties == {"zzz": 2}
from posthog_environments_api.errors import DecodeError
try:
    PersonPage.from_json(b"{")
except DecodeError:
    print("fine")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("fine", "")


def test_integers_of_any_size_are_exact() -> None:
    for number in (2**53 + 1, 2**63, 2**64 + 1, -(2**70), 10**40):
        found = PersonPage.from_json(
            json.dumps({"results": [{"id": 1, "properties": {"n": number}}]}).encode()
        )
        assert found.results[0].properties == {"n": number}
        assert models.Subscription.from_json(b'{"id": %d}' % number).id == number


def test_the_modules_agree_about_msgspec() -> None:
    assert codec.find_msgspec() is not None
    assert wire.find_msgspec is codec.find_msgspec


def test_an_object_whose_extras_nobody_asked_for_behaves_like_any_other() -> None:
    import pickle

    import attrs

    def make() -> models.Person:
        return models.Person.from_json(b'{"id": 3}')

    plain = models.Person(id=3)
    assert make() == plain == copy.copy(make()) == copy.deepcopy(make()) == pickle.loads(pickle.dumps(make()))
    assert repr(make()) == repr(plain)
    assert attrs.asdict(make()) == attrs.asdict(plain)
    assert attrs.evolve(make(), id=4).id == 4
    assert make().additional_keys == []
    assert "x" not in make()
    person = make()
    person["x"] = 1
    assert person.to_dict() == {"id": 3, "x": 1}
    with pytest.raises(AttributeError, match=r"'Person' object has no attribute 'nmae'"):
        make().nmae  # type: ignore[attr-defined]  # noqa: B018


def test_threads_that_ask_for_extras_first_share_one_dict() -> None:
    for _ in range(200):
        person = models.Person.from_json(b'{"id": 3}')
        barrier = threading.Barrier(4)

        def write(number: int, person: Any = person, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            person.additional_properties[f"key{number}"] = number

        threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(person.additional_properties) == 4
