"""Random regions and random labels, and the rules of policy said a second time: as sets of organisations."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from egnatia.policy import Agreement, Clearance, Directory, Label, Pap, Standing, Tlp, bounded_by, standing

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ORGANISATIONS = tuple(f"identity--o{number:02}" for number in range(12))
GROUPS = tuple(f"identity--g{number}" for number in range(4))
AGREEMENTS = tuple(f"sharing-agreement--a{number}" for number in range(8))
TYPES = ("indicator", "malware")


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - chance for tests, repeatable


def some(rng: Random, of: Iterable[str], most: int) -> frozenset[str]:
    every = tuple(of)
    return frozenset(rng.sample(every, rng.randint(0, min(most, len(every)))))


def agreement(rng: Random, name: str) -> Agreement:
    parties = some(rng, ORGANISATIONS, 4) | some(rng, GROUPS, 1)
    return Agreement(
        id=name,
        parties=parties,
        valid_from=NOW + DAY * rng.choice((-3, -1, 0, 0, 1)),
        valid_until=rng.choice((None, NOW, NOW + DAY, NOW + DAY)),
        types=rng.choice((frozenset(), frozenset({"indicator"}), frozenset(TYPES))),
        legal_basis=rng.choice(("", "Law 10/2024", "Law 10/2024")),
        personal_data=rng.random() < 0.6,
        onward=rng.random() < 0.5,
        signed=parties if rng.random() < 0.9 else parties - {min(parties, default="")},
        suspended=rng.random() < 0.05,
        terminated=rng.random() < 0.05,
    )


def region(rng: Random) -> Directory:
    groups = {group: some(rng, ORGANISATIONS, 5) for group in GROUPS}
    groups[GROUPS[0]] |= {GROUPS[1]}
    groups[GROUPS[1]] |= some(rng, (GROUPS[0],), 1)
    return Directory(
        members=some(rng, ORGANISATIONS, 8),
        groups=groups,
        clients={provider: some(rng, ORGANISATIONS, 3) for provider in some(rng, ORGANISATIONS, 5)},
        agreements=tuple(agreement(rng, name) for name in AGREEMENTS),
    )


def plain(rng: Random, owner: str | None = None) -> Label:
    """A label of one part, as `label_of` makes them."""
    named = [*ORGANISATIONS, *GROUPS]
    audiences = {tuple(sorted(some(rng, named, 4))) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))}
    return Label(
        owner=owner or rng.choice(ORGANISATIONS),
        tlp=rng.choice(tuple(Tlp)),
        pap=rng.choice(tuple(Pap)),
        audiences=tuple(sorted(audiences)),
        agreements=tuple(sorted(some(rng, AGREEMENTS, 3))) if rng.random() < 0.3 else (),
        personal=rng.random() < 0.15,
        type=rng.choice(TYPES),
        unresolved=("marking-definition--x",) if rng.random() < 0.04 else (),
        withdrawn=rng.random() < 0.04,
    )


def label(rng: Random, owner: str | None = None) -> Label:
    """A label as the store knows them: one in four is bounded by ends."""
    made = plain(rng, owner)
    return made if rng.random() < 0.75 else bounded_by(made, [plain(rng) for _ in range(rng.randint(1, 3))])


def standings(directory: Directory) -> dict[str, Standing]:
    return {organisation: standing(organisation, directory, NOW) for organisation in ORGANISATIONS}


def clearances(rng: Random, directory: Directory, count: int) -> list[tuple[frozenset[str], Clearance]]:
    """The public, every organisation by itself, and nodes that host several; each with who it reads for."""
    each = standings(directory)
    readers = [frozenset[str](), *(frozenset({one}) for one in ORGANISATIONS)]
    while len(readers) < count:
        readers.append(some(rng, ORGANISATIONS, 4))
    return [(reader, Clearance(tuple(each[one] for one in sorted(reader)))) for reader in readers]


class Oracle:
    """Who may see, as plain set logic over a region: it knows no standing and no order of rules."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.parties: dict[str, tuple[Agreement, frozenset[str]]] = {}
        for each in directory.agreements:
            begun, over = each.valid_from <= NOW, each.valid_until is not None and each.valid_until <= NOW
            if begun and not (over or each.suspended or each.terminated or each.parties - each.signed):
                self.parties[each.id] = (each, self.flat(each.parties))

    def flat(self, identities: Iterable[str]) -> frozenset[str]:
        reached = set(identities)
        for _ in GROUPS:
            reached |= {inner for group in reached & set(GROUPS) for inner in self.directory.groups[group]}
        return frozenset(reached & set(ORGANISATIONS))

    def clients(self, providers: Iterable[str]) -> set[str]:
        return {client for provider in providers for client in self.directory.clients.get(provider, ())}

    def partners(self, label: Label, *, covering: bool = True, personal: bool = False) -> set[str]:
        found: set[str] = set()
        for name, (terms, parties) in self.parties.items():
            of_the_label = not covering or not label.agreements or name in label.agreements
            of_the_type = not covering or not terms.types or label.type in terms.types
            with_basis = not personal or (terms.personal_data and terms.legal_basis != "")
            if label.owner in parties and of_the_label and of_the_type and with_basis:
                found |= parties
        return found - {label.owner}

    def public(self, label: Label) -> bool:
        return label == Label(label.owner, Tlp.CLEAR, label.pap, type=label.type, also=label.also) and all(
            map(self.public, label.also)
        )

    def who(self, label: Label) -> set[str]:
        found = self._readers(label)
        for other in label.also:
            found &= self.who(other)
        return found | {label.owner}

    def _readers(self, label: Label) -> set[str]:
        if label.withdrawn or label.unresolved or (label.tlp == Tlp.RED and not label.audiences):
            return set()
        everyone = set(ORGANISATIONS)
        if label.tlp == Tlp.CLEAR and not label.audiences and not label.agreements:
            found: set[str] | frozenset[str] = everyone
        elif label.tlp == Tlp.GREEN and not label.audiences and not label.agreements:
            partners = self.partners(label, covering=False)
            found = self.directory.members | partners | self.clients(partners)
        else:
            receiving = everyone.intersection(*map(self.flat, label.audiences))
            if label.agreements or not label.audiences:
                receiving &= self.partners(label)
            found = receiving | (self.clients(receiving) if label.tlp <= Tlp.AMBER else set())
        return set(found & self.partners(label, personal=True)) if label.personal else set(found)
