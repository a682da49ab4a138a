"""Indicators that a text names: a mail, a report, a page, defanged or not. What is found is a draft for a person to
look through: a report names benign things too.

Kinds are recognised by their form alone, digests before names and URLs before the domains in them; each value once.
"""

import email
import email.policy
import html
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import TLP_IDS, Conversion, instant, own_identifier, written
from egnatia.exchange.formats.fang import refang
from egnatia.exchange.formats.kinds import KINDS
from egnatia.exchange.formats.observable import NotOfItsKind
from egnatia.exchange.formats.restriction import in_text

TEXT_LIMIT: Final = 5_000_000

_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_LABEL: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_FORMS: Final = (
    ("cve", re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.IGNORECASE)),
    ("url", re.compile(r"\b(?:https?|ftp)://[^\s<>\"'`|\\^{}]+", re.IGNORECASE)),
    ("mail", re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}\b")),
    ("sha512", re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{128}(?![0-9A-Za-z])")),
    ("sha256", re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])")),
    ("sha1", re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{40}(?![0-9A-Za-z])")),
    ("md5", re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32}(?![0-9A-Za-z])")),
    ("address", re.compile(rf"(?<![\d.])(?:{_BYTE}\.){{3}}{_BYTE}(?:/\d{{1,2}})?(?![\d.]\d)")),
    ("address", re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,7}(?::|[0-9a-fA-F]{1,4})(?:[0-9a-fA-F:]*)(?![\w:])")),
    ("domain", re.compile(rf"(?<![\w@./\\-])(?:{_LABEL}\.)+[a-zA-Z]{{2,24}}(?![\w/\\@-])")),
)  # fmt: skip
_FILES: Final = frozenset(
    {
        "exe", "dll", "sys", "doc", "docx", "docm", "xls", "xlsx", "xlsm", "ppt", "pptx", "pdf", "zip", "rar", "7z",
        "txt", "log", "js", "vbs", "ps1", "bat", "cmd", "lnk", "iso", "img", "jar", "apk", "py", "sh", "so", "php",
        "asp", "aspx", "jsp", "html", "htm", "json", "xml", "yml", "yaml", "cfg", "conf", "ini", "tmp", "dat",
        "bin", "png", "jpg", "jpeg", "gif",
    }
)  # fmt: skip
"""Endings that make a file's name of what looks like a domain."""


class Extracted(msgspec.Struct, frozen=True):
    """A value that was found, its kind, and how often the text says it."""

    kind: str
    value: str
    times: int


def text_of(document: bytes) -> str:
    """The text of a mail (with its parts), a page or a plain text."""
    head = document[:4_096]
    if re.search(rb"^(?:Received|Message-ID|From|MIME-Version):", head, re.IGNORECASE | re.MULTILINE):
        made = email.message_from_bytes(document[:TEXT_LIMIT], policy=email.policy.default)
        return _mail_text(made)
    text = document[:TEXT_LIMIT].decode("utf-8", "replace")
    return _plain(text) if re.search(r"<(?:html|body|p|div)\b", text[:4_096], re.IGNORECASE) else text


def _mail_text(made: EmailMessage | Any) -> str:
    parts = [str(made.get("Subject", ""))]
    for part in made.walk():
        if part.get_content_maintype() == "text":
            try:
                content = str(part.get_content())
            except (LookupError, ValueError):
                continue
            parts.append(_plain(content) if part.get_content_subtype() == "html" else content)
    return "\n".join(parts)


def _plain(page: str) -> str:
    links = " ".join(re.findall(r"href\s*=\s*[\"']?([^\"'\s>]+)", page, re.IGNORECASE))
    bare = re.sub(r"<(script|style)\b.*?</\1\s*>", " ", page, flags=re.IGNORECASE | re.DOTALL)
    return html.unescape(f"{re.sub(r'<[^>]*>', ' ', bare)}\n{links}")


def extract(text: str) -> list[Extracted]:
    """What a text names, in the order in which it is first named."""
    whole = refang(text[:TEXT_LIMIT])
    found: dict[tuple[str, str], list[int]] = {}
    for kind, form in _FORMS:
        kept: list[str] = []
        end = 0
        for match in form.finditer(whole):
            value = _value(kind, match[0])
            kept += [whole[end : match.start()], " " * len(match[0]) if value else match[0]]
            end = match.end()
            if value:
                found.setdefault((kind, value), []).append(match.start())
        whole = "".join([*kept, whole[end:]])
    ordered = sorted(found.items(), key=lambda each: each[1][0])
    return [Extracted(kind, value, len(places)) for (kind, value), places in ordered]


def _value(kind: str, written_: str) -> str | None:
    """The value in its one form; None where the form deceived."""
    text = written_.rstrip(".,;:!?)]}'\"") if kind == "url" else written_
    if kind == "cve":
        return text.upper()
    if kind == "domain" and text.rpartition(".")[2].lower() in _FILES:
        return None
    try:
        return KINDS[kind](text, "").name
    except NotOfItsKind:
        return None


def draft(text: str, title: str, now: datetime, tlp: str = "amber") -> Conversion:
    """A report with an indicator for each value, as a draft: to be looked through, and then submitted. What the text
    says of its TLP counts if that is stricter."""
    said = in_text(text[:20_000]).tlp
    order = list(TLP_IDS)
    refs = [TLP_IDS[max([tlp, *([said] if said else [])], key=order.index)]]
    stamp = instant(now.timestamp())
    common = {"spec_version": "2.1", "created": stamp, "modified": stamp, "object_marking_refs": refs}
    made = list(_records(extract(text), title, stamp))
    report = {
        "type": "report",
        "id": own_identifier("report", "extracted", title, stamp),
        "name": title,
        "published": stamp,
        "report_types": ["threat-report"],
        "object_refs": [each["id"] for each in made],
    }
    whole = [*made, *([report] if made else [])]
    return Conversion(tuple(written({"type": each["type"], **common, **each}) for each in whole))


def _records(found: list[Extracted], title: str, stamp: str) -> Iterator[dict[str, Any]]:
    for each in found:
        if each.kind == "cve":
            number = {"source_name": "cve", "external_id": each.value}
            name = own_identifier("vulnerability", "extracted", title, each.value)
            yield {"type": "vulnerability", "id": name, "name": each.value, "external_references": [number]}
            continue
        yield {
            "type": "indicator",
            "id": own_identifier("indicator", "extracted", title, each.kind, each.value),
            "name": each.value[:250],
            "pattern": KINDS[each.kind](each.value, "").pattern,
            "pattern_type": "stix",
            "indicator_types": ["malicious-activity"],
            "valid_from": stamp,
        }
