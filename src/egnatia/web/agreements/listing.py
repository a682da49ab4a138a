"""The pages that show agreements: all of them over time, each with its signatures, and each to be signed on paper."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from egnatia.web.agreements.draft import Draft
from egnatia.web.agreements.effect import COUNTED, Gain, gains
from egnatia.web.agreements.reading import all_seen, names, now, one_seen, own_drafts
from egnatia.web.agreements.standing import Difference, Seen, Text, differences
from egnatia.web.chart import Chart
from egnatia.web.frame import Content
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit


class AgreementsPage(Content, frozen=True, kw_only=True):
    """Every agreement that the visitor may see, and the drafts of its organisation."""

    template: ClassVar[str] = "agreements/list.html"
    rows: tuple[Seen, ...]
    drafts: tuple[Draft, ...]
    chart: Chart | None
    names: Mapping[str, str]
    own: str
    may_sign: bool

    def names_of(self, parties: Iterable[str]) -> str:
        """Organisations by name, with commas."""
        return ", ".join(self.names.get(each, each) for each in parties)


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """How one party stands to the text that counts: signed, not yet, or behind another text."""

    party: str
    signed: bool
    other: int = 0
    """The number of the other text that it stands behind, 0 for none."""


class AgreementPage(Content, frozen=True, kw_only=True):
    """One agreement. `others` are its other texts with where they differ from the one that counts."""

    template: ClassVar[str] = "agreements/agreement.html"
    seen: Seen
    signatures: tuple[Signature, ...]
    others: tuple[tuple[Text, tuple[Difference, ...]], ...]
    gains: tuple[Gain, ...]
    counted: int = COUNTED
    names: Mapping[str, str]
    own: str
    may_sign: bool
    signs: bool
    begins: datetime
    ends: datetime | None

    def names_of(self, parties: Iterable[str]) -> str:
        """Organisations by name, with commas."""
        return ", ".join(self.names.get(each, each) for each in parties)


@get("/agreements")
async def agreements(visit: NamedDependency[Visit]) -> Response[str]:
    """The list of agreements."""
    from egnatia.web.agreements.timeline import timeline  # noqa: PLC0415  drawing is heavy, and idle nodes do not draw

    rows = await all_seen(visit)
    may_sign = visit.visitor.may(Permission.SIGN_AGREEMENTS)
    return visit.page(
        AgreementsPage(
            title=visit.speech.gettext("Agreements"),
            rows=rows,
            drafts=await own_drafts(visit) if may_sign else (),
            chart=timeline(visit.speech, rows, now()),
            names=await visit.ask(lambda: names(visit)),
            own=visit.visitor.organisation or "",
            may_sign=may_sign,
        )
    )


@get("/agreements/{agreement:str}")
async def agreement(visit: NamedDependency[Visit], agreement: FromPath[str]) -> Response[str]:
    """One agreement."""
    return visit.page(await page_of(visit, agreement))


@get("/agreements/{agreement:str}/print")
async def printed(visit: NamedDependency[Visit], agreement: FromPath[str]) -> Response[str]:
    """One agreement as a document, with room for signatures by hand."""
    page = await page_of(visit, agreement)
    return visit.page(AgreementPrint(**{name: getattr(page, name) for name in page.__struct_fields__}))


class AgreementPrint(AgreementPage, frozen=True, kw_only=True):
    """The same, as a document."""

    template: ClassVar[str] = "agreements/print.html"


async def page_of(visit: Visit, agreement: str) -> AgreementPage:
    """The page of an agreement; raises NotFound where the visitor may see no copy of it."""
    seen = await one_seen(visit, agreement)
    own, text = visit.visitor.organisation or "", seen.text
    may_sign = visit.visitor.may(Permission.SIGN_AGREEMENTS) and own in text.terms.parties
    directory, moment_now = visit.premises.directory(), now()
    signs = may_sign and own in text.missing and seen.status not in {"ended"} and not text.terms.suspended
    gained = await visit.ask(lambda: gains(visit.store, directory, text.terms, own, moment_now)) if signs else ()
    if gained:
        rows = tuple(row for each in gained for row in each.examples)
        await visit.surface.releases.note(visit.visitor.caller, "page", rows)
    return AgreementPage(
        title=text.terms.name,
        seen=seen,
        signatures=tuple(_signature(seen, party) for party in text.terms.parties),
        others=tuple((each, differences(text, each)) for each in seen.texts[1:]),
        gains=gained,
        names=await visit.ask(lambda: names(visit)),
        own=own,
        may_sign=may_sign,
        signs=signs,
        begins=seen.begins,
        ends=seen.ends,
    )


def _signature(seen: Seen, party: str) -> Signature:
    if party in seen.text.signed:
        return Signature(party=party, signed=True)
    other = next((place for place, text in enumerate(seen.texts[1:], 2) if party in text.signed), 0)
    return Signature(party=party, signed=False, other=other)
