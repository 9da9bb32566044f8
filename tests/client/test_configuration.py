"""Settings that cannot work are refused before anything is sent, and the message says what to do."""

from __future__ import annotations

import pytest

from posthog_environments import AsyncClient, Client, ConfigurationError, PostHogError
from posthog_environments.auth import ApiKey, find_key
from posthog_environments.hosts import find_origin

KEY = "phx_canary_key_that_must_never_show"


@pytest.fixture(params=[Client, AsyncClient])
def cls(request: pytest.FixtureRequest) -> type[Client]:
    return request.param


def test_a_missing_key_names_the_variable_and_the_settings_page(cls: type[Client]) -> None:
    with pytest.raises(ConfigurationError, match=r"POSTHOG_PERSONAL_API_KEY.*Settings") as caught:
        cls(1)

    assert isinstance(caught.value, PostHogError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("phc_abc", r"project token.*personal API key"),
        ("phs_abc", r"secret project token"),
        ("", r"POSTHOG_PERSONAL_API_KEY"),
        ("   ", r"no API key"),
        ("phx_a\r\nX-Evil: 1", r"characters"),
        ("phx_ä", r"characters"),
        ("phx_a b", r"characters"),
        (5, r"string"),
    ],
)
def test_a_key_that_cannot_work_is_refused(cls: type[Client], key: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        cls(1, api_key=key)

    assert "phx_a" not in str(caught.value)


def test_the_key_may_come_from_the_environment_or_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTHOG_PERSONAL_API_KEY", KEY)

    assert find_key([None]).header() == f"Bearer {KEY}"
    assert ApiKey(lambda: "phx_fresh\n").header() == "Bearer phx_fresh"


def test_a_function_that_gives_a_project_token_is_refused_when_it_is_asked() -> None:
    with pytest.raises(ConfigurationError, match="project token"):
        ApiKey(lambda: "phc_x").header()


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (None, "https://us.posthog.com"),
        ("us", "https://us.posthog.com"),
        ("EU", "https://eu.posthog.com"),
        ("https://app.posthog.com/", "https://app.posthog.com"),
        ("posthog.example.com", "https://posthog.example.com"),
        ("https://PostHog.example.com:443", "https://posthog.example.com"),
        ("https://posthog.example.com:8443", "https://posthog.example.com:8443"),
        ("http://localhost:8010", "http://localhost:8010"),
        ("http://127.0.0.1:8010", "http://127.0.0.1:8010"),
        ("http://[::1]:8010", "http://[::1]:8010"),
    ],
)
def test_hosts_that_work(host: str | None, origin: str) -> None:
    assert find_origin(host) == origin


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("us.i.posthog.com", r"only takes events in.*https://us\.posthog\.com"),
        ("https://eu.i.posthog.com", r"https://eu\.posthog\.com"),
        ("https://us-assets.i.posthog.com", r"https://us\.posthog\.com"),
        ("http://posthog.example.com", r"plain http.*https://posthog\.example\.com"),
        ("http://localhost.example.com", r"plain http"),
        ("http://127.0.0.1.example.com", r"plain http"),
        ("ftp://posthog.example.com", r"no host"),
        ("https://", r"no host"),
        ("https://user:secret@posthog.example.com", r"user name or password"),
        ("https://posthog.example.com/posthog", r"more than a host"),
        ("https://posthog.example.com?x=1", r"more than a host"),
        ("https://posthog.example.com:99999", r"no host"),
        ("https://posthog.exa mple.com", r"no host"),
        (5, r"must be 'us', 'eu' or a URL"),
    ],
)
def test_a_host_that_cannot_work_is_refused(host: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        find_origin(host)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("project", ["", "abc", "1/2", "../1", True, -1, 1.5, "٣", "@me"])
def test_a_project_that_is_no_number_is_refused(cls: type[Client], project: int) -> None:
    with pytest.raises(ConfigurationError, match="project"):
        cls(project, api_key=KEY)


def test_a_missing_project_is_named(cls: type[Client]) -> None:
    with pytest.raises(ConfigurationError, match="POSTHOG_PROJECT_ID"):
        cls(api_key=KEY)


def test_the_project_may_come_from_the_environment_or_be_the_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTHOG_PROJECT_ID", "12")

    assert Client(api_key=KEY).project_id == "12"
    assert Client("@current", api_key=KEY).project_id == "@current"


@pytest.mark.parametrize(
    "settings",
    [
        {"api_root": "teams"},
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("inf")},
        {"timeout": True},
        {"timeout": "5"},
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"deadline": 0},
        {"deadline": "soon"},
    ],
)
def test_settings_of_the_wrong_kind_are_refused(cls: type[Client], settings: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        cls(1, api_key=KEY, **settings)  # type: ignore[arg-type]
