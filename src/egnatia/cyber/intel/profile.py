"""What is known of an adversary or a campaign, put together from all that is tied to it, as one reader may see it.

What belongs to the campaigns of an adversary belongs to it as well. Nothing is taken from another adversary that bears
the same name: that two are one is said by a relationship, which a person makes.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from egnatia.cyber.intel.graph import NO_SIEVE
from egnatia.cyber.intel.matching import Fields, technique_numbers
from egnatia.policy import Clearance
from egnatia.store import Row, Store, Tie

ACTORS: Final = ("threat-actor", "intrusion-set", "campaign")
CAMPAIGNS: Final = 30
"""The most campaigns whose own ties are looked at."""

EACH: Final = 200
"""The most records of one kind."""

SIGNS: Final = 50
"""The most indicators, the newest."""


class Way(msgspec.Struct, frozen=True):
    """A technique that it uses: its number, its name, the tactics it serves."""

    id: str
    number: str
    name: str
    tactics: tuple[tuple[str, str], ...]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An adversary or a campaign with what is tied to it, the newest first. `economies` and `sectors` are those of its
    targets; `indicators` counts all of them, `signs` are the newest; `same` are those of which somebody says that they
    are the same one."""

    row: Row
    names: tuple[str, ...]
    behind: tuple[Row, ...]
    campaigns: tuple[Row, ...]
    techniques: tuple[Way, ...]
    means: tuple[Row, ...]
    targets: tuple[Row, ...]
    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    signs: tuple[Row, ...]
    indicators: int
    reports: tuple[Row, ...]
    same: tuple[Row, ...]


def profile(store: Store, clearance: Clearance, record: str) -> Profile | None:
    """What is known of it; None where there is no such adversary or campaign for this reader."""
    rows = store.get(clearance, [record])
    if not rows or rows[0].type not in ACTORS:
        return None
    own = _ties(store, clearance, record)
    under = [tie.other for tie in own if tie.verb == "attributed-to" and not tie.forth and tie.type in ACTORS]
    under = list(dict.fromkeys(under))[:CAMPAIGNS]
    ties = [*own, *(tie for each in under for tie in _ties(store, clearance, each))]
    ids = {
        "behind": _others(own, verb="attributed-to", forth=True, types=ACTORS),
        "campaigns": under,
        "ways": _others(ties, verb="uses", forth=True, types=("attack-pattern",)),
        "means": _others(ties, verb="uses", forth=True, types=("malware", "tool", "infrastructure")),
        "targets": _others(ties, verb="targets", forth=True),
        "signs": _others(ties, verb="indicates", forth=False, types=("indicator",)),
        "reports": _others(ties, verb="object_refs", forth=False, types=("report", "grouping")),
        "same": _others(own, verb="duplicate-of"),
    }
    ids["means"] = [*dict.fromkeys([*ids["means"], *_others(ties, verb="hosts", types=("infrastructure",))])]
    wanted = [each for name, several in ids.items() for each in several[: SIGNS if name == "signs" else EACH]]
    found = {row.id: row for row in reversed(store.get(clearance, list(dict.fromkeys(wanted))))}

    def rows_of(name: str) -> tuple[Row, ...]:
        return tuple(found[each] for each in ids[name] if each in found)

    targets = rows_of("targets")
    return Profile(
        row=rows[0],
        names=_names(rows[0]),
        behind=rows_of("behind"),
        campaigns=rows_of("campaigns"),
        techniques=tuple(_way(row) for row in rows_of("ways")),
        means=rows_of("means"),
        targets=targets,
        economies=tuple(sorted({str(each["country"]).upper() for each in map(_fields, targets) if "country" in each})),
        sectors=tuple(sorted({str(one) for each in map(_fields, targets) for one in each.get("sectors", ())})),
        signs=rows_of("signs"),
        indicators=len(ids["signs"]),
        reports=rows_of("reports"),
        same=rows_of("same"),
    )


def _ties(store: Store, clearance: Clearance, record: str) -> list[Tie]:
    return [tie for tie in store.ties(clearance, record).ties if NO_SIEVE.admits(tie)]


def _others(ties: Iterable[Tie], *, verb: str, forth: bool | None = None, types: tuple[str, ...] = ()) -> list[str]:
    """The other ends of ties, each once, in their order."""
    return list(
        dict.fromkeys(
            tie.other
            for tie in ties
            if tie.verb == verb and (forth is None or tie.forth is forth) and (not types or tie.type in types)
        )
    )


def _names(row: Row) -> tuple[str, ...]:
    """The names that its own record gives it besides the first."""
    return tuple(str(each) for each in _fields(row).get("aliases", ()) if isinstance(each, str))[:50]


def _way(row: Row) -> Way:
    fields = _fields(row)
    phases = tuple(
        (str(each.get("kill_chain_name", "")), str(each.get("phase_name", "")))
        for each in fields.get("kill_chain_phases", ())
    )
    return Way(row.id, next(iter(technique_numbers(fields)), ""), str(fields.get("name", "")), phases)


def _fields(row: Row) -> Fields:
    return msgspec.json.decode(row.body, type=Fields)
