"""The notebook runs from top to bottom, and is kept without what it once showed."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from posthog_environments import Client, QueryResult

NOTEBOOK = json.loads(
    (Path(__file__).parent.parent / "examples" / "notebook.ipynb").read_text(encoding="utf-8")
)
CODE: list[dict[str, Any]] = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does; the result is the value of its last line, if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)


def test_every_cell_runs_against_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    mpl.use("agg")
    import matplotlib.pyplot as plt

    shown: list[list[str]] = []

    def show() -> None:
        shown.append([axes.get_title() for axes in plt.gcf().axes])
        plt.gcf().canvas.draw()
        plt.close("all")

    monkeypatch.setattr(plt, "show", show)
    names: dict[str, Any] = {}
    values = [run("".join(cell["source"]), names) for cell in CODE]

    assert shown == [["Events, and how many people sent them"], ["Events per day"]]
    assert isinstance(values[0], Client)
    assert isinstance(values[1], QueryResult)
    assert "<table>" in values[1]._repr_html_()
    assert list(map(str, values[2])) == ["UInt64", "UInt64"]
    assert sum(names["by_day"].values()) > 0


def test_outputs_are_not_kept() -> None:
    assert CODE
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in CODE)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
