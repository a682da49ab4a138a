"""A threat landscape as a document for print."""

from datetime import UTC, datetime

from egnatia.paper import Bar, Bars, Block, Document, Facts, Heading, Note, Paragraph, Table
from egnatia.web.intel.summary import Line, Summary
from egnatia.web.language import Speech
from egnatia.web.language.footnote import FOOTNOTE, footnotes


def document(told: Summary, speech: Speech, organisation: str) -> Document:
    """The landscape as a document; its marking stands on every page."""
    say = speech.gettext
    made = datetime.now(UTC)
    blocks: list[Block] = [Paragraph(f"{organisation} · {speech.day(made)}"), Paragraph(told.compared)]
    if told.named:
        blocks.append(Note(say("Some of what is in it is for named recipients only."), "warn"))
    if not told.complete:
        blocks.append(Note(say("There was more to look at than was looked at: the newest records are counted.")))
    blocks.append(
        Facts(tuple((each.words, f"{speech.number(each.value)}   {each.trend}".strip()) for each in told.figures))
    )
    for part in told.parts:
        blocks.append(Heading(part.title))
        blocks.append(Bars(tuple(Bar(line.words, line.count, speech.number(line.count)) for line in part.lines[:5])))
        blocks.append(_table(part.head, part.lines, speech))
    blocks.append(Heading(say("What was new")))
    rows = tuple(
        (speech.day(each.at), each.name, each.kind, each.owner, f"TLP:{each.tlp.upper()}") for each in told.fresh
    )
    heads = (say("Day"), say("Name"), say("Type"), say("Owner"), "TLP")
    blocks.append(Table(heads, rows, (6, 14, 7, 9, 9), say("Nothing that may be seen was new.")))
    if told.more:
        blocks.append(Paragraph(speech.ngettext("and %(count)s more", "and %(count)s more", told.more)))
    blocks.append(Heading(say("Sources and markings")))
    blocks.append(_table(say("Source"), told.sources, speech))
    blocks.append(
        Paragraph(
            say("The strictest marking of what is in it is %(marking)s: it holds for the whole.", marking=told.marking)
        )
    )
    return Document(
        title=told.title,
        subtitle=told.subtitle,
        language=speech.language.code,
        made_at=made,
        blocks=tuple(blocks),
        marking=told.marking,
        author=organisation,
        numbering=say("Page {page} of {pages}"),
        footnotes=(say(FOOTNOTE),) if told.kosovo else footnotes(say, told.title, organisation, blocks),
    )


def _table(head: str, lines: tuple[Line, ...], speech: Speech) -> Table:
    say = speech.gettext
    rows = tuple(
        (line.words, speech.number(line.count), speech.number(line.organisations), line.trend) for line in lines
    )
    return Table((head, say("Records"), say("Organisations"), say("Trend")), rows, (8, 3, 3, 4), say("Nothing"))
