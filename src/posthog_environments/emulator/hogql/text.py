"""HogQL as text, from syntax trees: names of columns, and the query as understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from posthog_environments.emulator.hogql.syntax import Tree

_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$]*")
_COMPARISONS: Final = {
    "==": "equals",
    "!=": "notEquals",
    "<": "less",
    "<=": "lessOrEquals",
    ">": "greater",
    ">=": "greaterOrEquals",
    "like": "like",
    "ilike": "ilike",
    "not like": "notLike",
    "not ilike": "notILike",
    "in": "in",
    "not in": "notIn",
    "global in": "globalIn",
    "global not in": "globalNotIn",
    "=~": "match",
    "in cohort": "inCohort",
    "not in cohort": "notInCohort",
}
_ARITHMETIC: Final = {"+": "plus", "-": "minus", "*": "multiply", "/": "divide", "%": "modulo"}


def column_name(tree: Tree) -> str:
    """Name of a column: its alias, the last part of a name, the path of a property, else the text of the expression."""
    if tree["node"] == "Alias":
        return str(tree["alias"])
    if tree["node"] == "Field":
        chain = [str(part) for part in tree["chain"]]
        if "properties" in chain[:-1]:
            return "__".join(chain[chain.index("properties") + 1 :])
        return chain[-1]
    if tree["node"] == "ArrayAccess" and tree["array"]["node"] == "Field":
        key = tree["property"].get("value")
        if isinstance(key, str):
            return ".".join([*map(str, tree["array"]["chain"]), key])
    return text_of(tree)


def name_of(name: Any) -> str:
    """An identifier, quoted where it must be."""
    text = str(name)
    if text == "*" or _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace("`", "``")
    return f"`{escaped}`"


def literal(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
        return f"'{escaped}'"
    return "NULL" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _list(trees: list[Tree] | None) -> str:
    return ", ".join(text_of(tree) for tree in trees or [])


def text_of(tree: Tree) -> str:
    """An expression or a query as PostHog prints HogQL: operators as functions."""
    node: str = tree["node"]
    printer = _PRINTERS.get(node)
    return node if printer is None else printer(tree)


def _constant(tree: Tree) -> str:
    value = tree.get("value")
    return str(value) if tree.get("value_type") == "number" else literal(value)


def _field(tree: Tree) -> str:
    return ".".join(name_of(part) for part in tree["chain"])


def _call(tree: Tree) -> str:
    params = f"({_list(tree['params'])})" if tree.get("params") else ""
    distinct = "DISTINCT " if tree.get("distinct") else ""
    condition = f" FILTER (WHERE {text_of(tree['filter_expr'])})" if tree.get("filter_expr") else ""
    return f"{tree['name']}{params}({distinct}{_list(tree['args'])}){condition}"


def _comparison(tree: Tree) -> str:
    op, left, right = tree["op"], text_of(tree["left"]), text_of(tree["right"])
    missing = tree["right"]["node"] == "Constant" and tree["right"].get("value") is None
    if missing and op in ("==", "!="):
        return f"{'isNull' if op == '==' else 'isNotNull'}({left})"
    if op in ("=~*", "!~*", "!~"):
        pattern = f"concat('(?i)', {right})" if op.endswith("*") else right
        match = f"match({left}, {pattern})"
        return f"not({match})" if op.startswith("!") else match
    return f"{_COMPARISONS.get(op, op)}({left}, {right})"


def _between(tree: Tree) -> str:
    word = "NOT BETWEEN" if tree["negated"] else "BETWEEN"
    return f"{text_of(tree['expr'])} {word} {text_of(tree['low'])} AND {text_of(tree['high'])}"


def _window_call(tree: Tree) -> str:
    over = (
        name_of(tree["over_identifier"])
        if tree.get("over_identifier")
        else f"({_window(tree.get('over_expr') or {})})"
    )
    params = f"({_list(tree['args'])})" if tree.get("args") else ""
    return f"{tree['name']}{params}({_list(tree.get('exprs'))}) OVER {over}"


def _window(tree: Tree) -> str:
    parts: list[str] = []
    if tree.get("partition_by"):
        parts.append(f"PARTITION BY {_list(tree['partition_by'])}")
    if tree.get("order_by"):
        parts.append(f"ORDER BY {_list(tree['order_by'])}")
    start, end = tree.get("frame_start"), tree.get("frame_end")
    if start:
        bounds = f"BETWEEN {_bound(start)} AND {_bound(end)}" if end else _bound(start)
        parts.append(f"{tree.get('frame_method') or 'ROWS'} {bounds}")
    return " ".join(parts)


def _bound(tree: Tree) -> str:
    if tree["frame_type"] == "CURRENT ROW":
        return "CURRENT ROW"
    value = tree.get("frame_value")
    return f"{'UNBOUNDED' if value is None else value} {tree['frame_type']}"


def _join(tree: Tree) -> str:
    table = text_of(tree["table"])
    if tree.get("table_args") is not None:
        table += f"({_list(tree['table_args'])})"
    if tree.get("alias"):
        table += f" AS {name_of(tree['alias'])}"
    constraint = tree.get("constraint")
    if constraint:
        table += f" {constraint['constraint_type']} {text_of(constraint['expr'])}"
    following = tree.get("next_join")
    return f"{table} {following['join_type']} {_join(following)}" if following else table


def _cte(tree: Tree) -> str:
    if tree["cte_type"] == "subquery":
        return f"{name_of(tree['name'])} AS {text_of(tree['expr'])}"
    return f"{text_of(tree['expr'])} AS {name_of(tree['name'])}"


def _select(tree: Tree) -> str:
    parts: list[str] = []
    if tree.get("ctes"):
        parts.append("WITH " + ", ".join(map(_cte, tree["ctes"])))
    parts.append(f"SELECT {'DISTINCT ' if tree.get('distinct') else ''}{_list(tree['select'])}")
    if tree.get("select_from"):
        parts.append(f"FROM {_join(tree['select_from'])}")
    if tree.get("array_join_list"):
        parts.append(f"{tree['array_join_op']} {_list(tree['array_join_list'])}")
    parts += _clauses(tree, "prewhere", "where")
    if tree.get("group_by_mode") == "all":
        parts.append("GROUP BY ALL")
    elif tree.get("group_by"):
        parts.append(f"GROUP BY {_list(tree['group_by'])}")
    parts += _clauses(tree, "having", "qualify")
    if tree.get("window_exprs"):
        windows = (f"{name_of(name)} AS ({_window(item)})" for name, item in tree["window_exprs"].items())
        parts.append("WINDOW " + ", ".join(windows))
    if tree.get("order_by"):
        parts.append(f"ORDER BY {_list(tree['order_by'])}")
    if tree.get("limit_by"):
        by = tree["limit_by"]
        offset = f" OFFSET {text_of(by['offset_value'])}" if by.get("offset_value") else ""
        parts.append(f"LIMIT {text_of(by['n'])}{offset} BY {_list(by['exprs'])}")
    return " ".join([*parts, *_clauses(tree, "limit", "offset")])


def _clauses(tree: Tree, *words: str) -> list[str]:
    return [f"{word.upper()} {text_of(tree[word])}" for word in words if tree.get(word)]


def _set(tree: Tree) -> str:
    parts = [printed(tree["initial_select_query"])]
    for item in tree["subsequent_select_queries"]:
        parts += [item["set_operator"], printed(item["select_query"])]
    return " ".join([*parts, *_clauses(tree, "limit", "offset")])


def printed(tree: Tree) -> str:
    """A query, without brackets around it."""
    return _select(tree) if tree["node"] == "SelectQuery" else _set(tree)


_PRINTERS: Final[dict[str, Callable[[Tree], str]]] = {
    "Constant": _constant,
    "Field": _field,
    "Call": _call,
    "Alias": lambda tree: f"{text_of(tree['expr'])} AS {name_of(tree['alias'])}",
    "ArithmeticOperation": lambda tree: (
        f"{_ARITHMETIC[tree['op']]}({text_of(tree['left'])}, {text_of(tree['right'])})"
    ),
    "CompareOperation": _comparison,
    "BetweenExpr": _between,
    "And": lambda tree: f"and({_list(tree['exprs'])})",
    "Or": lambda tree: f"or({_list(tree['exprs'])})",
    "Not": lambda tree: f"not({text_of(tree['expr'])})",
    "Tuple": lambda tree: f"tuple({_list(tree['exprs'])})",
    "Array": lambda tree: f"[{_list(tree['exprs'])}]",
    "TupleAccess": lambda tree: f"{text_of(tree['tuple'])}.{tree['index']}",
    "ArrayAccess": lambda tree: f"{text_of(tree['array'])}[{text_of(tree['property'])}]",
    "Lambda": lambda tree: f"{_parameters(tree['args'])} -> {text_of(tree['expr'])}",
    "TypeCast": lambda tree: f"CAST({text_of(tree['expr'])} AS {tree['type_name']})",
    "TryCast": lambda tree: f"TRY_CAST({text_of(tree['expr'])} AS {tree['type_name']})",
    "OrderExpr": lambda tree: f"{text_of(tree['expr'])} {tree['order']}",
    "WindowFunction": _window_call,
    "Placeholder": lambda tree: f"{{{text_of(tree['expr'])}}}",
    "SelectQuery": lambda tree: f"({_select(tree)})",
    "SelectSetQuery": lambda tree: f"({_set(tree)})",
}


def _parameters(names: list[str]) -> str:
    return name_of(names[0]) if len(names) == 1 else f"({', '.join(map(name_of, names))})"
