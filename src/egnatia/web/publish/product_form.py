"""What the form of a product holds: its handling, what it is about, and a title and a text in each language."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from egnatia.web.language import LANGUAGES

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Title = Annotated[str, msgspec.Meta(max_length=300)]


class Form(msgspec.Struct, frozen=True):
    """What is filled in. `name_sq`, `text_sq` and so on are the texts in other languages; see `texts_of`."""

    lang: str = "en"
    severity: str = ""
    vulnerabilities: Text = ""
    refs: Text = ""
    period: str = "week"
    tlp: str = ""
    pap: str = ""
    audience: list[str] = []
    agreement: list[str] = []
    personal: str = ""
    insist: str = ""
    do: str = "preview"
    draft: Annotated[str, msgspec.Meta(max_length=40)] = ""


def _field(name: str, code: str) -> str:
    return f"{name}_{code.replace('-', '_').lower()}"


FIELDS: Final = {(name, code): _field(name, code) for code in LANGUAGES for name in ("name", "text")}
Whole = msgspec.defstruct(
    "Whole",
    [(field, Title if name == "name" else Text, "") for (name, _), field in FIELDS.items()],
    bases=(Form,),
    frozen=True,
    kw_only=True,
)
"""The form with a title and a text in each language."""

Texts = Mapping[str, tuple[str, str]]


def texts_of(whole: msgspec.Struct) -> Texts:
    """Titles and texts by language, as far as there are any."""
    found = {
        code: (
            str(getattr(whole, FIELDS["name", code])),
            str(getattr(whole, FIELDS["text", code])).replace("\r\n", "\n"),
        )
        for code in LANGUAGES
    }
    return {code: each for code, each in found.items() if any(each)}
