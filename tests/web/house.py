"""A real node with its pages on a real server on loopback: what the tests of pages send their requests to."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
from tests.exchange.served import serving

from egnatia.exchange.api.app import app
from egnatia.exchange.api.surface import Surface
from egnatia.exchange.submission import Handling, Submission, Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.node.domains import routes
from egnatia.settings import Organisation, Section, Settings
from egnatia.web.account.account import Account, new_account, now
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.feed.collected import searches
from egnatia.web.mount import lost, pages
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name

PASSPHRASE = "for a test"
OWN = "identity--00000000-0000-4000-8000-0000000000c1"


class House:
    """A node, where it is served by which surface, and who may come in."""

    def __init__(self, node: Node, url: str, door: Door, surface: Surface) -> None:
        self.node, self.url, self.door, self.surface = node, url, door, surface

    @contextmanager
    def visitor(self, *roles: Role, organisation: str | None = None, language: str = "en") -> Iterator[httpx.Client]:
        """A browser without JavaScript of a person with these roles; of the public for none."""
        cookies = {}
        if roles:
            account = self.account(*roles, organisation=organisation, language=language)
            cookies[self.cookie] = self.door.sessions.begin(account.name, "a test", Origin("127.0.0.1", "test"))
        with httpx.Client(
            base_url=self.url, cookies=cookies, headers={"Accept-Language": language}, timeout=30
        ) as client:
            yield client

    def account(self, *roles: Role, organisation: str | None = None, language: str = "en") -> Account:
        """A new person with these roles; as yet with nothing to sign in with."""
        name = f"ana.{secrets.token_hex(4)}"
        account = new_account(name, "Ana Test", organisation or self.node.own, frozenset(roles), language=language)
        self.door.accounts.add(account)
        return account

    @property
    def cookie(self) -> str:
        """What the cookie of a session is called here."""
        return cookie_name(SESSION, self.node.settings)

    def submit(self, *bodies: bytes, owner: str = "", applied: Sequence[str] = ()) -> Submission:
        """Records handed in and durable."""
        submitter = Submitter(owner or self.node.own, "test", ALL_RIGHTS)
        outcome = self.node.admission.submit(list(bodies), submitter, handling=Handling(tuple(applied))).result(30)
        assert not outcome.refused, outcome.refused
        return outcome


@contextmanager
def housed(
    folder: Path, *, clock: Callable[[], int] = now, beat_seconds: float = 15, **sections: Section
) -> Iterator[House]:
    """A new node, served with its pages until the end of the block. `clock` is that of its door; `sections` are
    settings; every `beat_seconds` who listens is asked whether they may stay."""
    organisation = Organisation(name="CSIRT of a test", id=OWN, economy="ME")
    settings = msgspec.structs.replace(Settings(organisation=organisation, base=str(folder)), **sections)
    Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        door = Door(node, clock=clock)
        saved = searches(node.store, node.organisations)
        whole = app(
            node,
            extra=(*pages(node, entrance=door), *routes(node)),
            beat_seconds=beat_seconds,
            searches=saved,
            lost=lost(node, door),
        )
        with serving(whole) as url:
            yield House(node, url, door, whole.state.surface)


def csrf_of(page: str) -> str:
    """The token in the first form of a page."""
    return page.partition('name="csrf" value="')[2].partition('"')[0]
