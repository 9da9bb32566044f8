"""The page that tells what is covered."""

from __future__ import annotations

from hogql_page import PAGE, hogql_page
from posthog_environments.emulator.hogql.functions import FUNCTIONS


def test_the_page_is_what_the_lists_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == hogql_page(), "run scripts/hogql_page.py"
    # PostHog keeps names with an underscore before them for itself.
    assert all(f"`{name}`" in hogql_page() for name in FUNCTIONS if not name.startswith("_"))
