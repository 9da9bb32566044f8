"""Ids that exist at first, one for each tag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.mixing import Uuids
from posthog_environments.emulator.data.plugin_logs import CONFIGS

_FOLDER: Final = "Reports"


def sample_id(data: Dataset, tag: str) -> str | int:
    """An id for paths of this tag.

    Raises:
        LookupError: There is none.
    """
    find = _SAMPLES.get(tag)
    if find is None:
        raise LookupError(f"there is no tag {tag!r}; there are {', '.join(sorted(_SAMPLES))}")
    try:
        return find(data)
    except (IndexError, StopIteration):
        raise LookupError(f"there is nothing of the kind {tag!r} in this emulator") from None


def sample_folder_id(data: Dataset) -> str:
    """A folder with something in it."""
    return next(row.id for row in data.files if row.type == "folder" and row.path == _FOLDER)


def _person(data: Dataset) -> int:
    if not data.persons.size:
        raise IndexError
    return 1


def _event(data: Dataset) -> str:
    if not data.events.size:
        raise IndexError
    return data.events.get(0).uuid


def _session(data: Dataset) -> str:
    return next(data.sessions.newest_first()).id


def _recording(data: Dataset) -> str:
    """The newest one, so that lists of the last three days have it."""
    if not len(data.recordings):
        raise IndexError
    return data.recordings.get(len(data.recordings) - 1).session.id


_SAMPLES: Final[Mapping[str, Callable[[Dataset], str | int]]] = {
    "evaluations": lambda data: Uuids(data.seed, "evaluations").encode(0, 1_750_000_000_000_000),
    "events": _event,
    "exports": lambda data: data.exports.rows[0].id,
    "file_system": lambda data: next(row.id for row in data.files if row.type == "insight"),
    "groups": lambda data: "brightpath",
    "hog_functions": lambda data: data.hog_functions.rows[0].id,
    "persisted_folder": lambda data: data.persisted_folders.rows[0].id,
    "persons": _person,
    "plugin_configs": lambda data: next(iter(CONFIGS)),
    "query": lambda data: next(iter(data.queries.rows)),
    "session_recordings": _recording,
    "sessions": _session,
    "subscriptions": lambda data: data.subscriptions.rows[0].id,
}
