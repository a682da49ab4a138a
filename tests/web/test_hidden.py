"""What is hidden from somebody changes nothing that they are answered, whatever they ask and wherever they ask it.

Each reader asks a node all that can be asked, before and after its operator has added records that the reader may not
see: ones that name what the reader does see, bear the same values, names, techniques and products, speak of it, or are
about a case to which the reader is party. Every answer of a page, of the API, of TAXII, of an output and of a public
feed has to stay the same: no row, no count, no suggestion, no neighbour, no tag.
"""

import difflib
import io
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from pypdf import PdfReader
from tests.web.house import House, housed
from tests.web.telling import CLEAR, GREEN, RED
from tests.web.walk import BANK, EVERYTHING, HUSH, Hidden, forms_of

from egnatia.casework.registry import Deed, Opening
from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.output import Output
from egnatia.exchange import token
from egnatia.exchange.submission import Right, Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.case import CaseParty
from egnatia.web.account.account import now

RECENT: Final = (datetime.now(UTC) - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
TECHNIQUE: Final = "T1566"
DISARM: Final = "T0049"
VALUE: Final = "egnatia-prijava.example"


def _id(kind: str, number: int) -> str:
    return f"{kind}--00000000-0000-4000-8000-{number:012x}"


def _record(kind: str, number: int, marking: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind, "spec_version": "2.1", "id": _id(kind, number), "created": RECENT, "modified": RECENT,
        "object_marking_refs": [marking], **more,
    }  # fmt: skip


def _link(number: int, marking: str, source: str, verb: str, target: str) -> dict[str, Any]:
    return _record(
        "relationship", number, marking, relationship_type=verb, source_ref=source, target_ref=target, start_time=RECENT
    )


def _world(base: int, marking: str, word: str) -> list[dict[str, Any]]:
    """One of each kind of record that some page counts, draws or suggests, all about the same things."""
    technique = {"external_references": [{"source_name": "mitre-attack", "external_id": TECHNIQUE}]}
    phases = [{"kill_chain_name": "mitre-attack", "phase_name": "initial-access"}]
    cve = [{"source_name": "cve", "external_id": "CVE-2026-11111"}]
    indicator, actor = _id("indicator", base + 1), _id("intrusion-set", base + 2)
    about = {
        "aliases": ["Zmaj", f"Zmaj {word}"], "labels": [f"sector:{word}", "campaign"], "sectors": ["energy"],
        "goals": [word],
    }  # fmt: skip
    return [
        _record("indicator", base + 1, marking, name=f"Prijava {word}", pattern=f"[domain-name:value = '{VALUE}']",
                pattern_type="stix", valid_from=RECENT, labels=["campaign", word], confidence=90),
        _record("intrusion-set", base + 2, marking, name="Zmaj", **about),
        _record("attack-pattern", base + 3, marking, name=f"Phishing {word}", kill_chain_phases=phases, **technique),
        _record("attack-pattern", base + 11, marking, name=f"Exploit {word}", kill_chain_phases=phases,
                external_references=[{"source_name": "mitre-attack", "external_id": f"T1{190 + base // 50}"}]),
        _record("malware", base + 4, marking, name=f"Zmajev lokot {word}", is_family=True, aliases=["Lokot"]),
        _record("vulnerability", base + 5, marking, name="CVE-2026-11111", external_references=cve),
        _record("location", base + 6, marking, name=f"Podgorica {word}", country="ME"),
        _record("identity", base + 7, marking, name=f"Banka {word}", identity_class="organization",
                sectors=["financial-services"]),
        _record("report", base + 8, marking, name=f"Talas {word}", published=RECENT, report_types=["threat-report"],
                description=f"{word} CVE-2026-11111 {VALUE}", object_refs=[indicator, actor]),
        _record("observed-data", base + 9, marking, first_observed=RECENT, last_observed=RECENT, number_observed=1,
                object_refs=["domain-name--5e1c6ba9-7a35-5c26-8b39-2ba3bb2cb9e5"]),
        _record("campaign", base + 10, marking, name=f"Talas {word}", first_seen=RECENT),
        _link(base + 20, marking, indicator, "indicates", actor),
        _link(base + 21, marking, actor, "uses", _id("attack-pattern", base + 3)),
        _link(base + 22, marking, actor, "targets", _id("location", base + 6)),
        _link(base + 23, marking, actor, "targets", _id("identity", base + 7)),
        _link(base + 24, marking, actor, "uses", _id("malware", base + 4)),
    ]  # fmt: skip


def _ties(base: int, word: str) -> list[dict[str, Any]]:
    """Hidden records that name what is shown."""
    indicator, actor = _id("indicator", 1), _id("intrusion-set", 2)
    return [
        _link(base, RED, indicator, "indicates", _id("malware", base + 504)),
        _link(base + 1, RED, _id("malware", base + 504), "authored-by", actor),
        _link(base + 2, RED, actor, "targets", _id("identity", base + 507)),
        _link(base + 3, RED, actor, "uses", _id("attack-pattern", base + 503)),
        _link(base + 4, RED, actor, "uses", _id("attack-pattern", 3)),
        _record("note", base + 5, RED, content=word, object_refs=[indicator, actor]),
        _record("opinion", base + 6, RED, opinion="disagree", explanation=word, object_refs=[indicator]),
        _record("sighting", base + 7, RED, sighting_of_ref=indicator, count=7, where_sighted_refs=[_id("identity", 7)]),
        _record("report", base + 8, RED, name=word, published=RECENT, object_refs=[indicator, _id("report", 8)]),
        _record("grouping", base + 9, RED, name=word, context="suspicious-activity", object_refs=[actor]),
        _record("language-content", base + 10, RED, object_ref=actor, object_modified=RECENT,
                contents={"sr": {"name": word}}),
    ]  # fmt: skip


SIGN, ACTOR, HIDDEN = _id("indicator", 1), _id("intrusion-set", 2), _id("indicator", 9001)
QUESTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "/search": ("q=Zmaj", f"q={HUSH}", f"q={VALUE}", "q=Talas&type=report", "q=Zmaj&newest=true"),
    "/search/suggest": ("q=Zm", "q=zmaj", f"q={HUSH[:5]}", "q=Tal"),
    "/feed": ("", "all=true", "type=indicator", "tlp=red", "days=1", "economy=ME", "q=Zmaj"),
    "/intel": ("q=Zmaj", "q=type:indicator", f"q=value:{VALUE}", "q=technique:T1566", "q=tag:campaign", "q=tlp:red",
               "q=sector:energy", f"q=tag:{HUSH}", "q=confidence>=50", "q=owner:CSIRT", "q=economy:me since:30d"),
    "/intel/suggest": ("q=tag:", f"q=tag:{HUSH[:4]}", "q=technique:T1", "q=owner:"),
    "/intel/graph": (f"at={ACTOR}&open={ACTOR}", f"at={SIGN}&open={SIGN}&open={ACTOR}", f"at={HIDDEN}",
                     f"at={SIGN}&to={_id('malware', 9504)}"),
    "/intel/graph/picture.svg": (f"at={ACTOR}&open={ACTOR}",),
    "/intel/graph/bundle.json": (f"at={ACTOR}&open={ACTOR}", f"at={HIDDEN}"),
    "/intel/matrix": ("", "whole=true", "order=disarm&whole=true", "by=sector", "by=month", "q=Zmaj", "economy=me"),
    "/intel/landscape": ("", "economy=me", "sector=energy", "most=red"),
    "/intel/landscape.pdf": ("",),
    "/intel/actors": ("", "q=Zmaj"),
    "/cases": ("", "workflow=incident", "days=7"),
    "/incidents/summary": ("", "basis=incident"),
    "/audit": ("", f"q={HUSH}", f"record={SIGN}", f"record={HIDDEN}"),
    "/notices": ("",),
    "/organisations": ("", f"q={HUSH[:4]}"),
    "/publish/find": ("words=Zmaj", f"words={HUSH}", f"words={VALUE}"),
    "/publish/edit/{record_id}": ("",),
    "/": ("", "span=day", "span=month"),
    "/api/v1/search": ("q=Zmaj", f"q={HUSH}", "q=Talas&type=report", "q=Prijava&limit=1"),
    "/api/v1/values": (f"value={VALUE}", "value=CVE-2026-11111"),
    "/api/v1/changes": ("limit=1000",),
    "/api/v1/records/{record_id}/neighbours": ("direction=in", "direction=out"),
    "/api/v1/records/{record_id}/explain": ("", f"organisation={BANK}"),
    "/public/{lang}/search": ("q=Zmaj", f"q={HUSH}"),
}  # fmt: skip
"""What is asked of addresses that take a question, beside what every address is asked: nothing."""

