"""Properties of sessions. Sources: PostHog session.py and the sessions table of HogQL, 2025."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from posthog_environments.emulator.errors import invalid
from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.handlers.values import count_values, enveloped
from posthog_environments.emulator.messages import Response

_SCANNED: Final = 20_000
_MOST: Final = 20
_DEFINITIONS: Final = {
    "$start_timestamp": "DateTime",
    "$end_timestamp": "DateTime",
    "$entry_current_url": "String",
    "$entry_hostname": "String",
    "$entry_pathname": "String",
    "$entry_referring_domain": "String",
    "$entry_utm_source": "String",
    "$entry_utm_medium": "String",
    "$entry_utm_campaign": "String",
    "$entry_utm_content": "String",
    "$entry_utm_term": "String",
    "$end_current_url": "String",
    "$end_pathname": "String",
    "$channel_type": "String",
    "$last_external_click_url": "String",
    "$pageview_count": "Numeric",
    "$autocapture_count": "Numeric",
    "$screen_count": "Numeric",
    "$session_duration": "Duration",
    "$is_bounce": "Boolean",
}
_NUMERICAL: Final = frozenset({"Numeric", "Duration"})
_CHANNELS: Final = (
    *("Cross Network", "Paid Search", "Paid Social", "Paid Video", "Paid Shopping", "Paid Unknown", "Direct"),
    *(
        "Organic Search",
        "Organic Social",
        "Organic Video",
        "Organic Shopping",
        "Push",
        "SMS",
        "Audio",
        "Email",
    ),
    *("Referral", "Affiliate", "Unknown"),
)


@handles("sessions_property_definitions")
def property_definitions(call: Call) -> Response:
    """The properties that every project has."""
    words = call.query.get("search", "").lower().split()
    numerical = call.query.get("is_numerical")
    results: list[dict[str, Any]] = [
        {
            "id": name,
            "name": name,
            "is_numerical": kind in _NUMERICAL,
            "property_type": kind,
            "is_seen_on_filtered_events": None,
            "tags": [],
        }
        for name, kind in _DEFINITIONS.items()
        if all(word in name for word in words) and numerical in (None, kind in _NUMERICAL)
    ]
    return Response(200, {"count": len(results), "results": results})


@handles("sessions_values", unchecked=("key",))
def values(call: Call) -> Response:
    """Values among the newest 20,000 sessions, since 2026 within an object; channel types are a fixed list."""
    key, part = call.query.get("key"), call.query.get("value", "")
    if not key:
        raise invalid("Key not provided")
    if key == "$channel_type":
        found: Any = _CHANNELS
    else:
        sessions = islice(call.state.data.sessions.newest_first(), _SCANNED)
        found = (session.properties().get(key) for session in sessions)
    return Response(200, enveloped(call, [{"name": row["name"]} for row in count_values(found, part, _MOST)]))
