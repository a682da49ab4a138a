"""Markings make a label; what is not understood, or not there, never opens anything."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.policy import (
    FIXED,
    PAP_1,
    STATEMENT,
    TLP_1,
    TLP_2,
    Handling,
    Label,
    Meaning,
    Pap,
    Tlp,
    label_of,
    whole_label,
)
from egnatia.record import GranularMarking, Head

ME = "identity--me"
MARKINGS = {
    "marking-definition--team": Meaning(audiences=(("identity--b", "identity--a", "identity--b"),)),
    "marking-definition--other-team": Meaning(audiences=(("identity--c",),)),
    "marking-definition--nobody": Meaning(audiences=((),)),
    "marking-definition--treaty": Meaning(agreements=("sharing-agreement--1",), personal=True),
    "marking-definition--other-treaty": Meaning(agreements=("sharing-agreement--2",)),
    "marking-definition--copyright": STATEMENT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Meaning(tlp=Tlp.CLEAR),
}
TLP = {tlp: marking for marking, tlp in TLP_2.items()}
PAP = {pap: marking for marking, pap in PAP_1.items()}


def made(
    *refs: str, applied: Sequence[str] = (), default: Handling | None = None, granular: Sequence[str] = ()
) -> Label:
    head = Head(
        type="indicator",
        id="indicator--1",
        object_marking_refs=refs,
        granular_markings=tuple(GranularMarking(("name",), marking_ref=ref) for ref in granular),
    )
    build = whole_label if granular else label_of
    return build(head, owner=ME, applied=applied, markings=MARKINGS, default=default or Handling())


@pytest.mark.parametrize("ids", [TLP_1, TLP_2])
def test_each_tlp_id_means_its_tlp(ids: dict[str, Tlp]) -> None:
    for marking, tlp in ids.items():
        assert made(marking).tlp is tlp
        assert made(applied=[marking]).tlp is tlp


def test_there_are_five_tlps_of_2_four_of_1_and_four_paps() -> None:
    assert sorted(TLP_2.values()) == sorted(Tlp)
    assert sorted(TLP_1.values()) == [Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.RED]
    assert sorted(PAP_1.values()) == sorted(Pap)
    assert len(FIXED) == 13


def test_the_stricter_of_several_holds_whoever_put_it_on() -> None:
    assert made(TLP[Tlp.RED], TLP[Tlp.CLEAR]).tlp is Tlp.RED
    assert made(TLP[Tlp.CLEAR], applied=[TLP[Tlp.AMBER_STRICT]]).tlp is Tlp.AMBER_STRICT
    assert made(PAP[Pap.GREEN], PAP[Pap.RED]).pap is Pap.RED


def test_a_record_cannot_redefine_what_a_fixed_id_means() -> None:
    assert made("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1").tlp is Tlp.RED


def test_an_unmarked_record_is_handled_by_default_but_never_more_openly_than_amber() -> None:
    assert made() == Label(ME, Tlp.AMBER, type="indicator")
    assert made(default=Handling(Tlp.CLEAR)).tlp is Tlp.AMBER
    assert made(default=Handling(Tlp.RED, Pap.AMBER)) == Label(ME, Tlp.RED, Pap.AMBER)
    assert made(default=Handling(audiences=(("identity--z",),))).audiences == (("identity--z",),)
    assert made(PAP[Pap.GREEN], "marking-definition--copyright").tlp is Tlp.AMBER


def test_what_the_record_names_replaces_the_default_audience() -> None:
    default = Handling(Tlp.RED, audiences=(("identity--z",),))
    assert made("marking-definition--other-team", default=default).audiences == (("identity--c",),)
    assert made(TLP[Tlp.AMBER], default=default) == Label(ME, Tlp.AMBER, type="indicator")


def test_several_audiences_are_all_of_them() -> None:
    both = made(TLP[Tlp.RED], "marking-definition--team", "marking-definition--other-team")
    assert both == Label(ME, Tlp.RED, audiences=(("identity--a", "identity--b"), ("identity--c",)))
    assert made(TLP[Tlp.CLEAR], "marking-definition--nobody").audiences == ((),)


def test_personal_data_and_agreements_come_with_the_audience_marking() -> None:
    treaty = made(TLP[Tlp.GREEN], "marking-definition--treaty")
    assert treaty == Label(ME, Tlp.GREEN, agreements=("sharing-agreement--1",), personal=True, type="indicator")


def test_a_statement_restricts_nobody_and_an_unknown_marking_everybody() -> None:
    assert made(TLP[Tlp.CLEAR], "marking-definition--copyright") == Label(ME, Tlp.CLEAR)
    assert made(TLP[Tlp.CLEAR], "marking-definition--new").unresolved == ("marking-definition--new",)


def test_the_type_is_kept_only_where_an_agreement_may_ask_for_it() -> None:
    assert made(TLP[Tlp.GREEN]).type == ""
    assert made(TLP[Tlp.AMBER]).type == "indicator"
    assert made(TLP[Tlp.AMBER], "marking-definition--team").type == ""


def test_the_whole_is_under_the_strictest_of_its_parts() -> None:
    assert made(TLP[Tlp.GREEN], granular=[TLP[Tlp.RED]]) == Label(ME, Tlp.RED)
    assert made(TLP[Tlp.GREEN], granular=[TLP[Tlp.CLEAR]]) == made(TLP[Tlp.GREEN])
    assert made(granular=[TLP[Tlp.CLEAR]]) == made()
    assert made(TLP[Tlp.CLEAR], granular=["marking-definition--new"]).unresolved == ("marking-definition--new",)


def test_an_audience_of_a_part_adds_to_the_agreements_of_the_whole() -> None:
    whole = made(TLP[Tlp.AMBER], granular=["marking-definition--team"])
    parts = {(part.audiences, part.type) for part in (whole, *whole.also)}
    assert parts == {((), "indicator"), ((("identity--a", "identity--b"),), "")}


def test_an_owner_must_be_named() -> None:
    with pytest.raises(ValueError, match="has no owner"):
        label_of(Head(type="tool", id="tool--1"), owner="", markings={})


def test_of_each_marking_that_names_agreements_the_reader_needs_one() -> None:
    both = made(TLP[Tlp.GREEN], "marking-definition--treaty", "marking-definition--other-treaty")
    assert {part.agreements for part in (both, *both.also)} == {("sharing-agreement--1",), ("sharing-agreement--2",)}


@given(st.lists(st.sampled_from([*FIXED, *MARKINGS, "marking-definition--new"])))
def test_neither_order_nor_place_nor_repetition_of_markings_matters(refs: list[str]) -> None:
    assert made(*refs) == made(*refs[::-1]) == made(*refs, *refs) == made(applied=refs)
