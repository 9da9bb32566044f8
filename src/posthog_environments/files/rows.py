"""Rows of a table out of whatever is iterated: models, mappings, or tuples whose columns have names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeGuard, cast

from posthog_environments.errors import WriteError
from posthog_environments.files.plan import Extras
from posthog_environments.files.values import is_mapping, is_row


class _Model(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def _is_model(item: object) -> TypeGuard[_Model]:
    return callable(getattr(item, "to_dict", None))


def declared_fields(item: object) -> tuple[tuple[str, Any], ...]:
    """Names and types of the fields that the contract knows of a model; none for anything else."""
    wire = getattr(type(item), "wire", None)
    return () if wire is None or not hasattr(wire, "fields") else wire.fields()


class Table:
    """Makes rows of items, all of one kind, and says in which row something is wrong.

    Args:
        wanted: The columns to write, or None for all of the first item.
        extras: What to do about a column that the first item did not have.
        known: Columns of an earlier run, which must stay the same.
        count: Rows before this one.

    Attributes:
        columns: Names of the columns; None until the first item was seen.
        types: ClickHouse types of the columns, where they are known.
        fields: Types of the fields of a model, by name.
    """

    def __init__(
        self,
        wanted: tuple[str, ...] | None,
        extras: Extras,
        known: tuple[str, ...] | None = None,
        count: int = 0,
    ) -> None:
        self._wanted = wanted
        self._ignore = extras == "ignore" or wanted is not None
        self._known = known
        self._kind: object = None
        self._source: tuple[str, ...] = ()
        self._places: list[int] | None = None
        self.count = count
        self.columns: tuple[str, ...] | None = known
        self.types: dict[str, str | None] = {}
        self.fields: dict[str, Any] = {}

    def begin(self, first: object, source: object) -> None:
        """See what kind of items there are, and their columns."""
        self._kind = _kind(first, self.count + 1)
        self.types = _types(source)
        if self._kind == "tuple":
            self._begin_tuples(first, source)
            return
        self.fields = dict(declared_fields(first))
        if self.columns is None:
            item = self._mapping(first)
            self.columns = self._wanted or tuple(dict.fromkeys([*self.fields, *item]))

    def _begin_tuples(self, first: object, source: object) -> None:
        named = column_names(source) or tuple(getattr(first, "_fields", ()))
        self._source = named or self._wanted or ()
        if not self._source:
            raise WriteError("the items are tuples, and their columns have no names: give columns=", row=None)
        columns = self._wanted or self._source
        for name in columns:
            if name not in self._source:
                raise WriteError(
                    f"there is no column {name!r}; there are {', '.join(self._source)}", column=name
                )
            if self._source.count(name) > 1:
                raise WriteError(
                    f"two columns are named {name!r}: give one of them another name", column=name
                )
        if self._known is not None and self._known != columns:
            raise WriteError(
                f"the columns are now {', '.join(columns)}, but the file was begun with {', '.join(self._known)}"
            )
        self.columns = columns
        self._places = None if columns == self._source else [self._source.index(name) for name in columns]

    def end(self, source: object) -> None:
        """There were no items: the columns may be known all the same."""
        if self.columns is None:
            self.columns = self._wanted or column_names(source) or None

    def _check(self, item: object) -> None:
        self.count += 1
        kind = _kind(item, self.count)
        if kind != self._kind:
            raise WriteError(
                f"row {self.count:,} is a {type(item).__name__}, but those before it are of another kind "
                f"({_shown(self._kind)}): write them into files of their own",
                row=self.count,
            )

    def _mapping(self, item: Any) -> Mapping[str, Any]:
        return item.to_dict() if _is_model(item) else item

    def _tuple(self, item: Any) -> Sequence[Any]:
        if len(item) != len(self._source):
            raise WriteError(
                f"row {self.count:,} has {len(item)} values for {len(self._source)} columns", row=self.count
            )
        return item if self._places is None else [item[place] for place in self._places]

    def object_of(self, item: Any) -> Mapping[str, Any]:
        """One item as a JSON object: whole, unless columns were chosen."""
        self._check(item)
        if self._kind == "tuple":
            return dict(zip(self.columns or (), self._tuple(item), strict=True))
        found = self._mapping(item)
        if self._wanted is None:
            return found
        return {name: found[name] for name in self._wanted if name in found}

    def values_of(self, item: Any) -> Sequence[Any]:
        """One item as the values of the columns, None for what it does not have."""
        self._check(item)
        if self._kind == "tuple":
            return self._tuple(item)
        found = self._mapping(item)
        columns = self.columns or ()
        if not self._ignore and (unknown := found.keys() - set(columns)):
            name = min(unknown)
            raise WriteError(
                f"row {self.count:,} has a column {name!r} that the first row did not have: name the columns with "
                "columns=, or leave new ones out with extras='ignore'",
                row=self.count,
                column=name,
            )
        return [found.get(name) for name in columns]


def column_names(source: object) -> tuple[str, ...]:
    """Names of the columns of a query result or a row iterator; none for anything else."""
    for attribute in ("column_names", "columns"):
        found: object = getattr(source, attribute, None)
        if is_row(found) and found:
            return tuple(str(name) for name in found)
    return ()


def _types(source: object) -> dict[str, str | None]:
    """ClickHouse types of the columns of a query result or a row iterator."""
    names, types = column_names(source), cast("object", getattr(source, "types", None))
    return dict(zip(names, types, strict=True)) if is_row(types) and len(types) == len(names) else {}


def _kind(item: object, row: int) -> object:
    """Items of one kind can be rows of one table: models of one class, mappings, or tuples."""
    if _is_model(item):
        return type(item)
    if is_mapping(item):
        return "mapping"
    if is_row(item):
        return "tuple"
    raise WriteError(
        f"row {row:,} is a {type(item).__name__}; only models, mappings and tuples can be written", row=row
    )


def _shown(kind: object) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
