"""The bulk query keeps every line that matches; what it leaves out changes nothing, on DuckDB and on Spark."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from egnatia.engine import scanning
from egnatia.engine.log.meaning import meant
from egnatia.engine.log.source import Source
from egnatia.engine.pattern import Matcher, compiled
from egnatia.engine.scanning import Scan, Tally

pytest.importorskip("duckdb", reason="the optional part 'engine' is not installed")

from egnatia.engine.connection import embedded, on_spark

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DATA = Path(os.environ.get("EGNATIA_TEST_DATA", "../shared/data")) / "detection"
HEAD = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\n"

names = st.sampled_from(
    ("evil.example", "a.evil.example", "notevil.example", "EVIL.example.", "co.uk", "x.co.uk", "fine.example", "-",
     "пример.мк", "a.xn--e1afmkfd.xn--d1al", "example", "1.evil.example", "192.0.2.1")
)  # fmt: skip
addresses = st.sampled_from(
    ("10.0.0.1", "192.0.2.1", "198.51.100.9", "198.51.101.9", "2001:DB8::1", "::ffff:192.0.2.1")
)
answers = st.lists(names | addresses, min_size=1, max_size=3).map(",".join)
lines = st.builds("1767225600.1\tC1\t{}\t5353\t{}\t53\tudp\t{}\t{}\n".format, addresses, addresses, names, answers)
patterns = st.sampled_from(
    (
        "[domain-name:value = 'evil.example']",
        "[domain-name:value = 'x.co.uk']",
        "[domain-name:value = 'пример.мк']",
        "[domain-name:value LIKE '%evil%']",
        "[ipv4-addr:value = '192.0.2.1']",
        "[ipv4-addr:value ISSUBSET '198.51.100.0/23']",
        "[ipv4-addr:value = '198.51.100.0/25']",
        "[ipv6-addr:value = '2001:db8::1']",
        "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 53]",
        "[url:value = 'http://evil.example/x']",
        "[network-traffic:dst_port = 53]",
        "[ipv4-addr:value ISSUBSET '192.0.0.0/6']",
        "[domain-name:value = 'zip']",
        "[file:name = 'evil tool.exe']",
        f"[file:hashes.MD5 = '{'ab' * 16}']",
        "[email-addr:value = 'bad@mail.example']",
        "[windows-registry-key:key = 'HKLM\\\\Software\\\\Evil']",
        "[x509-certificate:serial_number = '0A:0B:0C:0D:0E:0F:10']",
        "[user-account:account_login = 'Јован']",
        "[process:command_line = 'cmd: x']",
        "[url:value LIKE 'http://x.evil.example%']",
        "[url:value = 'http://evil.example/p']",
        "[url:value MATCHES '/p[?]q=']",
        "[domain-name:value MATCHES '^a[.](evil|fine)[.]example$']",
        "[domain-name:value MATCHES '(?i)EVIL']",
        "[domain-name:value != 'fine.example']",
        "[domain-name:value NOT LIKE '%evil%' AND domain-name:value MATCHES 'example$']",
        "[file:name LIKE '%tool%']",
        "[network-traffic:dst_port > 1000]",
        "[process:command_line MATCHES '^cmd: .']",
        "[email-addr:value LIKE '%@mail%']",
        "[ipv6-addr:value LIKE '2001:db8%']",
        "[network-traffic:protocols[0] = 'udp' AND network-traffic:dst_port != 54]",
    )
)


def numbers(scan: Scan, matcher: Matcher[str], path: Path) -> set[tuple[str, int]]:
    found = matcher.match(scan.observations(Source(str(path)), Tally(str(path))))
    return {(match.key, match.observations[0].source.number) for match in found}


texts = names | addresses | st.sampled_from(
    (
        "http://x.evil.example:8080/p?q=1", "https://[2001:db8::1]/", "http://192.0.2.1/", "C:\\tools\\evil tool.exe",
        "\tevil.example", "evil.example..", "MD5=" + "AB" * 16 + ",SHA256=00", "<bad@mail.example>", "a.zip", "ZIP",
        "HKLM\\Software\\Evil", "0A:0B:0C:0D:0E:0F:10", "Јован", "cmd: x", "ｅvil.example", "53", "x.пример.мк", "",
    )
)  # fmt: skip
KEYS = (
    "query", "dns.rrname", "http.hostname", "Image", "TargetObject", "Hashes", "tls.serial", "User", "CommandLine",
    "src_ip", "email.from", "url.full", "dest_port", "anything",
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A line of JSON, some keys nested, with letters of other scripts as they are or as their numbers."""
    made: dict[str, Any] = {"ts": 1767225600.1, "id.orig_h": "10.0.0.1"}
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=4)):
        outer, dot, inner = key.partition(".")
        value = draw(texts | st.lists(texts, max_size=2))
        made[outer] = {inner: value} if dot else value
    return json.dumps(made, ensure_ascii=draw(st.booleans())) + "\n"


