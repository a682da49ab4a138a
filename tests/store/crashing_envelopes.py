"""Nodes that take large TAXII envelopes and are killed, and the questions that the next one must answer.

A line of ACKNOWLEDGED is the id of an envelope's status and the number of its first object.
"""

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path

import msgspec
from tests.store.crashing import nurse

from egnatia.exchange.admission import Admission
from egnatia.exchange.caller import Caller
from egnatia.exchange.labelling import Labelling
from egnatia.exchange.submission import Right
from egnatia.exchange.taxii.intake import Intake
from egnatia.exchange.taxii.line import Arrived
from egnatia.exchange.taxii.status import Statuses
from egnatia.policy import PUBLIC, Handling, Tlp
from egnatia.store import Store, Token
from egnatia.trust import SigningKeys
from egnatia.trust.audit_check import verify
from egnatia.trust.errors import Forged
from egnatia.trust.keys import PublicKeys

CLIENTS = 3
MANY = 25
OWN = "identity--00000000-0000-4000-8000-000000000001"
CALLER = Caller(OWN, "crash", frozenset(Right), "crashing")

Acknowledged = dict[str, int]
"""The number of the first object of each envelope, by the id of its status."""


class Node:
    """As much of one as takes records in, quickly imported."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.admission = Admission(
            store,
            keys=SigningKeys.generate(),
            node="node--00000000-0000-4000-8000-00000000000f",
            labelling=Labelling(default=lambda _: Handling(tlp=Tlp.AMBER)),
            members=lambda: {OWN},
            clearance_of=lambda _: PUBLIC,
        )


def tool(number: int) -> bytes:
    """A record that is valid; its id ends in the number."""
    return (
        b'{"type":"tool","spec_version":"2.1","id":"tool--00000000-0000-4000-8000-%012x","name":"A tool",'
        b'"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z"}' % number
    )


def write(url: str, ledger: Path, seed: int, acknowledged: Path) -> None:
    """Take envelopes from several clients until the end, beside storing those that others left."""
    file = os.open(acknowledged, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    with Store.open(url, ledger=ledger) as store:
        if store.tokens.get(CALLER.token_id) is None:
            rights = frozenset(map(str, Right))
            store.tokens.add(Token(CALLER.token_id, b"", OWN, CALLER.name, rights, created=0))
        asyncio.run(_take(Node(store), seed, file))


async def _take(node: Node, seed: int, file: int) -> None:
    intake = Intake(node, Statuses(node.store))
    await intake.open()
    await asyncio.gather(*(_post(intake, seed * CLIENTS + client, file) for client in range(CLIENTS)))


async def _post(intake: Intake, number: int, file: int) -> None:
    chance = random.Random(number)  # noqa: S311 no secret
    for turn in range(10_000):
        start = (number * 10_000 + turn) * MANY
        body = b'{"objects":[%b]}' % b",".join(map(tool, range(start, start + MANY)))
        status = await intake.take(CALLER, (), body, MANY, time.time_ns() // 1_000)
        os.write(file, f"{msgspec.json.decode(status)['id']} {start}\n".encode())
        await asyncio.sleep(chance.choice((0, 0.03, 0.12)))


def wrong(url: str, ledger: Path, acknowledged: Acknowledged) -> list[str]:
    """What the next node gets wrong once it has stored all that waited."""
    with Store.open(url, ledger=ledger) as store:
        node = Node(store)
        try:
            asyncio.run(_finish(node))
        finally:
            node.admission.close()
        return [*_statuses(store, acknowledged), *_objects(store, acknowledged), *_audit(store)]


async def _finish(node: Node) -> None:
    intake = Intake(node, Statuses(node.store))
    await intake.open()
    journal, deadline = node.store.journal("taxii arrival", Arrived), time.monotonic() + 60
    while journal.heads():
        assert time.monotonic() < deadline, "what waits is not stored"
        await asyncio.sleep(0.01)
    await intake.close()


def _statuses(store: Store, acknowledged: Acknowledged) -> list[str]:
    statuses, findings = Statuses(store), []
    for id_, start in acknowledged.items():
        status = msgspec.json.decode(statuses.get(CALLER, id_) or b'{"status":"gone"}')
        if status["status"] != "complete" or status["success_count"] != MANY:
            findings.append(f"the envelope from {start} was acknowledged, and its status says {status}")
    return findings


def _objects(store: Store, acknowledged: Acknowledged) -> list[str]:
    with store.database.readers.link() as link:
        names = store.database.rows(link, "SELECT n.name FROM versions v JOIN names n ON n.number = v.name")
    there = Counter(int(name.rpartition("-")[2], 16) for (name,) in names)
    findings = [
        f"the envelope from {start} was acknowledged and is not whole"
        for start in acknowledged.values()
        if not all(there[number] == 1 for number in range(start, start + MANY))
    ]
    halves = Counter(number // MANY for number in there)
    return findings + [f"envelope {each} is there by half" for each, count in halves.items() if count != MANY]


def _audit(store: Store) -> list[str]:
    rows = list(store.audit_rows())
    with store.database.readers.link() as link:
        count = store.database.rows(link, "SELECT count(*) FROM versions")[0][0]
    submitted = sum(row.action == "submit" for row in rows)
    findings = [str(finding) for finding in verify(rows, [], [], _no_keys)]
    return findings + ([] if submitted * MANY == count else [f"{submitted} envelopes are audited for {count} objects"])


def _no_keys(node: str, key: str) -> PublicKeys:
    raise Forged("key", f"nothing here is signed, by {node} or {key}")


if __name__ == "__main__":
    SigningKeys.generate()
    nurse(write)
