"""The resource classes: one method per operation, the same request as the endpoint module makes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from posthog_environments_api.errors import InvalidRequestError
from posthog_environments_api.operations import DEPRECATIONS, OPERATIONS, RATE_LIMITS
from posthog_environments_api.resources import AsyncResources, SyncResources
from tests.generated.samples import DOCUMENT, RAW, arguments, endpoint, has_body, smallest_call

PAGINATED = [name for name in RAW if "x-pagination" in RAW[name].data]
CSV = [
    name
    for name in RAW
    if RAW[name].method == "GET"
    and any("text/csv" in response.get("content", {}) for response in RAW[name].data["responses"].values())
]


class SyncRecorder:
    """Stands where requests would be sent; gives back what it was asked."""

    project_id = "1"

    def call(self, operation: Any, request: Any, options: Any) -> Any:
        return SimpleNamespace(how="call", operation=operation, request=request, options=options)

    def call_text(self, operation: Any, request: Any, options: Any) -> Any:
        return SimpleNamespace(how="text", operation=operation, request=request, options=options)

    def paginate(self, operation: Any, items: Any, request: Any, options: Any, max_items: Any) -> Any:
        return SimpleNamespace(
            how="pages",
            operation=operation,
            request=request,
            options=options,
            items=items,
            max_items=max_items,
        )


class AsyncRecorder(SyncRecorder):
    async def call(self, operation: Any, request: Any, options: Any) -> Any:
        return SyncRecorder.call(self, operation, request, options)

    async def call_text(self, operation: Any, request: Any, options: Any) -> Any:
        return SyncRecorder.call_text(self, operation, request, options)


both = pytest.mark.parametrize("kind", ["sync", "async"])


def method(kind: str, name: str) -> Callable[..., Any]:
    resources: Any = SyncResources(SyncRecorder()) if kind == "sync" else AsyncResources(AsyncRecorder())
    return getattr(getattr(resources, OPERATIONS[name].tag), OPERATIONS[name].name)


def outcome(result: Any) -> Any:
    async def waited() -> Any:
        return await result

    return asyncio.run(waited()) if inspect.isawaitable(result) else result


def call(kind: str, name: str, **more: Any) -> Any:
    """The method with the contract's own examples."""
    values, keywords = smallest_call(name)
    return outcome(method(kind, name)(*values[1:], **keywords, **more))


@both
@pytest.mark.parametrize("name", list(RAW))
def test_a_method_makes_the_request_of_its_operation(kind: str, name: str) -> None:
    values, keywords = smallest_call(name)
    made = call(kind, name, options={"max_retries": 0})
    assert made.operation is endpoint(name).OPERATION
    assert made.request == endpoint(name).request_kwargs("1", *values[1:], **keywords)
    assert made.options == {"max_retries": 0}
    assert made.how == ("pages" if name in PAGINATED else "call")


