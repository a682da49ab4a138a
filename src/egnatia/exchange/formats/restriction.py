"""Tags that say who may see or use a thing. What looks like a restriction and is not understood is TLP:RED, for its
owner alone, until a person decides what it means.

People write `TLP:RED`, `tlp:Red`, `TLP : Amber + Strict`, `tlp=amber-strict`; all of these are understood. A converter
that knows only its own spelling lets the others pass as if they were nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from egnatia.record.words import fold

TLP_LEVELS: Final = ("clear", "green", "amber", "amber+strict", "red")
PAP_LEVELS: Final = ("clear", "green", "amber", "red")
WORD_LIMIT: Final = 500
"""Of a longer word the beginning is what is decided on."""

_TLP: Final = {
    "clear": "clear", "white": "clear", "green": "green", "amber": "amber", "amberstrict": "amber+strict",
    "strictamber": "amber+strict", "red": "red",
}  # fmt: skip
_PAP: Final = {"clear": "clear", "white": "clear", "green": "green", "amber": "amber", "red": "red"}
_SPOKEN: Final = re.compile(r"(tlp|pap)(?:[12]0)?(.*)")
_NOT_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_IN_TEXT: Final = re.compile(r"\b(tlp|pap)\W{0,3}(clear|white|green|amber(?:\W{0,3}strict)?|red)\b")
_UNSEEN: Final = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_MACHINE: Final = re.compile(r'\s*([^:="]+)\s*:\s*([^:="]+?)\s*(?:=.*)?', re.DOTALL)

PLAIN_NAMESPACES: Final = frozenset(
    {
        "misp-galaxy", "misp", "osint", "admiralty-scale", "estimative-language", "kill-chain", "veris", "circl",
        "rsit", "rt_event_status", "ecsirt", "europol-event", "europol-incident", "enisa", "malware_classification",
        "ms-caro-malware", "ms-caro-malware-full", "type", "source", "threatmatch", "workflow",
        "collaborative-intelligence", "nis", "nis2", "priority-level", "false-positive", "dark-web", "phishing",
        "ransomware", "cert-xlm", "cycat", "diamond-model", "economical-impact", "event-assessment", "exercise",
        "hunting", "maec-malware-behavior", "runtime-packer", "smart-airports-threats", "targeted-threat-index",
        "thales_group", "trust", "unified-kill-chain", "use-case-applicability",
    }
)  # fmt: skip
"""Taxonomies that describe and do not restrict. Their values may say `secret` or `internal` and mean a malware."""

RESTRICTING: Final = frozenset(
    {
        "tlp", "pap", "nato", "iep", "iep2", "iep2-policy", "iep2-reference", "cssa", "fr-classif", "de-vs",
        "eu-classified", "us-classif", "uk-classif", "data-classification", "classification", "gsc", "dissem",
        "traffic-light-protocol", "information-exchange-policy", "chatham-house-rule", "cui", "retention", "gdpr",
        "distribution",
    }
)  # fmt: skip
"""Taxonomies that restrict: of these each tag has to be understood."""

_WORDS: Final = re.compile(
    r"(?:^|[^a-z])(?:"
    r"restrict|confiden|classif|secret|sensitiv|embargo|proprietar|internal|private|privileg|eyes.?only|noforn|fouo|"
    r"official.?use|need.?to.?know|(?:do.?not|don.?t|never).?(?:re.?)?(?:shar|distribut|disclos|publish|forward|copy|pass)|"
    r"not.?(?:for|to.?be).?(?:re.?)?(?:publ|distr|releas|shar|disclos|forward)|(?:re.?)?distribut\w*.?(?:only|prohib|limit)|"
    r"no.?(?:re.?)?(?:shar|distribut|disclos|forward|dissem)|limited.?(?:distr|dissem|disclos|shar)|(?:dis)?closure|"
    r"distribution|dissemin|releasable|rel.?to|handling|chatham|traffic.?light|(?:law.?enforcement|lea?|police).?only|"
    r"only.?for|for.?(?:law.?enforcement|police|members?)|members?.?only|"
    # the languages of the region
    r"povjerljiv|poverljiv|doverliv|tajn|strogo|intern(?:[oaieu]|og|om|ih)?(?:$|[^a-z])|ograniceno|sluzben|neobjavljiv|"
    r"(?:ne|nemoj(?:te)?|nije.?za|zabran\w*).?(?:dijel|dalj|deli|dijeli|podel|podijel|sir|spodel|objav|prosl?j?ed|razm)|"
    r"samo.?(?:za|zbog)|zabran|vnatres|nepublik|"
    r"konfidencial|sekret|(?:i|te|se).?brendsh|brendsh[em]|kufizuar|rezervuar|jo.?publik|vetem.?per|"
    r"mos.?(?:e|i|u)?.?(?:shpernda|nda|publiko|perhap)|ndaloh"
    r")"
)
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")


class Restrictions(msgspec.Struct, frozen=True):
    """What the tags of one thing say together: the strictest of each, None where they say nothing; `strange` are those
    that seem to restrict and are not understood; `rest` are all others, as they were written."""

    tlp: str | None = None
    pap: str | None = None
    strange: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


def restrictions(tags: Iterable[str], decided: Mapping[str, str] = {}) -> Restrictions:
    """What these tags restrict. `decided` is what a person has said of strange ones: `tlp:amber`, `pap:red`, or empty
    for a tag that restricts nothing."""
    tlp: list[str] = []
    pap: list[str] = []
    strange: list[str] = []
    rest: list[str] = []
    for tag in tags:
        said = _decided(tag, decided)
        found = meaning(tag if said is None else said) if said != "" else ("", "")
        match found:
            case ("tlp", level):
                tlp.append(level)
            case ("pap", level):
                pap.append(level)
            case ("?", _):
                strange.append(tag)
            case _:
                rest.append(tag)
    return Restrictions(strictest(tlp, TLP_LEVELS), strictest(pap, PAP_LEVELS), tuple(strange), tuple(rest))


def level_said(protocol: str, word: str, decided: Mapping[str, str] = {}) -> Restrictions:
    """What stands where only levels of a protocol (`tlp`) stand: `RED` is one there, and whatever is no level is a
    restriction that is not understood."""
    if not word.strip():
        return Restrictions()
    said = restrictions([word], decided)
    if not said.rest or is_decided(word, decided):
        return said
    kind, level = meaning(f"{protocol}:{word}")
    return restrictions([f"{kind}:{level}"]) if kind == protocol else Restrictions(strange=(word,))


def is_decided(word: str, decided: Mapping[str, str]) -> bool:
    """Whether a person has said what a word means."""
    return _decided(word, decided) is not None


def _decided(tag: str, decided: Mapping[str, str]) -> str | None:
    if not decided:
        return None
    word = spelled(tag)
    return next((value for key, value in decided.items() if spelled(key) == word), None)


def spelled(word: str) -> str:
    """A word as it is compared with what was decided."""
    return word[:WORD_LIMIT].strip().casefold()


def meaning(tag: str) -> tuple[str, str]:
    """`("tlp", level)` or `("pap", level)`, `("?", "")` for what seems to restrict otherwise, `("", "")` for others."""
    folded = fold(_UNSEEN.sub("", unicodedata.normalize("NFKC", tag))).strip()
    letters = _NOT_LETTERS.sub("", folded)
    spoken = _SPOKEN.fullmatch(letters)
    if spoken is not None:
        levels = _TLP if spoken[1] == "tlp" else _PAP
        if spoken[2] in levels:
            return spoken[1], levels[spoken[2]]
    return ("?", "") if _seems_to_restrict(folded, letters, spoken is not None, tag) else ("", "")


def _seems_to_restrict(folded: str, letters: str, spoken: bool, tag: str) -> bool:
    machine = _MACHINE.fullmatch(folded)
    namespace = machine[1].strip() if machine else ""
    if namespace in PLAIN_NAMESPACES:
        return False
    if namespace in RESTRICTING or namespace.partition("-")[0] in {"tlp", "pap"}:
        return True
    if spoken and re.match(r"\W*(?:t\W*l\W*p|p\W*a\W*p)(?:\W|\d|_|$)", folded):
        return True
    said = f"{machine[1]} {machine[2]}" if machine else folded
    return any(_WORDS.search(each) for each in (said, *_respelled(said))) or _is_disguised(tag, letters)


def _respelled(said: str) -> tuple[str, ...]:
    """The same with one space between words, and `c o n f i d e n t i a l` as the word that it is."""
    words = _BETWEEN.sub(" ", said).split()
    return (" ".join(words), *(["".join(words)] if words and max(map(len, words)) == 1 else []))


def _is_disguised(tag: str, letters: str) -> bool:
    """`TLР:RED` with a Cyrillic Р looks like a restriction to whoever reads it."""
    if tag.isascii():
        return False
    seen = _NOT_LETTERS.sub("", "".join(_LOOKALIKE.get(each, each) for each in tag.casefold()))
    return seen != letters and _SPOKEN.fullmatch(seen) is not None


_LOOKALIKE: Final = dict(zip("аеорсухтвнкміѕјԁ", "aeopcyxtbhkmisjd", strict=True)) | dict(
    zip("αερτιονκη", "aeptiovkn", strict=True)
)


def in_text(text: str) -> Restrictions:
    """What a title says of itself: `[TLP:AMBER] Campaign against ...`."""
    found = _IN_TEXT.findall(fold(text))
    levels = [meaning(f"{protocol}:{level}") for protocol, level in found]
    tlp = strictest([level for protocol, level in levels if protocol == "tlp"], TLP_LEVELS)
    return Restrictions(tlp, strictest([level for protocol, level in levels if protocol == "pap"], PAP_LEVELS))


def strictest(levels: Iterable[str | None], order: tuple[str, ...]) -> str | None:
    """The strictest of some levels, None where there is none."""
    said = [level for level in levels if level is not None]
    return max(said, key=order.index) if said else None


def together(*all_of: Restrictions) -> Restrictions:
    """Everything that several say, the strictest of each."""
    return Restrictions(
        strictest((each.tlp for each in all_of), TLP_LEVELS),
        strictest((each.pap for each in all_of), PAP_LEVELS),
        tuple(dict.fromkeys(tag for each in all_of for tag in each.strange)),
        tuple(dict.fromkeys(tag for each in all_of for tag in each.rest)),
    )
