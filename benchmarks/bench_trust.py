"""What trust costs: attesting and checking per record, sealing and opening, a handshake, frames.

Run `python -m benchmarks.bench_trust`; medians of several runs, one core.
"""

import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks.figure import Figure

from egnatia.trust import (
    Freshness,
    Initiator,
    Local,
    Peer,
    PrivateKeys,
    Receiver,
    Sender,
    accept,
    attest,
    chain,
    check,
    check_proof,
    leaf,
    open_sealed,
    row_digest,
    seal,
)

BODY = b'{"type":"indicator","pattern":"' + b"x" * 800 + b'"}'
NODE = PrivateKeys.generate()
PEER = PrivateKeys.generate()


def median(action: Callable[[], object], runs: int) -> float:
    """Seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def attesting(count: int) -> tuple[float, float]:
    """Seconds per record to attest a batch (leaves included), and to check it with all its proofs."""

    def sign() -> object:
        leaves = [leaf("identity--me", (), BODY + b"%d" % n) for n in range(count)]
        return attest(NODE.signing, node="node-me", sequence=1, at=1, leaves=leaves)

    leaves = [leaf("identity--me", (), BODY + b"%d" % n) for n in range(count)]
    batch, proofs = attest(NODE.signing, node="node-me", sequence=1, at=1, leaves=leaves)

    def verify() -> None:
        check(batch, NODE.signing.verifying)
        for n, proof in enumerate(proofs):
            check_proof(leaf("identity--me", (), BODY + b"%d" % n), proof, batch)

    return median(sign, 41) / count, median(verify, 41) / count


def sealing(size: int, recipients: int) -> tuple[float, float]:
    """Seconds to seal to so many recipients, and to open."""
    keys = [PEER, *(PrivateKeys.generate() for _ in range(recipients - 1))]
    blob = seal(bytes(size), [one.opening.sealing for one in keys], context=b"x")
    runs = 5 if size > 1 << 20 else 41
    return (
        median(lambda: seal(bytes(size), [one.opening.sealing for one in keys], context=b"x"), runs),
        median(lambda: open_sealed(blob, PEER.opening, context=b"x"), runs),
    )


def handshake() -> float:
    """Seconds for both sides of one connection together."""
    me = Local("me", NODE, keys_of=lambda node, key: PEER.public, freshness=Freshness())
    rs = Local("rs", PEER, keys_of=lambda node, key: NODE.public, freshness=Freshness())

    def once() -> None:
        caller = Initiator(me, Peer("rs", PEER.public), request=b"feed", at=1)
        caller.finish(accept(caller.hello, rs, now=1).welcome)

    return median(once, 41)


def frames(size: int) -> float:
    """Megabytes of payload per second, sent and received on one core."""
    count = max(10, (32 << 20) // size // 8)
    payload = bytes(size)

    def run() -> None:
        sender, receiver = Sender(bytes(32)), Receiver(bytes(32))
        for _ in range(count):
            for _frame in receiver.feed(sender.frame(1, payload)):
                pass

    return count * size / 1e6 / median(run, 5)


def auditing() -> float:
    """Rows per second, made and verified."""
    rows, note = 10_000, _Note()

    def run() -> None:
        row = None
        for n in range(rows):
            row = chain(row, note, at=n)
            row_digest(row)

    return rows / median(run, 3)


class _Note:
    actor, action, subject, detail = "identity--me", "release", "indicator--1", "to identity--rs"


def figures() -> Iterator[Figure]:
    """All of them."""
    for count in (1, 100, 500):
        sign, verify = attesting(count)
        yield Figure(f"attest, a record of a batch of {count}", sign * 1e6, "us")
        yield Figure(f"check, a record of a batch of {count}", verify * 1e6, "us")
    for size, recipients in ((1024, 1), (1024, 6), (1 << 20, 1)):
        shut, opened = sealing(size, recipients)
        yield Figure(f"seal {size:,} bytes to {recipients}", shut * 1e3, "ms")
        yield Figure(f"open {size:,} bytes sealed to {recipients}", opened * 1e3, "ms")
    yield Figure("handshake, both sides", handshake() * 1e3, "ms")
    for size in (1 << 10, 64 << 10, 1 << 20):
        yield Figure(f"frames of {size:,} bytes, sent and received", frames(size), "MB/s")
    yield Figure("audit rows chained and verified", auditing(), "rows/s")


def main() -> None:
    for figure in figures():
        print(figure, flush=True)


if __name__ == "__main__":
    main()