others = st.sampled_from(("not json\n", "\n", "[1]\n", '{"a":\n', '{"a":1} {"b":2}\n'))
squid = st.builds(
    "1767225600.123 345 {} TCP_MISS/200 45 GET http://{}/x - HIER_DIRECT/{} -\n".format, addresses, names, names
)
quoted = st.builds('2026-01-01,{},"{}",{}\n'.format, addresses, texts.map(lambda text: text.replace('"', '""')), names)


@pytest.fixture(scope="module")
def backend() -> Any:
    return embedded(threads=1, memory_mb=256)


@pytest.mark.parametrize("few", [0, 5_000])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(patterns, min_size=1, max_size=4, unique=True), st.lists(lines, min_size=1, max_size=12))
def test_the_query_finds_what_reading_every_line_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: Any, few: int, many: list[str], said: list[str]
) -> None:
    monkeypatch.setattr(scanning, "FEW", few)  # with the query, and without it
    path = tmp_path / "dns.log"
    path.write_text(HEAD + "".join(said), encoding="utf-8")
    matcher: Matcher[str] = Matcher()
    for pattern in many:
        matcher.add(pattern, meant(compiled(pattern)))
    assert numbers(Scan(matcher, NOW, backend), matcher, path) == numbers(Scan(matcher, NOW), matcher, path)


paths = st.sampled_from(("/", "/p", "/p?q=1", "http://evil.example/p", "-"))
split = st.builds("1767225600.1\t{}\t{}\n".format, names, paths)

LOGS = {
    "host and path": ("#fields\tts\thost\turi\n", split),
    "json": ('{"ts":1,"id.orig_h":"10.0.0.1"}\n' * 3, documents() | others),
    "squid": (
        "1767225600.123 345 10.0.0.9 TCP_MISS/200 45 GET http://fine.example/ - HIER_DIRECT/10.0.0.8 -\n" * 20,
        squid | others,
    ),
    "table": ("time,src_ip,url,domain\n", quoted | others | st.just('2026-01-01,10.0.0.1,"open,x\n')),
}