UNTOUCHED: Final = frozenset(
    {"/notices", "/organisations", f"/organisations?q={HUSH[:4]}", "/intel/suggest?q=owner:", "/cases?days=7",
     "/intel/matrix?order=disarm&whole=true", "/intel/matrix?q=Zmaj"}
)  # fmt: skip
"""What says nothing new to its owner either: a record makes no organisation, and nothing is about it in these."""

RECORD_NAMES: Final = ("record_id", "record", "recall_id")
SHOWN: Final = (_id("indicator", 1), _id("intrusion-set", 2), _id("report", 8), _id("vulnerability", 5))
"""Records that the readers may see, to be asked for by every address that takes a record."""
VARIES: Final = frozenset(
    {
        "/metrics",
        "/health/ready",
        "/audit/verify",
        "/audit/heads",
        "/profile",
        "/profile/app",
        "/profile/password",
        "/tokens",
    }
)
"""What counts requests or the log as a whole, for the operator's programs and auditors; and what one is shown of
oneself: a new secret, when one's token was used."""


def _filled(form: str, puts: Mapping[str, str]) -> str:
    """A route's address with these in the place of its parameters."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: puts.get(found[1], "nosuch"), form)


class Place:
    """A house before and after something was hidden in it."""

    def __init__(self, house: House) -> None:
        self.house = house
        house.node.host(BANK, "Bank of a test", "ME")
        for body in (*_world(0, GREEN, "javno"), *_world(100, CLEAR, "otvoreno")):
            house.submit(msgspec.json.encode(body))
        own = house.node.own
        self.own = Submitter(own, "Ana", ALL_RIGHTS)
        parties = (
            CaseParty(party_ref=own, economy="ME", roles=("national-csirt",)),
            CaseParty(party_ref=BANK, economy="ME", roles=("affected-entity",)),
        )
        opening = Opening(workflow="incident", title="Zmaj in the bank", parties=parties)
        self.case = house.node.casework.open(self.own, opening)
        outputs = Outputs(house.node.store)
        outputs.save(Output(name="resolvers", form="csv", least=1))
        minted = outputs.grant("resolvers", BANK, "a firewall")
        self.device = minted.text
        # When it fetched last is shown, and it fetches in between: it has done so as far as anybody is told.
        soon = time.time_ns() // 1_000 + 3_600_000_000
        outputs.consumers.change(minted.id, lambda held: msgspec.structs.replace(held, last_use=soon))
        house.node.store.indexer.wait_for(house.node.store.position())

    def hide(self) -> None:
        """Adds what nobody but the operator may see."""
        house = self.house
        for body in (*_world(9500, RED, HUSH), *_ties(9000, HUSH), _record("indicator", 9001, RED, name=HUSH,
                     pattern=f"[domain-name:value = '{VALUE}']", pattern_type="stix", valid_from=RECENT)):  # fmt: skip
            house.submit(msgspec.json.encode(body))
        Hidden(house)
        alone = (CaseParty(party_ref=house.node.own, economy="ME", roles=("national-csirt",)),)
        for _ in range(4):
            facts = {"started_at": RECENT, "severity": "red", "sectors": ["energy"]}
            house.node.casework.open(self.own, Opening(workflow="incident", title=HUSH, parties=alone, facts=facts))
        house.node.casework.act(self.own, self.case, Deed(does="comment", text=HUSH, only=("national-csirt",)))
        house.node.store.indexer.wait_for(house.node.store.position())

    def addresses(self, *, whole: bool) -> Iterator[str]:
        """Everything that is asked; the portal's own alone unless `whole`."""
        fixed = {
            "type_": "indicator", "kind": "alert", "lang": "en", "what": "feed", "form": "pdf", "name": "resolvers",
            "case": self.case, "organisation": self.house.node.own, "node": self.house.node.node_id, "part": "basics",
            "step": "triage", "report": "final-report", "deadline": "early-warning", "path": "nosuch",
            "version": RECENT, "file": "resolvers",
        }  # fmt: skip
        for method, form in forms_of(self.house):
            if method != "GET" or form in VARIES:
                continue
            names = re.findall(r"\{(\w+)", form)
            for record in SHOWN if any(each in RECORD_NAMES for each in names) else ("",):
                path = _filled(form, {**fixed, **dict.fromkeys(RECORD_NAMES, record)})
                for question in dict.fromkeys(("", *QUESTIONS.get(form, ()))):
                    yield f"{path}?{question}" if question else path
        root = "/taxii2/exchange/collections/all"
        for question in ("", "match[version]=all", "match[type]=relationship", f"match[id]={_id('indicator', 9001)}"):
            yield f"{root}/objects/?{question}"
            yield f"{root}/manifest/?{question}"
        yield "/taxii2/exchange/collections/"

    @contextmanager
    def reader(self, who: str) -> Iterator[httpx.Client]:
        """Somebody from whom it is to be hidden."""
        house = self.house
        match who:
            case "nobody":
                with house.visitor() as client:
                    yield client
            case "a program of the bank" | "a program of the operator" | "a device":
                of = BANK if who == "a program of the bank" else house.node.own
                with house.visitor() as client:
                    text = self.device if who == "a device" else self._token(of)
                    client.headers["Authorization"] = f"Bearer {text}"
                    yield client
            case _:
                own = house.node.own if who in OWNERS else BANK
                with house.visitor(*EVERYTHING, organisation=own) as client:
                    yield client

    def _token(self, organisation: str) -> str:
        minted = token.mint()
        self.house.node.store.tokens.add(
            token.Token(id=minted.id, digest=minted.digest, organisation=organisation, name="a program",
                        rights=frozenset({Right.READ}), created=now(), expires=now() + 10**12, issued_by="ana")
        )  # fmt: skip
        return minted.text


