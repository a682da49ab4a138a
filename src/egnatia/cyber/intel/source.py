"""Where intelligence comes from: each source with its schedule, licence, handling and reliability, and how it goes.

A source is read from where it was left; a failure is kept with the source and tried again when it is next due.
"""

import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import httpx
import msgspec

from egnatia.cyber.intel.held import Waiting, decided_for, wants_second
from egnatia.cyber.intel.score import Reliability
from egnatia.cyber.intel.server_sync import ServerSync
from egnatia.cyber.intel.sifting import Sifting
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.calling import guarded
from egnatia.exchange.formats.bringing import Bringing, never
from egnatia.exchange.formats.conversion import TLP_IDS, Conversion
from egnatia.exchange.formats.csaf import read_advisory
from egnatia.exchange.formats.fetching import SOURCE_BYTES, fetched, no_page, unpacked
from egnatia.exchange.formats.listing import ListMapping, read_list
from egnatia.exchange.formats.misp import Terms, read_events
from egnatia.exchange.formats.misp import server as misp_server
from egnatia.exchange.formats.misp.feed import read_feed
from egnatia.exchange.formats.taxii import Mark, pull
from egnatia.exchange.host import Host
from egnatia.exchange.importing import Finding, Tally, counted, import_stream, upgraded
from egnatia.exchange.patience import Patient
from egnatia.exchange.submission import Handling, Right, Submission, Submitter
from egnatia.exchange.trouble import Busy, trouble_of
from egnatia.record.record import Invalid
from egnatia.record.split import split
from egnatia.store import Store
from egnatia.store.keeping import Kept

