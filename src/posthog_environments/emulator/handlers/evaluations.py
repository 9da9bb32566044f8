"""Evaluations. The one documented operation is refused, with an empty body (PostHog source forbid_destroy_model.py)."""

from __future__ import annotations

from posthog_environments.emulator.handlers import Call, handles
from posthog_environments.emulator.messages import Response, empty


@handles("evaluations_delete")
def delete_evaluation(call: Call) -> Response:
    """Refused without a look at the id."""
    return empty(405, {"Allow": call.operation.method})
