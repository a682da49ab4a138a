"""Notices as letters: an e-mail, or a call of a person's webhooks. What a mailbox reads, others may read too: beyond
the TLP that the operator allows (`[mail] words_up_to`) a letter says only that there is something, and where."""

from collections.abc import Sequence
from typing import Final

import msgspec

from egnatia.exchange.letter import Call, Letter, Mail, letter_id
from egnatia.exchange.notice import Notice
from egnatia.store import Keep
from egnatia.web.account.account import Account
from egnatia.web.language import LANGUAGES, Speech, speech
from egnatia.web.language.declared import ENGLISH
from egnatia.web.language.footnote import with_footnote
from egnatia.web.notices.choices import Choices
from egnatia.web.notices.words import BRIEF, reference, sentence
from egnatia.web.premises import Premises

_RANKS: Final = ("clear", "green", "amber", "amber+strict", "red")


class Letters:
    """Writes letters; what they become is part of a batch."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises
        limit = premises.settings.mail.words_up_to
        self._said = _RANKS[: _RANKS.index(limit) + 1] if limit in _RANKS else ()

    def may_say(self, tlps: Sequence[str]) -> bool:
        """Whether what bears these TLPs may be put in words."""
        return bool(tlps) and all(each in self._said for each in tlps)

    def of(
        self, account: Account, choices: Choices, notice: Notice, *, words: bool, title: str = ""
    ) -> tuple[Keep, ...]:
        """The letters of one notice, by the ways that the person chose."""
        ways, keeps = choices.by(notice.kind), list[Keep]()
        if "mail" in ways and choices.mail and not choices.digest:
            keeps += self._kept(self._mail(account, choices, notice, words=words, title=title))
        if "webhook" in ways:
            for hook in self._premises.hooks.all():
                if hook.person == account.id:
                    keeps += self._kept(self._call(hook.id, account, notice, words=words, title=title))
        return tuple(keeps)

    def alert(self, account: Account, address: str, notice: Notice) -> tuple[Keep, ...]:
        """The letter about a change of the account itself: at once, and never in a digest; none without an address."""
        if not address:
            return ()
        spoken = _speech(account)
        said = sentence(notice, spoken, {})
        where = f"{self._premises.settings.public_url}{notice.path}"
        lines = [
            f"{spoken.moment(notice.at)} UTC: {said}",
            "",
            spoken.gettext("Was it not you? Tell an administrator of this node at once, and end all other sessions:"),
            where,
        ]
        mail = Mail(to=address, subject=self._subject(said), text=_whole(lines, spoken))
        return self._kept(Letter(id=letter_id("mail", account.id, notice.id), at=notice.at, content=mail))

    def digest(self, account: Account, choices: Choices, notices: Sequence[Notice], at: int) -> tuple[Keep, ...]:
        """One letter for many notices; none where there are none or no address."""
        if not notices or not choices.mail:
            return ()
        spoken = _speech(account)
        subject = spoken.ngettext("%(count)s notice of the last day", "%(count)s notices of the last day", len(notices))
        lines = [f"{spoken.moment(each.at, 'short')}  {self._brief(each, spoken)}" for each in notices]
        text = _whole([*lines, "", f"{self._premises.settings.public_url}/notices", "", self._foot(spoken)], spoken)
        mail = Mail(to=choices.mail, subject=self._subject(subject), text=text)
        return self._kept(Letter(id=letter_id("digest", account.id, str(at)), at=at, content=mail))

    def _mail(self, account: Account, choices: Choices, notice: Notice, *, words: bool, title: str) -> Letter:
        spoken = _speech(account)
        brief = self._brief(notice, spoken)
        lines = [brief]
        if words:
            names = {each.id: each.name for each in self._premises.organisations()}
            lines += ["", title, sentence(notice, spoken, names)]
        lines += ["", f"{self._premises.settings.public_url}{notice.path}", "", self._foot(spoken)]
        content = Mail(to=choices.mail, subject=self._subject(brief), text=_whole(lines, spoken), thread=notice.subject)
        return Letter(id=letter_id("mail", account.id, notice.id), at=notice.at, content=content)

    def _call(self, hook: str, account: Account, notice: Notice, *, words: bool, title: str) -> Letter:
        spoken = speech(ENGLISH)
        data = {
            "kind": notice.kind.value,
            "subject": notice.subject,
            "at": notice.at,
            "url": f"{self._premises.settings.public_url}{notice.path}",
            "person": account.name,
        }
        if words:
            names = {each.id: each.name for each in self._premises.organisations()}
            data |= {"title": title, "text": sentence(notice, spoken, names)}
        content = Call(hook=hook, kind=f"notice.{notice.kind.value}", data=msgspec.json.encode(data))
        return Letter(id=letter_id(hook, account.id, notice.id), at=notice.at, content=content)

    def _brief(self, notice: Notice, spoken: Speech) -> str:
        brief = spoken.gettext(BRIEF[notice.kind])
        if not notice.subject.startswith("case--"):
            return brief
        return spoken.gettext("%(what)s (case %(case)s)", what=brief, case=reference(notice.subject))

    def _subject(self, brief: str) -> str:
        return f"[Egnatia] {brief}"

    def _foot(self, spoken: Speech) -> str:
        return spoken.gettext(
            "Sign in to read it. What reaches you by e-mail you choose at %(page)s",
            page=f"{self._premises.settings.public_url}/notices/choices",
        )

    def _kept(self, letter: Letter) -> tuple[Keep, ...]:
        return self._premises.outbox.keeps(letter)


def _whole(lines: Sequence[str], spoken: Speech) -> str:
    return with_footnote(spoken.gettext, "\n".join(lines))


def _speech(account: Account) -> Speech:
    return speech(LANGUAGES.get(account.language, ENGLISH))
