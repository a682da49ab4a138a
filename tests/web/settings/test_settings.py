"""Settings are read by those who may, with where each comes from, and never with a secret."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.web.house import House, csrf_of, housed

from egnatia.exchange.letter import Call, Letter
from egnatia.settings import Settings, load
from egnatia.settings.declared import Storage
from egnatia.web.language import LANGUAGES, speech
from egnatia.web.permission import Role
from egnatia.web.settings.shown import size, tables, without_secret


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A new node."""
    with housed(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_runs_and_who_checks_sees_every_setting(house: House, role: Role) -> None:
    with house.visitor(role) as visitor:
        answer = visitor.get("/settings")
    assert answer.status_code == 200
    for section in Settings.__struct_fields__[:-2]:
        assert f"[{section}]" in answer.text
    assert "EGNATIA_PASSPHRASE" in answer.text
    assert "for a test" not in answer.text  # the passphrase
    assert house.node.node_id in answer.text


@pytest.mark.parametrize("role", [Role.READER, Role.ANALYST, Role.PUBLISHER])
def test_nobody_else_does(house: House, role: Role) -> None:
    with house.visitor(role) as visitor:
        assert visitor.get("/settings").status_code == 403


def test_who_has_not_signed_in_is_asked_to(house: House) -> None:
    with house.visitor() as visitor:
        answer = visitor.get("/settings")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?to=/settings"


def test_a_backup_that_was_taken_is_shown_and_one_that_was_not_is_missed(house: House, tmp_path: Path) -> None:
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        assert "No backup of the last two days" in visitor.get("/settings").text
        house.node.store.backup(tmp_path / "copy.db")
        after = visitor.get("/settings").text
    assert str(tmp_path / "copy.db") in after
    assert "No backup of the last two days" not in after


def test_each_value_says_whether_the_file_or_the_environment_gave_it(tmp_path: Path) -> None:
    file = tmp_path / "egnatia.toml"
    file.write_text('[log]\nlevel = "debug"\nformat = "json"\n', encoding="utf-8")
    loaded = load(file, {"EGNATIA_LOG_FORMAT": "text"})
    assert loaded.given == {"log.level": str(file), "log.format": "EGNATIA_LOG_FORMAT"}
    rows = {each.key: each for table in tables(loaded, speech(LANGUAGES["en"])) for each in table.settings}
    assert (rows["log.level"].source, rows["log.format"].source) == ("file", "environment")
    assert rows["log.level"].choices == ("debug", "info", "warning", "error")
    assert rows["network.listen"].source == "default"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://egnatia:hunter2@127.0.0.1/egnatia",
        "postgresql+psycopg://:hunter2@host/name",
        "postgresql://user@host/name?password=hunter2&sslmode=require",
    ],
)
def test_a_password_in_an_address_is_not_shown(url: str) -> None:
    settings = msgspec.structs.replace(Settings(), storage=Storage(url=url))
    shown = [each.value for table in tables(settings, speech(LANGUAGES["en"])) for each in table.settings]
    assert "hunter2" not in "".join(shown)
    assert any("postgresql" in each for each in shown)
    assert without_secret("postgresql://user@host/name") == "postgresql://user@host/name"


def test_sizes_are_in_the_unit_that_suits_them() -> None:
    english, serbian = speech(LANGUAGES["en"]), speech(LANGUAGES["sr-Latn"])
    assert [size(each, english) for each in (0, 999, 1_200, 123_456_789, 5 * 10**15)] == [
        "0 B",
        "999 B",
        "1.2 kB",
        "123 MB",
        "5,000 TB",
    ]
    assert size(1_200, serbian) == "1,2 kB"


def test_letters_that_were_given_up_are_shown_and_tried_again_by_an_administrator_alone(house: House) -> None:
    outbox = house.node.outbox
    hook = house.node.hooks.add("SIEM", "https://siem.example/told", house.node.own)
    for about in ("one", "two"):
        content = Call(hook=hook.id, kind="test", data=b"{}")
        outbox.put(Letter(id=about, at=1, content=content))
        outbox.bury(Letter(id=about, at=1, content=content, error="answered 500 <b>"), 2)
    with house.visitor(Role.AUDITOR) as auditor:
        page = auditor.get("/settings").text
        assert "2 letters were given up" in page
        assert "SIEM" in page
        assert "answered 500 &lt;b&gt;" in page
        assert "/settings/letters" not in page
        form = {"letter": "one", "what": "again", "csrf": csrf_of(page)}
        assert auditor.post("/settings/letters", data=form).status_code == 403
    with house.visitor(Role.ADMINISTRATOR) as visitor:
        csrf = csrf_of(visitor.get("/settings").text)
        for about, what in (("one", "again"), ("two", "drop")):
            answer = visitor.post("/settings/letters", data={"letter": about, "what": what, "csrf": csrf})
            assert answer.status_code == 303
        csrf = csrf_of(visitor.get("/settings").text)
        missing = visitor.post("/settings/letters", data={"letter": "two", "what": "drop", "csrf": csrf})
        assert missing.status_code == 404
    assert outbox.dead() == ()
    again = outbox.calls.get("one")
    assert again is not None
    assert again.state == "waiting"
