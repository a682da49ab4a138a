"""What waits for a second person: the very bytes that will be published, who wrote them, and what was decided.

The bytes are kept while they wait and no longer: afterwards the log has them, or their author.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec

from egnatia.exchange.host import Host
from egnatia.exchange.submission import Handling, Right, Submission, Submitter
from egnatia.record import read
from egnatia.store import Batch, Note, Store

KIND: Final = "review"
LISTED: Final = 100
DAY: Final = 86_400_000_000
SETTLED_DAYS: Final = 180
"""How long a settled review is shown; a returned one holds what its author has not published."""
MOST: Final = 1_000
"""Records that one review may hold."""

Reason = Annotated[str, msgspec.Meta(max_length=2_000)]
State = Literal["waiting", "approved", "returned", "withdrawn"]


class Wrong(ValueError):
    """Why a review cannot be decided so; the words are for people."""


class OwnWork(Wrong):
    """Nobody approves what they wrote themselves."""


class Changed(Wrong):
    """It is not, or not any more, what was looked at."""


class Overtaken(Wrong):
    """A newer version of one of the records was published meanwhile."""


class Step(msgspec.Struct, frozen=True):
    """What somebody did with it; `at` is microseconds UTC, `who` a sign-in name."""

    at: int
    who: str
    what: Literal["submitted", "approved", "returned", "withdrawn"]
    reason: str = ""


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to review. `author` is the account it is by: of a token's, who issued it. `digest` is over all that
    will be published. `form` is the author's form, to go on with where it is returned; nobody else reads it."""

    id: str
    organisation: str
    author: str
    title: str
    digest: str
    records: tuple[str, ...]
    steps: tuple[Step, ...]
    state: State = "waiting"
    bodies: tuple[bytes, ...] = ()
    applied: tuple[str, ...] = ()
    form: bytes = b""

    @property
    def submitted(self) -> int:
        """When it was handed in, microseconds UTC."""
        return self.steps[0].at

    @property
    def main(self) -> str:
        """The record that it is about: the last, after what it needs."""
        return self.records[-1]


class Reviews:
    """The reviews of one organisation."""

    def __init__(self, store: Store, organisation: str) -> None:
        self._store, self._organisation = store, organisation
        self._kept = store.kept(KIND, Review)

    def submit(
        self,
        bodies: Sequence[bytes],
        *,
        author: str,
        title: str,
        at: int,
        applied: tuple[str, ...] = (),
        form: bytes = b"",
    ) -> Review:
        """Hand it in for review; raises Invalid for what could never be published."""
        if not 0 < len(bodies) <= MOST:
            raise Wrong(f"a review holds between 1 and {MOST} records")
        records = tuple(read(body, tolerant=True).head.id for body in bodies)
        review = Review(
            id=f"{at:014x}{secrets.token_hex(5)}",
            organisation=self._organisation,
            author=author,
            title=title[:200],
            digest=digest(bodies, applied),
            records=records,
            steps=(Step(at, author, "submitted"),),
            bodies=tuple(bodies),
            applied=applied,
            form=form,
        )
        self._kept.put(self._key(review.id), review)
        self._note(review, author, "review asked")
        return review

    def get(self, review: str) -> Review | None:
        """One of them."""
        return self._kept.get(self._key(review)) if review.isalnum() and review.isascii() else None

    def latest(self) -> tuple[Review, ...]:
        """The newest first, at most so many as a page shows; those that wait before the others."""
        found = self._kept.between(f"{self._organisation} ", f"{self._organisation} \x7f")
        return tuple(sorted(found, key=lambda each: (each.state != "waiting", -each.submitted)))[:LISTED]

    def waiting(self) -> int:
        """How many wait."""
        return sum(each.state == "waiting" for each in self.latest())

    def give_back(
        self, review: Review, who: str, reason: str, at: int, *, what: Literal["returned", "withdrawn"]
    ) -> Review:
        """Another person returns it with a reason, or its author takes it back. Raises Wrong."""
        if what == "returned" and who == review.author:
            raise OwnWork
        return self._closed(review, Step(at, who, what, reason))

    async def approve(self, host: Host, review: Review, who: str, digest_: str, at: int) -> Submission:
        """Another person publishes exactly these bytes; `digest_` is that of what they looked at. Raises Wrong; where
        a record is refused the review waits on."""
        if who == review.author:
            raise OwnWork
        async with _DECIDING:
            present = await asyncio.to_thread(self.get, review.id)
            if present is None or present.state != "waiting" or digest(present.bodies, present.applied) != digest_:
                raise Changed
            await asyncio.to_thread(self._not_overtaken, present)
            by = Submitter(self._organisation, who, frozenset({Right.SUBMIT, Right.RELEASE}))
            submitted = host.admission.submit(
                present.bodies, by, handling=Handling(present.applied), atomic=True, tolerant=False
            )
            outcome = await asyncio.wrap_future(submitted)
            if not outcome.refused:
                await asyncio.to_thread(self._closed, present, Step(at, who, "approved"))
            return outcome

    def purge(self, now: int, *, days: int) -> int:
        """Forget reviews that were settled so many days ago; how many. What was decided stays in the audit log."""
        kept = self._kept.between(f"{self._organisation} ", f"{self._organisation} \x7f")
        late = [each for each in kept if each.state != "waiting" and now - each.steps[-1].at > days * DAY]
        if late:
            self._kept.remove(*(self._key(each.id) for each in late))
        return len(late)

    def _not_overtaken(self, review: Review) -> None:
        heads = self._store.custody.heads(review.records)
        for body in review.bodies:
            record = read(body, tolerant=True)
            for held in heads.get(record.head.id, ()):
                if held.owner == self._organisation and record.head.modified and held.version > record.version:
                    raise Overtaken

    def _closed(self, review: Review, step: Step) -> Review:
        done: list[Review] = []

        def close(kept: Review) -> Review:
            if kept.state != "waiting" or step.what == "submitted":
                return kept
            left = kept.form if step.what == "returned" else b""
            closed = msgspec.structs.replace(
                kept, state=step.what, steps=(*kept.steps, step), bodies=(), form=left, title=kept.title if left else ""
            )
            done.append(closed)
            return closed

        self._kept.change(self._key(review.id), close)
        if not done:
            raise Changed
        self._note(review, step.who, f"review {step.what}")
        return done[0]

    def _note(self, review: Review, who: str, action: str) -> None:
        note = Note(f"{self._organisation} {who}", action, review.main, f"review {review.id}, sha256 {review.digest}")
        self._store.append(Batch(notes=(note,))).result()

    def _key(self, review: str) -> str:
        return f"{self._organisation} {review}"


def digest(bodies: Sequence[bytes], applied: Sequence[str]) -> str:
    """SHA-256 over everything that will be published: each part with its length before it."""
    hashed = hashlib.sha256()
    for part in (*bodies, b"applied", *(each.encode() for each in applied)):
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()


_DECIDING: Final = asyncio.Lock()
"""One decision at a time: nobody returns what another publishes in this moment."""
