"""Publisher and subscriber, wired without a network: through outages nothing is lost, and nothing comes twice."""

from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egnatia.exchange.peer import publishing, subscribing
from egnatia.exchange.peer.frame import (
    Frame,
    Heartbeat,
    Item,
    Misbehaved,
    Opening,
    Page,
    Subscription,
    View,
    decode,
    encode,
)
from egnatia.store.entry import Cursor

PAGE = 7


@dataclass
class Log:
    """What a publisher holds: each position is open to everyone, needs a grant, or is open to nobody."""

    kinds: list[str] = field(default_factory=list)
    granted: bool = False

    def view(self) -> str:
        return "all granted" if self.granted else "all"

    def visible(self, after: int, until: int) -> list[int]:
        seen = {"open", "granted"} if self.granted else {"open"}
        return [n for n in range(after + 1, until + 1) if self.kinds[n - 1] in seen]

    def read(self, load: publishing.Load) -> publishing.Loaded:
        found = self.visible(load.after, load.until)
        until = found[PAGE - 1] if len(found) > PAGE else load.until
        items = tuple(Item(str(n).encode(), "o", (), False, 0, 0, ()) for n in found[:PAGE])
        return publishing.Loaded(load.epoch, until, items)


@dataclass
class Wire:
    """One publisher, one subscriber and what is between them; everything happens one step at a time."""

    log: Log = field(default_factory=Log)
    receiver: subscribing.Subscribing = field(default_factory=lambda: subscribing.begun(Cursor("p", 0), "own"))
    sender: publishing.Publishing | None = None
    todo: deque[publishing.Command] = field(default_factory=deque)
    frames: deque[tuple[int, bytes]] = field(default_factory=deque)
    takes: deque[subscribing.Take] = field(default_factory=deque)
    stored: list[int] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    now: float = 0.0

    def connect(self) -> None:
        self.receiver, commands = subscribing.step(self.receiver, subscribing.Due(self.now))
        (call,) = commands
        assert isinstance(call, subscribing.Call)
        self.sender, todo = publishing.opened("s", call.subscription, head=len(self.log.kinds), view=self.log.view())
        self.todo = deque(todo)

    def tell(self, event: publishing.Event) -> None:
        if self.sender is not None:
            self.sender, commands = publishing.step(self.sender, event)
            self.todo.extend(commands)

    def lose(self) -> None:
        """The connection breaks: frames on the wire are gone, what was taken is stored or not."""
        self.sender = None
        self.todo.clear()
        self.frames.clear()
        self.takes.clear()
        self.now += 1
        self.receiver, _ = subscribing.step(self.receiver, subscribing.Lost(self.now, False, 0.5))

    def publish(self) -> bool:
        if not self.todo:
            return False
        match self.todo.popleft():
            case publishing.Load() as load:
                self.tell(self.log.read(load))
            case publishing.Send(frame):
                self.frames.append(encode(frame, packed=True))
                self.tell(publishing.Sent())
        return True

    def deliver(self) -> bool:
        if not self.frames:
            return False
        frame = decode(*self.frames.popleft())
        self.receiver, commands = subscribing.step(self.receiver, subscribing.Arrived(frame, self.now))
        for command in commands:
            assert isinstance(command, subscribing.Take), command
            self.takes.append(command)
        return True

    def store(self) -> bool:
        """Records and cursor in one transaction, as the store does; a version that is there already is a no-op."""
        if not self.takes:
            return False
        take = self.takes.popleft()
        if isinstance(take.frame, Page):
            self.stored += [int(item.body) for item in take.frame.items]
            self.order += [take.frame.lane for _ in take.frame.items]
        self.receiver, _ = subscribing.step(self.receiver, subscribing.Stored(take.cursor, self.now))
        return True

    def settle(self) -> None:
        for _ in range(100_000):
            if not (self.publish() | self.deliver() | self.store()):
                return
        raise AssertionError("the two never come to rest")


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.sampled_from(["open", "granted", "shut"]), min_size=1, max_size=20)),
        st.tuples(st.sampled_from(["publish", "deliver", "store", "lose", "connect", "beat"]), st.just([""])),
        st.tuples(st.just("grant"), st.sampled_from([["yes"], ["no"]])),
    ),
    max_size=80,
)


