"""Text from others as it can be shown: nothing in it hides, turns the line round, or can be clicked by mistake."""

import re
from typing import Final

_SUSPECT: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""Controls, marks of direction, and what takes no room: but for tabs, line ends, and the joiners that scripts and
emoji need."""

_SCHEME: Final = re.compile(r"\b(h)tt(ps?)(?=\s*:)|\b(f)t(ps?)(?=\s*:)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?<=://)([^/\s?#]+)")
_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/\d{1,3})?")

LONGEST: Final = 20_000
"""Characters of one text on a page; who wants the rest opens the raw record."""


def visible(text: str) -> str:
    """The text with every character that cannot be seen, or that changes the direction of others, written out. Lines
    may end as they do in Windows and in mails."""
    return _SUSPECT.sub(_spelled, text[:LONGEST].replace("\r\n", "\n")) + ("…" if len(text) > LONGEST else "")


def _spelled(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\xa0":
        return " "
    return f"⟦U+{ord(character):04X}⟧"


def defanged(value: str) -> str:
    """An address, name or URL that no program and no reader follows by mistake: `hxxps://bad[.]example/x`."""
    if "://" in value:
        harmless = _SCHEME.sub(lambda found: f"{found[1] or found[3]}xx{found[2] or found[4]}", value)
        return _HOST.sub(lambda found: found[1].replace(".", "[.]"), harmless)
    if _ADDRESS.fullmatch(value) and value.count(":") > 1:
        return value.replace(":", "[:]", 1)
    return value.replace("@", "[@]").replace(".", "[.]") if " " not in value else value
