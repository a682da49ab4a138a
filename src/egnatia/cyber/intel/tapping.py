"""A source is read from where it was left; a failure is kept with the source and tried again when it is next due."""

import hashlib
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import msgspec

from egnatia.cyber.intel.feed_sync import BROKEN, FeedSync
from egnatia.cyber.intel.held import Waiting, decided_for, wants_second
from egnatia.cyber.intel.leaving import Leaving, Stays
from egnatia.cyber.intel.overlap import overlap, overlaps
from egnatia.cyber.intel.server_sync import ServerSync
from egnatia.cyber.intel.sifting import Sifting
from egnatia.cyber.intel.source import SECONDS, Health, Source, Sources
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.exchange.calling import guarded
from egnatia.exchange.formats.bringing import Bringing, as_held, never
from egnatia.exchange.formats.conversion import TLP_IDS, Conversion, remark
from egnatia.exchange.formats.csaf import read_advisory
from egnatia.exchange.formats.fetching import SOURCE_BYTES, fetched, no_page, unpacked
from egnatia.exchange.formats.listing import read_list
from egnatia.exchange.formats.misp import Terms, read_events
from egnatia.exchange.formats.misp import server as misp_server
from egnatia.exchange.formats.misp.feed import HASHES
from egnatia.exchange.formats.misp.hashes import LIMIT_BYTES as HASHES_BYTES
from egnatia.exchange.formats.misp.hashes import hashes_in
from egnatia.exchange.formats.taxii import pull
from egnatia.exchange.host import Host
from egnatia.exchange.importing import Finding, Tally, counted, import_stream, upgraded
from egnatia.exchange.patience import Patient
from egnatia.exchange.submission import Handling, Right, Submission, Submitter
from egnatia.exchange.trouble import Busy, trouble_of
from egnatia.record.record import Invalid
from egnatia.record.split import split

_RIGHTS: Final = frozenset({Right.SUBMIT, Right.RELEASE})
"""What a source brings was settled by the operator who keeps it: its licence, its default label."""

COUNTED_SECONDS: Final = 86_400
"""How much of a feed is known here is counted anew so often at least: what others bring changes it."""


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
    before, known = kept.health(source.name), kept.sources.get(source.name)
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
    after = kept.sources.get(source.name)
    # Of one that was removed or led elsewhere meanwhile nothing is kept: it would go on where this one was left.
    if known is None or (after is not None and (after.url, after.kind) == (source.url, source.kind)):
        kept.healths.put(source.name, health)
    return health


def client_for(host: Host, source: Source) -> httpx.Client:
    """What calls a source as it wants to be called: with its key, and nowhere but where the node calls. Raises OSError
    where the file of its key cannot be read."""
    secret = Path(source.secret).read_text(encoding="utf-8").strip() if source.secret else ""
    patient = Patient(guarded(host.settings, source.url if source.inside else ""))
    if source.kind == "misp-server":
        return misp_server.client_of(source.url, secret, transport=patient)
    auth = httpx.BasicAuth(source.user, secret) if source.user else None
    headers = {"Authorization": f"Bearer {secret}"} if secret and not source.user else {}
    return httpx.Client(auth=auth, headers=headers, timeout=60, follow_redirects=True, transport=patient)


def part_of(client: httpx.Client, source: Source) -> Callable[[str], bytes]:
    """Fetches files of a source by their names in its folder, unpacked; no name is the source itself. Raises Unread."""

    def fetch(name: str) -> bytes:
        where = f"{source.url.rstrip('/')}/{name}" if name else source.url
        return no_page(where, unpacked(fetched(client, where)[0], SOURCE_BYTES))

    return fetch


