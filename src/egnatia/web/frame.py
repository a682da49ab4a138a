"""A page is a typed struct and a template that gets it and its frame, nothing else; whatever it shows is escaped."""

from collections.abc import Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import ClassVar, Final

import jinja2
import msgspec
from markupsafe import Markup

from egnatia.cyber.exercises.time import GameTime
from egnatia.web.asset import PAGE_SHEET, PORTAL_SHEET, PRINT_SHEET, inline, script, sheet
from egnatia.web.language import LANGUAGES, Language, Speech, speech
from egnatia.web.language.choice import chosen
from egnatia.web.language.declared import ENGLISH
from egnatia.web.navigation import Entry, Way, ways
from egnatia.web.visitor import Visitor

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page: only what this node itself serves, and nothing inline."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), publickey-credentials-get=(self)",
    "cache-control": "no-store",
    "vary": "cookie, accept-language, accept-encoding, sec-fetch-site",
}
"""What every page is sent with."""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What one page shows, besides its frame. A page's struct names its template, and has a `title`."""

    template: ClassVar[str]
    script: ClassVar[str] = ""
    """The page's own ES module in assets, loaded with the shell's."""
    title: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds every page. `said` is what the last action did; `csrf` goes into every form that changes
    something; `scheme` is light, dark or empty for the device's own; `here` is the page with its question, to return
    to; `now` is when it was made, microseconds UTC; `shortcuts` whether single keys do anything. `exercise` is the
    title of the exercise that all on the page belongs to, `game_time` what time it is in it."""

    visitor: Visitor
    language: Language
    organisation: str
    path: str
    here: str
    now: int
    entries: tuple[Entry, ...]
    csrf: str = ""
    said: str = ""
    scheme: str = ""
    exercise: str = ""
    game_time: GameTime | None = None
    shortcuts: bool = True
    languages: tuple[Language, ...] = tuple(LANGUAGES.values())

    @property
    def time_now(self) -> int:
        """What time it is where the page is: in its exercise, or for real; microseconds UTC."""
        return self.game_time.at if self.game_time is not None and self.game_time.at is not None else self.now

    @property
    def ways(self) -> tuple[Way, ...]:
        """The navigation, in groups."""
        return ways(self.entries)


_SPEAKING: ContextVar[Speech] = ContextVar("speaking")


def _gettext(message: str, **values: object) -> Markup:
    return Markup(_SPEAKING.get().words.one(message)) % values  # noqa: S704  our own catalogue; values are escaped


def _said(message: str) -> str:
    """What was declared, in the reader's language. It may as well be what a person or a peer wrote, where a list holds
    both (tasks, names): so it is plain text, which a template escapes, and its % means nothing."""
    return _SPEAKING.get().words.one(message)


def _ngettext(singular: str, plural: str, count: int, **values: object) -> Markup:
    spoken = _SPEAKING.get()
    text = Markup(spoken.words.many(singular, plural, count))  # noqa: S704  our own catalogue; values are escaped
    return text % {**values, "count": spoken.number(count), "num": spoken.number(count)}


_OURS: Final = jinja2.PackageLoader("egnatia.web")
_TEMPLATES = jinja2.Environment(
    loader=_OURS,
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_TEMPLATES.install_gettext_callables(_gettext, _ngettext, newstyle=False)  # type: ignore[attr-defined]
_TEMPLATES.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext)
_TEMPLATES.globals.update(
    page_sheet=lambda: sheet(*PAGE_SHEET),
    portal_sheet=lambda: Markup(inline(*PORTAL_SHEET).text),  # noqa: S704  a file of our own
    print_sheet=lambda: sheet(*PRINT_SHEET),
    page_script=script,
)
_TEMPLATES.filters.update(
    number=lambda value: _SPEAKING.get().number(value),
    percent=lambda value: _SPEAKING.get().percent(value),
    moment=lambda value, style="medium": _SPEAKING.get().moment(value, style),
    day=lambda value: _SPEAKING.get().day(value),
    utc=lambda value: datetime.fromtimestamp(value / 1_000_000, UTC).isoformat(timespec="seconds"),
    ago=lambda value, now: _SPEAKING.get().ago(value, now),
    economy=lambda code: _SPEAKING.get().economy(code),
    said=_said,
    options=lambda choices: [(each, chosen(each, _SPEAKING.get())) for each in choices],
)
"""In templates: `{{ _("Peers") }}`, `{{ ngettext("%(count)s record", "%(count)s records", n) }}`, `{{ at|moment }}`,
`{{ code|economy }}`, `{{ at|utc }}` for programs; `{{ declared|said }}` for a message that was marked with N_ where it
is declared; `{{ keys|options }}` for what may be chosen
in a workflow, with its words."""


def lend(packages: Iterable[str]) -> None:
    """From now on templates are also found in those packages' folders `templates`; none of them hides one of ours."""
    _TEMPLATES.loader = jinja2.ChoiceLoader([_OURS, *map(jinja2.PackageLoader, packages)])


def rendered(content: Content, frame: Frame) -> str:
    """The page as HTML."""
    token = _SPEAKING.set(speech(frame.language))
    try:
        return _TEMPLATES.get_template(content.template).render(page=content, frame=frame)
    finally:
        _SPEAKING.reset(token)


def fragment(template: str, language: Language = ENGLISH, **values: object) -> str:
    """A part of a page as HTML, for a script that puts it in its place."""
    token = _SPEAKING.set(speech(language))
    try:
        return _TEMPLATES.get_template(template).render(**values)
    finally:
        _SPEAKING.reset(token)