Kind = Literal["misp", "misp-feed", "misp-server", "list", "stix", "taxii21", "taxii20", "csaf"]
SECONDS: Final = 1_000_000
_RIGHTS: Final = frozenset({Right.SUBMIT, Right.RELEASE})
"""What a source brings was settled by the operator who keeps it: its licence, its default label."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source. `tlp` is put on everything that it brings, besides what it says itself. `reliability` is its grade in
    the Admiralty code. `secret` is the file that holds its key or password, `user` the name that goes with it.
    `community` and `understand` are what is settled of a MISP server (docs/intel.md); `give_to` is the identity of the
    organisation that reads there: with it our own reports are put onto the server, as far as that one may see them.
    `inside` lets its own host be no public address or without TLS; only the machine's command line says so."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    kind: Kind
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://\S+$")]
    every_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)] = 60
    licence: str = ""
    tlp: Literal["clear", "green", "amber", "amber+strict", "red"] | None = None
    reliability: Reliability = "F"
    mapping: ListMapping | None = None
    user: str = ""
    secret: str = ""
    community: tuple[str, ...] = ()
    understand: dict[str, str] = {}
    give_to: str = ""
    paused: bool = False
    inside: bool = False

    def check(self) -> None:
        """Raises ValueError where something that its kind needs is missing."""
        if self.kind == "list" and self.mapping is None:
            raise ValueError("a list needs a mapping")
        if self.give_to and self.kind != "misp-server":
            raise ValueError("only a MISP server can be given something")


class Health(msgspec.Struct, frozen=True):
    """How a source goes: times in microseconds UTC, 0 for never. `mark` and `etag` are where it was left; `authors` are
    the organisations whose word it carries; `wait_seconds` is how long the server wanted to be left alone at the last
    try, `trouble` what was wrong then (`exchange.trouble`)."""

    tried: int = 0
    succeeded: int = 0
    failures: int = 0
    error: str = ""
    added: int = 0
    present: int = 0
    refused: int = 0
    remarks: int = 0
    mark: Mark = Mark()
    etag: str = ""
    authors: tuple[str, ...] = ()
    wait_seconds: float = 0
    trouble: str = ""


class Sources:
    """The sources that a node keeps, and how they go."""

    def __init__(self, store: Store) -> None:
        self.sources: Kept[Source] = store.kept("source", Source)
        self.healths: Kept[Health] = store.kept("source-health", Health)
        self.waiting = Waiting(store)

    def save(self, source: Source) -> None:
        """Keep a source in the place of one of the same name; raises ValueError where it makes no sense."""
        source.check()
        self.sources.put(source.name, source)

    def health(self, name: str) -> Health:
        """How a source goes."""
        return self.healths.get(name) or Health()

    def due(self, now: int) -> list[Source]:
        """Those whose time has come. One that fails waits longer each time, a day at most."""
        unread = self.waiting.unread.all()
        return [
            each
            for each in self.sources.all().values()
            if not each.paused
            and (each.name in unread or now - (held := self.health(each.name)).tried >= _wait(each, held) * SECONDS)
        ]

    def reliabilities(self) -> Mapping[str, Reliability]:
        """What the word of an author counts for, by the best source that carries it."""
        found: dict[str, Reliability] = {}
        for source in self.sources.all().values():
            named = [source.mapping.name] if source.mapping else []
            for author in (*named, *self.health(source.name).authors):
                found[author] = min(found.get(author, "F"), source.reliability)
        return found


def _wait(source: Source, health: Health) -> float:
    """Seconds between two tries."""
    every = source.every_minutes * 60
    return max(min(every * 2.0 ** min(health.failures, 10), max(every, 86_400)), health.wait_seconds)


def run(
    host: Host,
    source: Source,
    *,
    client: httpx.Client | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Health:
    """Read a source from where it was left, and keep how it went. Raises nothing for what the source does wrong. Once
    it is `stopping`, it breaks off before the next page."""
    kept = Sources(host.store)
    before = kept.health(source.name)
    if kept.waiting.unread.take(source.name):
        before = msgspec.structs.replace(before, etag="")
    run_ = _Run(host, source, before, client, stopping)
    now = time.time_ns() // 1_000
    try:
        run_.read()
    except (OSError, Invalid, ValueError) as error:
        health = msgspec.structs.replace(
            run_.health(), tried=now, failures=before.failures + 1, error=str(error)[:500], succeeded=before.succeeded,
            wait_seconds=error.seconds if isinstance(error, Busy) else 0, trouble=trouble_of(error).value,
        )  # fmt: skip
    else:
        health = msgspec.structs.replace(run_.health(), tried=now, succeeded=now, failures=0, error="")
    kept.healths.put(source.name, health)
    return health


class _Run:
    """One reading of one source."""

    def __init__(
        self,
        host: Host,
        source: Source,
        before: Health,
        client: httpx.Client | None,
        stopping: Callable[[], bool],
    ) -> None:
        self._host, self._source = host, source
        self._client, self._stopping = client, stopping
        self._tally = Tally()
        self._mark, self._etag = before.mark, before.etag
        self._authors = dict.fromkeys(before.authors)
        given = Terms(community=source.community, decided=source.understand, tlp=source.tlp)
        waiting = Waiting(host.store)
        self._terms = waiting.terms(source.name, given, second=wants_second(host))
        self._applied = (TLP_IDS[source.tlp],) if source.tlp else ()
        guard = warning_lists(host.settings.data).reason if source.kind == "list" else never
        self._bringing = Bringing(
            host.store, host.clearance_of(host.own), host.own, self._admit, guard=guard,
            doubt=waiting.doubt(source.name, given, self._applied),
        )  # fmt: skip
        self._sifting = Sifting(host, source.name, self._terms, self._bringing, self._tally)

    def health(self) -> Health:
        """What has come of it so far."""
        tally = self._tally
        remarks = sum(count for (_, refused), count in tally.rules.items() if not refused)
        return Health(
            added=tally.added, present=tally.present, refused=tally.refused, remarks=remarks, mark=self._mark,
            etag=self._etag, authors=tuple(self._authors)[:1_000],
        )  # fmt: skip

    def read(self) -> None:
        """All that is new. Raises OSError, Invalid or ValueError."""
        with nullcontext(self._client) if self._client is not None else self._opened() as client:
            self._read(client)

    def _read(self, client: httpx.Client) -> None:
        source = self._source
        match source.kind:
            case "taxii21" | "taxii20":
                self._taxii(client)
            case "misp-server":
                self._server(client)
            case "misp-feed":

                def fetch(name: str) -> bytes:
                    return self._plain(fetched(client, f"{source.url.rstrip('/')}/{name}", "")[0])

                self._bring(read_feed(fetch, self._terms, self._bringing.versions))
            case _:
                content, etag = fetched(client, source.url, self._etag)
                if content:
                    self._document(self._plain(content))
                self._etag = etag

    def _opened(self) -> httpx.Client:
        source = self._source
        secret = Path(source.secret).read_text(encoding="utf-8").strip() if source.secret else ""
        patient = Patient(guarded(self._host.settings, source.url if source.inside else ""))
        if source.kind == "misp-server":
            return misp_server.client_of(source.url, secret, transport=patient)
        auth = httpx.BasicAuth(source.user, secret) if source.user else None
        headers = {"Authorization": f"Bearer {secret}"} if secret and not source.user else {}
        return httpx.Client(auth=auth, headers=headers, timeout=60, follow_redirects=True, transport=patient)

    def _plain(self, content: bytes) -> bytes:
        return no_page(self._source.url, unpacked(content, SOURCE_BYTES))

    def _document(self, content: bytes) -> None:
        source = self._source
        match source.kind:
            case "misp":
                self._bring(read_events(content, self._terms))
            case "list" if source.mapping is not None:
                decided = decided_for(self._terms, source.mapping.name)
                self._bring([read_list(content, source.mapping, datetime.now(UTC), decided)])
            case "csaf":
                self._bring([read_advisory(content, self._terms.decided)])
            case _:
                self._sifting.learn(split(io.BytesIO(content)))
                import_stream(io.BytesIO(content), self._admit, sift=self._sifting.sift, tally=self._tally)
                self._sifting.finish()

    def _taxii(self, client: httpx.Client) -> None:
        version = "2.1" if self._source.kind == "taxii21" else "2.0"
        for bodies, mark in pull(client, self._source.url, self._mark, version):
            self._sifting.learn(bodies)
            fresh = [body for _, body in upgraded(bodies, self._refused, self._sifting.sift)]
            counted(self._tally, range(len(fresh)), self._admit(fresh).result(), lambda _: None)
            self._mark = mark
        self._sifting.finish()

    def _refused(self, index: int, error: Invalid) -> None:
        for problem in error.problems:
            self._tally.note(Finding(index, None, problem, refused=True))
        self._tally.refused += 1

    def _server(self, client: httpx.Client) -> None:
        sync = ServerSync(
            self._host,
            self._source.name,
            self._terms,
            bring=self._bring,
            end=self._end,
            versions=self._bringing.versions,
        )
        for mark in sync.read(client, self._mark):
            self._mark = mark
        if self._source.give_to:
            sync.tell(client, self._source.give_to, self._host.settings.organisation.name)

    def _end(self, reports: Iterable[str]) -> None:
        _merge(self._tally, self._bringing.end(reports))

    def _bring(self, conversions: Iterable[Conversion]) -> None:
        _merge(self._tally, self._bringing.bring(conversions))

    def _admit(self, bodies: Sequence[bytes]) -> "Future[Submission]":
        if self._stopping():
            raise OSError("the node is stopping; it goes on where it was")
        for body in bodies:
            author = msgspec.json.decode(body, type=_Authored).created_by_ref
            if author:
                self._authors[author] = None
        submitter = Submitter(self._host.own, f"source {self._source.name}", _RIGHTS)
        return self._host.admission.submit(bodies, submitter, handling=Handling(self._applied, stays_narrow=True))


class _Authored(msgspec.Struct):
    created_by_ref: str | None = None


def _merge(total: Tally, tally: Tally) -> None:
    total.read += tally.read
    total.added += tally.added
    total.present += tally.present
    total.refused += tally.refused
    total.rules.update(tally.rules)
