from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trust.builders import keys

from egnatia.trust.audit import (
    DAY,
    AuditRow,
    Checkpoint,
    chain,
    check_checkpoint,
    check_countersignature,
    check_follows,
    checkpoint,
    countersign,
    row_digest,
    superfluous,
)
from egnatia.trust.audit_check import Wrong, verify
from egnatia.trust.errors import Forged
from egnatia.trust.keys import PublicKeys

replace = msgspec.structs.replace
NODES = {"node-me": keys(0), "node-rs": keys(1)}


class Note(msgspec.Struct, frozen=True):
    actor: str
    action: str
    subject: str = ""
    detail: str = ""


def keys_of(node: str, verifying: str) -> PublicKeys:
    return NODES[node].public


def log(count: int, start: AuditRow | None = None, action: str = "release") -> list[AuditRow]:
    rows: list[AuditRow] = []
    for n in range(count):
        start = chain(start, Note("identity--me", action, f"record {n}"), at=1000 + n)
        rows.append(start)
    return rows


ROWS = log(10)
CHECK = checkpoint(ROWS[7], keys(0).signing, node="node-me", at=2000)
WITNESS = countersign(CHECK, keys(1).signing, peer="node-rs", at=2001)


def findings(rows: list[AuditRow], **more: int) -> list[tuple[int, Wrong]]:
    return [(one.seq, one.wrong) for one in verify(rows, [CHECK], [WITNESS], keys_of, **more)]


def rechained(rows: list[AuditRow]) -> list[AuditRow]:
    """What an administrator with the database would do: everything consistent again."""
    out: list[AuditRow] = []
    for row in rows:
        out.append(chain(out[-1] if out else None, row, at=row.at))
    return out


def test_an_untouched_log_has_no_findings() -> None:
    assert findings(ROWS) == []
    assert findings(ROWS, last=10) == []
    assert verify([], [], [], keys_of) == []


@pytest.mark.parametrize("field", ["at", "actor", "action", "subject", "detail", "previous", "digest"])
def test_a_changed_row_is_named(field: str) -> None:
    value = getattr(ROWS[4], field)
    other = value + 1 if isinstance(value, int) else value + "x" if isinstance(value, str) else bytes(32)
    rows = [*ROWS[:4], replace(ROWS[4], **{field: other}), *ROWS[5:]]
    assert (5, Wrong.CHANGED) in findings(rows)


def test_a_changed_row_with_its_digest_made_to_fit_breaks_the_next_link() -> None:
    changed = replace(ROWS[4], actor="nobody")
    rows = [*ROWS[:4], replace(changed, digest=row_digest(changed)), *ROWS[5:]]
    assert findings(rows) == [(6, Wrong.CHANGED)]


def test_missing_inserted_and_reordered_rows_are_named() -> None:
    assert findings([*ROWS[:3], *ROWS[5:]]) == [(4, Wrong.MISSING)]
    assert findings([*ROWS[:5], ROWS[4], *ROWS[5:]]) == [(5, Wrong.INSERTED)]
    assert findings([*ROWS[:3], ROWS[4], ROWS[3], *ROWS[5:]]) == [(4, Wrong.REORDERED)]
    assert findings(ROWS[1:]) == [(1, Wrong.MISSING)]


def test_a_log_cut_before_a_checkpoint_is_truncated_and_after_it_shows_against_a_known_number() -> None:
    assert findings(ROWS[:6]) == [(8, Wrong.TRUNCATED), (8, Wrong.TRUNCATED)]
    assert findings(ROWS[:9]) == []
    assert findings(ROWS[:9], last=10) == [(10, Wrong.TRUNCATED)]


def test_a_full_rewrite_contradicts_the_checkpoint_and_the_countersignature() -> None:
    rows = rechained([*ROWS[:2], *ROWS[3:]])
    assert findings(rows) == [(8, Wrong.REWRITTEN)] * 2