@settings(max_examples=400, deadline=None)
@given(steps, st.integers(3, 40))
def test_through_outages_and_grants_everything_visible_arrives(script: list[tuple[str, list[str]]], jump: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publishing, "JUMP", jump)
        wire = Wire()
        granted_ever = False
        for verb, what in script:
            match verb:
                case "add":
                    wire.log.kinds += what
                    wire.tell(publishing.Woken(len(wire.log.kinds)))
                case "grant":
                    wire.log.granted = what == ["yes"]
                    granted_ever |= wire.log.granted
                    wire.tell(publishing.Viewed(wire.log.view()))
                case "connect" if wire.sender is None:
                    wire.connect()
                case "lose" if wire.sender is not None:
                    wire.lose()
                case "beat":
                    wire.tell(publishing.Beat())
                case "publish" | "deliver" | "store":
                    getattr(wire, verb)()
        if wire.sender is None:
            wire.connect()
        wire.settle()
        wire.tell(publishing.Beat())
        wire.settle()
        end = len(wire.log.kinds)
        assert set(wire.log.visible(0, end)) <= set(wire.stored)
        assert all(wire.log.kinds[n - 1] != "shut" for n in wire.stored)
        assert (wire.receiver.stored.live, wire.receiver.stored.gaps) == (end, ())
        if not granted_ever:
            assert len(set(wire.stored)) == len(wire.stored)


def test_a_backlog_does_not_hold_up_what_is_live() -> None:
    wire = Wire(Log(["open"] * 10_000))
    wire.connect()
    for _ in range(40):
        wire.publish()
        wire.deliver()
        wire.store()
    wire.log.kinds.append("open")
    wire.tell(publishing.Woken(10_001))
    for _ in range(9):
        wire.publish()
        wire.deliver()
        wire.store()
    assert 10_001 in wire.stored
    assert len(wire.stored) < 1_000
    wire.settle()
    assert sorted(wire.stored) == list(range(1, 10_002))
    assert wire.order.count("backlog") == 10_000


def test_steady_live_traffic_does_not_starve_a_backlog() -> None:
    wire = Wire(Log(["open"] * 3_000))
    wire.connect()
    for _ in range(2_000):
        wire.log.kinds.append("open")
        wire.tell(publishing.Woken(len(wire.log.kinds)))
        wire.publish()
        wire.deliver()
        wire.store()
    assert wire.order.count("backlog") > 500


def test_traffic_that_a_subscriber_may_not_see_causes_no_frame() -> None:
    wire = Wire(Log(["open"]))
    wire.connect()
    wire.settle()
    wire.log.kinds += ["shut"] * 50
    wire.tell(publishing.Woken(51))
    while wire.publish():
        pass
    assert not wire.frames


def test_a_slow_subscriber_holds_one_page_at_the_publisher() -> None:
    wire = Wire(Log(["open"] * 100))
    wire.connect()
    assert wire.sender is not None
    for _ in range(50):
        wire.tell(publishing.Woken(len(wire.log.kinds)))
    assert len(wire.todo) == 1


def subscription(**other: object) -> Subscription:
    fields: dict[str, object] = {
        "versions": (1,),
        "scope": "own",
        "live": 0,
        "gaps": (),
        "view": "",
        "packed": False,
    }
    return Subscription(**{**fields, **other})  # type: ignore[arg-type]  # the fields of the struct, some replaced


@pytest.mark.parametrize(
    "asked",
    [
        subscription(versions=(2, 3)),
        subscription(live=11),
        subscription(live=5, gaps=((3, 9),)),
        subscription(live=5, gaps=((3, 2),)),
    ],
)
def test_a_subscription_that_cannot_be_served_is_refused(asked: Subscription) -> None:
    with pytest.raises(Misbehaved):
        publishing.opened("s", asked, head=10, view="")


