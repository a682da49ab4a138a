"""Logs that are hostile, broken or unusual: each is read as far as it goes, or refused in words; none hangs."""

import gzip
import io
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from egnatia.engine.log.meaning import meant
from egnatia.engine.log.moment import in_year, moment
from egnatia.engine.log.source import LINE_LIMIT, Source, Unreadable, sources
from egnatia.engine.pattern import Matcher, compiled
from egnatia.engine.scanning import SHOWN, Scan, Tally

pytest.importorskip("duckdb", reason="the optional part 'engine' is not installed")

from egnatia.engine.connection import embedded

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HEAD = "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\n"
LINE = "1767225600.5\tC1\t10.0.0.1\t5353\t10.0.0.53\t53\tudp\ta.evil.example\t-\n"
WANTED = ("[domain-name:value = 'evil.example']", "[ipv4-addr:value = '192.0.2.66']")


@pytest.fixture(scope="module")
def backend() -> Any:
    return embedded(threads=1, memory_mb=256)


class Read:
    """What was found on which lines, and the tally."""

    def __init__(self, source: Source, backend: Any, form: str | None = None) -> None:
        matcher: Matcher[str] = Matcher()
        for each in WANTED:
            matcher.add(each, meant(compiled(each)))
        self.tally = Tally(source.name)
        found = list(matcher.match(Scan(matcher, NOW, backend).observations(source, self.tally, form=form)))
        self.places = [each.observations[0].source for each in found]
        self.numbers = sorted({each.number for each in self.places})


@pytest.fixture
def read(tmp_path: Path, backend: Any) -> Callable[..., Read]:
    def reading(content: bytes | str, name: str = "some.log", form: str | None = None) -> Read:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Read(Source(str(path)), backend, form)

    return reading


Reader = Callable[..., Read]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(read: Reader) -> None:
    found = read("\ufeff" + (HEAD + LINE * 2).replace("\n", "\r\n"))
    assert found.numbers == [3, 4]
    assert found.places[0].line.endswith("\t-")
    assert found.tally.malformed == 0


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_refused_in_words(read: Reader, encoding: str) -> None:
    with pytest.raises(Unreadable, match="binary"):
        read((HEAD + LINE).encode(encoding))


@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be"])
def test_what_windows_writes_in_utf_16_is_read(read: Reader, form: str) -> None:
    text = "\ufeff" + (HEAD + LINE.replace("a.evil", "Скопје.evil") + LINE * 3_000).replace("\n", "\r\n")
    found = read(text.encode(form))
    assert found.numbers[-3_000:] == list(range(4, 3_004))
    assert found.tally.malformed == 0
    # One byte too few, as of a log that is being written.
    assert read((text + LINE).encode(form)[:-1]).numbers[-1] == 3_004


def test_packed_utf_16_is_read(read: Reader) -> None:
    assert read(gzip.compress((HEAD + LINE).encode("utf-16"))).numbers == [3]


def test_letters_in_an_old_encoding_spoil_no_other_line(read: Reader) -> None:
    old = LINE.replace("a.evil", "Скопје.evil").encode("cp1251") + LINE.replace("a.evil", "š.evil").encode(
        "latin-1", "replace"
    )
    found = read(HEAD.encode() + old + LINE.encode())
    assert found.numbers[-1] == 5
    assert found.tally.malformed == 0


def test_zeros_that_a_crash_left_in_a_log_do_not_hide_the_rest(read: Reader) -> None:
    found = read(HEAD.encode() + LINE.encode() + b"\0" * 100 + b"\n" + LINE.encode())
    assert found.numbers == [3, 5]
    assert found.tally.malformed == 1


def test_rubbish_is_refused_in_words(read: Reader) -> None:
    with pytest.raises(Unreadable, match="is binary"):
        read(b"\x89PNG\r\n\x1a\n\0\0\0" + os.urandom(500))
    with pytest.raises(Unreadable, match="in no form that is known"):
        read(bytes(range(1, 256)) * 20)
    with pytest.raises(Unreadable, match="one array of JSON"):
        read("[\n")


def test_an_empty_log_is_no_fault(read: Reader) -> None:
    for content in ("", "\n\n", gzip.compress(b"")):
        found = read(content)
        assert (found.tally.form, found.tally.lines, found.numbers) == ("empty", 0, [])
    assert read(HEAD).tally.form == "zeek"


def test_a_line_of_megabytes_is_left_out_and_counted(read: Reader) -> None:
    long = LINE.replace("a.evil.example", "x" * (LINE_LIMIT * 10))
    found = read(HEAD + LINE + long + LINE)
    assert found.numbers == [3, 5]
    assert (found.tally.lines, found.tally.malformed) == (5, 1)


