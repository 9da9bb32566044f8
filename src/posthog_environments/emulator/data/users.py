"""The people who use PostHog in this project. The first one owns the emulator's key."""

from __future__ import annotations

from typing import Any, Final

from attrs import define, field

from posthog_environments.emulator.data.mixing import Uuids


@define(frozen=True)
class User:
    """A user of PostHog, not to be confused with the persons whom PostHog observes."""

    id: int
    uuid: str
    distinct_id: str
    first_name: str
    last_name: str
    email: str
    role: str

    def basic(self, *, role: bool = True) -> dict[str, Any]:
        """The `UserBasic` of the API; one documentation page shows it without the role."""
        body: dict[str, Any] = {
            "id": self.id,
            "uuid": self.uuid,
            "distinct_id": self.distinct_id,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "is_email_verified": True,
            "hedgehog_config": None,
        }
        return {**body, "role_at_organization": self.role} if role else body


ROLES: Final = (
    *("engineering", "data", "product", "founder", "leadership", "marketing", "sales", "other"),
    "",
)
USERS: Final = (
    User(
        1,
        "0195f6de-9d6c-7000-8b8f-2f5b7a4f3f10",
        "ada-1",
        "Ada",
        "Lovelace",
        "ada@example.com",
        "engineering",
    ),
    User(
        2, "0195f6de-9d6c-7000-8b8f-2f5b7a4f3f11", "grace-2", "Grace", "Hopper", "grace@example.com", "data"
    ),
    User(
        3, "0195f6de-9d6c-7000-8b8f-2f5b7a4f3f12", "alan-3", "Alan", "Turing", "alan@example.com", "product"
    ),
)
OWNER: Final = USERS[0]


@define
class UserTable:
    """Everyone who uses PostHog in this project."""

    seed: int
    rows: list[User] = field(factory=lambda: list(USERS), init=False)

    def add(self, first_name: str, last_name: str, email: str, role: str, now: int) -> User:
        """One more; `now` in microseconds.

        Raises:
            ValueError: The e-mail address makes no sense, or another user has it.
        """
        name, _, domain = email.partition("@")
        if not name or not domain or "@" in domain or any(user.email == email for user in self.rows):
            raise ValueError(f"a user needs an e-mail address that no other user has, got {email!r}")
        number = len(self.rows) + 1
        uuid = Uuids(self.seed, "users").encode(number, now)
        user = User(number, uuid, f"user-{number}", first_name, last_name, email, role)
        self.rows.append(user)
        return user

    def find(self, number: int | None) -> User | None:
        return next((user for user in self.rows if user.id == number), None)
