"""What people may do at a node, by role; declared once, and written into docs/permissions.md from here."""

import enum
from collections.abc import Mapping

from egnatia.exchange.submission import Right
from egnatia.web.language.speech import N_


class Role(enum.StrEnum):
    """What an organisation entrusts an account with; an account may have several."""

    READER = "reader"
    ANALYST = "analyst"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Permission(enum.StrEnum):
    """One thing that a person may do."""

    READ = "read"
    DRAFT = "draft"
    TRIAGE = "triage"
    MATCH = "match logs"
    PUBLISH = "publish"
    RECALL = "recall"
    SEE_PEERS = "see peers"
    MANAGE_PEERS = "manage peers"
    MANAGE_ORGANISATIONS = "manage organisations"
    SIGN_AGREEMENTS = "sign agreements"
    SEE_AUDIT = "see audit"
    MANAGE_ACCOUNTS = "manage accounts"
    MANAGE_TOKENS = "manage tokens"
    MANAGE_SOURCES = "manage sources"
    SEE_SETTINGS = "see settings"


MEANING: Mapping[Permission, str] = {
    Permission.READ: N_("See the records that the organisation may see, search them, follow them live"),
    Permission.DRAFT: N_("Write drafts, preview who would see them, keep searches"),
    Permission.TRIAGE: N_("Look through what members and the public report"),
    Permission.MATCH: N_("Hand over logs of the organisation and find in them what is known"),
    Permission.PUBLISH: N_("Publish records for the organisation"),
    Permission.RECALL: N_("Withdraw or narrow what the organisation published"),
    Permission.SEE_PEERS: N_("See the peers and how the exchange with them goes"),
    Permission.MANAGE_PEERS: N_("Invite, confirm, pause and remove peers"),
    Permission.MANAGE_ORGANISATIONS: N_("Say who is a member and whose client"),
    Permission.SIGN_AGREEMENTS: N_("Draft, sign and end sharing agreements"),
    Permission.SEE_AUDIT: N_("Read and verify the audit log"),
    Permission.MANAGE_ACCOUNTS: N_("Add people, give them roles, end their sessions"),
    Permission.MANAGE_TOKENS: N_("Issue and revoke tokens for programs"),
    Permission.MANAGE_SOURCES: N_("Say which feeds, lists and servers the node reads by itself"),
    Permission.SEE_SETTINGS: N_("See the settings of the node"),
}
"""What each permission lets one do, in words for people."""

_READER = frozenset({Permission.READ})
_ANALYST = _READER | {Permission.DRAFT, Permission.TRIAGE, Permission.MATCH}
_PUBLISHER = _ANALYST | {Permission.PUBLISH, Permission.RECALL}

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.READER: _READER,
    Role.ANALYST: _ANALYST,
    Role.PUBLISHER: _PUBLISHER,
    Role.ADMINISTRATOR: _READER
    | {
        Permission.SEE_PEERS,
        Permission.MANAGE_PEERS,
        Permission.MANAGE_ORGANISATIONS,
        Permission.SIGN_AGREEMENTS,
        Permission.MANAGE_ACCOUNTS,
        Permission.MANAGE_TOKENS,
        Permission.MANAGE_SOURCES,
        Permission.SEE_SETTINGS,
    },
    Role.AUDITOR: _READER | {Permission.SEE_PEERS, Permission.SEE_AUDIT, Permission.SEE_SETTINGS},
}
"""The permissions table. An administrator does not publish and does not read the audit log unless given those roles
too: nobody watches over themselves by default."""

_RIGHTS: Mapping[Permission, Right] = {
    Permission.READ: Right.READ,
    Permission.PUBLISH: Right.SUBMIT,
    Permission.RECALL: Right.RECALL,
    Permission.SIGN_AGREEMENTS: Right.SUBMIT,
    Permission.MANAGE_TOKENS: Right.ADMINISTER,
    Permission.SEE_AUDIT: Right.AUDIT,
}


HOUSE = frozenset(
    {
        Permission.TRIAGE,
        Permission.SEE_PEERS,
        Permission.MANAGE_PEERS,
        Permission.MANAGE_ORGANISATIONS,
        Permission.MANAGE_SOURCES,
        Permission.SEE_AUDIT,
        Permission.SEE_SETTINGS,
    }
)
"""What concerns the whole node, and so is for people of the organisation that operates it alone: an account of a
hosted organisation (a bank on its CSIRT's node) never has these, whatever its roles."""


def granted(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that the roles allow together."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def entrusted(roles: frozenset[Role], *, operator: bool) -> frozenset[Permission]:
    """What the roles allow a person of the node's operator, or of another organisation that it hosts."""
    return granted(roles) if operator else granted(roles) - HOUSE


def rights(permissions: frozenset[Permission]) -> frozenset[Right]:
    """The same as rights at the exchange's gate, where records are handed in and out."""
    return frozenset(_RIGHTS[each] for each in permissions if each in _RIGHTS)
