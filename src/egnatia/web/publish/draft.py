"""Drafts: what somebody has begun to write and not published. They are their author's alone."""

import secrets
from collections.abc import Mapping, Sequence

import msgspec

from egnatia.store.keeping import Kept
from egnatia.store.store import Store
from egnatia.web.publish.form import Given
from egnatia.web.publish.marking import Chosen

KIND = "draft"
PRODUCT = "product "
"""What the type of a product's draft begins with; its kind follows."""
QUICK = "quick"
"""What stands for a type in the draft of a quick report."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What was filled in. `edits` is the record that it is a newer version of, empty for a new one; `saved` is
    microseconds UTC; `remark` is what another person wanted changed, who returned it."""

    id: str
    account: str
    type: str
    title: str
    saved: int
    texts: Mapping[str, str]
    ticked: Mapping[str, Sequence[str]]
    chosen: Chosen
    edits: str = ""
    remark: str = ""

    @property
    def href(self) -> str:
        """The form that it goes on in."""
        folder = "product/" if self.type.startswith(PRODUCT) else ""
        kind = self.type.removeprefix(PRODUCT)
        where = f"edit/{self.edits}" if self.edits else kind if folder or kind == QUICK else f"new/{kind}"
        where = f"{folder}{where}"
        return f"/publish/{where}?draft={self.id}"

    @property
    def given(self) -> Given:
        """What the form begins with."""
        return Given(self.texts, self.ticked)


class Drafts:
    """The drafts of one account."""

    def __init__(self, store: Store, account: str) -> None:
        self._kept: Kept[Draft] = store.kept(KIND, Draft)
        self._account = account

    def all(self) -> tuple[Draft, ...]:
        """The newest first."""
        mine = self._kept.between(f"{self._account} ", f"{self._account} \x7f")
        return tuple(sorted((each for each in mine if each.account == self._account), key=lambda each: -each.saved))

    def get(self, draft: str) -> Draft | None:
        """One of them; None for what is none of this account's."""
        return self._kept.get(self._key(draft)) if draft else None

    def remark(self, draft: str) -> str:
        """What was to be changed in it; empty where nobody has returned it."""
        found = self.get(draft)
        return found.remark if found is not None else ""

    def keep(self, draft: Draft) -> None:
        """Keep it, in the place of what was kept under its id."""
        self._kept.put(self._key(draft.id), draft)

    def drop(self, draft: str) -> None:
        """Keep it no longer."""
        if draft:
            self._kept.remove(self._key(draft))

    @staticmethod
    def new_id() -> str:
        """An id for a new draft."""
        return secrets.token_hex(8)

    def _key(self, draft: str) -> str:
        return f"{self._account} {draft}"
