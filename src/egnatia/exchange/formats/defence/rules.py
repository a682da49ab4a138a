"""Rules for detection: Suricata, Snort, Zeek's intelligence framework, Sigma; YARA and Sigma as they were written."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote
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
from egnatia.exchange.formats.defence.foreign import number_of, rules, yara_names
from egnatia.exchange.formats.defence.lists import asked_for, is_sound, names, networks

FIRST_SID, SIDS = 9_000_000, 90_000_000
"""Rule numbers are taken from a range that no public rule set uses; the same value has the same number everywhere."""

_URL: Final = re.compile(
    r"https?://([^/?#:\[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(/?[^\s\x00-\x20\x7f]*)", re.IGNORECASE
)
_HOST_ALONE: Final = re.compile(r"\A([^/?]+)(?=\?|\Z)")
_SIGMA_HASH: Final = {
    "file:hashes.MD5": "MD5",
    "file:hashes.'SHA-1'": "SHA1",
    "file:hashes.'SHA-256'": "SHA256",
}
"""How Sysmon writes the digests of a program that starts."""


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
    for host, _, path in _urls(entries):
        at = f'http.host; content:"{content(host)}"; startswith; endswith;'
        # A front page is that page alone: everything of the host begins like it.
        options = f'{at} http.uri; content:"{content(path)}"; startswith;{" endswith;" if path == "/" else ""}'
        _rule(made, f"http {host}{path}", "alert http $HOME_NET any -> any any", options)
    for network in networks(entries):
        shown = f"[{network}]" if network.version == 6 else str(network)
        _rule(made, f"ip {network}", f"alert ip $HOME_NET any -> {shown} any", "")
    return lined([*told(about), *made.values(), *_passed(entries, "suricata", made)])


def snort(entries: Sequence[Entry], about: About) -> bytes:
    """Alerts of Snort 3 on names (in questions to resolvers), addresses and HTTP; rules of its own language after
    them. It has no buffer for names, so a name is looked for as it goes over the wire: each label after its length, the
    root's empty one at the end (RFC 1035 section 3.1)."""
    made: dict[int, str] = {}
    for name in names(entries):
        wire = "".join(f"|{len(label):02X}|{content(label)}" for label in name.split("."))
        for protocol in ("udp", "tcp"):
            options = f'flow:to_server; content:"{wire}|00|",nocase,fast_pattern;'
            head = f"alert {protocol} $HOME_NET any -> any 53"
            _rule(made, f"dns {protocol} {name}", head, options, version=3)
    for host, port, path in _urls(entries):
        at = host if port in {"", "80"} else f"{host}:{port}"
        options = (
            f'http_header:field host; content:"{content(at)}",nocase,depth {len(at)}; isdataat:!1,relative; '
            f'http_uri; content:"{content(path)}",depth {len(path.encode(errors="surrogateescape"))};'
        )
        close = " isdataat:!1,relative;" if path == "/" else ""
        _rule(made, f"http {host}{path}", "alert http", f"{options}{close}", version=3)
    for network in networks(entries):
        _rule(made, f"ip {network}", f"alert ip $HOME_NET any -> {network} any", "", version=3)
    return lined([*told(about), *made.values(), *_passed(entries, "snort", made)])


def zeek(entries: Sequence[Entry], about: About) -> bytes:
    """The intelligence file of Zeek: fields separated by tabs, backslashes doubled as its reader wants."""
    lines = ["#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc"]
    source = _field(about.name)
    for each in entries:
        found = _zeek(each) if is_sound(each) else None
        if found is not None:
            desc = _field(f"{each.name or each.source} ({each.score})")
            lines.append("\t".join((found[0].replace("\\", "\\\\"), found[1], source, desc)))
    return lined(lines)


def _zeek(entry: Entry) -> tuple[str, str] | None:
    if entry.kind in ADDRESSES:
        return entry.value, "Intel::SUBNET" if "/" in entry.value else "Intel::ADDR"
    if entry.kind in NAMES:
        return entry.value, "Intel::DOMAIN"
    if entry.kind in URLS:
        place = asked_for(entry).partition("://")[2]
        return _HOST_ALONE.sub(r"\1/", place), "Intel::URL"
    if entry.kind in MAILS:
        return entry.value, "Intel::EMAIL"
    if entry.kind in DIGESTS:
        return entry.value, "Intel::FILE_HASH"
    return (entry.value, "Intel::FILE_NAME") if entry.kind == "file:name" else None


def yara(entries: Sequence[Entry], about: About) -> bytes:
    """YARA rules as they were written; of several with one name the first, for a file with two does not compile."""
    taken: set[str] = set()
    kept = []
    for text in rules(entries, "yara"):
        named = set(yara_names(text))
        if not named & taken:
            taken |= named
            kept.append(text)
    return lined([*told(about, "//"), *kept])


def sigma(entries: Sequence[Entry], about: About) -> bytes:
    """Sigma rules as they were written, and one for the values of each kind of log; one document after the other."""
    documents = [*rules(entries, "sigma")]
    documents += _sigma_of_values(entries, about)
    return lined([*told(about), "\n---\n".join(documents)] if documents else told(about))


def _sigma_of_values(entries: Sequence[Entry], about: About) -> Iterator[str]:
    known = names(entries)
    under = [f".{each}" for each in known]
    found = [str(each) for each in networks(entries)]
    urls = [_literal(asked_for(each)) for each in entries if each.kind in URLS and is_sound(each)]
    digests = [
        f"{_SIGMA_HASH[each.kind]}={each.value}" for each in entries if each.kind in _SIGMA_HASH and is_sound(each)
    ]
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


def _literal(text: str) -> str:
    """A text that Sigma takes for itself: `*` and `?` would stand for others (Sigma specification 2, Wildcards)."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def _passed(entries: Sequence[Entry], language: str, made: Mapping[int, str]) -> Iterator[str]:
    """Alerts as they were written, but for those whose number another one has."""
    taken = {str(number) for number in made}
    for line in rules(entries, language):
        if (number := number_of(line)) not in taken:
            taken.add(number)
            yield line


def _urls(entries: Sequence[Entry]) -> Iterator[tuple[str, str, str]]:
    """Host, port (empty for the usual one) and path of what is asked for without encryption or behind a proxy."""
    for each in entries:
        found = _URL.fullmatch(asked_for(each)) if each.kind in URLS else None
        if found is not None:
            path = found[3] if found[3].startswith("/") else f"/{found[3]}"
            # What a sensor compares with has its escapes undone.
            yield found[1].lower(), found[2] or "", unquote(path, errors="surrogateescape")


def _rule(made: dict[int, str], key: str, head: str, options: str, version: int = 6) -> None:
    """A rule under the number that follows from its key; the next free one where two share it."""
    sid = FIRST_SID + int.from_bytes(hashlib.sha256(key.encode(errors="surrogateescape")).digest()[:6]) % SIDS
    while sid in made:
        sid += 1
    said = f" {options}" if options else ""
    close = "" if version == 3 else " classtype:trojan-activity;"
    made[sid] = f'{head} (msg:"Egnatia {content(key)}";{said}{close} sid:{sid}; rev:1;)'


def content(text: str) -> str:
    """A text as the content of a rule: what has a meaning there is written in hexadecimal."""
    out = []
    for byte in text.encode(errors="surrogateescape"):
        character = chr(byte)
        out.append(character if (character.isalnum() and byte < 128) or character in "./-_ " else f"|{byte:02X}|")
    return "".join(out).replace("||", " ")


def _field(text: str) -> str:
    return clean(text).strip() or "-"
