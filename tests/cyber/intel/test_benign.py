"""A pattern of several things is held to the lists as a single value is: what is benign in it is not looked for."""

import pytest

from egnatia.cyber.intel.benign import Benign, pruned
from egnatia.engine.log.meaning import meant
from egnatia.engine.pattern import compiled

LISTS = {
    ("ipv4-addr:value", "192.0.2.53"): "resolvers",
    ("domain-name:value", "good.example"): "popular",
    ("domain-name:value", "fine.example"): "popular",
    ("file:hashes.'SHA-256'", "a" * 64): "known files",
    ("ipv4-addr:value", "10.0.0.0/8"): "private",
}
GOOD, FINE, EVIL = (f"domain-name:value = '{name}.example'" for name in ("good", "fine", "evil"))


def listed(kind: str, value: str) -> str | None:
    return LISTS.get((kind, value))


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        (f"[{GOOD}] AND [{FINE}]", None),
        (f"[{GOOD}] FOLLOWEDBY [{EVIL}]", f"[{GOOD}] FOLLOWEDBY [{EVIL}]"),
        (f"[{GOOD}] OR [{EVIL}] OR [{FINE}]", f"[{EVIL}]"),
        (f"[{GOOD} OR {EVIL}] REPEATS 5 TIMES", f"[{EVIL}] REPEATS 5 TIMES"),
        (f"([{GOOD}] REPEATS 100 TIMES) WITHIN 60 SECONDS", None),
        ("[network-traffic:dst_ref.value = '192.0.2.53' AND network-traffic:dst_port = 53]", None),
        ("[network-traffic:dst_ref.value = '192.0.2.53'] AND [network-traffic:dst_port = 53]", None),
        ("[network-traffic:dst_ref.value = '192.0.2.9' AND network-traffic:dst_port = 53]", "same"),
        (f"[file:hashes.'SHA-256' = '{'a' * 64}' AND file:name = 'setup.exe']", None),
        (f"[file:hashes.'SHA-256' = '{'a' * 64}' AND file:name = 'evil tool.exe']", "same"),
        (f"[{GOOD} AND domain-name:value LIKE '%x%']", "same"),
        ("[domain-name:value IN ('good.example', 'evil.example') AND domain-name:x = 1]",
         "[domain-name:value IN ('evil.example') AND domain-name:x = 1]"),
        ("[ipv4-addr:value ISSUBSET '10.0.0.0/8' AND ipv4-addr:x != 'y']", None),
        (f"[NOT_A_KIND:value = 'x'] AND [domain-name:value NOT = 'good.example'] AND [{FINE}]", "same"),
        ("[file:size > 5 AND file:name = 'setup.exe']", "same"),
    ],
)  # fmt: skip
def test_what_is_benign_in_a_pattern_is_left_out(pattern: str, left: str | None) -> None:
    pattern = pattern.replace("NOT_A_KIND", "mutex").replace("mutex:value", "mutex:name")
    whole = meant(compiled(pattern))
    found = pruned(whole, listed, strict=False)
    if left is None:
        assert isinstance(found, Benign)
        assert found.list in LISTS.values()
    else:
        wanted = whole if left == "same" else meant(compiled(left))
        assert _numbered(repr(found)) == _numbered(repr(wanted))


def _numbered(text: str) -> str:
    """Without the numbers of brackets, which stay those of the whole pattern."""
    import re  # noqa: PLC0415

    return re.sub(r"number=\d+", "", text)


def test_what_is_never_looked_for_is_enough_alone() -> None:
    together = meant(compiled(f"[{GOOD}] AND [{EVIL}]"))
    assert isinstance(pruned(together, listed, strict=True), Benign)
    assert pruned(meant(compiled(f"[{GOOD}] OR [{EVIL}]")), listed, strict=True) != together
