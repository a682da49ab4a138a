"""All routes of a node, and in the place of every parameter a thing that its operator keeps from all others."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Final

import msgspec
from litestar.routes import HTTPRoute
from tests.cyber.exercises.playing import SMALL, who
from tests.cyber.test_playbook import END, START, action, playbook
from tests.exchange.gate import RED, indicator
from tests.web.house import House, housed

from egnatia.casework.attaching import File, attach
from egnatia.casework.registry import Deed, Opening
from egnatia.cyber.exercises.exercises import Plan
from egnatia.cyber.incidents.playbook import read as read_playbook
from egnatia.cyber.incidents.playbook_shelf import Playbooks
from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.giving import Conflict, Conflicts
from egnatia.cyber.intel.held import Understood, Waiting
from egnatia.cyber.intel.log_match import Burden, Count, Findings, Run, Runs
from egnatia.cyber.intel.output import Output
from egnatia.cyber.intel.source import Source, Sources
from egnatia.exchange import token
from egnatia.exchange.api.app import app
from egnatia.exchange.review import Reviews
from egnatia.exchange.submission import Right
from egnatia.node.domains import routes
from egnatia.record.case import CaseParty
from egnatia.store import Store
from egnatia.web.account.account import now
from egnatia.web.agreements.draft import Draft
from egnatia.web.agreements.draft import Form as Terms
from egnatia.web.agreements.reading import KIND
from egnatia.web.cases.templating import Template, Templates
from egnatia.web.feed.saved import Saved, Saves
from egnatia.web.intake.tip import Content, Tips
from egnatia.web.mount import pages
from egnatia.web.permission import Role
from egnatia.web.sieve import Sieve

BANK: Final = "identity--00000000-0000-4000-8000-0000000000b2"
HUSH: Final = "zmajeva-tajna"
"""Stands in everything that is hidden, and nowhere else."""
EVERYTHING: Final = (Role.PUBLISHER, Role.ADMINISTRATOR, Role.AUDITOR)
TAXII: Final = tuple(
    f"/taxii2/exchange/collections/all/{path}" for path in ("objects/{record}/", "objects/{record}/versions/")
)
LEAVES: Final = frozenset({"/sign-out", "/exercises/leave", "/profile/sessions/end", "/live", "/api/v1/changes/stream"})
"""Who asks these is another one afterwards, or listens for ever; other tests are about them."""
HEAVY: Final = frozenset({"/audit/verify"})
"""What takes long whatever was filled in."""
FIXED: Final[Mapping[str, str]] = {
    "type_": "indicator", "kind": "alert", "step": "triage", "report": "final-report", "form": "pdf", "part": "basics",
    "deadline": "early-warning", "lang": "en", "section": "alerts", "value": HUSH, "path": "nosuch", "what": "feed",
    "rest": "collections", "year": "2026", "file": "nosuch", "version": "2026-01-01T00:00:00.000Z", "subscriber": HUSH,
}  # fmt: skip
"""Parameters that name nothing that could be hidden."""


def matched(store: Store, own: str, stamp: int) -> str:
    """A log that was matched, with a hit."""
    run = Run(
        id=HUSH, organisation=own, login=HUSH, by=HUSH, name=HUSH, size=1, began=stamp, touched=stamp, ended=stamp
    )
    count = Count(indicator="indicator--1", name=HUSH, kind="domain-name:value", value=HUSH, score=1, times=1)
    burden = Burden("indicator--1", HUSH, HUSH, 1.0)
    found = Findings(
        form="json", lines=1, malformed=0, example=HUSH, truncated=False, hits=1, lines_hit=1, looked_for=1,
        undecided=0, left_out={}, read_for=1, slow=(burden,), costly=(burden,), counts=(count,), shown=(), sights=(),
    )  # fmt: skip
    Runs(store, own).put(run)
    Runs(store, own).keep(run.id, found)
    return run.id


class Hidden:
    """What the operator of a node keeps from all others: one thing for every parameter of every route."""

    def __init__(self, house: House) -> None:
        node, own = house.node, house.node.own
        submitter, stamp = who(own), now()
        hushed = indicator(name=HUSH, pattern=f"[domain-name:value = '{HUSH}.example']", object_marking_refs=[RED])
        house.submit(msgspec.json.encode(hushed))
        party = CaseParty(party_ref=own, economy="ME", roles=("affected-entity",))
        self.case = node.casework.open(submitter, Opening(workflow="incident", title=HUSH, parties=(party,)))
        file = attach(node.casework, submitter, self.case, File(name=f"{HUSH}.txt", content=b"hush"))
        node.casework.act(submitter, self.case, Deed(does="comment", text=HUSH))
        account = house.account(*EVERYTHING)
        saves = Saves(node.store)
        saves.put(Saved("a1b2", account.name, HUSH, Sieve(), tells=False, opened=stamp))
        outputs = Outputs(node.store)
        outputs.save(Output(name="resolvers", form="csv", least=1))  # outputs are for whom the node hosts too
        Sources(node.store).save(Source(name=HUSH, kind="stix", url=f"https://{HUSH}.example/", paused=True))
        terms = Terms(name=HUSH, parties=(own,), purposes=HUSH, legal_basis=HUSH, valid_from="2026-01-01")
        node.store.kept(KIND, Draft).put(
            HUSH,
            Draft(
                id=HUSH,
                organisation=own,
                author=account.name,
                at=stamp,
                form=terms,
            ),
        )
        review = Reviews(node.store, own).submit(
            [msgspec.json.encode(hushed)], author=account.name, title=HUSH, at=stamp
        )
        tips = Tips(node.store, node.secret)
        reference = tips.receive("other", Content(title=HUSH, text=HUSH), at=stamp, language="en")
        Templates(node.store).put(
            Template(
                id=HUSH,
                organisation=own,
                name=HUSH,
                workflow="incident",
                tlp="amber",
                facts={},
                parties=(party,),
                tasks=(),
            )
        )
        book = read_playbook(playbook(start=START, one=action("end", name=HUSH), end=END))
        said = Understood(source=HUSH, key="", word=HUSH, meaning="tlp:red", by=HUSH, at=stamp)
        Waiting(node.store).understood.put(said.place, said)
        diverged = Conflict(source=HUSH, uuid=HUSH, title=HUSH, stamp=1, differs=(f"+ domain: {HUSH}",))
        Conflicts(node.store).kept.put(f"{HUSH} {HUSH}", diverged)
        minted = token.mint()
        given = frozenset(Right)
        node.store.tokens.add(
            token.Token(
                id=minted.id, digest=minted.digest, organisation=own, name=HUSH, rights=given, created=stamp,
                expires=stamp + 10**12, issued_by=account.name,
            )
        )  # fmt: skip
        self.token = minted.text
        self.things: Mapping[str, str] = {
            "record_id": str(hushed["id"]),
            "record": str(hushed["id"]),
            "recall_id": str(hushed["id"]),
            "agreement": str(hushed["id"]),
            "case": self.case,
            "file": file.refs[0],
            "name": HUSH,
            "saved_id": "a1b2",
            "draft": HUSH,
            "review_id": review.id,
            "tip_id": tips.latest()[0].id,
            "reference": reference,
            "template": HUSH,
            "place": said.place,
            "source": HUSH,
            "uuid": HUSH,
            "key": Playbooks(node.store, own).put(book, stamp),
            "token_id": minted.id,
            "consumer": outputs.grant("resolvers", own, HUSH).id,
            "organisation": own,
            "node": node.node_id,
            "word": node.exercises.plan(submitter, Plan(text=SMALL, cast={"albania": (own,), "serbia": (own,)})),
            "secret": HUSH,
            "run": matched(node.store, own, stamp),
            "code": HUSH,
        }

    def path(self, form: str, *, missing: bool = False) -> str:
        """A route's address with hidden things in it, or with things of the same form that are not there."""

        def put(found: re.Match[str]) -> str:
            name = found[1]
            if name in FIXED:
                return FIXED[name]
            thing = self.things[name]
            return thing[:-1] + ("e" if thing[-1] == "f" else "f") if missing else thing

        return re.sub(r"\{(\w+)(?::\w+)?\}", put, form)


