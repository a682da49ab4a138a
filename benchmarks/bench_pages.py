"""How long a node takes to make its pages over a large log:

    python -m benchmarks.bench_pages [--rows 1000000] [--url postgresql://...] [--folder kept]

Among the records is a busy one that thousands of relationships name, and there are two hundred open cases. The records
were added over 60 days, as far as the log tells. Pages are asked for over loopback, one after the other, by somebody
who sees everything and by somebody who sees 1%; client and server share the machine, so the server's own time is less
than what is said here.
"""

import argparse
import secrets
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

import httpx
import msgspec
from benchmarks.bench_store import FRIEND, OWNER, fill
from benchmarks.figure import Figure
from sqlalchemy import text
from tests.exchange.served import serving

from egnatia.casework.registry import Opening
from egnatia.exchange.api.app import app
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.record.case import CaseParty
from egnatia.settings import Organisation, Settings
from egnatia.settings.declared import Storage
from egnatia.store import Known
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.mount import pages
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name

PASSPHRASE: Final = "for a measurement"  # noqa: S105  nothing is behind it
TARGET_MS: Final = 50
HEAVIEST_KB: Final = 150
DAYS: Final = 60
TIMES: Final = 40
LINKS: Final = 20_000
CASES: Final = 200

CLEAR: Final = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
RED: Final = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
AT: Final = "2026-01-01T00:00:00.000Z"

PATHS: Final = (
    ("situation, 7 days", "/?span=week"),
    ("situation, 30 days", "/?span=month"),
    ("feed", "/feed"),
    ("feed, one type", "/feed?type=tool"),
    ("feed, everything of a day", "/feed?all=true&days=1"),
    ("search, a word of every record", "/search?q=record"),
    ("search, a rare word", "/search?q=word77"),
    ("search, an address", "/search?q=10.1.2.3"),
    ("suggestions", "/search/suggest?q=rec"),
    ("suggestions, a beginning of one record in ten", "/search/suggest?q=word7"),
    ("workbench", "/intel"),
    ("workbench, a question", "/intel?q=type:indicator+word77"),
    ("workbench, since and confidence", "/intel?q=type:indicator+since:30d+confidence%3E50"),
    ("workbench, an address", "/intel?q=value:10.1.2.3"),
    ("workbench, suggestions", "/intel/suggest?q=type:ind"),
    ("workbench, graph", "/intel/graph"),
    ("workbench, actors", "/intel/actors"),
    ("workbench, landscape", "/intel/landscape"),
    ("workbench, look-alikes", "/intel/lookalikes"),
    ("workbench, techniques", "/intel/matrix"),
    ("workbench, techniques by month", "/intel/matrix?by=month"),
    ("workbench, outputs", "/intel/outputs"),
    ("workbench, sources", "/intel/sources"),
    ("workbench, a new source", "/intel/sources/new"),
    ("cases", "/cases"),
    ("cases, what is due", "/cases/due"),
    ("cases, a new one", "/cases/new"),
    ("notices", "/notices"),
    ("notices, how many", "/notices/count"),
    ("incidents", "/incidents"),
    ("incidents, the protocol", "/incidents/protocol"),
    ("incidents, playbooks", "/incidents/playbooks"),
    ("incidents, teams", "/incidents/teams"),
    ("incidents, summary", "/incidents/summary"),
    ("exercises", "/exercises"),
    ("exercises, a new one", "/exercises/new"),
    ("publish", "/publish"),
    ("publish, quickly", "/publish/quick"),
    ("publish, reviews", "/publish/reviews"),
    ("publish, an alert", "/publish/product/alert"),
    ("publications", "/products"),
    ("publications, exploited", "/products/exploited"),
    ("reports", "/triage"),
    ("publish, a form", "/publish/new/indicator"),
    ("recalls", "/recall"),
    ("accounts", "/accounts"),
    ("tokens", "/tokens"),
    ("profile", "/profile"),
    ("about", "/about"),
    ("organisations", "/organisations"),
    ("agreements", "/agreements"),
    ("peers", "/peers"),
    ("audit", "/audit"),
    ("settings and health", "/settings"),
    ("portal", "/public/en"),
    ("portal, a section", "/public/en/alerts"),
    ("portal, exploited", "/public/en/exploited"),
    ("portal, search", "/public/en/search?q=record"),
    ("portal, feed", "/public/en/feed.atom"),
)


COUNTED: Final = ("/intel/landscape", "/intel/matrix", "/intel/matrix?by=month")
"""Pages whose figures are kept for a minute where they are large: what the first reader waits for is said too."""

OF_RECORD: Final = ("", "/links", "/history", "/audience", "/origin", "/raw")
"""The sides of a record's page."""


def figures(rows: int = 1_000_000, *, url: str = "", folder: str = "") -> Iterator[Figure]:
    """Times of the pages over a log of so many rows. `url` is an empty PostgreSQL database, SQLite where it is not
    given; what is in `folder` is measured again, or made there."""
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield from _figures(rows, url, folder)
        return
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as place:
        yield from _figures(rows, url, place)


