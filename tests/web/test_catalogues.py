"""Nobody reads half a page in a language that is not theirs: every message is translated, with its places filled in."""

import re

import pytest
from docs.catalogues import LOCALE_OF, held, missing, template

from egnatia.web.language import LANGUAGES
from egnatia.web.language.catalogue import in_latin
from egnatia.web.navigation import all_entries

PLACES = re.compile(r"%\(\w+\)s")
CODES = re.compile(r"\b(?:ISO \d+|PT?\d+[HM]|STIX|TAXII|MISP|NIS2|GDPR|DORA|TLP|CSV|JSON|SMTP|TOTP|CVE-\d+)\b")
"""What is written in Latin letters in every language."""

WANTED = template()


@pytest.mark.parametrize("name", sorted(LOCALE_OF))
def test_every_message_is_translated(name: str) -> None:
    assert not list(missing(held(name), WANTED)), "python -m docs.catalogues adds them; a person translates them"


@pytest.mark.parametrize("name", sorted(LOCALE_OF))
def test_every_translation_has_the_places_of_its_message(name: str) -> None:
    for message in held(name):
        ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        strings = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        for string in strings:
            assert set(PLACES.findall(string)) <= set(PLACES.findall(ids[-1])), f"{name}: {ids[0]!r}"


@pytest.mark.parametrize("name", ["mk", "sr"])
def test_what_is_written_in_cyrillic_is_in_latin_only_where_it_is_the_same_in_every_language(name: str) -> None:
    strange = [
        (message.id, string)
        for message in held(name)
        if message.id
        for string in ((message.string,) if isinstance(message.string, str) else message.string or ())
        if re.search(r"[a-z]{2}", PLACES.sub("", string))
        and not re.search(r"[\u0400-\u04ff]", string)
        and string not in message.id
    ]
    assert not strange


@pytest.mark.parametrize("name", sorted(LOCALE_OF))
def test_codes_stay_what_they_are(name: str) -> None:
    wrong = [
        message.id
        for message in held(name)
        if isinstance(message.id, str)
        and message.id
        and (
            str(message.string).count("\\") != message.id.count("\\")
            or any(code not in str(message.string) for code in CODES.findall(message.id))
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(LOCALE_OF))
def test_no_two_pages_of_the_navigation_are_called_the_same(name: str) -> None:
    said = {str(message.id): message.string for message in held(name) if isinstance(message.id, str)}
    words = [said[entry.words] for entry in all_entries()]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("name", sorted(LOCALE_OF))
def test_plurals_have_every_form_of_the_language(name: str) -> None:
    catalogue = held(name)
    for message in catalogue:
        if message.id and not isinstance(message.id, str):
            assert len(message.string or ()) == catalogue.num_plurals, f"{name}: {message.id[0]!r}"


def test_no_catalogue_holds_what_nobody_says_any_more() -> None:
    wanted = {message.id if isinstance(message.id, str) else message.id[0] for message in WANTED}
    for name in LOCALE_OF:
        said = {message.id if isinstance(message.id, str) else message.id[0] for message in held(name)}
        assert not said - wanted, name


def test_serbian_is_written_in_either_script() -> None:
    assert in_latin("Његош, љубав, Џеп, ЂУРЂЕВДАН; STIX и 12%") == "Njegoš, ljubav, Džep, ĐURĐEVDAN; STIX i 12%"
    assert LANGUAGES["sr-Latn"].catalogue == LANGUAGES["sr-Cyrl"].catalogue


@pytest.mark.parametrize("word", ["country", "countries", "border "])
def test_economies_and_boundaries_are_called_so(word: str) -> None:
    said = [message.id if isinstance(message.id, str) else message.id[0] for message in WANTED]
    assert not [text for text in said if re.search(rf"\b{word}", text, re.IGNORECASE)]


ONE_WORD = [
    (r"indicators?", {"sq": "tregues", "bs": "indikator", "mk": "индикатор", "cnr": "indikator", "sr": "индикатор"}),
    (r"sightings?", {"bs": "zapažanj", "mk": "забележув", "cnr": "zapažanj", "sr": "запажањ"}),
    (r"peers?", {"sq": "partner", "bs": "partner", "mk": "партнер", "cnr": "partner", "sr": "партнер"}),
    (r"agreements?", {"sq": "marrëveshj", "bs": "sporazum", "mk": "спогодб", "cnr": "sporazum", "sr": "споразум"}),
    (r"(?<!in any )cases?", {"sq": "rast", "bs": "slučaj", "mk": "случа", "cnr": "slučaj", "sr": "случај"}),
]
"""Words of the field, and what each is called in each language; who reads two names looks for two things."""


@pytest.mark.parametrize(("word", "names"), ONE_WORD, ids=[word for word, _ in ONE_WORD])
def test_a_thing_has_one_name_in_each_language(word: str, names: dict[str, str]) -> None:
    for name, called in names.items():
        for message in held(name):
            first = message.id if isinstance(message.id, str) else message.id[0]
            if first and re.search(rf"\b{word}\b", first, re.IGNORECASE) and "indicator, malware, report" not in first:
                assert called in str(message.string).lower(), f"{name}: {first!r}"
