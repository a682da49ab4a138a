"""The protocol's page: levels, clocks and thresholds; the profiles side by side, and who confirmed them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from tests.web.cases.test_cases import words
from tests.web.house import housed

from egnatia.cyber.incidents.protocol import profiles, protocol
from egnatia.web.incidents.protocolling import side_by_side, state_of
from egnatia.web.incidents.words import FIGURES
from egnatia.web.language.declared import ENGLISH
from egnatia.web.language.speech import speech
from egnatia.web.permission import Role


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[httpx.Client]:
    with housed(tmp_path) as house, house.visitor(Role.READER) as found:
        yield found


def test_it_says_roles_levels_clocks_and_thresholds(reader: httpx.Client) -> None:
    page = words(reader.get("/incidents/protocol"))
    for said in (
        "Regional coordinator", "regional, operational", "exceeds_capacity or count(significant_economies) >= 2",
        "NIS2 Art. 23(4)(a)", "24 hours", "1 month", "Incident notification, accepted",
        "2024/2690 Art. 3(1)(a)", "loss_eur > 500000", "in all other cases",
    ):  # fmt: skip
        assert said in page, said


def test_no_profile_was_confirmed_and_the_page_says_so(reader: httpx.Client) -> None:
    page = words(reader.get("/incidents/protocol"))
    assert page.count("nobody yet") == 6
    assert "Do not rely on a profile that its authority has not confirmed" in page
    assert "Kosovo*" in page
    assert reader.get("/incidents/protocol?economy=ME").status_code == 200
    assert reader.get("/incidents/protocol?economy=XX").status_code == 404


def test_what_a_profile_says_otherwise_stands_beside_the_protocol() -> None:
    stricter = replace(profiles()[3], figures={"loss_eur": 100_000}, within={"early-warning": "PT12H"})
    rows = {each.what: each for each in side_by_side(speech(ENGLISH), (profiles()[0], stricter))}
    assert rows["Direct loss, in euro"].profiles == ("", "100,000")
    assert rows["Early warning"].profiles == ("", "12 hours")
    assert rows["Incident notification"].profiles == ("", "")
    assert (state_of(stricter).differs, state_of(stricter).problem) == (2, "")


def test_the_drawing_is_in_the_readers_language(tmp_path: Path) -> None:
    with housed(tmp_path) as house, house.visitor(Role.READER, language="sq") as visitor:
        drawing = visitor.get("/incidents/protocol").text.partition('class="workflow"')[2].partition("</svg>")[0]
    assert "<text" in drawing
    assert "Declared" not in drawing


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.economy)
def test_each_profile_that_ships_is_free_of_contradictions(profile: object) -> None:
    assert state_of(profile).problem == ""  # type: ignore[arg-type]  # a profile


def test_a_contradiction_is_told_and_not_hidden() -> None:
    wrong = replace(profiles()[0], within={"nothing": "PT1H"}, figures={"loss_eur": -1})
    assert "no deadline nothing" in state_of(wrong).problem


def test_every_figure_has_words() -> None:
    assert list(FIGURES) == list(protocol().figures)
