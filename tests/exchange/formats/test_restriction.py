"""Tags are read as people write them, and what may restrict is never let pass as nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egnatia.exchange.formats.restriction import TLP_LEVELS, in_text, meaning, restrictions


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("tlp:red", ("tlp", "red")),
        ("TLP:RED", ("tlp", "red")),
        ("tlp:RED", ("tlp", "red")),
        ("Tlp : Red", ("tlp", "red")),
        ("TLP-RED", ("tlp", "red")),
        ("tlp=red", ("tlp", "red")),
        ('tlp="red"', ("tlp", "red")),
        ("TLP2.0:RED", ("tlp", "red")),
        ("tlp:white", ("tlp", "clear")),
        ("tlp:clear", ("tlp", "clear")),
        ("TLP:AMBER+STRICT", ("tlp", "amber+strict")),
        ("tlp:amber-strict", ("tlp", "amber+strict")),
        ("TLP AMBER STRICT", ("tlp", "amber+strict")),
        ("ТЛП:RED", ("tlp", "red")),
        ("PAP:RED", ("pap", "red")),
        ("pap:Amber", ("pap", "amber")),
        ("tlp:ex:chr", ("?", "")),
        ("tlp:unclear", ("?", "")),
        ("TLР:RED", ("?", "")),
        ("tlp:reddish", ("?", "")),
        ("PAP:BLUE", ("?", "")),
        ('nato:classification="restricted"', ("?", "")),
        ('iep2-policy:tlp="white"', ("?", "")),
        ("Internal use only", ("?", "")),
        ("Do not share", ("?", "")),
        ("strogo povjerljivo", ("?", "")),
        ("строго доверливо", ("?", "")),
        ("konfidenciale", ("?", "")),
        ('misp-galaxy:ransomware="Secret"', ("", "")),
        ('osint:source-type="blog-post"', ("", "")),
        ("SSHDoor", ("", "")),
        ("paprika", ("", "")),
        ("Turla", ("", "")),
    ],
)
def test_a_tag_is_read_as_people_write_it(tag: str, said: tuple[str, str]) -> None:
    assert meaning(tag) == said


@given(
    st.sampled_from(TLP_LEVELS),
    st.lists(st.booleans(), min_size=20, max_size=20),
    st.sampled_from([":", " : ", "=", "-", "_", " ", ": "]),
)
def test_case_and_separators_change_no_tlp(level: str, upper: list[bool], between: str) -> None:
    tag = f"tlp{between}{level}"
    mixed = "".join(each.upper() if up else each for each, up in zip(tag, upper, strict=False))
    assert meaning(mixed) == ("tlp", level)


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_tag_that_begins_with_tlp_is_understood_or_strange(before: str, after: str) -> None:
    assert meaning(f"tlp:{after}")[0] in {"tlp", "?"}
    assert meaning(f"PAP:{before}")[0] in {"pap", "?"}


def test_the_strictest_of_several_counts() -> None:
    found = restrictions(["tlp:green", "TLP:RED", "tlp:clear", "PAP:AMBER", "pap:green", "Turla"])
    assert (found.tlp, found.pap, found.rest) == ("red", "amber", ("Turla",))


def test_a_person_decides_what_a_strange_tag_means() -> None:
    assert restrictions(["Intern"]).strange == ("Intern",)
    assert restrictions(["Intern"], {"intern": "tlp:amber+strict"}).tlp == "amber+strict"
    assert restrictions(["Intern"], {"Intern": ""}).rest == ("Intern",)


def test_a_title_may_restrict_too() -> None:
    assert in_text("[TLP:AMBER] Campaign against ministries").tlp == "amber"
    assert in_text("TLP: AMBER+STRICT / PAP:RED notes").pap == "red"
    assert in_text("TLP: AMBER+STRICT notes").tlp == "amber+strict"
    assert in_text("A red herring").tlp is None
