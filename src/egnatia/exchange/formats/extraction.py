"""Indicators that a text names: a mail, a report (a PDF too), a page, defanged or not. What is found is a draft for a
person to look through: a report names benign things too.

Kinds are recognised by their form alone, digests before names and URLs before the domains in them; each value once.
"""

import email
import enum
import html
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from itertools import count, islice
from typing import Any, Final

import msgspec

from egnatia.exchange.formats.conversion import TLP_IDS, Conversion, instant, own_identifier, written
from egnatia.exchange.formats.fang import refang
from egnatia.exchange.formats.kinds import KINDS
from egnatia.exchange.formats.observable import NotOfItsKind, Observed
from egnatia.exchange.formats.restriction import in_text

TEXT_LIMIT: Final = 5_000_000
PAGES_LIMIT: Final = 500

PARTS_LIMIT: Final = 200
FIELD_LIMIT: Final = 1_000
CONTENT_FIELD_LIMIT: Final = 500
"""Characters of a field of a mail's head: beyond a few thousand one field can take the library minutes."""

TAG: Final = re.compile(r"<[^<>]*>")
"""A tag. It begins at the last `<`, so that many of them take no longer than one."""
_CODE: Final = re.compile(r"<(script|style)\b", re.IGNORECASE)
_CODE_ENDS: Final = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style")}

_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
"""Of any script: names may be international."""
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
    (
        "domain",
        re.compile(
            rf"(?<![\w@./\\-])(?:{_LABEL}\.){{1,8}}(?:xn--[a-z0-9-]{{2,59}}|[^\W\d_]{{2,24}})(?![\w/\\@-])(?!\.\w)",
            re.IGNORECASE,
        ),
    ),
)  # fmt: skip
_FILES: Final = frozenset(
    {
        "7z", "apk", "asp", "aspx", "bak", "bat", "bin", "cfg", "cmd", "conf", "csv", "dat", "dll", "doc", "docm",
        "docx", "eml", "exe", "gif", "gz", "hta", "htm", "html", "img", "ini", "iso", "jar", "jpeg", "jpg", "js",
        "jse", "json", "jsp", "lnk", "log", "md", "msg", "msi", "pdf", "php", "png", "ppt", "pptx", "ps1", "py",
        "rar", "rtf", "scr", "sh", "so", "sql", "svg", "sys", "tar", "tmp", "txt", "vbs", "xls", "xlsm", "xlsx",
        "xml", "yaml", "yml", "zip",
    }
)  # fmt: skip
"""Endings that make a file's name of what looks like a domain."""


class Extracted(msgspec.Struct, frozen=True):
    """A value that was found, its kind by the name that people use, and how often the text says it. `path` is where
    STIX has it (`domain-name:value`), `pattern` what detects it; empty for the number of a vulnerability."""

    kind: str
    value: str
    times: int
    path: str
    pattern: str

    @property
    def type(self) -> str:
        """The STIX type that holds the value."""
        return self.path.partition(":")[0]


class Why(enum.StrEnum):
    """Why a document holds no text for us, with what its reader may do."""

    LOCKED = "the PDF is locked by a password: save it without one first"
    SCAN = "the PDF holds no text, only pictures of it: have the text recognised (OCR) first"
    OUTLOOK = "an Outlook message (.msg): save it as .eml or as text first"
    ARCHIVE = "an archive or an office document: unpack it, or save it as PDF or text first"
    BINARY = "it holds no text: a picture, a program or something else"


class Textless(ValueError):
    """A document of which there is no text to read."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


_MAGIC: Final = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Why.OUTLOOK), (b"PK\x03\x04", Why.ARCHIVE), (b"PK\x05\x06", Why.ARCHIVE),
    (b"Rar!", Why.ARCHIVE), (b"7z\xbc\xaf\x27\x1c", Why.ARCHIVE), (b"\xfd7zXZ", Why.ARCHIVE), (b"BZh", Why.ARCHIVE),
    (b"\x89PNG", Why.BINARY), (b"\xff\xd8\xff", Why.BINARY), (b"GIF8", Why.BINARY), (b"MZ", Why.BINARY),
    (b"\x7fELF", Why.BINARY),
)  # fmt: skip
"""How files begin that are no text."""


def text_of(document: bytes) -> str:
    """The text of a mail (with its parts), a page, a PDF or a plain text; raises Textless for one that holds none, and
    another ValueError for a PDF or a mail that cannot be read."""
    head = document[:4_096]
    for magic, why in _MAGIC:
        if document.startswith(magic) and (why is not Why.BINARY or b"\0" in head or not head.isascii()):
            raise Textless(why)
    if b"%PDF-" in head[:1_024]:
        return _pdf_text(document)
    if re.search(rb"^(?:Received|Message-ID|From|MIME-Version):", head, re.IGNORECASE | re.MULTILINE):
        return _mail_text(mail_of(document[:TEXT_LIMIT]))
    text = document[:TEXT_LIMIT].decode("utf-8", "replace")
    return _plain(text) if re.search(r"<(?:html|body|p|div)\b", text[:4_096], re.IGNORECASE) else text


class _Bounded(EmailPolicy):
    """Cuts long fields: the library takes time that grows with the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[: CONTENT_FIELD_LIMIT if name.lower().startswith("content-") else FIELD_LIMIT]


