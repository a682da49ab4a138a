"""Rules for detection: Suricata, Snort, Zeek's intelligence framework, Sigma; YARA and Sigma as they were written."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from egnatia.exchange.formats.defence.entry import (
    ADDRESSES,
    DIGESTS,
    MAILS,
    NAMES,
    URLS,
    About,
    Entry,
    clean,
    lined,
    told,
)
from egnatia.exchange.formats.defence.lists import names, networks

FIRST_SID, SIDS = 9_000_000, 90_000_000
"""Rule numbers are taken from a range that no public rule set uses; the same value has the same number everywhere."""

_URL: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:\[\]]+)(?::(\d+))?([/?][\x21-\x7e]*)?", re.IGNORECASE
)
_SIGMA_HASH: Final = {
    "file:hashes.MD5": "MD5",
    "file:hashes.'SHA-1'": "SHA1",
    "file:hashes.'SHA-256'": "SHA256",
}
"""How Sysmon writes the digests of a program that starts."""

_YARA_RULE: Final = re.compile(r"^\s*(?:(?:private|global)\s+)*rule\s+(\w+)", re.MULTILINE)


def suricata(entries: Sequence[Entry], about: About) -> bytes:
    """Alerts on names (DNS and TLS), URLs (HTTP) and addresses; rules of Suricata's own language after them."""
    made: dict[int, str] = {}
    for name in names(entries):
        text = content(f".{name}")
        _rule(
            made,
            f"dns {name}",
            "alert dns any any -> any any",
            f'dns.query; dotprefix; content:"{text}"; nocase; endswith;',
        )
        _rule(
            made, f"tls {name}", "alert tls $HOME_NET any -> any any",
            f'tls.sni; dotprefix; content:"{text}"; nocase; endswith;',
        )  # fmt: skip
    for host, path in _urls(entries):
        at = f'http.host; content:"{content(host)}"; startswith; endswith;'
        options = f'{at} http.uri; content:"{content(path)}"; startswith;'
        _rule(made, f"http {host}{path}", "alert http $HOME_NET any -> any any", options)
    for network in networks(entries):
        shown = f"[{network}]" if network.version == 6 else str(network)
        _rule(made, f"ip {network}", f"alert ip $HOME_NET any -> {shown} any", "")
    return lined([*told(about), *made.values(), *passed(entries, "suricata")])


def snort(entries: Sequence[Entry], about: About) -> bytes:
    """Alerts of Snort 3 on addresses and HTTP; rules of its own language after them."""
    made: dict[int, str] = {}
    for host, path in _urls(entries):
        options = f'http_header:field host; content:"{content(host)}",nocase; http_uri; content:"{content(path)}";'
        _rule(made, f"http {host}{path}", "alert http", options, version=3)
    for network in networks(entries):
        _rule(made, f"ip {network}", f"alert ip $HOME_NET any -> {network} any", "", version=3)
    return lined([*told(about), *made.values(), *passed(entries, "snort")])


def zeek(entries: Sequence[Entry], about: About) -> bytes:
    """The intelligence file of Zeek: fields separated by tabs."""
    lines = ["#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc"]
    source = _field(about.name)
    for each in entries:
        found = _zeek(each)
        if found is not None and found[0] and "\t" not in found[0] and clean(found[0]) == found[0]:
            lines.append("\t".join((*found, source, _field(f"{each.name or each.source} ({each.score})"))))
    return lined(lines)


def _zeek(entry: Entry) -> tuple[str, str] | None:
    if entry.kind in ADDRESSES:
        return entry.value, "Intel::SUBNET" if "/" in entry.value else "Intel::ADDR"
    if entry.kind in NAMES:
        return entry.value, "Intel::DOMAIN"
    if entry.kind in URLS:
        return entry.value.partition("://")[2], "Intel::URL"
    if entry.kind in MAILS:
        return entry.value, "Intel::EMAIL"
    if entry.kind in DIGESTS:
        return entry.value, "Intel::FILE_HASH"
    return (entry.value, "Intel::FILE_NAME") if entry.kind == "file:name" else None


