"""The pages and drawings of the workflows say what the declarations say."""

from xml.etree import ElementTree as Tree

import pytest
from docs.casework import library, stale

from egnatia.casework.diagram import diagram
from egnatia.casework.rulebook import Rulebook


def test_the_pages_are_fresh() -> None:
    assert stale() == [], "run `python -m docs.casework`"


@pytest.mark.parametrize("book", list(library()), ids=lambda book: book.workflow.name)
def test_every_state_and_every_step_that_moves_is_drawn(book: Rulebook) -> None:
    drawn = {node.text for node in Tree.fromstring(diagram(book)).iter() if node.text}  # noqa: S314  our own drawing
    titles = {state.title for state in book.workflow.states}
    titles |= {step.title for step in book.workflow.steps if step.to and book.sources(step) != {step.to}}
    assert titles <= drawn


def test_the_state_that_a_case_is_in_stands_out() -> None:
    book = next(iter(library()))
    assert diagram(book, current=book.initial).count('class="state current"') == 1
    assert 'current"' not in diagram(book)
