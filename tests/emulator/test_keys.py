"""Keys do what their scopes and limits allow, operation by operation, and are refused in the vendor's words.

Sources, where a docstring names a file: PostHog auth.py, permissions.py and routing.py, mid to late 2025.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from posthog_environments import PermissionDeniedError
from posthog_environments.emulator import Emulator
from posthog_environments.emulator.auth import scope_objects
from posthog_environments_api.operations import OPERATIONS

from .conftest import PROFILES, Answer, Api, example_request

SCOPED = [name for name, operation in OPERATIONS.items() if operation.scopes]
UNSCOPED = [name for name, operation in OPERATIONS.items() if not operation.scopes]
READING = [name for name in SCOPED if OPERATIONS[name].scopes[0].endswith(":read")]
OTHER = "11111111-2222-4333-8444-555555555555"


def call(api: Api, operation_id: str, key: str) -> Answer:
    """The contract's example of an operation, sent with a key."""
    method, path, query, body = example_request(api.emulator, operation_id)
    return api.send(method, path, body, query=query, headers={"Authorization": f"Bearer {key}"})


def get(api: Api, key: str, path: str = "groups/find/?group_type_index=0&group_key=acme") -> Answer:
    return api.send("GET", path, headers={"Authorization": f"Bearer {key}"})


def refused(answer: Answer, detail: str) -> bool:
    return answer.status == 403 and answer.json == {
        "type": "authentication_error",
        "code": "permission_denied",
        "detail": detail,
        "attr": None,
    }


def let_through(answer: Answer) -> bool:
    return answer.status in (200, 201, 202, 204) or (answer.status == 405 and not answer.content)


# --- scopes ----------------------------------------------------------------------------------------------------


def test_there_are_operations_of_both_kinds() -> None:
    assert len(SCOPED) + len(UNSCOPED) == 52
    assert len(UNSCOPED) == 8
    assert len(READING) > 20


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("operation_id", SCOPED)
def test_the_documented_scope_is_enough(operation_id: str, profile: str) -> None:
    api = Api(Emulator(profile=profile))
    assert let_through(call(api, operation_id, api.emulator.add_key(OPERATIONS[operation_id].scopes)))


@pytest.mark.parametrize("operation_id", SCOPED)
def test_every_other_scope_together_is_not_enough(api: Api, operation_id: str) -> None:
    """permissions.py: the scope that is missing is named."""
    needed = OPERATIONS[operation_id].scopes[0]
    enough = {needed, needed.replace(":read", ":write")}
    others = {f"{name}:{kind}" for name in scope_objects() for kind in ("read", "write")} - enough
    answer = call(api, operation_id, api.emulator.add_key(others))
    assert refused(answer, f"API key missing required scope '{needed}'")


@pytest.mark.parametrize("operation_id", READING)
def test_writing_allows_reading(api: Api, operation_id: str) -> None:
    """permissions.py: `:write` satisfies `:read`; the test above holds that `:read` does not satisfy `:write`."""
    scope = OPERATIONS[operation_id].scopes[0].replace(":read", ":write")
    assert let_through(call(api, operation_id, api.emulator.add_key([scope])))


@pytest.mark.parametrize("operation_id", SCOPED)
def test_a_star_allows_everything_that_has_a_scope(api: Api, operation_id: str) -> None:
    assert let_through(call(api, operation_id, api.emulator.add_key(["*"])))


@pytest.mark.parametrize(("era", "kind"), [(2025, "Personal API Key"), (2026, "personal API key")])
@pytest.mark.parametrize("operation_id", UNSCOPED)
@pytest.mark.behaviour(
    "persons_stickiness",
    "persons_trends",
    "query_draft_sql",
    "sessions_values",
    "sessions_property_definitions",
    "file_system_count",
    "file_system_link",
    "file_system_move",
    "refuses every scoped key: 403, even with `*`",
    source="PostHog source permissions.py, 2025",
)
def test_what_has_no_documented_scope_refuses_every_scoped_key(
    api: Api, operation_id: str, era: Any, kind: str
) -> None:
    """permissions.py: the action has no scope, so that even `*` does not help; the casing changed in 2026."""
    api.emulator.behaviour.era = era
    answer = call(api, operation_id, api.emulator.add_key(["*"]))
    assert refused(answer, f"This action does not support {kind} access")


