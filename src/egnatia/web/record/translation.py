"""Text of a record in the reader's language, where somebody translated it (language-content, STIX 2.1 section 7.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from egnatia.record.instant import version_of
from egnatia.store.entry import Row
from egnatia.web.language import Language
from egnatia.web.language.catalogue import spelled_for
from egnatia.web.record.name import decoded

_NEAR: Mapping[str, tuple[str, ...]] = {
    "sr-Cyrl": ("sr-cyrl", "sr"),
    "sr-Latn": ("sr-latn", "sr", "cnr", "bs"),
    "cnr": ("cnr", "sr-latn-me", "sr-latn", "sr", "bs"),
    "bs": ("bs", "sr-latn", "cnr"),
}
"""Tags that a reader of a language reads as well, the nearest first; others read their own."""


class Translated(msgspec.Struct, frozen=True, kw_only=True):
    """A record with some of its text in another language, who translated it, and into which."""

    stix: dict[str, Any]
    lang: str
    owner: str
    names: frozenset[str]


def translated(stix: Mapping[str, Any], owner: str, contents: Sequence[Row], language: Language) -> Translated | None:
    """The record in the reader's language; None where it is already, or nobody translated this version of it. The
    owner's own translation comes before those of others."""
    if _reads(language, str(stix.get("lang", ""))):
        return None
    for row in sorted(contents, key=lambda row: (row.owner != owner, -row.position)):
        content = decoded(row)
        if content.get("object_ref") != stix.get("id") or not _is_of(content, stix):
            continue
        tag, texts = _best(content.get("contents"), language)
        names = {name for name, text in texts.items() if isinstance(text, str) and isinstance(stix.get(name), str)}
        if names:
            return Translated(
                stix={**stix, **{name: spelled_for(language, tag, texts[name]) for name in names}, "lang": tag},
                lang=tag,
                owner=row.owner,
                names=frozenset(names),
            )
    return None


def _is_of(content: Mapping[str, Any], stix: Mapping[str, Any]) -> bool:
    version = content.get("object_modified")
    if version is None:
        return True
    return version_of(str(version)) == version_of(str(stix.get("modified") or stix.get("created") or ""))


def tags(language: Language) -> tuple[str, ...]:
    """The tags that a reader of a language reads, in lower case, the dearest first."""
    return _NEAR.get(language.code, (language.code.lower(),))


def _reads(language: Language, lang: str) -> bool:
    lang = lang.lower()
    return bool(lang) and (lang == tags(language)[0] or lang.partition("-")[0] == language.code.lower())


def _best(contents: Any, language: Language) -> tuple[str, Mapping[str, Any]]:
    found = (
        {str(tag).lower(): (str(tag), texts) for tag, texts in contents.items()} if isinstance(contents, dict) else {}
    )
    for tag in tags(language):
        for each, (written, texts) in found.items():
            if (each == tag or each.startswith(f"{tag}-")) and isinstance(texts, dict):
                return written, texts
    return "", {}
