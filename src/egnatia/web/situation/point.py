"""One point of the picture of the region."""

import msgspec


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One economy in the picture, or the region: how many records came of it, and the words under it."""

    code: str
    name: str
    count: int
    said: str
    href: str