OWNERS: Final = ("a person of the operator", "a program of the operator")
READERS: Final = ("nobody", "a person of the bank", "a program of the bank", "a device")


Told = tuple[int, str, tuple[tuple[str, str], ...]]

PASSING: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r'name="(?:csrf|stamp|app)" value="[^"]*"',
        r"nonce-[\w+/=-]+",
        r"[0-9.]+ (?:ms|seconds?|minutes?)(?: ago)?",
        r'"at":"[^"]*"|"added":"[^"]*"',
        r"(?<=updated>)[^<]*|(?<=name=\"p_valid_from\" type=\"text\" value=\")[^\"]*",
        r"(?:after|before|next|data-after|looked)(?:=|\":\"|=\")[\w.%-]{8,}",
        r"bundle--[0-9a-f-]{36}",
        r'"modified": "[^"]*"',
        r'"(?:dateReleased|current_release_date|generated|made)":\s*"[^"]*"',
    )
)
"""What is another one in each answer, whatever the log holds: secrets of forms, ages, places in the feed, moments of
making. The moments of things that are shown are none of these."""


def told(answer: httpx.Response) -> Told:
    """What an answer says, but for what passes."""
    kind = answer.headers.get("content-type", "")
    if kind == "application/pdf":
        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
        text = re.sub(r"\b\d\d:\d\d(?::\d\d)?\b", "~", text)
    else:
        text = answer.text
    for pattern in PASSING:
        text = pattern.sub("~", text)
    kept = {"content-type", "content-disposition", "location", "link", "x-taxii-date-added-first"}
    tag = ["etag"] if answer.request.url.path.startswith("/outputs") else []
    return (
        answer.status_code,
        text,
        tuple((name, answer.headers[name]) for name in (*kept, *tag) if name in answer.headers),
    )


