"""The project tree: folders and references to objects, each with a path. Paths join their segments by `/`.

Rows are found by path as well as by id; two rows may have the same path, as in PostHog.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, evolve, field

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.insights import DASHBOARDS, INSIGHTS
from posthog_environments.emulator.data.mixing import Uuids
from posthog_environments.emulator.data.users import OWNER, USERS

_FOLDERS: Final = (
    "Dashboards",
    "Data",
    "Data/Destinations",
    "Marketing",
    "Marketing/Campaigns",
    "Product",
    "Product/Experiments",
    "Product/Research notes",
    "Reports",
    "Unfiled",
)
_OTHERS: Final = (
    ("Data/Destinations/Post signups", "hog_function/destination", "0"),
    ("Data/Destinations/Warehouse copy", "hog_function/destination", "1"),
    ("Marketing/Campaigns/June newsletter", "insight", "5"),
    ("Product/Experiments/Shorter sign-up form", "experiment", "12"),
    ("Product/Experiments/New navigation", "feature_flag", "31"),
    ("Product/Research notes/Interviews, May", "notebook", "nb5Kq2"),
    (r"Product/Research notes/Input\/output costs", "notebook", "nb8Rt7"),
    ("Unfiled/Power users", "cohort", "4"),
)


@define
class Entry:
    """One row of the tree; the fields are those of the API."""

    id: str
    path: str
    type: str
    created_at: datetime
    created_by: int
    ref: str | None = None
    href: str | None = None
    meta: Any = field(factory=dict[str, Any])
    shortcut: bool | None = False
    last_viewed_at: datetime | None = None

    @property
    def depth(self) -> int:
        return len(split_path(self.path))


def split_path(path: str) -> list[str]:
    r"""Segments of a path, still escaped: `\/` is a slash inside a segment, `\\` a backslash."""
    segments: list[str] = []
    current = ""
    characters = iter(path)
    for character in characters:
        if character == "\\":
            current += character + next(characters, "")
        elif character == "/":
            segments.append(current)
            current = ""
        else:
            current += character
    segments.append(current)
    return [segment for segment in segments if segment]


@define
class FileTable:
    """All rows of the tree."""

    seed: int
    rows: dict[str, Entry] = field(factory=dict[str, Entry], init=False)
    _made: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        for path in _FOLDERS:
            self.add(path, "folder", self._past(), OWNER.id)
        for insight in INSIGHTS[:4]:
            self.add(
                f"Reports/{insight.name}",
                "insight",
                self._past(),
                USERS[insight.id % 3].id,
                ref=insight.short_id,
                href=f"/insights/{insight.short_id}",
            )
        for dashboard in DASHBOARDS:
            self.add(
                f"Dashboards/{dashboard.name}",
                "dashboard",
                self._past(),
                OWNER.id,
                ref=str(dashboard.id),
                href=f"/dashboard/{dashboard.id}",
                last_viewed_at=START - timedelta(days=dashboard.id),
            )
        for path, kind, ref in _OTHERS:
            self.add(path, kind, self._past(), USERS[1].id, ref=ref, href=f"/{kind.split('/')[0]}/{ref}")
        for row in self.rows.values():
            if row.type != "folder":
                row.meta = {"created_at": row.created_at.isoformat(), "created_by": row.created_by}

    def _past(self) -> datetime:
        return START - timedelta(days=90 - self._made, minutes=7 * self._made)

    def _new_id(self, now: datetime) -> str:
        self._made += 1
        return Uuids(self.seed, "file_system").encode(self._made - 1, to_micros(now))

    # --- reading -------------------------------------------------------------------------------------------

    def at(self, path: str) -> list[Entry]:
        return [row for row in self.rows.values() if row.path == path]

    def below(self, folder: str) -> list[Entry]:
        """Everything below a path, at any depth."""
        return [row for row in self.rows.values() if row.path.startswith(f"{folder}/")]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.rows.values())

    # --- changing ------------------------------------------------------------------------------------------

    def add(self, path: str, kind: str, now: datetime, created_by: int, **values: Any) -> Entry:
        row = Entry(self._new_id(now), path, kind, now, created_by, **values)
        self.rows[row.id] = row
        return row

    def make_parents(self, path: str, now: datetime, created_by: int) -> None:
        """Create the folders above a path that do not exist."""
        segments = split_path(path)
        for depth in range(1, len(segments)):
            parent = "/".join(segments[:depth])
            if not self.at(parent):
                self.add(parent, "folder", now, created_by)

    def copy(self, row: Entry, path: str, now: datetime) -> Entry:
        """A shortcut with an id of its own; everything else is taken over, the time of creation too."""
        shortcut = evolve(row, id=self._new_id(now), path=path, shortcut=True)
        self.rows[shortcut.id] = shortcut
        return shortcut

    def remove(self, row: Entry) -> None:
        self.rows.pop(row.id, None)