@pytest.mark.parametrize("operation_id", UNSCOPED)
def test_the_documentation_knows_no_such_refusal(documented: Api, operation_id: str) -> None:
    """The documentation names no scope for these, and says nothing of a key that they refuse."""
    assert let_through(call(documented, operation_id, documented.emulator.add_key(["plugin:read"])))


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_legacy_key_may_do_anything(api: Api, operation_id: str) -> None:
    """permissions.py: a key from before there were scopes has none, and is not asked for one."""
    assert let_through(call(api, operation_id, api.emulator.add_key(None)))


def test_several_scopes_add_up(api: Api) -> None:
    key = api.emulator.add_key(["group:read", "person:read"])
    assert get(api, key).status == 200
    assert get(api, key, "persons/").status == 200
    assert get(api, key, "exports/").status == 403


def test_the_client_names_the_missing_scope(api: Api) -> None:
    with (
        api.emulator.client(api_key=api.emulator.add_key(["person:read"])) as client,
        pytest.raises(PermissionDeniedError, match="person:write"),
    ):
        client.persons.delete(1)
    assert api.emulator.sample_id("persons") == 1
    assert api.get("persons/1/")["id"] == 1


# --- projects and organizations --------------------------------------------------------------------------------


@pytest.mark.parametrize("operation_id", SCOPED)
def test_a_key_of_another_project_is_refused(operation_id: str) -> None:
    """permissions.py; before the scope is looked at."""
    api = Api(Emulator(project_id=7))
    answer = call(api, operation_id, api.emulator.add_key(["plugin:write"], projects=[1, 2]))
    assert refused(answer, "API key does not have access to the requested project: ID 7.")
    assert let_through(call(api, operation_id, api.emulator.add_key(["*"], projects=[2, 7])))


def test_a_key_of_another_organization_is_refused(api: Api) -> None:
    """permissions.py."""
    own = api.emulator.organization_id
    answer = get(api, api.emulator.add_key(["*"], organizations=[OTHER]))
    assert refused(answer, f"API key does not have access to the requested organization: ID {own}.")
    assert get(api, api.emulator.add_key(["*"], organizations=[OTHER, own])).status == 200


def test_a_project_that_does_not_exist_is_not_found_whatever_the_key_is_limited_to(api: Api) -> None:
    """permissions.py asks for the project itself before it compares: 404 goes before 403."""
    key = api.emulator.add_key(["plugin:read"], projects=[2])
    answer = get(api, key, "/api/environments/2/persons/")
    assert (answer.status, answer.json["detail"]) == (404, "Project not found.")
    assert get(api, key, "/api/environments/@current/persons/").status == 403


def test_a_project_token_in_the_query_names_the_project(api: Api) -> None:
    """routing.py: `token`, or else `api_key`, in the query of a GET goes before the path; unknown ones are a 401."""
    token = api.emulator.project_api_key
    assert token.startswith("phc_")
    for name in ("token", "api_key"):
        for project in ("1", "2", "abc"):
            path = f"/api/environments/{project}/exports/?{name}="
            assert api.send("GET", path + token).status == 200
            answer = api.send("GET", path + "phc_unknown")
            assert (answer.status, answer.json["code"]) == (401, "authentication_failed")
            assert answer.json["detail"] == "Incorrect authentication credentials."
    assert api.send("POST", f"/api/environments/2/exports/?token={token}", {}).status == 404
    assert (
        api.send("GET", f"/api/environments/2/exports/?token={token}", headers={"Authorization": ""}).status
        == 401
    )


# --- the order of refusals -------------------------------------------------------------------------------------


def test_the_scope_is_looked_at_before_method_and_body(api: Api) -> None:
    """A wrong method has no scope, so that a scoped key is told of that (permissions.py); PATCH on a list has one."""
    reader = api.emulator.add_key(["subscription:read"])
    headers = {"Authorization": f"Bearer {reader}"}
    answer = api.send("POST", "subscriptions/", {"x": 1}, headers=headers)
    assert refused(answer, "API key missing required scope 'subscription:write'")
    answer = api.send("PUT", "subscriptions/1/", {}, headers=headers)
    assert refused(answer, "This action does not support Personal API Key access")
    answer = api.send("PATCH", "subscriptions/", {}, headers=headers)
    assert refused(answer, "API key missing required scope 'subscription:write'")
    writer = {"Authorization": f"Bearer {api.emulator.add_key(['subscription:write'])}"}
    assert api.send("PATCH", "subscriptions/", {}, headers=writer).status == 405
    assert api.send("PUT", "subscriptions/1/", {}).status == 405


def test_head_needs_the_scope_of_get(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.emulator.add_key(['group:write'])}"}
    assert api.send("HEAD", "persons/", headers=headers).status == 403
    assert api.send("HEAD", "groups/property_definitions/", headers=headers).status == 200


