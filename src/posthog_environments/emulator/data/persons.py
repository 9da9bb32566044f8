"""Persons. Row `i` is a function of the seed and `i`; what was changed or deleted lies over it."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterator
from typing import Any, Final

from attrs import define, evolve

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.mixing import Dice, Source, Uuids
from posthog_environments.emulator.data.words import (
    COMPANIES,
    DEVICES,
    FIRST_NAMES,
    LAST_NAMES,
    PLACES,
    ROLES,
    Company,
    Device,
    Place,
)

_DAY: Final = 86_400_000_000
LAST_CREATED: Final = to_micros(START) - 30 * _DAY
FIRST_CREATED: Final = LAST_CREATED - 2 * 365 * _DAY
_NAME_PROPERTIES: Final = ("email", "Email", "name", "Name", "username", "Username", "UserName")
_USER_ID: Final = re.compile(r"user_([1-9][0-9]{0,17})")
_NUMBERED_EMAIL: Final = re.compile(r"[a-z.]*?([1-9][0-9]{0,17})@.*")


@define(frozen=True)
class Person:
    """One person.

    Attributes:
        index: Row, from 0.
        uuid: UUID, which holds the row.
        created_at: Microseconds since 1970; grows with the row.
        distinct_ids: Identifiers; an identified person's user id comes first.
        is_identified: Whether the person ever logged in.
        properties: Whatever is known.
    """

    index: int
    uuid: str
    created_at: int
    distinct_ids: tuple[str, ...]
    is_identified: bool
    properties: dict[str, Any]

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def name(self) -> str:
        for key in _NAME_PROPERTIES:
            if isinstance(self.properties.get(key), str) and self.properties[key]:
                return str(self.properties[key])
        return self.distinct_ids[0]


@define(frozen=True)
class Trait:
    """What a person's events have in common."""

    place: Place
    device: Device
    company: Company | None


class PersonTable:
    """All persons of the project.

    Attributes:
        computed: How many rows were computed so far; a page costs only its own.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.size = size
        self.computed = 0
        self._step = (LAST_CREATED - FIRST_CREATED) // max(size, 1)
        self._source = Source(seed, "persons")
        self._traits = Source(seed, "traits")
        self._uuids = Uuids(seed, "persons")
        self._device_ids = Uuids(seed, "devices")
        self._changed: dict[int, dict[str, Any]] = {}
        self._deleted: list[int] = []

    def __len__(self) -> int:
        return self.size - len(self._deleted)

    # --- rows ----------------------------------------------------------------------------------------------

    def alive(self, index: int) -> bool:
        if not 0 <= index < self.size:
            return False
        place = bisect_right(self._deleted, index)
        return place == 0 or self._deleted[place - 1] != index

    def get(self, index: int) -> Person:
        """The person in this row, with later changes."""
        self.computed += 1
        dice, created_at, identified, distinct_ids = self._head(index)
        trait = self.trait(index)
        properties: dict[str, Any] = {}
        if identified:
            first, last = dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)
            domain = trait.company.domain if trait.company else "mail.example"
            properties["email"] = f"{first}.{last}{index + 1}@{domain}".lower()
            properties["name"] = f"{first} {last}"
            properties["plan"] = trait.company.plan if trait.company else "free"
            properties["role"] = dice.pick(ROLES)
            properties["newsletter"] = dice.percent(40)
            properties["logins"] = 1 + dice.below(200)
            if trait.company:
                properties["company"] = trait.company.name
        properties["$browser"] = trait.device.browser
        properties["$os"] = trait.device.os
        properties["$geoip_country_code"] = trait.place.code
        properties["$geoip_country_name"] = trait.place.country
        properties["$geoip_city_name"] = trait.place.city
        uuid = self._uuids.encode(index, created_at)
        person = Person(index, uuid, created_at, distinct_ids, identified, properties)
        changed = self._changed.get(index)
        return person if changed is None else evolve(person, properties={**properties, **changed})

    def _head(self, index: int) -> tuple[Dice, int, bool, tuple[str, ...]]:
        """What is needed without the rest: dice, time of creation, whether identified, identifiers."""
        dice = self._source.dice(index)
        created_at = FIRST_CREATED + index * self._step + dice.below(max(self._step, 1))
        identified = index == 0 or dice.percent(75)
        device_id = self._device_ids.encode(index, created_at)
        return dice, created_at, identified, (f"user_{index + 1}", device_id) if identified else (device_id,)

    def distinct_ids(self, index: int) -> tuple[str, ...]:
        """Identifiers of this row, also when the person was deleted: events keep them."""
        return self._head(index)[3]

    def trait(self, index: int) -> Trait:
        dice = self._traits.dice(index)
        company = dice.pick(COMPANIES) if dice.percent(80) else None
        return Trait(dice.pick(PLACES), dice.pick(DEVICES), company)

    # --- finding -------------------------------------------------------------------------------------------

    def find_number(self, number: int) -> Person | None:
        return self.get(number - 1) if self.alive(number - 1) else None

    def find_uuid(self, text: str) -> Person | None:
        index = self._uuids.decode(text)
        if index is None or not self.alive(index):
            return None
        person = self.get(index)
        return person if person.uuid == text.lower() else None

    def owner_of(self, distinct_id: str) -> int | None:
        """The row with this identifier, deleted or not. Needs no search: identifiers hold the number of the row."""
        found = _USER_ID.fullmatch(distinct_id)
        index = int(found[1]) - 1 if found else self._device_ids.decode(distinct_id)
        if index is None or not 0 <= index < self.size or distinct_id not in self.distinct_ids(index):
            return None
        return index

    def find_distinct_id(self, text: str) -> Person | None:
        index = self.owner_of(text)
        return self.get(index) if index is not None and self.alive(index) else None

    def find_email(self, text: str) -> Iterator[Person]:
        """Those with exactly this address: the row that the address names, and rows whose address was changed."""
        found = _NUMBERED_EMAIL.fullmatch(text)
        rows = {int(found[1]) - 1} if found else set[int]()
        rows |= {index for index, changed in self._changed.items() if "email" in changed}
        for index in sorted(rows, reverse=True):
            if self.alive(index):
                person = self.get(index)
                if person.properties.get("email") == text:
                    yield person

    # --- order ---------------------------------------------------------------------------------------------

    def newest(self, rank: int) -> int:
        """The row of a place in the list that begins with the newest person; deleted ones have no place."""
        ascending = len(self) - 1 - rank
        before = bisect_right(
            range(len(self._deleted)), ascending, key=lambda place: self._deleted[place] - place
        )
        return ascending + before

    def scan(self) -> Iterator[Person]:
        """Every person, the newest first."""
        for index in range(self.size - 1, -1, -1):
            if self.alive(index):
                yield self.get(index)

    # --- changes -------------------------------------------------------------------------------------------

    def set_properties(self, index: int, properties: dict[str, Any]) -> None:
        if self.alive(index):
            self._changed[index] = {**self._changed.get(index, {}), **properties}

    def delete(self, index: int) -> None:
        if self.alive(index):
            insort(self._deleted, index)
            self._changed.pop(index, None)
