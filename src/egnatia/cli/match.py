"""Own logs are matched with all live indicators; what is found can become sightings."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import click
import msgspec

from egnatia.cli.desk import REFUSED, Desk, Failure, Unreachable, Wrong, command, table
from egnatia.cli.handling import TLP_IDS
from egnatia.cli.manners import several
from egnatia.cli.transfer import LOCAL
from egnatia.cyber.intel.language import parse
from egnatia.cyber.intel.log_match import LONG, Burden, burdens
from egnatia.cyber.intel.searching import known_to
from egnatia.cyber.intel.sighting import Sights, Telling, records, sighting_id
from egnatia.cyber.intel.source import Sources
from egnatia.cyber.intel.warning_index import warning_lists
from egnatia.cyber.intel.watch import LEAST, Terms, Watch, Watched, watch
from egnatia.engine.connection import NotInstalled, embedded
from egnatia.engine.log import FORMS, Source, Unreadable, sources
from egnatia.engine.pattern import Observation
from egnatia.engine.scanning import EMPTY, Place, Scan, Tally
from egnatia.exchange.submission import Submitter
from egnatia.node import Node
from egnatia.store import Row

SHOWN: Final = 100
"""Hits that are shown to a person; all are in the summary, and with --json all are told."""

BATCH: Final = 500


class Hit(msgspec.Struct, frozen=True):
    """An indicator on a line of a log. `at` is None where the line names no time."""

    indicator: str
    kind: str
    value: str
    score: int
    at: str | None
    log: str
    number: int
    line: str


class Summary(msgspec.Struct, frozen=True):
    """What a run has read and found; `slow` are the patterns that made it slow, `costly` those that were given up."""

    lines: int
    malformed: int
    hits: int
    lines_hit: int
    indicators: int
    looked_for: int
    left_out: dict[str, int]
    logs: tuple[Tally, ...]
    undecided: int
    sightings: int
    slow: tuple[Burden, ...]
    costly: tuple[Burden, ...]


@click.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(allow_dash=True))
@click.option("--format", "form", type=click.Choice([*FORMS]), help="What the logs are in; else it is recognised.")
@click.option("--for", "organisation", help="Identity id: as that organisation; else as this node's own.")
@click.option("--search", default="", help="Only indicators that match, in the search language (docs/intel.md).")
@click.option("--least", default=LEAST, show_default=True, type=click.IntRange(0, 100), help="The least score.")
@click.option("--allow", multiple=True, metavar="VALUE", help="Never look for this address, network, domain or digest.")
@click.option("--sightings", is_flag=True, help="Tell others: one sighting for each indicator and day.")
@click.option("--observed", is_flag=True, help="With what was observed, as observed-data (TLP:RED unless --tlp).")
@click.option("--counts-only", is_flag=True, help="Sightings with counts alone: no line, no address of ours.")
@click.option("--tlp", type=click.Choice(list(TLP_IDS)), default="red", help="Who may see what was observed.")
@click.option("--threads", type=click.IntRange(1, 256), help="Processors to use; all of them if left out.")
@command
def match(desk: Desk, logs: tuple[str, ...], *, form: str | None, **how: Any) -> None:
    """Match LOGS with all live indicators: files, folders, or `-` for stdin; plain, .gz or .zst.

    Zeek (TSV, JSON), Suricata EVE, BIND, dnsmasq and unbound queries, Squid, nginx and Apache, NetFlow and other CSV,
    Sysmon and other JSON lines, Parquet. Domains match with all under them, addresses with their networks, patterns as
    STIX says. Exit code 1 where something was found.

    \b
    egnatia match dns.log.gz
    egnatia match /var/log/zeek --least 50 --json
    zcat access.log.gz | egnatia match - --format squid
    egnatia match eve.json --sightings --counts-only
    """
    if (how["observed"] or how["counts_only"]) and not how["sightings"]:
        raise Wrong("--observed and --counts-only say how --sightings are told: add --sightings")
    if how["observed"] and how["counts_only"]:
        raise Wrong("--observed or --counts-only, not both")
    if how["sightings"] and how["organisation"]:
        raise Wrong("--sightings are told by this node's own organisation: leave --for out")
    try:
        found = list(sources(logs))
    except Unreadable as error:
        raise Unreachable(str(error)) from error
    now = datetime.now(UTC)
    with desk.node() as node:
        organisation = how["organisation"] or node.own
        watched = _watch(node, organisation, now, how)
        desk.aside(f"Looking for {several(len(watched), 'value or pattern', 'values and patterns')}.")
        _tell_slow(desk, watched)
        try:
            scan = Scan(watched.matcher, now, embedded(threads=how["threads"]))
        except NotInstalled as error:
            raise Failure(str(error)) from error
        run = _Run(desk, found, form)
        sights = Sights()
        trial = _Trial()
        watched.matcher.tell_of_trials(trial.now)
        try:
            for hit in run.hits(scan, watched):
                run.show(hit)
                for each in hit[1]:
                    if how["sightings"]:
                        sights.add(hit[0].indicator, each)
        except KeyboardInterrupt:
            trial.tell(desk)
            raise
        told = _tell(node, sights, now, how) if how["sightings"] and len(sights) else 0
        node.note("match", detail=f"{run.lines:,} lines, {run.count:,} hits, {told} sightings")
    run.end(watched, told)


def _watch(node: Node, organisation: str, now: datetime, how: dict[str, Any]) -> Watch:
    clearance = node.clearance_of(organisation)
    terms = Terms(
        least=how["least"],
        allow=how["allow"],
        warnings=warning_lists(node.settings.data),
        term=parse(how["search"]),
        known=known_to(node.store, clearance, node.facts.organisations()),
        reliabilities=Sources(node.store).reliabilities(),
    )
    return watch(node.store, clearance, now, terms)


SLOW: Final = 3
"""Patterns that are named because all of a log is read for them."""


def _tell_slow(desk: Desk, watched: Watch) -> None:
    """Which patterns make a run slow, so that somebody may narrow them, or leave them out with --search."""
    slow = watched.matcher.slow()
    if not slow:
        return
    named = "; ".join(_harmless(f"{each.indicator} {each.value[:80]}") for each in slow[:SLOW])
    more = f"; and {len(slow) - SLOW:,} more" if len(slow) > SLOW else ""
    desk.aside(f"{several(len(slow), 'pattern')} can only be tried on every line, which takes long: {named}{more}")


class _Trial:
    """Which pattern is being tried: who breaks off a run that does not end is told."""

    def __init__(self) -> None:
        self._key: Watched | None = None

    def now(self, key: Watched | None) -> None:
        """This one, or none."""
        self._key = key

    def tell(self, desk: Desk) -> None:
        """Names it."""
        if self._key is not None:
            named = _harmless(f"{self._key.indicator} {self._key.value[:80]}")
            desk.aside(f"It was broken off while this pattern was being tried: {named}")


def _harmless(line: str) -> str:
    """A line of somebody's as a terminal may show it: nothing in it can command the terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _move(moved: Callable[[int], None], log: Source) -> None:
    moved(log.bytes_read)


