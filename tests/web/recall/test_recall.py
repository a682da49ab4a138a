"""An owner takes a record back, sees before who loses it, and afterwards who has complied."""

import json
from collections.abc import Iterator

import pytest
from tests.record.builders import body, ref
from tests.web.house import House, csrf_of, housed

from egnatia.exchange.four_eyes import FourEyes, Rule
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import RECEIPT
from egnatia.store import Known
from egnatia.web.permission import Role

MEMBER = "identity--00000000-0000-4000-8000-0000000000d1"
OTHER = "identity--00000000-0000-4000-8000-0000000000d2"
GREEN = next(marking for marking, name in TLP2_IDS.items() if name == "green")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node that knows two other members."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        for identity, name in ((MEMBER, "CSIRT of a member"), (OTHER, "CSIRT of another")):
            found.node.store.organisations.put(Known(identity, name, "MK"))
        found.node.forget_facts()
        yield found


def a_tool(house: House, number: int, owner: str = "") -> str:
    """A record for the community."""
    tool = ref("tool", number)
    house.submit(body("tool", id=tool, name=f"Tool {number}", object_marking_refs=[GREEN]), owner=owner)
    return tool


def sees(house: House, organisation: str, record: str) -> bool:
    return bool(house.node.store.get(house.node.clearance_of(organisation), [record]))


def test_the_effect_is_shown_before_anything_happens(house: House) -> None:
    tool = a_tool(house, 1)
    with house.visitor(Role.PUBLISHER) as visitor:
        page = visitor.get(f"/recall/{tool}").text
        assert 'value="recall"' not in page
        before = house.node.store.position()
        effect = visitor.post(f"/recall/{tool}", data={"csrf": csrf_of(page), "action": "withdraw"}).text
        assert house.node.store.position() == before
    assert effect.count("loses it") == 2
    assert "CSIRT of a member" in effect


def test_what_is_revoked_stays_with_all_who_have_it_and_says_so_with_the_reason(house: House) -> None:
    tool = a_tool(house, 2)
    FourEyes(house.node.store).set(house.node.own, Rule.ALWAYS)
    with house.visitor(Role.PUBLISHER) as visitor:
        csrf = csrf_of(visitor.get(f"/recall/{tool}").text)
        data = {"csrf": csrf, "action": "revoke", "reason": "Another tool"}
        effect = visitor.post(f"/recall/{tool}", data=data).text
        assert effect.count("still sees it") == 2
        answer = visitor.post(f"/recall/{tool}", data={**data, "do": "recall"})
        assert answer.headers["location"] == f"/records/{tool}", answer.text
        page = visitor.get(f"/records/{tool}").text
        assert "Revoked by its author" in page
        assert "Another tool" in page
        again = visitor.get(f"/recall/{tool}").text
        assert 'value="revoke"' not in again
        data["csrf"] = csrf_of(again)
        assert visitor.post(f"/recall/{tool}", data={**data, "do": "recall"}).status_code == 422
    FourEyes(house.node.store).set(house.node.own, Rule.NEVER)
    row = house.node.store.get(house.node.clearance_of(MEMBER), [tool])[0]
    assert json.loads(row.body)["revoked"] is True


@pytest.mark.parametrize("action", ["withdraw", "erase"])
def test_what_is_taken_back_is_hidden_at_once_and_its_page_says_so(house: House, action: str) -> None:
    tool = a_tool(house, 10 if action == "withdraw" else 11)
    with house.visitor(Role.PUBLISHER) as visitor:
        csrf = csrf_of(visitor.get(f"/recall/{tool}").text)
        data = {"csrf": csrf, "action": action, "reason": "It was wrong <b>", "do": "recall"}
        answer = visitor.post(f"/recall/{tool}", data=data)
        assert answer.status_code == 303
        assert not sees(house, MEMBER, tool)
        page = visitor.get(answer.headers["location"])
        assert page.status_code == 200
        assert "It was wrong &lt;b&gt;" in page.text
        assert "No other node could have had it" in page.text
        assert answer.headers["location"] in visitor.get("/recall").text
        if action == "withdraw":
            assert "This record was taken back" in visitor.get(f"/records/{tool}").text
            assert visitor.get(f"/publish/edit/{tool}").status_code == 404
        assert visitor.get(f"/recall/{tool}").status_code == 404


