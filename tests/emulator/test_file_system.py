"""The project tree."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Api


def add(api: Api, path: str, **fields: Any) -> dict[str, Any]:
    answer = api.send("POST", "file_system/", {"path": path, **fields})
    assert answer.status == 201
    row: dict[str, Any] = answer.json
    return row


def paths(api: Api, **query: Any) -> list[str]:
    return [row["path"] for row in api.get("file_system/", limit=1000, **query)["results"]]


def act(api: Api, row: dict[str, Any], action: str, path: str) -> dict[str, Any]:
    answer = api.send("POST", f"file_system/{row['id']}/{action}/", {"new_path": path})
    assert answer.status == 200
    found: dict[str, Any] = answer.json
    return found


def folder_at(api: Api, path: str) -> dict[str, Any]:
    return api.get("file_system/", path=path)["results"][0]


@pytest.mark.behaviour(
    "file_system_list",
    "a page has `users`, the creators of its rows",
    source="PostHog source file_system.py, October 2025",
)
def test_a_page_names_the_creators_of_its_rows(api: Api) -> None:
    page = api.get("file_system/")
    assert page["count"] == len(page["results"]) == 25
    named = {row["meta"].get("created_by") for row in page["results"]} - {None}
    assert {user["id"] for user in page["users"]} == named
    assert api.get("file_system/", type="folder")["users"] == []


@pytest.mark.behaviour("file_system_list", "a page has no `users`", source="PostHog documentation")
def test_documented_pages_name_nobody(documented: Api) -> None:
    assert documented.get("file_system/").keys() == {"count", "next", "previous", "results"}


def test_pages(either: Api) -> None:
    first = either.get("file_system/", limit=10)
    assert (first["count"], first["previous"]) == (25, None)
    second = either.send("GET", first["next"]).json
    third = either.send("GET", second["next"]).json
    assert third["next"] is None
    assert [len(page["results"]) for page in (first, second, third)] == [10, 10, 5]
    assert either.send("GET", second["previous"]).json["results"] == first["results"]
    beyond = either.get("file_system/", limit=10, offset=100)
    assert (beyond["results"], beyond["next"]) == ([], None)
    assert beyond["previous"]


@pytest.mark.behaviour(
    "file_system_list",
    "`order_by`; what it does not know is the newest first",
    source="PostHog source file_system.py, October 2025",
)
def test_orders(api: Api) -> None:
    by_path = paths(api)
    assert by_path == sorted(by_path, key=str.lower)
    assert paths(api, order_by="-path") == sorted(by_path, reverse=True)
    newest = [row["created_at"] for row in api.get("file_system/", order_by="nonsense")["results"]]
    assert newest == sorted(newest, reverse=True)
    viewed = [row["last_viewed_at"] for row in api.get("file_system/", order_by="-last_viewed_at")["results"]]
    assert viewed[:3] == sorted(viewed[:3], reverse=True)
    assert set(viewed[3:]) == {None}


@pytest.mark.behaviour(
    "file_system_list",
    "with `depth` folders come first",
    source="PostHog source file_system.py, October 2025",
)
def test_with_a_depth_folders_come_first(api: Api) -> None:
    add(api, "A file at the top", type="insight")
    rows = api.get("file_system/", depth=1)["results"]
    assert {row["depth"] for row in rows} == {1}
    assert [row["type"] for row in rows] == ["folder"] * 6 + ["insight"]
    assert len(paths(api, depth="x")) == 26, "what is no number filters nothing"


@pytest.mark.behaviour(
    "file_system_list",
    "undocumented filters: path, parent, type, times",
    source="PostHog source file_system.py, October 2025",
)
def test_filters(api: Api) -> None:
    assert paths(api, parent="Product/Experiments") == [
        "Product/Experiments/New navigation",
        "Product/Experiments/Shorter sign-up form",
    ]
    assert paths(api, path="Reports") == ["Reports"]
    assert all(
        row["type"].startswith("hog") for row in api.get("file_system/", type__startswith="hog")["results"]
    )
    assert len(paths(api, not_type="folder")) + len(paths(api, type="folder")) == 25
    assert paths(api, ref="aBcD1234") == ["Reports/Weekly signups"]
    created = api.get("file_system/", path="Reports")["results"][0]["created_at"]
    assert "Reports" not in paths(api, created_at__gt=created)
    assert len(paths(api, created_at__gt=created)) + len(paths(api, created_at__lt=created)) == 24


@pytest.mark.behaviour(
    "file_system_list",
    "with `ref` the entry comes before its shortcuts",
    source="PostHog source file_system.py, October 2025",
)
def test_with_a_ref_the_entry_comes_before_its_shortcuts(api: Api) -> None:
    act(api, {"id": api.emulator.sample_id("file_system")}, "link", "A shortcut")
    assert paths(api, ref="aBcD1234", order_by="path") == ["Reports/Weekly signups", "A shortcut"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("signups", {"Reports/Weekly signups", "Data/Destinations/Post signups"}),
        ("SIGNUPS weekly", {"Reports/Weekly signups"}),
        ('"weekly signups"', {"Reports/Weekly signups"}),
        ("signups -weekly", {"Data/Destinations/Post signups"}),
        ("signups !weekly", {"Data/Destinations/Post signups"}),
        ("path:experim", {"Product/Experiments/Shorter sign-up form", "Product/Experiments/New navigation"}),
        ("name:experim", {"Product/Experiments"}),
        ('name:"power users"', {"Unfiled/Power users"}),
        ("type:notebook may", {"Product/Research notes/Interviews, May"}),
        ("type:hog_function/ post", {"Data/Destinations/Post signups"}),
        ("type:destination warehouse", {"Data/Destinations/Warehouse copy"}),
        ("ref:aBcD1234", {"Reports/Weekly signups"}),
        ("user:grace type:cohort", {"Unfiled/Power users"}),
        ("author:me type:dashboard health", {"Dashboards/Product health"}),
        ("-user:me type:cohort", {"Unfiled/Power users"}),
        ("input/output", {r"Product/Research notes/Input\/output costs"}),
        ("research/nothing", set()),
        ("odd:prefix", set()),
        ("that's", set()),
    ],
)
@pytest.mark.behaviour(
    "file_system_list",
    "`search` has a grammar: `name:`, `user:`, `type:`, quotes, `-`",
    source="PostHog source file_system.py, October 2025",
)
def test_the_search_grammar(api: Api, search: str, expected: set[str]) -> None:
    assert set(paths(api, search=search)) == expected


# --- changing --------------------------------------------------------------------------------------------------


@pytest.mark.behaviour(
    "file_system_create",
    "missing parent folders are created",
    source="PostHog source file_system.py, October 2025",
)
def test_missing_parents_are_created(either: Api) -> None:
    row = add(either, r"New/Sub\/folder/Thing", type="insight", ref="r", shortcut=None)
    assert (row["depth"], row["shortcut"], row["ref"]) == (3, False, "r")
    assert paths(either, parent="New") == [r"New/Sub\/folder", r"New/Sub\/folder/Thing"]
    assert {row["type"] for row in either.get("file_system/", parent="New")["results"]} == {
        "folder",
        "insight",
    }


@pytest.mark.behaviour(
    "file_system_create",
    "two entries may have the same path",
    source="PostHog source file_system.py, October 2025",
)
def test_a_second_entry_at_the_same_path_is_allowed(either: Api) -> None:
    assert add(either, "Reports", type="folder")["id"] != either.emulator.sample_folder_id()
    assert paths(either, path="Reports") == ["Reports", "Reports"]


@pytest.mark.behaviour(
    "file_system_update", "a new path moves no children", source="PostHog source file_system.py, October 2025"
)
def test_an_update_moves_no_children(either: Api) -> None:
    folder = either.emulator.sample_folder_id()
    row = either.send("PATCH", f"file_system/{folder}/", {"path": "Old/Reports"}).json
    assert (row["path"], row["depth"]) == ("Old/Reports", 2)
    assert "Reports/Weekly signups" in paths(either)


@pytest.mark.behaviour(
    "file_system_move",
    "a move carries the children; answers with the row",
    source="PostHog source file_system.py, October 2025",
)
def test_a_move_carries_the_children(api: Api) -> None:
    folder = {"id": api.emulator.sample_folder_id()}
    before = paths(api, parent="Reports")
    row = act(api, folder, "move", "Archive/2025/Reports")
    assert (row["id"], row["path"], row["depth"]) == (folder["id"], "Archive/2025/Reports", 3)
    assert paths(api, parent="Archive/2025") == ["Archive/2025/Reports"] + [
        f"Archive/2025/{path}" for path in before
    ]
    assert paths(api, parent="Reports") == paths(api, path="Reports") == []
    assert {row["depth"] for row in api.get("file_system/", parent="Archive/2025/Reports")["results"]} == {4}


@pytest.mark.behaviour(
    "file_system_move",
    "a folder moved onto a folder is merged, and its `id` is null",
    source="PostHog source file_system.py, October 2025",
)
def test_a_folder_moved_onto_a_folder_is_merged_and_has_no_id_any_more(api: Api) -> None:
    add(api, "Other/Thing", type="insight")
    row = act(api, folder_at(api, "Other"), "move", "Reports")
    assert (row["id"], row["path"]) == (None, "Other")
    assert "Reports/Thing" in paths(api)
    assert paths(api, path="Other") == []
    assert len(paths(api, path="Reports")) == 1


@pytest.mark.behaviour(
    "file_system_link",
    "a link is a new row, which is the answer",
    source="PostHog source file_system.py, October 2025",
)
def test_a_link_is_a_new_row(api: Api) -> None:
    file = {"id": api.emulator.sample_id("file_system")}
    row = act(api, file, "link", "Shortcuts/Signups")
    assert row["id"] != file["id"]
    assert (row["path"], row["shortcut"], row["ref"]) == ("Shortcuts/Signups", True, "aBcD1234")
    assert paths(api, path="Shortcuts") == ["Shortcuts"]


@pytest.mark.behaviour(
    "file_system_link",
    "a linked folder brings what lies below",
    source="PostHog source file_system.py, October 2025",
)
def test_linking_a_folder_links_what_lies_below(api: Api) -> None:
    folder = {"id": api.emulator.sample_folder_id()}
    row = act(api, folder, "link", "Copy")
    assert (row["path"], row["shortcut"]) == ("Copy", True)
    below = api.get("file_system/", parent="Copy")["results"]
    assert [entry["path"].removeprefix("Copy") for entry in below] == [
        path.removeprefix("Reports") for path in paths(api, parent="Reports")
    ]
    assert all(entry["shortcut"] for entry in below)


def test_linking_a_folder_to_a_folder_adds_the_content_only(api: Api) -> None:
    folder = {"id": api.emulator.sample_folder_id()}
    row = act(api, folder, "link", "Unfiled")
    assert (row["id"], row["path"]) == (folder["id"], "Reports")
    assert paths(api, path="Unfiled") == ["Unfiled"]
    assert "Unfiled/Weekly signups" in paths(api)


@pytest.mark.behaviour(
    "file_system_count",
    "file_system_link",
    "file_system_move",
    "done, and answered without a body",
    source="PostHog documentation",
)
def test_documented_actions_are_done_without_an_answer(documented: Api) -> None:
    file, folder = documented.emulator.sample_id("file_system"), documented.emulator.sample_folder_id()
    for path, body in (
        (f"{file}/move/", {"new_path": "Moved"}),
        (f"{file}/link/", {"new_path": "Linked"}),
        (f"{folder}/count/", None),
    ):
        answer = documented.send("POST", f"file_system/{path}", body)
        assert (answer.status, answer.content) == (200, b"")
    assert {"Moved", "Linked"} <= set(paths(documented))


@pytest.mark.behaviour(
    "file_system_count",
    "`{count}`; the body is not read",
    source="PostHog source file_system.py, October 2025",
)
def test_count_reads_no_body(api: Api) -> None:
    folder = api.emulator.sample_folder_id()
    for content in (b"", b"{}", b"not json"):
        assert api.send("POST", f"file_system/{folder}/count/", content=content).json == {"count": 4}


@pytest.mark.behaviour(
    "file_system_delete",
    "file_system_retrieve",
    "a folder is deleted with everything below",
    source="PostHog source file_system.py, October 2025",
)
def test_a_folder_is_deleted_with_everything_below(either: Api) -> None:
    folder = folder_at(either, "Product")
    assert either.send("DELETE", f"file_system/{folder['id']}/").status == 204
    assert not [path for path in paths(either) if path.startswith("Product")]
    assert either.send("GET", f"file_system/{folder['id']}/").status == 404


def test_bad_bodies(either: Api) -> None:
    assert either.refused("POST", "file_system/", {})["attr"] == "path"
    assert either.refused("POST", "file_system/", {"path": ""})["code"] == "blank"
    assert either.refused("POST", "file_system/", {"path": "a", "type": "x" * 101})["code"] == "max_length"
    file = either.emulator.sample_id("file_system")
    assert either.refused("POST", f"file_system/{file}/move/", {"new_path": [1]})["attr"] == "new_path"


@pytest.mark.behaviour(
    "file_system_count",
    "only folders can be counted; the 400 has a `detail` alone",
    source="PostHog source file_system.py, October 2025",
)
def test_only_folders_can_be_counted(either: Api) -> None:
    """PostHog source file_system.py: told by a `detail` alone."""
    leaf = next(row for row in either.get("file_system/")["results"] if row["type"] != "folder")
    refusal = either.refused("POST", f"file_system/{leaf['id']}/count/")
    assert refusal == {"detail": "Count can only be called on folders"}
