"""The footnote of Kosovo* goes along wherever the name does, in every language; and nowhere else."""

import pytest

from egnatia.paper.document import Paragraph
from egnatia.web.language import LANGUAGES
from egnatia.web.language.footnote import FOOTNOTE, footnotes, with_footnote
from egnatia.web.language.speech import speech


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_names_it_bears_the_footnote_in_the_readers_language(code: str) -> None:
    spoken = speech(LANGUAGES[code])
    name = spoken.economy("XK")
    [note] = footnotes(spoken.gettext, "A title", (Paragraph(f"CSIRT: {name}"),))
    assert "1244" in note
    assert (note == FOOTNOTE) == (code == "en")
    assert with_footnote(spoken.gettext, f"A letter of {name}").endswith(note)
    assert with_footnote(spoken.gettext, "A letter", f"A subject: {name}").endswith(note)


def test_what_does_not_name_it_bears_none() -> None:
    say = speech(LANGUAGES["en"]).gettext
    assert footnotes(say, "A report of Montenegro", (Paragraph("Nothing"),)) == ()
    assert with_footnote(say, "A letter") == "A letter"
