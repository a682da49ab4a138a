"""Brings the catalogues of words up to what the code and the templates say: `python -m docs.catalogues`.

New messages are added untranslated, those that are gone are dropped, translations stay. A test finds what is missing.
"""

import inspect
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from egnatia.settings import meta_of, sections
from egnatia.web.language.choice import spelled
from egnatia.web.language.declared import LANGUAGES
from egnatia.web.language.speech import ECONOMIES

SOURCE = Path(__file__).parents[1] / "src" / "egnatia"
LOCALES = SOURCE / "web" / "locale"

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "N_": None, "say": None, "ngettext": (1, 2)}

WORKFLOWS = (
    "casework/workflows/*.toml",
    "cyber/incidents/protocol.toml",
    "cyber/incidents/assistance.toml",
    "cyber/incidents/profiles/*.toml",
    "cyber/exercises/*.toml",
)
SPOKEN = frozenset({"title", "about", "help"})
SCENARIOS = ("ransomware-data-centre", "hybrid-election")
"""What is played of these is read in the reader's language, whoever released it in which."""

PLAYED = frozenset({"title", "about", "brief", "organisation", "text"})

LOCALE_OF = {each.catalogue: each.locale for each in LANGUAGES.values() if each.catalogue and not each.latin}
"""The catalogues that are kept, and the locale that each one's plurals follow."""


def template() -> Catalog:
    """Every message in the code, with the places where it stands, as files without line numbers."""
    found = Catalog(project="Egnatia", charset="utf-8")
    for file, _line, message, comments, context in extract_from_dir(
        SOURCE, METHODS, keywords=KEYWORDS, comment_tags=("Translators:",)
    ):
        found.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    for message in declared():
        found.add(message, locations=[("settings/declared.py", 0)])
    for file, message in spoken():
        found.add(message, locations=[(file, 0)])
    return found


def declared() -> Iterator[str]:
    """What the declarations of settings say, which pages show too: that room knows nothing of languages."""
    for _, kind in sections():
        yield inspect.cleandoc(kind.__doc__ or "")
        yield from (meta_of(field.type).description or "" for field in msgspec.structs.fields(kind))


def spoken() -> Iterator[tuple[str, str]]:
    """What workflows say to people, with the file that declares it: titles, what they are about, hints."""
    for path in sorted(each for pattern in WORKFLOWS for each in SOURCE.glob(pattern)):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        yield from ((path.relative_to(SOURCE).as_posix(), text) for text in _texts(content, SPOKEN))
    for name in SCENARIOS:
        file = f"cyber/exercises/scenarios/{name}.toml"
        content = tomllib.loads((SOURCE / file).read_text(encoding="utf-8"))
        senders = (each["from"] for each in content["injects"] if "from" in each)
        yield from ((file, text) for text in (*_texts(content, PLAYED), *senders))


def _texts(content: object, spoken: frozenset[str]) -> Iterator[str]:
    match content:
        case dict():
            for key, value in content.items():
                if key in spoken and isinstance(value, str):
                    yield value
                elif key == "choices" and isinstance(value, list):
                    for choice in value:
                        yield from () if choice in ECONOMIES else spelled(choice)
                else:
                    yield from _texts(value, spoken)
        case list():
            for each in content:
                yield from _texts(each, spoken)


def held(name: str) -> Catalog:
    """A catalogue as it is; empty where there is none yet."""
    path = LOCALES / name / "egnatia.po"
    if not path.exists():
        return Catalog(locale=LOCALE_OF[name], project="Egnatia", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE_OF[name])


def missing(catalogue: Catalog, wanted: Catalog) -> Iterator[str]:
    """Messages that the catalogue does not translate."""
    for message in wanted:
        if not message.id:
            continue
        key = message.id if isinstance(message.id, str) else message.id[0]
        there = catalogue.get(key)
        said = there.string if there is not None else None
        strings = (said,) if isinstance(said, str) else tuple(said or ())
        if there is None or there.fuzzy or not strings or not all(strings):
            yield key


def main() -> None:
    """Write every catalogue anew."""
    wanted = template()
    for name in LOCALE_OF:
        catalogue = held(name)
        made = catalogue.creation_date
        catalogue.update(wanted, no_fuzzy_matching=True)
        catalogue.creation_date = made  # nothing but words changes a catalogue
        catalogue.obsolete.clear()
        path = LOCALES / name / "egnatia.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False)


if __name__ == "__main__":
    main()