def mail_of(document: bytes) -> EmailMessage:
    """A mail with its parts, its long fields cut; raises ValueError for one of more than `PARTS_LIMIT` parts."""
    parts = count(1)

    def part(policy: Any) -> EmailMessage:
        if next(parts) > PARTS_LIMIT:
            raise ValueError(f"a mail of more than {PARTS_LIMIT} parts")
        return EmailMessage(policy)

    made = email.message_from_bytes(document, policy=_Bounded(message_factory=part))
    assert isinstance(made, EmailMessage)  # noqa: S101  (the factory makes no other)
    return made


def _mail_text(made: EmailMessage) -> str:
    parts = [str(made.get("Subject", ""))]
    for part in made.walk():
        if part.get_content_maintype() == "text":
            try:
                content = str(part.get_content())
            except (LookupError, ValueError):
                continue
            parts.append(_plain(content) if part.get_content_subtype() == "html" else content)
    return "\n".join(parts)


def _pdf_text(document: bytes) -> str:
    from pypdf import PdfReader  # noqa: PLC0415  (14 MB that an idle node does not need)
    from pypdf.errors import FileNotDecryptedError, PyPdfError  # noqa: PLC0415

    parts: list[str] = []
    size = 0
    try:
        for page in islice(PdfReader(io.BytesIO(document)).pages, PAGES_LIMIT):
            parts.append(page.extract_text())
            size += len(parts[-1])
            if size > TEXT_LIMIT:
                break
    except FileNotDecryptedError as error:
        raise Textless(Why.LOCKED) from error
    except (PyPdfError, ValueError, LookupError, RecursionError, TypeError, AttributeError, ArithmeticError) as error:
        # pypdf raises what it stumbles over: a hostile file can do so in many ways
        raise ValueError(f"a PDF that cannot be read ({type(error).__name__}: {error})") from error
    if parts and not any(map(str.strip, parts)):
        raise Textless(Why.SCAN)
    return "\n".join(parts)


def _plain(page: str) -> str:
    links = " ".join(re.findall(r"href\s*=\s*[\"']?([^\"'\s>]+)", page, re.IGNORECASE))
    return html.unescape(f"{TAG.sub(' ', _without_code(page))}\n{links}")


def _without_code(page: str) -> str:
    """A page without its scripts and styles; one that is not closed goes on to the end, as in a browser."""
    parts: list[str] = []
    at = 0
    while (opening := _CODE.search(page, at)) is not None:
        parts.append(page[at : opening.start()])
        closing = _CODE_ENDS[opening[1].lower()].search(page, opening.end())
        if closing is None:
            return " ".join(parts)
        at = closing.end()
    return " ".join([*parts, page[at:]])


def extract(text: str) -> list[Extracted]:
    """What a text names, in the order in which it is first named."""
    whole = refang(text[:TEXT_LIMIT])
    found: dict[tuple[str, str], tuple[Observed | None, list[int]]] = {}
    for kind, form in _FORMS:
        kept: list[str] = []
        end = 0
        for match in form.finditer(whole):
            observed = _observed(kind, match[0])
            value = observed.name if observed else match[0].upper() if kind == "cve" else ""
            kept += [whole[end : match.start()], " " * len(match[0]) if value else match[0]]
            end = match.end()
            if value:
                found.setdefault((kind, value), (observed, []))[1].append(match.start())
        whole = "".join([*kept, whole[end:]])
    ordered = sorted(found.items(), key=lambda each: each[1][1][0])
    return [_extracted(kind, value, observed, len(places)) for (kind, value), (observed, places) in ordered]


def _observed(kind: str, written_: str) -> Observed | None:
    """What the form stands for; None where it deceived, and for the number of a vulnerability."""
    text = written_.rstrip(".,;:!?)]}'\"»”’") if kind == "url" else written_
    if kind == "cve" or (kind == "domain" and text.rpartition(".")[2].lower() in _FILES):
        return None
    try:
        return KINDS[kind](text, "")
    except NotOfItsKind:
        return None


def _extracted(kind: str, value: str, observed: Observed | None, times: int) -> Extracted:
    if observed is None or observed.pattern is None:
        return Extracted(kind, value, times, "vulnerability:name", "")
    return Extracted(kind, value, times, observed.pattern[1:].partition(" ")[0], observed.pattern)


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


def _records(found: Sequence[Extracted], title: str, stamp: str) -> Iterator[dict[str, Any]]:
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
            "pattern": each.pattern,
            "pattern_type": "stix",
            "indicator_types": ["malicious-activity"],
            "valid_from": stamp,
        }
