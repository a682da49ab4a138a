"""What was converted is handed in: only what is new in it, and with it the end of what is no longer in the document.

A record that differs from the held one in its `modified` alone is not handed in again; one that only names something
known stays as it is held. What a report of the same id listed before and does not list now is revoked: whoever received
it learns that it has gone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future
from datetime import timedelta
from typing import Any, Final

import msgspec

from egnatia.exchange.directory import moment
from egnatia.exchange.formats.conversion import Conversion, instant, remark, written
from egnatia.exchange.importing import Finding, Tally, counted
from egnatia.exchange.submission import Submission
from egnatia.policy import Clearance
from egnatia.record.instant import version_of
from egnatia.record.record import Problem
from egnatia.store import Store

Fields = dict[str, Any]

AT_ONCE: Final = 500
LISTS: Final = ("report", "grouping")


Doubt = Callable[[Conversion], None]
"""Hears of every conversion before it is handed in, so that what is held for a word is known of before it is there."""


def unasked(_: Conversion) -> None:
    """Nobody asks what is held."""


Guard = Callable[[Mapping[str, Any]], str | None]
"""Says why a record is better not brought in; None where nothing stands against it."""


def never(_: Mapping[str, Any]) -> None:
    """Nothing stands against any record."""


class Bringing:
    """Brings conversions in on behalf of `owner`; `admit` hands bodies in for it. What `guard` warns of is left out and
    told."""

    def __init__(
        self,
        store: Store,
        clearance: Clearance,
        owner: str,
        admit: Callable[[Sequence[bytes]], "Future[Submission]"],
        on_finding: Callable[[Finding], None] = lambda _: None,
        *,
        guard: Guard = never,
        doubt: Doubt = unasked,
    ) -> None:
        self.doubt = doubt
        self._store, self._clearance, self._owner, self._guard = store, clearance, owner, guard
        self._admit, self._on_finding = admit, on_finding

    def bring(self, conversions: Iterable[Conversion]) -> Tally:
        """All of them, one after the other; the tally counts what became of their records, remarks as findings."""
        tally = Tally()
        for index, whole in enumerate(conversions):
            conversion, warned = self._guarded(whole)
            for problem in (*conversion.remarks, *warned):
                finding = Finding(index, None, problem, refused=False)
                tally.note(finding)
                self._on_finding(finding)
            self.doubt(conversion)
            bodies, present = self.fresh(conversion)
            tally.read += present
            tally.present += present
            for start in range(0, len(bodies), AT_ONCE):
                part = bodies[start : start + AT_ONCE]
                counted(tally, range(len(part)), self._admit(part).result(), self._on_finding)
        return tally

    def end(
        self, reports: Mapping[str, Iterable[str]], stays: Callable[[Fields, Set[str]], bool] = lambda *_: False
    ) -> Tally:
        """Revoke these reports of the owner's, each with all that came with it and what of its author it lists besides,
        but for what `stays`: it is asked with the ids of all that is to end, and what it keeps is told."""
        tally = Tally()
        held = self._held(reports)
        whole = {name: self._listed(report) | self._held(reports[name]) for name, report in held.items()}
        ending = {name for several in whole.values() for name in several}
        for name, report in held.items():
            came = {*reports[name], name}
            bodies = []
            for each in whole[name].values():
                ours = each["id"] in came or each.get("created_by_ref") == report.get("created_by_ref")
                if not ours or "modified" not in each or each.get("revoked"):
                    continue
                if stays(each, ending):
                    why = "it stays though its event is gone: somebody here, or another source, has to do with it"
                    problem = remark(str(each["id"]), why, str(each.get("name", each["type"])))
                    tally.note(Finding(0, None, problem, refused=False))
                    continue
                bodies.append(written({**each, "modified": _next(each), "revoked": True}))
            for start in range(0, len(bodies), AT_ONCE):
                part = bodies[start : start + AT_ONCE]
                counted(tally, range(len(part)), self._admit(part).result(), self._on_finding)
        return tally

    def _listed(self, report: Fields) -> dict[str, Fields]:
        """A report with its groupings and what they list."""
        lists = [report, *self._groupings(str(report["id"]))]
        listed = self._held({ref for each in lists for ref in each["object_refs"]})
        return {str(each["id"]): each for each in (*lists, *listed.values())}

    def _guarded(self, conversion: Conversion) -> tuple[Conversion, list[Problem]]:
        """What nothing stands against, and what was left out."""
        if self._guard is never:
            return conversion, []
        kept, warned = [], []
        for record, body in _decoded(conversion.records):
            reason = self._guard(record)
            if reason is None:
                kept.append(body)
            else:
                warned.append(remark(str(record["id"]), reason, str(record.get("name", ""))))
        return msgspec.structs.replace(conversion, records=tuple(kept)), warned

    def versions(self, names: Iterable[str]) -> dict[str, str]:
        """The `modified` of those of these records that the owner holds."""
        return {name: str(held.get("modified", "")) for name, held in self._held(names).items()}

    def fresh(self, conversion: Conversion) -> tuple[list[bytes], int]:
        """The bodies to hand in, and how many others are held as they are."""
        made = {str(each["id"]): (each, body) for each, body in _decoded(conversion.records)}
        held = self._held(made)
        fresh = []
        for name, (record, body) in made.items():
            mine = held.get(name)
            if mine is None:
                fresh.append(body)
            elif not conversion.dated:
                fresh += renewed(record, mine)
            elif name not in conversion.context and not is_same(record, mine):
                revised = _revised(record, mine)
                made[name] = (revised, body)
                fresh.append(body if revised is record else written(revised))
        named = {name: record for name, (record, _) in made.items()} if conversion.retires else {}
        return [*fresh, *self._retired(named, held)], len(made) - len(fresh)

    def _retired(self, made: Mapping[str, Fields], held: Mapping[str, Fields]) -> Iterator[bytes]:
        """Records that the last version of the document listed and this one does not, revoked."""
        for name, report in made.items():
            before = held.get(name)
            if report["type"] != "report" or before is None or not _is_later(report, before):
                continue
            lists = [before, *self._groupings(name)]
            listed = {ref for each in lists for ref in each["object_refs"]} | {str(each["id"]) for each in lists[1:]}
            gone = self._held(listed - made.keys())
            for record in gone.values():
                ours = record.get("created_by_ref") == report.get("created_by_ref") and "modified" in record
                if ours and not record.get("revoked") and not self._stays(record, report):
                    yield written({**record, "modified": report["modified"], "revoked": True})

    def _stays(self, record: Fields, report: Fields) -> bool:
        """A record that is as new as the report was not made by an older version of it."""
        return not _is_later(report, record)

    def _groupings(self, report: str) -> list[Fields]:
        rows = self._store.neighbours(self._clearance, report, "in", 1_000)
        return [
            msgspec.json.decode(row.body, type=Fields)
            for row in rows
            if row.owner == self._owner and row.type == "grouping"
        ]

    def _held(self, names: Iterable[str]) -> dict[str, Fields]:
        """The newest versions of these records that are the owner's own."""
        several = list(names)
        found = {}
        for start in range(0, len(several), AT_ONCE):
            for row in self._store.get(self._clearance, several[start : start + AT_ONCE]):
                if row.owner == self._owner:
                    found[row.id] = msgspec.json.decode(row.body, type=Fields)
        return found


