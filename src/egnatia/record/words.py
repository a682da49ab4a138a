"""Words as people search them: one fold for both scripts and all spellings, and the text of a record.

Index and query go through the same fold and the same cut into words, so a spelling is never missed because one
side was treated differently. Words hold letters and digits only; what is written with dots, dashes or signs
between (domains, addresses, CVE numbers) is a phrase of words that follow each other.
"""

import re
import string
import unicodedata
from functools import lru_cache
from typing import Any, Final

import msgspec

TEXT_LIMIT: Final = 65_536
"""Characters of text kept of one record."""

WORD_LIMIT: Final = 128
"""Characters kept of one word, a SHA-512 in hex; both sides cut alike, so longer words still find each other."""

POSITION_LIMIT: Final = 16_383
"""The last position a PostgreSQL tsvector can hold."""

QUERY_LIMIT: Final = 1_000
"""Characters read of a query."""

# ђ, ѓ and ќ become what đ/dj, ǵ/gj and ḱ/kj become: the bare letter. So Đorđe, Djordje, Dorde and Ђорђе are one.
# ч and ћ, ш, ж follow the Latin letters without their carons. ъ is the Bulgarian vowel; Russian drops it anyway.
_CYRILLIC: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "ђ": "d", "ѓ": "g", "е": "e", "є": "je", "ж": "z",
    "з": "z", "ѕ": "dz", "и": "i", "і": "i", "ї": "ji", "й": "j", "ј": "j", "к": "k", "ќ": "k", "л": "l", "љ": "lj",
    "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "ћ": "c", "у": "u", "ф": "f",
    "х": "h", "ц": "c", "ч": "c", "џ": "dz", "ш": "s", "щ": "sc", "ъ": "a", "ы": "y", "ь": "", "э": "e", "ю": "ju",
    "я": "ja", "ѣ": "e",
}  # fmt: skip

# Letters that carry a stroke or are two letters in one, which no normalisation form takes apart.
_LATIN: Final = {
    "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe", "þ": "th",
}  # fmt: skip

_LETTERS: Final = str.maketrans(_CYRILLIC | _LATIN)
_SOFTENED: Final = re.compile("([dgk])j+")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_ASCII_WORDS: Final = {
    code: chr(code) if chr(code) in string.ascii_letters + string.digits else " " for code in range(128)
}
_WORD: Final = re.compile(r"[^\W_]+")
_DEFANGED: Final = re.compile(r"[\[({]\s*(?:dot|at|[.@:])\s*[\])}]|[\[({]\s*://\s*[\])}]")
_SCHEMES: Final = {"hxxp": "http", "hxxps": "https", "fxp": "ftp"}


def fold(text: str) -> str:
    """The one spelling that every spelling of `text` shares: Latin letters, lower-case, without diacritics.

    Greek and other scripts keep their letters. Idempotent; at most 18 characters come of one.
    """
    folded = text if text.isascii() else _BEYOND_ASCII.sub(_fold_match, text)
    folded = folded.lower()
    if "\0" in folded:
        folded = folded.replace("\0", " ")
    for soft, letter in (("dj", "d"), ("gj", "g"), ("kj", "k")):
        if soft in folded:
            folded = folded.replace(soft, letter)
            if soft in folded:  # it was djj
                folded = _SOFTENED.sub(r"\1", folded)
    return folded


def _fold_match(run: re.Match[str]) -> str:
    """A stretch without ASCII folds alone: a mark on an ASCII letter before it falls away in any case."""
    letters = run[0]
    return _fold_short(letters) if len(letters) <= 16 else _fold_beyond_ascii(letters)


def _fold_beyond_ascii(letters: str) -> str:
    # Composed first, so that ѓ, ќ and й are met as letters however they were typed.
    composed = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", letters).casefold())
    apart = unicodedata.normalize("NFKD", composed.translate(_LETTERS))
    return apart if apart.isascii() else "".join(filter(_is_kept, apart)).translate(_LETTERS)


_fold_short = lru_cache(maxsize=8192)(_fold_beyond_ascii)


def _is_kept(character: str) -> bool:
    """Combining marks, invisible format characters and lone surrogates are not part of any spelling."""
    return unicodedata.category(character) not in {"Mn", "Me", "Cf", "Cs"}


def tokens(text: str) -> list[str]:
    """The folded words of `text` in order, with defanged addresses (`hxxp`, `[.]`, `(at)`) made whole."""
    folded = fold(text)
    if "[" in folded or "(" in folded or "{" in folded:
        folded = _DEFANGED.sub(".", folded)
    words = folded.translate(_ASCII_WORDS).split() if folded.isascii() else _WORD.findall(folded)
    if "xp" in folded:
        words = [_SCHEMES.get(word, word) for word in words]
    return [word[:WORD_LIMIT] for word in words] if len(folded) > WORD_LIMIT else words


