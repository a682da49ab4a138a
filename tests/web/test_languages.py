"""The pages of the house are whole in every language: a translation that lost a placeholder would break its page."""

from collections.abc import Iterator

import pytest
from tests.exchange.peer.region import indicator
from tests.web.agreements.test_agreements import BANK, drafted, proposed
from tests.web.house import House, housed

from egnatia.exchange.peer.contact import Contact, Kind
from egnatia.exchange.peer.status import save
from egnatia.settings import Organisation
from egnatia.web.language import LANGUAGES
from egnatia.web.language.alphabet import ALPHABETS
from egnatia.web.language.catalogue import spelled_for
from egnatia.web.language.speech import speech
from egnatia.web.permission import Role

NEXT_DOOR = Organisation(name="Next door", id="identity--00000000-0000-4000-8000-0000000000d2", economy="XK")
ROLES = (Role.ADMINISTRATOR, Role.AUDITOR)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, list[str]]]:
    """A node with something of everything, and its pages."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    with housed(folder / "a") as house, housed(folder / "b", organisation=NEXT_DOOR) as other:
        house.node.host(BANK, "Bank of a test", "ME")
        house.submit(indicator())
        house.node.pairings.accept(other.node.pairings.invite())
        waiting = f"/peers/{other.node.node_id}/confirm"
        with house.visitor(*ROLES) as admin:
            assert admin.get(waiting).status_code == 200
            house.node.pairings.confirm(other.node.node_id)
            contact = Contact(
                other.node.node_id, last_contact=1, received=3, duplicates=2, refused=1, outages=4, lies=1
            )
            for kind in Kind:
                contact.troubled(1, "something", kind)
            save(house.node.store, [contact])
            pages = [
                *("/peers", f"/peers/{other.node.node_id}", f"/peers/{other.node.node_id}/remove", "/peers/invite"),
                *("/peers/accept", "/organisations", f"/organisations/{BANK}", f"/organisations/{BANK}/edit"),
                *("/agreements", "/agreements/new", proposed(admin), drafted(admin)),
                *("/audit", "/audit?action=none", "/audit/verify", "/audit/heads", "/settings"),
            ]
        yield house, pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_in_every_language(paths: tuple[House, list[str]], language: str) -> None:
    house, pages = paths
    with house.visitor(*ROLES, language=language) as visitor:
        for page in pages:
            answer = visitor.get(page)
            assert answer.status_code == 200, page
            assert f'<html lang="{language}"' in answer.text
            assert "%(" not in answer.text, page


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", ("Albania", "Élan", "Estonia", "Zagreb")),
        ("sq", ("cikël", "çelës", "dyer", "dhomë", "emër", "ëndërr", "nyje", "njësi", "Serbi", "Shqipëri")),
        ("bs", ("Cetinje", "Čapljina", "Ćuprija", "duga", "džep", "đak", "luk", "ljeto", "sud", "šuma")),
        ("cnr", ("sud", "šuma", "śutra", "zub", "žal", "źenica")),
        ("sr-Latn", ("luk", "ljeto", "mir", "nov", "njiva", "zub", "žal")),
        ("sr-Cyrl", ("дар", "ђак", "ехо", "и", "југ", "лук", "љето", "нов", "њива", "т", "ћуп", "чај", "џеп", "шума")),
        ("mk", ("град", "ѓон", "есен", "зима", "ѕвезда", "куќа", "лав", "љубов", "топ", "ќуп", "чај", "џеп", "шума")),
    ],
)  # fmt: skip
def test_words_stand_in_the_order_of_the_alphabet_of_their_language(code: str, words: tuple[str, ...]) -> None:
    assert tuple(sorted(sorted(words), key=speech(LANGUAGES[code]).order)) == words


def test_every_language_has_its_alphabet() -> None:
    assert ALPHABETS.keys() == LANGUAGES.keys()
    for letters in ALPHABETS.values():
        assert len(letters.split()) == len(set(letters.split()))


def test_economies_are_called_by_their_official_names_in_the_order_of_the_reader() -> None:
    assert [name for _, name in speech(LANGUAGES["en"]).economies()] == [
        "Albania", "Bosnia and Herzegovina", "Kosovo*", "Montenegro", "North Macedonia", "Serbia",
    ]  # fmt: skip
    assert [code for code, _ in speech(LANGUAGES["sq"]).economies()] == ["BA", "XK", "ME", "MK", "RS", "AL"]
    assert [code for code, _ in speech(LANGUAGES["sr-Cyrl"]).economies()] == ["AL", "BA", "XK", "MK", "RS", "ME"]
    assert dict(speech(LANGUAGES["cnr"]).economies())["MK"] == "Sjeverna Makedonija"
    assert all("*" in dict(speech(each).economies())["XK"] for each in LANGUAGES.values())


def test_lengths_of_time_are_in_the_words_of_each_language() -> None:
    said = {
        "en": ("180 days", "24 hours", "1 month", "1 day 12 hours"),
        "sq": ("180 ditë", "24 orë", "1 muaj", "1 ditë 12 orë"),
        "bs": ("180 dana", "24 sata", "1 mjesec", "1 dan 12 sati"),
        "mk": ("180 дена", "24 часа", "1 месец", "1 ден 12 часа"),
        "cnr": ("180 dana", "24 sata", "1 mjesec", "1 dan 12 sati"),
        "sr-Cyrl": ("180 дана", "24 сата", "1 месец", "1 дан 12 сати"),
        "sr-Latn": ("180 dana", "24 sata", "1 mesec", "1 dan 12 sati"),
    }
    for code, language in LANGUAGES.items():
        assert tuple(map(speech(language).length, ("P180D", "PT24H", "P1M", "P1DT12H"))) == said[code]


def test_montenegrin_says_how_long_ago_in_its_own_words() -> None:
    day, now = 86_400_000_000, 1_780_000_000_000_000
    ago = [speech(LANGUAGES["cnr"]).ago(now - days * day, now) for days in (3, 20, 90)]
    assert ago == ["prije 3 dana", "prije 3 nedjelje", "prije 3 mjeseca"]


def test_serbian_text_is_in_the_letters_that_its_reader_chose_and_names_in_a_network_stay() -> None:
    latin, cyrillic = LANGUAGES["sr-Latn"], LANGUAGES["sr-Cyrl"]
    written = "Не отварајте пошту-србије.срб, hxxp://пошта.example ни банка[.]срб! Њене везе су лажне."
    assert spelled_for(cyrillic, "sr", written) == written
    assert spelled_for(latin, "mk", written) == written
    spelled = "Ne otvarajte пошту-србије.срб, hxxp://пошта.example ni банка[.]срб! Njene veze su lažne."
    assert spelled_for(latin, "sr-Cyrl", written) == spelled
