"""What somebody reported, as it is kept: sealed, for nobody but who looks through it, and not for ever.

The address of who reported is kept apart, and erased sooner. A reporter knows a reference that nobody can guess; of it
only the digest is kept.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from egnatia.exchange.formats.extraction import extract
from egnatia.store.entry import Batch, Note
from egnatia.store.store import Store
from egnatia.web.account.sealing import NotOurs, Seal
from egnatia.web.intake.message import MailFacts, facts_of, is_mail

DAY: Final = 86_400_000_000
LISTED: Final = 200
MOST: Final = 5_000
"""Reports that are kept at a time; then the door is shut until some are settled."""
FILES: Final = 500
"""Files that are kept at a time; of one more only what identifies it."""
FILE_BYTES: Final = 4_000_000
TEXT: Final = 20_000
MARKED: Final = 50
"""Values of a report by which it is compared with others."""

Kind = Literal["mail", "link", "incident", "other"]
State = Literal["new", "taken", "asked", "dismissed", "record", "case", "duplicate"]
OPEN: Final = frozenset({"new", "taken", "asked"})


class Full(RuntimeError):
    """There are more reports than anybody has looked through: nothing is taken now."""


class Said(msgspec.Struct, frozen=True):
    """What was written to or by the reporter; `ours` by us."""

    at: int
    ours: bool
    text: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What was reported."""

    title: str = ""
    text: str = ""
    link: str = ""
    mail: MailFacts | None = None
    file_name: str = ""
    file_size: int = 0
    file_digest: str = ""
    said: tuple[Said, ...] = ()


class Step(msgspec.Struct, frozen=True):
    """What somebody of the organisation did with it; `at` is microseconds UTC."""

    at: int
    who: str
    what: str
    reason: str = ""


class Tip(msgspec.Struct, frozen=True, kw_only=True):
    """A report in the queue. `by` is who reported: an organisation's identity and a name, empty for the public. What it
    says is sealed."""

    id: str
    kind: Kind
    at: int
    language: str
    sealed: bytes
    by: str = ""
    by_name: str = ""
    state: State = "new"
    taken_by: str = ""
    steps: tuple[Step, ...] = ()
    has_contact: bool = False
    has_file: bool = False
    reference: str = ""
    """The digest of the reference."""
    case: str = ""
    """The case that it has become."""
    same_as: str = ""
    """The report of the same thing that it was merged into."""
    marks: tuple[str, ...] = ()
    """Keyed digests of what it names, by which reports of the same thing are found."""

    @property
    def changed(self) -> int:
        """When something was last done with it."""
        return self.steps[-1].at if self.steps else self.at


