"""What strangers send costs no more time and memory than its size: pages, mails, feeds, packed files."""

import gzip
import time
import zlib
from collections.abc import Callable
from typing import Final

import pytest

from egnatia.cyber.intel.warning_list import read_list
from egnatia.exchange.formats.csaf import read_advisory
from egnatia.exchange.formats.extraction import PARTS_LIMIT, extract, mail_of, text_of
from egnatia.exchange.formats.fetching import unpacked
from egnatia.exchange.formats.misp.feed import manifest_of
from egnatia.exchange.formats.misp.galaxy import read_galaxy
from egnatia.exchange.formats.misp.reading import read_events
from egnatia.exchange.formats.syndication import items
from egnatia.record import Invalid
from egnatia.web.intake.message import facts_of

SIZE: Final = 400_000
HEAD: Final = b"From: a@b.example\nSubject: A parcel\n"
PAGES: Final = {
    "tags that never end": b"<html>" + b"<" * SIZE,
    "scripts that never end": b"<html>" + b"<script " * (SIZE // 8),
    "scripts that end and begin": b"<html>" + b"<script></script " * (SIZE // 17),
    "references": b"<html>" + b"href " * (SIZE // 5),
    "references to nowhere": b"<html>href" + b" " * SIZE,
}
FIELDS: Final = {
    "many senders": b"From: " + b"a," * (SIZE // 2),
    "many recipients": b"To: " + b"a@b.c," * (SIZE // 6),
    "brackets": b"From: " + b"(" * SIZE,
    "a long identifier": b"Message-ID: <" + b"a." * (SIZE // 2),
    "many parameters": b"Content-Type: text/html; " + b"a=b;" * (SIZE // 4),
    "parameters in pieces": b"Content-Type: text/html; charset*0*=x; " + b"name*1*=a; " * (SIZE // 11),
    "many fields": b"Received: from a by b\n" * (SIZE // 22),
}
NAMES: Final = ("a.", "a-", "a@", "1:", "hxxp[:]//", "http://", "[.]", "(", "TLP:", "CVE-")


def quick(do: Callable[[], object]) -> None:
    """Fails for what takes more of a processor than a hundred times what it should."""
    begun = time.process_time()
    do()
    assert time.process_time() - begun < 4


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_takes_time_by_its_size_and_not_by_the_square_of_it(page: bytes) -> None:
    quick(lambda: text_of(page))


@pytest.mark.parametrize("field", FIELDS.values(), ids=FIELDS)
def test_a_mail_takes_time_by_its_size_and_not_by_the_square_of_it(field: bytes) -> None:
    quick(lambda: facts_of(HEAD + field + b"\n\nIt says: evil.example"))
    quick(lambda: text_of(HEAD + field + b"\n\nIt says: evil.example"))


@pytest.mark.parametrize("name", NAMES)
def test_what_looks_like_a_name_again_and_again_takes_no_longer(name: str) -> None:
    quick(lambda: extract(name * (SIZE // len(name))))


def test_a_mail_of_too_many_parts_or_too_deep_tells_nothing_and_breaks_nothing() -> None:
    wide = HEAD + b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * (PARTS_LIMIT * 100)
    nested = (b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (each, each) for each in range(10_000))
    for mail in (wide, HEAD + b"".join(nested), HEAD + b"Content-Type: message/rfc822\n\n" * 10_000):
        quick(lambda mail=mail: facts_of(mail))  # type: ignore[misc]  # a lambda of a loop
        assert facts_of(mail).heads == ()
        with pytest.raises(ValueError, match="a mail of more than 200 parts"):
            text_of(mail)


def test_long_fields_are_cut_and_short_ones_are_whole() -> None:
    made = mail_of(b"Subject: " + "Скопје".encode() * 10 + b"\nTo: " + b"a@b.example, " * 400 + b"\n\nx")
    assert str(made["Subject"]) == "Скопје" * 10
    assert 900 < len(str(made["To"])) <= 1_000


def test_a_script_is_no_text_and_what_follows_it_is() -> None:
    assert text_of(b"<html>a<script>b</script >c<STYLE>d</style>e<p>f").split() == ["a", "c", "e", "f"]
    assert text_of(b"<html>a<script>b never ends <p>c").split() == ["a"]


LAUGHS: Final = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss><item><title>&b;</title></item></rss>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", ["", f"<!--{'x' * 200_000}-->"], ids=["at once", "after a long comment"])
def test_a_feed_that_declares_entities_is_refused_however_it_hides_them(encoding: str, before: str) -> None:
    with pytest.raises(Invalid, match=r"document type|XML"):
        list(items((before + LAUGHS).encode(encoding)))


def test_a_feed_may_speak_of_document_types() -> None:
    feed = b"<rss><item><title>a</title><description><![CDATA[<!DOCTYPE html><b>bold</b>]]></description></item></rss>"
    assert [row["title"] for _, row in items(feed)] == ["a"]


@pytest.mark.parametrize("encoding", ["nosuch", "utf-7", "rot13", "idna"])
def test_a_feed_in_an_encoding_that_is_none_is_refused_in_words(encoding: str) -> None:
    with pytest.raises(Invalid, match="XML"):
        list(items(f'<?xml version="1.0" encoding="{encoding}"?><rss/>'.encode()))


READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "events of MISP": lambda document: list(read_events(document)),
    "a galaxy": lambda document: read_galaxy(document, 0),
    "a manifest": manifest_of,
    "a CSAF document": read_advisory,
    "a warning list": read_list,
}
BROKEN: Final = {
    "deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "half a character": b'{"name": "\xed\xa0\x80", "type": "\\ud800"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "NUL": b"\0" * 100,
    "its beginning": b'{"name": "x',
    "nothing": b"",
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("reader", READERS)
def test_json_that_is_broken_is_refused_in_words(reader: str, broken: str) -> None:
    with pytest.raises(Invalid):
        READERS[reader](BROKEN[broken])


def test_what_grows_when_it_is_unpacked_is_refused() -> None:
    limit = 1_000_000
    assert len(unpacked(gzip.compress(b"0" * limit), limit)) == limit
    with pytest.raises(OSError, match="gzip of more than 1 MB"):
        unpacked(gzip.compress(b"0" * (limit + 1)), limit)


def test_what_is_packed_and_broken_is_said_to_be_so() -> None:
    whole = gzip.compress(b"0" * 1_000)
    garbled = whole[:12] + bytes(each ^ 0xFF for each in whole[12:])
    for broken in (whole[:-9], garbled, whole[:2], gzip.compress(b"1")[:10] + zlib.compress(b"1")):
        with pytest.raises(OSError, match=r"gzip|Error|CRC|block"):
            unpacked(broken)
