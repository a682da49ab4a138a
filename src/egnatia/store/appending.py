"""One transaction of the log: batches go in; rows, places and indexes come out, all at once.

The caller holds the transaction; nothing counts until it commits and `publish` is called.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from egnatia.policy.label import Label
from egnatia.store import schema
from egnatia.store.auditing import add_notes
from egnatia.store.changing import erase_rows, move_rows, place_rows
from egnatia.store.cursor import save_cursor
from egnatia.store.database import Database
from egnatia.store.entry import Appended, Batch, Conflict, Entry, Erased, Lift, Recall, Relabel, Signing
from egnatia.store.groups import Groups
from egnatia.store.link import Link
from egnatia.store.loading import Remembered, attestation_numbers, under_label
from egnatia.store.naming import Naming, value_key
from egnatia.store.placement import Placement
from egnatia.store.plan import ENDS, Group, Line, Taken
from egnatia.store.shelving import Interning, Shelving
from egnatia.trust.attestation import Attestation
from egnatia.trust.attesting import digest
from egnatia.trust.merkle import leaf

_pack: Final = msgspec.msgpack.Encoder().encode

ALREADY: Final = Line("", redacted=False, label=0, type="", source="", digest=b"")
"""Stands for a row that was in the log before."""


class Appending:
    """A transaction on `link`, which holds the lock on `state` from here on."""

    def __init__(
        self, database: Database, link: Link, shelving: Shelving, naming: Naming, remembered: Remembered
    ) -> None:
        self._database, self._link, self._shelving, self._naming = database, link, shelving, naming
        self._remembered = remembered
        state = database.lock(link)
        self._one, self.position, self._at, self._name, self._attestation, self.generation = state
        remembered.begin(state)
        self._at = max(time.time_ns() // 1000, self._at + 1)  # no two transactions leave the same state
        if shelving.generation != self.generation:
            shelving.refresh(link)
        self.interning = Interning(shelving)
        self._groups = Groups(database, link, self.interning, remembered, self._name)
        self._numbers: dict[str, int] = {}
        self._label: Label | None = None
        self._label_number = 0
        self._added: list[tuple[Entry, Line, Group]] = []
        self._attested: list[tuple[int, bytes, Attestation]] = []
        self._signing: list[tuple[int, Signing]] = []
        self._gone: list[int] = []
        self.erased: list[Erased] = []

    def append(self, batches: Sequence[Batch], atomic: Sequence[bool] = ()) -> list[Appended]:
        """Take all batches. Raises ValueError for what no database could hold, Conflict where one that is `atomic`
        has entries whose places are taken; then nothing of them counts."""
        self._name_all(batches)
        attested = self._attest(batches)
        self._load(batches)
        taken = [self._take(batch) for batch in batches]
        for lines, whole in zip(taken, atomic, strict=False):
            if whole and None in lines:
                raise Conflict(_conflicts(lines))
        placement = Placement(self._database, self._link, self.interning, self._groups)
        placement.find()
        self._insert(attested)
        self._change(placement)
        self._save(batches)
        return [_appended(lines, self._at) for lines in taken]

    def publish(self) -> None:
        """The transaction has been committed."""
        self._remembered.commit((self._one, self.position, self._at, self._name, self._attestation, self.generation))
        self._shelving.remember(self.interning.combined)
        if self.interning.changed:
            self._shelving.publish(self.interning, self.generation)

    # What the batches speak of

    def _group(self, record: str, owner: str) -> Group:
        return self._groups.of((self._numbers[record], self._numbers[owner]), owner)

    def _name_all(self, batches: Sequence[Batch]) -> None:
        # In the order in which they come: of two owners the one who was known here first has the lower number, also
        # where both come in one transaction.
        names: dict[str, None] = {}
        for batch in batches:
            for entry in batch.entries:
                record = entry.record
                names[record.head.id] = None
                names[entry.label.owner] = None
                for reference in record.references:
                    names[reference.target] = None
                    names[reference.property] = None
                for value in record.values:
                    names[value.kind] = None
            for one in _taken_back(batch):
                names.update(dict.fromkeys(one))
        self._numbers, self._name = self._naming.numbers(self._link, names, self._name)

    def _attest(self, batches: Sequence[Batch]) -> dict[bytes, int]:
        named = {entry.proof.attestation for batch in batches for entry in batch.entries}
        brought = {digest(one): one for batch in batches for one in batch.attestations}
        to_come = {batch.signing.name: batch.signing for batch in batches if batch.signing is not None}
        numbers = attestation_numbers(self._database, self._link, (named | brought.keys()) - to_come.keys())
        for name, one in brought.items():
            if name not in numbers:
                self._attestation += 1
                numbers[name] = self._attestation
                self._attested.append((self._attestation, name, one))
        for name, coming in to_come.items():
            # Batches that are attested together may be committed one after the other; then the first has stored it.
            if coming.done.done() and (
                stored := attestation_numbers(self._database, self._link, [digest(coming.done.result())])
            ):
                (numbers[name],) = stored.values()
                continue
            self._attestation += 1
            numbers[name] = self._attestation
            self._signing.append((self._attestation, coming))
        if missing := named - numbers.keys():
            raise ValueError(f"no attestation {next(iter(missing)).hex()!r} came with the batch or before it")
        return numbers

    def _load(self, batches: Sequence[Batch]) -> None:
        wanted = set()
        for batch in batches:
            for entry in batch.entries:
                wanted.add(self._numbers[entry.record.head.id])
                for reference in entry.record.references:
                    if reference.property in ENDS:
                        wanted.add(self._numbers[reference.target])
            wanted.update(self._numbers[name] for name, _ in _taken_back(batch))
        self._groups.load(wanted)

    # What becomes of each

    def _take(self, batch: Batch) -> list[Line | None]:
        lines: list[Line | None] = [self._enter(entry) for entry in batch.entries]
        for recall in batch.recalls:
            self._recall(recall)
        for lift in batch.lifts:
            group = self._group(lift.id, lift.owner)
            group.recall = None
            self._database.run(
                self._link, "DELETE FROM recalls WHERE name = :n AND owner = :o", n=group.name, o=group.owner
            )
        if batch.relabels:
            self._relabel(batch.relabels)
        for gone in batch.erasures:
            found = self._group(gone.id, gone.owner).lines.get((gone.version, gone.redacted))
            if found is not None and not found.erased:
                self._erase(found, gone.id, gone.owner)
        return lines

    def _enter(self, entry: Entry) -> Line | None:
        """The line of a new row; a line without `entry` for a duplicate; None for a conflict."""
        record, owner = entry.record, entry.label.owner
        group = self._group(record.head.id, owner)
        leaf_hash = entry.leaf or leaf(owner, entry.applied, record.body)
        redacted = entry.redacted or entry.unless is not None
        line = group.lines.get((record.version, redacted))
        if line is not None:
            if line.digest != leaf_hash:
                return None
            if line.unless is None and entry.unless is not None and not line.erased:
                self._hold_back(line, self.interning.label(entry.unless))
            return ALREADY
        if entry.label is not self._label:  # most records that come together have one label
            self._label, self._label_number = entry.label, self.interning.label(entry.label)
        line = Line(
            version=record.version,
            redacted=redacted,
            label=self._label_number,
            type=record.head.type,
            source=entry.source,
            digest=leaf_hash,
            unless=None if entry.unless is None else self.interning.label(entry.unless),
            entry=entry,
        )
        group.lines[record.version, redacted] = line
        self._added.append((entry, line, group))
        if group.recall is not None and group.recall.erase:
            self._erase(line, record.head.id, owner)
        elif group.head() is line:
            ends = [self._numbers[one.target] for one in record.references if one.property in ENDS]
            group.ends = tuple(dict.fromkeys(ends)) if ends else ()
        return line

    def _hold_back(self, line: Line, unless: int) -> None:
        """From whom a redacted variant is held back, where that was not known or has another label now."""
        line.unless = unless
        if line.position:
            self._database.run(
                self._link, "UPDATE bodies SET unless = :u WHERE position = :p", u=unless, p=line.position
            )

    def _recall(self, recall: Recall) -> None:
        group = self._group(recall.id, recall.owner)
        group.recall = Taken(self.interning.label(recall.label), recall.erase)
        self._database.run(
            self._link, "DELETE FROM recalls WHERE name = :n AND owner = :o", n=group.name, o=group.owner
        )
        row = (group.name, group.owner, group.recall.label, recall.erase, self._at)
        self._database.insert(self._link, schema.recalls, [row])
        if recall.erase:
            for line in group.live():
                self._erase(line, recall.id, recall.owner)

    def _erase(self, line: Line, record: str, owner: str) -> None:
        line.erased = True
        self.erased.append(Erased(record, owner, line.version, line.redacted))
        if line.entry is None:
            self._gone.append(line.position)

    def _relabel(self, relabels: Sequence[Relabel]) -> None:
        label = self.interning.label
        new = {label(one.old): label(one.new) for one in relabels}
        for old in new:
            self._groups.load(under_label(self._database, self._link, old, self.interning))
        for key, group in self._groups.all.items():
            for line in group.lines.values():
                if line.label in new or line.unless in new:
                    line.label = new.get(line.label, line.label)
                    if line.unless is not None and line.unless in new:
                        self._hold_back(line, new[line.unless])
                    self._groups.touch(key, group)

    # Into the tables

    def _insert(self, attested: dict[bytes, int]) -> None:
        """The new rows, in the order in which they were handed in."""
        versions: list[tuple[Any, ...]] = []
        bodies: list[tuple[Any, ...]] = []
        refs: list[tuple[int, int, int]] = []
        values: list[tuple[str, int, int]] = []
        due: list[tuple[int, int]] = []
        numbers = self._numbers
        for entry, line, group in self._added:
            self.position += 1
            self._at += 1
            position = line.position = self.position
            line.at = self._at
            versions.append((position, self._at, line.shelf, group.name, group.owner, line.version, int(line.redacted)))
            proof, body = entry.proof, None if line.erased else entry.record.body
            applied = _pack(entry.applied) if entry.applied and not line.erased else None
            path = b"".join(proof.path)
            number = attested[proof.attestation]
            bodies.append((position, line.digest, line.unless, number, proof.index, path, applied, body))
            if line.erased:
                continue
            record = entry.record
            if record.references:
                refs += {(numbers[one.target], position, numbers[one.property]) for one in record.references}
            if record.values:
                values += {(value_key(one.value), position, numbers[one.kind]) for one in record.values}
            if entry.keep_until is not None:
                due.append((position, entry.keep_until))
        insert = self._database.insert
        insert(self._link, schema.versions, versions)
        insert(self._link, schema.bodies, bodies)
        insert(self._link, schema.refs, refs)
        insert(self._link, schema.observables, values)
        insert(self._link, schema.retention, due)

    def _change(self, placement: Placement) -> None:
        """What was there before: on its new shelves, at its new places, erased."""
        place_rows(self._database, self._link, placement.placing)
        move_rows(self._database, self._link, sorted(placement.moving), end=self.position, at=self._at)
        self.position += len(placement.moving)
        self._at += len(placement.moving)
        erase_rows(self._database, self._link, self._gone)

    def _save(self, batches: Sequence[Batch]) -> None:
        database, link, interning = self._database, self._link, self.interning
        add_notes(database, link, [note for batch in batches for note in batch.notes], self._at)
        signed = [(number, signing.done.result()) for number, signing in self._signing]
        attested = self._attested + [(number, digest(one), one) for number, one in signed]
        database.insert(
            link, schema.attestations, [(n, name, one.node, one.sequence, _pack(one)) for n, name, one in attested]
        )
        for batch in batches:
            if batch.cursor is not None:
                save_cursor(database, link, batch.cursor)
        if interning.changed:
            self.generation += 1
            labels = [(number, _pack(label)) for label, number in interning.labels.items()]
            database.insert(link, schema.labels, labels)
            database.insert(link, schema.shelves, [(n, *astuple(shelf)) for shelf, n in interning.shelves.items()])
        database.run(
            link,
            "UPDATE state SET position = :p, at = :at, names = :n, attestations = :a, generation = :g",
            p=self.position,
            at=self._at,
            n=self._name,
            a=self._attestation,
            g=self.generation,
        )
        database.announce(link, self.position)


def _appended(lines: Sequence[Line | None], at: int) -> Appended:
    return Appended(
        positions=tuple(line.position if line else 0 for line in lines),
        at=next((line.at for line in lines if line and line.at), at),
        conflicts=_conflicts(lines),
    )


def _conflicts(lines: Sequence[Line | None]) -> tuple[int, ...]:
    return tuple(index for index, line in enumerate(lines) if line is None)


def _taken_back(batch: Batch) -> list[tuple[str, str]]:
    """Id and owner of what is recalled, of what no longer is, and of what is erased."""
    changes: list[Recall | Lift | Erased] = [*batch.recalls, *batch.lifts, *batch.erasures]
    return [(one.id, one.owner) for one in changes]
