"""Whatever happened to a log, every way to read it gives exactly what the rule allows, and a reader misses nothing.

The model is a plain list of rows and the rule read off the contract: a reader needs the row's own label, that of the
newest version, the recall, and the ends of a relationship, all with one and the same organisation.
"""

from collections.abc import Iterator, Sequence
from itertools import count

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.building import batch, record, record_id, version

from egnatia.policy import PUBLIC, AgreementInForce, Clearance, Label, Standing, Tlp, decide
from egnatia.store import Batch, Lift, Query, Recall, Store

_worlds = count(1)
ORGANISATIONS = 3
READERS = 6
RELATIONSHIP = 3


class Row(msgspec.Struct, frozen=True):
    """What was appended: `number` 3 is a relationship between 0 and 1."""

    owner: int
    number: int
    at: int
    redacted: bool
    label: int


class Take(msgspec.Struct, frozen=True):
    """A recall under a label, or the end of one."""

    owner: int
    number: int
    label: int | None


rows = st.builds(
    Row,
    owner=st.integers(0, ORGANISATIONS - 1),
    number=st.integers(0, RELATIONSHIP),
    at=st.integers(1, 3),
    redacted=st.booleans(),
    label=st.integers(0, 7),
)
takes = st.builds(
    Take,
    owner=st.integers(0, ORGANISATIONS - 1),
    number=st.integers(0, RELATIONSHIP),
    label=st.one_of(st.none(), st.integers(0, 7)),
)
histories = st.lists(st.one_of(rows, rows, rows, takes), max_size=14)


