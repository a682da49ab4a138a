"""What the form of a product holds: its handling, what it is about, and a title and a text in each language."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from egnatia.web.language import LANGUAGES

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Title = Annotated[str, msgspec.Meta(max_length=300)]


class Form(msgspec.Struct, frozen=True):
    """What is filled in. `name` and `text` are in `lang`; `name_sq`, `text_sq` and so on are those of the others."""

    lang: str = "en"
    name: Title = ""
    text: Text = ""
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
    """Titles and texts by language, as far as there are any; the first ones are in the language that was chosen."""
    found = {code: (_said(whole, FIELDS["name", code]), _said(whole, FIELDS["text", code])) for code in LANGUAGES}
    first = (_said(whole, "name"), _said(whole, "text"))
    if any(first):
        found[known_language(_said(whole, "lang"))] = first
    return {code: each for code, each in found.items() if any(each)}


def known_language(code: str) -> str:
    """The code, if it is that of a language here; else English."""
    return code if code in LANGUAGES else "en"


def _said(whole: msgspec.Struct, name: str) -> str:
    return str(getattr(whole, name)).replace("\r\n", "\n")
