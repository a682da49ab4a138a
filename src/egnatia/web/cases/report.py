"""The report of a case as its reader may see it, with what proves it; as PDF, or as one HTML file."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.casework.attaching import attached, described
from egnatia.casework.clock import moment, owed
from egnatia.casework.evidence import NAME, Evidence, evidence_of
from egnatia.casework.fold import Fold
from egnatia.casework.registry import Registry
from egnatia.exchange.api.problem import NotFound
from egnatia.paper import Block, Document, Facts, Heading, Note, Paragraph, Proof, Table, pdf
from egnatia.paper.page import page
from egnatia.policy import Clearance
from egnatia.record.attachment import CaseAttachment
from egnatia.record.marking import TLP2_IDS
from egnatia.store import Batch
from egnatia.store import Note as AuditNote
from egnatia.web.cases.filing import SANDBOX
from egnatia.web.cases.reading import found
from egnatia.web.cases.saying import DEED_WORDS, PROGRESS, REVIEWS, TIMELINESS, worded
from egnatia.web.language import Speech
from egnatia.web.language.footnote import footnotes
from egnatia.web.visit import Visit

Form = Literal["pdf", "html"]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A report, ready to be written."""

    document: Document
    evidence: Evidence

    def written(self, form: Form) -> bytes:
        """As PDF with the evidence attached, or as HTML with the evidence inside."""
        proof = msgspec.json.encode(self.evidence)
        if form == "pdf":
            return pdf(msgspec.structs.replace(self.document, attachments=((NAME, proof),)))
        tail = f'<script type="application/json" id="egnatia-evidence">{base64.b64encode(proof).decode()}</script>'
        return page(self.document, tail=tail).encode()


def report_of(
    registry: Registry, clearance: Clearance, fold: Fold, speech: Speech, names: Mapping[str, str], made_for: str
) -> Report:
    """The report of a case as somebody may see it. Asks the store."""
    evidence = evidence_of(registry, clearance, fold, made_for)
    ids = [id_ for event in fold.ordering if event.id not in fold.state.refused for id_ in attached(event)]
    files = list(described(registry, clearance, ids).values())
    writer = _Writer(fold, speech, names)
    exercise = fold.case.exercise or ""
    tlps = [TLP2_IDS[ref] for ref in fold.case.object_marking_refs if ref in TLP2_IDS]
    blocks = tuple(writer.blocks(files, evidence))
    titles = (fold.book.workflow.title, fold.book.states[fold.state.state].title)
    document = Document(
        title=fold.case.title,
        subtitle=" · ".join(map(speech.gettext, titles)),
        language=speech.language.code,
        made_at=moment(evidence.made_at),
        blocks=blocks,
        marking=f"TLP:{tlps[0].upper()}" if tlps else "TLP:RED",
        banner=speech.gettext("EXERCISE") if exercise else "",
        author=names.get(made_for, made_for),
        footnotes=footnotes(speech.gettext, fold.case.title, names.get(made_for, ""), blocks),
    )
    return Report(document=document, evidence=evidence)


@get("/cases/{case:str}/print/{form:str}")
async def report(visit: NamedDependency[Visit], case: FromPath[str], form: FromPath[str]) -> Response[bytes]:
    """The report to be kept; that it was made is noted."""
    if form not in {"pdf", "html"}:
        raise NotFound
    chosen: Form = "pdf" if form == "pdf" else "html"
    fold = await found(visit, case)
    clearance, registry = visit.clearance(), visit.premises.casework
    names = {each.id: each.name for each in await visit.ask(visit.premises.organisations)}
    own = visit.visitor.organisation or ""

    def made() -> bytes:
        return report_of(registry, clearance, fold, visit.speech, names, own).written(chosen)

    content = await visit.ask(made)
    note = AuditNote(visit.actor, "case report", case, chosen)
    await visit.ask(lambda: visit.store.append(Batch(notes=(note,))).result(30))
    headers = {**SANDBOX, "content-disposition": f'attachment; filename="{visit.file_name(case[:14])}.{chosen}"'}
    kind = "application/pdf" if chosen == "pdf" else "text/html"
    return Response(content, media_type=kind, headers=headers)


