"""A page in Cyrillic holds no English sentence: what is not translated is a name, a code, or marked as English."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Final

import msgspec
import pytest
from tests.web.house import House, csrf_of, housed
from tests.web.telling import ALBANIA, GREEN, neighbours, record

from egnatia.casework.registry import Opening
from egnatia.cyber.intel.output import DEVICES
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.case import CaseParty
from egnatia.web.navigation import all_entries
from egnatia.web.permission import Role

NAMES: Final = re.compile(
    r"CSIRT of a test|CSIRT of Albania|CSIRT of Serbia|A stranger|Ana Test|ana\.[0-9a-f]+|x\[?\.\]?example|a test"
)
"""What people and organisations are called here, which no page translates."""

CODES: Final = re.compile(
    r"https?://\S+|\[[a-z]+\]|/\S+|\S+\.(?:toml|json|service|eml)|[a-z]+:\S+|--\S+|\S+--\S+|\([a-z-]+\)"
    r"|egnatia\b[a-z ]*|ATT&CK|\[domain-name:value = '[^']*'\]|clear, green, amber, amber\+strict|clear, green, amber"
    r"|al, ba, xk, me, mk|revoked, expired, redacted|indicator, malware, report|energy, government, healthcare"
    r"|marking-definition|sr-Latn|[A-Z]{2,}\S*"
)
"""What is written for programs, and what is abbreviated: the same in every language."""

SENTENCE: Final = re.compile(r"\b[A-Za-z][a-z']+(?: +[A-Za-z]?[a-z']+){2,}")
WORD: Final = re.compile(r"\b[a-z]{3,}\b")
CYRILLIC: Final = re.compile(r"[Ѐ-ӿ]")

ALONE: Final = {
    *WORD.findall(" ".join(DEVICES)),
    "identity",
    "localhost",
    "suricata",
    "test",
    "loopback",
    "systemd",
    "hxxp",
    "cve",
    "public",
    "suffix",
    "example",
}
"""Latin words that may stand alone: names of formats, protocols and programs."""

UNSPOKEN: Final = {"script", "style", "code", "kbd", "samp", "pre", "title"}
EMPTY: Final = {"input", "br", "img", "meta", "link", "hr", "source", "wbr", "path", "use", "circle", "rect", "line"}
SPOKEN: Final = ("aria-label", "placeholder", "title", "alt")


class Reader(HTMLParser):
    """Gathers what a person reads or hears of a page, but for code and what is marked as another language."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        unspoken = tag in UNSPOKEN or ("lang" in given and tag != "html") or given.get("translate") == "no"
        if tag not in EMPTY:
            self._open.append((tag, unspoken))
        if not unspoken:
            self._say(*(given.get(name) or "" for name in SPOKEN))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._say(data)

    def _say(self, *texts: str) -> None:
        if not any(unspoken for _, unspoken in self._open):
            self.texts += [each.strip() for each in texts if each.strip()]


def english(page: str) -> list[str]:
    """The texts of a page that are English."""
    reader = Reader()
    reader.feed(page)
    found = []
    for text in reader.texts:
        left = CODES.sub(" # ", NAMES.sub(" # ", text))
        alone = CYRILLIC.search(text) is None and set(WORD.findall(left)) - ALONE
        if SENTENCE.search(left) or alone:
            found.append(text)
    return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A node with a record of some types, and a case."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        yield found