class Walk:
    """A house with things that are hidden, and all its routes."""

    def __init__(self, house: House, hidden: Hidden, forms: tuple[tuple[str, str], ...]) -> None:
        self.house, self.hidden, self.forms = house, hidden, forms

    def asked(self, *methods: str, by: str = "") -> tuple[str, ...]:
        """The forms of all addresses that answer to one of the methods and name a parameter, if one is asked for."""
        return tuple(form for method, form in self.forms if method in methods and (not by or f"{{{by}" in form))


def forms_of(house: House) -> tuple[tuple[str, str], ...]:
    """The method and the form of every address of a node."""
    whole = app(house.node, extra=(*pages(house.node, entrance=house.door), *routes(house.node)))
    found = {
        (method, path if path == "/" else f"{path}/" if path.startswith("/taxii2") else path)
        for route in whole.routes
        if isinstance(route, HTTPRoute)
        for method, path in product(route.methods - {"OPTIONS"}, [route.path_format or "/"])
    }
    forms = tuple(sorted((method, form) for method, form in found if form not in LEAVES))
    return (*forms, *(("GET", form) for form in TAXII))


@contextmanager
def walked(folder: Path) -> Iterator[Walk]:
    """A new house with its routes, until the end of the block."""
    with housed(folder) as house:
        house.node.host(BANK, "Bank of a test", "ME")
        yield Walk(house, Hidden(house), forms_of(house))
