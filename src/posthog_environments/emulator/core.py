"""`Emulator`: what users of the package see."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

from posthog_environments.emulator.additions import PersonAdditions
from posthog_environments.emulator.auth import KeyRing, checked_key
from posthog_environments.emulator.clock import EmulatorClock
from posthog_environments.emulator.data import checking
from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.data.users import OWNER, ROLES, User
from posthog_environments.emulator.data.variables import VariableType, make_variable
from posthog_environments.emulator.faults import Faults, FaultyAnswers
from posthog_environments.emulator.messages import parse_request
from posthog_environments.emulator.object_additions import ObjectAdditions
from posthog_environments.emulator.query_engine import EngineName
from posthog_environments.emulator.query_engine import checked as checked_engine
from posthog_environments.emulator.recording import RequestLog
from posthog_environments.emulator.samples import sample_folder_id, sample_id
from posthog_environments.emulator.state import Behaviour, Profile, State

if TYPE_CHECKING:
    from posthog_environments.client import AsyncClient, Client
    from posthog_environments.clock import Clock
    from posthog_environments.emulator.server import Server


class EmulatorError(RuntimeError):
    """The emulator itself failed: a mistake in it, not in the request."""


class Emulator(PersonAdditions, ObjectAdditions, RequestLog):
    """A stateful PostHog stand-in for one project.

        emulator = Emulator(persons=20)
        with emulator.client() as client:
            client.persons.delete(emulator.sample_id("persons"))
        assert emulator.requests[-1].status == 202

    The same arguments and the same requests give the same answers, byte for byte. Persons and events are computed
    when asked for, so that millions cost nothing. `add_person`, `add_event` and the like put in your own.

    Args:
        persons: How many persons there are.
        events: How many events there are.
        seed: What the data is made of.
        profile: `observed` behaves as the real server does, `documented` as its documentation promises.
        ties: Up to so many events share one timestamp, as when they come in batches; 1 for no ties.
        project_id: Number of the project.
        api_key: The personal API key that is accepted.
        faults: Faults to make on purpose, or None.
        throttle: Whether to enforce the rate limits (`behaviour.throttle`). The clock stands still until it is moved:
            let the client's waiting move it by `advance`.
        query_engine: What runs HogQL: `duckdb` (extra `emulator`), which is light, or `chdb` (extra `emulator-chdb`),
            which is ClickHouse itself. None for DuckDB, or for chDB where only that is installed.

    Attributes:
        requests: The latest requests, in order; see `requests_for` and `reset_requests` too.
        api_key: The key that may do anything, as keys from before there were scopes.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: A number is negative, `ties` or `project_id` is less than 1, no request can carry the key, there is
            no such profile or engine, or the engine is not installed.
    """

    def __init__(
        self,
        persons: int = 250,
        events: int = 2_000,
        seed: int = 0,
        *,
        profile: Profile = "observed",
        ties: int = 1,
        project_id: int = 1,
        api_key: str = "phx_emulator_key_for_tests_only",
        faults: Faults | None = None,
        throttle: bool = False,
        query_engine: EngineName | None = None,
    ) -> None:
        checking.checked_number(persons, "persons")
        checking.checked_number(events, "events")
        checking.checked_number(ties, "ties", 1)
        checking.checked_number(project_id, "project_id", 1)
        checked_key(api_key)
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise TypeError(f"seed must be a whole number, got {type(seed).__name__}")
        if faults is not None and not isinstance(faults, Faults):
            raise TypeError(f"faults must be Faults(...) or None, got {faults!r}")
        if profile not in get_args(Profile):
            raise ValueError(f"profile must be one of {', '.join(get_args(Profile))}, got {profile!r}")
        from posthog_environments.emulator.dispatch import Dispatcher

        super().__init__()
        self.project_id = project_id
        self.api_key = api_key
        self._state = State(
            profile,
            project_id,
            KeyRing(api_key, seed),
            Dataset(persons, events, seed, ties),
            checked_engine(query_engine),
        )
        self._state.behaviour.throttle = throttle
        self._dispatcher = Dispatcher(self._state)
        self._faults = FaultyAnswers(faults, self._state.advance) if faults else None
        self._lock = threading.Lock()

    # --- asking --------------------------------------------------------------------------------------------

    def handle(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer one request: status, headers, body. Any number of threads may ask at once.

        Args:
            method: HTTP method.
            url: Absolute URL, or a path.
            headers: Names and values.
            body: The body as sent.

        Raises:
            Breakage: A fault that was asked for: no answer comes, or not all of it.
            EmulatorError: The emulator has a mistake.
        """
        request = parse_request(method, url, headers, body)
        with self._lock:
            kind = self._faults.next() if self._faults else None
            early = self._faults.before(kind) if self._faults else None
            if early is not None:
                return early
            self._state.settle()
            try:
                operation_id, answer = self._dispatcher.answer(request)
            except Exception as error:
                raise EmulatorError(
                    f"{request.method} {request.path} broke the emulator: {error!r}"
                ) from error
            self._record(request, answer[0], operation_id)
            return self._faults.after(kind, request.path, url, answer) if self._faults else answer

    @property
    def faults_made(self) -> dict[str, int]:
        """How often each kind of fault was made. Requests that a fault kept from processing are not in `requests`."""
        return dict(self._faults.struck) if self._faults else {}

    def client(self, **overrides: Any) -> Client:
        """A client that asks this emulator without a network; `overrides` are arguments of `Client`."""
        from posthog_environments.client import Client

        return Client(**self._arguments(overrides))

    def async_client(self, **overrides: Any) -> AsyncClient:
        """An asynchronous client that asks this emulator; `overrides` are arguments of `AsyncClient`."""
        from posthog_environments.client import AsyncClient

        return AsyncClient(**self._arguments(overrides))

    def client_clock(self) -> Clock:
        """Time for clients of this emulator, `emulator.client(clock=emulator.client_clock())`.

        Where such a client would wait, for a retry, a query or an export, the emulator's time moves on instead. Leave
        it out, and clients really wait.
        """
        from posthog_environments.emulator.client_clock import ClientClock

        return ClientClock(self._state.clock.now, self.advance)

    def _arguments(self, overrides: dict[str, Any]) -> dict[str, Any]:
        from posthog_environments.http import InProcessTransport

        return {
            "project_id": self.project_id,
            "api_key": self.api_key,
            "host": "http://localhost",
            "transport": InProcessTransport(self.handle),
            **overrides,
        }

    def serve(self, port: int = 0, host: str = "127.0.0.1") -> Server:
        """Serve on loopback until the result is closed; it is a context manager and has the `url`.

        Args:
            port: 0 for any free one.
            host: A loopback address.

        Raises:
            TypeError: The port is no whole number.
            ValueError: The host is not a loopback address, or there is no such port.
            OSError: The port cannot be had.
        """
        from posthog_environments.emulator.server import Server

        return Server(self.handle, host, port)

    # --- keys and users ------------------------------------------------------------------------------------

    def add_key(
        self,
        scopes: Iterable[str] | None = None,
        *,
        projects: Iterable[int] | None = None,
        organizations: Iterable[str] | None = None,
        user: User | None = None,
        value: str | None = None,
        name: str = "",
    ) -> str:
        """Make one more personal API key, and return it.

            reader = emulator.client(api_key=emulator.add_key(["person:read", "query:read"]))

        Args:
            scopes: What it may do: `<object>:read` or `<object>:write`, which allows reading too, or `*`. None makes a
                legacy key, which may do anything. Operations without a documented scope refuse every scoped key, even
                `*`, as PostHog does (permissions.py, 2025); the documented profile lets it through.
            projects: Numbers of the projects that it is limited to.
            organizations: Ids of the organizations that it is limited to; the emulator's is `organization_id`.
            user: Whose key it is: one that `add_user` made. Exports and remembered folders are seen by their owner
                only. The owner of `api_key` when left out.
            value: The key, `phx_...`; made of the seed when left out.
            name: What you call it.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: A scope or limit makes no sense, a legacy key is to be limited, there is such a key, or the user
                is not one of this emulator.
        """
        if user is not None and not isinstance(user, User):
            raise TypeError(f"user must be what add_user returned, got {type(user).__name__}")
        with self._lock:
            if user is not None and self.data.users.find(user.id) != user:
                raise ValueError(f"{user.email!r} is no user of this emulator; add_user makes one")
            return self._state.keys.add(scopes, projects, organizations, user or OWNER, value, name)

    def remove_key(self, key: str) -> None:
        """Make a key invalid: requests with it are answered by 401.

        Raises:
            LookupError: There is no such key.
        """
        with self._lock:
            self._state.keys.remove(key)

    def add_user(self, email: str, *, first_name: str = "", last_name: str = "", role: str = "other") -> User:
        """Add a user of PostHog, who may then own keys, exports, folders and subscriptions.

        Raises:
            TypeError: An argument is no text.
            ValueError: The e-mail address makes no sense, or another user has it; or there is no such role.
        """
        for given, what in ((email, "email"), (first_name, "first_name"), (last_name, "last_name")):
            if not isinstance(given, str):
                raise TypeError(f"{what} must be a text, got {type(given).__name__}")
        checking.checked_choice(role, ROLES, "role")
        with self._lock:
            name = first_name or email.partition("@")[0].capitalize()
            return self.data.users.add(name, last_name, email, role, self._state.clock.micros())

    @property
    def project_api_key(self) -> str:
        """The project's public token, `phc_...`. As `?token=` of a GET it names the project, whatever the path says."""
        return self._state.keys.project_token

    @property
    def organization_id(self) -> str:
        """The organization that the project belongs to."""
        return self._state.keys.organization_id

    # --- time and behaviour --------------------------------------------------------------------------------

    @property
    def clock(self) -> EmulatorClock:
        """The emulator's time; move it by `advance`."""
        return self._state.clock

    @property
    def behaviour(self) -> Behaviour:
        """What may be changed about how the server reacts."""
        return self._state.behaviour

    @property
    def profile(self) -> Profile:
        """`observed` or `documented`."""
        return self._state.profile

    @property
    def apply_delay(self) -> float:
        """Seconds until an accepted change of a person takes effect; only in the observed profile.

        Raises:
            TypeError: It is set to what is no number.
            ValueError: It is set to a negative number.
        """
        return self._state.behaviour.apply_delay

    @apply_delay.setter
    def apply_delay(self, seconds: float) -> None:
        self._state.behaviour.apply_delay = seconds

    @property
    def now(self) -> datetime:
        """The emulator's present time, UTC. It stands still until `advance` moves it."""
        return self._state.clock.now()

    def advance(
        self, seconds: float | timedelta = 0, *, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> None:
        """Let time pass, and what is due in it happen in the order of time.

        Args:
            seconds: Seconds, or a timedelta.
            minutes: Minutes, which are added; hours and days likewise.
            hours: Hours.
            days: Days.

        Raises:
            ValueError: Time would run backwards, or beyond the year 9999.
        """
        try:
            step = seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)
            step += timedelta(minutes=minutes, hours=hours, days=days)
        except (OverflowError, ValueError):
            raise ValueError("time only moves forward, at most to the year 9999") from None
        with self._lock:
            self._state.advance(step)

    # --- data ----------------------------------------------------------------------------------------------

    @property
    def data(self) -> Dataset:
        """The tables behind the answers."""
        return self._state.data

    def add_variable(self, code_name: str, default_value: Any = None, type: VariableType = "String") -> str:
        """Give the project an SQL variable, which HogQL reads as `{variables.<code_name>}`; gives its id.

        Args:
            code_name: Its name in HogQL; one of the same name is replaced.
            default_value: Its value where a query gives none.
            type: `String`, `Number`, `Boolean`, `List` or `Date`.

        Raises:
            TypeError: The name is no text, or the default holds what JSON cannot.
            ValueError: The name cannot stand in HogQL, or there is no such type.
        """
        with self._lock:
            data = self._state.data
            names = [*data.variables, code_name]
            variable = make_variable(data.seed, names.index(code_name), code_name, default_value, type)
            data.variables[code_name] = variable
            return variable.id

    def sample_id(self, tag: str) -> str | int:
        """An id that works in paths of this tag's operations, until it is deleted: one per seed and tag, whatever was
        added or deleted since.

        Raises:
            LookupError: There is no such tag, or nothing of the kind (no persons, say).
        """
        return sample_id(self.data.untouched(), tag)

    def sample_folder_id(self) -> str:
        """Id of a folder of the project tree that is not empty at first."""
        return sample_folder_id(self.data.untouched())

    def __repr__(self) -> str:
        data = self._state.data
        return f"<Emulator of {len(data.persons)} persons and {len(data.events)} events, {self.profile}>"