def page(after: int, until: int, lane: str = "live") -> Page:
    return Page("backlog" if lane == "backlog" else "live", after, until, 100, (), (), ())


@pytest.mark.parametrize(
    "frames",
    [
        [page(0, 5)],
        [Opening(2, 100)],
        [Opening(1, 10)],
        [Opening(1, 100), Opening(1, 100)],
        [Opening(1, 100), page(10, 20)],
        [Opening(1, 100), page(20, 30), page(20, 30)],
        [Opening(1, 100), page(30, 20)],
        [Opening(1, 100), page(20, 20)],
        [Opening(1, 100), page(90, 101)],
        [Opening(1, 100), page(0, 10, "backlog")],
        [Opening(1, 100), page(50, 60), page(25, 55, "backlog")],
        [Opening(1, 100), Heartbeat(5, 6, 100)],
        [Opening(1, 100), View("v", ((10, 30),))],
        [Opening(1, 100), View("v", ((5, 5),))],
        [Opening(1, 100), View("v" * 5_000, ())],
    ],
)
def test_a_publisher_that_breaks_the_order_is_cut_off(frames: list[Frame]) -> None:
    state = subscribing.begun(Cursor("p", 20), "own")
    *fine, wrong = frames
    for frame in fine:
        state, commands = subscribing.step(state, subscribing.Arrived(frame, 1.0))
        assert not any(isinstance(command, subscribing.HangUp) for command in commands)
    before = state
    state, commands = subscribing.step(state, subscribing.Arrived(wrong, 1.0))
    assert isinstance(commands[0], subscribing.HangUp)
    assert commands[0].lied
    assert state.cursor == before.cursor


def test_who_lies_is_left_alone_longer_and_longer_until_a_stream_outlasts_the_penalty() -> None:
    state = subscribing.begun(Cursor("p", 0), "own")
    pauses = []
    for _ in range(12):
        state, (rest,) = subscribing.step(state, subscribing.Lost(0.0, True, 0.5))
        assert isinstance(rest, subscribing.Rest)
        pauses.append(rest.until)
    assert pauses[:3] == [15.0, 30.0, 60.0]
    assert pauses[-1] == 3600.0
    state, _ = subscribing.step(state, subscribing.Due(0.0))
    state, _ = subscribing.step(state, subscribing.Arrived(Opening(1, 0), 0.0))
    state, _ = subscribing.step(state, subscribing.Lost(4_000.0, False, 0.5))
    state, (rest,) = subscribing.step(state, subscribing.Lost(4_000.0, True, 0.5))
    assert isinstance(rest, subscribing.Rest)
    assert rest.until == 4_015.0


def test_after_outages_attempts_are_spread_and_never_more_than_half_a_minute_apart() -> None:
    state = subscribing.begun(Cursor("p", 0), "own")
    for attempt in range(20):
        state, (rest,) = subscribing.step(state, subscribing.Lost(0.0, False, 0.0 if attempt % 2 else 0.999))
        assert isinstance(rest, subscribing.Rest)
        assert 0.05 < rest.until < 45.1


def test_acknowledgements_wait_a_little_and_are_at_least_a_second_apart() -> None:
    state = subscribing.begun(Cursor("p", 0), "own")
    state, _ = subscribing.step(state, subscribing.Arrived(Opening(1, 10_000), 0.0))
    said: list[float] = []
    for n in range(1, 5_001):
        at = n / 1_000
        state, commands = subscribing.step(state, subscribing.Stored(Cursor("p", n), at))
        said += [at for _ in commands]
    state, commands = subscribing.step(state, subscribing.Ticked(7.0))
    assert said == pytest.approx([0.201, 1.201, 2.201, 3.201, 4.201], abs=0.002)
    assert commands == (subscribing.Acknowledge(Cursor("p", 5_000)),)
    assert subscribing.step(state, subscribing.Ticked(9.0)) == (state, ())
