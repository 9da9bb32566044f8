"""What a person meets in a console says what it is, in a few lines, and holds no secret."""

from __future__ import annotations

import re
from typing import Any

import pytest

from posthog_environments import OPERATIONS, UNSET, QueryResult, RateLimiter, Schedule, Timeout, models
from posthog_environments.auth import ApiKey
from posthog_environments.emulator import Emulator
from posthog_environments_api.models import QueryResponse

LONGEST = 1_500


def things(emulator: Emulator) -> dict[str, Any]:
    """One of everything."""
    client, other = emulator.client(), emulator.async_client()
    subscription = client.subscriptions.list().first()
    job = client.query.start("select 1")
    export = client.exports.create_and_wait(insight=1, export_format="image/png")
    found = {
        "client": client,
        "async client": other,
        "pages": client.persons.list(),
        "async pages": other.persons.list(),
        "page": next(client.persons.list().pages()),
        "events": client.events.iterate(after="2025-01-01"),
        "async events": other.events.iterate(after="2025-01-01"),
        "rows": client.query.iterate("select uuid from events", key="uuid"),
        "async rows": other.query.iterate("select uuid from events", key="uuid"),
        "result": client.query.hogql("select event from events limit 9"),
        "wide result": QueryResult([f"column_{n}" for n in range(500)], [None] * 500, [], QueryResponse()),
        "answer": client.query.run({"kind": "HogQLQuery", "query": "select 1"}),
        "job": job,
        "status": job.status(),
        "export": export,
        "export model": export.export,
        "subscription": subscription,
        "schedule": Schedule.of(subscription),
        "limiter": RateLimiter(),
        "deletion": client.persons.delete(email="nobody@example.com", dry_run=True),
        "timeout": Timeout(),
        "unset": UNSET,
        "operation": OPERATIONS["persons_list"],
        "emulator": emulator,
        "key": ApiKey(emulator.api_key),
    }
    for tag in {operation.tag for operation in OPERATIONS.values()}:
        found[f"{tag} resource"] = getattr(client, tag)
        found[f"async {tag} resource"] = getattr(other, tag)
    for tag in ("persons", "events", "session_recordings", "hog_functions", "file_system", "exports"):
        found[f"one of {tag}"] = getattr(client, tag).list().first()
    return found


def test_everything_shows_itself_shortly_and_without_the_key() -> None:
    emulator = Emulator(persons=300, events=300)
    for name, thing in things(emulator).items():
        shown = repr(thing)
        assert len(shown) <= LONGEST, name
        assert emulator.api_key not in shown, name
        assert not re.search(r" object at 0x|UNSET, ", shown), f"{name}: {shown}"


def test_a_model_shows_what_it_has_and_unknown_fields_too() -> None:
    person = models.Person.from_dict({"id": 4, "name": "Ada", "brand_new": True})
    assert repr(person) == "Person(id=4, name='Ada', additional_properties={'brand_new': True})"


def test_a_model_does_not_show_its_secrets() -> None:
    found = models.SharingConfiguration.from_dict({"enabled": True, "access_token": "a-secret"})
    assert "a-secret" not in repr(found)
    assert "access_token=<hidden>" in repr(found)


def test_an_iteration_shows_how_far_it_is() -> None:
    with Emulator().client() as client:
        events = client.events.iterate(after="2025-01-01")
        assert repr(events) == "<events.iterate, 0 items taken>"
        next(events)
        assert repr(events) == "<events.iterate, 1 item taken>"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&amp;"])
def test_a_result_in_a_notebook_escapes_everything(text: str) -> None:
    html = QueryResult([text], [text], [[text], [[text]], [{text: text}]], QueryResponse())._repr_html_()
    assert not set(re.findall(r"<(\w+)", html)) - {"table", "thead", "tr", "th", "tbody", "td", "p"}
    assert 'title="' in html
    assert html.count('"') == 2


def test_a_result_in_a_notebook_is_bounded() -> None:
    wide = QueryResult(
        [f"c{n}" for n in range(2_000)], ["String"] * 2_000, [["x" * 10_000] * 2_000] * 1_000, QueryResponse()
    )
    html = wide._repr_html_()
    assert len(html) < 300_000
    assert "1,000 rows, the first 20 shown" in html
    assert "2,000 columns, the first 50 shown" in html
