"""Every route of a node is walked by those whom policy keeps out: nobody sees what is hidden, learns that it is there,
changes anything, or makes the node fail.

The routes are asked of the application itself, so a new page is walked without a line here; a parameter of a new name
is asked for by the test until `walk.Hidden` knows a thing to put in its place.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import msgspec
import pytest
from tests.web.house import House, csrf_of
from tests.web.walk import BANK, EVERYTHING, FIXED, HUSH, Walk, walked

from egnatia.cyber.incidents.playbook_shelf import Playbooks
from egnatia.cyber.intel.consuming import Outputs
from egnatia.cyber.intel.giving import Conflicts
from egnatia.cyber.intel.held import Waiting
from egnatia.cyber.intel.source import Sources
from egnatia.exchange import token
from egnatia.exchange.review import Reviews
from egnatia.exchange.submission import Right
from egnatia.web.account.account import now
from egnatia.web.account.session import Origin
from egnatia.web.cases.templating import Templates
from egnatia.web.intake.tip import Tips
from egnatia.web.navigation import all_entries
from egnatia.web.permission import Role, granted


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    with walked(tmp_path_factory.mktemp("routes")) as made:
        yield made


@pytest.fixture(
    params=[
        "nobody",
        "an expired session",
        "a reader at a bank",
        "everything at a bank",
        "a bank's program",
        "a revoked token",
    ]
)
def outsider(walk: Walk, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Somebody from whom everything is to be hidden."""
    house = walk.house
    match request.param:
        case "nobody":
            with house.visitor() as client:
                yield client
        case "an expired session":
            account = house.account(*EVERYTHING)
            cookie = house.door.sessions.begin(account.name, "a test", Origin("127.0.0.1", "test"))
            house.door.sessions.end_all(account.name)
            with house.visitor() as client:
                client.cookies.set(house.cookie, cookie)
                yield client
        case "a bank's program" | "a revoked token":
            with house.visitor() as client:
                revoked = request.param == "a revoked token"
                client.headers["Authorization"] = f"Bearer {program(house, revoked=revoked)}"
                yield client
        case "a reader at a bank":
            with house.visitor(Role.READER, organisation=BANK) as client:
                yield client
        case _:
            with house.visitor(*EVERYTHING, organisation=BANK) as client:
                yield client


def program(house: House, *, revoked: bool) -> str:
    """A token of the bank's that may read, or one of the operator's that could do all and is revoked."""
    minted, organisation = token.mint(), house.node.own if revoked else BANK
    rights = frozenset(Right) if revoked else frozenset({Right.READ})
    house.node.store.tokens.add(
        token.Token(
            id=minted.id, digest=minted.digest, organisation=organisation, name="a program", rights=rights,
            created=now(), expires=now() + 10**12, issued_by="ana",
        )
    )  # fmt: skip
    if revoked:
        house.node.store.tokens.revoke(minted.id, now())
    return minted.text


def test_every_parameter_of_a_route_is_walked(walk: Walk) -> None:
    names = {name for _, form in walk.forms for name in re.findall(r"\{(\w+)", form)}
    assert names - FIXED.keys() - walk.hidden.things.keys() == set()
    assert len(walk.forms) > 250


def test_the_operators_people_do_find_what_is_hidden(walk: Walk) -> None:
    with walk.house.visitor(*EVERYTHING) as ana:
        for path in ("/records/{record_id}", "/cases/{case}", "/intel/sources/{name}", "/triage/{tip_id}"):
            assert HUSH in ana.get(walk.hidden.path(path)).text, path


def test_no_page_shows_outsiders_what_is_hidden(walk: Walk, outsider: httpx.Client) -> None:
    for form in walk.asked("GET"):
        path = walk.hidden.path(form)
        answer = outsider.get(path)
        assert answer.status_code < 500, path
        shown = answer.text.replace(path, "").replace(f"/{HUSH}", "")
        assert HUSH not in shown, (path, shown[max(0, shown.find(HUSH) - 200) :][:300])


@pytest.mark.parametrize("name", ["record_id", "record", "recall_id", "agreement", "case", "name", "saved_id", "draft",
    "review_id", "tip_id", "template", "key", "token_id", "consumer", "word"])  # fmt: skip
def test_what_is_hidden_and_what_is_not_there_are_one_answer(walk: Walk, outsider: httpx.Client, name: str) -> None:
    for form in walk.asked("GET", by=name):
        here, gone = walk.hidden.path(form), walk.hidden.path(form, missing=True)
        answers = outsider.get(here), outsider.get(gone)
        if all(each.status_code != 429 for each in answers):  # who tried too often waits, whatever they ask for
            assert told(answers[0], here) == told(answers[1], gone), form


def told(answer: httpx.Response, path: str) -> tuple[int, str, dict[str, str]]:
    """All that an answer tells, but for what was asked and what is new in every answer."""
    things = [part for part in path.split("/") if part]
    text = re.sub(r'name="csrf" value="[^"]*"', "", answer.text)
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
    said = msgspec.json.encode(headers).decode()
    for thing in sorted(things, key=len, reverse=True):
        text, said = text.replace(thing, "*"), said.replace(thing, "*")
    return answer.status_code, re.sub(r"[0-9]+ (ms|seconds?)|[0-9:.TZ-]{20,}", "", text), msgspec.json.decode(said)


def test_no_form_of_an_outsider_changes_anything(walk: Walk, outsider: httpx.Client) -> None:
    change_nothing(walk, outsider, hush=HUSH)


def change_nothing(walk: Walk, client: httpx.Client, *, hush: str) -> None:
    """Hands in every form with nothing in it; none shows `hush`, and nothing is otherwise afterwards."""
    before = state(walk.house)
    csrf = csrf_of(client.get("/about").text)
    for method, form in walk.forms:
        if method in {"GET", "HEAD"}:
            continue
        for path in dict.fromkeys((walk.hidden.path(form), walk.hidden.path(form, missing=True))):
            answer = client.request(method, path, data={"csrf": csrf})
            assert answer.status_code < 500, (method, path, answer.text[:500])
            shown = answer.text.replace(path, "").replace(f"/{HUSH}", "")
            assert not hush or hush not in shown, (method, path)
    assert state(walk.house) == before


def test_a_reader_of_the_operator_changes_nothing_and_opens_no_page_of_others_work(walk: Walk) -> None:
    with walk.house.visitor(Role.READER) as reader:
        for way in all_entries():
            allowed = way.permission in granted(frozenset({Role.READER}))
            assert (reader.get(way.path).status_code == 200) == allowed, way.path
        change_nothing(walk, reader, hush="")


def state(house: House) -> Mapping[str, Any]:
    """What others could have changed."""
    store = house.node.store
    return {
        "records": store.position(),
        "tokens": [(each.id, each.revoked) for each in store.tokens.all()],
        "accounts": {each.name: (each.roles, each.disabled) for each in house.door.accounts.all() if HUSH in each.name},
        "outputs": Outputs(store).outputs.all(),
        "sources": Sources(store).sources.all(),
        "templates": Templates(store).of(house.node.own),
        "playbooks": Playbooks(store, house.node.own).all(),
        "held": Waiting(store).understood.all(),
        "conflicts": Conflicts(store).kept.all(),
        "reviews": Reviews(store, house.node.own).latest(),
        "tips": [(each.id, each.state) for each in Tips(store, house.node.secret).latest()],
        "peers": house.node.pairings.all(),
        "organisations": house.node.organisations(),
    }
