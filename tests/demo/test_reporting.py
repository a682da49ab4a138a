"""What somebody types becomes strict records, or words for the form."""

from typing import Any

import pytest

from egnatia.demo.cast import BANK, actor
from egnatia.demo.reporting import Report, pattern
from egnatia.record import read

ME = actor("me")


def report(**more: Any) -> Report:
    given: dict[str, Any] = {"at": "me", "title": "Lažna stranica", "value": "", "tlp": "amber"}
    return Report(**{**given, **more})


@pytest.mark.parametrize("value", ["", "prijava.example", "192.0.2.7", "2001:db8::1", "XN--E1AFMKFD.EXAMPLE."])
def test_a_report_becomes_strict_records(value: str) -> None:
    ids, bodies = report(value=value).written(ME)
    assert {read(body).head.id for body in bodies} == set(ids)
    assert ids[0].startswith("report--")


def test_named_recipients_become_an_audience_that_comes_first() -> None:
    _, bodies = report(tlp="red", audience=(BANK.id,)).written(ME)
    heads = [read(body).head for body in bodies]
    assert heads[0].type == "marking-definition"
    assert all(heads[0].id in head.object_marking_refs for head in heads[1:])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"title": ""}, "what happened"),
        ({"tlp": "purple"}, "handlings"),
        ({"tlp": "red"}, "at least one"),
        ({"value": "'] OR [a:b = 'c"}, "neither a host name nor an address"),
        ({"value": "localhost"}, "neither"),
    ],
)
def test_what_cannot_be_is_told_in_words(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        report(**more).written(ME)


def test_a_value_cannot_break_out_of_its_pattern() -> None:
    assert pattern("Prijava.Example") == "[domain-name:value = 'prijava.example']"
    assert pattern("192.0.2.7") == "[ipv4-addr:value = '192.0.2.7']"
