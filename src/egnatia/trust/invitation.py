"""An invitation is a card with an end and a number used once, as text that survives a chat or a quoted e-mail."""

import base64
import binascii
import os
import re
from hashlib import sha256

import msgspec

from egnatia.trust import wire
from egnatia.trust.attestation import Signature
from egnatia.trust.card import Card, SignedCard, read_card
from egnatia.trust.errors import Expired, Forged, Truncated
from egnatia.trust.keys import PrivateKeys
from egnatia.trust.packing import pack

CONTEXT = "egnatia invitation 1"
LIMIT = 1 << 20
"""The longest text that is looked at, in characters."""
_DASH = "[-\u2010-\u2015]"
_BEGIN = re.compile(rf"{_DASH}+\s*BEGIN\s+EGNATIA\s+INVITATION\s*{_DASH}+")
_END = re.compile(rf"{_DASH}+\s*END\s+EGNATIA\s+INVITATION\s*{_DASH}+")
_QUOTE = re.compile(r"^[\s>|]*(?:&gt;[\s>|]*)*", re.MULTILINE)
_CHECKSUM = 6


class Invitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`until` is microseconds UTC. The inviting node remembers the nonce and takes one answer that names it."""

    card: SignedCard
    until: int
    nonce: bytes
    signature: Signature


def invite(card: SignedCard, keys: PrivateKeys, *, until: int) -> Invitation:
    """An invitation by the node whose card it is."""
    nonce = os.urandom(16)
    return Invitation(card, until, nonce, keys.signing.sign(CONTEXT, _statement(card, until, nonce)))


def check_invitation(invitation: Invitation, *, now: int) -> Card:
    """The card of who invites. Raises `Forged`, or `Expired` after its end."""
    card = read_card(invitation.card, now=now)
    statement = _statement(invitation.card, invitation.until, invitation.nonce)
    card.keys.current.verifying.verify(CONTEXT, statement, invitation.signature)
    if now > invitation.until:
        raise Expired("invitation", f"it counted until {invitation.until}: ask {card.node} for a new one")
    return card


def armour(invitation: Invitation) -> str:
    """The text block to send: base64 of the invitation and a checksum, between a BEGIN and an END line."""
    data = wire.encode(invitation)
    text = base64.b64encode(data + sha256(data).digest()[:_CHECKSUM]).decode().rstrip("=")
    lines = (text[i : i + 64] for i in range(0, len(text), 64))
    return "\n".join(("-----BEGIN EGNATIA INVITATION-----", *lines, "-----END EGNATIA INVITATION-----", ""))


def unarmour(text: str) -> Invitation:
    """The invitation in a text, however it was wrapped, indented or quoted on its way. Raises `Forged`, `Truncated`."""
    if len(text) > LIMIT:
        raise Forged("invitation", f"a text of {len(text)} characters is too long for one")
    begin = _BEGIN.search(text)
    if begin is None:
        raise Forged("invitation", "there is no line BEGIN EGNATIA INVITATION")
    end = _END.search(text, begin.end())
    if end is None:
        raise Truncated("invitation", "there is no line END EGNATIA INVITATION: copy the whole block")
    encoded = re.sub(r"[\s=\u200b\ufeff]", "", _QUOTE.sub("", text[begin.end() : end.start()]))
    try:
        data = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Forged("invitation", "there are characters in the block that do not belong there") from None
    body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if sha256(body).digest()[:_CHECKSUM] != checksum:
        raise Forged("invitation", "its checksum does not match: a part was lost or changed on the way")
    return wire.decode(body, Invitation, "invitation")


def _statement(card: SignedCard, until: int, nonce: bytes) -> bytes:
    if not 0 <= until < 1 << 63:
        raise Forged("time", f"{until} is out of range")
    return pack(card.digest, until, nonce)
