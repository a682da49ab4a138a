"""Who presses a button twice has done one thing; who sends another form, or refuses to be quick, another."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from tests.web.house import House, csrf_of, housed

from egnatia.web import once
from egnatia.web.permission import Role

WHERE = "/publish/new/indicator"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with housed(tmp_path_factory.mktemp("once")) as made:
        yield made


def filled(visitor: httpx.Client, name: str) -> dict[str, str]:
    return {
        "csrf": csrf_of(visitor.get(WHERE).text), "p_name": name, "p_pattern": "[domain-name:value = 'x.example']",
        "p_pattern_type": "stix", "p_valid_from": "2026-01-01 00:00:00", "tlp": "green", "do": "publish",
    }  # fmt: skip


def test_a_button_that_is_pressed_again_and_again_publishes_once(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as ana, ThreadPoolExecutor(6) as pool:
        form, before = filled(ana, "twice"), house.node.store.position()
        cookies = dict(ana.cookies)

        def press(_: int) -> str:
            answer = httpx.post(f"{house.url}{WHERE}", data=form, cookies=cookies, timeout=30)
            return answer.headers["location"]

        led = set(pool.map(press, range(6)))
        assert len(led) == 1
        assert house.node.store.position() == before + 1


def test_another_form_or_another_person_is_another_matter(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as ana, house.visitor(Role.PUBLISHER) as mara:
        before = house.node.store.position()
        form = filled(ana, "one")
        ana.post(WHERE, data=form)
        ana.post(WHERE, data={**form, "p_name": "another"})
        ana.post(WHERE, data=filled(ana, "one"))
        assert mara.post(WHERE, data=form).status_code == 403
        assert house.node.store.position() == before + 3


def test_what_was_refused_is_looked_at_again(house: House) -> None:
    with house.visitor(Role.PUBLISHER) as ana:
        form = {**filled(ana, "wrong"), "p_pattern": "no pattern"}
        before = house.node.store.position()
        answers = [ana.post(WHERE, data=form) for _ in range(2)]
        assert ["location" in each.headers for each in answers] == [False, False]
        assert csrf_of(answers[0].text) != csrf_of(answers[1].text)
        assert house.node.store.position() == before


def test_a_form_that_drips_in_is_not_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "BODY_SECONDS", 0.3)
    with house.visitor(Role.PUBLISHER) as ana:
        cookies = "; ".join(f"{name}={value}" for name, value in ana.cookies.items())
    place = urlsplit(house.url)
    head = (
        f"POST {WHERE} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookies}\r\nContent-Length: 1000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=20) as slow:
        slow.sendall(head.encode() + urlencode({"csrf": "x"}).encode())
        begun = time.monotonic()
        assert b" 408 " in slow.recv(1_000)[:20]
        assert time.monotonic() - begun < 15
