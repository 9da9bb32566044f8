"""Paid features: without them the answer is 402, before anything of the request is looked at."""

from __future__ import annotations

import pytest

from posthog_environments import APIStatusError
from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS

from .conftest import PROFILES, Api, example_request

PAID = {name: operation.entitlement for name, operation in OPERATIONS.items() if operation.entitlement}


def test_the_contract_says_which_operations_are_paid_for() -> None:
    assert set(PAID.values()) == {"subscriptions"}
    assert set(PAID) == {name for name, operation in OPERATIONS.items() if 402 in operation.statuses}
    assert set(PAID) == {name for name, operation in OPERATIONS.items() if operation.tag == "subscriptions"}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.behaviour(
    "subscriptions_list",
    "subscriptions_create",
    "subscriptions_retrieve",
    "subscriptions_update",
    "subscriptions_delete",
    "402 when the plan does not have it",
    source="PostHog source permissions.py and exceptions.py, 2025",
)
def test_without_the_feature_exactly_the_paid_operations_are_refused(operation_id: str, profile: str) -> None:
    """PostHog permissions.py and exceptions.py, 2025."""
    api = Api(Emulator(profile=profile))
    api.emulator.behaviour.entitlements.clear()
    method, path, query, body = example_request(api.emulator, operation_id)
    answer = api.send(method, path, body, query=query)
    assert (answer.status == 402) is (operation_id in PAID)
    if operation_id in PAID:
        assert answer.json == {
            "type": "server_error",
            "code": "payment_required",
            "detail": "Subscriptions is part of the premium PostHog offering. "
            "To use it, subscribe to PostHog Cloud with a generous free tier.",
            "attr": None,
        }


def test_the_feature_can_be_bought_and_lost(api: Api) -> None:
    assert api.emulator.behaviour.entitlements == {"subscriptions"}
    api.emulator.behaviour.entitlements.remove("subscriptions")
    assert api.send("GET", "subscriptions/").status == 402
    api.emulator.behaviour.entitlements.add("subscriptions")
    assert api.send("GET", "subscriptions/").status == 200


def test_the_key_and_its_scopes_are_looked_at_before_the_plan_and_the_plan_before_the_rest(api: Api) -> None:
    """Django REST framework runs permissions in order; PostHog appends the one of the plan (routing.py)."""
    api.emulator.behaviour.entitlements.clear()
    reader = {"Authorization": f"Bearer {api.emulator.add_key(['subscription:read'])}"}
    assert api.send("GET", "subscriptions/", headers={"Authorization": ""}).status == 401
    assert api.send("POST", "subscriptions/", {}, headers=reader).status == 403
    assert api.send("GET", "/api/environments/2/subscriptions/").status == 404
    assert api.send("POST", "subscriptions/", {}).status == 402
    assert api.send("PUT", "subscriptions/1/", {}).status == 402
    assert api.send("GET", "subscriptions/999999/").status == 402


def test_the_client_raises_what_it_says(api: Api) -> None:
    api.emulator.behaviour.entitlements.clear()
    with api.emulator.client() as client, pytest.raises(APIStatusError, match="premium") as caught:
        client.subscriptions.retrieve(1)
    assert (caught.value.status, caught.value.code) == (402, "payment_required")
    assert len(api.emulator.requests) == 1
