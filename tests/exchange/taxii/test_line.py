"""Each submitter's envelopes keep their order, and one submitter's come after another's."""

from tests.exchange.served import ALL_RIGHTS, MEMBER, OWN

from egnatia.exchange.caller import Caller
from egnatia.exchange.taxii.line import Arrived, Line, Waiting


def waiting(organisation: str, name: str, since: float = 0) -> Waiting:
    return Waiting(name, Arrived(0, Caller(organisation, "test", ALL_RIGHTS, "token"), (), 30, 100), since)


def test_who_brought_many_does_not_keep_another_waiting() -> None:
    line = Line()
    for each in (waiting(OWN, "a1", 1), waiting(OWN, "a2", 2), waiting(OWN, "a3", 3), waiting(MEMBER, "b1", 4)):
        line.add(each)
    assert (line.length, line.oldest) == (4, 1)
    order = [found.id for _ in range(4) if (found := line.next())]
    assert order == ["a1", "b1", "a2", "a3"]
    assert line.next() is None
    assert (line.length, line.oldest) == (0, None)
