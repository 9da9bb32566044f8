"""The tables that HogQL sees here: an allow-list, and the security border with the function list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import define, field

from posthog_environments.emulator.data.events import BOOLEAN_PROPERTIES, NUMERIC_PROPERTIES
from posthog_environments.emulator.hogql.types import (
    BOOL,
    DATETIME3,
    DATETIME6,
    FLOAT64,
    INT64,
    JSON,
    STRING,
    UINT64,
    UUID,
    Type,
)

_TEXT: Final = STRING.null()


@define(frozen=True)
class LazyJoin:
    """Another table that a column stands for: joined only where it is used.

    Attributes:
        table: The other table.
        column: Its column that must equal
        key: this column.
        constants: Columns of the other table that must have these values.
    """

    table: str
    column: str
    key: str
    constants: tuple[tuple[str, int], ...] = ()


@define(frozen=True)
class TableSchema:
    """A table.

    Attributes:
        columns: Types of its columns.
        star: How many of them `*` means, from the first.
        joins: Its lazy joins.
        renamed: Other names of its columns.
    """

    columns: Mapping[str, Type]
    star: int
    joins: Mapping[str, LazyJoin] = field(factory=dict[str, LazyJoin])
    renamed: Mapping[str, str] = field(factory=dict[str, str])


GROUP_COLUMNS: Final = tuple(f"$group_{index}" for index in range(5))

TABLES: Final[Mapping[str, TableSchema]] = {
    "events": TableSchema(
        columns={
            "uuid": UUID,
            "event": STRING,
            "properties": JSON,
            "timestamp": DATETIME6,
            "distinct_id": STRING,
            "elements_chain": STRING,
            "created_at": DATETIME6,
            "$session_id": _TEXT,
            "$window_id": _TEXT,
            "person_id": UUID,
            **dict.fromkeys(GROUP_COLUMNS, STRING),
        },
        star=7,
        joins={
            "person": LazyJoin("persons", "id", "person_id"),
            "session": LazyJoin("sessions", "session_id", "$session_id"),
            **{
                f"group_{index}": LazyJoin("groups", "key", name, (("index", index),))
                for index, name in enumerate(GROUP_COLUMNS)
            },
        },
    ),
    "persons": TableSchema(
        columns={"id": UUID, "created_at": DATETIME3, "properties": JSON, "is_identified": BOOL}, star=4
    ),
    "person_distinct_ids": TableSchema(
        columns={"distinct_id": STRING, "person_id": UUID},
        star=2,
        joins={"person": LazyJoin("persons", "id", "person_id")},
    ),
    "groups": TableSchema(
        columns={
            "index": UINT64,
            "key": STRING,
            "created_at": DATETIME6,
            "updated_at": DATETIME6,
            "properties": JSON,
        },
        star=5,
    ),
    "sessions": TableSchema(
        columns={
            "session_id": STRING,
            "distinct_id": _TEXT,
            "person_id": UUID,
            "$start_timestamp": DATETIME6,
            "$end_timestamp": DATETIME6,
            "$entry_current_url": _TEXT,
            "$entry_hostname": _TEXT,
            "$entry_pathname": _TEXT,
            "$entry_referring_domain": _TEXT,
            "$entry_utm_source": _TEXT,
            "$entry_utm_medium": _TEXT,
            "$entry_utm_campaign": _TEXT,
            "$entry_utm_content": _TEXT,
            "$entry_utm_term": _TEXT,
            "$end_current_url": _TEXT,
            "$end_pathname": _TEXT,
            "$channel_type": _TEXT,
            "$pageview_count": UINT64.null(),
            "$autocapture_count": UINT64.null(),
            "$screen_count": UINT64.null(),
            "$session_duration": INT64.null(),
            "$is_bounce": BOOL.null(),
        },
        star=22,
        joins={"person": LazyJoin("persons", "id", "person_id")},
        renamed={"id": "session_id", "duration": "$session_duration", "channel_type": "$channel_type"},
    ),
    "cohort_people": TableSchema(columns={"person_id": UUID, "cohort_id": INT64}, star=2),
    "numbers": TableSchema(columns={"number": UINT64}, star=1),
}
RENAMED_TABLES: Final = {
    "raw_cohort_people": "cohort_people",
    "static_cohort_people": "cohort_people",
    "raw_persons": "persons",
    "raw_groups": "groups",
    "raw_sessions": "sessions",
    "raw_person_distinct_ids": "person_distinct_ids",
}
# Tables that PostHog has and the emulator has not: told apart from those that nobody has.
OTHER_TABLES: Final = frozenset(
    {
        *("session_replay_events", "raw_session_replay_events", "log_entries", "console_logs_log_entries"),
        *("batch_export_log_entries", "person_overrides", "person_distinct_id_overrides", "heatmaps"),
        *("query_log", "app_metrics", "performance_events", "web_stats_daily", "web_bounces_daily"),
        *("logs", "traces", "error_tracking_issues", "document_embeddings", "system", "information_schema"),
    }
)


def property_type(name: str) -> Type:
    """The type of a property of events, persons or groups: a text unless it is defined otherwise."""
    if name in NUMERIC_PROPERTIES:
        return FLOAT64.null()
    return BOOL.null() if name in BOOLEAN_PROPERTIES else _TEXT
