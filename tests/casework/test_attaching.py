"""Files of a case: they reach the parties whole and nobody else, and say what their hash is known for."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.casework.test_partition import SECONDS, events, fold, offices, opened
from tests.exchange.gate import AMBER, hand_in, indicator
from tests.exchange.peer.region import pair, region, until
from tests.exchange.peer.test_exchange import on_disk
from tests.web.cases.test_cases import BANK, LAW
from tests.web.house import House, housed

from egnatia.casework.attaching import (
    PIECE_BYTES,
    File,
    Incomplete,
    attach,
    attached,
    content,
    described,
    known_for,
    plain_name,
)
from egnatia.casework.follower import Follower
from egnatia.casework.registry import Deed, Opening, Refused, Registry, Unknown
from egnatia.exchange.submission import Submitter
from egnatia.node import ALL_RIGHTS
from egnatia.record.case import CaseParty
from egnatia.store import EVERYTHING

BIG = File(name="диск.img", content=bytes(range(256)) * 4 * 1024 + b"end")
"""A file of three pieces."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with housed(tmp_path) as found:
        found.node.host(BANK, "Bank of a test", "ME")
        found.node.host(LAW, "Prosecutor of a test", "ME")
        yield found


def who(house: House, organisation: str = "") -> Submitter:
    return Submitter(organisation or house.node.own, "officer", ALL_RIGHTS)


def case_of(house: House) -> str:
    parties = (
        CaseParty(party_ref=house.node.own, economy="ME", roles=("national-csirt", "competent-authority")),
        CaseParty(party_ref=BANK, economy="ME", roles=("affected-entity",)),
    )
    return house.node.casework.open(who(house), Opening(workflow="incident", title="x", parties=parties))


def seen(registry: Registry, house: House, organisation: str, file: str) -> bytes:
    clearance = house.node.clearance_of(organisation)
    found = described(registry, clearance, [file])
    return content(registry, clearance, found[file]) if file in found else b""


def records(house: House, organisation: str) -> int:
    rows = house.node.store.changes(house.node.clearance_of(organisation), 0, 1_000, EVERYTHING).rows
    return sum(row.id.startswith("case-attachment") for row in rows)


def test_a_file_comes_whole_to_the_parties_and_nothing_of_it_to_others(house: House) -> None:
    registry, case = house.node.casework, case_of(house)
    event = attach(registry, who(house), case, BIG)
    (file,) = attached(event)
    assert len(BIG.content) > 2 * PIECE_BYTES
    assert seen(registry, house, BANK, file) == BIG.content
    assert seen(registry, house, LAW, file) == b""
    assert records(house, LAW) == 0
    assert records(house, BANK) == 4


def test_a_file_for_some_roles_alone_comes_to_no_other(house: House) -> None:
    registry, case = house.node.casework, case_of(house)
    (file,) = attached(attach(registry, who(house), case, BIG, only=("competent-authority",)))
    assert seen(registry, house, house.node.own, file) == BIG.content
    assert records(house, BANK) == 0


@pytest.mark.parametrize("whole", [True, False])
def test_who_joins_is_given_files_as_it_is_given_what_was_said(house: House, whole: bool) -> None:
    registry, case = house.node.casework, case_of(house)
    (file,) = attached(attach(registry, who(house), case, BIG))
    fields = {"roles": ["law-enforcement"], "economy": "ME", "whole": whole}
    registry.act(who(house), case, Deed(does="join", about=(LAW,), fields=fields))
    assert seen(registry, house, LAW, file) == (BIG.content if whole else b"")


def test_who_is_no_party_or_brings_nothing_attaches_nothing(house: House) -> None:
    registry, case = house.node.casework, case_of(house)
    with pytest.raises(Unknown):
        attach(registry, who(house, LAW), case, BIG)
    with pytest.raises(ValueError, match="between 1 and"):
        attach(registry, who(house), case, File(name="x", content=b""))
    registry.act(who(house, BANK), case, Deed(does="leave"))
    with pytest.raises(Refused):
        attach(registry, who(house, BANK), case, BIG)