class _Run:
    """One run over all logs, and what it shows."""

    def __init__(self, desk: Desk, logs: list[Source], form: str | None) -> None:
        self._desk, self._logs, self._form = desk, logs, form
        self.tallies: list[Tally] = []
        self.unreadable: list[str] = []
        self.count = 0
        self._last: tuple[str, int] = ("", 0)
        self._lines_hit = 0
        self._by: Counter[Watched] = Counter()
        self._shown: list[tuple[str, ...]] = []

    @property
    def lines(self) -> int:
        """Lines of all logs."""
        return sum(each.lines for each in self.tallies)

    def hits(self, scan: Scan, watched: Watch) -> Iterator[tuple[Watched, tuple[Observation, ...]]]:
        """Each pattern with the observations that satisfy it. A log that cannot be read is told and stops no other."""
        for found in watched.matcher.match(self._observations(scan)):
            self.count += 1
            self._by[found.key] += 1
            yield found.key, found.observations

    def _observations(self, scan: Scan) -> Iterator[Observation]:
        for log in self._logs:
            tally = Tally(log.name)
            with self._desk.progress(log.name, log.size) as moved:
                try:
                    yield from scan.observations(log, tally, form=self._form, on_block=partial(_move, moved, log))
                except Unreadable as error:
                    self.unreadable.append(str(error))
                    continue
                except OSError as error:
                    self.unreadable.append(f"{log.name}: {error.strerror or error}")
                    continue
            self.tallies.append(tally)

    def show(self, hit: tuple[Watched, tuple[Observation, ...]]) -> None:
        """One hit: with --json a line at once, else a row of the table in the end."""
        watched, observations = hit
        for observation in observations:
            place: Place = observation.source
            if (place.log, place.number) != self._last:  # all that one line shows comes together
                self._last = (place.log, place.number)
                self._lines_hit += 1
            at = None if place.at is None else place.at.isoformat(timespec="milliseconds")
            made = Hit(
                watched.indicator, watched.kind, watched.value, watched.score, at, place.log, place.number, place.line
            )
            if self._desk.as_json:
                self._desk.answer(made)
            elif len(self._shown) < SHOWN:
                where = f"{place.log}:{place.number}"
                self._shown.append(
                    (at or "", watched.value[:80], str(watched.score), where, _harmless(place.line[:160]))
                )

    def end(self, watched: Watch, sightings: int) -> None:
        """The summary; exits as what was found, or could not be read, asks for."""
        malformed = sum(each.malformed for each in self.tallies)
        summary = Summary(
            self.lines,
            malformed,
            self.count,
            self._lines_hit,
            len({each.indicator for each in self._by}),
            len(watched),
            dict(watched.left_out),
            tuple(self.tallies),
            len(watched.matcher.undecided),
            sightings,
            *burdens(watched),
        )
        desk = self._desk
        if desk.as_json:
            desk.answer({"summary": summary})
        else:
            self._draw(summary)
        for each in self.unreadable:
            click.echo(f"Not read: {each}", err=True)
        if self.unreadable and not self.tallies:
            raise Unreachable("No log could be read")
        if self.count or self.unreadable:
            raise SystemExit(REFUSED)

    def _draw(self, summary: Summary) -> None:
        desk = self._desk
        if self._shown:
            desk.out.print(table(("time", "indicator", "score", "where", "line"), self._shown))
            often = self._by.most_common(20)
            most = [(each.value[:80], each.kind, f"{count:,}", each.indicator) for each, count in often]
            desk.out.print(table(("value", "kind", "times", "indicator"), most))
            if summary.hits > len(self._shown):
                desk.aside(
                    f"The first {len(self._shown)} of {several(summary.hits, 'hit')} are shown; --json gives all."
                )
        hits = several(summary.hits, "hit")
        desk.out.print(
            f"{several(summary.lines, 'line')} read, {summary.malformed:,} malformed. {hits} of "
            f"{several(summary.indicators, 'indicator')} on {several(summary.lines_hit, 'line')}."
        )
        for tally in self.tallies:
            for number, line in tally.examples[:1]:
                wrong = f"{tally.log}: {several(tally.malformed, 'line')} not of the form {tally.form}"
                desk.aside(f"{wrong}, as line {number}: {line[:100]!r}")
            if tally.form == EMPTY:
                desk.aside(f"{tally.log} is empty.")
            if tally.truncated:
                desk.aside(f"{tally.log} ends before its end; what came before was read.")
        if summary.undecided:
            named = "; ".join(_harmless(f"{each.indicator} {each.value[:80]}") for each in summary.costly[:SLOW])
            desk.aside(f"Too costly to decide: {several(summary.undecided, 'pattern')}: {named}")
        for each in summary.slow[:SLOW]:
            if each.seconds >= LONG:
                desk.aside(_harmless(f"{each.seconds:,.1f} s went into {each.indicator} {each.value[:80]}"))
        if summary.sightings:
            desk.out.print(f"{several(summary.sightings, 'sighting')} told.")


