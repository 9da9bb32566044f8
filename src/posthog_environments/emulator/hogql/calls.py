"""Function calls: the allow-list, arguments, lambdas, aggregates and windows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from attrs import evolve

from posthog_environments.emulator.hogql.comparing import compare, time_literal, time_of
from posthog_environments.emulator.hogql.constant_times import constant_moment
from posthog_environments.emulator.hogql.errors import HogQLError, HogQLUnsupported
from posthog_environments.emulator.hogql.expressions import ExpressionResolver, logic
from posthog_environments.emulator.hogql.functions import Function, canonical, find
from posthog_environments.emulator.hogql.functions.permitted import permitted, proposed
from posthog_environments.emulator.hogql.functions.times import unit_of
from posthog_environments.emulator.hogql.nodes import (
    Call,
    Column,
    Expr,
    Lambda,
    Literal,
    Name,
    Order,
    Unfold,
    Window,
    walk,
)
from posthog_environments.emulator.hogql.scopes import Scope, tuple_item
from posthog_environments.emulator.hogql.syntax import Tree, items_of
from posthog_environments.emulator.hogql.types import (
    DATETIME6,
    NOTHING,
    UTC_NAMES,
    Type,
    known_zone,
)

_COMPARING: Final = {
    "equals": "=",
    "notEquals": "!=",
    "less": "<",
    "lessOrEquals": "<=",
    "greater": ">",
    "greaterOrEquals": ">=",
    "like": "like",
    "ilike": "ilike",
    "notLike": "not_like",
    "notILike": "not_ilike",
    "match": "match",
}
_MEMBERSHIP: Final = {"in": "in", "notIn": "not_in"}
_COMPARISONS: Final = ({*_COMPARING} - {"match"}) | {*_MEMBERSHIP}
SPECIAL: Final = frozenset(
    {*_COMPARING, *_MEMBERSHIP, "and", "or", "not", "isNull", "isNotNull", "arrayJoin"}
)
_WHOLE: Final = "UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
_SHIFTS: Final = {
    "dateAdd": "+",
    "date_add": "+",
    "timeStampAdd": "+",
    "dateSub": "-",
    "date_subtract": "-",
    "timeStampSub": "-",
}
# What these read in a constant must be a time.
_READ_STRICTLY: Final = frozenset({"toDateTime", "parseDateTimeBestEffort"})
# What a lambda is called with, by what a function takes.
_OF_LAMBDAS: Final = {"*a": "array", "*a*": "array", "*m": "map"}
# What DuckDB does with decimals as ClickHouse does.
_OF_DECIMALS: Final = frozenset(
    {
        *("toFloat", "toInt", "toNullable", "assumeNotNull", "tuple", "array", "toTypeName"),
        *(
            "any",
            "anyLast",
            "argMax",
            "argMin",
            "avg",
            "count",
            "groupArray",
            "max",
            "min",
            "uniq",
            "uniqExact",
        ),
    }
)
# Calls that the parser makes of other syntax.
_OF_SYNTAX: Final = frozenset({"_caseWithExpression"})


class CallResolver(ExpressionResolver):
    """Resolves function calls."""

    def call(self, tree: Tree, scope: Scope) -> Expr:
        written: str = tree["name"]
        args: list[Tree] = tree["args"]
        name = written if written in _OF_SYNTAX else self._permitted(tree)
        special = self._special(canonical(name), args, scope)
        if special is not None:
            return special
        function, conditional = self._function(name)
        if function.kind == "window":
            raise HogQLError(f"{name} can only be used as a window function, before OVER", "bad_arguments")
        if function.kind == "aggregate":
            return self._aggregate(tree, function, conditional, scope)
        if tree.get("distinct") or tree.get("params") or tree.get("filter_expr"):
            raise HogQLError(
                f"Function '{written}' is no aggregation: it takes no DISTINCT, parameters or FILTER"
            )
        if tree.get("order_by") or tree.get("within_group"):
            raise HogQLUnsupported("The emulator does not support ORDER BY inside a call.")
        _check_reach(function, written, len(args))
        resolved = self._arguments(function, args, scope)
        if function.name in _SHIFTS:
            return self._shifted(function.name, resolved)
        if function.name == "timezone":
            return self.known_call("toTimeZone", (resolved[1], resolved[0]))
        if function.name in _READ_STRICTLY and len(resolved) == 1:
            (node,) = resolved
            if isinstance(node, Literal) and isinstance(node.value, str):
                return constant_moment(node.value)
        return self.known_call(function.name, resolved)

    def known_call(self, name: str, args: tuple[Expr, ...]) -> Expr:
        """A call that the emulator makes, under its own name for the function; PostHog's list does not matter."""
        function, _ = self._function(name)
        named = function.zone is not None and len(args) > function.zone
        args, zone = self._zoned(function, args)
        now = self._now(function.name)
        if now is not None:
            return now if zone is None else self.known_call("toTimeZone", (now, args[-1]))
        types = [arg.type for arg in args]
        if function.name == "tupleElement":
            index = args[1]
            if not isinstance(index, Literal) or not isinstance(index.value, int) or types[0].base != "Tuple":
                raise HogQLError(
                    "tupleElement() needs a tuple and a constant number", "illegal_type_of_argument"
                )
            return tuple_item(args[0], int(index.value))
        if function.name in ("plus", "minus") and {"time", "interval"} & {kind.family for kind in types}:
            return self.arithmetic("+" if function.name == "plus" else "-", args[0], args[1])
        function.check(args)
        if function.name not in _OF_DECIMALS:
            self.refuse_decimals(function.name, types)
        if not function.nulls and any(arg.type == NOTHING for arg in args if not isinstance(arg, Lambda)):
            return Literal(NOTHING, None)
        kind = function.kind_of(args)
        if named and kind.base == "Date" and not any(given.has_zone for given in types):
            detail = f"The time zone of function {function.name} is allowed only with a time"
            raise HogQLError(detail, "illegal_type_of_argument")
        if zone is None and function.local:
            zone = next((given.zone for given in types if given.zone not in UTC_NAMES), None)
        return Call(kind.in_zone(zone) if zone else kind, function.name, args)

    def _zoned(self, function: Function, args: tuple[Expr, ...]) -> tuple[tuple[Expr, ...], str | None]:
        """The arguments and the time zone; where it is UTC, as everything else, it is left out.

        Raises:
            HogQLError: There is no such zone.
            HogQLUnsupported: It is not constant.
        """
        place = function.zone
        if place is None or len(args) <= place:
            return args, None
        node = args[place]
        if not isinstance(node, Literal) or not isinstance(node.value, str):
            raise HogQLUnsupported(f"The emulator supports only a constant time zone in {function.name}().")
        if node.value in UTC_NAMES and all(arg.type.zone in UTC_NAMES for arg in args):
            return args[:place], None
        if not known_zone(node.value):
            raise HogQLError(f"Unknown timezone: '{node.value}'", "bad_arguments")
        return args, node.value

    def _function(self, name: str) -> tuple[Function, bool]:
        found = find(name)
        if found is not None:
            if self.engine == "duckdb" and not found[0].on_duckdb:
                raise HogQLUnsupported(f"The emulator on DuckDB does not support {name}(); chDB does.")
            return found
        raise HogQLUnsupported(f"The emulator does not support the function {name}().")

    @staticmethod
    def _permitted(tree: Tree) -> str:
        """The name as PostHog lists it.

        Raises:
            HogQLError: PostHog does not let a query call it, or not so. In its words.
        """
        name: str = tree["name"]
        found = permitted(name)
        if found is None:
            near = proposed(name)
            hint = f". Perhaps you meant '{near}(...)'?" if near else ""
            raise HogQLError(f"Unsupported function call '{name}(...)'{hint}")
        listed, limits = found
        given = len(tree["args"])
        if listed in _COMPARISONS and given != 2:
            raise HogQLError(f"Comparison '{name}' requires exactly two arguments")
        what = "Aggregation" if limits.aggregate else "Function"
        _check_number(f"{what} '{name}'", "argument", limits.least, limits.most, given)
        if limits.params is not None:
            params = items_of(tree, "params")
            if not params:
                raise HogQLError(f"{what} '{name}' requires parameters in addition to arguments")
            _check_number(f"{what} '{name}'", "parameter", *limits.params, len(params))
        return listed

    # --- calls with rules of their own ---------------------------------------------------------------------

    def _special(self, name: str, args: list[Tree], scope: Scope) -> Expr | None:
        if name in _MEMBERSHIP:
            return self.membership(_MEMBERSHIP[name], self.expr(args[0], scope), args[1], scope)
        if name in _COMPARING:
            return compare(_COMPARING[name], self.expr(args[0], scope), self.expr(args[1], scope))
        if name in ("and", "or"):
            return logic(name, [self.condition(arg, scope) for arg in args])
        if name == "not":
            return logic("not", [self.condition(args[0], scope)])
        if name in ("isNull", "isNotNull"):
            return self.missing(self.expr(args[0], scope), negated=name == "isNotNull")
        if name == "_caseWithExpression":
            return self._case(args, scope)
        return self._array_join(args, scope) if name == "arrayJoin" else None

    def _case(self, args: list[Tree], scope: Scope) -> Expr:
        """`CASE value WHEN ...`: a chain of comparisons."""
        value = self.expr(args[0], scope)
        branches = [self.expr(arg, scope) for arg in args[1:]]
        flat: list[Expr] = []
        for when, then in zip(branches[:-1:2], branches[1:-1:2], strict=True):
            flat += [compare("=", value, when), then]
        return self.known_call("multiIf", (*flat, branches[-1]))

    def _array_join(self, args: list[Tree], scope: Scope) -> Expr:
        array = self.expr(args[0], scope)
        if array.type.base != "Array":
            raise HogQLError("Argument for function arrayJoin must be Array", "type_mismatch")
        for known in scope.unfolds:
            if known.arrays == (("c0", array),):
                return Column(array.type.item, known.name, "c0")
        unfold = Unfold(self.new_name("u"), (("c0", array),))
        scope.unfolds.append(unfold)
        return Column(array.type.item, unfold.name, "c0")

    def _now(self, name: str) -> Expr | None:
        now: datetime = self.now
        if name == "now":
            return time_literal(now)
        if name == "nowInBlock":
            return self.known_call("toDateTime", (time_literal(now),))
        if name in ("today", "yesterday"):
            return time_literal((now - timedelta(days=name == "yesterday")).date())
        return None

    def _shifted(self, name: str, args: tuple[Expr, ...]) -> Expr:
        """`dateAdd('day', 3, moment)` and `dateAdd(moment, interval)`."""
        if len(args) == 3:
            unit = unit_of(args[0], name)
            interval: Expr = self.known_call(f"toInterval{unit.capitalize()}", (args[1],))
            moment = args[2]
        else:
            moment, interval = args
        if isinstance(moment, Literal) and isinstance(moment.value, str):
            moment = time_of(moment.value, DATETIME6)
        if interval.type.family != "interval" or moment.type.family != "time":
            raise HogQLError(f"Illegal types of arguments of function {name}", "illegal_type_of_argument")
        return self.arithmetic(_SHIFTS[name], moment, interval)

    # --- arguments -----------------------------------------------------------------------------------------

    def _arguments(self, function: Function, args: list[Tree], scope: Scope) -> tuple[Expr, ...]:
        lambdas = [place for place, arg in enumerate(args) if arg["node"] == "Lambda"]
        takes_lambda = function.takes in _OF_LAMBDAS
        if not lambdas:
            if takes_lambda and len(args) > 1:
                raise HogQLError(
                    f"First argument of {function.name}() must be a lambda", "illegal_type_of_argument"
                )
            resolved = tuple(self.expr(arg, scope) for arg in args)
            return self._times_read(function, resolved)
        if lambdas != [0] or not takes_lambda:
            raise HogQLError(f"Function '{function.name}' takes no lambda there").at(args[lambdas[0]])
        values = tuple(self.expr(arg, scope) for arg in args[1:])
        # What is folded into comes last.
        start = values[-1:] if function.name == "arrayFold" else ()
        items = [value.type for value in start]
        for value in values[: len(values) - len(start)]:
            if value.type.family != _OF_LAMBDAS[function.takes]:
                detail = f"Illegal type {value.type} of argument of function {function.name}"
                raise HogQLError(detail, "illegal_type_of_argument")
            items += value.type.args
        return (self._lambda(function, args[0], items, scope), *values)

    def _lambda(self, function: Function, tree: Tree, items: list[Type], scope: Scope) -> Lambda:
        names: list[str] = tree["args"]
        if len(names) != len(items):
            raise HogQLError(
                f"The lambda takes {len(names)} arguments, but {len(items)} are given",
                "number_of_arguments_doesnt_match",
            ).at(tree)
        bound = {name: Name(item, self.new_name("v")) for name, item in zip(names, items, strict=True)}
        inner = scope.inner(names={**scope.names, **bound}, aggregate="lambda")
        if function.predicate:
            body = self._flag(tree["expr"], function.name, inner)
        else:
            body = self.expr(tree["expr"], inner)
        return Lambda(body.type, tuple(name.name for name in bound.values()), body)

    @staticmethod
    def _times_read(function: Function, args: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """ClickHouse reads no texts as times in calls; PostHog's date functions are called with them all the same."""
        if not function.takes.startswith(("t", "d", "f", "st")):
            return args
        place = function.zone
        node = args[place] if place is not None and len(args) > place else None
        zone = str(node.value) if isinstance(node, Literal) else "UTC"
        kind = DATETIME6.in_zone(zone) if known_zone(zone) else DATETIME6
        return tuple(
            time_of(arg.value, kind)
            if isinstance(arg, Literal) and isinstance(arg.value, str) and function.letter(place) in "tdf"
            else arg
            for place, arg in enumerate(args)
        )

    # --- aggregates and windows ----------------------------------------------------------------------------

    def _aggregate(self, tree: Tree, function: Function, conditional: bool, scope: Scope) -> Expr:
        name: str = tree["name"]
        if scope.aggregate == "lambda":
            raise HogQLUnsupported("The emulator does not support aggregates inside lambdas.")
        if scope.aggregate:
            raise HogQLError(
                f"Aggregation '{name}' cannot be nested inside another aggregation '{scope.aggregate}'."
            )
        if tree.get("order_by") or tree.get("within_group"):
            raise HogQLUnsupported("The emulator does not support ORDER BY inside an aggregate.")
        inner = scope.inner(aggregate=name)
        if function.made_of is not None:
            return self._made_of(tree, function, conditional, scope, inner)
        return self._folded(tree, tree["args"], items_of(tree, "params"), function, conditional, inner)

    def _made_of(self, tree: Tree, function: Function, conditional: bool, scope: Scope, inner: Scope) -> Expr:
        """An aggregate that is a function of another one; that function takes the other arguments."""
        assert function.made_of is not None
        aggregate, outer = function.made_of
        value, *others = tree["args"]
        call = self._folded(tree, [value], [], self._function(aggregate)[0], conditional, inner)
        return self.known_call(outer, (call, *(self.expr(other, scope) for other in others)))

    def _folded(
        self,
        tree: Tree,
        args: list[Tree],
        params: list[Tree],
        function: Function,
        conditional: bool,
        scope: Scope,
    ) -> Call:
        name: str = tree["name"]
        if function.name == "count" and len(args) == 1 and args[0].get("chain") == ["*"]:
            args = []
        condition: Expr | None = None
        if conditional:
            if not args:
                raise HogQLError(f"Aggregation '{name}' expects at least 1 argument, found 0")
            condition = self._flag(args[-1], name, scope)
            args = args[:-1]
        _check_reach(function, name, len(args))
        if tree.get("filter_expr"):
            given = self._flag(tree["filter_expr"], name, scope)
            condition = given if condition is None else logic("and", [condition, given])
        constants = tuple(self._parameter(param, scope) for param in params)
        if not function.params[0] <= len(constants) <= function.params[1]:
            raise HogQLError(
                f"Aggregate function {name} does not take {len(constants)} parameters",
                "number_of_arguments_doesnt_match",
            )
        resolved = tuple(self.expr(arg, scope) for arg in args)
        over = tree["node"] == "WindowFunction"
        _check_nesting([*resolved, *([condition] if condition is not None else [])], over=over)
        types = [arg.type for arg in resolved]
        if function.name not in _OF_DECIMALS:
            self.refuse_decimals(function.name, types[:1])
        function.check(resolved)
        distinct = bool(tree.get("distinct"))
        kind = NOTHING if NOTHING in types and not function.nulls else function.result(types)
        return Call(kind, function.name, resolved, constants, distinct, condition, True)

    def _flag(self, tree: Tree, name: str, scope: Scope) -> Expr:
        """The condition of a call, which must be a truth value.

        Raises:
            HogQLError: It is another number.
        """
        found = self.condition(tree, scope)
        if found.type.base in ("UInt8", "Bool", "Nothing"):
            return found
        detail = f"Illegal type {found.type} of the condition of {name}; must be UInt8"
        raise HogQLError(detail, "illegal_type_of_argument").at(tree)

    def _parameter(self, tree: Tree, scope: Scope) -> Any:
        found = self.expr(tree, scope)
        if not isinstance(found, Literal):
            raise HogQLError("Parameters of an aggregation must be constant", "bad_arguments").at(tree)
        return found.value

    def window(self, tree: Tree, scope: Scope) -> Expr:
        function, conditional = self._function(tree["name"])
        args, params = items_of(tree, "exprs"), list[Tree]()
        if items_of(tree, "args"):
            # Of two pairs of brackets the parser has the first as `exprs`.
            args, params = items_of(tree, "args"), args
        if function.kind == "scalar" or function.made_of is not None:
            raise HogQLError(f"Function '{tree['name']}' is no aggregation: it cannot stand before OVER")
        call = self._folded(tree, args, params, function, conditional, scope)
        over = self._over(tree, scope)
        partition = tuple(self.expr(item, scope) for item in items_of(over, "partition_by"))
        order = tuple(
            Order(self.expr(item["expr"], scope), item["order"] == "DESC")
            for item in items_of(over, "order_by")
        )
        _check_nesting([*partition, *(key.expr for key in order)], over=True)
        frame = _frame(over)
        _check_frame(call.name, frame, ordered=bool(order))
        if call.name in ("lag", "lead"):
            # So PostHog writes them: over all rows, and NULL beyond the first and last.
            value = self.known_call("toNullable", call.args[:1])
            call = evolve(
                call, type=call.type.null(), name=f"{call.name}InFrame", args=(value, *call.args[1:])
            )
            frame = frame or f"ROWS BETWEEN {_WHOLE}"
        return Window(call.type, call, partition, order, frame)

    @staticmethod
    def _over(tree: Tree, scope: Scope) -> Tree:
        name = tree.get("over_identifier")
        if name is None:
            return tree.get("over_expr") or {}
        if name not in scope.windows:
            raise HogQLError(f"Window '{name}' is not defined")
        return scope.windows[name]


def _check_number(what: str, kind: str, least: int, most: int | None, given: int) -> None:
    """Refuse too few or too many arguments or parameters.

    Raises:
        HogQLError: In PostHog's words.
    """
    if given >= least and (most is None or given <= most):
        return
    limit = least if given < least else most
    bound = "" if least == most else "at least " if given < least else "at most "
    plural = "" if limit == 1 else "s"
    raise HogQLError(f"{what} expects {bound}{limit} {kind}{plural}, found {given}")


def _check_reach(function: Function, name: str, given: int) -> None:
    """Refuse a number of arguments that PostHog takes and the emulator does not.

    Raises:
        HogQLUnsupported: Always then.
    """
    if given < function.least or (function.most is not None and given > function.most):
        raise HogQLUnsupported(f"The emulator does not support {name}() with {given} arguments.")


def _check_nesting(parts: list[Expr], *, over: bool) -> None:
    """Refuse an alias of an aggregate inside of an aggregate, and one of a window function inside of either.

    Raises:
        HogQLError: In ClickHouse's words.
    """
    nodes = [node for part in parts for node in walk(part)]
    outer = "another window function" if over else "an aggregate function"
    if any(isinstance(node, Window) for node in nodes):
        raise HogQLError(f"Window function is found inside {outer} in query", "illegal_aggregation")
    if not over and any(isinstance(node, Call) and node.aggregate for node in nodes):
        detail = "Aggregate function is found inside another aggregate function in query"
        raise HogQLError(detail, "illegal_aggregation")


def _check_frame(name: str, frame: str, *, ordered: bool) -> None:
    """Refuse frames that ClickHouse has no meaning for.

    Raises:
        HogQLError: In its words.
    """
    whole = frame == f"RANGE BETWEEN {_WHOLE}" or (name == "ntile" and frame == f"ROWS BETWEEN {_WHOLE}")
    if (name in ("ntile", "percent_rank") and frame and not whole) or (name == "ntile" and not ordered):
        raise HogQLError(f"Unsupported window frame type for function '{name}'", "bad_arguments")


def _frame(over: Tree) -> str:
    start, end = over.get("frame_start"), over.get("frame_end")
    if not start:
        return ""
    method = over.get("frame_method") or "ROWS"
    if not end:
        return f"{method} {_bound(start)}"
    return f"{method} BETWEEN {_bound(start)} AND {_bound(end)}"


def _bound(tree: Tree) -> str:
    kind: str = tree["frame_type"]
    if kind not in ("CURRENT ROW", "PRECEDING", "FOLLOWING"):
        raise HogQLUnsupported(f"The emulator does not support the frame bound {kind}.")
    if kind == "CURRENT ROW":
        return kind
    value = tree.get("frame_value")
    if value is None:
        return f"UNBOUNDED {kind}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise HogQLUnsupported("The emulator supports only whole numbers of rows in frames.")
    return f"{value} {kind}"
