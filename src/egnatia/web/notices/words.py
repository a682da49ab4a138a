"""Notices in words: a sentence for who may see what it is about, and one for anybody."""

from collections.abc import Mapping
from typing import Final

from egnatia.exchange.notice import Kind, Notice
from egnatia.web.language import Speech
from egnatia.web.language.speech import N_

KINDS: Final[Mapping[Kind, str]] = {
    Kind.ASSIGNED: N_("Work is given to me"),
    Kind.MENTIONED: N_("Somebody mentions me"),
    Kind.ROLE: N_("A step or task concerns a role of my organisation"),
    Kind.REVIEW: N_("A report is to be reviewed, or was"),
    Kind.BEFORE: N_("Something is due soon"),
    Kind.AFTER: N_("Something is overdue"),
    Kind.PARTY: N_("A party comes in or leaves"),
    Kind.RECALL: N_("A record is taken back"),
    Kind.SAVED: N_("A saved search has something new"),
    Kind.HELD: N_("Something is held at TLP:RED until a person decides"),
    Kind.ACCOUNT: N_("Something changes about my account"),
}
"""What a person chooses by."""

SENTENCES: Final[Mapping[str, str]] = {
    "task-person": N_("A task was given to you: %(title)s"),
    "task": N_("A task for your organisation: %(title)s"),
    "mention": N_("%(who)s mentioned you"),
    "step": N_("%(step)s: this concerns your organisation"),
    "filed": N_("%(report)s was filed and is to be reviewed"),
    "reviewed": N_("%(report)s: %(outcome)s"),
    "review-submitted": N_("“%(name)s” waits for a second person to read it"),
    "review-returned": N_("“%(name)s” was returned to you, with what is to be changed"),
    "review-approved": N_("What you handed in for review is published"),
    "before": N_("%(what)s is due on %(due)s"),
    "after": N_("%(what)s was due on %(due)s"),
    "joined": N_("%(who)s takes part now"),
    "left": N_("%(who)s has left"),
    "opened": N_("A case was opened with your organisation"),
    "recall": N_("A record was taken back"),
    "saved": N_("New in “%(name)s”"),
    "held": N_("“%(name)s” brought what is held at TLP:RED until a person decides what its words mean"),
    "account-password": N_("The password of your account was changed"),
    "account-app": N_("Your account has another authenticator app"),
    "account-passkey": N_("A passkey was added to your account"),
    "account-passkey-gone": N_("A passkey of your account was removed"),
    "account-recovery": N_("Your account has new recovery codes; those before are void"),
    "account-recovery-used": N_("A recovery code of your account was used"),
    "account-enrolled": N_("How you sign in to your account was set up"),
    "account-roles": N_("The roles of your account were changed"),
    "account-disabled": N_("Your account was disabled"),
    "account-enabled": N_("Your account may be used again"),
    "account-reset": N_("Your account was reset: nothing that you signed in with counts any more"),
    "account-locked": N_("Your account was locked for a while after wrong tries"),
    "account-sessions": N_("Sessions of your account were ended"),
    "account-token": N_("A token was issued in your name: %(name)s"),
    "account-token-gone": N_("A token that you issued was revoked: %(name)s"),
    "account-mail": N_("Letters about your account go to another address from now on"),
    "held-by-hand": N_("What was imported is held at TLP:RED until a person decides what its words mean"),
}
"""By the key that a notice bears."""

BRIEF: Final[Mapping[Kind, str]] = {
    Kind.ASSIGNED: N_("Work was given to you"),
    Kind.MENTIONED: N_("Somebody mentioned you"),
    Kind.ROLE: N_("Something concerns your organisation"),
    Kind.REVIEW: N_("A report was filed or reviewed"),
    Kind.BEFORE: N_("Something is due soon"),
    Kind.AFTER: N_("Something is overdue"),
    Kind.PARTY: N_("A party came in or left"),
    Kind.RECALL: N_("A record was taken back"),
    Kind.SAVED: N_("A saved search has something new"),
    Kind.HELD: N_("Something is held until a person decides"),
    Kind.ACCOUNT: N_("Something has changed about your account"),
}
"""What may be said to whoever reads a mailbox."""

OUTCOMES: Final[Mapping[str, str]] = {
    "under-review": N_("under review"),
    "revision-required": N_("sent back"),
    "accepted": N_("accepted"),
}


def sentence(notice: Notice, speech: Speech, names: Mapping[str, str]) -> str:
    """All that the notice says; `names` are those of organisations."""
    said = SENTENCES.get(notice.what)
    if said is None:
        return speech.gettext(BRIEF[notice.kind])
    return speech.gettext(said, **{key: _value(key, value, speech, names) for key, value in notice.values.items()})


def _value(key: str, value: str, speech: Speech, names: Mapping[str, str]) -> str:
    match key:
        case "who":
            return names.get(value, value)
        case "due":
            return speech.moment(int(value), "short") if value else ""
        case "outcome":
            return speech.gettext(OUTCOMES.get(value, value))
        case "name":
            return value
        case _:
            return speech.gettext(value)  # titles of workflows are in the catalogue; what people wrote stays itself


def reference(subject: str) -> str:
    """How a case or record is named where its title may not be: by the beginning of its id."""
    return subject.partition("--")[2][:8]
