"""Detection rules that somebody else wrote, among others in one file: only those that leave the others what they are.

A file of rules is read as a whole. A rule that begins another document, applies to all rules, or does not end would
change or break those beside it; one that makes a sensor drop, pass, or touch its own files does more than detect. Such
a rule is left out, never mended: it stays with its record, where people read it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from egnatia.exchange.formats.defence.entry import Entry

SIGMA_LIMIT: Final = 65_536
"""Characters of a Sigma rule; nobody writes longer ones."""

_NETWORK_RULE: Final = re.compile(
    r"alert[ \t]+[!-~][ -~]*?[ \t]*"
    r"\((?P<options>(?:[^\"\\;()\x00-\x1f\x7f]|\\.|\"(?:[^\"\\]|\\.)*\"|;|[()])*;)[ \t]*\)",
    re.ASCII,
)
_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"")
_SID: Final = re.compile(r"[;(]\s*sid\s*:\s*(\d{1,10})\s*;")
_KEYWORD: Final = re.compile(r"(?:^|;)\s*([a-z0-9_.]+)", re.IGNORECASE)
_TOUCHING: Final = frozenset(
    ("lua", "luajit", "luaxform", "dataset", "datarep", "datajson", "filestore", "replace", "react", "bypass", "logto")
)
"""Options that run scripts, read or write files of the sensor, or change what passes it."""

_YARA_SKIPPED: Final = re.compile(
    r"\"(?:[^\"\\\n]|\\[^\n])*\"|//[^\n]*|/\*.*?\*/|/(?![*/])(?:[^/\\\n]|\\[^\n])+/[is]*", re.DOTALL
)
"""Texts, comments and regular expressions, as YARA's own scanner tells them apart."""

_YARA_RULE: Final = re.compile(r"\s*(?:private\s+)?rule\s+(\w+)\s*(?::[\w\s]+)?\s*(?=\{)", re.ASCII)
_YARA_IMPORT: Final = re.compile(r"\s*import\s+\"[a-z]+\"", re.ASCII)


def rules(entries: Sequence[Entry], language: str) -> Iterator[str]:
    """The rules of one language that may stand with others, each once."""
    takes = _TAKEN[language]
    for text in dict.fromkeys(each.value.strip() for each in entries if each.kind == language):
        yield from takes(text)


def network_rules(text: str) -> tuple[str, ...]:
    """The alerts of Suricata or Snort, one a line; none of a text in which anything else stands."""
    lines = [line.strip() for line in re.sub(r"\\\r?\n", " ", text).splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    return tuple(found) if all(map(_is_alert, found)) else ()


def number_of(line: str) -> str:
    """The number of an alert; empty for none."""
    found = _SID.search(_QUOTED.sub('""', line))
    return found[1] if found is not None else ""


def _is_alert(line: str) -> bool:
    match = _NETWORK_RULE.fullmatch(line)
    if match is None:
        return False
    keywords = {each.lower() for each in _KEYWORD.findall(_QUOTED.sub('""', match["options"]))}
    return bool(number_of(line)) and not keywords & _TOUCHING


def yara_rules(text: str) -> tuple[str, ...]:
    """The text, where it is whole rules that apply to themselves alone and take in no other file."""
    return (text,) if yara_names(text) else ()


def yara_names(text: str) -> tuple[str, ...]:
    """What the rules of a text are called; none where it is anything but whole, private or public rules."""
    bare = _YARA_SKIPPED.sub(lambda skipped: " " if skipped[0].startswith("/") else '"x"', text)
    if "/" in bare or '"' in bare.replace(
        '"x"', ""
    ):  # a comment or a text that does not end would swallow what follows
        return ()
    names: list[str] = []
    at = 0
    while bare[at:].strip():
        imported = _YARA_IMPORT.match(bare, at)
        if imported is not None:
            at = imported.end()
            continue
        rule = _YARA_RULE.match(bare, at)
        end = _closed(bare, rule.end()) if rule is not None else 0
        if rule is None or not end:
            return ()
        names.append(rule[1])
        at = end
    return tuple(names)


def _closed(text: str, at: int) -> int:
    """Where the braces that open at a place are closed again; 0 where they never are."""
    depth = 0
    for place in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return 0


def sigma_rules(text: str) -> tuple[str, ...]:
    """The text, where it is one YAML document that is one rule: `action: global` would change all rules after it."""
    import yaml  # noqa: PLC0415  only where there are Sigma rules

    body = text.removeprefix("---").strip()
    if len(body) > SIGMA_LIMIT:
        return ()
    try:
        found = yaml.safe_load(body)
    except (yaml.YAMLError, ValueError, RecursionError):
        return ()
    if not isinstance(found, dict) or "action" in found or not all(isinstance(key, str) for key in found):
        return ()
    whole = isinstance(found.get("detection"), dict) and isinstance(found.get("logsource"), dict)
    return (body,) if whole and isinstance(found.get("title"), str) and "condition" in found["detection"] else ()


_TAKEN: Final[Mapping[str, Callable[[str], tuple[str, ...]]]] = {
    "suricata": network_rules,
    "snort": network_rules,
    "yara": yara_rules,
    "sigma": sigma_rules,
}
