"""The one schema, for SQLite and PostgreSQL. All times are microseconds since the epoch, UTC.

Identifiers are interned in `names`, so that the large tables hold numbers; what decides visibility is interned in
`labels` and `shelves`, so that a reader's rights are a set of small numbers.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def _big() -> TypeEngine[int]:
    """64 bits in both; an INTEGER key is the row itself in SQLite."""
    return BigInteger().with_variant(Integer(), "sqlite")


def _name() -> TypeEngine[str]:
    """Text that is compared byte by byte in both."""
    return Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str) -> Column[int]:
    return Column(name, _big(), primary_key=True, autoincrement=False)


state = Table(
    "state",
    metadata,
    _key("one"),
    Column("position", _big(), nullable=False),
    Column("at", _big(), nullable=False),
    Column("names", _big(), nullable=False),
    Column("attestations", _big(), nullable=False),
    Column("generation", _big(), nullable=False),
    comment="One row: the end of the log, counters, and the generation of labels and shelves. Writers lock it.",
)

names = Table(
    "names",
    metadata,
    _key("number"),
    Column("name", _name(), nullable=False, unique=True),
    comment="One row per identifier or other word that rows name by number.",
)

labels = Table(
    "labels",
    metadata,
    _key("number"),
    Column("content", LargeBinary, nullable=False),
    comment="One row per label, in MessagePack.",
)

shelves = Table(
    "shelves",
    metadata,
    _key("number"),
    Column("label", _big(), nullable=False),
    Column("sight", _big(), nullable=False),
    Column("type", _name(), nullable=False),
    Column("owner", _name(), nullable=False),
    Column("source", _name(), nullable=False),
    Column("unless", _big()),
    Column("first", Boolean, nullable=False),
    Column("last", Boolean, nullable=False),
    Column("redacted", Boolean, nullable=False),
    comment="One row per combination of what decides who may see a version and where queries find it.",
)

versions = Table(
    "versions",
    metadata,
    _key("position"),
    Column("at", _big(), nullable=False),
    Column("shelf", _big()),
    Column("name", _big(), nullable=False),
    Column("owner", _big(), nullable=False),
    Column("version", _name(), nullable=False),
    Column("redacted", SmallInteger, nullable=False),
    UniqueConstraint("name", "owner", "version", "redacted", name="one_row_per_version"),
    Index("versions_by_shelf", "shelf", "position"),
    Index("versions_by_time", "at"),
    comment="The log: one row per version of a record, owner and variant. Without a shelf it is erased.",
)

bodies = Table(
    "bodies",
    metadata,
    _key("position"),
    Column("digest", LargeBinary, nullable=False),
    Column("unless", _big()),
    Column("attestation", _big(), nullable=False),
    Column("leaf", _big(), nullable=False),
    Column("path", LargeBinary, nullable=False),
    Column("applied", LargeBinary),
    Column("body", LargeBinary),
    comment="One row per row of the log: its leaf hash, how it hangs on its batch, its bytes (none once erased).",
)

refs = Table(
    "refs",
    metadata,
    _key("target"),
    _key("position"),
    _key("property"),
    Index("refs_by_position", "position"),
    sqlite_with_rowid=False,
    comment="One row per record that a version names.",
)

observables = Table(
    "observables",
    metadata,
    Column("value", _name(), primary_key=True),
    _key("position"),
    _key("kind"),
    Index("observables_by_position", "position"),
    sqlite_with_rowid=False,
    comment="One row per observable value of a version, long ones as their digest.",
)

retention = Table(
    "retention",
    metadata,
    _key("position"),
    Column("due", _big(), nullable=False, index=True),
    comment="One row per version that may not be kept for ever, and when it is to be erased.",
)

recalls = Table(
    "recalls",
    metadata,
    _key("name"),
    _key("owner"),
    Column("label", _big(), nullable=False),
    Column("erase", Boolean, nullable=False),
    Column("at", _big(), nullable=False),
    sqlite_with_rowid=False,
    comment="One row per record whose owner took it back and has not lifted that since.",
)

attestations = Table(
    "attestations",
    metadata,
    _key("number"),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("node", _name(), nullable=False),
    Column("sequence", _big(), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("attestations_by_node", "node", "sequence"),
    comment="One row per batch that a node attested.",
)

watermarks = Table(
    "watermarks",
    metadata,
    Column("name", _name(), primary_key=True),
    Column("position", _big(), nullable=False),
    comment="One row per follower of the log: everything up to the position is done.",
)

sequences = Table(
    "sequences",
    metadata,
    Column("node", _name(), primary_key=True),
    Column("number", _big(), nullable=False, server_default=text("0")),
    comment="One row per node that attests here, and the last number it took.",
)

audit = Table(
    "audit",
    metadata,
    _key("seq"),
    Column("at", _big(), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    comment="One row per thing that happened, each holding the digest of the one before.",
)

cursors = Table(
    "cursors",
    metadata,
    Column("peer", _name(), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    comment="One row per peer that is read: how far.",
)

kept = Table(
    "kept",
    metadata,
    Column("kind", _name(), primary_key=True),
    Column("key", _name(), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    comment="One row per thing that the node remembers besides the log: a peer, a token, an organisation.",
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("peer", _name(), primary_key=True),
    _key("after"),
    _key("until"),
    Column("at", _big(), nullable=False),
    comment="One row per stretch (after, until] of the log that a peer says to have stored, and when it said so.",
)

cases = Table(
    "cases",
    metadata,
    Column("id", _name(), primary_key=True),
    Column("workflow", _name(), nullable=False),
    Column("state", _name(), nullable=False),
    Column("open", SmallInteger, nullable=False),
    Column("exercise", _name(), nullable=False),
    Column("updated", _big(), nullable=False),
    Column("content", LargeBinary, nullable=False),
    comment="One row per case as it stands now, made of its events and made anew from them at any time.",
)

case_parties = Table(
    "case_parties",
    metadata,
    Column("party", _name(), primary_key=True),
    Column("open", SmallInteger, primary_key=True, autoincrement=False),
    _key("updated"),
    Column("id", _name(), primary_key=True),
    Index("case_parties_by_case", "id"),
    sqlite_with_rowid=False,
    comment="One row per case and organisation that takes part in it, to be read newest first.",
)

case_dues = Table(
    "case_dues",
    metadata,
    Column("party", _name(), primary_key=True),
    Column("owes", SmallInteger, primary_key=True, autoincrement=False),
    _key("due"),
    Column("id", _name(), primary_key=True),
    Column("deadline", _name(), primary_key=True),
    _key("start"),
    Column("content", LargeBinary, nullable=False),
    Index("case_dues_by_case", "id"),
    sqlite_with_rowid=False,
    comment="One row per thing that is owed in an open case and organisation that takes part in it; it owes it itself "
    "where owes is 1.",
)
