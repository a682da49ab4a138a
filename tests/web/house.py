"""A real node with its pages on a real server on loopback: what the tests of pages send their requests to."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.exchange.served import serving

from egnatia.exchange.api.app import app
from egnatia.exchange.submission import Handling, Submission, Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.settings import Organisation, Settings
from egnatia.web.mount import pages
from egnatia.web.permission import Role, granted
from egnatia.web.visit import SESSION
from egnatia.web.visitor import Visitor

PASSPHRASE = "for a test"
OWN = "identity--00000000-0000-4000-8000-0000000000c1"


class Sessions:
    """An entrance that lets in whom the test names."""

    def __init__(self) -> None:
        self._visitors: dict[str, Visitor] = {}

    def begin(self, visitor: Visitor) -> str:
        """A cookie of a new session."""
        cookie = secrets.token_urlsafe(16)
        self._visitors[cookie] = visitor
        return cookie

    def visitor(self, cookie: str) -> Visitor | None:
        """Whose session it is."""
        return self._visitors.get(cookie)


class House:
    """A node, where it is served, and who may come in."""

    def __init__(self, node: Node, url: str, sessions: Sessions) -> None:
        self.node, self.url, self._sessions = node, url, sessions

    @contextmanager
    def visitor(self, *roles: Role, organisation: str | None = None, language: str = "en") -> Iterator[httpx.Client]:
        """A browser without JavaScript of a person with these roles; of the public for none."""
        cookies = {}
        if roles:
            person = Visitor(
                account="account--test",
                name="Ana Test",
                organisation=organisation or self.node.own,
                permissions=granted(frozenset(roles)),
                session=secrets.token_hex(8),
                language=language,
            )
            cookies[SESSION] = self._sessions.begin(person)
        with httpx.Client(
            base_url=self.url, cookies=cookies, headers={"Accept-Language": language}, timeout=30
        ) as client:
            yield client

    def submit(self, *bodies: bytes, owner: str = "", applied: Sequence[str] = ()) -> Submission:
        """Records handed in and durable."""
        submitter = Submitter(owner or self.node.own, "test", ALL_RIGHTS)
        outcome = self.node.admission.submit(list(bodies), submitter, handling=Handling(tuple(applied))).result(30)
        assert not outcome.refused, outcome.refused
        return outcome


@contextmanager
def housed(folder: Path) -> Iterator[House]:
    """A new node, served with its pages until the end of the block."""
    organisation = Organisation(name="CSIRT of a test", id=OWN, economy="ME")
    settings = Settings(organisation=organisation, base=str(folder))
    Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        sessions = Sessions()
        with serving(app(node, extra=(pages(node, entrance=sessions),))) as url:
            yield House(node, url, sessions)


def csrf_of(page: str) -> str:
    """The token in the first form of a page."""
    return page.partition('name="csrf" value="')[2].partition('"')[0]
