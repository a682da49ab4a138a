"""Names in which letters stand for others: international names as they are written, scripts that are mixed, and the
plain name that somebody reads into it.

The pairs are letters that look alike in the fonts of browsers; Unicode Technical Standard 39 has all of them, these are
the ones of Latin, Cyrillic and Greek that such names are made of.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

from egnatia.cyber.intel.enrichment.domain import HOSTS, host_in
from egnatia.cyber.intel.enrichment.enricher import Fact, Surroundings

_ALIKE: Final = {
    **dict(zip("асеорхуіјѕԁԛԝһӏвнктмпги", "aceopxyijsdqwhlbhktmnru", strict=True)),
    **dict(zip("αοενρτυικ", "aoevptuik", strict=True)),
    **dict(zip("0135|¡ıłøđ", "olesliilod", strict=True)),
}

_PAIRS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))


def spoken(host: str) -> str:
    """A name with its international labels (xn--) as people read them; one that cannot be read stays."""
    labels = []
    for label in host.split("."):
        if label.startswith("xn--"):
            try:
                labels.append(label[4:].encode("ascii").decode("punycode"))
                continue
            except (UnicodeError, ValueError):
                pass
        labels.append(label)
    return ".".join(labels)


def skeleton(name: str) -> str:
    """What somebody reads into a name at a glance: letters of other scripts as the Latin ones that they look like."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(each))
    letters = "".join(_ALIKE.get(each, each) for each in plain)
    for pair, one in _PAIRS:
        letters = letters.replace(pair, one)
    return letters


def scripts(label: str) -> frozenset[str]:
    """The scripts of the letters of a label, as Unicode names them."""
    return frozenset(unicodedata.name(each, "?").partition(" ")[0] for each in label if each.isalpha())


class Confusables:
    """Says how an international name is read, and whether it mixes scripts."""

    name = "confusable"
    about = "International names as they are written, and scripts that are mixed in one label"
    kinds = HOSTS

    @classmethod
    def of(cls, around: Surroundings) -> "Confusables":
        """It needs nothing."""
        return cls()

    def facts(self, kind: str, value: str) -> Sequence[Fact]:
        """Nothing for a plain name."""
        host = spoken(host_in(kind, value))
        if not host or host.isascii():
            return ()
        mixed = [label for label in host.split(".") if len(scripts(label)) > 1]
        read = skeleton(host)
        facts = [Fact("Written as", host)]
        if mixed:
            facts.append(Fact("Scripts mixed in one label", ", ".join(mixed), warns=True))
        if read.isascii() and read != host:
            facts.append(Fact("Reads like", read, warns=bool(mixed)))
        return facts
