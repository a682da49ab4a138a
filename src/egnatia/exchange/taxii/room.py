"""How much may wait: whoever brings more waits for room, in the order of coming, and is sent away after a while."""

import asyncio
from collections import deque
from typing import Final

SECONDS: Final = 30
"""As long as a client may wait for room: some thousand objects are stored each second, so that it is rarely one."""


class NoRoom(Exception):
    """Too much waits already; `seconds` until it is worth trying again."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Post it again in {seconds} seconds: nothing of it was taken")


class Room:
    """Room for about `objects` and `size_bytes`: there is some for anything, however large, while less than that waits.
    It belongs to one loop, on which who asks waits for `seconds` at most."""

    def __init__(self, objects: int, size_bytes: int, *, seconds: float = SECONDS) -> None:
        self._most_objects, self._most_bytes, self._seconds = objects, size_bytes, seconds
        self.objects = self.size_bytes = 0
        self._asking: deque[tuple[int, int, asyncio.Future[None]]] = deque()

    @property
    def is_full(self) -> bool:
        """Whether who comes now has to wait."""
        return self.objects >= self._most_objects or self.size_bytes >= self._most_bytes

    async def take(self, objects: int, size_bytes: int) -> None:
        """Room for so much; raises NoRoom where there is none in time."""
        if not self.is_full and not self._asking:
            self.add(objects, size_bytes)
            return
        granted = asyncio.get_running_loop().create_future()
        self._asking.append((objects, size_bytes, granted))
        try:
            async with asyncio.timeout(self._seconds):
                await granted
        except (TimeoutError, asyncio.CancelledError) as error:
            if granted.done() and not granted.cancelled():  # just when it was too late
                self.give(objects, size_bytes)
            if isinstance(error, TimeoutError):
                raise NoRoom(SECONDS) from error
            raise

    def add(self, objects: int, size_bytes: int) -> None:
        """So much is there whether or not there was room: it waited when the node began."""
        self.objects += objects
        self.size_bytes += size_bytes

    def give(self, objects: int, size_bytes: int) -> None:
        """So much waits no longer; who asked for room gets it, one after the other."""
        self.objects -= objects
        self.size_bytes -= size_bytes
        while self._asking and not self.is_full:
            wanted, bytes_, granted = self._asking.popleft()
            if not granted.done():
                self.add(wanted, bytes_)
                granted.set_result(None)
