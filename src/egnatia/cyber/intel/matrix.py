"""Which techniques are told of, how often, by whom: the ATT&CK matrix and that of DISARM as the answer to a query."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from egnatia.cyber.intel.language import Term
from egnatia.cyber.intel.matching import (
    Candidate,
    Known,
    changed,
    economies_of,
    matches,
    sectors_of,
    technique_numbers,
    techniques_of,
)
from egnatia.cyber.intel.searching import PAGE, candidate_of
from egnatia.policy import Clearance, Tlp
from egnatia.policy.meet import strictest_tlp
from egnatia.store import Lean, Query, Store
from egnatia.store.query import LAST

Fields = dict[str, Any]

ATTACK: Final = (
    "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
    "stealth", "defense-evasion", "defense-impairment", "credential-access", "discovery", "lateral-movement",
    "collection", "command-and-control", "exfiltration", "impact",
)  # fmt: skip
"""The tactics of ATT&CK Enterprise, in the order of an intrusion."""

DISARM: Final = (
    "plan-strategy", "plan-objectives", "target-audience-analysis", "develop-narratives", "develop-content",
    "establish-assets", "establish-legitimacy", "microtarget", "select-channels-and-affordances",
    "conduct-pump-priming", "deliver-content", "maximise-exposure", "drive-online-harms", "drive-offline-activity",
    "persist-in-the-information-environment", "assess-effectiveness",
)  # fmt: skip
"""The tactics of DISARM, in the order of an operation."""

_ATTACK_FROM: Final = "T0800"
_ATTACK_CHAINS: Final = frozenset({"mitre-attack", "mitre-ics-attack"})

TELLING: Final = (
    "report", "grouping", "relationship", "indicator", "incident", "sighting", "campaign", "malware", "note", "case",
)  # fmt: skip
"""Record types that tell of a technique; the technique itself does not count."""

EXAMPLES: Final = 3
LOOKED_AT: Final = 5_000
"""The most records that one matrix looks at, the newest ones."""

_MAY_TELL: Final = re.compile(rb"attack-pattern--|T\d{4}|\\u00")
"""What the bytes of a record that tells of a technique hold: its id or its number, if not escaped."""


Split = Literal["", "economy", "sector", "month"]
"""By what the heat of techniques is told apart."""


class Extent(msgspec.Struct, frozen=True):
    """How much of a matrix: the order of its tactics, whether also techniques that nobody tells of, how many of the
    newest records are looked at, and by what the heat is told apart."""

    order: tuple[str, ...] = ATTACK
    with_empty: bool = False
    budget: int = LOOKED_AT
    split: Split = ""


USUAL: Final = Extent()


class Cell(msgspec.Struct, frozen=True):
    """One technique: how many records tell of it, how many organisations, and the newest of these records."""

    number: str
    name: str
    tactics: tuple[str, ...]
    records: int
    organisations: int
    examples: tuple[str, ...]


class Matrix(msgspec.Struct, frozen=True):
    """Techniques by tactic, tactics in their order. `covered` techniques are told of, of `known` ones. Where it is not
    `complete`, only the newest records were looked at. `heat` is how many records tell of a technique (by its number)
    in each economy, sector or month, as was asked. `tlp` is the strictest of the records that tell of any."""

    tactics: tuple[str, ...]
    cells: Mapping[str, tuple[Cell, ...]]
    covered: int
    known: int
    complete: bool
    heat: Mapping[str, Mapping[str, int]] = {}
    tlp: Tlp = Tlp.CLEAR


def matrix(
    store: Store,
    clearance: Clearance,
    term: Term,
    known: Known,
    now: datetime,
    extent: Extent = USUAL,
) -> Matrix:
    """The matrix of what a reader may see of the records that match."""
    is_disarm = extent.order == DISARM
    names, tactics = _techniques(store, clearance, is_disarm=is_disarm)
    told: dict[str, list[Lean]] = {}
    heat: dict[str, Counter[str]] = {}
    looked = 0
    for row in islice(_rows(store, clearance, TELLING), extent.budget):
        looked += 1
        if _MAY_TELL.search(row.body) is None:
            continue
        candidate = candidate_of(row)
        if matches(term, candidate, known, now):
            parts = _parts(extent.split, candidate, known)
            for number in techniques_of(candidate.record, known):
                if _is_disarm(number) == is_disarm:
                    told.setdefault(number, []).append(row)
                    heat.setdefault(number, Counter()).update(parts)
    cells = {
        number: _cell(number, names.get(number, number), tactics.get(number, ()), told.get(number, []))
        for number in {*told, *(names if extent.with_empty else ())}
    }
    found = {tactic for cell in cells.values() for tactic in cell.tactics}
    ordered = (*(each for each in extent.order if each in found), *sorted(found - set(extent.order)))
    columns = {
        tactic: tuple(sorted((cell for cell in cells.values() if tactic in cell.tactics), key=_by_heat))
        for tactic in ordered
    }
    lost = tuple(sorted((cell for cell in cells.values() if not cell.tactics), key=_by_heat))
    return Matrix(
        (*ordered, *(("other",) if lost else ())),
        columns | ({"other": lost} if lost else {}),
        len(told),
        len(names),
        looked < extent.budget,
        heat,
        max((strictest_tlp(row.label) for rows in told.values() for row in rows), default=Tlp.CLEAR),
    )


def _parts(split: Split, candidate: Candidate, known: Known) -> set[str]:
    """To which parts of a split a record counts."""
    match split:
        case "economy":
            return economies_of(candidate, known)
        case "sector":
            return sectors_of(candidate.record, known)
        case "month":
            return {f"{changed(candidate.record):%Y-%m}"}
        case _:
            return set()


def _by_heat(cell: Cell) -> tuple[int, str]:
    return (-cell.records, cell.number)


def _cell(number: str, name: str, tactics: tuple[str, ...], rows: Sequence[Lean]) -> Cell:
    newest = [row.id for row in sorted(rows, key=lambda row: -row.position)[:EXAMPLES]]
    return Cell(number, name, tactics, len(rows), len({row.owner for row in rows}), tuple(newest))


def technique_names(store: Store, clearance: Clearance) -> dict[str, str]:
    """The techniques of ATT&CK that are loaded and may be seen: their names by their numbers, in order."""
    return dict(sorted(_techniques(store, clearance, is_disarm=False)[0].items()))


def every_technique_name(store: Store, clearance: Clearance) -> dict[str, str]:
    """The same of ATT&CK and DISARM together."""
    return _techniques(store, clearance, is_disarm=True)[0] | _techniques(store, clearance, is_disarm=False)[0]


def _is_disarm(number: str) -> bool:
    """DISARM numbers its techniques below those of ATT&CK, whose lowest are those for industrial control systems."""
    return number < _ATTACK_FROM


def _techniques(
    store: Store, clearance: Clearance, *, is_disarm: bool
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Names and tactics by number. DISARM's own STIX says that its phases are those of ATT&CK, so its numbers count."""
    names: dict[str, str] = {}
    tactics: dict[str, tuple[str, ...]] = {}
    for row in _rows(store, clearance, ("attack-pattern",)):
        record = msgspec.json.decode(row.body, type=Fields)
        if record.get("revoked") or record.get("x_mitre_deprecated"):
            continue
        for number in technique_numbers(record)[:1]:
            if _is_disarm(number) != is_disarm:
                continue
            phases = tuple(
                str(each.get("phase_name", ""))
                for each in record.get("kill_chain_phases", ())
                if is_disarm or each.get("kill_chain_name") in _ATTACK_CHAINS
            )
            if phases or number not in names:
                names[number], tactics[number] = str(record["name"]), phases
    return names, tactics


def _rows(store: Store, clearance: Clearance, types: tuple[str, ...]) -> Iterator[Lean]:
    """Records of these types, newest first."""
    query = Query(types=types, versions=(LAST,), newest_first=True)
    after = 0
    while True:
        page = store.bodies(clearance, after, PAGE, query)
        yield from page.rows
        if not page.more:
            return
        after = page.next
