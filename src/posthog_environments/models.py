"""Every model and enum of the API: `from posthog_environments.models import Person`.

Each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import posthog_environments_api.models as _models

if TYPE_CHECKING:
    from posthog_environments_api.models import *  # noqa: F403


def __getattr__(name: str) -> Any:
    return getattr(_models, name)


def __dir__() -> list[str]:
    return sorted(_models.__all__)