# --- where a key may stand -------------------------------------------------------------------------------------


def test_a_key_may_stand_in_the_body_or_the_query_and_the_first_one_counts(api: Api) -> None:
    """auth.py: header, body, query string, in this order; only the first key that is found is tried."""
    good = api.emulator.api_key
    no_header = {"Authorization": ""}
    path = "groups/update_property/?group_type_index=0&group_key=quayside"

    def send(header: str, body: str | None, query: str | None) -> Answer:
        content: dict[str, Any] = {"key": "a", "value": 1}
        if body is not None:
            content["personal_api_key"] = body
        end = "" if query is None else f"&personal_api_key={query}"
        return api.send("POST", path + end, content, headers={"Authorization": header})

    assert send(f"Bearer {good}", "phx_bad", "phx_bad").status == 200
    assert send("", good, "phx_bad").status == 200
    assert send("Basic eA==", None, good).status == 200
    for header, body, query, place in (
        ("Bearer phx_bad", good, good, "Authorization header"),
        ("", "phx_bad", good, "body"),
        ("", None, "phx_bad", "query string"),
    ):
        answer = send(header, body, query)
        assert (answer.status, answer.json["code"]) == (401, "authentication_failed")
        assert answer.json["detail"] == f"Personal API key found in request {place} is invalid."
    assert send("", None, None).json["code"] == "not_authenticated"
    assert api.send("POST", path, content=b"{broken", headers=no_header).status == 401


@pytest.mark.behaviour(
    "session_recordings_list",
    "a key in the query is an unknown parameter: 400",
    source="PostHog source session_recording_api.py, October 2025",
)
def test_a_key_in_the_query_is_an_unknown_parameter_of_recordings(api: Api) -> None:
    """PostHog session_recording_api.py, October 2025, refuses parameters that it does not know."""
    query = {"personal_api_key": api.emulator.api_key}
    answer = api.send("GET", "session_recordings/", query=query, headers={"Authorization": ""})
    assert (answer.status, "extra_forbidden" in answer.json["detail"]) == (400, True)


@pytest.mark.parametrize("token", ["project", "phs_secret", "phc_other", "phx_"])
def test_tokens_of_other_kinds_are_invalid_keys(api: Api, token: str) -> None:
    """auth.py: whatever stands in the header is tried as a personal key, as old keys have no prefix."""
    answer = get(api, api.emulator.project_api_key if token == "project" else token)
    assert answer.status == 401
    assert answer.json["detail"] == "Personal API key found in request Authorization header is invalid."


def test_an_oauth_token_is_told_apart(api: Api) -> None:
    """auth.py: `pha_` goes to another check, which knows no such token here."""
    answer = get(api, "pha_token")
    assert (answer.status, answer.json["detail"]) == (401, "Invalid access token.")


def test_the_word_bearer_is_written_like_this(api: Api) -> None:
    """auth.py matches it with its case, unlike RFC 9110."""
    answer = api.send("GET", "exports/", headers={"Authorization": f"bearer {api.emulator.api_key}"})
    assert (answer.status, answer.json["code"]) == (401, "not_authenticated")


def test_no_record_of_a_request_holds_its_key(api: Api) -> None:
    key = api.emulator.api_key
    api.send("POST", "exports/", {"personal_api_key": key}, headers={"Authorization": ""})
    api.send("GET", "exports/", query={"personal_api_key": key}, headers={"Authorization": ""})
    api.send("GET", "exports/")
    assert len(api.emulator.requests) == 3
    assert not any(key in repr(record) for record in api.emulator.requests)


# --- making and removing keys ----------------------------------------------------------------------------------


def test_keys_depend_on_the_seed_alone_and_look_like_real_ones() -> None:
    def made(seed: int) -> list[str]:
        emulator = Emulator(persons=0, events=0, seed=seed)
        return [emulator.project_api_key, emulator.add_key(["*"]), emulator.add_key(["*"])]

    assert made(1) == made(1)
    assert len({*made(1), *made(2)}) == 6
    project, *keys = made(1)
    assert re.fullmatch(r"phc_[0-9A-Za-z]{43}", project)
    assert all(re.fullmatch(r"phx_[0-9A-Za-z]{47}", key) for key in keys)


def test_a_key_may_be_given_and_is_valid_until_it_is_removed(api: Api) -> None:
    key = api.emulator.add_key(["group:read"], value="phx_mine", name="mine")
    assert (key, get(api, key).status) == ("phx_mine", 200)
    with pytest.raises(ValueError, match="'mine'"):
        api.emulator.add_key(["group:read"], value="phx_mine")
    api.emulator.remove_key(key)
    assert get(api, key).status == 401
    with pytest.raises(LookupError):
        api.emulator.remove_key(key)


