"""A decision is said in one sentence that a duty officer understands, with names in it."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.worlds import clearances, label, region, standings

from egnatia.policy import (
    PUBLIC,
    AgreementInForce,
    Clearance,
    Label,
    Rule,
    Standing,
    Tlp,
    bounded_by,
    decide,
    explain,
    explanation,
    preview,
)
from egnatia.policy.explanation import SENTENCES

ME, AL, BANK = "identity--me", "identity--al", "identity--bank"
NAMES = {ME: "CIRT.ME", AL: "AL-CSIRT", BANK: "Bank", "sharing-agreement--1": "the 2024 memorandum"}
TREATY = AgreementInForce("sharing-agreement--1", frozenset({ME, AL}))
CSIRT = Standing(AL, member=True, agreements=(TREATY,))
CLIENT = Standing(BANK, client_of=(CSIRT,))


TEAM = (("identity--x", ME),)
SAID = {
    "AL-CSIRT may see it: it is TLP:GREEN, and AL-CSIRT is a member of the community.": (Label(ME, Tlp.GREEN), CSIRT),
    "Bank may see it: it is TLP:AMBER, and Bank is a client of AL-CSIRT, which is named in its audience (AL-CSIRT).": (
        Label(ME, Tlp.AMBER, audiences=((AL,),)),
        CLIENT,
    ),
    "Bank may not see it: it is TLP:AMBER+STRICT, which is not for clients, and Bank is a client of AL-CSIRT, which "
    "receives it.": (Label(ME, Tlp.AMBER_STRICT), CLIENT),
    "AL-CSIRT may not see it: CIRT.ME does not name AL-CSIRT in its audience (CIRT.ME, identity--x).": (
        Label(ME, Tlp.RED, audiences=TEAM),
        CSIRT,
    ),
    "Bank may not see it: no agreement in force between CIRT.ME and Bank covers it (the 2024 memorandum).": (
        Label(ME, Tlp.AMBER, agreements=("sharing-agreement--1",)),
        Standing(BANK),
    ),
    "Bank may not see it, since it is linked to a record of CIRT.ME, and of that record it is true: it is TLP:RED, "
    "and CIRT.ME names no recipient.": (bounded_by(Label(AL, Tlp.CLEAR), [Label(ME, Tlp.RED)]), Standing(BANK)),
}


@pytest.mark.parametrize("sentence", SAID)
def test_a_decision_is_one_sentence_with_names(sentence: str) -> None:
    under, reader = SAID[sentence]
    assert explain(under, Clearance((reader,)), NAMES) == sentence


def test_the_public_is_called_the_public() -> None:
    assert explain(Label(ME, Tlp.GREEN), PUBLIC, NAMES) == "The public may not see it: it is not public."


@given(st.integers(0, 2**64).map(Random))
def test_every_sentence_is_whole_and_says_what_was_decided(rng: Random) -> None:
    for _, clearance in clearances(rng, region(rng), 20):
        under = label(rng)
        sentence = explain(under, clearance, NAMES)
        assert explanation(under, clearance, NAMES).decision == decide(under, clearance)
        assert decide(under, clearance).allowed == (" may see it" in sentence)
        assert re.fullmatch(r"[^{}]+\.", sentence)
        assert "  " not in sentence
        assert " of ," not in sentence
        assert "()" not in sentence


def test_every_rule_of_reading_has_a_sentence() -> None:
    assert set(SENTENCES) == {rule for rule in Rule if not rule.startswith(("onward", "pap", "holder"))}


@given(st.integers(0, 2**64).map(Random))
def test_a_preview_says_what_each_will_get(rng: Random) -> None:
    under, everyone = label(rng), standings(region(rng))
    seen = preview(under, everyone.values())
    assert [each.organisation for each in seen] == list(everyone)
    for each in seen:
        assert each.decision == decide(under, Clearance((everyone[each.organisation],)))
