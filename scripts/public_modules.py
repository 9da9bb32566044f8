"""Which names of the hand-written package users are promised; everything else may change in any release.

The one place that says so: the text of the public API, the comparison of the packages with an earlier revision and the
check of the examples in the documentation read it here.
"""

from __future__ import annotations

# What these modules export.
EXPORTING = (
    "posthog_environments",
    "posthog_environments.emulator",
    "posthog_environments.files",
    "posthog_environments.progress",
)
# The models are those of the generated package.
MODELS = "posthog_environments.models"
# The classes of these modules are the attributes of a client: `client.exports` is an `ExportsResource`.
RESOURCES = "posthog_environments.resources"
# What users are handed, or hand over, without importing it from one of the modules above.
HELD = {
    "posthog_environments.pagination": ("AsyncPages", "SyncPages"),
    "posthog_environments.clock": ("Clock",),
    "posthog_environments.emulator.clock": ("EmulatorClock",),
    "posthog_environments.emulator.server": ("Server",),
}
