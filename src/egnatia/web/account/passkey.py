"""Passkeys (WebAuthn level 3): the authenticator verifies the person, so that a passkey alone is two factors.

Every passkey is bound to the node's name, so that no other site can ask for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from fido2.cose import UnsupportedKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from egnatia.settings import is_loopback
from egnatia.web.account.account import Account, Passkey
from egnatia.web.account.ceremony import LOCAL, NotProven, host_of


class Presented(msgspec.Struct, frozen=True):
    """Whose passkey it was, and the passkey as it is to be kept from now on."""

    account: str
    passkey: Passkey


class RelyingParty:
    """The node, as passkeys know it. `url` is the address under which people reach it."""

    def __init__(self, url: str, name: str) -> None:
        parts = urlsplit(url)
        self._local = is_loopback(parts.hostname or LOCAL)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        entity = PublicKeyCredentialRpEntity(id=host_of(url), name=name)
        self._server = Fido2Server(entity, verify_origin=self._is_ours)

    def enrol(self, account: Account) -> tuple[dict[str, Any], dict[str, str]]:
        """What the browser makes a new passkey from, and what the end needs to know."""
        user = PublicKeyCredentialUserEntity(id=account.id.encode(), name=account.name, display_name=account.display)
        options, state = self._server.register_begin(
            user,
            [_data(each) for each in account.passkeys],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _plain(options), {"challenge": str(state["challenge"])}

    def enrolled(self, held: Mapping[str, str], answer: str, *, name: str, at: int) -> Passkey:
        """The new passkey; raises NotProven."""
        try:
            registration = RegistrationResponse.from_dict(msgspec.json.decode(answer))
            data = self._server.register_complete(_state(held), registration)
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
            raise NotProven(f"this passkey cannot be taken: {error}") from error
        credential = data.credential_data
        if credential is None or isinstance(credential.public_key, UnsupportedKey):
            raise NotProven("this passkey uses an algorithm that is not known here")
        return Passkey(id=credential.credential_id, public=bytes(credential), name=name, created=at, count=data.counter)

    def ask(self) -> tuple[dict[str, Any], dict[str, str]]:
        """What any passkey of this node may answer to, and what the end needs to know."""
        options, state = self._server.authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
        return _plain(options), {"challenge": str(state["challenge"])}

    def presented(self, held: Mapping[str, str], answer: str, accounts: Iterable[Account], *, at: int) -> Presented:
        """Whose passkey has answered; raises NotProven."""
        try:
            given = msgspec.json.decode(answer, type=_Assertion)
            credentials = {each.id: (account, each) for account in accounts for each in account.passkeys}
            known = [_data(each) for _, each in credentials.values()]
            used = self._server.authenticate_complete(_state(held), known, msgspec.to_builtins(given))
            count = _counter(given)
        except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
            raise NotProven(f"this passkey proves nothing here: {error}") from error
        account, passkey = credentials[used.credential_id]
        if passkey.count and count <= passkey.count:
            raise NotProven("this passkey has been copied: its counter went back")
        return Presented(account.name, msgspec.structs.replace(passkey, count=count, used=at))

    def _is_ours(self, origin: str) -> bool:
        if not self._local:
            return origin == self._origin
        parts = urlsplit(origin)
        return parts.scheme == "http" and parts.hostname == LOCAL


class _Signed(msgspec.Struct, frozen=True, rename="camel"):
    client_data_json: str = msgspec.field(name="clientDataJSON")
    authenticator_data: str
    signature: str
    user_handle: str | None = None


class _Assertion(msgspec.Struct, frozen=True, rename="camel"):
    """AuthenticationResponseJSON, as far as it is needed."""

    id: str
    raw_id: str
    response: _Signed
    type: str


def _counter(given: _Assertion) -> int:
    return AuthenticatorData(websafe_decode(given.response.authenticator_data)).counter


def _state(held: Mapping[str, str]) -> dict[str, Any]:
    return {"challenge": held["challenge"], "user_verification": UserVerificationRequirement.REQUIRED}


def _data(passkey: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(passkey.public)


def _plain(options: Any) -> dict[str, Any]:
    """As the JSON that browsers take, with plain texts in the place of enumerations."""
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(dict(options)["publicKey"]))
    return plain
