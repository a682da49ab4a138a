"""Everybody learns what this is, whose node it is, and how to go on."""

from collections.abc import Iterator
from importlib.metadata import version

import pytest
from tests.web.house import House, housed

from egnatia.trust.fingerprint import fingerprint
from egnatia.web.language import LANGUAGES


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A new node."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        yield found


def test_the_page_names_the_node_as_its_card_does(house: House) -> None:
    with house.visitor() as visitor:
        page = visitor.get("/about").text
    for said in (version("egnatia"), house.node.node_id, fingerprint(house.node.card.keys.current.id).words):
        assert said in page
    for language in LANGUAGES.values():
        assert language.name in page
