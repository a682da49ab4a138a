"""Pages escape what they show, carry nothing inline, and fetch nothing from elsewhere."""

import re

import msgspec
import pytest

from egnatia.demo.cast import ACTORS
from egnatia.demo.picture import HANDLINGS, PLACES, edges, panel
from egnatia.web.card import Card
from egnatia.web.page import BLANK, FOOTNOTE, POLICY, LivePage, RegionPage, asset, rendered

HOSTILE = """<script>alert("1")</script><img src=x onerror='alert(1)'>&"""


def hostile() -> Card:
    texts = dict.fromkeys(("id", "version", "kind", "title", "detail", "lang", "owner"), HOSTILE)
    return msgspec.structs.replace(BLANK, added="2026-11-20T09:41:07Z", **texts)


def live(*cards: Card) -> str:
    return rendered(
        LivePage(
            title="CSIRT",
            script="live.js",
            assets="/assets",
            at="09:41:07",
            reader=HOSTILE,
            cards=cards,
            stream="/s",
            cards_at="/c",
        )
    )


def region(*cards: Card) -> str:
    panels = tuple(msgspec.structs.replace(panel(each, "http://127.0.0.1:1/live"), cards=cards) for each in ACTORS)
    return rendered(
        RegionPage(
            title="Region",
            script="region.js",
            assets="/assets",
            at="09:41:07",
            panels=panels,
            edges=edges(),
            handlings=HANDLINGS,
            first="me",
            stream="/events",
            report_at="/report",
            outcome=HOSTILE,
        )
    )


@pytest.mark.parametrize("page", [live(hostile()), region(hostile())], ids=["live", "region"])
def test_whatever_a_record_holds_stays_text(page: str) -> None:
    assert "<script>" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("page", [live(hostile()), region(hostile())], ids=["live", "region"])
def test_nothing_is_inline_and_nothing_is_fetched_from_elsewhere(page: str) -> None:
    assert not re.search(r"\s(style|on[a-z]+)=", page.replace("onerror=", ""))
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)", page)
    assert not re.search(r'(src|href)="(https?:)?//(?!127\.0\.0\.1:1/live)', page)


def test_the_policy_lets_only_this_server_serve() -> None:
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize("page", [live(), region()], ids=["live", "region"])
def test_kosovo_never_goes_without_its_footnote(page: str) -> None:
    assert FOOTNOTE in page


def test_an_empty_list_says_so() -> None:
    assert "Nothing yet" in live()


@pytest.mark.parametrize("name", ["../page.py", "page.py", "", "..", "egnatia.css/", "x.css", "/etc/passwd"])
def test_only_packaged_assets_are_served(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        asset(name)


def test_every_asset_has_its_type() -> None:
    assert asset("mark.svg")[1] == "image/svg+xml"
    assert asset("live.js")[1] == "text/javascript"


def test_everyone_has_a_place_in_the_picture() -> None:
    assert set(PLACES) == {each.key for each in ACTORS}
    assert len(edges()) == 21 + 2
