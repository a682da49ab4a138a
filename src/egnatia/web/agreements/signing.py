"""What a party does with an agreement: signs the very bytes that it saw, suspends, ends, or proposes a newer text."""

import asyncio
import time
from typing import Annotated, TypeVar

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.submission import NotAllowed
from egnatia.record import Invalid
from egnatia.store import Batch, Note
from egnatia.web.agreements.draft import again, changed
from egnatia.web.agreements.reading import drafts, now, one_seen
from egnatia.web.agreements.standing import Seen, Text
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

F = TypeVar("F", bound=msgspec.Struct)


class Sign(msgspec.Struct, frozen=True):
    """The digest of the text that the person has seen."""

    text: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Reason(msgspec.Struct, frozen=True):
    """Why an agreement is suspended or ended; it goes into the audit log of this node alone."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


@post("/agreements/{agreement:str}/sign")
async def sign(visit: NamedDependency[Visit], agreement: FromPath[str]) -> Response[str]:
    """Publish the same bytes as the organisation's own copy."""
    form, seen, _ = await _party(visit, agreement, Sign)
    gettext = visit.speech.gettext
    text = next((each for each in seen.texts if each.digest == form.text), None)
    if text is None or text is not seen.text:
        raise BadRequest(gettext("The text has changed since you saw it. Open the agreement and read it again."))
    if visit.visitor.organisation not in text.missing:
        raise BadRequest(gettext("Your organisation has signed this text already."))
    if seen.status == "ended" or text.terms.suspended or text.terms.revoked:
        raise BadRequest(gettext("This agreement is over or suspended: propose a newer text instead."))
    await hand_in(visit, "agreement signed", text.body)
    left = len(text.missing) - 1
    said = (
        visit.speech.ngettext(
            "Signed. %(count)s other signature is missing.", "Signed. %(count)s other signatures are missing.", left
        )
        if left
        else gettext("Signed: every party has signed the same text.")
    )
    return visit.go(f"/agreements/{agreement}", said)


@post("/agreements/{agreement:str}/suspend")
async def suspend(visit: NamedDependency[Visit], agreement: FromPath[str]) -> Response[str]:
    """Take the consent back for now."""
    form, _, mine = await _party(visit, agreement, Reason)
    text = _signed(visit, mine)
    await hand_in(visit, "agreement suspended", changed(text, now(), suspended=True), reason=form.reason)
    said = visit.speech.gettext("Suspended: nothing more is shared under it. To go on, propose a text that all sign.")
    return visit.go(f"/agreements/{agreement}", said)


@post("/agreements/{agreement:str}/terminate")
async def terminate(visit: NamedDependency[Visit], agreement: FromPath[str]) -> Response[str]:
    """End it for good."""
    form, _, mine = await _party(visit, agreement, Reason)
    text = _signed(visit, mine, suspended=True)
    await hand_in(visit, "agreement ended", changed(text, now(), revoked=True), reason=form.reason)
    said = visit.speech.gettext("Ended: nothing more is shared under it. What was received keeps its rules.")
    return visit.go(f"/agreements/{agreement}", said)


@post("/agreements/{agreement:str}/amend")
async def amend(visit: NamedDependency[Visit], agreement: FromPath[str]) -> Response[str]:
    """A draft of a newer text, with the same terms to begin with."""
    _, seen, _ = await _party(visit, agreement, Reason)
    if any(text.terms.revoked for text in seen.texts):
        raise BadRequest(visit.speech.gettext("An agreement that was ended stays so: draft a new one."))
    at = time.time_ns() // 1_000
    newest = max(seen.texts, key=lambda text: text.terms.modified)
    draft = again(newest, visit.visitor.organisation or "", visit.visitor.name, at)
    await visit.ask(lambda: drafts(visit).put(draft.id, draft))
    return visit.go(f"/agreements/drafts/{draft.id}/edit")


def _signed(visit: Visit, mine: Text | None, *, suspended: bool = False) -> Text:
    """The text that the organisation stands behind; raises BadRequest where there is none to take back."""
    if mine is None or mine.terms.revoked or (mine.terms.suspended and not suspended):
        raise BadRequest(visit.speech.gettext("There is no signature of your organisation to take back."))
    return mine


async def _party(visit: Visit, agreement: str, kind: type[F]) -> tuple[F, Seen, Text | None]:
    visit.require(Permission.SIGN_AGREEMENTS)
    form = await visit.form(kind)
    seen = await one_seen(visit, agreement)
    own = visit.visitor.organisation
    if own not in seen.text.terms.parties:
        raise NotAllowed(visit.speech.gettext("Your organisation is no party of this agreement."))
    return form, seen, next((text for text in seen.texts if own in text.signed), None)


async def hand_in(visit: Visit, action: str, *bodies: bytes, reason: str = "") -> None:
    """Publish as the visitor's organisation, with a note of who did so; raises BadRequest where it is refused."""
    admission = visit.premises.admission
    outcome = await asyncio.wrap_future(
        admission.submit(bodies, visit.visitor.caller.submitter, atomic=True, tolerant=False)
    )
    if outcome.refused:
        problem = outcome.refused[0].problems[0]
        raise BadRequest(f"{problem}") from Invalid(outcome.refused[0].problems)
    accepted = outcome.accepted[-1]
    note = Note(visit.actor, action, accepted.id, f"{accepted.version} {reason}".strip())
    await asyncio.wrap_future(visit.store.append(Batch(notes=(note,))))
    visit.premises.forget_facts()