def test_of_a_long_line_only_the_beginning_is_kept(read: Reader) -> None:
    found = read('{"query":"a.evil.example","more":"' + "x" * 100_000 + '"}\n')
    assert len(found.places[0].line) == SHOWN


HOSTILE = {
    "a name of a million labels": '{"query":"' + "a." * 400_000 + 'evil.example"}\n',
    "a million answers": HEAD + LINE.replace("\t-\n", "\t" + "," * 800_000 + "\n"),
    "a million protocols": '{"id.orig_h":"10.0.0.1","proto":"' + ",".join(map(str, range(150_000))) + '"}\n',
    "addresses of mail without an end": '{"id.orig_h":"10.0.0.1","from":"<' + "a@" * 400_000 + '"}\n',
    "keys inside each other": '{"query":' + '{"a":' * 100_000 + "1" + "}" * 100_001 + "\n",
    "a request without an end": '10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET ' + "a" * 800_000 + "\n",
    "a client again and again": "01-Jan-2026 00:00:00 client @0x1 " + "client 1#1: view " * 50_000 + "\n",
    "a moment of a million digits": "ts,query\n" + "1" * 800_000 + ",a.evil.example\n",
    "quotes without an end": 'ts,query\n1,"' + '""' * 400_000 + "\n",
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_no_line_takes_for_ever(read: Reader, what: str) -> None:
    began = time.process_time()
    heads = {
        "keys inside each other": ("json", OTHERS["zeek-json with names inside"]),
        "a request without an end": ("combined", OTHERS["combined"]),
        "a client again and again": ("bind", OTHERS["bind"]),
    }
    form, before = heads.get(what, (None, ""))
    found = read(before + HOSTILE[what] * 2, form=form)
    assert found.tally.lines > 1
    assert time.process_time() - began < 5


def test_a_packed_log_that_ends_early_or_goes_wrong_is_read_as_far_as_it_goes(read: Reader) -> None:
    import pyarrow  # noqa: PLC0415  (only where it is there)

    chosen = random.Random(1)  # noqa: S311  (so that it packs badly)
    lines = (LINE.replace("C1", f"C{chosen.getrandbits(80)}") for _ in range(5_000))
    plain = (HEAD + "".join(lines)).encode()
    packed = pyarrow.compress(plain, "zstd", asbytes=True)
    for whole in (gzip.compress(plain), packed):
        assert len(read(whole).numbers) == 5_000
        found = read(whole[: len(whole) // 2])
        assert found.tally.truncated
    assert len(read(gzip.compress(plain) + b"rubbish behind it").numbers) == 5_000
    assert len(read(gzip.compress(plain[: len(plain) // 2]) + gzip.compress(plain[len(plain) // 2 :])).numbers) == 5_000
    damaged = bytearray(gzip.compress(plain))
    damaged[30_000:30_064] = bytes(64)
    assert read(bytes(damaged)).tally.truncated
    for broken in (gzip.compress(plain)[:12], packed[:12]):
        with pytest.raises(Unreadable, match="damaged"):
            read(broken)


@pytest.mark.parametrize("name", ["dns.log.gz", "dns.parquet", "dns.json", "dns"])
def test_the_name_of_a_log_says_nothing(read: Reader, name: str) -> None:
    assert read(HEAD + LINE, name).numbers == [3]


def test_a_parquet_file_that_is_damaged_is_refused_in_words(read: Reader) -> None:
    import pyarrow  # noqa: PLC0415  (only where it is there)
    from pyarrow import parquet  # noqa: PLC0415

    out = io.BytesIO()
    parquet.write_table(pyarrow.table({"query": ["a.evil.example", None], "ts": [1.0, 2.0]}), out)
    whole = out.getvalue()
    assert read(whole).numbers == [1]
    for broken in (b"PAR1", b"PAR1" + b"\xff" * 100 + b"PAR1", whole[: len(whole) // 2], whole[:-8] + b"\xff" * 8):
        with pytest.raises(Unreadable, match="no Parquet file that can be read"):
            read(broken)
    damaged = bytearray(whole)
    damaged[8:40] = b"\xff" * 32
    with pytest.raises(Unreadable, match="no Parquet file that can be read"):
        read(bytes(damaged))


def test_what_is_written_while_it_is_read_is_read_too(tmp_path: Path, backend: Any) -> None:
    path = tmp_path / "dns.log"
    path.write_text(HEAD + LINE)
    matcher: Matcher[str] = Matcher()
    matcher.add("evil", meant(compiled(WANTED[0])))
    tally = Tally("dns")
    with path.open("a") as growing:
        numbers = []
        source = Source(str(path))

        def more() -> None:
            if source.bytes_read < 1_000:
                growing.write(LINE * 50)
                growing.flush()

        scan = Scan(matcher, NOW, backend).observations(source, tally, on_block=more)
        numbers = [match.observations[0].source.number for match in matcher.match(scan)]
    assert len(numbers) == tally.lines - 2
    assert tally.malformed == 0


@pytest.mark.parametrize("packed", [False, True])
def test_a_log_comes_over_standard_input(monkeypatch: pytest.MonkeyPatch, backend: Any, packed: bool) -> None:
    content = (HEAD + LINE).encode()
    given = io.TextIOWrapper(io.BytesIO(gzip.compress(content) if packed else content))
    monkeypatch.setattr(sys, "stdin", given)
    assert Read(Source("-"), backend).numbers == [3]


def test_places_that_are_no_logs_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="is not there"):
        list(sources([str(tmp_path / "nothing")]))
    with pytest.raises(Unreadable, match="folder without files"):
        list(sources([str(tmp_path)]))
    with pytest.raises(Unreadable, match="is not there"):
        list(sources(["/dev/zero"]))
    with pytest.raises(IsADirectoryError), Source(str(tmp_path)).opened():
        pass


ZEEK_BY_COMMA = (
    "#separator \\x2c\n#set_separator,;\n#empty_field,(none)\n#unset_field,?\n"
    "#path,dns\n#fields,ts,uid,id.orig_h,id.orig_p,id.resp_h,id.resp_p,proto,query,answers\n"
    "1767225600.5,C1,10.0.0.1,5353,10.0.0.53,53,udp,fine.example,cname.example;192.0.2.66\n"
    "1767225600.5,C1,10.0.0.1,5353,?,53,udp,?,(none)\n"
)


def test_a_zeek_log_says_how_it_is_to_be_read(read: Reader) -> None:
    found = read(ZEEK_BY_COMMA)
    assert found.numbers == [7]
    assert found.tally.malformed == 0


OTHERS = {
    "dnsmasq": "Feb 27 23:10:01 router dnsmasq[412]: 17 10.0.0.7/5353 query[A] a.evil.example from 10.0.0.7\n",
    "dnsmasq answers": "Feb 27 23:10:01 dnsmasq[412]: reply fine.example is 192.0.2.66\n",
    "unbound": "[1767225600] unbound[812:0] info: 10.0.0.7 a.evil.example. A IN\n",
    "unbound over syslog": "2026-02-27T23:10:01+01:00 ns1 unbound[812]: [812:0] info: 10.0.0.7 a.evil.example. A IN\n",
    "bind": "27-Feb-2026 23:10:01.100 queries: info: client @0x7f1 10.0.0.7#53 (a.evil.example): "
    "query: a.evil.example IN A +E(0)K (10.0.0.53)\n",
    "bind over syslog": "Feb 27 23:10:01 ns1 named[7]: client @0x7f1 10.0.0.7#53 (a.evil.example): "
    "query: a.evil.example IN A + (::1)\n",
    "combined": '10.0.0.7 - - [27/Feb/2026:23:10:01 +0000] "GET / HTTP/1.1" 200 12 "http://a.evil.example/" "curl"\n',
    "zeek-json with names inside": '{"ts":"2026-02-27T23:10:01.5Z","id":{"orig_h":"10.0.0.7"},'
    '"query":"a.evil.example"}\n',
}  # fmt: skip


@pytest.mark.parametrize("what", OTHERS)
def test_each_program_is_understood_with_its_time(read: Reader, what: str) -> None:
    found = read(OTHERS[what])
    assert found.numbers == [1]
    assert found.places[0].at is not None
    assert found.places[0].at.year in {2025, 2026}
    assert found.places[0].at < NOW


def test_lines_of_another_program_are_counted_where_the_form_is_named(read: Reader) -> None:
    found = read("Feb 27 23:10:01 router kernel: nothing\n" * 5 + OTHERS["dnsmasq"], form="dnsmasq")
    assert found.numbers == [6]
    assert found.tally.malformed == 5


def test_a_moment_without_a_year_is_the_last_such() -> None:
    at = moment("Dec 31 23:59:59")
    assert at is not None
    assert in_year(at, NOW) == datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)
    leap = moment("Feb 29 00:00:00")
    assert leap is not None
    assert in_year(leap, NOW) is None
    assert moment("1" * 1_000_000) is None
