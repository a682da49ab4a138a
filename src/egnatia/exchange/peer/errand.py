"""Work over the network that can be called off without leaving a connection behind.

httpx closes what it opened only where it is cancelled in anyio's way; a task of asyncio's that is cancelled while a
connection is being closed leaves that connection, and those that were to be closed after it, to the collector.
"""

import asyncio
from collections.abc import Coroutine
from typing import Generic, TypeVar

import anyio

Result = TypeVar("Result")


class Errand(Generic[Result]):
    """Work in a task of its own. Await `asyncio.wait({errand.task})`, never the task itself: who is cancelled while
    awaiting a task cancels the task."""

    def __init__(self, work: Coroutine[None, None, Result]) -> None:
        self._called_off = False
        self._scope: anyio.CancelScope | None = None
        self.task = asyncio.create_task(self._run(work))

    def call_off(self) -> None:
        """End it soon; what it opened is closed first."""
        self._called_off = True
        if self._scope is not None:
            self._scope.cancel()

    async def done(self) -> Result | None:
        """What it came to, None where it was called off; who is cancelled meanwhile calls it off."""
        try:
            await asyncio.wait({self.task})
        finally:
            self.call_off()
            await asyncio.wait({self.task})
        return self.task.result()

    async def _run(self, work: Coroutine[None, None, Result]) -> Result | None:
        with anyio.CancelScope() as self._scope:  # only a task may make one
            if self._called_off:
                self._scope.cancel()
            return await work
        return None
