"""Settings are read from one file, the environment wins, and a wrong one is told by place, value and what to do."""

from pathlib import Path

import pytest

from egnatia.settings import Organisation, Settings, SettingsError, load, to_toml


def written(folder: Path, text: str) -> Path:
    path = folder / "egnatia.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_said_gives_the_defaults() -> None:
    settings = load(environ={})
    assert settings.handling.default_tlp == "amber"
    assert settings.network.listen == "127.0.0.1:7100"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[network]\nlisten = "127.0.0.1:1"\n[limits]\npage_records = 5\n')
    settings = load(path, {"EGNATIA_NETWORK_LISTEN": "127.0.0.1:2"})
    assert settings.port == 2
    assert settings.limits.page_records == 5


def test_numbers_booleans_and_lists_are_read_from_the_environment() -> None:
    environ = {
        "EGNATIA_LIMITS_LISTENERS": "7",
        "EGNATIA_NETWORK_DEMO_OPEN": "true",
        "EGNATIA_ORGANISATION_SECTORS": "energy, telecommunications",
    }
    settings = load(environ=environ)
    assert settings.limits.listeners == 7
    assert settings.network.demo_open is True
    assert settings.organisation.sectors == ("energy", "telecommunications")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[network]\nlisten = "here"\n', ["network.listen = 'here'", "127.0.0.1:7100"]),
        ("[limits]\npage_records = 0\n", ["limits.page_records = 0", "at least 1"]),
        ("[limits]\npage_records = true\n", ["limits.page_records = True", "a whole number"]),
        ('[handling]\ndefault_tlp = "green"\n', ["handling.default_tlp = 'green'", "'amber+strict'"]),
        ("[nettwork]\n", ["no table [nettwork]", "network"]),
        ("[network]\nlissten = 1\n", ["no setting 'lissten'", "listen"]),
        ("network = 3\n", ["network = 3", "expected a table"]),
        ("[network\n", ["not TOML", "line 1"]),
        ('[network]\nlisten = "127.0.0.1:70000"\n', ["a port lies between"]),
        ('[network]\nlisten = "198.51.100.1:7100"\ndemo_open = true\n', ["demo_open", "198.51.100.1", "loopback"]),
        ('[storage]\nurl = "mysql://x"\n', ["storage.url = 'mysql://x'", "postgresql://"]),
    ],
)
def test_a_wrong_setting_is_told_by_file_key_value_and_remedy(tmp_path: Path, text: str, said: list[str]) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        load(path, {})
    for words in [str(path), *said]:
        assert words in str(refused.value)


def test_a_wrong_variable_is_told_by_its_name() -> None:
    with pytest.raises(SettingsError, match=r"EGNATIA_LOG_LEVEL = 'loud'.*one of 'debug'"):
        load(environ={"EGNATIA_LOG_LEVEL": "loud"})


def test_a_missing_file_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="egnatia init"):
        load(tmp_path / "egnatia.toml", {})


def test_what_init_writes_reads_back_as_it_was(tmp_path: Path) -> None:
    name = 'CSIRT "Црна Гора" \\ demo'
    settings = Settings(organisation=Organisation(name=name, economy="ME", sectors=("a", "b")))
    path = written(tmp_path, to_toml(settings))
    assert load(path, {}).organisation == settings.organisation


def test_the_passphrase_comes_from_the_file_before_the_variable(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from the file\n", encoding="utf-8")
    path = written(tmp_path, '[keys]\npassphrase_file = "secret"\n')
    assert load(path, {}).passphrase({"EGNATIA_PASSPHRASE": "other"}) == "from the file"
    assert load(environ={}).passphrase({"EGNATIA_PASSPHRASE": "other"}) == "other"


def test_no_passphrase_says_where_it_is_looked_for() -> None:
    with pytest.raises(SettingsError, match="EGNATIA_PASSPHRASE"):
        load(environ={}).passphrase({})


def test_an_empty_passphrase_file_is_not_an_empty_passphrase(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n", encoding="utf-8")
    path = written(tmp_path, '[keys]\npassphrase_file = "secret"\n')
    with pytest.raises(SettingsError, match="is empty"):
        load(path, {}).passphrase({})


def test_paths_count_from_the_settings_file(tmp_path: Path) -> None:
    path = written(tmp_path, '[storage]\ndata = "node"\n')
    settings = load(path, {})
    assert settings.data == tmp_path / "node"
    assert settings.database_url == f"sqlite:///{tmp_path}/node/egnatia.db"