def _tell(node: Node, sights: Sights, now: datetime, how: dict[str, Any]) -> int:
    """Hands the sightings in, on behalf of this node's organisation; how many are new or say more than before."""
    indicators = _rows(node, [each.indicator for each in sights])
    present = _rows(node, [sighting_id(node.own, each) for each in sights])
    telling = Telling(
        organisation=node.own,
        now=now,
        counts_only=how["counts_only"],
        observed=how["observed"],
        observed_tlp=how["tlp"],
    )
    bodies = list(records(sights, indicators, present, telling))
    submitter = Submitter(node.own, "command line", LOCAL)
    told = 0
    for first in range(0, len(bodies), BATCH):
        outcome = node.admission.submit(bodies[first : first + BATCH], submitter, tolerant=False).result()
        if outcome.refused:
            raise Failure(f"Sightings were refused: {outcome.refused[0].problems[0]}")
        told += sum(1 for each in outcome.accepted if each.id.startswith("sighting--"))
    return told


def _rows(node: Node, ids: list[str]) -> dict[str, Row]:
    clearance = node.clearance_of(node.own)
    unique = list(dict.fromkeys(ids))
    found: dict[str, Row] = {}
    for first in range(0, len(unique), BATCH):
        found |= {row.id: row for row in node.store.get(clearance, unique[first : first + BATCH])}
    return found