def test_a_file_of_which_a_piece_is_missing_or_altered_is_not_given(house: House) -> None:
    registry, case = house.node.casework, case_of(house)
    clearance = house.node.clearance_of(house.node.own)
    (file,) = attached(attach(registry, who(house), case, BIG))
    record = described(registry, clearance, [file])[file]
    missing = (*record.piece_refs[:2], "case-attachment-piece--00000000-0000-4000-8000-000000000000")
    with pytest.raises(Incomplete, match="1 of 3 pieces"):
        content(registry, clearance, msgspec.structs.replace(record, piece_refs=missing))
    with pytest.raises(Incomplete, match="another"):
        content(registry, clearance, msgspec.structs.replace(record, sha256="0" * 64))


def test_a_hash_that_an_indicator_names_is_told(house: House) -> None:
    registry, case = house.node.casework, case_of(house)
    clearance = house.node.clearance_of(house.node.own)
    (file,) = attached(attach(registry, who(house), case, BIG))
    digest = described(registry, clearance, [file])[file].sha256
    assert known_for(registry, clearance, digest) == ()
    bad = indicator(AMBER, pattern=f"[file:hashes.'SHA-256' = '{digest}']", created_by_ref=house.node.own)
    hand_in(house.node, bad, owner=house.node.own)
    assert [row.id for row in known_for(registry, clearance, digest)] == [bad["id"]]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.exe", "a.exe"),
        ("a\r\nb: c.txt", "ab c.txt"),
        ("", "file"),
        ("..", "file"),
        ("извештај.pdf", "извештај.pdf"),
        ("\u202egnp.exe", "gnp.exe"),
    ],
)
def test_a_name_leads_nowhere(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_a_file_travels_to_the_party_at_another_node(tmp_path: Path) -> None:
    async def run() -> None:
        async with offices(tmp_path, "here", "there", "beside") as (here, there, beside):
            case = await asyncio.to_thread(opened, here, there)
            await until(lambda: bool(_folded(there, case)), seconds=SECONDS)
            officer = Submitter(here.own, "officer", ALL_RIGHTS)
            event = await asyncio.to_thread(attach, here.node.casework, officer, case, BIG)
            (file,) = attached(event)
            await until(lambda: event.id in events(there, case), seconds=SECONDS)
            clearance = there.node.clearance_of(there.own)
            await until(lambda: file in described(there.node.casework, clearance, [file]), seconds=SECONDS)
            record = described(there.node.casework, clearance, [file])[file]
            assert content(there.node.casework, clearance, record) == BIG.content
            everything = beside.node.clearance_of(beside.own)
            rows = beside.node.store.changes(everything, 0, 1_000, EVERYTHING).rows
            assert not [row for row in rows if row.id.startswith("case")]

    asyncio.run(run())


def test_a_file_passes_a_relay_that_takes_no_part_sealed(tmp_path: Path) -> None:
    words = "ime i prezime žrtve: само за странке".encode()

    async def run() -> None:
        async with region(tmp_path, "origin", "hub", "bank", mesh=False) as (origin, hub, bank):
            pair(origin, hub, scope="all")
            pair(bank, hub, scope="all")
            followers = [Follower(each.node.casework) for each in (origin, hub, bank)]
            try:
                case = await asyncio.to_thread(opened, origin, bank)
                await until(lambda: bool(_folded(bank, case)), seconds=SECONDS)
                officer = Submitter(origin.own, "officer", ALL_RIGHTS)
                file = File(name="statement.txt", content=words * 1_000)
                event = await asyncio.to_thread(attach, origin.node.casework, officer, case, file)
                (name,) = attached(event)
                clearance = bank.node.clearance_of(bank.own)
                await until(lambda: name in described(bank.node.casework, clearance, [name]), seconds=SECONDS)
                record = described(bank.node.casework, clearance, [name])[name]
                assert content(bank.node.casework, clearance, record) == file.content
                assert [row for row in hub.rows() if row.type == "sealed-record"]
                for hidden in (b64encode(words * 3)[:40], b"statement.txt", case.encode(), name.encode()):
                    assert hidden in on_disk(bank)
                    assert hidden not in on_disk(hub)
            finally:
                for each in followers:
                    await asyncio.to_thread(each.close)

    asyncio.run(run())


def _folded(at: object, case: str) -> bool:
    try:
        return bool(fold(at, case))  # type: ignore[arg-type]  # a running node
    except Unknown:
        return False
