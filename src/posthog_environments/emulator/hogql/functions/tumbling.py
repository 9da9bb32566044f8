"""Windows of time, one after the other or one over the other. PostHog counts them in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.functions.registry import Function, Write, always
from posthog_environments.emulator.hogql.functions.times import (
    cast_back,
    interval_start,
    interval_unit,
    kind_of_start,
    made_interval,
)
from posthog_environments.emulator.hogql.functions.zones import local_time, utc_time
from posthog_environments.emulator.hogql.nodes import Call, Expr, Literal
from posthog_environments.emulator.hogql.types import DATETIME, Type, tuple_of


def _in_utc(name: str) -> Write:
    def write(args: Sequence[str], call: Call) -> str:
        moment = f"toDateTime({args[0]}, 'UTC')"
        return f"{name}({', '.join([moment, *args[1:]])})"

    return write


def _start_type(args: Sequence[Expr]) -> Type:
    kind = kind_of_start(interval_unit(args[1].type), args[0])
    nullable = args[0].type.nullable
    return kind.null(nullable) if kind.base == "Date" else DATETIME.null(nullable)


def _window_type(args: Sequence[Expr]) -> Type:
    kind = _start_type(args).null(False)
    return tuple_of((kind, kind))


def _positive(args: Sequence[Expr]) -> None:
    for arg in args[1:]:
        value = arg.args[0] if isinstance(arg, Call) and arg.args else None
        number = getattr(value, "value", 1)
        if isinstance(number, int) and number <= 0:
            raise HogQLError("Value for the interval of a window must be positive", "argument_out_of_bound")


def _zone(call: Call) -> str:
    # A date, which a window of weeks begins with, has none to tell.
    node = call.args[2] if len(call.args) > 2 else None
    return str(node.value) if isinstance(node, Literal) else "UTC"


def _clock_start(args: Sequence[str], call: Call) -> str:
    """The start of the window on the clocks of its zone; windows count whole seconds."""
    moment = local_time(f"date_trunc('second', CAST({args[0]} AS TIMESTAMP))", _zone(call))
    return interval_start([moment, args[1]], call)


def _start(args: Sequence[str], call: Call) -> str:
    return utc_time(_clock_start(args, call), call.type, _zone(call))


def _end(args: Sequence[str], call: Call) -> str:
    kind = call.args[1].type
    end = f"{_clock_start(args, call)} + {made_interval(args[1], kind)}"
    return utc_time(cast_back(end, call.type), call.type, _zone(call))


def _window(args: Sequence[str], call: Call) -> str:
    if call.args[0].type.nullable:
        raise HogQLUnsupported(
            "The emulator on DuckDB has no windows of times that may be missing; chDB has."
        )
    edge = Call(call.type.args[0], call.name, call.args)
    return f"row({_start(args, edge)}, {_end(args, edge)})"


def _edge_of(name: str, duckdb: Write) -> Function:
    return Function(
        name,
        2,
        3,
        always(DATETIME),
        duckdb,
        "ti*",
        clickhouse=_in_utc(name),
        zone=2,
        constant=(1,),
        typed=_start_type,
        refuse=_positive,
    )


def _hop_edge(name: str) -> Function:
    return Function(
        name,
        3,
        3,
        always(DATETIME),
        "",
        "ti",
        clickhouse=_in_utc(name),
        constant=(1, 2),
        typed=_start_type,
    )


TITLE: Final = "Windows of time"
FUNCTIONS: Final[tuple[Function, ...]] = (
    _edge_of("tumbleStart", _start),
    _edge_of("tumbleEnd", _end),
    Function(
        "tumble",
        2,
        2,
        always(tuple_of((DATETIME, DATETIME))),
        _window,
        "ti",
        clickhouse=_in_utc("tumble"),
        constant=(1,),
        typed=_window_type,
        refuse=_positive,
    ),
    _hop_edge("hopStart"),
    _hop_edge("hopEnd"),
    Function(
        "hop",
        3,
        3,
        always(tuple_of((DATETIME, DATETIME))),
        "",
        "ti",
        clickhouse=_in_utc("hop"),
        constant=(1, 2),
        typed=_window_type,
    ),
)
