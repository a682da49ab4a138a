"""A small exercise on a real node: a scenario of two teams, and what its people do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.exchange.gate import AL, ME, RS, node

from egnatia.casework.fold import Fold
from egnatia.casework.registry import Deed, Opening
from egnatia.cyber.exercises.exercises import Plan, within
from egnatia.cyber.exercises.game import Game
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.record.case import CaseParty

HUB = ME
"""Who leads."""

SMALL = """
name = "small"
title = "A small exercise"
version = "1"
about = "A server stands still."
starts_at = "2027-03-04T08:00:00Z"
length = "PT4H"
speed = 60

[[objectives]]
name = "report"
title = "Report in time"

[[objectives]]
name = "together"
title = "Work together"

[[teams]]
name = "albania"
title = "National CSIRT"
economy = "AL"
organisation = "CSIRT of Arbania"
roles = ["national-csirt"]

[[teams]]
name = "serbia"
title = "Data centre"
economy = "RS"
organisation = "Data Centre of Raska"
roles = ["affected-entity"]

[[injects]]
name = "call"
title = "A server stands still"
kind = "call"
at = "PT10M"
to = ["serbia"]
from = "Night shift"
text = "The file server shows a note that asks for money. Позовите."

[[injects]]
name = "finding"
title = "Traffic to an unknown address"
kind = "finding"
after = "inject:call"
delay = "PT20M"
to = ["serbia", "albania"]
text = "The proxy saw this address."
techniques = ["T1486"]
observables = [{ type = "ipv4-addr", value = "203.0.113.7" }, { type = "domain-name", value = "pay.example" }]

[[injects]]
name = "press"
title = "A newspaper asks"
kind = "article"
after = "step:declare"
to = ["albania"]
text = "Is it true?"

[[injects]]
name = "by-hand"
title = "The minister calls"
kind = "call"
hand = true
to = ["albania"]
text = "What do I say?"

[[expectations]]
name = "warning"
title = "Early warning is filed"
team = "serbia"
objective = "report"
met_by = "report:early-warning"
since = "call"
within = "PT1H"

[[expectations]]
name = "indicator"
title = "The address is shared"
team = "albania"
objective = "together"
met_by = "shares:indicator"
by = "PT3H"

[[expectations]]
name = "calm"
title = "The team stays calm"
team = "albania"
objective = "together"
met_by = "observer"
by = "PT4H"

[[handovers]]
name = "to-albania"
title = "The CSIRT is asked"
from = "serbia"
to = "albania"
within = "PT30M"
objective = "together"
"""


def who(organisation: str, name: str = "a person") -> Submitter:
    return Submitter(organisation, name, ALL_RIGHTS)


@contextmanager
def stage(folder: Path) -> Iterator[Node]:
    """A node that hosts all three organisations."""
    with node(folder) as opened:
        opened.host(AL, "CSIRT of Albania", "AL")
        opened.host(RS, "CSIRT of Serbia", "RS")
        yield opened


def planned(at: Node, text: str = SMALL, **more: Any) -> str:
    """The exercise, opened by the hub; Serbia observes too where `observers` says so."""
    cast = {"albania": (AL,), "serbia": (RS,)}
    return at.exercises.plan(who(HUB), Plan(text=text, **({"cast": cast} | more)))


def begun(at: Node, **more: Any) -> str:
    word = planned(at, **more)
    at.exercises.do(who(HUB), word, "begin")
    at.exercises.do(who(HUB), word, "hold")
    return word


def skip(at: Node, word: str, minutes: float) -> None:
    at.exercises.do(who(HUB), word, "skip", minutes=minutes)


def game(at: Node, word: str, organisation: str = HUB) -> Game:
    found = at.exercises.game(organisation, word)
    assert found is not None
    return found


def incident(at: Node, word: str, by: str = RS, **parties: str) -> str:
    """An incident case in the exercise; `parties` are roles (with underscores) of others."""
    held = {by: "affected-entity"} | {organisation: role.replace("_", "-") for role, organisation in parties.items()}
    opening = Opening(
        workflow="incident",
        title="The file server stands still",
        parties=tuple(CaseParty(party_ref=each, economy="RS", roles=(role,)) for each, role in held.items()),
        exercise=word,
    )
    return at.casework.open(within(who(by), word), opening)


def act(at: Node, word: str, case: str, by: str, does: str, *about: str, name: str = "a person", **fields: Any) -> None:
    deed = Deed(does=does, about=about, fields=fields, text="because")
    at.casework.act(within(who(by, name), word), case, deed)


def fold(at: Node, word: str, case: str, organisation: str) -> Fold:
    return at.casework.fold(at.exercises.clearance(organisation, word), case)


START = datetime(2027, 3, 4, 8, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)