@pytest.mark.parametrize("form", LOGS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_sieve_leaves_out_nothing_that_reading_every_line_finds(
    tmp_path: Path, backend: Any, form: str, data: st.DataObject
) -> None:
    head, strategy = LOGS[form]
    path = tmp_path / "some.log"
    path.write_text(head + "".join(data.draw(st.lists(strategy, min_size=1, max_size=8))), encoding="utf-8")
    matcher: Matcher[str] = Matcher()
    for pattern in data.draw(st.lists(patterns, min_size=1, max_size=4, unique=True)):
        matcher.add(pattern, meant(compiled(pattern)))
    fast, slow = Tally("fast"), Tally("slow")
    found = [
        {(match.key, match.observations[0].source.number) for match in matcher.match(scan)}
        for scan in (
            Scan(matcher, NOW, backend).observations(Source(str(path)), fast),
            Scan(matcher, NOW).observations(Source(str(path)), slow),
        )
    ]
    assert found[0] == found[1]
    assert (fast.lines, fast.malformed, fast.examples) == (slow.lines, slow.malformed, slow.examples)


values = st.none() | texts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(patterns, min_size=1, max_size=4, unique=True),
    st.lists(
        st.fixed_dictionaries(
            {
                "ts": st.just(1767225600.5),
                "query": values,
                "id": st.fixed_dictionaries({"resp_h": st.none() | addresses, "resp_p": st.integers(1, 2_000)}),
                "http": st.fixed_dictionaries({"hostname": st.none() | names, "url": st.none() | paths}),
                "answers": st.lists(texts, max_size=2),
                "nested": st.lists(st.fixed_dictionaries({"rrname": names}), max_size=1),
                "what ever's": values,
            }
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_parquet_by_columns_finds_what_reading_every_row_finds(
    tmp_path: Path, backend: Any, many: list[str], said: list[dict[str, Any]]
) -> None:
    import pyarrow  # noqa: PLC0415  (only where it is there)
    from pyarrow import parquet  # noqa: PLC0415

    path = tmp_path / "it's a log.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(said), path)
    matcher: Matcher[str] = Matcher()
    for pattern in many:
        matcher.add(pattern, meant(compiled(pattern)))
    assert numbers(Scan(matcher, NOW, backend), matcher, path) == numbers(Scan(matcher, NOW), matcher, path)


def test_lines_of_another_size_are_counted_once(tmp_path: Path, backend: Any) -> None:
    path = tmp_path / "dns.log"
    path.write_text(
        HEAD + "too\tfew\n" + "1\tC\t10.0.0.1\t1\t10.0.0.2\t2\tudp\tx.example\t-\ttoo many\n\n", encoding="utf-8"
    )
    matcher: Matcher[str] = Matcher()
    matcher.add_value("x", "domain-name", ("value",), "x.example")
    for chosen in (backend, None):
        tally = Tally("dns")
        assert list(Scan(matcher, NOW, chosen).observations(Source(str(path)), tally)) == []
        assert (tally.lines, tally.malformed) == (4, 2)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Matcher[str], set[int]]:
    """The first lines of the real log, every tenth of the real domains, and the lines that a plain walk finds."""
    if not (DATA / "zeek-dns-300k.log.gz").exists():
        pytest.skip("the shared data is not beside the project")
    path = tmp_path_factory.mktemp("real") / "dns.log"
    said = gzip.decompress((DATA / "zeek-dns-300k.log.gz").read_bytes()).decode().splitlines(keepends=True)[:30_000]
    path.write_text("".join(said), encoding="utf-8")
    domains = set(gzip.decompress((DATA / "maltrail-domains.txt.gz").read_bytes()).decode().split()[::10])
    matcher: Matcher[str] = Matcher()
    for name in domains:
        matcher.add_value(name, "domain-name", ("value",), name)
    true = {
        number for number, line in enumerate(said, 1) if any(each in domains for each in above(line.split("\t")[9]))
    }
    return path, matcher, true


def above(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]


def test_a_real_log_gives_exactly_the_true_lines(real: tuple[Path, Matcher[str], set[int]], backend: Any) -> None:
    path, matcher, true = real
    assert len(true) > 10
    assert {number for _, number in numbers(Scan(matcher, NOW, backend), matcher, path)} == true


@pytest.mark.filterwarnings("ignore")  # Spark's own, of the pandas that it was not made for and of sockets it leaves
def test_spark_keeps_the_same_lines_by_the_same_expression(
    real: tuple[Path, Matcher[str], set[int]], backend: Any, tmp_path: Path
) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install pyspark (with a Java 17)")
    from egnatia.engine.log.form import Table, recognised  # noqa: PLC0415

    path, matcher, true = real
    said = path.read_text(encoding="utf-8").splitlines(keepends=True)
    reading = recognised([each.rstrip("\n") for each in said[:50]])
    assert isinstance(reading, Table)
    numbered = list(enumerate(said, 1))
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path / "warehouse"))
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    try:
        spark = on_spark(session)
        session.createDataFrame(numbered, "number long, line string").createOrReplaceTempView("egnatia_lines")
        scan = Scan(matcher, NOW, spark)
        kept = {int(each) for each in scan.kept_of(spark.table("egnatia_lines"), reading).execute()["number"]}
    finally:
        session.stop()
    import pyarrow  # noqa: PLC0415  (only where it is there)

    backend.con.register("egnatia_lines", pyarrow.table({"number": [n for n, _ in numbered], "line": said}))
    here = Scan(matcher, NOW, backend)
    assert kept == set(here.kept_of(backend.table("egnatia_lines"), reading).execute()["number"])
    backend.con.unregister("egnatia_lines")
    assert true <= kept
