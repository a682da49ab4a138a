"""An organisation's rule for a second person holds at the gate: for pages, programs and TAXII alike."""

from pathlib import Path

import httpx
import pytest
from tests.record.builders import body, ref
from tests.web.house import OWN, House, housed

from egnatia.exchange import token
from egnatia.exchange.four_eyes import FourEyes, Rule, demands, stays
from egnatia.exchange.submission import Right, Submitter
from egnatia.policy import Label, Tlp
from egnatia.record.marking import TLP2_IDS

PARTNER = "identity--00000000-0000-4000-8000-0000000000d1"
TLP = {name: marking for marking, name in TLP2_IDS.items()}


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (Rule.NEVER, set()),
        (Rule.PUBLIC, {"clear"}),
        (Rule.OTHERS, {"clear", "green", "amber", "amber+strict", "red for others"}),
        (Rule.ALWAYS, {"clear", "green", "amber", "amber+strict", "red for others", "red", "for itself"}),
    ],
)
def test_each_rule_is_about_what_it_says(rule: Rule, wanted: set[str]) -> None:
    labels = {
        "clear": Label(OWN, Tlp.CLEAR),
        "green": Label(OWN, Tlp.GREEN),
        "amber": Label(OWN, Tlp.AMBER),
        "amber+strict": Label(OWN, Tlp.AMBER_STRICT),
        "red": Label(OWN, Tlp.RED),
        "red for others": Label(OWN, Tlp.RED, audiences=((PARTNER,),)),
        "for itself": Label(OWN, Tlp.CLEAR, audiences=((OWN,),)),
    }
    assert {name for name, label in labels.items() if demands(rule, "report", label)} == wanted
    assert not any(demands(rule, "recall", label) for label in labels.values())


def test_what_stays_at_home_is_what_names_nobody_else() -> None:
    assert stays(Label(OWN, Tlp.AMBER, audiences=((OWN,), (OWN, PARTNER))))
    assert not stays(Label(OWN, Tlp.RED, audiences=((OWN, PARTNER),)))


def test_a_person_and_a_program_without_the_right_to_release_are_held_up(tmp_path: Path) -> None:
    with housed(tmp_path) as house:
        FourEyes(house.node.store).set(OWN, Rule.OTHERS)
        held, free = _token(house, Right.SUBMIT, Right.READ), _token(house, Right.SUBMIT, Right.READ, Right.RELEASE)
        tool = body("tool", id=ref("tool", 1), name="scan", object_marking_refs=[TLP["green"]])
        refused = httpx.post(f"{house.url}/api/v1/records", content=tool, headers=held)
        assert refused.status_code == 422
        assert "a second person" in refused.text
        assert not house.node.store.get(house.node.clearance_of(OWN), [ref("tool", 1)])
        media = "application/taxii+json;version=2.1"
        taxii = {**held, "content-type": media, "accept": media}
        root = f"{house.url}/taxii2/exchange/"
        collections = httpx.get(f"{root}collections/", headers=taxii).json()["collections"]
        writable = next(each["id"] for each in collections if each["can_write"])
        added = httpx.post(
            f"{root}collections/{writable}/objects/", content=b'{"objects":[' + tool + b"]}", headers=taxii
        )
        assert added.json()["failure_count"] == 1, added.text
        assert httpx.post(f"{house.url}/api/v1/records", content=tool, headers=free).status_code == 201


def test_what_is_handed_in_with_a_narrow_variant_is_held_up_for_its_wide_one(tmp_path: Path) -> None:
    with housed(tmp_path) as house:
        FourEyes(house.node.store).set(OWN, Rule.PUBLIC)
        report = body(
            "tool", id=ref("tool", 2), name="scan", description="who was hurt", object_marking_refs=[TLP["clear"]],
            granular_markings=[{"marking_ref": TLP["red"], "selectors": ["description"]}],
        )  # fmt: skip
        person = Submitter(OWN, "ana", frozenset({Right.SUBMIT}))
        outcome = house.node.admission.submit([report], person).result(30)
        assert not outcome.accepted
        assert house.node.store.get(house.node.clearance_of(None), [ref("tool", 2)]) == ()


def test_a_recall_and_what_another_organisation_hands_in_are_not_held_up(tmp_path: Path) -> None:
    with housed(tmp_path) as house:
        tool = body("tool", id=ref("tool", 3), name="scan", object_marking_refs=[TLP["clear"]])
        house.submit(tool)
        FourEyes(house.node.store).set(OWN, Rule.ALWAYS)
        program = _token(house, Right.SUBMIT, Right.READ, Right.RECALL)
        recalled = httpx.post(f"{house.url}/api/v1/records/{ref('tool', 3)}/recall", json={}, headers=program)
        assert recalled.status_code == 202, recalled.text
        other = Submitter(PARTNER, "eve", frozenset({Right.SUBMIT}))
        theirs = body("tool", id=ref("tool", 4), name="theirs", object_marking_refs=[TLP["clear"]])
        assert house.node.admission.submit([theirs], other).result(30).accepted


def test_a_program_hands_in_for_review_and_sees_what_became_of_it(tmp_path: Path) -> None:
    with housed(tmp_path) as house:
        FourEyes(house.node.store).set(OWN, Rule.ALWAYS)
        program = _token(house, Right.SUBMIT, Right.READ)
        tool = body("tool", id=ref("tool", 5), name="scan", object_marking_refs=[TLP["clear"]])
        asked = httpx.post(f"{house.url}/api/v1/reviews?title=Scan", content=tool, headers=program)
        assert asked.status_code == 202, asked.text
        assert asked.json()["state"] == "waiting"
        assert asked.json()["records"] == [ref("tool", 5)]
        where = f"{house.url}/api/v1/reviews/{asked.json()['id']}"
        assert httpx.get(where, headers=program).json() == asked.json()
        assert httpx.get(where, headers=_token(house, Right.SUBMIT, organisation=PARTNER)).status_code == 404
        assert httpx.get(where).status_code == 401
        assert httpx.post(f"{house.url}/api/v1/reviews", content=b"{}", headers=program).status_code == 422


def _token(house: House, *rights: Right, organisation: str = OWN) -> dict[str, str]:
    minted = token.mint()
    stored = token.Token(minted.id, minted.digest, organisation, "sensor", frozenset(rights), 0)
    house.node.store.tokens.add(stored)
    return {"authorization": f"Bearer {minted.text}"}
