"""A page is a typed struct and a template that gets nothing else; whatever it shows is escaped."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources

import jinja2
import msgspec

from egnatia.web.card import Card, clock

FOOTNOTE = (
    "* Kosovo: this designation is without prejudice to positions on status, and is in line with UNSCR 1244/1999 "
    "and the ICJ Opinion on the Kosovo declaration of independence."
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page: only what this node itself serves, and nothing inline."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What every page is sent with."""

BLANK = Card(
    id="",
    version="",
    kind="",
    title="",
    detail="",
    lang="",
    tlp="clear",
    owner="",
    added="",
    minor=False,
    redacted=False,
    named=False,
)
"""The empty card that scripts fill in."""

ASSET_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What every page needs: its title, its script, where its assets are, and the time it is a picture of."""

    title: str
    script: str
    assets: str
    at: str
    footnote: str = FOOTNOTE
    blank: Card = BLANK
    clock: Callable[[str], str] = clock


class LivePage(Page, frozen=True, kw_only=True):
    """The live view of one node for one reader; `stream` and `cards_at` are empty where nothing is live."""

    reader: str
    cards: tuple[Card, ...]
    stream: str
    cards_at: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation in the regional view: who it is, where it stands in the picture, what it sees."""

    key: str
    identity: str
    name: str
    short: str
    code: str
    words: str
    role: str
    x: int
    y: int
    url: str = ""
    reports: bool = True
    count: int = 0
    cards: tuple[Card, ...] = ()


class Edge(msgspec.Struct, frozen=True):
    """Two joined nodes in the picture."""

    a: str
    b: str
    x1: int
    y1: int
    x2: int
    y2: int


class Choice(msgspec.Struct, frozen=True):
    """One handling that the form offers, and what it means."""

    tlp: str
    words: str


class RegionPage(Page, frozen=True, kw_only=True):
    """The region at a glance: every organisation of the demonstration beside the others."""

    panels: tuple[Panel, ...]
    edges: tuple[Edge, ...]
    handlings: tuple[Choice, ...]
    first: str
    stream: str
    report_at: str
    outcome: str = ""


_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("egnatia.web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def rendered(page: LivePage | RegionPage) -> str:
    """The page as HTML."""
    name = "live.html" if isinstance(page, LivePage) else "region.html"
    return _TEMPLATES.get_template(name).render(page=page)


def asset(name: str) -> tuple[bytes, str]:
    """A packaged file with its media type; raises FileNotFoundError for any other name."""
    folder = resources.files("egnatia.web") / "assets"
    kind = ASSET_TYPES.get(name.rpartition(".")[2])
    if kind is None or name not in {entry.name for entry in folder.iterdir()}:
        raise FileNotFoundError(f"There is no asset {name!r}")
    return (folder / name).read_bytes(), kind


def now_words() -> str:
    """The time of day in UTC, for a page that is a picture of that moment."""
    return datetime.now(UTC).strftime("%H:%M:%S")
