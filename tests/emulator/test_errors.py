"""Errors come in the vendor's shape, in the vendor's order."""

from __future__ import annotations

from typing import Any

import pytest

from posthog_environments.emulator import Emulator

from .conftest import Api

SUBSCRIPTION: dict[str, Any] = {
    "insight": 1,
    "target_type": "email",
    "target_value": "ada@example.com",
    "frequency": "weekly",
    "start_date": "2025-07-01T09:00:00Z",
}


def refusal(code: str, detail: str, attr: str | None) -> dict[str, Any]:
    return {"type": "validation_error", "code": code, "detail": detail, "attr": attr}


# --- routing ---------------------------------------------------------------------------------------------------


def test_an_unknown_path_is_not_found_even_without_a_key(api: Api) -> None:
    for path in ("persons/1/nothing/", "nothing/", "/", "/api/", "/api/users/@me/", "persons//"):
        answer = api.send("GET", path, headers={"Authorization": ""})
        assert answer.status == 404
        assert answer.json == {
            "type": "invalid_request",
            "code": "not_found",
            "detail": "Not found.",
            "attr": None,
        }


def test_the_key_is_looked_at_before_project_method_and_body(api: Api) -> None:
    for method, path in (("GET", "/api/environments/2/persons/"), ("PUT", "persons/"), ("POST", "exports/")):
        assert api.send(method, path, {"x": 1}, headers={"Authorization": ""}).status == 401


@pytest.mark.behaviour(
    "persons_list", 'another project is a 404: "Project not found."', source="PostHog source routing.py, 2025"
)
def test_another_project_is_not_found(api: Api) -> None:
    for project in ("2", "01", "abc", "@mine"):
        answer = api.send("GET", f"/api/environments/{project}/persons/")
        assert (answer.status, answer.json["detail"]) == (404, "Project not found.")


def test_current_names_the_project_of_the_key() -> None:
    api = Api(Emulator(project_id=4711))
    assert api.send("GET", "/api/environments/@current/persons/", query={"limit": 1}).status == 200
    assert api.send("GET", "/api/environments/4711/persons/", query={"limit": 1}).status == 200


def test_the_trailing_slash_is_optional(api: Api) -> None:
    assert api.send("GET", "persons/1").content == api.send("GET", "persons/1/").content


def test_both_roots_serve_the_same(api: Api) -> None:
    twin = Api(api.emulator, root="projects")
    assert api.send("GET", "subscriptions/1/").content == twin.send("GET", "subscriptions/1/").content


@pytest.mark.behaviour(
    "evaluations_delete", "has no twin under /api/projects/", source="published schema of October 2025"
)
def test_evaluations_have_no_twin_under_projects(api: Api) -> None:
    assert Api(api.emulator, root="projects").send("DELETE", "evaluations/x/").status == 404


def test_a_wrong_method_is_refused_and_the_right_ones_are_named(api: Api) -> None:
    answer = api.send("PUT", "subscriptions/1/", {})
    assert answer.status == 405
    assert answer.headers["Allow"] == "DELETE, GET, PATCH"
    assert answer.json == {
        "type": "invalid_request",
        "code": "method_not_allowed",
        "detail": 'Method "PUT" not allowed.',
        "attr": None,
    }
    assert api.send("DELETE", "persons/values/").status == 405, "an action, not the person named values"


@pytest.mark.behaviour(
    "evaluations_delete",
    "subscriptions_delete",
    "always 405, with an empty body",
    source="PostHog source forbid_destroy_model.py, October 2025",
)
def test_deleting_evaluations_and_subscriptions_is_refused_with_an_empty_body(either: Api) -> None:
    for path in (
        "evaluations/01976a0c-3c43-7b26-8d91-6e0b5f4a2c13/",
        "subscriptions/1/",
        "subscriptions/999/",
    ):
        answer = either.send("DELETE", path)
        assert (answer.status, answer.content) == (405, b"")
    assert either.get("subscriptions/1/")["deleted"] is False


