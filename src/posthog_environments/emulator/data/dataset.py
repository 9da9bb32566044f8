"""Everything that one project holds."""

from __future__ import annotations

from functools import cached_property

from posthog_environments.emulator.data.cohorts import CohortTable
from posthog_environments.emulator.data.events import EventTable
from posthog_environments.emulator.data.exports import ExportTable
from posthog_environments.emulator.data.file_system import FileTable
from posthog_environments.emulator.data.groups import GroupTable
from posthog_environments.emulator.data.hog_functions import HogFunctionTable
from posthog_environments.emulator.data.insights import InsightTable
from posthog_environments.emulator.data.persisted_folders import PersistedFolderTable
from posthog_environments.emulator.data.persons import PersonTable
from posthog_environments.emulator.data.plugin_logs import PluginLogTable
from posthog_environments.emulator.data.queries import QueryTable
from posthog_environments.emulator.data.query_cache import QueryCache
from posthog_environments.emulator.data.recordings import RecordingTable
from posthog_environments.emulator.data.subscriptions import SubscriptionTable
from posthog_environments.emulator.data.users import UserTable
from posthog_environments.emulator.data.variables import Variable


class Dataset:
    """The tables of a project. Persons and events are computed when asked for; the rest is made when first used."""

    def __init__(self, persons: int, events: int, seed: int, ties: int = 1) -> None:
        self.seed = seed
        self.ties = ties
        self.persons = PersonTable(seed, persons)
        self.events = EventTable(seed, events, self.persons, ties)
        self.sessions = self.events.sessions
        self.recordings = RecordingTable(seed, self.sessions, self.persons)
        self.variables: dict[str, Variable] = {}
        self.query_cache = QueryCache()

    @property
    def version(self) -> int:
        """Grows with every change of what queries can see: whoever copied the data may compare it."""
        tables = self.persons, self.events, self.recordings, self.groups, self.cohorts
        return sum(table.version for table in tables)

    def untouched(self) -> Dataset:
        """The data as it was at first."""
        return Dataset(self.persons.size, self.events.size, self.seed, self.ties)

    @property
    def computed_rows(self) -> int:
        """How many persons and events were computed so far."""
        return self.persons.computed + self.events.computed

    @cached_property
    def users(self) -> UserTable:
        return UserTable(self.seed)

    @cached_property
    def cohorts(self) -> CohortTable:
        return CohortTable()

    @cached_property
    def groups(self) -> GroupTable:
        return GroupTable(self.seed)

    @cached_property
    def hog_functions(self) -> HogFunctionTable:
        return HogFunctionTable(self.seed)

    @cached_property
    def insights(self) -> InsightTable:
        return InsightTable()

    @cached_property
    def plugin_logs(self) -> PluginLogTable:
        return PluginLogTable(self.seed)

    @cached_property
    def files(self) -> FileTable:
        return FileTable(self.seed)

    @cached_property
    def persisted_folders(self) -> PersistedFolderTable:
        return PersistedFolderTable(self.seed)

    @cached_property
    def subscriptions(self) -> SubscriptionTable:
        return SubscriptionTable()

    @cached_property
    def exports(self) -> ExportTable:
        return ExportTable()

    @cached_property
    def queries(self) -> QueryTable:
        return QueryTable(self.seed)