@pytest.fixture(scope="module")
def pages(house: House) -> list[str]:
    """The addresses of what there is to read, and of what goes wrong."""
    found = [entry.path for entry in all_entries()]
    found += ["/about", "/profile", "/notices", "/recall", "/search?q=znak", "/intel/matrix", "/intel/outputs"]
    found += ["/intel/sources", "/publish/new/indicator", "/publish/new/report", "/publish/quick", "/peers/invite"]
    found += ["/peers/accept", "/organisations/add", "/agreements/new", "/cases/due", "/audit/heads", "/audit/verify"]
    found += [f"/cases/new?workflow={book.workflow.name}" for book in house.node.casework.library]
    found += ["/nothing", "/feed?tlp=purple", "/feed?before=x", "/saved/0", "/search?q=x&before=nonsense"]
    found += [f"/intel?q={each}" for each in ("a+AND", "tlp:purple", '"', "(", "OR", "confidence:x", "since:x", "tlp:")]
    found += ["/intel?q=" + "(" * 25, "/intel/matrix?q=)"]
    for kind, more in (("indicator", {"name": "Знак"}), ("malware", {"name": "Црв"}), ("report", {"name": "Извештај"})):
        body = record(kind, GREEN, **more)
        house.submit(body)
        id_ = msgspec.json.decode(body)["id"]
        found += [f"/records/{id_}{side}" for side in ("", "/links", "/history", "/audience", "/origin")]
        found += [f"/publish/edit/{id_}", f"/recall/{id_}", f"/intel/common/{id_}"]
    return found + [f"/cases/{_case(house)}{side}" for side in ("", "/facts", "/join")]


def _case(house: House) -> str:
    own = house.node.own
    parties = (
        CaseParty(party_ref=own, economy="ME", roles=("asking",)),
        CaseParty(party_ref=ALBANIA, economy="AL", roles=("asked",)),
    )
    facts = {"urgency": "urgent", "asked_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    opening = Opening(workflow="information-request", title="Чија је адреса?", parties=parties, facts=facts)
    return house.node.casework.open(Submitter(own, "test", ALL_RIGHTS), opening)


def test_no_page_in_cyrillic_holds_an_english_sentence(house: House, pages: list[str]) -> None:
    with house.visitor(*Role, language="sr-Cyrl") as visitor:
        answers = {path: visitor.get(path, follow_redirects=True) for path in pages}
    assert [path for path, answer in answers.items() if answer.status_code >= 500] == []
    found = {path: english(answer.text) for path, answer in answers.items()}
    wrong = {path: texts for path, texts in found.items() if texts}
    assert not wrong, "\n".join(f"{path}: {texts}" for path, texts in wrong.items())


def test_what_is_refused_is_refused_in_the_readers_language(house: House) -> None:
    with house.visitor(Role.READER, language="sr-Cyrl") as visitor:
        csrf = csrf_of(visitor.get("/profile").text)
        refused = [visitor.get("/accounts"), visitor.get("/audit"), visitor.get("/publish/new/indicator")]
        refused.append(visitor.post("/saved", data={"csrf": csrf, "name": "x"}))
    with house.visitor(Role.ANALYST, language="sr-Cyrl") as visitor:
        csrf = csrf_of(visitor.get("/profile").text)
        refused += [
            visitor.post("/saved", data={"csrf": "wrong", "name": "x"}),
            visitor.post("/saved", data={"csrf": csrf}),
            visitor.post("/saved", data={"csrf": csrf, "name": "x", "sieve": "{"}),
            visitor.post("/saved", data={"csrf": csrf}, headers={"origin": "https://elsewhere.example"}),
        ]
    for answer in refused:
        assert answer.status_code >= 400
        assert english(answer.text) == []


def test_what_may_be_chosen_in_a_workflow_is_in_the_readers_language(house: House) -> None:
    with house.visitor(*Role, language="sr-Cyrl") as visitor:
        case = visitor.get(f"/cases/{_case(house)}/facts").text
    assert '<option value="routine"' in case
    assert ">Рутинска</option>" in case


def test_the_test_finds_what_it_looks_for() -> None:
    assert english("<p>The form is too large</p>") == ["The form is too large"]
    assert english("<p>Образац</p><option>near miss</option>") == ["near miss"]
    assert english('<p lang="en">The form is too large</p><code>a b c</code><p>TLP:AMBER, STIX</p>') == []
