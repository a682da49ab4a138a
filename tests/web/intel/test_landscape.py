"""The threat landscape as a page and as a PDF: for this reader, in their language, under its strictest marking."""

import time
from collections.abc import Iterator

import pytest
from tests.web.house import House, housed
from tests.web.telling import ALBANIA, GREEN, RED, neighbours, record

from egnatia.exchange.formats.conversion import instant
from egnatia.web.permission import Role

NOW = instant(time.time() - 60)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("house")) as found:
        neighbours(found)
        fresh = {"created": NOW, "modified": NOW}
        found.submit(
            record("malware", GREEN, name="Лимес <b>backdoor</b>", **fresh),
            record("campaign", RED, name="A secret campaign", **fresh),
            record("indicator", GREEN, labels=["sector:energy", "economy:rs"], **fresh),
        )
        yield found


def test_a_landscape_is_shown_for_this_reader_alone(house: House) -> None:
    with house.visitor(Role.READER, organisation=ALBANIA) as visitor:
        page = visitor.get("/intel/landscape").text
        assert "Лимес &lt;b&gt;backdoor&lt;/b&gt;" in page
        assert "A secret campaign" not in page
        assert "The strictest marking of what is in it is TLP:GREEN" in page
        narrow = visitor.get("/intel/landscape?sector=energy&economy=rs").text
        assert "Лимес" not in narrow
        assert "Domain name" in narrow
        assert "Nothing that you may see happened" in visitor.get("/intel/landscape?economy=xk").text
        for wrong in (
            "since=yesterday",
            "since=2026-02-31",
            "since=2026-02-02&until=2026-01-01",
            "economy=de",
            "most=x",
        ):
            assert visitor.get(f"/intel/landscape?{wrong}").status_code == 400, wrong
    with house.visitor(Role.READER) as visitor:
        page = visitor.get("/intel/landscape").text
        assert "A secret campaign" in page
        assert "TLP:RED: it holds for the whole" in page
        assert "A secret campaign" not in visitor.get("/intel/landscape?most=green").text


@pytest.mark.parametrize("language", ["en", "sq", "bs", "mk", "cnr", "sr-Cyrl"])
def test_the_pdf_is_made_in_every_language(house: House, language: str) -> None:
    with house.visitor(Role.READER, language=language) as visitor:
        answer = visitor.get("/intel/landscape.pdf?economy=rs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
