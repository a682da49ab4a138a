"""Why somebody may or may not see a record, as a sentence in the reader's language with the names in it."""

from collections.abc import Mapping
from typing import Final

from egnatia.policy import Clearance, Explanation, Label, Rule, explanation
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.record.text import visible

SENTENCES: Final[Mapping[Rule, str]] = {
    Rule.OWNER: N_("%(reader)s may see it: an owner always sees its own."),
    Rule.PUBLIC: N_("%(reader)s may see it: it is TLP:CLEAR, which is for everyone."),
    Rule.MEMBER: N_("%(reader)s may see it: it is TLP:GREEN, and %(reader)s is a member of the community."),
    Rule.PARTNER: N_(
        "%(reader)s may see it: it is TLP:GREEN, and %(reader)s has an agreement in force with %(owner)s."
    ),
    Rule.PARTNER_CLIENT: N_(
        "%(reader)s may see it: it is TLP:GREEN, and %(reader)s is a client of %(provider)s, which has an agreement in "
        "force with %(owner)s."
    ),
    Rule.AGREEMENT: N_("%(reader)s may see it: an agreement in force between %(owner)s and %(reader)s covers it."),
    Rule.AGREEMENT_CLIENT: N_(
        "%(reader)s may see it: it is %(tlp)s, and %(reader)s is a client of %(provider)s, with which %(owner)s has an "
        "agreement in force that covers it."
    ),
    Rule.NAMED: N_("%(reader)s may see it: %(owner)s names %(reader)s in its audience (%(audience)s)."),
    Rule.NAMED_CLIENT: N_(
        "%(reader)s may see it: it is %(tlp)s, and %(reader)s is a client of %(provider)s, which is named in its "
        "audience (%(audience)s)."
    ),
    Rule.WITHDRAWN: N_("%(reader)s may not see it: %(owner)s has withdrawn it."),
    Rule.UNRESOLVED: N_("%(reader)s may not see it: it bears a marking that is not known here (%(markings)s)."),
    Rule.NO_PERSONAL_DATA: N_(
        "%(reader)s may not see it: it holds personal data, and no agreement in force between %(owner)s and %(reader)s "
        "covers personal data in a record of this type."
    ),
    Rule.EMPTY_AUDIENCE: N_("%(reader)s may not see it: its audience is empty."),
    Rule.NO_RECIPIENT: N_("%(reader)s may not see it: it is TLP:RED, and %(owner)s names no recipient."),
    Rule.NOT_NAMED: N_("%(reader)s may not see it: %(owner)s does not name %(reader)s in its audience (%(audience)s)."),
    Rule.NOT_MEMBER: N_(
        "%(reader)s may not see it: it is TLP:GREEN, and %(reader)s is neither a member of the community nor joined to "
        "%(owner)s by an agreement in force."
    ),
    Rule.NO_AGREEMENT: N_(
        "%(reader)s may not see it: no agreement in force between %(owner)s and %(reader)s covers it."
    ),
    Rule.NOT_CLIENTS: N_(
        "%(reader)s may not see it: it is %(tlp)s, which is not for clients, and %(reader)s is a client of "
        "%(provider)s, which receives it."
    ),
    Rule.NOT_PUBLIC: N_("%(reader)s may not see it: it is not public."),
    Rule.EXERCISE: N_("%(reader)s may not see it: it belongs to an exercise and is seen in that exercise alone."),
    Rule.NOT_EXERCISE: N_("%(reader)s may not see it in an exercise: it is real."),
    Rule.NOT_PLAYER: N_(
        "%(reader)s may not see it: %(owner)s does not name %(reader)s in its audience (%(audience)s) within the "
        "exercise."
    ),
}
"""One sentence for every rule of reading."""

LINKED: Final = N_("It is linked to a record of %(owner)s, and of that record it is true: %(sentence)s")

EVERYBODY: Final = N_("The public")


def why(label: Label, clearance: Clearance, names: Mapping[str, str], speech: Speech) -> str:
    """Why `clearance` may or may not see what lies under `label`; `names` are those of organisations, agreements and
    markings by id."""
    return said(explanation(label, clearance, names), speech)


def said(found: Explanation, speech: Speech) -> str:
    """An explanation in one sentence, or two where a linked record decided."""
    words = {key: visible(value) for key, value in found.names.items()}
    if words["reader"] == "The public":
        words["reader"] = speech.gettext(EVERYBODY)
    sentence = speech.gettext(SENTENCES[found.decision.rule], **words)
    if not found.linked:
        return sentence
    return speech.gettext(LINKED, owner=words["owner"], sentence=sentence)
