"""Every operation is answered, in both profiles, as the contract says."""

from __future__ import annotations

import pytest

from posthog_environments.emulator import Emulator
from posthog_environments.emulator.handlers import handlers
from posthog_environments_api.operations import OPERATIONS

from .conftest import PROFILES, Api, example_request

REFUSED = {"evaluations_delete": 405, "subscriptions_delete": 405}


def test_exactly_the_operations_of_the_contract_have_handlers() -> None:
    assert len(OPERATIONS) == 52
    assert handlers().keys() == OPERATIONS.keys()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("operation_id", "root"),
    [
        (operation_id, root)
        for operation_id in OPERATIONS
        for root in ("environments", "projects")
        if (operation_id, root) != ("evaluations_delete", "projects")  # the only path without a twin
    ],
)
def test_the_examples_of_every_operation_succeed_and_keep_the_contract(
    operation_id: str, root: str, profile: str
) -> None:
    api = Api(Emulator(profile=profile))
    method, path, query, body = example_request(api.emulator, operation_id)
    answer = api.send(method, path.replace("/environments/", f"/{root}/"), body, query=query)
    expected = REFUSED.get(operation_id)
    assert answer.status == expected if expected else answer.status in (200, 201, 202, 204)
    assert api.emulator.requests[-1].operation_id == operation_id


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_operation_needs_the_key(operation_id: str) -> None:
    api = Api(Emulator())
    method, path, query, body = example_request(api.emulator, operation_id)
    for header, code in (
        ("", "not_authenticated"),
        ("Basic x", "not_authenticated"),
        ("Bearer phx_x", "authentication_failed"),
    ):
        answer = api.send(method, path, body, query=query, headers={"Authorization": header})
        assert answer.status == 401
        assert answer.json["type"] == "authentication_error"
        assert answer.json["code"] == code


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "operation_id", [name for name, operation in OPERATIONS.items() if operation.path.count("{") > 1]
)
def test_an_id_that_does_not_exist_is_not_found(operation_id: str, profile: str) -> None:
    api = Api(Emulator(profile=profile))
    method, path, query, body = example_request(api.emulator, operation_id)
    sample = api.emulator.sample_id(OPERATIONS[operation_id].tag)
    if operation_id == "file_system_count":
        sample = api.emulator.sample_folder_id()
    unknown = "00000000-0000-7000-8000-000000000000" if isinstance(sample, str) else "999999"
    before, _, after = path.rpartition(f"/{sample}/")
    answer = api.send(method, f"{before}/{unknown}/{after}", body, query=query)
    indifferent = {
        "evaluations_delete": 405,
        "subscriptions_delete": 405,
        "query_delete": 200 if profile == "observed" else 204,
        "session_recordings_sharing": 200,
    }
    assert answer.status == indifferent.get(operation_id, 404)


def test_what_the_documentation_shows_without_a_body_is_empty_in_its_profile() -> None:
    for operation_id, operation in OPERATIONS.items():
        if operation.documented is None and 200 in operation.statuses and operation_id != "query_delete":
            api = Api(Emulator(profile="documented"))
            method, path, query, body = example_request(api.emulator, operation_id)
            answer = api.send(method, path, body, query=query)
            assert (answer.status, answer.content) in ((200, b""), (204, b"")), operation_id