class Tips:
    """The reports to the organisation that operates this node."""

    def __init__(self, store: Store, secret: bytes) -> None:
        self._store = store
        self._tips = store.kept("tip", Tip)
        self._contacts = store.kept("tip-contact", bytes)
        self._files = store.kept("tip-file", bytes)
        self._references = store.kept("tip-reference", str)
        self._cases = store.kept("tip-case", str)
        self._seal, self._secret = Seal(secret), secret

    def receive(  # noqa: PLR0913  all that a report has
        self,
        kind: Kind,
        content: Content,
        *,
        at: int,
        language: str,
        contact: str = "",
        file: tuple[str, bytes] = ("", b""),
        by: str = "",
        by_name: str = "",
    ) -> str:
        """Take it in; the reference by which its reporter asks how it stands. Raises Full."""
        if len(self._tips.latest(MOST)) >= MOST:
            raise Full
        id_ = f"{at:014x}{secrets.token_hex(4)}"
        reference = new_reference()
        name, document = file
        whole = msgspec.structs.replace(
            content,
            mail=facts_of(document) if document and is_mail(document) else None,
            file_name=name[:200],
            file_size=len(document),
            file_digest=hashlib.sha256(document).hexdigest() if document else "",
        )
        keeps = bool(document) and len(document) <= FILE_BYTES and len(self._files.latest(FILES)) < FILES
        tip = Tip(
            id=id_,
            kind=kind,
            at=at,
            language=language,
            sealed=self._closed("tip", whole),
            by=by,
            by_name=by_name,
            has_contact=bool(contact),
            has_file=keeps,
            reference=digest_of(reference),
            marks=self._marks(whole),
        )
        if keeps:
            self._files.put(id_, self._seal.close("tip file", document))
        if contact:
            self._contacts.put(id_, self._seal.close("tip contact", contact.encode()))
        self._tips.put(id_, tip)
        self._references.put(tip.reference, id_)
        self._note("public" if not by else f"{by} {by_name}", "report received", id_, kind)
        return reference

    def get(self, id_: str) -> Tip | None:
        """One of them."""
        return self._tips.get(id_) if id_.isalnum() and id_.isascii() else None

    def by_reference(self, reference: str) -> Tip | None:
        """The one whose reporter has this reference, however it is written."""
        id_ = self._references.get(digest_of(reference))
        return self._tips.get(id_) if id_ is not None else None

    def of_case(self, case: str) -> Tip | None:
        """The one that has become this case."""
        id_ = self._cases.get(case)
        return self._tips.get(id_) if id_ is not None else None

    def latest(self) -> tuple[Tip, ...]:
        """Those that are open before those that are settled, each the newest first."""
        found = self._tips.latest(MOST)
        return tuple(sorted(found, key=lambda tip: (tip.state not in OPEN, -tip.at)))[:LISTED]

    def open(self) -> int:
        """How many are open."""
        return sum(tip.state in OPEN for tip in self._tips.latest(MOST))

    def content(self, tip: Tip) -> Content:
        """What was reported; raises NotOurs where the node's secret is another one now."""
        return msgspec.msgpack.decode(self._seal.open("tip", tip.sealed), type=Content)

    def contact(self, tip: Tip) -> str:
        """The address of who reported it; empty where none was given, or it is erased."""
        sealed = self._contacts.get(tip.id) if tip.has_contact else None
        return self._seal.open("tip contact", sealed).decode() if sealed is not None else ""

    def file(self, tip: Tip) -> bytes | None:
        """The file that was handed in with it."""
        sealed = self._files.get(tip.id) if tip.has_file else None
        return self._seal.open("tip file", sealed) if sealed is not None else None

    def act(self, tip: Tip, who: str, what: State, at: int, *, reason: str = "", organisation: str = "") -> None:
        """Somebody does something with it."""
        step = Step(at, who, what, reason)

        def changed(kept: Tip) -> Tip:
            taken = who if what in {"taken", "asked"} else kept.taken_by
            return msgspec.structs.replace(kept, state=what, taken_by=taken, steps=(*kept.steps, step))

        self._tips.change(tip.id, changed)
        self._note(f"{organisation} {who}", f"report {what}", tip.id)

    def give(self, tip: Tip, who: str, to: str, at: int, *, organisation: str) -> None:
        """Somebody gives it to a colleague, or takes it themselves."""
        step = Step(at, who, "taken", "" if who == to else f"→ {to}")

        def given(kept: Tip) -> Tip:
            state: State = kept.state if kept.state == "asked" else "taken"
            return msgspec.structs.replace(kept, state=state, taken_by=to, steps=(*kept.steps, step))

        self._tips.change(tip.id, given)
        self._note(f"{organisation} {who}", "report given", tip.id, to)

    def main(self, tip: Tip) -> Tip:
        """The report that it was merged into; itself where it was not."""
        return (self.get(tip.same_as) if tip.same_as else None) or tip

    def merged(self, tip: Tip) -> list[Tip]:
        """The reports that were merged into it."""
        return [each for each in self._tips.latest(MOST) if each.same_as == tip.id]

    def merge(self, tip: Tip, into: Tip, who: str, at: int, *, organisation: str) -> None:
        """It is of the same thing as another: whatever becomes of that is told to its reporter too. What was merged
        into it before goes along."""
        for each in (tip, *self.merged(tip)):
            self._tips.change(each.id, lambda kept: msgspec.structs.replace(kept, same_as=into.id))
        self.act(tip, who, "duplicate", at, organisation=organisation)

    def part(self, tip: Tip) -> None:
        """It was not of the same thing after all."""
        self._tips.change(tip.id, lambda kept: msgspec.structs.replace(kept, same_as=""))

    def alike(self, tip: Tip, limit: int) -> list[Tip]:
        """Open reports that may be of the same thing: those that name most of what it names first, then the newest."""
        others = [each for each in self._tips.latest(MOST) if each.state in OPEN and each.id != tip.id]
        marks = set(tip.marks)
        return sorted(others, key=lambda each: (-len(marks & set(each.marks)), -each.at))[:limit]

    def all(self) -> tuple[Tip, ...]:
        """Every report that is kept."""
        return self._tips.latest(MOST)

    def become(self, tip: Tip, who: str, case: str, at: int, *, organisation: str) -> None:
        """It has become a case: each leads to the other."""
        self._cases.put(case, tip.id)
        self._tips.change(tip.id, lambda kept: msgspec.structs.replace(kept, case=case))
        self.act(tip, who, "case", at, organisation=organisation)

    def say(self, tip: Tip, text: str, at: int, *, ours: bool) -> None:
        """Something is written to, or by, the reporter."""

        def changed(kept: Tip) -> Tip:
            content = self.content(kept)
            said = (*content.said, Said(at, ours, text[:TEXT]))[-50:]
            state = kept.state if ours or kept.state != "asked" else "taken"
            sealed = self._closed("tip", msgspec.structs.replace(content, said=said))
            return msgspec.structs.replace(kept, sealed=sealed, state=state)

        self._tips.change(tip.id, changed)

    def purge(self, now: int, *, contact_days: int, report_days: int) -> int:
        """Erase addresses and settled reports whose time is over; how many reports that were."""
        gone = []
        for tip in self._tips.latest(MOST):
            if tip.has_contact and now - tip.changed > contact_days * DAY:
                self._contacts.remove(tip.id)
                self._tips.change(tip.id, lambda kept: msgspec.structs.replace(kept, has_contact=False))
            if tip.state not in OPEN and now - tip.changed > report_days * DAY:
                gone.append(tip)
        for tip in gone:
            self._files.remove(tip.id)
            self._contacts.remove(tip.id)
            self._references.remove(tip.reference)
            if tip.case:
                self._cases.remove(tip.case)
            self._tips.remove(tip.id)
        if gone:
            self._note("egnatia", "reports erased", "", str(len(gone)))
        return len(gone)

    def _marks(self, content: Content) -> tuple[str, ...]:
        values = {each.value for each in extract("\n".join(words_of(content)))[:MARKED]}
        values |= {content.file_digest} if content.file_digest else set()
        digests = (hmac.new(self._secret, f"report names {each}".encode(), hashlib.sha256) for each in values)
        return tuple(sorted(each.hexdigest()[:16] for each in digests))

    def _closed(self, purpose: str, content: Content) -> bytes:
        return self._seal.close(purpose, msgspec.msgpack.encode(content))

    def _note(self, actor: str, action: str, subject: str, detail: str = "") -> None:
        self._store.append(Batch(notes=(Note(actor, action, subject, detail),))).result()


def new_reference() -> str:
    """80 random bits in letters that are told apart easily."""
    text = base64.b32encode(secrets.token_bytes(10)).decode()
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))


def digest_of(reference: str) -> str:
    """What is kept of a reference."""
    plain = "".join(each for each in reference.upper() if each.isalnum())[:64]
    return hashlib.sha256(f"report {plain}".encode()).hexdigest()


def readable(tips: Tips, tip: Tip) -> Content:
    """What was reported, as far as this node can still open it."""
    try:
        return tips.content(tip)
    except NotOurs:
        return Content(title="?")


def words_of(content: Content) -> Iterator[str]:
    """All text of a report, to look for values in."""
    yield from (content.title, content.link, content.text)
    if content.mail is not None:
        yield from (
            value for name, value in content.mail.heads if name in {"From", "Reply-To", "Return-Path", "Received"}
        )
        yield content.mail.text
        yield from (each.sha256 for each in content.mail.attachments)
    yield from (each.text for each in content.said if not each.ours)