class _Writer:
    """Writes the blocks of one report."""

    def __init__(self, fold: Fold, speech: Speech, names: Mapping[str, str]) -> None:
        self._fold, self._speech, self._names = fold, speech, names
        self._say = speech.gettext

    def blocks(self, files: Sequence[CaseAttachment], evidence: Evidence) -> Iterator[Block]:
        """Everything, in order."""
        yield from self._standing()
        yield from self._owed()
        yield from self._work(files)
        yield from self._history()
        yield from self._proof(evidence)

    def _standing(self) -> Iterator[Block]:
        state, book, say = self._fold.state, self._fold.book, self._say
        if state.missing:
            yield Note(say("Events that others refer to are not here, or not for this reader."), "warn")
        for conflict in state.conflicts.values():
            title = say(book.fields[conflict.fact].title)
            yield Note(say("Two parties said different things: %(fact)s", fact=title), "warn")
        yield Heading(say("What is known"))
        facts = [(say(book.fields[name].title), self._worded(name, value)) for name, value in state.facts.items()]
        known = self._fold.known()
        follows = [
            (say(each.title), worded(self._speech, known[each.name], each.choices))
            for each in book.workflow.conclusions
        ]
        yield Facts([*facts, *follows])
        yield Heading(say("Parties"))
        yield Table(
            [say("Organisation"), say("Economy"), say("Roles")],
            [
                (self._name(id_), self._speech.economy(party.economy), self._roles(party.roles))
                for id_, party in state.parties.items()
            ],
        )

    def _owed(self) -> Iterator[Block]:
        say, now = self._say, datetime.now(UTC)
        rows = [
            (
                say(each.title),
                self._speech.moment(each.due, "short") if each.due else "",
                f"{say(TIMELINESS[each.timeliness(now)][1])} {say(REVIEWS[each.review][1]) if each.review else ''}",
                ", ".join(self._name(one) for one in each.by),
            )
            for each in owed(self._fold)
        ]
        if rows:
            yield Heading(say("What is owed"))
            yield Table([say("What"), say("Due"), say("How it stands"), say("By")], rows)

    def _worded(self, name: str, value: Any) -> str:
        """A fact, and by which clock it was said where that was not UTC."""
        words = worded(self._speech, value, self._fold.book.fields[name].choices)
        entered = self._fold.state.entered.get(name)
        return f"{words} ({worded(self._speech, entered)})" if entered else words

    def _work(self, files: Sequence[CaseAttachment]) -> Iterator[Block]:
        say, state = self._say, self._fold.state
        if state.tasks:
            yield Heading(say("Tasks"))
            rows = [
                (say(each.title), self._name(each.responsible), each.person, say(PROGRESS[each.status]))
                for each in state.tasks.values()
            ]
            yield Table([say("Task"), say("Responsible"), say("Person"), say("How it stands")], rows)
        if files:
            yield Heading(say("Files"))
            listed = [(each.name, self._speech.number(each.size), each.sha256) for each in files]
            yield Table([say("File"), say("Bytes"), "SHA-256"], listed, (3, 1, 4))

    def _history(self) -> Iterator[Block]:
        say, fold = self._say, self._fold
        yield Heading(say("What happened"))
        for event in fold.ordering:
            at = self._speech.moment(moment(fold.ordering.keys[event.id][0]), "short")
            title = fold.book.steps[event.does].title if event.does in fold.book.steps else ""
            what = say(title or DEED_WORDS.get(event.does, event.does))
            yield Heading(f"{at}  {what}", 3)
            who = ", ".join(each for each in (self._name(event.author), event.by) if each)
            lines = [who, *([event.text] if event.text else [])]
            for name, value in event.fields.items():
                field = fold.book.fields.get(name)
                said = worded(self._speech, value, field.choices if field else ())
                lines.append(f"{say(field.title) if field else name}: {said}")
            refusal = fold.state.refused.get(event.id)
            if refusal is not None:
                lines.append(f"{say('without effect')}: {refusal.reason}")
            yield Paragraph("\n".join(lines))

    def _proof(self, evidence: Evidence) -> Iterator[Block]:
        say, heard = self._say, evidence.heard
        yield Heading(say("Proof of integrity"))
        yield Paragraph(
            say(
                "Each record below was signed, with others, by the node that took it in: its digest leads to the root "
                "of a Merkle tree that bears an Ed25519 and an ML-DSA-65 signature. The records themselves and their "
                "ways to the roots are in this file. To check them, on any node that knows the others: %(command)s",
                command="egnatia case verify FILE",
            )
        )
        rows: list[tuple[str, str]] = []
        for piece in evidence.pieces:
            attestation = heard.get(piece.attestation)
            signed = f"{attestation.node} #{attestation.sequence} root {attestation.root.hex()}" if attestation else ""
            rows.append((self._name(piece.owner), f"{piece.id}\n{piece.leaf}\n{signed}"))
        yield Proof(rows)

    def _name(self, who: str) -> str:
        roles = self._fold.book.roles
        return self._names.get(who) or (self._say(roles[who].title) if who in roles else who)

    def _roles(self, roles: frozenset[str]) -> str:
        return ", ".join(self._say(self._fold.book.roles[each].title) for each in sorted(roles))
