"""What a record is tied to, of which nothing is told that the reader may not see; on either database."""

import msgspec
from tests.store.building import TIRANA, batch, clear, member, record, record_id, red

from egnatia.policy import PUBLIC, Clearance
from egnatia.record.record import Record
from egnatia.store import Store


def test_ties_say_what_joins_two_records_and_end_where_the_reader_may_see_no_further(store: Store) -> None:
    def joins(number: int, source: str, target: str) -> Record:
        made = record(number, kind="relationship", refs=[("source_ref", source), ("target_ref", target)])
        body = made.body[:-1] + b',"relationship_type":"uses"}'
        return msgspec.structs.replace(made, body=body)

    actor, used, hidden = record_id(1), record_id(2), record_id(3)
    store.append(batch(record(1), record(2), record(2, at=1), label=clear(TIRANA)))
    store.append(batch(record(3), label=red(TIRANA)))
    store.append(
        batch(
            joins(4, actor, used),
            joins(5, actor, hidden),
            record(6, kind="report", refs=[("object_refs", actor), ("object_refs", hidden)]),
            label=clear(TIRANA),
        )
    ).result()

    def told(reader: Clearance, of: str) -> list[tuple[str, str, bool, bool]]:
        found = store.ties(reader, of)
        assert found.complete
        return [(tie.other, tie.verb, tie.forth, tie.by_relationship) for tie in found.ties]

    report = (record_id(6, "report"), "object_refs", False, False)
    assert told(PUBLIC, actor) == [report, (used, "uses", True, True)]
    assert told(member(TIRANA), actor) == [report, (hidden, "uses", True, True), (used, "uses", True, True)]
    assert told(PUBLIC, used) == [(actor, "uses", False, True)]
    assert told(PUBLIC, report[0]) == [(actor, "object_refs", True, False)]
    assert told(PUBLIC, hidden) == []
    assert not store.ties(PUBLIC, actor, 1).complete
    made = [tie.via for tie in store.ties(PUBLIC, actor).ties]
    assert [row.id for row in store.at(PUBLIC, made)] == [record_id(6, "report"), record_id(4, "relationship")]
    hidden_row = store.get(member(TIRANA), [hidden])[0].position
    assert store.at(PUBLIC, [hidden_row]) == ()
