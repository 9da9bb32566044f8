"""The tables that HogQL sees here: an allow-list, and the security border with the function list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, field

from posthog_environments.emulator.data.events import BOOLEAN_PROPERTIES, NUMERIC_PROPERTIES
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal, Property
from posthog_environments.emulator.hogql.types import (
    BOOL,
    DATETIME3,
    DATETIME6,
    FLOAT64,
    INT64,
    JSON,
    STRING,
    UINT8,
    UINT64,
    UUID,
    Type,
    array_of,
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


Derived = Callable[[Callable[[str], Expr]], Expr]
# What an address says of the campaign and the click that led to it.
CAMPAIGN_PROPERTIES: Final = (
    *("utm_source", "utm_campaign", "utm_medium", "utm_term", "utm_content"),
    *(
        "gclid",
        "gad_source",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "fbclid",
        "msclkid",
        "twclid",
        "li_fat_id",
    ),
    *("mc_cid", "igshid", "ttclid", "_kx", "irclid"),
)


@define(frozen=True)
class TableSchema:
    """A table.

    Attributes:
        columns: Types of its columns.
        joins: Its lazy joins.
        renamed: Other names of its columns, which `*` leaves out.
        derived: Columns that are computed from others; `*` has them after the rest.
    """

    columns: Mapping[str, Type]
    joins: Mapping[str, LazyJoin] = field(factory=dict[str, LazyJoin])
    renamed: Mapping[str, str] = field(factory=dict[str, str])
    derived: Mapping[str, Derived] = field(factory=dict[str, Derived])


def _in_chain(pattern: str, *, several: bool = True) -> Derived:
    """What a pattern finds in the chain of elements: once, or each time it is another."""
    literal = Literal(STRING, pattern)

    def derive(column: Callable[[str], Expr]) -> Expr:
        chain = column("elements_chain")
        if not several:
            return Call(STRING, "extract", (chain, literal))
        texts = array_of(STRING)
        return Call(texts, "arrayDistinct", (Call(texts, "extractAll", (chain, literal)),))

    return derive


def _issue(column: Callable[[str], Expr]) -> Expr:
    found = Property(STRING.null(), column("properties"), ("$exception_issue_id",))
    return Call(UUID.null(), "toUUID", (found,))


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
            "$session_id": STRING,
            "$window_id": STRING,
            "person_id": UUID,
            **dict.fromkeys(GROUP_COLUMNS, STRING),
        },
        joins={
            "person": LazyJoin("persons", "id", "person_id"),
            "poe": LazyJoin("persons", "id", "person_id"),
            "pdi": LazyJoin("person_distinct_ids", "distinct_id", "distinct_id"),
            "session": LazyJoin("sessions", "session_id", "$session_id"),
            **{
                f"group_{index}": LazyJoin("groups", "key", name, (("index", index),))
                for index, name in enumerate(GROUP_COLUMNS)
            },
        },
        derived={
            "elements_chain_href": _in_chain('(?::|")href="(.*?)"', several=False),
            "elements_chain_texts": _in_chain('(?::|")text="(.*?)"'),
            "elements_chain_ids": _in_chain('(?::|")attr_id="(.*?)"'),
            "elements_chain_elements": _in_chain(
                "(?:^|;)(a|button|form|input|select|textarea|label)(?:\\.|$|:)"
            ),
            "event_person_id": lambda column: column("person_id"),
            "event_issue_id": _issue,
            "issue_id": _issue,
        },
    ),
    "persons": TableSchema(
        columns={"id": UUID, "created_at": DATETIME3, "properties": JSON, "is_identified": BOOL},
        joins={"pdi": LazyJoin("person_distinct_ids", "person_id", "id")},
    ),
    "person_distinct_ids": TableSchema(
        columns={"distinct_id": STRING, "person_id": UUID},
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
    ),
    "sessions": TableSchema(
        columns={
            "session_id": STRING,
            "distinct_id": _TEXT,
            "$start_timestamp": DATETIME6,
            "$end_timestamp": DATETIME6,
            "max_inserted_at": DATETIME6,
            "$urls": array_of(STRING),
            "$num_uniq_urls": UINT64,
            "$entry_current_url": _TEXT,
            "$entry_pathname": _TEXT,
            "$entry_hostname": _TEXT,
            "$end_current_url": _TEXT,
            "$end_pathname": _TEXT,
            "$end_hostname": _TEXT,
            "$entry_referring_domain": _TEXT,
            "$entry_referrer": _TEXT,
            **{f"$entry_{name}": _TEXT for name in CAMPAIGN_PROPERTIES},
            "$pageview_count": UINT64,
            "$autocapture_count": UINT64,
            "$screen_count": UINT64,
            "$channel_type": _TEXT,
            "$session_duration": INT64,
            "$is_bounce": UINT8.null(),
            "$last_external_click_url": _TEXT,
            "$page_screen_autocapture_count_up_to": UINT8,
            "$vitals_lcp": FLOAT64.null(),
        },
        renamed={
            "id": "session_id",
            "duration": "$session_duration",
            "$exit_current_url": "$end_current_url",
            "$exit_pathname": "$end_pathname",
        },
    ),
    "cohort_people": TableSchema(
        columns={"person_id": UUID, "cohort_id": INT64},
        joins={"person": LazyJoin("persons", "id", "person_id")},
    ),
    "numbers": TableSchema(columns={"number": UINT64}),
}
RENAMED_TABLES: Final = {
    "raw_cohort_people": "cohort_people",
    "static_cohort_people": "cohort_people",
    "raw_persons": "persons",
    "raw_groups": "groups",
    "raw_person_distinct_ids": "person_distinct_ids",
}
# Tables that PostHog has and the emulator has not: told apart from those that nobody has.
OTHER_TABLES: Final = frozenset(
    {
        *(
            "raw_sessions",
            "session_replay_events",
            "raw_session_replay_events",
            "log_entries",
            "console_logs_log_entries",
        ),
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
