"""Hog functions: destinations, transformations, site apps. They are only ever listed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Uuids
from posthog_environments.emulator.data.users import OWNER, USERS, User

TYPES: Final = (
    *(
        "destination",
        "site_destination",
        "internal_destination",
        "source_webhook",
        "site_app",
        "transformation",
    ),
)
_WEBHOOK: Final = "fetch(inputs.url, {'method': 'POST', 'body': inputs.body})"
_SIGNUPS: Final = {"source": "events", "events": [{"id": "signed_up", "type": "events"}]}
_ALL: Final[tuple[tuple[Any, ...], ...]] = (
    ("transformation", "GeoIP", "Adds geoip data to the event", "return event", {}, True, 1, None),
    ("transformation", "Drop bots", "Drops events of known bots", "return null", {}, True, 2, 1),
    ("transformation", "Hide e-mail addresses", "Hashes addresses in URLs", "return event", {}, False, 3, 2),
    ("destination", "Post signups", "Sends signups to our webhook", _WEBHOOK, _SIGNUPS, True, None, 1),
    ("destination", "Warehouse copy", "Copies events to the warehouse", _WEBHOOK, None, True, None, 2),
    ("internal_destination", "Alert channel", "Tells us when an alert fires", _WEBHOOK, None, True, None, 3),
    ("site_destination", "Ads pixel", "Reports conversions", "return {onEvent() {}}", None, False, None, 3),
    ("site_app", "Feedback button", "Shows a feedback button", "return {onLoad() {}}", None, True, None, 1),
    (
        "source_webhook",
        "Billing events",
        "Takes in events of the billing system",
        "return event",
        None,
        True,
        None,
        1,
    ),
)


@define(frozen=True)
class HogFunction:
    """One function; the fields are those of the API."""

    id: str
    type: str
    name: str
    description: str
    hog: str
    filters: Any
    enabled: bool
    execution_order: int | None
    created_by: User | None
    created_at: datetime
    updated_at: datetime
    state: int
    tokens: int

    def template(self) -> dict[str, Any]:
        """The template that it was made from."""
        return {
            "id": f"template-{self.type.replace('_', '-')}",
            "name": self.type.replace("_", " ").capitalize(),
            "description": f"The usual {self.type.replace('_', ' ')}",
            "code": self.hog,
            "code_language": "javascript" if self.type.startswith("site_") else "hog",
            "inputs_schema": [{"key": "url", "type": "string", "label": "URL", "required": True}],
            "type": self.type,
            "status": "stable",
            "category": ["Custom"],
            "free": False,
            "icon_url": "/static/posthog-icon.svg",
            "filters": None,
            "masking": None,
            "mapping_templates": None,
        }


@define
class HogFunctionTable:
    """All functions, in the order of the list: execution order, then the ones changed last."""

    seed: int
    rows: list[HogFunction] = field(factory=list[HogFunction], init=False)

    def __attrs_post_init__(self) -> None:
        uuids = Uuids(self.seed, "hog_functions")
        for number, row in enumerate(_ALL):
            kind, name, description, hog, filters, enabled, order, user = row
            made = START - timedelta(days=200 - 9 * number, minutes=13 * number)
            self.rows.append(
                HogFunction(
                    id=uuids.encode(number, to_micros(made)),
                    type=kind,
                    name=name,
                    description=description,
                    hog=hog,
                    filters=filters,
                    enabled=enabled,
                    execution_order=order,
                    created_by=None if user is None else USERS[user - 1],
                    created_at=made,
                    updated_at=made + timedelta(days=3 * number),
                    state=1 if enabled else 3,
                    tokens=10_000 - 16 * number,
                )
            )
        self._sort()

    def _sort(self) -> None:
        self.rows.sort(key=lambda row: row.updated_at, reverse=True)
        self.rows.sort(key=lambda row: (row.execution_order is None, row.execution_order or 0))

    def add(self, *, created_at: datetime, enabled: bool, **values: Any) -> HogFunction:
        """Add a function of the owner's."""
        row = HogFunction(
            id=Uuids(self.seed, "hog_functions").encode(len(self.rows), max(to_micros(created_at), 0)),
            enabled=enabled,
            created_by=OWNER,
            created_at=created_at,
            updated_at=created_at,
            state=1 if enabled else 3,
            tokens=10_000,
            **values,
        )
        self.rows.append(row)
        self._sort()
        return row