def yara(entries: Sequence[Entry], about: About) -> bytes:
    """YARA rules as they were written; of several with one name the first, for a file with two does not compile."""
    taken: set[str] = set()
    kept = []
    for text in passed(entries, "yara"):
        named = set(_YARA_RULE.findall(text))
        if named and not named & taken:
            taken |= named
            kept.append(text)
    return lined([*told(about, "//"), *kept])


def sigma(entries: Sequence[Entry], about: About) -> bytes:
    """Sigma rules as they were written, and one for the values of each kind of log; one document after the other."""
    documents = [text.strip().removeprefix("---").strip() for text in passed(entries, "sigma")]
    documents += _sigma_of_values(entries, about)
    return lined([*told(about), "\n---\n".join(documents)] if documents else told(about))


def _sigma_of_values(entries: Sequence[Entry], about: About) -> Iterator[str]:
    known = names(entries)
    under = [f".{each}" for each in known]
    found = [str(each) for each in networks(entries)]
    urls = [each.value for each in entries if each.kind in URLS and clean(each.value) == each.value]
    digests = [f"{_SIGMA_HASH[each.kind]}={each.value}" for each in entries if each.kind in _SIGMA_HASH]
    for title, log, selections in (
        (
            "names that were asked for",
            "category: dns",
            {"query": known, "query|endswith": under},
        ),
        ("addresses that were connected to", "category: firewall", {"dst_ip|cidr": found}),
        ("pages that were asked for", "category: proxy", {"c-uri": urls}),
        ("programs that were started", "category: process_creation", {"Hashes|contains": digests}),
    ):
        if any(selections.values()):
            yield "\n".join(_sigma_rule(f"{clean(about.name)}: {title}", log, selections, about))


def _sigma_rule(title: str, log: str, selections: Mapping[str, Sequence[str]], about: About) -> Iterator[str]:
    """A rule of the Sigma specification 2; a text in JSON's quotes is one of YAML too."""
    yield f"title: {json.dumps(title[:256])}"
    yield f"id: {uuid5(NAMESPACE_URL, title)}"
    yield from ("status: experimental", "author: Egnatia", f"date: {about.at:%Y-%m-%d}", "logsource:", f"    {log}")
    yield "detection:"
    for number, (field, values) in enumerate(selections.items(), 1):
        yield f"    selection_{number}:"
        yield f"        {field}:"
        yield from (f"            - {json.dumps(value)}" for value in dict.fromkeys(values))
    yield from ("    condition: 1 of selection_*", "level: high")


def passed(entries: Sequence[Entry], language: str) -> Iterator[str]:
    """The rules of one language, each once."""
    yield from dict.fromkeys(each.value.strip() for each in entries if each.kind == language)


def _urls(entries: Sequence[Entry]) -> Iterator[tuple[str, str]]:
    """Host and path of what is asked for without encryption or behind a proxy."""
    for each in entries:
        found = _URL.fullmatch(each.value) if each.kind in URLS else None
        if found is not None and each.value.lower().startswith("http"):
            yield found[1].lower(), found[3] or "/"


def _rule(made: dict[int, str], key: str, head: str, options: str, version: int = 6) -> None:
    """A rule under the number that follows from its key; the next free one where two share it."""
    sid = FIRST_SID + int.from_bytes(hashlib.sha256(key.encode()).digest()[:6]) % SIDS
    while sid in made:
        sid += 1
    said = f" {options}" if options else ""
    close = "" if version == 3 else " classtype:trojan-activity;"
    made[sid] = f'{head} (msg:"Egnatia {content(key)}";{said}{close} sid:{sid}; rev:1;)'


def content(text: str) -> str:
    """A text as the content of a rule: what has a meaning there is written in hexadecimal."""
    out = []
    for byte in text.encode():
        character = chr(byte)
        out.append(character if (character.isalnum() and byte < 128) or character in "./-_ " else f"|{byte:02X}|")
    return "".join(out).replace("||", " ")


def _field(text: str) -> str:
    return clean(text).strip() or "-"