def _figures(rows: int, url: str, folder: str) -> Iterator[Figure]:
    organisation = Organisation(name="Measured", id=OWNER, economy="ME")
    settings = Settings(organisation=organisation, base=folder, storage=Storage(url=url))
    if is_new := not (Path(folder) / "node").exists():
        Node.create(settings, PASSPHRASE)
    with Node.open(settings, PASSPHRASE) as node:
        node.store.organisations.put(Known(FRIEND, "Friend", "AL", member=False))
        node.forget_facts()
        if is_new:
            fill(node.store, rows)
            node.store.indexer.wait_for(node.store.position(), 7_200)
            _spread(node)
        paths = (*PATHS, *_records(node), *_cases(node))
        node.store.indexer.wait_for(node.store.position(), 7_200)
        door = Door(node)
        with serving(app(node, extra=pages(node, entrance=door))) as address:
            for name, who in (("all", OWNER), ("1%", FRIEND)):
                account = new_account(f"x{secrets.token_hex(4)}", name, who, frozenset(Role))
                door.accounts.add(account)
                cookie = door.sessions.begin(account.name, "a measurement", Origin("127.0.0.1", "bench"))
                with httpx.Client(base_url=address, cookies={cookie_name(SESSION, settings): cookie}) as client:
                    yield from _times(client, f"who sees {name}, {rows:,} rows", paths)


def _records(node: Node) -> Iterator[tuple[str, str]]:
    """The pages of a record that stands alone, and of one that thousands name, of which one in a hundred is for all."""
    busy, alone = (_record("malware", CLEAR, name=name, is_family=True) for name in ("Busy", "Alone"))
    _submit(node, busy, alone)
    for start in range(0, LINKS, 500):
        _submit(node, *(_link(busy["id"], CLEAR if number % 100 == 0 else RED) for number in range(start, start + 500)))
    for name, record in (("record", alone), ("busy record", busy)):
        for side in OF_RECORD:
            yield f"{name}{side.replace('/', ', ')}", f"/records/{record['id']}{side}"
        yield f"{name}, in common", f"/intel/common/{record['id']}"
        yield f"{name}, in the graph", f"/intel/graph?at={record['id']}&open={record['id']}"
        yield f"{name}, edit", f"/publish/edit/{record['id']}"
        yield f"{name}, recall", f"/recall/{record['id']}"


def _cases(node: Node) -> Iterator[tuple[str, str]]:
    """The pages of one of many open cases."""
    parties = (
        CaseParty(party_ref=OWNER, economy="ME", roles=("asking",)),
        CaseParty(party_ref=FRIEND, economy="AL", roles=("asked",)),
    )
    facts = {"urgency": "urgent", "asked_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    who = Submitter(OWNER, "a measurement", ALL_RIGHTS)
    for number in range(CASES):
        opening = Opening(workflow="information-request", title=f"Case {number}", parties=parties, facts=facts)
        case = node.casework.open(who, opening)
    node.casework.catch_up()
    yield "a case", f"/cases/{case}"
    yield "a case, its facts", f"/cases/{case}/facts"
    yield "a case, who joins", f"/cases/{case}/join"


def _submit(node: Node, *records: dict[str, object]) -> None:
    bodies = [msgspec.json.encode(each) for each in records]
    outcome = node.admission.submit(bodies, Submitter(OWNER, "a measurement", ALL_RIGHTS)).result(60)
    if outcome.refused:
        raise ValueError(outcome.refused)


def _record(kind: str, marking: str, **more: object) -> dict[str, object]:
    own = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid.uuid4()}", "created": AT, "modified": AT}
    return {**own, "created_by_ref": OWNER, "object_marking_refs": [marking], **more}


def _link(target: object, marking: str) -> dict[str, object]:
    source = f"tool--{uuid.uuid4()}"
    return _record("relationship", marking, relationship_type="uses", source_ref=source, target_ref=target)


def _times(client: httpx.Client, reader: str, paths: Sequence[tuple[str, str]]) -> Iterator[Figure]:
    began = time.perf_counter()
    while "still being counted" in client.get("/?span=month", timeout=60).text:
        time.sleep(0.05)
    yield Figure(f"situation counted as a whole after the start, {reader}", time.perf_counter() - began, "s")
    for name, path in paths:
        began = time.perf_counter()
        first = client.get(path, timeout=60)
        if first.status_code in {403, 404}:
            continue  # it is not for this reader
        first.raise_for_status()
        if path in COUNTED:
            yield Figure(f"{name}, {reader}, counted anew", (time.perf_counter() - began) * 1_000, "ms")
        yield Figure(f"{name}, {reader}, weight of its HTML", len(first.content) / 1_000, "kB", HEAVIEST_KB)
        both = [_took(client, path) for _ in range(TIMES)]
        clock, core = (sorted(each[of] for each in both) for of in (0, 1))
        yield Figure(f"{name}, {reader}, p50", median(clock), "ms")
        yield Figure(f"{name}, {reader}, of one core, p95", core[int(TIMES * 0.95) - 1], "ms")
        yield Figure(f"{name}, {reader}, p95", clock[int(TIMES * 0.95) - 1], "ms", TARGET_MS)


def _took(client: httpx.Client, path: str) -> tuple[float, float]:
    """Milliseconds of the clock, and of one core: client and server together, whatever else the machine is doing."""
    clock, core = time.perf_counter(), time.process_time()
    client.get(path, timeout=60).raise_for_status()
    return (time.perf_counter() - clock) * 1_000, (time.process_time() - core) * 1_000


def _spread(node: Node) -> None:
    """As if the log had grown over two months."""
    now, span = time.time_ns() // 1_000, DAYS * 86_400_000_000
    last = node.store.position()
    with node.store.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE versions SET at = :first + (:span / :last) * position"),
            {"first": now - span, "span": span, "last": last},
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--url", default="")
    parser.add_argument("--folder", default="")
    given = parser.parse_args()
    for figure in figures(given.rows, url=given.url, folder=given.folder):
        print(figure, flush=True)
