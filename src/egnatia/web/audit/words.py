"""What the words of the audit log mean for people. The log itself keeps its own words: they are what was signed."""

from collections.abc import Mapping
from typing import Final

from egnatia.web.language.speech import N_

ACTIONS: Final[Mapping[str, str]] = {
    "account added": N_("An account was added"),
    "account locked": N_("An account was locked"),
    "agreement ended": N_("An agreement was ended"),
    "agreement signed": N_("An agreement was signed"),
    "agreement suspended": N_("An agreement was suspended"),
    "audit": N_("The audit log was looked at"),
    "backup": N_("A backup was taken"),
    "case opened": N_("A case was opened"),
    "contradiction": N_("A peer showed two different logs"),
    "enrolled": N_("Somebody set up a way to sign in"),
    "keys revoked": N_("Keys were given up"),
    "keys rotated": N_("Keys were renewed"),
    "organisation": N_("Something was said of an organisation"),
    "output granted": N_("An output was granted"),
    "output revoked": N_("An output was revoked"),
    "pairing": N_("A pairing was changed"),
    "purge": N_("Records were erased that may not be kept"),
    "refuse": N_("Records were refused"),
    "release": N_("Records were shown or sent"),
    "restore": N_("A backup was put back"),
    "sessions ended": N_("Sessions were ended"),
    "sign-in": N_("Somebody signed in"),
    "sign-in refused": N_("A sign-in was refused"),
    "signed out": N_("Somebody signed out"),
    "submit": N_("Records were handed in"),
    "token issued": N_("A token was issued"),
    "token revoked": N_("A token was revoked"),
}
"""By what stands in the row."""


def said(action: str) -> str:
    """What an action is called, to be translated; empty where the word of the row has to do."""
    return ACTIONS.get(action, "")