REASONS: Final = 3
"""So many reasons for refusals are kept."""


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
        self._broken, self._broken_in_all = before.broken, before.broken_in_all
        self._now = time.time_ns() // 1_000
        self._leaving = Leaving(host, source.name, self._end)
        self._sifting = Sifting(host, source.name, self._terms, self._bringing, self._tally)

    def health(self) -> Health:
        """What has come of it so far."""
        tally = self._tally
        remarks = sum(count for (_, refused), count in tally.rules.items() if not refused)
        refusals = [(count, rule) for (rule, refused), count in tally.rules.most_common() if refused][:REASONS]
        return Health(
            reasons=tuple(f"{count} × {tally.examples[rule, True].problem}"[:300] for count, rule in refusals),
            added=tally.added, present=tally.present, refused=tally.refused, remarks=remarks, mark=self._mark,
            etag=self._etag, authors=tuple(self._authors)[:1_000], broken=self._broken,
            broken_in_all=self._broken_in_all,
        )  # fmt: skip

    def read(self) -> None:
        """All that is new. Raises OSError, Invalid or ValueError."""
        with nullcontext(self._client) if self._client is not None else client_for(self._host, self._source) as client:
            self._read(client)

    def _read(self, client: httpx.Client) -> None:
        source = self._source
        match source.kind:
            case "taxii21" | "taxii20":
                self._taxii(client)
            case "misp-server":
                self._server(client)
            case "misp-feed":
                self._feed(client)
            case _:
                content, etag = fetched(client, source.url, self._etag)
                if content:
                    self._document(self._plain(content))
                self._etag = etag

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

    def _feed(self, client: httpx.Client) -> None:
        sync = FeedSync(
            self._host, self._source.name, self._terms, bring=self._bring, held=self._bringing.versions,
            leaving=self._leaving,
        )  # fmt: skip
        sync.read(part_of(client, self._source), self._broken, self._now)
        self._broken, self._broken_in_all = tuple(sync.broken[:BROKEN]), len(sync.broken)
        self._count(client)

    def _count(self, client: httpx.Client) -> None:
        """How much of the feed is known here, where that may have changed; a feed without hashes does not tell."""
        kept, name = overlaps(self._host.store), self._source.name
        before = kept.get(name)
        try:
            content = fetched(client, f"{self._source.url.rstrip('/')}/{HASHES}", limit=HASHES_BYTES)[0]
            plain = no_page(HASHES, unpacked(content, HASHES_BYTES))
        except OSError as error:
            kept.remove(name)
            self._bring([Conversion((), (remark(HASHES, "the hashes of the values of a MISP feed", str(error)),))])
            return
        digest = hashlib.sha256(plain).digest()
        is_old = before is None or before.digest != digest or self._now - before.at > COUNTED_SECONDS * SECONDS
        if is_old or self._tally.added:
            clearance = self._host.clearance_of(self._host.own)
            made = overlap(self._host.store, clearance, hashes_in(plain), self._leaving.held())
            kept.put(name, msgspec.structs.replace(made, at=self._now, digest=digest))

    def _server(self, client: httpx.Client) -> None:
        sync = ServerSync(
            self._host,
            self._source.name,
            self._terms,
            bring=self._bring,
            leaving=self._leaving,
            versions=self._bringing.versions,
        )
        for mark in sync.read(client, self._mark):
            self._mark = mark
        if self._source.give_to:
            sync.tell(client, self._source.give_to, self._host.settings.organisation.name)

    def _end(self, reports: Mapping[str, Iterable[str]], stays: Stays) -> None:
        _merge(self._tally, self._bringing.end(reports, stays))

    def _bring(self, conversions: Iterable[Conversion]) -> None:
        _merge(self._tally, self._bringing.bring(conversions))

    def _admit(self, bodies: Sequence[bytes]) -> "Future[Submission]":
        if self._stopping():
            raise OSError("the node is stopping; it goes on where it was")
        for body in bodies:
            author = msgspec.json.decode(body, type=_Authored).created_by_ref
            if author:
                self._authors[author] = None
        if self._source.kind in {"stix", "taxii21", "taxii20"}:
            bodies = as_held(self._host.store, self._host.clearance_of(self._host.own), self._host.own, bodies)
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