def as_held(store: Store, clearance: Clearance, owner: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Records, each as the bytes that the owner holds it in where only its spelling is another: spaces, the order of
    its properties. Programs write what has not changed otherwise than before, and that is no other content."""
    names = [msgspec.json.decode(body, type=_Named).id for body in bodies]
    found: dict[str, bytes] = {}
    for start in range(0, len(names), AT_ONCE):
        rows = store.get(clearance, names[start : start + AT_ONCE])
        found |= {row.id: row.body for row in rows if row.owner == owner}
    return [_spelled(body, found.get(name)) for name, body in zip(names, bodies, strict=True)]


class _Named(msgspec.Struct):
    id: str = ""


def _spelled(body: bytes, held: bytes | None) -> bytes:
    if held is None or held == body or msgspec.json.decode(held) != msgspec.json.decode(body):
        return body
    return held


def _decoded(bodies: Iterable[bytes]) -> Iterator[tuple[Fields, bytes]]:
    for body in bodies:
        yield msgspec.json.decode(body, type=Fields), body


def is_same(one: Fields, other: Fields) -> bool:
    """Whether two versions say the same but for when. A report's date of publication is such a when."""
    left_out = {"modified", "published"} if one.get("type") == "report" else {"modified"}
    return {k: v for k, v in one.items() if k not in left_out} == {k: v for k, v in other.items() if k not in left_out}


def renewed(record: Fields, mine: Fields) -> list[bytes]:
    """A record of an undated document as a later version of the held one, if it says something else, was revoked, or
    more than half of the held one's validity is over."""
    lasting: Fields = {**record, **{name: mine[name] for name in ("created", "valid_from") if name in mine}}
    until, begun, now = mine.get("valid_until"), mine["modified"], record["modified"]
    over = until is not None and (moment(until) - moment(now)) < (moment(until) - moment(begun)) / 2
    times = {"modified", "valid_until"}
    said, held = ({k: v for k, v in each.items() if k not in times} for each in (lasting, mine))
    return [written(lasting)] if (said != held or over) and _is_later(record, mine) else []


def _revised(record: Fields, mine: Fields) -> Fields:
    """A record of the same version of a document as the held one that says something else, because it was read under
    other terms: the next version. Documents are dated in whole seconds, so a later one of them is later than that."""
    if not isinstance(record.get("modified"), str) or not isinstance(mine.get("modified"), str):
        return record
    ahead = moment(mine["modified"]) - moment(record["modified"])
    if not timedelta() <= ahead < timedelta(seconds=1):
        return record
    return {**record, "modified": _next(mine)}


def _next(record: Fields) -> str:
    """The version that follows on a record's."""
    return instant((moment(record["modified"]) + timedelta(milliseconds=1)).timestamp())


def _is_later(one: Fields, other: Fields) -> bool:
    return version_of(one.get("modified")) > version_of(other.get("modified"))
