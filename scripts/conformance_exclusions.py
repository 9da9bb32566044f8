"""What Schemathesis may find without anything being wrong. One reviewed list; `docs/emulator.md` shows it.

An entry says where PostHog itself is more lenient, or stricter, than a schema can say. An entry that nothing needs any
more fails a test (`tests/emulator/test_conformance.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from posthog_environments_api.operations import OPERATIONS, ParameterInfo

ACCEPTED_WRONG = "negative_data_rejection"
REFUSED_RIGHT = "positive_data_acceptance"


class Found(Protocol):
    """What an exclusion looks at; `conformance.Finding` is one."""

    @property
    def operation_id(self) -> str: ...
    @property
    def check(self) -> str: ...
    @property
    def subjects(self) -> tuple[str, ...]: ...
    @property
    def values(self) -> tuple[Any, ...]: ...


def anything(operation_id: str, subject: str, value: Any) -> bool:
    return True


def empty(operation_id: str, subject: str, value: Any) -> bool:
    return value in ("", {}) or (
        isinstance(value, list) and bool(value) and all(item == "" for item in value)
    )


def text_after_all(operation_id: str, subject: str, value: Any) -> bool:
    """One text where a list of texts is asked for, a number where any text may stand.

    An object is sent as its keys, which are texts too.
    """
    parameter = _parameter(operation_id, subject)
    schema = parameter.schema if parameter is not None else {}
    item = schema.get("items", {}) if schema.get("type") == "array" else schema
    text = item.get("type") == "string" and not {*item} - {"type", "description", "title", "default"}
    return text and isinstance(value, (str, int, float, dict))


def null_after_all(operation_id: str, subject: str, value: Any) -> bool:
    parameter = _parameter(operation_id, subject)
    return parameter is not None and value is None and "null" in parameter.schema.get("type", ())


def null_within(operation_id: str, subject: str, value: Any) -> bool:
    return isinstance(value, list) and None in value


def presence_flag(operation_id: str, subject: str, value: Any) -> bool:
    parameter = _parameter(operation_id, subject)
    return parameter is not None and parameter.presence_flag


def scalar_of_another_type(operation_id: str, subject: str, value: Any) -> bool:
    """A number where text is asked for, or 0 and 1 and the like where a boolean is."""
    parameter = _parameter(operation_id, subject)
    if parameter is None:
        return False
    types = parameter.schema.get("type", ())
    if "string" in types and "enum" not in parameter.schema:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if "boolean" in types:
        return isinstance(value, (int, str)) and str(value).lower() in {
            *("true", "t", "yes", "y", "on", "1"),
            *("false", "f", "no", "n", "off", "0"),
        }
    return (
        "integer" in types and isinstance(value, (str, float)) and str(value).removesuffix(".0").isdecimal()
    )


def _parameter(operation_id: str, subject: str) -> ParameterInfo | None:
    place, _, name = subject.partition(".")
    parameters = OPERATIONS[operation_id].parameters
    return next((found for found in parameters if (found.location, found.name) == (place, name)), None)


def nothing_else(operation_id: str, subject: str, value: Any) -> bool:
    """The name is missing where an empty filter was sent."""
    return isinstance(value, list) and not value


def unknown_names(operation_id: str, subject: str, value: Any) -> bool:
    """Nothing but names that the operation has not, beside what it needs."""
    known = {
        found.name: found.required
        for found in OPERATIONS[operation_id].parameters
        if found.location == "query"
    }
    given = set(value) if isinstance(value, dict) else set[str]()
    return bool(given - set(known)) and all(name in given for name, required in known.items() if required)


@dataclass(frozen=True)
class Exclusion:
    """One thing that may be.

    Attributes:
        check: A check of Schemathesis. `ACCEPTED_WRONG`: a request that breaks the contract is accepted;
            `REFUSED_RIGHT`: one that keeps it is refused.
        operations: Ids of operations; `*` stands for any text.
        subjects: What is wrong in the request (`query.limit`, `body.title`), or what the refusal says (`attr:code`);
            `*` stands for any text.
        reason: Why that is right.
        source: Where that was seen.
        when: A further condition on the value.
        shown_by: Name of the test that shows the same, for what the short run of the test suite does not come across.
    """

    check: str
    operations: tuple[str, ...]
    subjects: tuple[str, ...]
    reason: str
    source: str
    when: Callable[[str, str, Any], bool] = anything
    shown_by: str = ""

    def covers(self, check: str, operation_id: str, subject: str, value: Any) -> bool:
        return (
            check == self.check
            and any(fnmatchcase(operation_id, pattern) for pattern in self.operations)
            and any(fnmatchcase(subject, pattern) for pattern in self.subjects)
            and self.when(operation_id, subject, value)
        )

    def __str__(self) -> str:
        return f"{self.check} {', '.join(self.operations)} [{', '.join(self.subjects)}]: {self.reason}"


def excuses(found: Found) -> tuple[Exclusion, ...]:
    """The exclusions that together excuse everything that was found; none when something is left."""
    needed: list[Exclusion] = []
    for subject, value in zip(found.subjects or ("",), found.values or (None,), strict=True):
        for entry in EXCLUSIONS:
            if entry.covers(found.check, found.operation_id, subject, value):
                needed.append(entry)
                break
        else:
            return ()
    return tuple(needed)


EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("query.limit", "query.offset"),
        "A limit or offset that is no number counts as left out.",
        "Django REST framework, LimitOffsetPagination",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("query.*",),
        "The server looks only whether the name is there: `x-presence-flag`.",
        "PostHog source person.py and event.py, October 2025",
        presence_flag,
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("query.*",),
        "A query parameter with an empty value counts as left out.",
        "Django REST framework and django-filter",
        empty,
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("query.*",),
        "A number, a truth value or null in a URL is a text, and one text is a list of one.",
        "RFC 3986; OpenAPI, style `form`",
        text_after_all,
        shown_by="test_a_right_request_is_not",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("hog_functions_list",),
        ("query.type",),
        "A type that does not exist matches nothing.",
        "PostHog source hog_function.py, 2025",
        shown_by="test_function_filters",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("events_list", "persons_list", "session_recordings_list"),
        ("query.operator", "query.type"),
        "A null in a property filter counts as left out.",
        "the emulator's choice; what PostHog does was not seen",
        null_within,
        shown_by="test_a_null_in_a_filter_counts_as_left_out",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("events_list", "persons_list", "session_recordings_list"),
        ("query.key",),
        "A property filter of nothing holds for everything.",
        "PostHog source schema.py, 2025: EmptyPropertyFilter",
        nothing_else,
        shown_by="test_a_filter_of_nothing_holds_for_everybody",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("query",),
        "A query parameter that no view asks for is not looked at.",
        "Django: views read the parameters that they know",
        unknown_names,
        shown_by="test_an_unknown_query_parameter_is_not_looked_at",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("body.*",),
        'A field takes a scalar of another type that it can convert: 12 for text, 1 for true, "12" for a number.',
        "Django REST framework, serializer fields",
        scalar_of_another_type,
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("*",),
        ("body.*",),
        "A field that may be null is null: the tool had first given it a wrong format.",
        "Schemathesis 4.32, several mutations of one field",
        null_after_all,
        shown_by="test_what_may_be_null_can_be_set_to_null",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("query_delete", "query_retrieve", "exports_content", "events_values"),
        ("query.dequeue_only", "query.show_progress", "query.download", "query.is_column"),
        "Only `true` counts; everything else is false.",
        "PostHog source query.py, exports.py and event.py, October 2025",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("exports_list",),
        ("query.export_format",),
        "A filter for a format that does not exist is not checked.",
        "PostHog source exports.py, October 2025",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("file_system_list",),
        ("query.depth", "query.order_by"),
        "A depth or an order that makes no sense counts as left out.",
        "PostHog source file_system.py, October 2025, for the order; the emulator's choice for the depth",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("file_system_count",),
        ("body", "body.*"),
        "The documented body is not read at all.",
        "PostHog source file_system.py, October 2025",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("file_system_link", "file_system_move"),
        ("body.path", "body.type", "body.ref", "body.href", "body.meta", "body.shortcut"),
        "Of the documented fields none is read; only `new_path` is.",
        "PostHog source file_system.py, October 2025",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("groups_delete_property", "groups_update_property"),
        ("body.group_key", "body.group_type_index", "body.group_properties"),
        "The documented fields of a group are not read from the body; the query names the group.",
        "PostHog source groups.py, October 2025",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("persons_update",),
        ("body.properties",),
        "What cannot be set is accepted like everything else; it fails later, where nobody sees it.",
        "PostHog source person.py, October 2025",
    ),
    Exclusion(
        ACCEPTED_WRONG,
        ("subscriptions_update",),
        ("body",),
        "An update without a body is an update of nothing.",
        "Django REST framework, partial updates",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("evaluations_delete", "subscriptions_delete"),
        ("",),
        "The documented method is always refused by 405; both are deleted by an update.",
        "PostHog source forbid_destroy_model.py, October 2025",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("*",),
        ("*:does_not_exist",),
        "The number of an insight or a dashboard that does not exist; no schema knows which do.",
        "Django REST framework, related fields",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("persisted_folder_update", "groups_create"),
        ("*:unique", "detail:*"),
        "There is such a thing already; no schema knows that.",
        "PostHog source persisted_folder.py and groups.py, October 2025",
        shown_by="test_there_is_one_folder_of_each_type",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("persons_retrieve", "persons_update", "persons_delete"),
        (":invalid_input",),
        "An id is a number or a UUID; the contract lets any text through, since servers of 2026 document a text.",
        "PostHog source person.py, October 2025",
        shown_by="test_an_id_that_is_neither_is_explained",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("exports_create",),
        (":invalid_input", "export_format:invalid_input"),
        "Fields that go together: one of dashboard, insight and export_context; videos of recordings only.",
        "PostHog source exports.py, October 2025",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("events_values",),
        (":invalid_input",),
        "With `is_column` the key must be a column.",
        "PostHog source event.py, October 2025",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("query_draft_sql",),
        ("prompt:unclear",),
        "A question that the language model does not understand.",
        "PostHog source query.py, October 2025",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("file_system_count",),
        (":",),
        "Only folders can be counted.",
        "PostHog source file_system.py, October 2025",
        shown_by="test_only_folders_can_be_counted",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("events_list", "persons_list", "query_create", "session_recordings_list"),
        ("properties:invalid_input",),
        "The value of a filter must suit its operator: a date, a regular expression.",
        "the emulator's choice; what PostHog says was not seen",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("*",),
        ("after:*", "before:*", "date_from:*", "date_to:*"),
        "A time is ISO 8601 or relative (`-7d`); the contract leaves it a text.",
        "PostHog source query_event_list.py, October 2025",
        shown_by="test_a_time_that_is_none_is_refused",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("persons_stickiness", "persons_trends"),
        (":invalid_input",),
        "The filters of the legacy insights are JSON in a text; no schema of them was ever published.",
        "PostHog source person.py, October 2025",
        shown_by="test_unreadable_filters_of_legacy_insights_are_refused",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("groups_delete_property",),
        ("$unset:*",),
        "The group has no such property; no schema knows which it has.",
        "PostHog source groups.py, 2026",
        shown_by="test_actions_answer_with_the_group",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("query_create",),
        (":parse_error", ":invalid_input"),
        "What a query holds depends on its kind; the contract leaves it free.",
        "PostHog source query.py, July 2025",
    ),
    Exclusion(
        "not_a_server_error",
        tuple(operation.operation_id for operation in OPERATIONS.values() if 500 in operation.statuses),
        ("*",),
        "Servers of 2025 fail where nobody thought of the request; the contract declares that 500.",
        "PostHog source groups.py and plugin_log_entry.py, October 2025",
    ),
    Exclusion(
        "use_after_free",
        ("session_recordings_sharing",),
        ("*",),
        "The sharing settings do not look whether the recording exists.",
        "PostHog source sharing.py, October 2025",
        shown_by="test_sharing_settings_outlive_their_recording",
    ),
    Exclusion(
        REFUSED_RIGHT,
        ("*",),
        ("*:emulator_unsupported",),
        "PostHog can do this and the emulator cannot; it says so instead of answering something else.",
        "the emulator",
    ),
)
