"""The list of cases sifted: by state, party, role, severity and what is due; and sievings that a person keeps."""

import secrets
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency

from egnatia.exchange.api.problem import BadRequest
from egnatia.exchange.caller import Unauthorized
from egnatia.store.casebook import Standing
from egnatia.store.store import Store
from egnatia.web.permission import Permission
from egnatia.web.visit import Visit

DAY: Final = 86_400_000_000
MOST: Final = 30
Short = Annotated[str, msgspec.Meta(max_length=120)]


class Sifting(msgspec.Struct, frozen=True, kw_only=True):
    """What the list is narrowed to; an empty text narrows nothing."""

    q: Short = ""
    workflow: Short = ""
    state: Short = ""
    party: Short = ""
    role: Short = ""
    severity: Short = ""
    due: Literal["", "overdue", "day", "week"] = ""
    closed: bool = False

    def admits(self, case: Standing, now: int) -> bool:
        """Whether a case passes."""
        if self.q and self.q.casefold() not in case.title.casefold():
            return False
        if self.workflow and case.workflow != self.workflow:
            return False
        if self.state and case.state != self.state:
            return False
        if self.severity and str(case.facts.get("severity", "")) != self.severity:
            return False
        if not self._has_party(case):
            return False
        return not self.due or (case.due != 0 and case.due <= now + _AHEAD[self.due])

    def _has_party(self, case: Standing) -> bool:
        if self.party and self.party not in case.parties:
            return False
        if not self.role:
            return True
        held = [case.roles.get(self.party, ())] if self.party else list(case.roles.values())
        return any(self.role in roles for roles in held)

    @property
    def address(self) -> str:
        """The page of this list."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value}
        given = {name: "true" if value is True else value for name, value in given.items()}
        return f"/cases?{urlencode(given)}" if given else "/cases"

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out, besides what is over or not."""
        return bool(msgspec.structs.replace(self, closed=False) != Sifting())


_AHEAD: Final = {"overdue": 0, "day": DAY, "week": 7 * DAY, "": 0}


class View(msgspec.Struct, frozen=True):
    """A sifting that a person keeps by a name."""

    id: str
    account: str
    name: str
    sifting: Sifting


class Views:
    """What is kept, by account."""

    def __init__(self, store: Store) -> None:
        self._kept = store.kept("case view", View)

    def of(self, account: str) -> tuple[View, ...]:
        """An account's own, by name."""
        if not account:
            return ()
        return tuple(sorted(self._kept.between(f"{account} ", f"{account} ~"), key=lambda each: each.name.casefold()))

    def put(self, view: View) -> None:
        """Keep it."""
        self._kept.put(f"{view.account} {view.id}", view)

    def remove(self, account: str, view: str) -> None:
        """Forget it."""
        self._kept.remove(f"{account} {view}")


class Keeping(msgspec.Struct, frozen=True):
    """The form that keeps the page's sifting, or forgets one."""

    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    sifting: Annotated[str, msgspec.Meta(max_length=2_000)] = "{}"
    forget: Annotated[str, msgspec.Meta(max_length=40)] = ""


@post("/cases/views")
async def keep_view(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep a view, or forget one."""
    visit.require(Permission.READ)
    if not visit.visitor.signed_in:
        raise Unauthorized("Sign in to go on")
    form, account, views = await visit.form(Keeping), visit.visitor.account, Views(visit.store)
    if form.forget:
        await visit.ask(lambda: views.remove(account, form.forget))
        return visit.go("/cases")
    try:
        sifting = msgspec.json.decode(form.sifting, type=Sifting)
    except msgspec.DecodeError as error:
        raise BadRequest(str(error)) from error
    if not form.name or len(await visit.ask(lambda: views.of(account))) >= MOST:
        raise BadRequest(visit.speech.gettext("A view needs a name, and you may keep thirty of them"))
    view = View(secrets.token_hex(8), account, form.name, sifting)
    await visit.ask(lambda: views.put(view))
    return visit.go(sifting.address, visit.speech.gettext("Kept as “%(name)s”", name=form.name))