@pytest.mark.parametrize(
    "scope", ["person", "person:", "person:delete", "people:read", "Person:read", "**", ""]
)
def test_a_scope_that_does_not_exist_is_refused_and_the_known_ones_are_named(scope: str) -> None:
    emulator = Emulator(persons=0, events=0)
    with pytest.raises(ValueError, match=re.escape(repr(scope))) as caught:
        emulator.add_key(["person:read", scope])
    assert all(name in str(caught.value) for name in scope_objects())
    assert {"person", "query", "sharing_configuration"} <= set(scope_objects())


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"scopes": []}, "None makes a legacy key"),
        ({"scopes": None, "projects": [1]}, "legacy key"),
        ({"scopes": ["*"], "projects": []}, "project numbers"),
        ({"scopes": ["*"], "projects": ["1"]}, "project numbers"),
        ({"scopes": ["*"], "organizations": ["acme"]}, "organization UUIDs"),
        ({"scopes": ["*"], "value": "phc_x"}, "phx_"),
        ({"scopes": ["*"], "value": "phx_a b"}, "phx_"),
        ({"scopes": [5]}, "5 is no scope"),
        (
            {"scopes": ["*"], "user": Emulator(0, 0).add_user("eve@example.com")},
            "'eve@example.com' is no user",
        ),
    ],
)
def test_keys_that_make_no_sense_are_refused(arguments: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Emulator(persons=0, events=0).add_key(**arguments)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"scopes": 5}, "scopes must be several"),
        ({"scopes": ["*"], "projects": 1}, "projects must be several"),
        ({"scopes": ["*"], "organizations": 1}, "organizations must be several"),
        ({"scopes": ["*"], "user": "ada@example.com"}, "user must be what add_user returned"),
        ({"scopes": ["*"], "value": 5}, "value must be a text"),
        ({"scopes": ["*"], "name": 5}, "name must be a text"),
    ],
)
def test_arguments_of_a_key_have_their_types(arguments: dict[str, Any], match: str) -> None:
    with pytest.raises(TypeError, match=match):
        Emulator(persons=0, events=0).add_key(**arguments)


def test_one_scope_may_be_given_as_text(api: Api) -> None:
    assert get(api, api.emulator.add_key("group:read")).status == 200


# --- users -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "persisted_folder_retrieve",
    "exports_list",
    "only those of the owner of the key",
    source="PostHog source persisted_folder.py and exports.py, October 2025",
)
def test_everyone_sees_their_own_folders_and_exports_only(api: Api) -> None:
    """PostHog persisted_folder.py and exports.py, 2025."""
    emulator = api.emulator
    linus = emulator.add_user("linus@example.com", last_name="T")
    with (
        emulator.client(api_key=emulator.add_key(["*"], user=linus)) as client,
        emulator.client() as owner,
    ):
        export = client.exports.create(export_format="text/csv", insight=1)
        folder = client.persisted_folder.create(type="pinned", path="Linus")
        assert [row.id for row in client.exports.list()] == [export.id]
        assert export.id not in [row.id for row in owner.exports.list()]
        assert folder.id != emulator.sample_id("persisted_folder")
        assert client.persisted_folder.retrieve(folder.id).path == "Linus"
    assert api.send("GET", f"persisted_folder/{folder.id}/").status == 404
    assert api.send("GET", f"persisted_folder/{emulator.sample_id('persisted_folder')}/").status == 200


def test_a_user_is_named_where_something_was_created(api: Api) -> None:
    emulator = api.emulator
    linus = emulator.add_user("linus@example.com")
    with emulator.client(api_key=emulator.add_key(None, user=linus)) as client:
        made = client.subscriptions.create(
            insight=1,
            target_type="email",
            target_value="a@example.com",
            frequency="weekly",
            start_date="2025-07-01T09:00:00Z",
        )
        client.file_system.create(path="Kernel", type="folder")
    shown = api.get(f"subscriptions/{made.id}/")["created_by"]
    assert (shown["id"], shown["uuid"], shown["email"]) == (linus.id, linus.uuid, "linus@example.com")
    assert shown["first_name"] == "Linus"
    assert [row["path"] for row in api.get("file_system/", search="author:linus")["results"]] == ["Kernel"]


@pytest.mark.parametrize("email", ["linus", "ada@example.com", "@", "linus@", "@example.com"])
def test_a_user_needs_an_address_of_their_own(email: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        Emulator(persons=0, events=0).add_user(email)
