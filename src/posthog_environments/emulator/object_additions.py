"""What users put into the emulator besides persons: groups, insights, functions, logs, files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_environments.emulator.adding import Adding, Moment
from posthog_environments.emulator.clock import from_micros
from posthog_environments.emulator.data import checking
from posthog_environments.emulator.data.hog_functions import TYPES as HOG_FUNCTION_TYPES
from posthog_environments.emulator.data.plugin_logs import SOURCES, TYPES
from posthog_environments.emulator.data.users import OWNER


class ObjectAdditions(Adding):
    """Adds what is not persons."""

    # --- groups --------------------------------------------------------------------------------------------

    def add_group_type(self, name: str) -> int:
        """Add a group type; the result is its index. There are `company` (0) and `team` (1) at first.

        Raises:
            TypeError: The name is no text.
            ValueError: The name is empty, too long or taken.
        """
        checking.checked_text(name, "name")
        with self._lock:
            groups = self._state.data.groups
            if name in groups.types:
                raise ValueError(f"there is a group type {name!r} already")
            return groups.add_type(name)

    def add_group(
        self,
        type_index: int,
        key: str,
        properties: Mapping[str, Any] | None = None,
        created_at: Moment | None = None,
    ) -> None:
        """Add a group.

        Args:
            type_index: Number of its type.
            key: Its key within the type.
            properties: Its properties.
            created_at: When it was made.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: There is no such type, or there is a group with this key.
        """
        checking.checked_number(type_index, "type_index")
        checking.checked_text(key, "key")
        checked = checking.checked_properties(properties)
        with self._lock:
            groups = self._state.data.groups
            if type_index >= len(groups.types):
                known = ", ".join(f"{index} ({name})" for index, name in enumerate(groups.types))
                raise ValueError(f"there is no group type {type_index}; there are {known}")
            moment = from_micros(self._micros(created_at, "created_at"))
            if groups.create(type_index, key, checked, moment) is None:
                raise ValueError(f"there is a group {key!r} of the type {type_index} already")

    # --- the rest ------------------------------------------------------------------------------------------

    def add_insight(self, name: str) -> int:
        """Add an insight, for exports and subscriptions to refer to; the result is its id."""
        checking.checked_text(name, "name")
        with self._lock:
            return self._state.data.insights.add_insight(name, self._state.data.seed).id

    def add_dashboard(self, name: str) -> int:
        """Add a dashboard, for exports and subscriptions to refer to; the result is its id."""
        checking.checked_text(name, "name")
        with self._lock:
            return self._state.data.insights.add_dashboard(name).id

    def add_hog_function(
        self,
        name: str,
        *,
        type: str = "destination",
        description: str = "",
        hog: str = "return event",
        filters: Mapping[str, Any] | None = None,
        enabled: bool = True,
        execution_order: int | None = None,
        created_at: Moment | None = None,
    ) -> str:
        """Add a hog function of the key owner's; the result is its id.

        Args:
            name: Its name.
            type: Such as `destination` or `transformation`.
            description: What it is for.
            hog: Its source.
            filters: Which events it sees.
            enabled: Whether it runs.
            execution_order: Its place in lists, for transformations.
            created_at: When it was made.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The name is empty or too long, or there is no such type.
        """
        checking.checked_text(name, "name")
        checking.checked_choice(type, HOG_FUNCTION_TYPES, "type")
        checking.checked_text(description, "description", 10_000, least=0)
        checking.checked_text(hog, "hog", 1_000_000, least=0)
        checking.checked_flag(enabled, "enabled")
        if execution_order is not None:
            checking.checked_number(execution_order, "execution_order")
        checked = None if filters is None else checking.checked_properties(filters, "filters")
        with self._lock:
            row = self._state.data.hog_functions.add(
                created_at=from_micros(self._micros(created_at, "created_at")),
                enabled=enabled,
                type=type,
                name=name,
                description=description,
                hog=hog,
                filters=checked,
                execution_order=execution_order,
            )
        return row.id

    def add_plugin_log(
        self,
        plugin_config_id: int,
        message: str,
        *,
        type: str = "LOG",
        source: str = "CONSOLE",
        timestamp: Moment | None = None,
    ) -> str:
        """Add a log entry of an app configuration, which comes to be if there is none; the result is the entry's id.

        Args:
            plugin_config_id: Number of the configuration. There are 17 and 18 at first.
            message: The text.
            type: `DEBUG`, `LOG`, `INFO`, `WARN` or `ERROR`.
            source: `SYSTEM`, `PLUGIN` or `CONSOLE`.
            timestamp: When it was written.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: There is no such type or source.
        """
        config = checking.checked_number(plugin_config_id, "plugin_config_id", 1)
        checking.checked_text(message, "message", 1_000_000)
        checking.checked_choice(type, TYPES, "type")
        checking.checked_choice(source, SOURCES, "source")
        with self._lock:
            moment = self._micros(timestamp, "timestamp")
            return self._state.data.plugin_logs.add(config, moment, source, type, message).id

    def add_file(
        self,
        path: str,
        *,
        type: str = "insight",
        ref: str | None = None,
        href: str | None = None,
        meta: Mapping[str, Any] | None = None,
        created_at: Moment | None = None,
    ) -> str:
        r"""Add a row to the project tree, with the folders above it; the result is its id.

        Args:
            path: Its path; segments are parted by `/`, and a slash within one is written `\/`.
            type: What it is; `folder` for a folder.
            ref: Id of the object that it stands for.
            href: Where the object is found.
            meta: Anything.
            created_at: When it was made.

        Raises:
            TypeError: An argument is of the wrong type.
            ValueError: The path or the type is empty.
        """
        checking.checked_text(path, "path", 10_000)
        checking.checked_text(type, "type", 100)
        for given, what in ((ref, "ref"), (href, "href")):
            if given is not None:
                checking.checked_text(given, what, 10_000)
        checked = checking.checked_properties(meta, "meta")
        with self._lock:
            files = self._state.data.files
            moment = from_micros(self._micros(created_at, "created_at"))
            files.make_parents(path, moment, OWNER.id)
            row = files.add(path, type, moment, OWNER.id, ref=ref, href=href, meta=checked)
        return row.id
