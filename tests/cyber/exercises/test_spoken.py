"""The scenarios that ship are read in the language of whoever reads them, whatever language they were released in."""

import tomllib

import pytest
from docs.catalogues import held, missing, template

from egnatia.cyber.exercises.scenario import scenario_in, shipped
from egnatia.web.language.declared import LANGUAGES
from egnatia.web.language.speech import speech


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("code", [each for each in LANGUAGES if each != "en"])
def test_all_that_is_played_is_said_in_every_language(name: str, code: str) -> None:
    scenario, say = scenario_in(shipped()[name]), speech(LANGUAGES[code]).gettext
    told = [scenario.title, scenario.about, *(each.text for each in scenario.injects)]
    told += [each.sender for each in scenario.injects if each.sender]
    told += [each.title for each in (*scenario.injects, *scenario.expectations, *scenario.handovers)]
    told += [text for each in scenario.teams for text in (each.brief, each.organisation)]
    assert [each for each in told if say(each) == each] == []
    if code in {"mk", "sr-Cyrl"}:
        cyrillic = [say(each.text) for each in scenario.injects]
        assert all(any("а" <= letter <= "я" for letter in each) for each in cyrillic)


def test_what_a_scenario_says_is_among_the_messages_and_what_it_names_is_not() -> None:
    wanted = template()
    content = tomllib.loads(shipped()["hybrid-election"])
    assert content["injects"][0]["text"] in wanted
    assert content["handovers"][0]["from"] not in wanted, "the name of a team is no word"
    assert not set(missing(held("mk"), wanted)) & {content["about"], content["teams"][0]["brief"]}