def index_text(text: str) -> str:
    """What a full-text index of words is given: the folded words of `text`, one space between."""
    return " ".join(tokens(text))


def ts_vector(text: str) -> str:
    """The words of `text` with their positions, written as a PostgreSQL tsvector."""
    return " ".join(f"'{word}':{min(at, POSITION_LIMIT)}" for at, word in enumerate(tokens(text), 1))


class Term(msgspec.Struct, frozen=True):
    """Words that must follow each other; with `prefix` the last one may go on."""

    words: tuple[str, ...]
    prefix: bool = False


_TERM: Final = re.compile(r'"([^"]*)"?(\*?)|(\S+)')


def query_terms(query: str) -> tuple[Term, ...]:
    """What `query` asks for: every term must be found. `"..."` is a phrase, a final `*` a beginning.

    Nothing in a query is an operator besides, so any text may be pasted in. Empty where it holds no word.
    """
    terms = []
    for phrase, star, plain in _TERM.findall(query[:QUERY_LIMIT]):
        words = tuple(tokens(phrase or plain))
        if words:
            terms.append(Term(words, prefix=bool(star) or plain.endswith("*")))
    return tuple(dict.fromkeys(terms))


def fts5_query(query: str) -> str:
    """`query` as the right side of an SQLite FTS5 MATCH; empty where it holds no word."""
    return " AND ".join(f'"{" ".join(term.words)}"{"*" * term.prefix}' for term in query_terms(query))


def ts_query(query: str) -> str:
    """`query` written as a PostgreSQL tsquery; empty where it holds no word."""
    return " & ".join(
        "(" + " <-> ".join(f"'{word}'" for word in term.words) + (":*" if term.prefix else "") + ")"
        for term in query_terms(query)
    )


_FIRST: Final = ("name", "value", "aliases", "x_mitre_aliases", "labels", "description", "pattern")
_NOT_WORDS: Final = frozenset({
    *_FIRST, "type", "id", "spec_version", "created", "modified", "revoked", "confidence", "lang", "extension_type",
    "granular_markings", "object_marking_refs", "first_seen", "last_seen", "first_observed", "last_observed",
    "valid_from", "valid_until", "published", "start_time", "stop_time", "pattern_type", "pattern_version",
    "payload_bin", "definition_type", "ctime", "mtime", "atime", "schema", "x_mitre_version",
    "x_mitre_attack_spec_version", "x_mitre_contents", "decryption_key",
})  # fmt: skip
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_IDENTIFIER: Final = re.compile(r"[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_DEPTH_LIMIT: Final = 32


def text_of(decoded: dict[str, Any]) -> str:
    """What a person would search a record by, one string per line, the most telling first, not yet folded.

    Names, descriptions, patterns, values, labels and external ids, of nested parts too; no identifiers, references,
    times, markings or binary content. At most `TEXT_LIMIT` characters.
    """
    parts: list[str] = []
    for key in _FIRST:
        if key in decoded:
            _gather(decoded[key], parts, 1)
    _gather_object(decoded, parts, 1)
    text = "\n".join(parts)
    return text if len(text) <= TEXT_LIMIT else text[:TEXT_LIMIT]


def _gather_object(decoded: dict[str, Any], parts: list[str], depth: int) -> None:
    for key, value in decoded.items():
        if key in _NOT_WORDS or key.endswith(("_ref", "_refs")):
            continue
        if key == "external_references":
            _gather_external(value, parts)
        elif isinstance(value, str):
            if not _is_machine_made(value):
                parts.append(value)
        elif isinstance(value, list | dict):
            _gather(value, parts, depth)


def _gather_external(references: Any, parts: list[str]) -> None:
    """The source and the id of each external reference; its description is about another text."""
    if not isinstance(references, list):
        return
    for reference in references:
        if isinstance(reference, dict):
            found = (reference.get("external_id"), reference.get("source_name"))
            parts += [word for word in found if isinstance(word, str)]


def _gather(value: Any, parts: list[str], depth: int) -> None:
    if isinstance(value, str):
        if not _is_machine_made(value):
            parts.append(value)
    elif depth >= _DEPTH_LIMIT:
        return
    elif isinstance(value, list):
        for item in value:
            _gather(item, parts, depth + 1)
    elif isinstance(value, dict):
        for key in _FIRST:
            if key in value:
                _gather(value[key], parts, depth + 1)
        _gather_object(value, parts, depth + 1)


def _is_machine_made(value: str) -> bool:
    if len(value) > 100:
        return False
    return (
        not value
        or _INSTANT.match(value) is not None
        or (value[-13:-12] == "-" and _IDENTIFIER.match(value) is not None)
    )