class World:
    """One history, in a store that holds others too: its organisations and records are its own."""

    def __init__(self, store: Store) -> None:
        self.number = next(_worlds)
        self.store = store
        self.start = store.position()
        self.organisations = [
            f"identity--00000000-0000-4000-8000-{self.number * 10 + i:012x}" for i in range(ORGANISATIONS)
        ]
        self.held: dict[tuple[int, int, int, bool], int] = {}
        self.known: list[int] = []
        self.recalls: dict[tuple[int, int], int] = {}
        self.cursors = dict.fromkeys(range(READERS), self.start)
        self.delivered: dict[int, set[tuple[int, int, int, bool]]] = {reader: set() for reader in range(READERS)}

    def label(self, owner: int, kind: int) -> Label:
        other = self.organisations[(owner + 1) % ORGANISATIONS]
        third = self.organisations[(owner + 2) % ORGANISATIONS]
        mine = self.organisations[owner]
        return (
            Label(mine, Tlp.CLEAR),
            Label(mine, Tlp.GREEN),
            Label(mine, Tlp.AMBER),
            Label(mine, Tlp.RED, audiences=((other,),)),
            Label(mine, Tlp.GREEN, audiences=((third,),)),
            Label(mine, Tlp.RED),
            Label(mine, Tlp.CLEAR, unresolved=("marking-definition--x",)),
            Label(mine, Tlp.CLEAR, withdrawn=True),
        )[kind]

    def clearance(self, reader: int) -> Clearance:
        a, b, c = self.organisations
        pact = AgreementInForce("agreement", frozenset((a, b)))
        return (
            PUBLIC,
            Clearance((Standing(a, member=True, agreements=(pact,)),)),
            Clearance((Standing(b, member=True, agreements=(pact,)),)),
            Clearance((Standing(c),)),
            Clearance((Standing(b, member=True), Standing(c, member=True))),
            Clearance((Standing("identity--stranger", member=True),)),
        )[reader]

    def name(self, number: int) -> str:
        return record_id(self.number * 10 + number, "relationship" if number == RELATIONSHIP else "malware")

    def apply(self, event: Row | Take) -> None:
        if event.owner not in self.known:
            self.known.append(event.owner)
        if isinstance(event, Row):
            self._append(event)
        elif event.label is None:
            self.recalls.pop((event.owner, event.number), None)
            lift = Lift(self.name(event.number), self.organisations[event.owner])
            self.store.append(Batch(lifts=(lift,))).result()
        else:
            self.recalls[event.owner, event.number] = event.label
            label = self.label(event.owner, event.label)
            recall = Recall(self.name(event.number), self.organisations[event.owner], label)
            self.store.append(Batch(recalls=(recall,))).result()

    def _append(self, row: Row) -> None:
        key = (row.owner, row.number, row.at, row.redacted)
        self.held.setdefault(key, row.label)
        refs = [("source_ref", self.name(0)), ("target_ref", self.name(1))] if row.number == RELATIONSHIP else []
        made = batch(
            record(
                self.number * 10 + row.number,
                kind="relationship" if refs else "malware",
                at=row.at,
                name=f"world{self.number} {'variant' if row.redacted else 'whole'}",
                refs=refs,
                values=[("domain-name:value", f"world{self.number}.example")],
            ),
            label=self.label(row.owner, row.label),
        )
        if row.redacted:
            entries = tuple(msgspec.structs.replace(entry, redacted=True) for entry in made.entries)
            made = Batch(entries, made.attestations)
        self.store.append(made).result()

    # The rule

    def visible(self, reader: int) -> set[tuple[int, int, int, bool]]:
        clearance = self.clearance(reader)
        alone = [Clearance((standing,)) for standing in clearance.standings] or [PUBLIC]
        seen = set()
        for key in self.held:
            if any(self._passes(key, one) for one in alone):
                owner, number, at, redacted = key
                whole = (owner, number, at, False)
                if not (redacted and whole in self.held and any(self._passes(whole, one) for one in alone)):
                    seen.add(key)
        return seen

    def _passes(self, key: tuple[int, int, int, bool], one: Clearance) -> bool:
        owner, number, _, redacted = key
        if one.standings and one.standings[0].organisation == self.organisations[owner]:
            return True
        if not self._ok(owner, self.held[key], one) or not self._heads_pass(owner, number, redacted, one):
            return False
        return number != RELATIONSHIP or all(self._end_passes(owner, end, one) for end in (0, 1))

    def _heads_pass(self, owner: int, number: int, redacted: bool, one: Clearance) -> bool:
        newest = max(at for o, n, at, _ in self.held if (o, n) == (owner, number))
        heads = {r: label for (o, n, at, r), label in self.held.items() if (o, n, at) == (owner, number, newest)}
        recall = self.recalls.get((owner, number))
        head = heads.get(redacted, next(iter(heads.values())))
        return self._ok(owner, head, one) and (recall is None or self._ok(owner, recall, one))

    def _end_passes(self, owner: int, end: int, one: Clearance) -> bool:
        """The copy of the relationship's owner if there is one, else that of the owner who was known here first."""
        if (owner, end) in self.recalls and (owner, end) not in self.owned():
            return self._ok(owner, self.recalls[owner, end], one)
        owners = sorted((o for o, n in self.owned() if n == end), key=self.known.index)
        if not owners:
            return True
        of = owner if owner in owners else owners[0]
        newest = self._newest(of, end)
        return self._heads_pass(of, end, (of, end, newest, True) in self.held, one)

    def owned(self) -> set[tuple[int, int]]:
        return {(owner, number) for owner, number, _, _ in self.held}

    def _newest(self, owner: int, number: int) -> int:
        return max(at for o, n, at, _ in self.held if (o, n) == (owner, number))

    def _ok(self, owner: int, label: int, one: Clearance) -> bool:
        return decide(self.label(owner, label), one).allowed

    # The ways to read

    def keys(self, rows: Sequence[object]) -> list[tuple[int, int, int, bool]]:
        return [self._key(row) for row in rows]

    def _key(self, row: object) -> tuple[int, int, int, bool]:
        numbers = {self.name(number): number for number in range(RELATIONSHIP + 1)}
        ats = {version(at): at for at in range(4)}
        variant = b"variant" in row.body  # type: ignore[attr-defined]
        owner = self.organisations.index(row.owner)  # type: ignore[attr-defined]
        return owner, numbers[row.id], ats[row.version], variant  # type: ignore[attr-defined]

    def follow(self, reader: int) -> None:
        """Read on from where the reader stands, as a peer or a live page does."""
        more = True
        while more:
            page = self.store.changes(self.clearance(reader), self.cursors[reader], 2)
            self.delivered[reader].update(self.keys(page.rows))
            self.cursors[reader], more = page.next, page.more

    def ways(self, reader: int) -> Iterator[tuple[str, list[tuple[int, int, int, bool]]]]:
        store, clearance, start = self.store, self.clearance(reader), self.start
        names = [self.name(number) for number in range(RELATIONSHIP + 1)]
        yield "changes", self.keys(store.changes(clearance, start, 1000).rows)
        yield "bodies", self.keys(store.bodies(clearance, start, 1000).rows)
        back = Query(newest_first=True, owners=tuple(self.organisations))
        yield "newest first", self.keys(store.changes(clearance, 0, 1000, back).rows)
        yield "ids", self.keys(store.changes(clearance, 0, 1000, Query(ids=tuple(names))).rows)
        yield "versions", [key for name in names for key in self.keys(store.versions(clearance, name))]
        exact = Query(versions=tuple(version(at) for at in (1, 2, 3)), owners=tuple(self.organisations))
        yield "exact versions", self.keys(store.changes(clearance, 0, 1000, exact).rows)
        words = Query()
        yield "search", self.keys(store.search(clearance, f"world{self.number}", words, 1000))

    def newest_ways(self, reader: int) -> Iterator[tuple[str, set[tuple[int, int, int, bool]]]]:
        store, clearance = self.store, self.clearance(reader)
        names = [self.name(number) for number in range(RELATIONSHIP + 1)]
        yield "get", set(self.keys(store.get(clearance, names)))
        yield "value", set(self.keys(store.by_value(clearance, f"world{self.number}.example", 1000)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_every_way_to_read_agrees_with_the_rule(store: Store, history: list[Row | Take]) -> None:
    world = World(store)
    for place, event in enumerate(history):
        world.apply(event)
        world.follow(place % READERS)
    store.indexer.wait_for(store.position())
    for reader in range(READERS):
        expected = world.visible(reader)
        for way, found in world.ways(reader):
            assert sorted(found) == sorted(expected), (way, reader)
        newest = {key for key in expected if key[2] == world._newest(key[0], key[1])}
        for way, found_newest in world.newest_ways(reader):
            assert found_newest == newest, (way, reader)
        assert store.count(world.clearance(reader), Query(owners=tuple(world.organisations))) == len(expected)
        ends = {key for key in newest if key[1] == RELATIONSHIP}
        near = store.neighbours(world.clearance(reader), world.name(0), "in", 100)
        assert set(world.keys(near)) == (ends if any(key[1] == 0 for key in newest) else set())
        world.follow(reader)
        assert world.delivered[reader] >= expected
