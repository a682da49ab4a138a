"""What cases say by a key, in the reader's language: roles, why an event has no effect."""

from collections.abc import Mapping
from typing import Final

from egnatia.casework.rulebook import Rulebook
from egnatia.casework.state import Refusal, Rule
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.visit import Visit

RULES: Final[Mapping[Rule, str]] = {
    Rule.NOT_ANSWERED_FOR: N_("Whoever brought it in is not the author that it names."),
    Rule.NOT_A_PARTY: N_("Its author is not a party of the case."),
    Rule.HAS_LEFT: N_("Its author had left the case."),
    Rule.UNKNOWN_DEED: N_("The workflow knows no such step."),
    Rule.ONLY_READS: N_("The roles of its author read and comment only."),
    Rule.NOT_ITS_ROLE: N_("This is for other roles than those of its author."),
    Rule.WRONG_STATE: N_("As the case stands, this cannot be done."),
    Rule.OVERTAKEN: N_("Another party had moved the case on before."),
    Rule.RULE_UNMET: N_("The case does not fulfil yet what this step asks for."),
    Rule.FIELD_MISSING: N_("Something that this needs was not filled in."),
    Rule.FIELD_WRONG: N_("A value is not what this field takes."),
    Rule.NOT_ITS_FIELD: N_("A field was filled in that is for other roles."),
    Rule.UNKNOWN_SUBJECT: N_("What it is about is not part of this case."),
    Rule.REASON_MISSING: N_("This needs a reason in words."),
    Rule.CASE_OVER: N_("The case is over: open it again first."),
    Rule.MERGED: N_("The case goes on in another one: take the merging back first."),
    Rule.FOR_ALL: N_("What changes the case is for all its parties."),
}
"""One sentence for every rule of the fold."""


def unmet(refusal: Refusal, speech: Speech) -> str:
    """Why an event has no effect; in English with what exactly it met."""
    sentence = speech.gettext(RULES[refusal.rule])
    return f"{sentence} ({refusal.reason})" if speech.language.code == "en" and refusal.reason else sentence


def roles_of(visit: Visit, book: Rulebook) -> tuple[tuple[str, str, str], ...]:
    """The roles of a workflow as a form offers them: key, words, and what they are about."""
    gettext = visit.speech.gettext
    return tuple((each.name, gettext(each.title), gettext(each.about)) for each in book.workflow.roles)
