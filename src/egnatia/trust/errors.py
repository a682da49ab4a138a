"""What trust refuses, by what the caller does about it: show it to the operator, ask again, or ask for a passphrase."""


class Forged(ValueError):
    """It does not come from whom it claims, or not in this shape. `what` names the part that failed."""

    def __init__(self, what: str, why: str) -> None:
        self.what = what
        self.why = why
        super().__init__(f"{what}: {why}")


class Expired(Forged):
    """Genuine, but outside the time in which it counts: too old, from the future, or past its end."""


class Replayed(Forged):
    """Genuine, but it was here before."""


class OutOfOrder(Forged):
    """A frame that is not the next one of its channel: repeated, reordered, or one before it was dropped."""


class Truncated(Forged):
    """The stream ended without its final frame, or a message before its end."""


class Unopenable(ValueError):
    """It is sealed, and not to these keys."""


class WrongPassphrase(ValueError):
    """The keystore does not open with this passphrase (or it was damaged: the two cannot be told apart)."""