@both
@pytest.mark.parametrize("name", list(RAW))
def test_a_method_has_an_argument_for_everything_that_the_contract_knows(kind: str, name: str) -> None:
    found = inspect.signature(method(kind, name)).parameters
    infos = OPERATIONS[name].parameters
    positional = [key for key, one in found.items() if one.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert positional == [info.keyword for info in infos if info.location == "path"][1:]
    extras = {"options", *(["body"] if has_body(OPERATIONS[name]) else [])}
    extras |= {"max_items"} if name in PAGINATED else set()
    assert set(found) == {info.keyword for info in infos if info.name != "project_id"} | extras
    required = {key for key, one in found.items() if one.default is inspect.Parameter.empty}
    assert required == {
        info.keyword
        for info in infos
        if info.required and info.location != "body" and info.name != "project_id"
    }


@both
@pytest.mark.parametrize("name", list(RAW))
def test_every_argument_of_a_method_reaches_the_request(kind: str, name: str) -> None:
    """Under the name that it has on the wire, alone beside what is required."""
    values, keywords = smallest_call(name)
    module = endpoint(name)
    for variable, info in arguments(name):
        if info.location == "path" or (info.required and info.location == "query"):
            continue
        given = {key: value for key, value in keywords.items() if key != "body" or info.location == "query"}
        if info.location == "body":
            given |= {key: "y" for key, one in arguments(name) if one.location == "body" and one.required}
        given[variable] = ["x"] if info.json else True if info.schema.get("type") == "boolean" else "7"
        keyword = {key: one.keyword for key, one in arguments(name)}
        made = outcome(
            method(kind, name)(*values[1:], **{keyword.get(key, key): one for key, one in given.items()})
        )
        assert made.request == module.request_kwargs("1", *values[1:], **given)
        assert info.name in (
            dict(made.request["params"]) if info.location == "query" else made.request["json"]
        )


@both
@pytest.mark.parametrize("name", CSV)
def test_csv_is_asked_for_as_text(kind: str, name: str) -> None:
    assert call(kind, name, format="csv").how == "text"
    assert dict(call(kind, name, format="csv").request["params"])["format"] == "csv"
    assert call(kind, name, format="json").how == ("pages" if name in PAGINATED else "call")


def test_there_are_lists_and_tables() -> None:
    assert len(PAGINATED) == 8
    assert len(CSV) >= 5


@both
@pytest.mark.parametrize("name", PAGINATED)
def test_a_list_knows_its_rows_and_how_it_goes_on(kind: str, name: str) -> None:
    made = call(kind, name, max_items=3)
    assert made.max_items == 3
    assert call(kind, name).max_items is None
    rows = [object()]
    wanted = RAW[name].data["x-pagination"]
    assert made.items(SimpleNamespace(**{wanted["items"]: rows})) is rows
    pagination = made.operation.pagination
    assert {key: getattr(pagination, key) for key in wanted if key != "items"} == {
        key: value for key, value in wanted.items() if key != "items"
    }


@both
def test_a_refused_argument_is_refused_before_anything_is_sent(kind: str) -> None:
    with pytest.raises(InvalidRequestError):
        outcome(method(kind, "persons_retrieve")(""))


@both
def test_resources_are_made_once_and_show_no_more_than_their_project(kind: str) -> None:
    resources: Any = SyncResources(SyncRecorder()) if kind == "sync" else AsyncResources(AsyncRecorder())
    for tag in dict.fromkeys(info.tag for info in OPERATIONS.values()):
        assert getattr(resources, tag) is getattr(resources, tag)
        assert repr(getattr(resources, tag)).endswith(" of project 1>")


# --- the operations as data ----------------------------------------------------------------------------------


def test_the_table_holds_the_operations_of_the_contract() -> None:
    assert list(OPERATIONS) == list(RAW)


@pytest.mark.parametrize("name", list(RAW))
def test_an_operation_says_what_the_contract_says(name: str) -> None:
    data, info, operation = RAW[name].data, OPERATIONS[name], endpoint(name).OPERATION
    for one in (info, operation):
        assert (one.operation_id, one.tag, one.name) == (
            name,
            data["tags"][0],
            name[len(data["tags"][0]) + 1 :],
        )
        assert (one.method, one.path) == (RAW[name].method, RAW[name].path)
        assert one.scopes == tuple(data["security"][0]["personalApiKey"])
        assert one.rate_limit == data["x-rate-limit"]
        assert one.read_only == (RAW[name].method == "GET" or "x-read" in data)
    assert info.summary == data["summary"]
    assert info.description == " ".join(data["description"].split())
    assert info.deprecation == data.get("x-deprecation")
    assert info.statuses == tuple(sorted(map(int, data["responses"])))
    assert info.paginated == (operation.pagination is not None) == (name in PAGINATED)
    assert [(one.name, one.location) for one in info.parameters if one.location != "body"] == [
        (one["name"], one["in"]) for place in ("path", "query") for one in ordered(name) if one["in"] == place
    ]
    required = {(one["name"], one["in"]) for one in RAW[name].parameters if one.get("required")}
    assert {
        (one.name, one.location) for one in info.parameters if one.required and one.location != "body"
    } == required
    assert operation.foreign_redirect == ("302" in data["responses"])
    assert operation.binary == (name == "exports_content")


def ordered(name: str) -> list[Any]:
    """Path parameters in the order of the path, query parameters as they are written."""
    path = RAW[name].path
    return sorted(
        RAW[name].parameters, key=lambda one: path.find(f"{{{one['name']}}}") if one["in"] == "path" else 0
    )


def test_rate_limits_and_deprecations_are_those_of_the_contract() -> None:
    assert {
        name: [{"requests": limit.requests, "seconds": limit.seconds} for limit in limits]
        for name, limits in RATE_LIMITS.items()
    } == {name: value["limits"] for name, value in DOCUMENT["x-rate-limits"].items()}
    assert {
        name: " ".join(value["text"].split()) for name, value in DOCUMENT["x-deprecations"].items()
    } == dict(DEPRECATIONS)


def test_a_deprecation_is_said_in_the_docstring() -> None:
    for name, info in OPERATIONS.items():
        text = method("sync", name).__doc__ or ""
        assert ("Deprecated by PostHog" in text) == (info.deprecation is not None), name