def round_of(client: httpx.Client, who: str, asked: Sequence[str]) -> dict[str, Told]:
    """What one reader is answered; a device knows the way to its output alone, and its owner is asked the questions."""
    match who:
        case "a device":
            asked = [each for each in asked if each.startswith("/outputs")]
        case "a person of the operator":
            asked = [each for each in asked if each.partition("?")[0] in QUESTIONS and not each.startswith("/api")]
        case "a program of the operator":
            asked = [each for each in asked if each.partition("?")[0] in QUESTIONS and each.startswith("/api")]
    return {each: told(client.get(each)) for each in asked}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """By reader all answers, before and after."""
    folder: Path = tmp_path_factory.mktemp("hidden")
    with housed(folder) as house:
        place = Place(house)
        clients, stack = {}, []
        for who in (*READERS, *OWNERS):
            manager = place.reader(who)
            clients[who] = manager.__enter__()
            stack.append(manager)
        asked = list(place.addresses(whole=True))
        try:
            before = {who: round_of(clients[who], who, asked) for who in (*READERS, *OWNERS)}
            place.hide()
            after = {who: round_of(clients[who], who, asked) for who in (*READERS, *OWNERS)}
        finally:
            for manager in reversed(stack):
                manager.__exit__(None, None, None)
        yield {who: (before[who], after[who]) for who in (*READERS, *OWNERS)}


@pytest.mark.parametrize("who", READERS)
def test_what_is_hidden_changes_no_answer(answers: Any, who: str) -> None:
    before, after = answers[who]
    changed = [address for address, said in before.items() if said != after[address]]
    assert not changed, "\n".join("\n  ".join((each, *difference(before[each], after[each]))) for each in changed)


def test_its_owner_is_answered_otherwise_by_every_question(answers: Any) -> None:
    """So each of the questions would show it, if the answer did not keep to the rule."""
    before, after = ({**answers[OWNERS[0]][time], **answers[OWNERS[1]][time]} for time in (0, 1))
    same = {
        address
        for form, questions in QUESTIONS.items()
        for address in (f"{form}?{question}" if question else form for question in questions)
        if "{" not in form and before[address] == after[address]
    }
    assert not same - UNTOUCHED, "\n".join(sorted(same - UNTOUCHED))


def difference(before: Told, after: Told) -> list[str]:
    """The lines that one answer has and the other has not."""
    one, other = ([str(each[0]), *map(str, each[2]), *re.split(r"[\n<]", each[1])] for each in (before, after))
    found = difflib.unified_diff(one, other, n=0, lineterm="")
    return [line for line in found if line[:3] not in {"---", "+++"}][:12]
