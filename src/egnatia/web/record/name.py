"""What a record is called where another page names it: its own name, or what it says, in the reader's language."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from egnatia.policy.clearance import Clearance
from egnatia.store.entry import Row
from egnatia.store.store import Store
from egnatia.web.language import Speech
from egnatia.web.record.faces import kind_words
from egnatia.web.record.text import defanged, visible
from egnatia.web.record.verb import verb

SHORT: Final = 120

_DEFANGED: Final = frozenset({"domain-name", "ipv4-addr", "ipv6-addr", "url", "email-addr"})


class Named(msgspec.Struct, frozen=True):
    """A record that another one names. `seen` is false where the reader may not see it, or it is not here: one answer.
    `kind` is what its type is called; `href` is empty where there is nothing to open."""

    id: str
    name: str
    kind: str
    type: str
    seen: bool = True

    @property
    def href(self) -> str:
        """Its page."""
        return f"/records/{self.id}" if self.seen else ""


def type_of(identifier: str) -> str:
    """The type that an identifier begins with."""
    return identifier.partition("--")[0]


def decoded(row: Row) -> dict[str, Any]:
    """The record's properties."""
    return msgspec.json.decode(row.body, type=dict[str, Any])


def name_of(stix: Mapping[str, Any], speech: Speech) -> str:
    """What a record is called, on one line of at most `SHORT` characters."""
    return shortened(visible(_said(stix, speech)))


def shortened(text: str, longest: int = SHORT) -> str:
    """The text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _said(stix: Mapping[str, Any], speech: Speech) -> str:  # noqa: PLR0912  one line for each type that has no name
    type_ = str(stix.get("type", ""))
    say = speech.gettext
    match type_:
        case "relationship":
            source, target = (
                kind_words(type_of(str(stix.get("source_ref")))),
                kind_words(type_of(str(stix.get("target_ref")))),
            )
            does = verb(str(stix.get("relationship_type", ""))).forth
            return say("%(source)s %(does)s %(target)s", source=say(source), does=say(does), target=say(target))
        case "sighting":
            count = stix.get("count", 1)
            what = say(kind_words(type_of(str(stix.get("sighting_of_ref")))))
            if isinstance(count, int) and count != 1:
                return speech.ngettext(
                    "%(what)s seen %(count)s time", "%(what)s seen %(count)s times", count, what=what
                )
            return say("%(what)s seen", what=what)
        case "observed-data":
            count = stix.get("number_observed", 1)
            return speech.ngettext(
                "Observed %(count)s time", "Observed %(count)s times", count if isinstance(count, int) else 1
            )
        case "file" | "artifact" | "x509-certificate" if not any(
            stix.get(key) for key in ("name", "subject", "serial_number")
        ):
            hashes = stix.get("hashes")
            return str(next(iter(hashes.values()), "")) if isinstance(hashes, Mapping) else say(kind_words(type_))
        case "opinion":
            return say("Opinion")
        case "recall":
            return say("Recall of a record")
        case "receipt":
            return say("Receipt")
        case "language-content":
            return say("Translation of a record")
        case "autonomous-system":
            return f"AS{stix.get('number', '')} {stix.get('name', '')}"
    if type_ in _DEFANGED and isinstance(stix.get("value"), str):
        return defanged(stix["value"])
    for key in _NAMES:
        if isinstance(said := stix.get(key), str) and said.strip():
            return said
    return say(kind_words(type_))


_NAMES: Final = (
    "name", "title", "value", "pattern", "abstract", "content", "product", "path", "command_line", "key", "subject",
    "display_name", "account_login", "user_id", "serial_number", "message_id", "text", "does", "city", "country",
    "region",
)  # fmt: skip


class Names:
    """The names of records, looked up together as one reader may see them."""

    def __init__(self, speech: Speech, rows: Sequence[Row], known: Mapping[str, str] | None = None) -> None:
        self._speech = speech
        self.rows = {row.id: row for row in rows}
        self._known = dict(known or {})

    @classmethod
    def of(
        cls,
        store: Store,
        clearance: Clearance,
        ids: Sequence[str],
        speech: Speech,
        known: Mapping[str, str] | None = None,
    ) -> "Names":
        """The names of these records as far as the reader may see them. `known` are names of organisations that every
        reader of this node may know."""
        wanted = [each for each in dict.fromkeys(ids) if each]
        return cls(speech, store.get(clearance, wanted) if wanted else (), known)

    def named(self, identifier: str) -> Named:
        """A record by its id, with its name where the reader may see it."""
        type_ = type_of(identifier)
        kind = self._speech.gettext(kind_words(type_))
        row = self.rows.get(identifier)
        if row is not None:
            return Named(identifier, name_of(decoded(row), self._speech), kind, row.type)
        known = self._known.get(identifier)
        if known is not None:
            return Named(identifier, visible(known), kind, type_, seen=False)
        return Named(
            identifier,
            self._speech.gettext("%(kind)s that is not here or not for you", kind=kind),
            kind,
            type_,
            seen=False,
        )

    @property
    def lookup(self) -> Callable[[str], Named]:
        """`named`, as a function."""
        return self.named