def test_narrowing_leaves_it_to_those_who_are_chosen(house: House) -> None:
    tool = a_tool(house, 20)
    with house.visitor(Role.PUBLISHER) as visitor:
        csrf = csrf_of(visitor.get(f"/recall/{tool}").text)
        wide = visitor.post(f"/recall/{tool}", data={"csrf": csrf, "action": "narrow", "tlp": "green", "do": "recall"})
        assert wide.status_code == 422
        assert "nobody would lose sight of it" in wide.text
        data = {"csrf": csrf, "action": "narrow", "tlp": "amber+strict", "audience": [MEMBER], "do": "preview"}
        effect = visitor.post(f"/recall/{tool}", data=data).text
        assert "still sees it" in effect
        assert "loses it" in effect
        assert visitor.post(f"/recall/{tool}", data={**data, "do": "recall"}).status_code == 303
    assert sees(house, MEMBER, tool)
    assert not sees(house, OTHER, tool)


def test_only_who_may_recall_does_and_only_what_is_their_own(house: House) -> None:
    mine, theirs = a_tool(house, 30), a_tool(house, 31, owner=OTHER)
    with house.visitor(Role.PUBLISHER) as visitor, house.visitor(Role.ANALYST) as analyst:
        csrf = csrf_of(visitor.get(f"/recall/{mine}").text)
        data = {"csrf": csrf, "action": "withdraw", "do": "recall"}
        assert visitor.get(f"/recall/{theirs}").status_code == 404
        assert visitor.post(f"/recall/{theirs}", data=data).status_code == 404
        assert visitor.post(f"/recall/{mine}", data={**data, "csrf": "forged"}).status_code == 403
        assert analyst.get(f"/recall/{mine}").status_code == 403
        assert analyst.get("/recall").status_code == 403
    assert sees(house, MEMBER, mine)
    assert sees(house, MEMBER, theirs)


def test_who_complied_is_for_the_owner_alone(house: House) -> None:
    tool = a_tool(house, 40)
    with house.visitor(Role.PUBLISHER) as visitor:
        csrf = csrf_of(visitor.get(f"/recall/{tool}").text)
        where = visitor.post(f"/recall/{tool}", data={"csrf": csrf, "action": "withdraw", "do": "recall"})
        place = where.headers["location"]
    with house.visitor(Role.PUBLISHER, organisation=MEMBER) as member:
        assert member.get(place).status_code == 404
        assert member.get("/recall/of/nonsense").status_code == 404


def test_the_answer_of_a_recipient_is_shown_as_compliance(house: House) -> None:
    tool = a_tool(house, 50)
    with house.visitor(Role.PUBLISHER) as visitor:
        csrf = csrf_of(visitor.get(f"/recall/{tool}").text)
        where = visitor.post(f"/recall/{tool}", data={"csrf": csrf, "action": "withdraw", "do": "recall"})
        place = where.headers["location"]
        recall = place.rpartition("/")[2]
        house.submit(_receipt(recall, tool), owner=MEMBER)
        page = visitor.get(place).text
        assert "All nodes have complied" in page
        audience = visitor.get(f"/records/{tool}/audience").text
        assert "CSIRT of a member" in audience
        assert "its own receipt" in audience


def _receipt(recall: str, record: str) -> bytes:
    """What a node answers a recall with."""
    stamp = "2026-11-24T12:00:00.000Z"
    return json.dumps(
        {
            "type": "receipt",
            "spec_version": "2.1",
            "id": ref("receipt", 1),
            "created": stamp,
            "modified": stamp,
            "created_by_ref": MEMBER,
            "object_marking_refs": [GREEN],
            "recipient_ref": MEMBER,
            "event": "hidden",
            "at": stamp,
            "object_refs": [record],
            "recall_ref": recall,
            "extensions": {RECEIPT.extension_id: {"extension_type": "new-sdo"}},
        }
    ).encode()
