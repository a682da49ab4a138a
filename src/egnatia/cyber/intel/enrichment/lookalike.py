"""Names that look like those of the institutions of the region, and of whoever else a node protects.

What is compared is the registered label: the same under another ending, the same at a glance (letters of other scripts,
digits), one letter off, two swapped, or the protected name with something added. A protected domain and what is below
it are themselves.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

from egnatia.cyber.intel.enrichment.confusable import skeleton, spoken
from egnatia.cyber.intel.enrichment.domain import HOSTS, host_in, registered
from egnatia.cyber.intel.enrichment.enricher import Fact, Surroundings
from egnatia.store import Store
from egnatia.store.keeping import Kept

Kind = Literal["ending", "homoglyph", "typo", "addition", "embedding"]

WORDS: Final[dict[Kind, str]] = {
    "ending": "the same name under another ending",
    "homoglyph": "the same at a glance",
    "typo": "a letter off",
    "addition": "the name with something added",
    "embedding": "the whole domain inside another",
}

BUILT_IN: Final = (
    "e-albania.al", "bankofalbania.org", "parlament.al", "rks-gov.net", "kuvendikosoves.org", "bqk-kos.org",
    "parlament.ba", "cbbh.ba", "skupstina.me", "cbcg.me", "sobranie.mk", "nbrm.mk", "uslugi.gov.mk", "parlament.rs",
    "euprava.gov.rs", "nbs.rs", "posta.rs",
)  # fmt: skip
"""Institutions whose names are used in phishing."""

TYPO_FROM: Final = 6
"""Letters from which one letter off is no chance; under the same ending `WORD_FROM`."""
WORD_FROM: Final = 5
"""Letters from which a name inside another is no chance."""
ENDING_FROM: Final = 4


class Protected(msgspec.Struct, frozen=True):
    """A domain that the node protects, and whose it is."""

    domain: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]{2,63})+\Z")]
    whose: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""


class ProtectedNames:
    """The domains that a node protects: those that are built in, and its own."""

    def __init__(self, store: Store) -> None:
        self.kept: Kept[Protected] = store.kept("protected name", Protected)

    def all(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys((*BUILT_IN, *self.kept.all())))


class Resemblance(msgspec.Struct, frozen=True):
    """What a domain looks like, and how."""

    domain: str
    protected: str
    kind: Kind


class _Guarded(msgspec.Struct, frozen=True):
    domain: str
    label: str
    seen: str


@lru_cache(maxsize=16)
def _guarded(protected: tuple[str, ...]) -> tuple[_Guarded, ...]:
    found = ((domain, (registered(domain) or domain).partition(".")[0]) for domain in protected)
    # Of a name below somebody's suffix (uslugi.gov.mk) its own label is what is imitated.
    return tuple(_Guarded(domain, label, skeleton(label)) for domain, label in found)


def resemblance(host: str, protected: tuple[str, ...]) -> Resemblance | None:
    """Which protected name a host looks like; None for what looks like none, or is one."""
    host = host.rstrip(".").lower()
    domain = registered(host)
    if not domain:
        return None
    label = spoken(domain).partition(".")[0]
    seen, words = skeleton(label), f"-{spoken(host).replace('.', '-')}-"
    guarded = _guarded(protected)
    if any(host == each.domain or host.endswith(f".{each.domain}") for each in guarded):
        return None
    for each in guarded:
        kind = _kind(each, domain, seen, words)
        if kind is not None:
            return Resemblance(domain, each.domain, kind)
    return None


def _kind(guarded: _Guarded, domain: str, seen: str, words: str) -> Kind | None:
    size, (label, _, ending) = len(guarded.label), spoken(domain).partition(".")
    enough = TYPO_FROM if ending != guarded.domain.partition(".")[2] else WORD_FROM
    if label == guarded.label:
        return "ending" if size >= ENDING_FROM else None
    if seen == guarded.seen and size >= ENDING_FROM:
        return "homoglyph"
    if size >= enough and abs(len(seen) - size) <= 1 and _is_near(seen, guarded.seen):
        return "typo"
    whole = guarded.domain.replace(".", "-")
    if f"-{whole}-" in words:
        return "embedding"
    return "addition" if size >= WORD_FROM and f"-{guarded.label}-" in words else None


def _is_near(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two neighbours swapped, make one of the other."""
    short, long = sorted((one, other), key=len)
    at = next((place for place, each in enumerate(short) if each != long[place]), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long[at:]


def twists(domain: str) -> Iterator[str]:
    """Domains that somebody might register to be taken for this one: a letter left out, twice, or swapped; one that
    looks the same; a usual word added; another ending."""
    label, _, ending = (registered(domain) or domain).partition(".")
    for at in range(len(label)):
        yield f"{label[:at]}{label[at + 1 :]}.{ending}"
        yield f"{label[: at + 1]}{label[at]}{label[at + 1 :]}.{ending}"
        yield f"{label[:at]}{label[at : at + 2][::-1]}{label[at + 2 :]}.{ending}"
    for plain, alike in (("a", "а"), ("e", "е"), ("o", "0"), ("l", "1"), ("i", "1"), ("m", "rn")):
        if plain in label:
            yield f"{label.replace(plain, alike, 1)}.{ending}"
    for word in ("login", "prijava", "pagesa", "portal"):
        yield f"{label}-{word}.{ending}"
    for other in ("com", "net", "org", "info"):
        yield f"{label}.{other}"


class Lookalikes:
    """Says which protected name a name looks like."""

    name = "look-alike"
    about = "Names that look like those of institutions of the region"
    kinds = HOSTS

    def __init__(self, protected: tuple[str, ...]) -> None:
        self._protected = protected

    @classmethod
    def of(cls, around: Surroundings) -> "Lookalikes":
        """The names that are built in, and the node's own."""
        return cls(tuple(dict.fromkeys((*BUILT_IN, *around.protected))))

    def facts(self, kind: str, value: str) -> Sequence[Fact]:
        """The protected name and how it is imitated."""
        host = host_in(kind, value)
        found = resemblance(host, self._protected) if host else None
        if found is None:
            return ()
        return (Fact("Looks like", found.protected, warns=True), Fact("How", WORDS[found.kind]))
