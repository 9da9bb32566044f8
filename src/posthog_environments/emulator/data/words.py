"""Names of people, places, browsers and pages that the data is made of. All of it is invented."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

FIRST_NAMES: Final = (
    *(
        "Ada",
        "Grace",
        "Alan",
        "Edsger",
        "Barbara",
        "Donald",
        "Frances",
        "Ken",
        "Radia",
        "Tim",
        "Margaret",
        "Linus",
    ),
    *(
        "Hedy",
        "Dennis",
        "Karen",
        "Guido",
        "Sophie",
        "Niklaus",
        "Joan",
        "Claude",
        "Mary",
        "John",
        "Annie",
        "Bjarne",
    ),
    *("Aisha", "Mateo", "Yuki", "Priya", "Lars", "Chioma", "Elif", "Tomas", "Ines", "Kofi", "Mei", "Oskar"),
    *("Zara", "Hugo", "Nadia", "Emil", "Leila", "Jonas", "Rosa", "Viktor", "Amara", "Felix", "Noor", "Paulo"),
)
LAST_NAMES: Final = (
    *(
        "Hartmann",
        "Okafor",
        "Lindqvist",
        "Moreau",
        "Tanaka",
        "Silva",
        "Novak",
        "Rossi",
        "Petrov",
        "Haddad",
        "Kim",
    ),
    *(
        "Andersen",
        "Fischer",
        "Garcia",
        "Nguyen",
        "Kowalski",
        "Mensah",
        "Dubois",
        "Schmidt",
        "Larsen",
        "Costa",
    ),
    *(
        "Yilmaz",
        "Ivanova",
        "Bakker",
        "Santos",
        "Ferrari",
        "Weber",
        "Suzuki",
        "Cohen",
        "Murphy",
        "Jansen",
        "Lopez",
    ),
    *(
        "Meyer",
        "Olsen",
        "Khan",
        "Popescu",
        "Varga",
        "Horvat",
        "Laine",
        "Byrne",
        "Marin",
        "Toth",
        "Sato",
        "Reyes",
    ),
)


class Company(NamedTuple):
    key: str
    name: str
    domain: str
    industry: str
    plan: str
    seats: int


COMPANIES: Final = (
    Company("acme", "Acme", "acme.example", "manufacturing", "free", 12),
    Company("brightpath", "Brightpath", "brightpath.example", "education", "startup", 28),
    Company("fernhill", "Fernhill Foods", "fernhill.example", "retail", "scale", 140),
    Company("gullwing", "Gullwing Air", "gullwing.example", "travel", "enterprise", 860),
    Company("lumen-labs", "Lumen Labs", "lumen-labs.example", "health", "scale", 95),
    Company("northlight", "Northlight", "northlight.example", "media", "startup", 17),
    Company("oakandiron", "Oak & Iron", "oakandiron.example", "construction", "free", 6),
    Company("quayside", "Quayside Bank", "quayside.example", "finance", "enterprise", 1240),
    Company("redshift-games", "Redshift Games", "redshift-games.example", "games", "scale", 64),
    Company("silvercreek", "Silver Creek", "silvercreek.example", "energy", "enterprise", 410),
    Company("tidepool", "Tidepool", "tidepool.example", "software", "startup", 33),
    Company("wildrye", "Wild Rye", "wildrye.example", "hospitality", "free", 9),
)
TEAMS: Final = (
    ("team-design", "Design", 7),
    ("team-data", "Data", 11),
    ("team-growth", "Growth", 5),
    ("team-platform", "Platform", 14),
    ("team-sales", "Sales", 9),
    ("team-support", "Support", 6),
)
ROLES: Final = ("engineering", "data", "product", "founder", "leadership", "marketing", "sales", "other")


class Place(NamedTuple):
    code: str
    country: str
    city: str
    timezone: str


PLACES: Final = (
    *(Place("US", "United States", "Portland", "America/Los_Angeles"),) * 3,
    *(Place("DE", "Germany", "Leipzig", "Europe/Berlin"),) * 2,
    Place("GB", "United Kingdom", "Leeds", "Europe/London"),
    Place("FR", "France", "Nantes", "Europe/Paris"),
    Place("BR", "Brazil", "Recife", "America/Recife"),
    Place("IN", "India", "Pune", "Asia/Kolkata"),
    Place("JP", "Japan", "Kobe", "Asia/Tokyo"),
    Place("NG", "Nigeria", "Ibadan", "Africa/Lagos"),
    Place("SE", "Sweden", "Uppsala", "Europe/Stockholm"),
)


class Device(NamedTuple):
    browser: str
    version: int
    os: str
    kind: str
    width: int
    height: int


DEVICES: Final = (
    *(Device("Chrome", 137, "Windows", "Desktop", 1920, 1080),) * 3,
    *(Device("Chrome", 137, "Mac OS X", "Desktop", 1728, 1117),) * 2,
    Device("Chrome", 137, "Android", "Mobile", 412, 915),
    Device("Safari", 18, "Mac OS X", "Desktop", 1440, 900),
    *(Device("Mobile Safari", 18, "iOS", "Mobile", 390, 844),) * 2,
    Device("Firefox", 139, "Linux", "Desktop", 1920, 1200),
    Device("Firefox", 139, "Windows", "Desktop", 1536, 864),
    Device("Microsoft Edge", 137, "Windows", "Desktop", 1920, 1080),
)

HOST: Final = "app.example.com"
LANDING_PAGES: Final = ("/", "/pricing", "/docs", "/blog/first-steps", "/login")
PAGES: Final = (
    "/dashboard",
    "/reports",
    "/reports/weekly",
    "/settings",
    "/team",
    "/files",
    "/billing",
    "/docs/api",
)


class Visit(NamedTuple):
    """Where a session came from."""

    channel: str
    referrer: str
    utm: dict[str, str]


VISITS: Final = (
    *(Visit("Direct", "$direct", {}),) * 4,
    *(Visit("Organic Search", "www.google.com", {}),) * 3,
    Visit("Organic Search", "duckduckgo.com", {}),
    Visit("Referral", "news.ycombinator.com", {}),
    Visit("Organic Social", "www.linkedin.com", {}),
    Visit("Email", "$direct", {"utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "june"}),
    Visit(
        "Paid Search",
        "www.google.com",
        {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "brand"},
    ),
)


class Element(NamedTuple):
    """A clicked element of an autocaptured event: its own description, then that of its parent."""

    chain: str
    rows: tuple[dict[str, Any], ...]


def _row(tag: str, order: int, classes: list[str], **fields: Any) -> dict[str, Any]:
    return {
        "event": None,
        "text": fields.get("text"),
        "tag_name": tag,
        "attr_class": classes,
        "href": fields.get("href"),
        "attr_id": fields.get("attr_id"),
        "nth_child": fields.get("nth", 1),
        "nth_of_type": fields.get("nth", 1),
        "attributes": fields.get("attributes", {}),
        "order": order,
    }


ELEMENTS: Final = (
    Element(
        'button.btn.btn-primary:attr__type="submit"attr_id="signup"nth-child="1"nth-of-type="1"text="Sign up"'
        ';form.signup-form:nth-child="2"nth-of-type="2"',
        (
            _row(
                "button",
                0,
                ["btn", "btn-primary"],
                text="Sign up",
                attr_id="signup",
                attributes={"attr__type": "submit"},
            ),
            _row("form", 1, ["signup-form"], nth=2),
        ),
    ),
    Element(
        'a.nav-link:attr__href="/reports"href="/reports"nth-child="3"nth-of-type="3"text="Reports"'
        ';nav.sidebar:nth-child="1"nth-of-type="1"',
        (
            _row(
                "a",
                0,
                ["nav-link"],
                text="Reports",
                href="/reports",
                nth=3,
                attributes={"attr__href": "/reports"},
            ),
            _row("nav", 1, ["sidebar"]),
        ),
    ),
    Element(
        'button.btn.btn-export:attr__type="button"attr_id="export"nth-child="2"nth-of-type="2"text="Export"',
        (
            _row(
                "button",
                0,
                ["btn", "btn-export"],
                text="Export",
                attr_id="export",
                nth=2,
                attributes={"attr__type": "button"},
            ),
        ),
    ),
)