def test_a_rewrite_signed_anew_by_the_administrator_contradicts_what_the_peer_has() -> None:
    rows = rechained([*ROWS[:2], *ROWS[3:]])
    resigned = checkpoint(rows[7], keys(0).signing, node="node-me", at=2000)
    assert verify(rows, [resigned], [], keys_of) == []
    (found,) = verify(rows, [resigned], [WITNESS], keys_of)
    assert (found.seq, found.wrong) == (8, Wrong.REWRITTEN)
    assert "the countersignature of node-rs" in found.why


def test_a_forged_checkpoint_or_countersignature_is_found_and_claims_nothing() -> None:
    bad = replace(CHECK, digest=bytes(32))
    other = checkpoint(ROWS[7], keys(1).signing, node="node-rs", at=1)
    slander = countersign(bad, keys(1).signing, peer="node-rs", at=1)
    for checkpoints, witnesses in (
        ([CHECK, bad], []),
        ([CHECK, other], []),
        ([CHECK], [slander]),
        ([CHECK], [replace(WITNESS, at=5)]),
    ):
        (found,) = verify(ROWS, checkpoints, witnesses, keys_of)
        assert (found.seq, found.wrong) == (8, Wrong.UNSIGNED)


def test_checkpoints_and_countersignatures_verify_with_the_keys_of_who_made_them() -> None:
    check_checkpoint(CHECK, keys(0).public.verifying)
    check_countersignature(WITNESS, keys(1).public.verifying)
    with pytest.raises(Forged, match="key"):
        check_checkpoint(CHECK, keys(1).public.verifying)
    with pytest.raises(Forged, match="Ed25519"):
        check_countersignature(replace(WITNESS, checkpoint=replace(CHECK, seq=7)), keys(1).public.verifying)
    with pytest.raises(Forged, match="out of range"):
        check_checkpoint(replace(CHECK, seq=-1), keys(0).public.verifying)


def test_a_peer_is_shown_one_growing_log() -> None:
    later = checkpoint(ROWS[9], keys(0).signing, node="node-me", at=3000)
    check_follows(later, CHECK)
    check_follows(CHECK, CHECK)
    for wrong in (
        (CHECK, later),
        (replace(CHECK, digest=bytes(32)), CHECK),
        (replace(later, node="node-rs"), CHECK),
    ):
        with pytest.raises(Forged, match="checkpoint"):
            check_follows(*wrong)


@given(st.integers(0, 9), st.integers(0, 9))
def test_any_two_rows_exchanged_are_noticed(one: int, two: int) -> None:
    rows = list(ROWS)
    rows[one], rows[two] = rows[two], rows[one]
    assert bool(findings(rows)) == (one != two)


def test_a_log_is_read_once_and_the_findings_are_bounded() -> None:
    rows = (replace(row, actor="x") for row in log(3000))
    assert len(verify(rows, [], [], keys_of)) == 1000


def test_a_row_vector() -> None:
    assert ROWS[0].digest.hex() == "2c1a640323e637c945f3ac08c43e5d634b9c4fb7bc509e64fd58089b5029fb69"
    assert isinstance(CHECK, Checkpoint)


def test_of_the_past_one_checkpoint_is_kept_for_each_day_and_then_for_each_month() -> None:
    now, hour = 10_000 * DAY, DAY // 24
    moments = {f"{number:06d}": now - number * hour for number in range(24 * 400)}
    kept = moments.keys() - superfluous(moments, now=now)
    ages = sorted((now - moments[name]) / DAY for name in kept)
    assert sum(1 for age in ages if age <= 1) == 25
    assert sum(1 for age in ages if 1 < age <= 61) == 60
    assert 11 <= sum(1 for age in ages if age > 61) <= 13
    assert max(later - earlier for earlier, later in pairwise(ages)) <= 31


def test_what_is_kept_once_is_not_let_go_of_by_thinning_every_day() -> None:
    kept: dict[str, int] = {}
    for day in range(1_000):
        kept[f"{day}"] = day * DAY + 7
        for name in superfluous(kept, now=day * DAY + 8):
            del kept[name]
    assert len(kept) < 61 + 1_000 / 30 + 3
    assert max(later - earlier for earlier, later in pairwise(sorted(kept.values()))) <= 31 * DAY
