"""One order for the events of a case, the same on every node whatever the order in which they arrived.

An event comes after all that its author knew (`after`), then by its moment, then by its id. Its moment counts as that
of the latest event before it where its author's clock was behind; so nobody can put an event before one that they
knew. Events that are not held (not here yet, or not for this reader) order nothing.
"""

from collections.abc import Iterable, Iterator, Mapping

from egnatia.casework.event import Event

Key = tuple[str, int, str]
"""Moment, depth (how long the longest chain of events before it is), id."""


class Ordering:
    """The events of one case and their order."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.keys: dict[str, Key] = {}
        self.missing: dict[str, set[str]] = {}
        """Events that are named but not held, and by which."""
        self._end: Key = ("", 0, "")

    def add(self, events: Iterable[Event]) -> list[Event] | None:
        """The new ones among `events` in order, if all of them come after what was there and change no other's place;
        None where the order is another one now."""
        new: list[Event] = []
        anew = False
        for event in events:
            known = self.events.get(event.id)
            if known is None:
                new.append(event)
                self.events[event.id] = event
            elif event.answered and not known.answered:
                # Held before in the name of somebody who does not answer for it; now from its author.
                self.events[event.id] = event
                anew = True
        if anew or any(event.id in self.missing for event in new):
            self._start_anew()
            return None
        if not new:
            return []
        end, keys = self._end, self.keys
        self._place(new)
        new.sort(key=lambda event: keys[event.id])
        self._end = max(end, keys[new[-1].id])
        return new if keys[new[0].id] > end else None

    def __iter__(self) -> Iterator[Event]:
        """All events in order."""
        events = self.events
        return iter([events[key[2]] for key in sorted(self.keys.values())])

    def is_before(self, one: str, other: str) -> bool:
        """Whether the author of `other` knew of `one`, as far as what is held tells."""
        wanted, keys, events = self.keys[one], self.keys, self.events
        after = events[other].after
        while len(after) == 1:  # most of a case is a chain
            if after[0] == one:
                return True
            key = keys.get(after[0])
            if key is None or key < wanted:
                return False
            after = events[after[0]].after
        seen, left = set[str](), list(after)
        while left:
            before = left.pop()
            if before == one:
                return True
            # What lies further back than the one that is looked for cannot lead to it.
            if before not in seen and before in keys and keys[before] > wanted:
                seen.add(before)
                left += events[before].after
        return False

    def _start_anew(self) -> None:
        self.keys, self.missing = {}, {}
        self._place(list(self.events.values()))
        self._end = max(self.keys.values())

    def _place(self, new: list[Event]) -> None:
        """Keys for these events, first for those that they name; the stack is ours, for a chain may be long."""
        new.sort(key=_moment)
        keys, events = self.keys, self.events
        for event in new:
            if event.id in keys:
                continue
            left, begun = [event], set[str]()
            while left:
                current = left[-1]
                waiting = [each for each in current.after if each not in keys and each in events and each not in begun]
                if waiting and current.id not in begun:
                    begun.add(current.id)
                    left += [events[each] for each in waiting]
                    continue
                left.pop()
                if current.id not in keys:
                    keys[current.id] = self._key(current, keys)

    def _key(self, event: Event, keys: Mapping[str, Key]) -> Key:
        moment, depth = event.at, 0
        for each in event.after:
            key = keys.get(each)
            if key is None:
                self.missing.setdefault(each, set()).add(event.id)
                continue
            moment = max(moment, key[0])
            depth = max(depth, key[1] + 1)
        return (moment, depth, event.id)


def _moment(event: Event) -> str:
    return event.at
