"""What a query may look at while it runs, and how each kind checks its fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define

from posthog_environments.emulator.data.dataset import Dataset
from posthog_environments.emulator.errors import ApiError, parse_error
from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments.emulator.query_engine import EngineName


@define(frozen=True)
class Context:
    """The project and the moment that a query runs in.

    Attributes:
        data: The project's data.
        project_id: Number of the project.
        now: The emulator's time.
        offset_allowed: Whether HogQL of the caller may have an OFFSET.
        engine: What runs HogQL; None for the default.
    """

    data: Dataset
    project_id: int
    now: datetime
    offset_allowed: bool = True
    engine: EngineName | None = None


def model_error(field: str, message: str, model: str = "QueryRequest") -> ApiError:
    """400 as the server's pydantic models refuse a request: told as unreadable JSON."""
    return parse_error(f"1 validation error for {model}\n{field}\n  {message}")


@define(frozen=True)
class Fields:
    """The fields of one object in a query, checked as they are read.

    Attributes:
        values: The object.
        path: Where it stands, for messages.
    """

    values: Mapping[str, Any]
    path: str

    @classmethod
    def of(cls, value: Any, path: str, known: frozenset[str]) -> Fields:
        """Take an object whose every field is known.

        Raises:
            ApiError: It is no object, or has a field that the server's model does not know.
        """
        if not is_object(value):
            raise model_error(path, "Input should be a valid dictionary or object")
        for name in value:
            if name not in known:
                raise model_error(f"{path}.{name}", "Extra inputs are not permitted")
        return cls(value, path)

    def wrong(self, name: str, message: str) -> ApiError:
        return model_error(f"{self.path}.{name}", message)

    def any(self, name: str) -> Any:
        return self.values.get(name)

    def text(self, name: str) -> str | None:
        value = self.any(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "Input should be a valid string")
        return value

    def flag(self, name: str) -> bool:
        value = self.any(name)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name, "Input should be a valid boolean")
        return bool(value)

    def integer(self, name: str) -> int | None:
        value = self.any(name)
        if isinstance(value, bool) or not (value is None or isinstance(value, int)):
            raise self.wrong(name, "Input should be a valid integer")
        return value

    def texts(self, name: str) -> list[str] | None:
        value = self.any(name)
        if value is None:
            return None
        if not is_array(value):
            raise self.wrong(name, "Input should be a valid list")
        for place, item in enumerate(value):
            if not isinstance(item, str):
                raise self.wrong(f"{name}.{place}", "Input should be a valid string")
        return [str(item) for item in value]

    def array(self, name: str) -> list[Any]:
        value = self.any(name)
        if value is not None and not is_array(value):
            raise self.wrong(name, "Input should be a valid list")
        return value or []
