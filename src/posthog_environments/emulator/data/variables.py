"""SQL variables of the project, which HogQL reads as `{variables.code_name}`."""

from __future__ import annotations

from typing import Any, Literal, get_args

from attrs import define

from posthog_environments.emulator.clock import START, to_micros
from posthog_environments.emulator.data.checking import checked_properties, checked_text
from posthog_environments.emulator.data.mixing import Uuids

VariableType = Literal["String", "Number", "Boolean", "List", "Date"]


@define(frozen=True)
class Variable:
    """One variable.

    Attributes:
        id: UUID.
        code_name: Name in HogQL.
        type: What its values are.
        default_value: Its value where a query gives none.
    """

    id: str
    code_name: str
    type: VariableType
    default_value: Any


def make_variable(seed: int, number: int, code_name: str, default_value: Any, type: VariableType) -> Variable:
    """A variable.

    Raises:
        TypeError: The name is no text, or the default holds what JSON cannot.
        ValueError: The name cannot stand in HogQL, or there is no such type.
    """
    if not checked_text(code_name, "code_name", least=0).isidentifier():
        raise ValueError(f"code_name must be a name of letters, digits and _, got {code_name!r}")
    if type not in get_args(VariableType):
        raise ValueError(f"type must be one of {', '.join(get_args(VariableType))}, got {type!r}")
    variable_id = Uuids(seed, "variables").encode(number, to_micros(START))
    return Variable(
        variable_id, code_name, type, checked_properties({"default_value": default_value})["default_value"]
    )
