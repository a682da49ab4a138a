"""Pages escape what they show, carry nothing inline, and fetch nothing from elsewhere."""

import re

import msgspec
import pytest

from egnatia.demo.cast import ACTORS
from egnatia.demo.picture import HANDLINGS, PLACES, RegionPage, edges, panel
from egnatia.web.asset import asset
from egnatia.web.card import Card
from egnatia.web.frame import POLICY, Frame, fragment, rendered
from egnatia.web.language import LANGUAGES
from egnatia.web.visitor import Visitor

HOSTILE = """<script>alert("1")</script><img src=x onerror='alert(1)'>&"""


def hostile() -> Card:
    texts = dict.fromkeys(("id", "type", "version", "kind", "title", "detail", "lang", "owner"), HOSTILE)
    return Card(
        **texts, tlp="green", economy="XK", added=1_795_254_067_000_000, redacted=True, named=True, also=(HOSTILE,)
    )


def region(*cards: Card) -> str:
    panels = tuple(msgspec.structs.replace(panel(each, "http://127.0.0.1:1"), cards=cards) for each in ACTORS)
    frame = Frame(
        visitor=Visitor(), language=LANGUAGES["en"], organisation=HOSTILE, path="/", here="/", now=0, entries=()
    )
    page = RegionPage(
        title="Region",
        panels=panels,
        edges=edges(),
        handlings=HANDLINGS,
        first="me",
        stream="/events",
        report_at="/report",
        outcome=HOSTILE,
    )
    return rendered(page, frame)


@pytest.mark.parametrize(
    "page", [region(hostile()), fragment("region-card.html", card=hostile(), base="")], ids=["region", "card"]
)
def test_whatever_a_record_holds_stays_text(page: str) -> None:
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_nothing_is_inline_and_nothing_is_fetched_from_elsewhere() -> None:
    page = region(hostile())
    assert not re.search(r"\s(style|on[a-z]+)=", page.replace("onerror=", ""))
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(src|href)="(https?:)?//(?!127\.0\.0\.1:1/)', page.replace('href="http://127.0.0.1:1"', ""))


def test_the_policy_lets_only_this_server_serve() -> None:
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_kosovo_never_goes_without_its_footnote() -> None:
    assert "UNSCR 1244/1999" in region()


@pytest.mark.parametrize("name", ["../frame.py", "frame.py", "", "..", "egnatia.css/", "x.css", "/etc/passwd"])
def test_only_packaged_assets_are_served(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        asset(name)


def test_every_asset_has_its_type() -> None:
    assert asset("mark.svg").kind == "image/svg+xml"
    assert asset("live.js").kind == "text/javascript"


def test_everyone_has_a_place_in_the_picture() -> None:
    assert set(PLACES) == {each.key for each in ACTORS}
    assert len(edges()) == 21 + 2
