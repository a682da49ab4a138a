"""An import streams, upgrades, counts what was forgiven and refused, and can be repeated."""

import gzip
import io
import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from egnatia.exchange.importing import Counted, Finding, batches, import_stream, opened
from egnatia.exchange.submission import Accepted, Refused, Submission
from egnatia.record.record import Problem

Bodies = list[list[bytes]]


def indicator(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{number:08d}-0000-4000-8000-000000000000",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": "[domain-name:value = 'login.bank.example']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
        **more,
    }


def bundle(*objects: dict[str, Any]) -> bytes:
    head = {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000000"}
    return json.dumps({**head, "objects": objects}).encode()


class Desk:
    """Takes what is handed in and remembers it; an id seen before is present, a name `bad` is refused."""

    def __init__(self) -> None:
        self.batches: Bodies = []
        self.seen: set[str] = set()

    def __call__(self, bodies: Sequence[bytes]) -> "Future[Submission]":
        self.batches.append(list(bodies))
        accepted, refused = [], []
        for index, body in enumerate(bodies):
            read = json.loads(body)
            problem = Problem(path="$.name", rule="a rule", found=repr(read.get("name")))
            if read.get("name") == "bad":
                refused.append(Refused(index=index, id=read["id"], problems=(problem,)))
                continue
            deviations = (problem,) if read.get("name") == "odd" else ()
            position = 0 if read["id"] in self.seen else len(self.seen) + 1
            self.seen.add(read["id"])
            accepted.append(Accepted(index=index, id=read["id"], version="", position=position, deviations=deviations))
        future: Future[Submission] = Future()
        future.set_result(Submission(accepted=tuple(accepted), refused=tuple(refused)))
        return future


def test_records_go_in_by_batches_in_their_order() -> None:
    desk = Desk()
    tally = import_stream(io.BytesIO(bundle(*map(indicator, range(1_200)))), desk)
    assert [len(batch) for batch in desk.batches] == [500, 500, 200]
    assert [json.loads(body)["id"][11:19] for batch in desk.batches for body in batch] == [
        f"{number:08d}" for number in range(1_200)
    ]
    assert (tally.read, tally.added, tally.present, tally.refused) == (1_200, 1_200, 0, 0)


def test_an_import_can_be_repeated() -> None:
    desk = Desk()
    data = bundle(*map(indicator, range(3)))
    import_stream(io.BytesIO(data), desk)
    again = import_stream(io.BytesIO(data), desk)
    assert (again.added, again.present) == (0, 3)


def test_findings_are_summed_by_rule_with_their_place_in_the_file() -> None:
    findings: list[Finding] = []
    data = bundle(indicator(0), indicator(1, name="odd"), indicator(2, name="bad"), indicator(3, name="bad"))
    tally = import_stream(io.BytesIO(data), Desk(), on_finding=findings.append)
    assert [(finding.index, finding.refused) for finding in findings] == [(1, False), (2, True), (3, True)]
    assert tally.rules == {("a rule", False): 1, ("a rule", True): 2}
    assert tally.examples["a rule", True].index == 2
    assert (tally.added, tally.deviating, tally.refused) == (2, 1, 2)


def test_an_atomic_import_is_one_submission() -> None:
    desk = Desk()
    import_stream(io.BytesIO(bundle(*map(indicator, range(1_200)))), desk, atomic=True)
    assert [len(batch) for batch in desk.batches] == [1_200]


def test_gzip_is_told_by_its_first_bytes_and_progress_counts_the_file() -> None:
    data = gzip.compress(bundle(indicator(1)))
    counted = Counted(io.BytesIO(data))
    desk = Desk()
    import_stream(opened(counted), desk)  # type: ignore[arg-type]  # a raw stream is one, whatever typeshed says
    assert len(desk.seen) == 1
    assert counted.count == len(data)


def test_batches_are_limited_by_bytes_too() -> None:
    large = b"x" * 1_500_000
    assert [len(group) for group in batches([(index, large) for index in range(7)], limit=500)] == [3, 3, 1]


def test_nothing_in_a_file_is_nothing_taken() -> None:
    desk = Desk()
    assert import_stream(io.BytesIO(bundle()), desk).read == 0
    assert desk.batches == []


def test_what_was_taken_before_the_file_broke_off_is_counted() -> None:
    desk = Desk()
    whole = b"\n".join(json.dumps(indicator(number)).encode() for number in range(600))
    with pytest.raises(ValueError, match="the stream ends before it"):
        import_stream(io.BytesIO(whole + b'\n{"type": "indica'), desk)
    assert len(desk.seen) >= 500
