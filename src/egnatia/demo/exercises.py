"""The demonstration's exercises: one that is over, with its scores and what was learnt, and one that is being played.

The one that is over was a table-top at the hub, whose people played all teams. The other one is led by the hub and
played by four organisations on their own nodes; its time goes on while the demonstration runs.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from egnatia.casework.registry import Deed, Opening
from egnatia.cyber.exercises.conductor import conduct
from egnatia.cyber.exercises.exercises import FollowUp, Plan, within
from egnatia.cyber.exercises.scenario import shipped
from egnatia.demo.cast import HUB, actor, demo_id
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import Node
from egnatia.record.case import CaseParty

_RIGHTS: Final = frozenset(Right)
_AMBER: Final = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
TABLE_TOP: Final[Mapping[str, tuple[str, ...]]] = {
    "electoral": ("vesna", "goran"),
    "csirt-mk": ("elena", "arben"),
    "csirt-xk": ("arben",),
    "media-ba": ("lejla", "goran"),
    "crisis": ("stojan",),
}
"""Who played in which team; two played in two."""
ROLES: Final = (
    "affected-entity",
    "national-csirt",
    "competent-authority",
    "crisis-authority",
    "single-point-of-contact",
)


def played(hub: Node) -> str:
    """The table-top, from its beginning to its report; its name."""
    return TableTop(hub).play()


def under_way(hub: Node) -> str:
    """The exercise that is being played, after its first hour; its name."""
    cast = {
        "data-centre": (actor("mk").id,),
        "csirt-me": (actor("me").id,),
        "csirt-al": (actor("al").id,),
        "csirt-rs": (actor("rs").id,),
        "regulator": (actor("me").id,),
    }
    leader = _person("facilitator")
    observers = (actor("xk").id, actor("ba").id)
    plan = Plan(text=shipped()["ransomware-data-centre"], cast=cast, observers=observers)
    word = hub.exercises.plan(leader, plan)
    hub.exercises.do(leader, word, "begin")
    for _ in range(4):
        hub.exercises.do(leader, word, "skip", minutes=15)
        conduct(hub.exercises, datetime.now(UTC))
    hub.exercises.note(leader, word, "The data centre has read everything and opened nothing yet.", team="data-centre")
    return word


def _person(login: str) -> Submitter:
    return Submitter(HUB.id, login, _RIGHTS)


class TableTop:
    """The hub's people, one after the other; time is skipped between what they do."""

    def __init__(self, hub: Node) -> None:
        self.hub, self.exercises, self.leader = hub, hub.exercises, _person("facilitator")
        self.word = self.case = ""

    def play(self) -> str:
        """From the first inject to the last finding."""
        text = shipped()["hybrid-election"]
        cast = dict.fromkeys(TABLE_TOP, (HUB.id,))
        self.word = self.exercises.plan(self.leader, Plan(text=text, cast=cast, people=TABLE_TOP))
        self.exercises.do(self.leader, self.word, "begin", speed=0.1)
        self._morning()
        self._noon()
        self._learn()
        return self.word

    def _morning(self) -> None:
        self._later(20)
        self._open()
        self._later(15)
        self._act("elena", "set", kind="incident", severity="red", cross_border=True, criminal=True)
        self._act("elena", "triage", "It is more than a rumour: accounts were taken over.")
        self._later(20)
        self._share(
            "indicator", "Sign-in page for poll workers", pattern="[domain-name:value = 'rota-commission.example']"
        )
        self._later(25)
        self._act("elena", "declare", "Three things at once are one thing.")
        self._later(35)
        self._share("report", "Accounts that post as one", description="1 214 accounts, nine seconds, four languages.")

    def _noon(self) -> None:
        self._later(15)
        self._act("vesna", "submit", about=("early-warning",), suspected_malicious=True, cross_border=True)
        self._note("They said what is true first, and did not show the video.", "answer", 85)
        self._later(50)
        roles = [*ROLES, "team-member"]
        self._act("elena", "join", about=(HUB.id,), roles=roles, economy="regional")
        self._later(20)
        self._act("arben", "comment", "We have the customer's records; the server is off the net at noon.")
        self._note("Телефонската линија не знаеше ништо до 11 часот.", "stations", 40)
        self._later(60)
        self._act("stojan", "set", political=True)
        self._later(20)
        self.exercises.do(self.leader, self.word, "finish")

    def _learn(self) -> None:
        owners = (("mk", "Keep an answer page for polling stations ready, in all languages"),
                  ("ba", "Agree on one contact for platforms, by day and night"))  # fmt: skip
        findings = ("Voters asked by telephone for four hours before the page was right.",
                    "Four organisations wrote to the platform, with four lists.")  # fmt: skip
        day = datetime.now(UTC) + timedelta(days=45)
        for (owner, action), finding in zip(owners, findings, strict=True):
            who = actor(owner)
            self.exercises.note(self.leader, self.word, finding, kind="finding", objective="together")
            self.exercises.follow_up(
                self.leader,
                FollowUp(finding=finding, action=action, owner=who.id, until=f"{day:%Y-%m-%d}T16:00:00Z",
                         origin="Table-top at the regional hub, hybrid campaign before an election"),
            )  # fmt: skip
            words = f"{action} ({who.name}, {day:%Y-%m-%d})"
            self.exercises.note(self.leader, self.word, words, kind="follow-up", objective="together")
        self.exercises.note(self.leader, self.word, "The common picture came together in 55 minutes.", kind="finding",
                            objective="picture")  # fmt: skip

    def _later(self, minutes: float) -> None:
        self.exercises.do(self.leader, self.word, "skip", minutes=minutes)
        conduct(self.exercises, datetime.now(UTC))

    def _open(self) -> None:
        opening = Opening(
            workflow="incident",
            title="Forged letter, phishing and a slow results site",
            parties=(CaseParty(party_ref=HUB.id, economy="regional", roles=ROLES),),
            facts={"aware_at": "2027-05-18T07:15:00Z"},
            exercise=self.word,
        )
        self.case = self.hub.casework.open(within(_person("elena"), self.word), opening)

    def _act(self, login: str, does: str, text: str = "", *, about: tuple[str, ...] = (), **fields: Any) -> None:
        deed = Deed(does=does, about=about, fields=fields, text=text)
        self.hub.casework.act(within(_person(login), self.word), self.case, deed)

    def _note(self, text: str, expectation: str, score: float) -> None:
        self.exercises.note(self.leader, self.word, text, kind="score", expectation=expectation, score=score)

    def _share(self, kind: str, name: str, **more: str) -> None:
        stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z"
        record: dict[str, Any] = {
            "type": kind,
            "spec_version": "2.1",
            "id": demo_id(kind, "exercise", name),
            "created": stamp,
            "modified": stamp,
            "created_by_ref": HUB.id,
            "name": name,
            "object_marking_refs": [_AMBER],
            **more,
        }
        if kind == "indicator":
            record |= {"pattern_type": "stix", "valid_from": stamp, "indicator_types": ["malicious-activity"]}
        else:
            record |= {"published": stamp, "object_refs": [HUB.id]}
        player = msgspec.structs.replace(within(_person("lejla"), self.word), marking=self.exercises.marking(self.word))
        self.hub.admission.submit([msgspec.json.encode(record)], player, tolerant=False).result(30)
