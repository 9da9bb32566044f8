"""Persons. Row `i` is a function of the seed and `i`; what was changed or deleted lies over it, added ones follow."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import Any, Final

from attrs import define, evolve

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.interleaving import Interleaving
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
        index: Row, from 0; added persons follow the generated ones, whenever they were created.
        uuid: UUID, which holds the row unless it was given.
        created_at: Microseconds since 1970; grows with the row of generated persons.
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
        size: How many were generated; `len()` is how many there are.
        computed: How many rows were computed so far; a page costs only its own.
        version: Grows with every change.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.size = size
        self.computed = 0
        self.version = 0
        self._step = (LAST_CREATED - FIRST_CREATED) // max(size, 1)
        self._source = Source(seed, "persons")
        self._traits = Source(seed, "traits")
        self._uuids = Uuids(seed, "persons")
        self._device_ids = Uuids(seed, "devices")
        self._changed: dict[int, dict[str, Any]] = {}
        self._deleted: list[int] = []
        self._added: list[Person] = []
        self._order = Interleaving()
        self._gone: set[int] = set()
        self._owners: dict[str, int] = {}
        self._given_uuids: dict[str, int] = {}
        self._emails: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return self.size - len(self._deleted) + len(self._order)

    # --- rows ----------------------------------------------------------------------------------------------

    def alive(self, index: int) -> bool:
        if not 0 <= index < self.size:
            return self.size <= index < self.size + len(self._added) and index not in self._gone
        if not self._deleted:
            return True
        place = bisect_right(self._deleted, index)
        return place == 0 or self._deleted[place - 1] != index

    def get(self, index: int) -> Person:
        """The person in this row, with later changes."""
        self.computed += 1
        if index >= self.size:
            return self._changed_person(self._added[index - self.size])
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
        return self._changed_person(Person(index, uuid, created_at, distinct_ids, identified, properties))

    def _changed_person(self, person: Person) -> Person:
        changed = self._changed.get(person.index)
        return person if changed is None else evolve(person, properties={**person.properties, **changed})

    def _created_at(self, index: int) -> int:
        return FIRST_CREATED + index * self._step + self._source.dice(index).below(max(self._step, 1))

    def _head(self, index: int) -> tuple[Dice, int, bool, tuple[str, ...]]:
        """What is needed without the rest: dice, time of creation, whether identified, identifiers."""
        dice = self._source.dice(index)
        created_at = FIRST_CREATED + index * self._step + dice.below(max(self._step, 1))
        identified = index == 0 or dice.percent(75)
        device_id = self._device_ids.encode(index, created_at)
        return dice, created_at, identified, (f"user_{index + 1}", device_id) if identified else (device_id,)

    def distinct_ids(self, index: int) -> tuple[str, ...]:
        """Identifiers of this row, also when the person was deleted: events keep them."""
        if index >= self.size:
            return self._added[index - self.size].distinct_ids
        return self._head(index)[3]

    def trait(self, index: int) -> Trait:
        dice = self._traits.dice(index)
        company = dice.pick(COMPANIES) if dice.percent(80) else None
        return Trait(dice.pick(PLACES), dice.pick(DEVICES), company)

    # --- finding -------------------------------------------------------------------------------------------

    def find_number(self, number: int) -> Person | None:
        return self.get(number - 1) if self.alive(number - 1) else None

    def find_uuid(self, text: str) -> Person | None:
        index = self._given_uuids.get(text.lower())
        if index is None:
            index = self._uuids.decode(text)
        if index is None or not self.alive(index):
            return None
        person = self.get(index)
        return person if person.uuid == text.lower() else None

    def owner_of(self, distinct_id: str) -> int | None:
        """The row with this identifier, deleted or not; an added person before a deleted generated one."""
        added = self._owners.get(distinct_id)
        return self.generated_owner_of(distinct_id) if added is None else added

    def generated_owner_of(self, distinct_id: str) -> int | None:
        """The generated row with it. Needs no search: identifiers hold the number of the row."""
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
        rows |= set(self._emails.get(text, ()))
        persons = [self.get(index) for index in sorted(rows, reverse=True) if self.alive(index)]
        if self._added:
            persons.sort(key=lambda person: person.created_at, reverse=True)
        return (person for person in persons if person.properties.get("email") == text)

    # --- order ---------------------------------------------------------------------------------------------

    def newest(self, rank: int) -> int:
        """The row of a place in the list that begins with the newest person; deleted ones have no place."""
        ascending = len(self) - 1 - rank
        added, before = self._order.locate(ascending, self._living_before)
        return self._nth_living(ascending - before) if added is None else added

    def _living_before(self, index: int) -> int:
        """How many generated rows before this one are not deleted."""
        return index - bisect_left(self._deleted, index)

    def _nth_living(self, place: int) -> int:
        if not self._deleted:
            return place
        return place + bisect_right(
            range(len(self._deleted)), place, key=lambda number: self._deleted[number] - number
        )

    def scan(self, *, newest_first: bool = True) -> Iterator[Person]:
        """Every person, in the order of creation."""
        return (self.get(index) for index in self.rows(newest_first=newest_first))

    def rows(self, *, newest_first: bool = True) -> Iterator[int]:
        """The row of every person, in the order of creation."""
        if newest_first:
            end = self.size
            for added, behind in self._order.newest_first():
                yield from self._living(range(end - 1, behind - 1, -1))
                yield added
                end = behind
            yield from self._living(range(end - 1, -1, -1))
        else:
            start = 0
            for added, behind in self._order.oldest_first():
                yield from self._living(range(start, behind))
                yield added
                start = behind
            yield from self._living(range(start, self.size))

    def _living(self, indexes: range) -> Iterator[int]:
        return (index for index in indexes if self.alive(index))

    # --- changes -------------------------------------------------------------------------------------------

    def add(
        self,
        distinct_ids: tuple[str, ...],
        properties: dict[str, Any],
        created_at: int,
        uuid: str | None = None,
        *,
        is_identified: bool = True,
    ) -> Person:
        """Add a person.

        Raises:
            ValueError: An identifier belongs to a living person, or the UUID to any.
        """
        for distinct_id in distinct_ids:
            owner = self.owner_of(distinct_id)
            if owner is not None and self.alive(owner):
                raise ValueError(f"the distinct id {distinct_id!r} belongs to person {owner + 1} already")
        index = self.size + len(self._added)
        if uuid is None:
            uuid = self._uuids.encode(index, max(created_at, 0))
        elif self.find_uuid(uuid) is not None or uuid in self._given_uuids:
            raise ValueError(f"there is a person with the UUID {uuid} already")
        person = Person(index, uuid, created_at, distinct_ids, is_identified, properties)
        self._added.append(person)
        self._given_uuids[uuid] = index
        self._owners.update(dict.fromkeys(distinct_ids, index))
        if isinstance(properties.get("email"), str):
            self._emails.setdefault(properties["email"], []).append(index)
        behind = bisect_right(range(self.size), created_at, key=self._created_at)
        self._order.add(created_at, index, behind)
        self.version += 1
        return person

    def set_properties(self, index: int, properties: dict[str, Any]) -> None:
        if self.alive(index):
            self._changed[index] = {**self._changed.get(index, {}), **properties}
            self.version += 1

    def delete(self, index: int) -> None:
        if not self.alive(index):
            return
        if index < self.size:
            insort(self._deleted, index)
        else:
            self._order.remove(self._added[index - self.size].created_at, index)
            self._gone.add(index)
        self._changed.pop(index, None)
        self.version += 1
