"""What a call becomes: one request, as plain data, or a refusal before anything is sent."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

import pytest

from posthog_environments_api.errors import InvalidRequestError
from posthog_environments_api.models import (
    ExportCreate,
    ExportFormat,
    FileSystemEntryCreate,
    HogFunctionType,
    PersonUpdate,
    PluginLogType,
    PropertyFilter,
    PropertyFilterGroup,
    PropertyGroupOperator,
    PropertyOperator,
    QueryRefresh,
    QueryRequest,
    SubscriptionCreate,
    SubscriptionFrequency,
    Weekday,
)
from posthog_environments_api.operations import OPERATIONS, ParameterInfo
from posthog_environments_api.types import UNSET
from tests.generated.samples import (
    RAW,
    alternatives,
    arguments,
    endpoint,
    example,
    has_body,
    path_values,
    required_fields,
    required_query,
    smallest_call,
)

WITH_BODY = [name for name in RAW if has_body(OPERATIONS[name])]
UTC = datetime.UTC
BERLIN = datetime.timezone(datetime.timedelta(hours=2))
NOON = datetime.datetime(2025, 6, 13, 12, 0, tzinfo=UTC)


def request(name: str, /, *path: Any, **arguments: Any) -> dict[str, Any]:
    return endpoint(name).request_kwargs(*path, **arguments)


def params(name: str, /, *path: Any, **arguments: Any) -> list[tuple[str, str]]:
    return list(request(name, *path, **arguments).get("params", []))


def query_arguments(**wanted: bool) -> list[Any]:
    """Operation, argument and facts of every query parameter that has the wanted facts."""
    return [
        pytest.param(name, variable, info, id=f"{name}-{info.name}")
        for name in RAW
        for variable, info in arguments(name)
        if info.location == "query" and all(getattr(info, key) == value for key, value in wanted.items())
    ]


# --- every operation -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(RAW))
def test_the_smallest_call_is_method_path_and_what_must_be_sent(name: str) -> None:
    values, keywords = smallest_call(name)
    made = request(name, *values, **keywords)
    filled = RAW[name].path
    for value, (_, info) in zip(values, arguments(name), strict=False):
        filled = filled.replace(f"{{{info.name}}}", str(value))
    wanted = {
        info.name: str(example(info))
        for _, info in arguments(name)
        if info.location == "query" and info.required
    }
    assert (made["method"], made["url"]) == (RAW[name].method, filled)
    assert dict(made.get("params", [])) == wanted
    assert made.get("json") == OPERATIONS[name].body_example
    assert ("json" in made) == has_body(OPERATIONS[name])
    assert ("params" in made) == bool(wanted)


def some_value(info: ParameterInfo) -> Any:
    """A value that is sent: no empty list, no false flag."""
    if info.json:
        return ["x"]
    return alternatives(info.schema)[0] if info.example is None else info.example


@pytest.mark.parametrize("name", list(RAW))
def test_every_argument_is_sent_where_it_belongs(name: str) -> None:
    """Query and body may have fields of one name."""
    given = {
        variable: (info, some_value(info)) for variable, info in arguments(name) if info.location != "path"
    }
    made = request(name, *path_values(name), **{variable: value for variable, (_, value) in given.items()})
    assert {key for key, _ in made.get("params", [])} == {
        info.name for info, _ in given.values() if info.location == "query"
    }
    assert made.get("json", {}) == {
        info.name: value for info, value in given.values() if info.location == "body"
    }


@pytest.mark.parametrize(("name", "variable", "info"), query_arguments(required=False))
def test_an_optional_parameter_is_not_sent_when_it_is_none_or_left_out(
    name: str, variable: str, info: Any
) -> None:
    values, keywords = smallest_call(name)
    without = request(name, *values, **keywords)
    assert request(name, *values, **keywords, **{variable: None}) == without
    assert request(name, *values, **keywords, **{variable: UNSET}) == without
    assert info.name not in dict(without.get("params", []))


@pytest.mark.parametrize(("name", "variable", "info"), query_arguments(required=True))
def test_a_required_parameter_must_be_something(name: str, variable: str, info: Any) -> None:
    values, keywords = smallest_call(name)
    with pytest.raises(InvalidRequestError, match=info.name):
        request(name, *values, **{**keywords, variable: None})
    with pytest.raises(TypeError, match=variable):
        request(name, *values, **{key: value for key, value in keywords.items() if key != variable})


@pytest.mark.parametrize("name", list(RAW))
def test_a_path_id_that_would_name_another_resource_is_refused(name: str) -> None:
    """An empty id would turn `delete one` into a request to the whole collection."""
    values, keywords = smallest_call(name)
    names = [info.name for _, info in arguments(name) if info.location == "path"]
    for index, wanted in enumerate(names):
        for value in ("", " ", ".", "..", None, True, False, 1.5, b"1", ["1"], UNSET):
            broken = [*values[:index], value, *values[index + 1 :]]
            with pytest.raises(InvalidRequestError, match=wanted):
                request(name, *broken, **keywords)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a/b", "a%2Fb"),
        ("../../other", "..%2F..%2Fother"),
        ("a b?c=d#e", "a%20b%3Fc%3Dd%23e"),
        ("%2e%2e", "%252e%252e"),
        ("zoë", "zo%C3%AB"),
        ("{id}", "%7Bid%7D"),
        ("a\r\nb", "a%0D%0Ab"),
        ("@current", "@current"),
        ("...", "..."),
        (42, "42"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
    ],
)
def test_a_path_id_is_one_segment(value: Any, sent: str) -> None:
    assert request("persons_retrieve", value, value)["url"] == f"/api/environments/{sent}/persons/{sent}/"


# --- query parameters ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "variable", "info"), query_arguments(presence_flag=True))
def test_a_presence_flag_is_sent_only_when_true(name: str, variable: str, info: Any) -> None:
    values, keywords = smallest_call(name)
    for value, sent in ((True, ["true"]), (False, []), (None, []), (UNSET, [])):
        made = params(name, *values, **keywords, **{variable: value})
        assert [text for key, text in made if key == info.name] == sent, value
    for value in ("false", "true", 0, 1, []):
        with pytest.raises(InvalidRequestError, match=info.name):
            params(name, *values, **keywords, **{variable: value})


def test_there_are_presence_flags() -> None:
    found = {f"{param.values[0]}.{param.values[2].name}" for param in query_arguments(presence_flag=True)}
    assert {
        "persons_delete.delete_events",
        "persons_list.include_total",
        "events_retrieve.include_person",
    } <= found


@pytest.mark.parametrize(("name", "variable", "info"), query_arguments(json=True))
def test_a_json_parameter_is_one_text(name: str, variable: str, info: Any) -> None:
    values, keywords = smallest_call(name)

    def sent(value: Any) -> list[str]:
        return [
            text for key, text in params(name, *values, **keywords, **{variable: value}) if key == info.name
        ]

    data = [{"key": "plan", "value": ["ü", 1, None, True]}]
    assert [json.loads(text) for text in sent(data)] == [data]
    assert [json.loads(text) for text in sent(tuple(data))] == [data]
    assert [json.loads(text) for text in sent([])] == [[]]
    assert sent('[{"key":  "plan"}]') == ['[{"key":  "plan"}]']
    for refused in ("plan = x", "", [float("nan")], [{1: 2}], [object()]):
        with pytest.raises(InvalidRequestError):
            sent(refused)


def test_models_enums_and_dates_inside_a_json_parameter_are_encoded() -> None:
    condition = PropertyFilter(key="at", operator=PropertyOperator.IS_DATE_AFTER, value=NOON)
    group = PropertyFilterGroup(type_=PropertyGroupOperator.AND, values=[condition])
    plain = {"key": "at", "operator": "is_date_after", "value": "2025-06-13T12:00:00Z"}
    assert json.loads(dict(params("persons_list", "1", properties=[condition]))["properties"]) == [plain]
    assert json.loads(dict(params("persons_list", "1", properties=group))["properties"]) == {
        "type": "AND",
        "values": [plain],
    }


def test_json_keeps_letters_of_every_script() -> None:
    text = dict(params("persons_list", "1", properties=[{"key": "city", "value": "Zürich 東京"}]))[
        "properties"
    ]
    assert "Zürich 東京" in text


@pytest.mark.parametrize(("name", "variable", "info"), query_arguments(comma_separated=True))
def test_a_comma_separated_list_is_one_value(name: str, variable: str, info: Any) -> None:
    values, keywords = smallest_call(name)
    made = params(name, *values, **keywords, **{variable: ["destination", "transformation"]})
    assert made == [(info.name, "destination,transformation")]
    assert params(name, *values, **keywords, **{variable: "destination"}) == [(info.name, "destination")]


def test_there_is_a_comma_separated_list() -> None:
    assert params("hog_functions_list", "1", type_=[HogFunctionType.SITE_APP, "destination"]) == [
        ("type", "site_app,destination")
    ]


@pytest.mark.parametrize(
    ("name", "variable", "key"),
    [("events_values", "event_name", "event_name"), ("plugin_configs_logs", "type_filter", "type_filter")],
)
def test_a_repeated_list_is_repeated(name: str, variable: str, key: str) -> None:
    values, keywords = smallest_call(name)

    def sent(value: Any) -> list[str]:
        return [
            text for found, text in params(name, *values, **keywords, **{variable: value}) if found == key
        ]

    assert sent(["WARN", "ERROR"]) == ["WARN", "ERROR"]
    assert sent(("WARN",)) == ["WARN"]
    assert sent([PluginLogType.WARN, "NEW"]) == ["WARN", "NEW"]
    assert sent("WARN") == ["WARN"]
    assert sent(PluginLogType.WARN) == ["WARN"]
    assert sent([]) == []
    with pytest.raises(InvalidRequestError, match=key):
        sent([None])


def test_every_list_is_repeated_or_joined() -> None:
    lists = {
        f"{name}.{info.name}"
        for name in RAW
        for _, info in arguments(name)
        if info.location == "query" and info.schema.get("type") == "array"
    }
    assert lists == {"events_values.event_name", "plugin_configs_logs.type_filter", "hog_functions_list.type"}


@pytest.mark.parametrize(
    ("name", "variable", "member"),
    [
        ("exports_list", "export_format", ExportFormat.XLSX),
        ("subscriptions_list", "target_type", "brand-new"),
        ("persons_list", "format_", "csv"),
    ],
)
def test_an_enum_parameter_takes_members_and_plain_texts(name: str, variable: str, member: Any) -> None:
    made = params(name, "1", **{variable: member})
    assert made == params(name, "1", **{variable: str(member)})
    assert [type(text) for _, text in made] == [str]
    assert [text for _, text in made] == [str(member)]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (NOON, "2025-06-13T12:00:00Z"),
        (NOON.astimezone(BERLIN), "2025-06-13T14:00:00+02:00"),
        (NOON.replace(microsecond=120_000), "2025-06-13T12:00:00.120000Z"),
        (NOON.date(), "2025-06-13"),
        ("-7d", "-7d"),
    ],
)
def test_a_time_is_iso_8601(value: Any, sent: str) -> None:
    assert params("session_recordings_list", "1", date_from=value) == [("date_from", sent)]


@pytest.mark.parametrize(("value", "sent"), [(True, "true"), (False, "false")])
def test_a_boolean_is_lower_case(value: bool, sent: str) -> None:
    assert params("subscriptions_list", "1", deleted=value) == [("deleted", sent)]


@pytest.mark.parametrize("value", ["true", 1, 0, []])
def test_a_boolean_is_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="deleted"):
        params("subscriptions_list", "1", deleted=value)


@pytest.mark.parametrize(("value", "sent"), [(0, "0"), (-3, "-3"), ("17", "17"), (2**40, str(2**40))])
def test_a_number_is_digits(value: Any, sent: str) -> None:
    assert params("persons_list", "1", limit=value) == [("limit", sent)]


@pytest.mark.parametrize("value", [True, 1.5, "ten", "", "1.5", "1 2", [1]])
def test_a_number_is_nothing_else(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="limit"):
        params("persons_list", "1", limit=value)


@pytest.mark.parametrize("value", [["a"], {"a": 1}, object(), b"a"])
def test_a_text_is_nothing_that_only_python_can_print(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match="search"):
        params("persons_list", "1", search=value)


# --- bodies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_BODY)
def test_the_fields_of_a_body_make_the_body(name: str) -> None:
    body = OPERATIONS[name].body_example
    variables = {info.name: variable for variable, info in arguments(name) if info.location == "body"}
    given = {variables[key]: value for key, value in body.items()}
    made = request(name, *path_values(name), **required_query(name), **given)
    assert made.get("json", {}) == body


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_ready_body_may_be_a_mapping_or_a_model(name: str) -> None:
    content = RAW[name].data["requestBody"]["content"]["application/json"]
    from posthog_environments_api import models

    cls = getattr(models, content["schema"]["$ref"].rpartition("/")[2])
    body = {**content["example"], "brand_new_field": [1]}
    values, keywords = path_values(name), required_query(name)
    assert request(name, *values, **keywords, body=body)["json"] == body
    assert request(name, *values, **keywords, body=cls.from_dict(body))["json"] == body


@pytest.mark.parametrize("name", WITH_BODY)
def test_none_is_sent_as_null_and_what_is_left_out_is_not_sent(name: str) -> None:
    fields = required_fields(name)
    for variable, info in arguments(name):
        if info.location != "body":
            continue
        given = {**required_query(name), **fields, variable: None}
        sent = request(name, *path_values(name), **given)["json"]
        assert sent[info.name] is None
        names = {one.name for key, one in arguments(name) if one.location == "body" and key in given}
        assert set(sent) == names
        unset = {**given, **{variable: fields.get(variable, UNSET)}}
        sent = request(name, *path_values(name), **unset).get("json", {})
        assert (info.name in sent) == (variable in fields)


@pytest.mark.parametrize("name", WITH_BODY)
def test_fields_and_a_ready_body_exclude_each_other(name: str) -> None:
    variable, info = next((key, one) for key, one in arguments(name) if one.location == "body")
    given = {**required_query(name), variable: example(info), "body": OPERATIONS[name].body_example}
    with pytest.raises(InvalidRequestError, match="body=") as caught:
        request(name, *path_values(name), **given)
    assert info.name in str(caught.value)
    with pytest.raises(InvalidRequestError, match="body="):
        request(name, *path_values(name), **{**given, variable: None})


@pytest.mark.parametrize("name", [name for name in WITH_BODY if required_fields(name)])
def test_missing_required_fields_are_all_named(name: str) -> None:
    wanted = [info.name for _, info in arguments(name) if info.location == "body" and info.required]
    with pytest.raises(InvalidRequestError) as caught:
        request(name, *path_values(name), **required_query(name))
    for field in wanted:
        assert field in str(caught.value)
    info = OPERATIONS[name]
    assert f"{info.tag}.{info.name}" in str(caught.value)


@pytest.mark.parametrize("name", [name for name in WITH_BODY if not OPERATIONS[name].body_required])
def test_a_body_that_may_be_left_out_is_left_out(name: str) -> None:
    assert "json" not in request(name, *path_values(name), **required_query(name))
    assert request(name, *path_values(name), **required_query(name), body={})["json"] == {}


def test_some_body_may_be_left_out() -> None:
    assert not OPERATIONS["file_system_count"].body_required


@pytest.mark.parametrize("body", [None, 7, "{}", [], [{}]])
def test_a_ready_body_is_a_model_or_a_mapping(body: Any) -> None:
    """None would send no body at all, the others something that PostHog cannot read."""
    for name in WITH_BODY:
        with pytest.raises(InvalidRequestError, match="body"):
            request(name, *path_values(name), **required_query(name), body=body)


def test_a_field_of_the_body_may_be_called_like_a_query_parameter() -> None:
    made = request(
        "groups_delete_property",
        "1",
        group_key="acme",
        group_type_index=0,
        unset="plan",
        body_group_key="ignored",
    )
    assert dict(made["params"]) == {"group_key": "acme", "group_type_index": "0"}
    assert made["json"] == {"$unset": "plan", "group_key": "ignored"}


def test_values_of_python_become_json_in_fields() -> None:
    made = request(
        "subscriptions_create",
        "1",
        target_type="email",
        target_value="ada@example.com",
        frequency=SubscriptionFrequency.WEEKLY,
        byweekday=(Weekday.MONDAY, "friday"),
        start_date=NOON,
        until_date=NOON.astimezone(BERLIN),
    )
    assert made["json"] == {
        "target_type": "email",
        "target_value": "ada@example.com",
        "frequency": "weekly",
        "byweekday": ["monday", "friday"],
        "start_date": "2025-06-13T12:00:00Z",
        "until_date": "2025-06-13T14:00:00+02:00",
    }
    assert [type(day) for day in made["json"]["byweekday"]] == [str, str]


def test_values_of_python_become_json_in_a_ready_model() -> None:
    body = SubscriptionCreate(
        target_type="email",
        target_value="ada@example.com",
        frequency=SubscriptionFrequency.WEEKLY,
        byweekday=[Weekday.MONDAY, "friday"],
        start_date=NOON,
    )
    made = request("subscriptions_create", "1", body=body)
    assert json.loads(json.dumps(made["json"])) == {
        "target_type": "email",
        "target_value": "ada@example.com",
        "frequency": "weekly",
        "byweekday": ["monday", "friday"],
        "start_date": "2025-06-13T12:00:00Z",
    }


FREE = {"at": NOON, "who": uuid.UUID(int=7), "how": ExportFormat.PNG, "which": PropertyFilter(key="plan")}
FREE_JSON = {
    "at": "2025-06-13T12:00:00Z",
    "who": "00000000-0000-0000-0000-000000000007",
    "how": "image/png",
    "which": {"key": "plan"},
}


def test_values_of_python_become_json_inside_free_json() -> None:
    assert request("persons_update", "1", 2, properties=FREE)["json"] == {"properties": FREE_JSON}
    assert request("persons_update", "1", 2, body={"properties": FREE})["json"] == {"properties": FREE_JSON}


def test_values_of_python_become_json_inside_the_free_json_of_a_model() -> None:
    assert request("persons_update", "1", 2, body=PersonUpdate(properties=FREE))["json"] == {
        "properties": FREE_JSON
    }


def test_values_of_python_become_json_in_the_unknown_fields_of_a_model() -> None:
    body = ExportCreate(export_format=ExportFormat.PNG)
    body["expires"] = NOON
    made = request("exports_create", "1", body=body)["json"]
    assert made == {"export_format": "image/png", "expires": "2025-06-13T12:00:00Z"}


def test_a_field_takes_a_model_or_a_mapping() -> None:
    one = request("query_create", "1", query={"kind": "HogQLQuery"}, filters_override={"date_from": "-7d"})
    from posthog_environments_api.models import QueryFilterOverride

    other = request(
        "query_create", "1", query={"kind": "HogQLQuery"}, filters_override=QueryFilterOverride(date_from="-7d")
    )
    assert (
        one["json"]
        == other["json"]
        == {"query": {"kind": "HogQLQuery"}, "filters_override": {"date_from": "-7d"}}
    )


def test_unset_inside_a_mapping_is_left_out() -> None:
    made = request("query_create", "1", query={"kind": "HogQLQuery", "values": UNSET})
    assert made["json"] == {"query": {"kind": "HogQLQuery"}}


def test_an_enum_of_a_body_takes_members_and_plain_texts() -> None:
    for value in (QueryRefresh.ASYNC, "async"):
        made = request("query_create", "1", query={}, refresh=value)["json"]
        assert made == {"query": {}, "refresh": "async"}
        assert type(made["refresh"]) is str
    body = QueryRequest(query={}, refresh=QueryRefresh.ASYNC)
    assert type(request("query_create", "1", body=body)["json"]["refresh"]) is str


@pytest.mark.parametrize("value", [object(), {1: 2}, [lambda: 0], b"bytes"])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError):
        request("persons_update", "1", 2, properties={"x": value})


def test_a_request_does_not_change_what_it_was_given() -> None:
    given = {"path": "a", "meta": {"deep": [1]}}
    body = FileSystemEntryCreate.from_dict(given)
    made = request("file_system_create", "1", body=body)["json"]
    made["meta"] = None
    made["new"] = 1
    assert body.to_dict() == {"path": "a", "meta": {"deep": [1]}}