def test_head_is_get_without_a_body(api: Api) -> None:
    answer = api.send("HEAD", "persons/1/")
    assert (answer.status, answer.content) == (200, b"")


def test_encoded_ids_stay_one_segment(api: Api) -> None:
    answer = api.send("GET", "query/a%2Fb%20c/")
    assert (answer.status, answer.json["detail"]) == (404, "Query a/b c not found for team 1")


# --- bodies ----------------------------------------------------------------------------------------------------


def test_malformed_json_is_a_parse_error(either: Api) -> None:
    for content in (b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 100_000):
        answer = either.send("POST", "subscriptions/", content=content)
        assert answer.status == 400
        assert (answer.json["type"], answer.json["code"]) == ("invalid_request", "parse_error")
        assert answer.json["detail"].startswith("JSON parse error - ")
        assert answer.json["attr"] is None


def test_a_body_that_is_no_object_is_invalid(either: Api) -> None:
    expected = refusal("invalid_input", "Invalid data. Expected a dictionary, but got list.", None)
    for path in ("subscriptions/", "groups/", "query/"):
        assert either.refused("POST", path, [1]) == expected


@pytest.mark.behaviour(
    "persons_update",
    "415 for a body that is not JSON; others take what they get",
    source="PostHog source person.py, October 2025",
)
def test_only_persons_refuse_other_content_types(api: Api) -> None:
    plain = {"Content-Type": "text/plain"}
    answer = api.send("PATCH", "persons/1/", {"properties": {"a": 1}}, headers=plain)
    assert answer.status == 415
    assert answer.json == {
        "type": "invalid_request",
        "code": "unsupported_media_type",
        "detail": 'Unsupported media type "text/plain" in request.',
        "attr": None,
    }
    charset = {"Content-Type": "application/json; charset=utf-8"}
    assert api.send("PATCH", "persons/1/", {"properties": {"a": 1}}, headers=charset).status == 202
    assert api.send("POST", "subscriptions/", SUBSCRIPTION, headers=plain).status == 201


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"target_type": ...}, ("required", "This field is required.", "target_type")),
        ({"target_type": None}, ("null", "This field may not be null.", "target_type")),
        ({"target_type": "fax"}, ("invalid_choice", '"fax" is not a valid choice.', "target_type")),
        ({"target_type": 3}, ("invalid_choice", '"3" is not a valid choice.', "target_type")),
        ({"target_value": ""}, ("blank", "This field may not be blank.", "target_value")),
        ({"target_value": True}, ("invalid_input", "Not a valid string.", "target_value")),
        ({"target_value": {}}, ("invalid_input", "Not a valid string.", "target_value")),
        (
            {"target_value": "a\0b"},
            ("null_characters_not_allowed", "Null characters are not allowed.", "target_value"),
        ),
        (
            {"title": "x" * 101},
            ("max_length", "Ensure this field has no more than 100 characters.", "title"),
        ),
        ({"interval": "soon"}, ("invalid_input", "A valid integer is required.", "interval")),
        ({"interval": 1.5}, ("invalid_input", "A valid integer is required.", "interval")),
        ({"interval": True}, ("invalid_input", "A valid integer is required.", "interval")),
        (
            {"interval": 1 << 31},
            ("max_value", "Ensure this value is less than or equal to 2147483647.", "interval"),
        ),
        (
            {"count": -(1 << 31) - 1},
            ("min_value", "Ensure this value is greater than or equal to -2147483648.", "count"),
        ),
        ({"deleted": "perhaps"}, ("invalid_input", "Must be a valid boolean.", "deleted")),
        (
            {"byweekday": "monday"},
            ("not_a_list", 'Expected a list of items but got type "str".', "byweekday"),
        ),
        (
            {"byweekday": ["monday", "noday"]},
            ("invalid_choice", '"noday" is not a valid choice.', "byweekday__1"),
        ),
        ({"insight": 999}, ("does_not_exist", 'Invalid pk "999" - object does not exist.', "insight")),
        ({"dashboard": 999}, ("does_not_exist", 'Invalid pk "999" - object does not exist.', "dashboard")),
    ],
)
def test_bad_fields_are_named_in_the_words_of_the_framework(
    either: Api, change: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    body = {name: value for name, value in {**SUBSCRIPTION, **change}.items() if value is not ...}
    assert either.refused("POST", "subscriptions/", body) == refusal(*expected)


def test_a_time_in_another_format_is_invalid(either: Api) -> None:
    answer = either.refused("POST", "subscriptions/", {**SUBSCRIPTION, "start_date": "tomorrow"})
    assert (answer["code"], answer["attr"]) == ("invalid_input", "start_date")
    assert answer["detail"].startswith("Datetime has wrong format.")


def test_only_the_first_problem_is_told(either: Api) -> None:
    answer = either.refused("POST", "subscriptions/", {"target_type": "fax", "frequency": "hourly"})
    assert (answer["attr"], answer["code"]) == ("target_type", "invalid_choice")
    assert either.refused("POST", "subscriptions/", {})["attr"] == "target_type"


def test_values_are_converted_as_the_framework_does_it(either: Api) -> None:
    body = {**SUBSCRIPTION, "interval": "2", "title": 12, "deleted": "false", "unknown": 1}
    made = either.send("POST", "subscriptions/", body).json
    assert (made["interval"], made["title"], made["deleted"]) == (2, "12", False)
    assert "unknown" not in made


@pytest.mark.behaviour(
    "subscriptions_update",
    "file_system_update",
    "what creation requires may not be blank later either",
    source="Django REST framework",
)
def test_what_creation_requires_may_not_be_blank_later_either(either: Api) -> None:
    assert either.refused("PATCH", "subscriptions/1/", {"target_value": ""})["code"] == "blank"
    assert either.send("PATCH", "subscriptions/1/", {"title": ""}).json["title"] == ""


# --- query -----------------------------------------------------------------------------------------------------


def test_a_limit_that_makes_no_sense_counts_as_the_default(either: Api) -> None:
    for limit in ("0", "-1", "many", "1.5", "9" * 5000):
        assert len(either.get("file_system/", limit=limit)["results"]) == 25
        assert len(either.get("events/", limit=limit)["results"]) == 100
    assert len(either.get("events/", limit=5, offset="x")["results"]) == 5


def test_query_parameters_are_checked(either: Api) -> None:
    assert either.refused("GET", "subscriptions/", insight="x") == refusal(
        "invalid_input", "A valid integer is required.", "insight"
    )
    assert either.refused("GET", "subscriptions/", deleted="x")["attr"] == "deleted"
    assert either.refused("GET", "hog_functions/", id="x") == refusal(
        "invalid_input", "Must be a valid UUID.", "id"
    )
    assert either.refused("GET", "hog_functions/", created_at="x")["attr"] == "created_at"


@pytest.mark.behaviour(
    "persons_list", "events_list", "a format that does not exist is a 404", source="Django REST framework"
)
def test_formats_that_do_not_exist_are_not_found(api: Api) -> None:
    for path in ("persons/", "persons/1/", "events/", "events/values/?key=event"):
        joint = "&" if "?" in path else "?"
        assert api.send("GET", f"{path}{joint}format=xml").status == 404


@pytest.mark.behaviour(
    "exports_list",
    "session_recordings_list",
    "there is no CSV of anything but persons and events: 404",
    source="Django REST framework",
)
def test_only_persons_and_events_have_csv(api: Api) -> None:
    for path in ("exports/", "exports/1/", "session_recordings/", "file_system/", "hog_functions/"):
        for name in ("csv", "xml"):
            assert api.send("GET", f"{path}?format={name}").status == 404
    assert api.get("exports/", format="json") == api.get("exports/")


# --- hand-made answers -----------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "persons_update",
    "groups_update_property",
    "groups_delete_property",
    "a missing field is a 400 whose code and detail are swapped",
    source="PostHog source person.py and groups.py, October 2025",
)
def test_persons_and_groups_swap_code_and_detail(api: Api) -> None:
    swapped = {"code": "This field is required.", "detail": "required", "type": "validation_error"}
    group = "?group_type_index=0&group_key=acme"
    assert api.refused("PATCH", "persons/1/", {}) == {"attr": "properties", **swapped}
    assert api.refused("PATCH", "persons/999999/", {"properties": None})["attr"] == "properties"
    assert api.refused("POST", f"groups/update_property/{group}", {"key": "a"}) == {
        "attr": "value",
        **swapped,
    }
    assert api.refused("POST", f"groups/update_property/{group}", {"value": 1}) == {"attr": "key", **swapped}
    assert api.refused("POST", f"groups/delete_property/{group}", {}) == {"attr": "$unset", **swapped}


