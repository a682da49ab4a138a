"""How long the situation of incidents and the quarterly summary take over many open cases, and what one more event in a
case costs the next reader: `python -m benchmarks.bench_incidents`."""

import secrets
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from statistics import quantiles
from typing import Final

import httpx
from benchmarks.bench_pages import PASSPHRASE, TARGET_MS
from benchmarks.bench_store import OWNER
from benchmarks.figure import Figure
from tests.exchange.served import serving

from egnatia.casework.audience import marking, stamp_of
from egnatia.casework.registry import Deed
from egnatia.exchange.api.app import app
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS, Node
from egnatia.record.case import Case, CaseParty, identified
from egnatia.record.marking import TLP2_IDS
from egnatia.record.schemas import CASE
from egnatia.settings import Organisation, Settings
from egnatia.web.account.account import new_account
from egnatia.web.account.door import Door
from egnatia.web.account.session import Origin
from egnatia.web.mount import pages
from egnatia.web.permission import Role
from egnatia.web.visit import SESSION, cookie_name

AT_ONCE: Final = 500
TIMES: Final = 40
EVENTS: Final = 20
PATHS: Final = (("situation of incidents", "/incidents"), ("quarterly summary", "/incidents/summary"))
_AMBER_STRICT: Final = next(id_ for id_, name in TLP2_IDS.items() if name == "amber+strict")


def figures(count: int = 10_000) -> Iterator[Figure]:
    """Times of the two pages over so many open incidents, asked for over loopback."""
    with tempfile.TemporaryDirectory(prefix="egnatia-bench-") as folder:
        settings = Settings(organisation=Organisation(name="Measured", id=OWNER, economy="ME"), base=folder)
        Node.create(settings, PASSPHRASE)
        with Node.open(settings, PASSPHRASE) as node:
            cases = _filled(node, count)
            door = Door(node)
            with serving(app(node, extra=pages(node, entrance=door))) as address:
                account = new_account(f"x{secrets.token_hex(4)}", "all", OWNER, frozenset(Role))
                door.accounts.add(account)
                cookie = door.sessions.begin(account.name, "a measurement", Origin("127.0.0.1", "bench"))
                with httpx.Client(base_url=address, cookies={cookie_name(SESSION, settings): cookie}) as client:
                    for name, path in PATHS:
                        yield from _times(node, client, (name, path), cases)


def _filled(node: Node, count: int) -> list[str]:
    """Open incidents of the node's organisation alone."""
    rng = Random(3)  # noqa: S311 - the same incidents every time
    book = node.casework.library.newest("incident")
    assert book is not None
    workflow = book.workflow
    who, stamp = Submitter(OWNER, "a measurement", ALL_RIGHTS), stamp_of(datetime.now(UTC))
    id_, definition = marking({OWNER})
    made: list[str] = []
    for start in range(0, count, AT_ONCE):
        bodies = [definition]
        for number in range(start, min(start + AT_ONCE, count)):
            case = identified(
                Case(
                    id="",
                    spec_version="2.1",
                    created=stamp,
                    modified=stamp,
                    created_by_ref=OWNER,
                    object_marking_refs=(_AMBER_STRICT, id_),
                    title=f"Incident {number}",
                    workflow=workflow.name,
                    workflow_version=workflow.version,
                    parties=(CaseParty(party_ref=OWNER, economy="ME", roles=("national-csirt", "affected-entity")),),
                    facts={
                        "kind": "incident",
                        "severity": rng.choice(("red", "yellow", "green", "white")),
                        "sectors": [rng.choice(("energy", "health", "transport", "banking"))],
                        "affected_economies": rng.sample(("ME", "AL", "RS", "MK"), 2),
                    },
                )
            )
            made.append(case.id)
            bodies.append(CASE.write(case))
        outcome = node.admission.submit(bodies, who).result(60)
        if outcome.refused:
            raise ValueError(outcome.refused)
    node.casework.catch_up()
    return made


def _times(node: Node, client: httpx.Client, page: tuple[str, str], cases: list[str]) -> Iterator[Figure]:
    name, path = page
    first = _took(client, path)
    words = f"{name}, {len(cases):,} open incidents"
    yield Figure(f"{words}, counted as a whole once after the start", first, "ms")
    taken = [_took(client, path) for _ in range(TIMES)]
    yield Figure(f"{words}, p95", quantiles(taken, n=20)[-1], "ms", TARGET_MS)
    after: list[float] = []
    for case in cases[:EVENTS]:
        deed = Deed(does="set", fields={"severity": "yellow"})
        node.casework.act(Submitter(OWNER, "a measurement", ALL_RIGHTS), case, deed)
        after.append(_took(client, path))
    yield Figure(f"{words}, just after an event in one of them, p95", quantiles(after, n=20)[-1], "ms", TARGET_MS)


def _took(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    client.get(path, timeout=120).raise_for_status()
    return (time.perf_counter() - began) * 1_000


if __name__ == "__main__":
    for figure in figures():
        print(figure, flush=True)
