"""An account: one person, of one organisation, with roles and with what proves that it is that person.

A person signs in with a passkey that verifies them, or with a password and a code: one factor is never enough.
"""

import time
import unicodedata
import uuid
from typing import Annotated

import msgspec

from egnatia.web.permission import Permission, Role, entrusted

NAME = r"^(?!(?:operator|egnatia)\Z)[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?\Z"
"""What a sign-in name may look like; an e-mail address may be one. Two names are those of the audit log for who is no
person: the command line and the node itself."""

Name = Annotated[str, msgspec.Meta(pattern=NAME)]
Display = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+\Z")]


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of the account (WebAuthn). `public` is its public key with what was attested of it; `count` is the
    last signature counter, 0 where the authenticator keeps none. Times are microseconds UTC."""

    id: bytes
    public: bytes
    name: str
    created: int
    used: int | None = None
    count: int = 0


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person's account. `password` is an Argon2id hash, `totp` the sealed secret of the authenticator app and
    `totp_step` the last time step whose code was used, `recovery` the digests of the recovery codes that are left,
    `subject` the issuer and the subject at an identity provider. Empty where there is none. Times are microseconds
    UTC."""

    id: str
    name: str
    display: str
    organisation: str
    roles: frozenset[Role]
    created: int
    language: str = ""
    password: str = ""
    totp: bytes = b""
    totp_step: int = 0
    passkeys: tuple[Passkey, ...] = ()
    recovery: tuple[bytes, ...] = ()
    subject: str = ""
    disabled: int | None = None
    failures: int = 0
    locked_until: int = 0
    last_sign_in: int | None = None

    @property
    def has_code(self) -> bool:
        """Whether the person can sign in with a password and a code."""
        return bool(self.password and self.totp)

    @property
    def can_sign_in(self) -> bool:
        """Whether the person has enrolled, so that there is a way in."""
        return self.disabled is None and (self.has_code or bool(self.passkeys) or bool(self.subject))

    def permissions(self, operator: str) -> frozenset[Permission]:
        """What the person may do at the node of the organisation `operator`."""
        return entrusted(self.roles, operator=self.organisation == operator)

    def is_administrator(self, operator: str) -> bool:
        """Whether the person can keep the accounts of the whole node."""
        return self.can_sign_in and Role.ADMINISTRATOR in self.roles and self.organisation == operator


def new_account(name: str, display: str, organisation: str, roles: frozenset[Role], *, language: str = "") -> Account:
    """An account that nobody can sign in to yet."""
    return Account(
        id=f"account--{uuid.uuid4()}",
        name=sign_in_name(name),
        display=display,
        organisation=organisation,
        roles=roles,
        created=now(),
        language=language,
    )


def sign_in_name(typed: str) -> str:
    """The name as it is kept: how somebody capitalises it makes no difference."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def now() -> int:
    """Microseconds UTC."""
    return time.time_ns() // 1_000
