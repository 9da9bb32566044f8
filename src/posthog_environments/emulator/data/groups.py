"""Groups of two types: companies (0) and teams (1), with the log of what was changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Source, Uuids
from posthog_environments.emulator.data.users import User
from posthog_environments.emulator.data.words import COMPANIES, TEAMS

_TYPES: Final = ("company", "team")


@define
class Group:
    """One group.

    Attributes:
        id: PostHog's own number of it.
        type_index: Number of its type.
        key: Its key within the type.
        properties: Its properties.
        created_at: When it was made.
        from_events: Known from events only, so that it can still be created.
    """

    id: int
    type_index: int
    key: str
    properties: dict[str, Any]
    created_at: datetime
    from_events: bool = False


@define(frozen=True)
class Change:
    """One entry of a group's activity log."""

    id: str
    group: int
    activity: str
    action: str
    name: str
    before: Any
    after: Any
    user: User
    at: datetime


@define
class GroupTable:
    """All groups of the project.

    Attributes:
        types: Names of the group types, by their index.
        version: Grows with every change.
    """

    seed: int
    types: list[str] = field(factory=lambda: list(_TYPES), init=False)
    version: int = field(default=0, init=False)
    rows: dict[tuple[int, str], Group] = field(factory=dict[tuple[int, str], Group], init=False)
    log: list[Change] = field(factory=list[Change], init=False)

    def __attrs_post_init__(self) -> None:
        source = Source(self.seed, "groups")
        for number, company in enumerate(COMPANIES):
            made = START - timedelta(days=40 + source.dice(number).below(400), seconds=number)
            properties: dict[str, Any] = {
                "name": company.name,
                "industry": company.industry,
                "plan": company.plan,
                "seats": company.seats,
            }
            # The contract's examples both create `acme` and ask for it; a server knows such a group from events.
            self._add(Group(number + 1, 0, company.key, properties, made, from_events=company.key == "acme"))
        for number, (key, name, members) in enumerate(TEAMS, start=len(COMPANIES)):
            made = START - timedelta(days=20 + source.dice(number).below(200), seconds=number)
            self._add(Group(number + 1, 1, key, {"name": name, "members": members}, made))

    def _add(self, group: Group) -> None:
        self.rows[group.type_index, group.key] = group
        self.version += 1

    def set(self, group: Group, properties: dict[str, Any]) -> None:
        """Set some properties of a group."""
        group.properties.update(properties)
        self.version += 1

    def unset(self, group: Group, name: str) -> Any:
        """Remove a property that the group has, and give its value."""
        self.version += 1
        return group.properties.pop(name)

    def add_type(self, name: str) -> int:
        """Add a group type; the result is its index."""
        self.types.append(name)
        self.version += 1
        return len(self.types) - 1

    def find(self, type_index: int, key: str) -> Group | None:
        return self.rows.get((type_index, key))

    def create(self, type_index: int, key: str, properties: dict[str, Any], now: datetime) -> Group | None:
        """The new group, or None when there is one with this key."""
        known = self.find(type_index, key)
        if known is not None and not known.from_events:
            return None
        number = known.id if known else 1 + max(row.id for row in self.rows.values())
        group = Group(number, type_index, key, properties, now)
        self._add(group)
        return group

    def of_type(self, type_index: int) -> Iterator[Group]:
        return (group for group in self.rows.values() if group.type_index == type_index)

    def note(
        self,
        group: Group,
        activity: str,
        action: str,
        name: str,
        *,
        before: Any = None,
        after: Any = None,
        user: User,
        now: datetime,
    ) -> None:
        """Add an entry to the log."""
        uuid = Uuids(self.seed, "activity").encode(len(self.log), to_micros(now))
        self.log.append(Change(uuid, group.id, activity, action, name, before, after, user, now))

    def changes(self, group: Group) -> list[Change]:
        """The group's log, the newest entry first."""
        return [change for change in reversed(self.log) if change.group == group.id]
