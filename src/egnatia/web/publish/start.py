"""What can be published, in the words of who is on duty."""

from collections.abc import Sequence
from typing import Final

from egnatia.web.language import Speech
from egnatia.web.language.speech import N_
from egnatia.web.publish.content import Offer
from egnatia.web.publish.form import offered
from egnatia.web.record.faces import DOMAIN_TYPES, FACES, OBSERVABLE_TYPES

GROUPS: Final = (
    (N_("Something happened"), ("report", "incident", "observed-data", "sighting")),
    (N_("Look out for this"), ("indicator", "vulnerability", "malware", "attack-pattern")),
    (N_("About what is known already"), ("note", "opinion", "relationship", "course-of-action")),
)
"""What a duty officer wants to say, and the record types that say it."""

QUICK: Final = (
    "/publish/quick",
    N_("Quick report"),
    N_("Paste a text; the addresses, names and hashes in it become indicators"),
)


def groups(speech: Speech) -> tuple[tuple[str, tuple[Offer, ...]], ...]:
    """The usual things, in groups."""
    return tuple((speech.gettext(words), _offers(types, speech)) for words, types in GROUPS)


def more(speech: Speech) -> tuple[tuple[str, tuple[Offer, ...]], ...]:
    """Everything else that has a form."""
    usual = {type_ for _, types in GROUPS for type_ in types}
    left = [type_ for type_ in FACES if offered(type_) and type_ not in usual]
    return (
        (speech.gettext("Who and what"), _offers([each for each in left if each in DOMAIN_TYPES], speech)),
        (speech.gettext("Single observations"), _offers([each for each in left if each in OBSERVABLE_TYPES], speech)),
        (
            speech.gettext("For other programs"),
            _offers([each for each in left if each not in OBSERVABLE_TYPES and each not in DOMAIN_TYPES], speech),
        ),
    )


def quick(speech: Speech) -> Offer:
    """The quickest way."""
    href, words, about = QUICK
    return Offer(href, speech.gettext(words), speech.gettext(about))


def _offers(types: Sequence[str], speech: Speech) -> tuple[Offer, ...]:
    return tuple(
        Offer(f"/publish/new/{type_}", speech.gettext(FACES[type_].words), speech.gettext(FACES[type_].about))
        for type_ in types
    )
