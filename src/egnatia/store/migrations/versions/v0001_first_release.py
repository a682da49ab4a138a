"""The schema of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _name() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE texts USING fts5(words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')"
        )
    else:
        op.execute("CREATE TABLE texts (position BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX texts_by_word ON texts USING gin (words)")
    op.create_table(
        "acknowledgements",
        sa.Column("peer", _name(), nullable=False),
        sa.Column("after", _big(), autoincrement=False, nullable=False),
        sa.Column("until", _big(), autoincrement=False, nullable=False),
        sa.Column("at", _big(), nullable=False),
        sa.PrimaryKeyConstraint("peer", "after", "until"),
        comment="One row per stretch (after, until] of the log that a peer says to have stored, and when it said so.",
    )
    op.create_table(
        "attestations",
        sa.Column("number", _big(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("node", _name(), nullable=False),
        sa.Column("sequence", _big(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("digest"),
        comment="One row per batch that a node attested.",
    )
    op.create_index("attestations_by_node", "attestations", ["node", "sequence"], unique=False)
    op.create_table(
        "audit",
        sa.Column("seq", _big(), autoincrement=False, nullable=False),
        sa.Column("at", _big(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        comment="One row per thing that happened, each holding the digest of the one before.",
    )
    op.create_table(
        "bodies",
        sa.Column("position", _big(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("unless", _big(), nullable=True),
        sa.Column("attestation", _big(), nullable=False),
        sa.Column("leaf", _big(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("applied", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        comment="One row per row of the log: its leaf hash, how it hangs on its batch, its bytes (none once erased).",
    )
    op.create_table(
        "cursors",
        sa.Column("peer", _name(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("peer"),
        comment="One row per peer that is read: how far.",
    )
    op.create_table(
        "kept",
        sa.Column("kind", _name(), nullable=False),
        sa.Column("key", _name(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
        comment="One row per thing that the node remembers besides the log: a peer, a token, an organisation.",
    )
    op.create_table(
        "labels",
        sa.Column("number", _big(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        comment="One row per label, in MessagePack.",
    )
    op.create_table(
        "names",
        sa.Column("number", _big(), autoincrement=False, nullable=False),
        sa.Column("name", _name(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("name"),
        comment="One row per identifier or other word that rows name by number.",
    )
    op.create_table(
        "observables",
        sa.Column("value", _name(), nullable=False),
        sa.Column("position", _big(), autoincrement=False, nullable=False),
        sa.Column("kind", _big(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("value", "position", "kind"),
        comment="One row per observable value of a version, long ones as their digest.",
        sqlite_with_rowid=False,
    )
    op.create_index("observables_by_position", "observables", ["position"], unique=False)
    op.create_table(
        "recalls",
        sa.Column("name", _big(), autoincrement=False, nullable=False),
        sa.Column("owner", _big(), autoincrement=False, nullable=False),
        sa.Column("label", _big(), nullable=False),
        sa.Column("erase", sa.Boolean(), nullable=False),
        sa.Column("at", _big(), nullable=False),
        sa.PrimaryKeyConstraint("name", "owner"),
        comment="One row per record whose owner took it back and has not lifted that since.",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "refs",
        sa.Column("target", _big(), autoincrement=False, nullable=False),
        sa.Column("position", _big(), autoincrement=False, nullable=False),
        sa.Column("property", _big(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("target", "position", "property"),
        comment="One row per record that a version names.",
        sqlite_with_rowid=False,
    )
    op.create_index("refs_by_position", "refs", ["position"], unique=False)
    op.create_table(
        "retention",
        sa.Column("position", _big(), autoincrement=False, nullable=False),
        sa.Column("due", _big(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        comment="One row per version that may not be kept for ever, and when it is to be erased.",
    )
    op.create_index(op.f("ix_retention_due"), "retention", ["due"], unique=False)
    op.create_table(
        "sequences",
        sa.Column("node", _name(), nullable=False),
        sa.Column("number", _big(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("node"),
        comment="One row per node that attests here, and the last number it took.",
    )
    op.create_table(
        "shelves",
        sa.Column("number", _big(), autoincrement=False, nullable=False),
        sa.Column("label", _big(), nullable=False),
        sa.Column("sight", _big(), nullable=False),
        sa.Column("type", _name(), nullable=False),
        sa.Column("owner", _name(), nullable=False),
        sa.Column("source", _name(), nullable=False),
        sa.Column("unless", _big(), nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.Column("redacted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        comment="One row per combination of what decides who may see a version and where queries find it.",
    )
    op.create_table(
        "state",
        sa.Column("one", _big(), autoincrement=False, nullable=False),
        sa.Column("position", _big(), nullable=False),
        sa.Column("at", _big(), nullable=False),
        sa.Column("names", _big(), nullable=False),
        sa.Column("attestations", _big(), nullable=False),
        sa.Column("generation", _big(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
        comment="One row: the end of the log, counters, and the generation of labels and shelves. Writers lock it.",
    )
    op.create_table(
        "versions",
        sa.Column("position", _big(), autoincrement=False, nullable=False),
        sa.Column("at", _big(), nullable=False),
        sa.Column("shelf", _big(), nullable=True),
        sa.Column("name", _big(), nullable=False),
        sa.Column("owner", _big(), nullable=False),
        sa.Column("version", _name(), nullable=False),
        sa.Column("redacted", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("name", "owner", "version", "redacted", name="one_row_per_version"),
        comment="The log: one row per version of a record, owner and variant. Without a shelf it is erased.",
    )
    op.create_index("versions_by_shelf", "versions", ["shelf", "position"], unique=False)
    op.create_index("versions_by_time", "versions", ["at"], unique=False)
    op.create_table(
        "watermarks",
        sa.Column("name", _name(), nullable=False),
        sa.Column("position", _big(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="One row per follower of the log: everything up to the position is done.",
    )