def test_as_documented_nothing_is_swapped(documented: Api) -> None:
    expected = refusal("required", "This field is required.", "properties")
    assert documented.refused("PATCH", "persons/1/", {}) == expected


@pytest.mark.behaviour(
    "file_system_link",
    "file_system_move",
    "a missing `new_path` is a 400 with a `detail` alone",
    source="PostHog source file_system.py, October 2025",
)
def test_the_file_system_answers_with_a_bare_detail(either: Api) -> None:
    file, folder = either.emulator.sample_id("file_system"), either.emulator.sample_folder_id()
    for action in ("link", "move"):
        assert either.refused("POST", f"file_system/{file}/{action}/", {}) == {
            "detail": "new_path is required"
        }
        assert either.refused("POST", f"file_system/{folder}/{action}/", {"new_path": "Reports"}) == {
            "detail": f"Cannot {action} folder into itself"
        }
    assert either.refused("POST", f"file_system/{file}/count/") == {
        "detail": "Count can only be called on folders"
    }


@pytest.mark.behaviour(
    "events_retrieve",
    "an id that is no UUID is a 400 without `attr`",
    source="PostHog source event.py, October 2025",
)
def test_an_event_id_that_is_no_uuid_is_refused_without_attr(either: Api) -> None:
    expected = {"detail": "Invalid UUID", "code": "invalid", "type": "validation_error"}
    assert either.refused("GET", "events/123/") == expected


