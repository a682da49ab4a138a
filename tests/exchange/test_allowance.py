"""Nobody reads faster than they may for longer than a minute, and nobody who reads less is held up."""

import contextlib
from pathlib import Path

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.served import TAXII
from tests.web.house import House, housed

from egnatia.exchange import token
from egnatia.exchange.allowance import Allowance, TooOften
from egnatia.exchange.submission import Right
from egnatia.settings.declared import Limits
from egnatia.web.account.account import now
from egnatia.web.account.session import Origin
from egnatia.web.permission import Role


@given(st.integers(60, 600), st.lists(st.floats(0, 30), max_size=300))
def test_at_most_a_minutes_reads_at_once_and_the_rest_evenly(per_minute: int, pauses: list[float]) -> None:
    at = [0.0]
    allowance, taken = Allowance(per_minute, clock=lambda: at[0]), 0
    for pause in pauses:
        at[0] += pause
        with contextlib.suppress(TooOften):
            allowance.take("ana")
            taken += 1
    assert taken <= per_minute + at[0] * per_minute / 60 + 1
    assert taken == len(pauses) or len(pauses) > per_minute


def test_who_waits_as_long_as_they_are_told_reads_on_and_others_never_wait_for_them() -> None:
    at = [0.0]
    allowance = Allowance(60, clock=lambda: at[0])
    for _ in range(60):
        allowance.take("ana")
    with pytest.raises(TooOften) as told:
        allowance.take("ana")
    allowance.take("mira")
    at[0] += told.value.seconds
    allowance.take("ana")


def program(house: House) -> str:
    minted = token.mint()
    house.node.store.tokens.add(
        token.Token(
            id=minted.id, digest=minted.digest, organisation=house.node.own, name="a program",
            rights=frozenset({Right.READ}), created=now(), expires=now() + 10**12,
        )
    )  # fmt: skip
    return minted.text


def test_a_person_who_reads_too_fast_waits_and_an_open_page_and_others_do_not(tmp_path: Path) -> None:
    with housed(tmp_path, limits=Limits(account_reads=60)) as house, house.visitor(Role.READER) as mira:
        house.surface.account_reads.clock = lambda: 0.0
        ana = house.account(Role.READER)
        cookies = [house.door.sessions.begin(ana.name, "a test", Origin("127.0.0.1", "test")) for _ in range(2)]
        with (
            httpx.Client(base_url=house.url, cookies={house.cookie: cookies[0]}, timeout=30) as client,
            httpx.Client(base_url=house.url, cookies={house.cookie: cookies[1]}, timeout=30) as other,
        ):
            assert {client.get("/settings").status_code for _ in range(60)} == {403}
            waits = client.get("/about")
            assert waits.status_code == 429
            assert waits.headers["retry-after"] == "1"
            assert "You read faster than this node allows" in waits.text
            assert other.get("/about").status_code == 429, "another browser of the same person waits too"
            assert client.get("/notices/count").status_code == 200, "the bell of an open page is not counted"
            assert mira.get("/about").status_code == 200, "it is counted for each person"


def test_a_program_that_reads_too_fast_waits_over_both_of_its_ways(tmp_path: Path) -> None:
    with housed(tmp_path, limits=Limits(token_reads=60)) as house, house.visitor() as client:
        house.surface.token_reads.clock = lambda: 0.0
        client.headers["Authorization"] = f"Bearer {program(house)}"
        api = [client.get("/api/v1/changes").status_code for _ in range(30)]
        assert api == [200] * 30
        accept = {"Accept": TAXII}
        taxii = [client.get("/taxii2/exchange/collections/", headers=accept).status_code for _ in range(30)]
        assert taxii == [200] * 30
        waits = client.get("/taxii2/exchange/collections/", headers=accept)
        assert waits.status_code == 429
        assert waits.headers["retry-after"] == "1"
        assert msgspec.json.decode(waits.content)["title"] == "Too many requests"
        answer = client.get("/api/v1/changes")
        assert answer.status_code == 429
        assert answer.headers["content-type"] == "application/problem+json"
        client.headers["Authorization"] = f"Bearer {program(house)}"
        assert client.get("/api/v1/changes").status_code == 200, "it is counted for each token"
