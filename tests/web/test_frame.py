"""Every page has its frame: languages, what the visitor may open, refusals in words, and forms of its own session."""

from collections.abc import Iterator

import pytest
from tests.web.house import House, csrf_of, housed

from egnatia.web.language import LANGUAGES, preferred, speech
from egnatia.web.navigation import all_entries
from egnatia.web.permission import Role


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A new node."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        yield found


def test_a_page_that_is_not_there_says_so_in_the_readers_language(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        answer = visitor.get("/no-such-page")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("path", ["/intel/nothing", "/peers/a/b/c", "/publish/nothing/at?all=1"])
def test_an_address_below_a_page_at_which_there_is_nothing_is_answered_to_people_and_to_programs(
    house: House, path: str
) -> None:
    with house.visitor(Role.READER) as visitor:
        shown = visitor.get(path, headers={"accept": "text/html,*/*;q=0.8"})
        assert (shown.status_code, shown.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "There is no such page" in shown.text
        assert 'href="/sign-in' not in shown.text, "whoever has signed in still is"
        told = visitor.get(path, headers={"accept": "application/json"})
        assert (told.status_code, told.headers["content-type"]) == (404, "application/problem+json")


def test_a_form_from_elsewhere_changes_nothing(house: House) -> None:
    with house.visitor(Role.READER) as visitor:
        csrf = csrf_of(visitor.get("/no-such-page").text)
        assert csrf
        assert visitor.post("/choose", data={"language": "mk", "csrf": "forged"}).status_code == 403
        foreign = {"origin": "https://evil.example"}
        assert visitor.post("/choose", data={"language": "mk", "csrf": csrf}, headers=foreign).status_code == 403
        assert visitor.post("/choose", data={"language": "mk", "csrf": csrf}).status_code == 303
        assert '<html lang="mk"' in visitor.get("/no-such-page").text


def test_nobody_is_sent_to_another_site_after_a_choice(house: House) -> None:
    with house.visitor() as visitor:
        for there in ("//evil.example", "https://evil.example", "/\\evil.example"):
            assert visitor.post("/choose", data={"to": there}).status_code == 400


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("sr-RS,sr;q=0.9", "sr-Cyrl"),
        ("sr-Latn", "sr-Latn"),
        ("sq-AL", "sq"),
        ("de", "en"),
        ("", "en"),
        ("de, mk;q=0.3", "mk"),
    ],
)
def test_the_language_a_browser_likes_best_is_taken(asked: str, given: str) -> None:
    assert preferred(asked).code == given


@pytest.mark.parametrize("code", LANGUAGES)
def test_kosovo_carries_its_asterisk_in_every_language(code: str) -> None:
    assert speech(LANGUAGES[code]).economy("XK").endswith("*")


def test_each_key_leads_to_one_page() -> None:
    keys = [each.key for each in all_entries() if each.key]
    assert len(keys) == len(set(keys))


def test_no_answer_says_twice_how_its_text_is_encoded(house: House) -> None:
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        for path in (
            "/",
            "/products/exploited.csv",
            "/public/exploited.csv",
            "/public/en",
            "/public/nosuch",
            "/metrics",
        ):
            said = visitor.get(path).headers["content-type"]
            assert said.count("charset") <= 1, (path, said)