# --- records ---------------------------------------------------------------------------------------------------


def test_requests_are_recorded_without_the_key(api: Api) -> None:
    api.send("POST", "exports/", {"export_format": "text/csv", "insight": 1}, query=[("a", "1"), ("a", "2")])
    api.send("GET", "nowhere/")
    first, second = api.emulator.requests
    assert (first.method, first.path, first.status) == ("POST", "/api/environments/1/exports/", 201)
    assert first.query == [("a", "1"), ("a", "2")]
    assert first.body == {"export_format": "text/csv", "insight": 1}
    assert first.operation_id == "exports_create"
    assert first.headers["content-type"] == "application/json"
    assert api.emulator.api_key not in repr(first)
    assert (second.status, second.operation_id, second.body) == (404, None, None)


def test_arguments_that_make_no_sense_are_refused() -> None:
    for arguments in ({"persons": -1}, {"events": -1}, {"profile": "real"}):
        with pytest.raises(ValueError):
            Emulator(**arguments)
    with pytest.raises(ValueError):
        Emulator().advance(-1)
    with pytest.raises(LookupError, match="no tag"):
        Emulator().sample_id("nothing")
    for tag in ("persons", "events", "session_recordings", "sessions"):
        with pytest.raises(LookupError, match="nothing of the kind"):
            Emulator(persons=0, events=0).sample_id(tag)
