"""Cases as they stand, who takes part in them, and what is owed by when."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _name() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", _name(), nullable=False),
        sa.Column("workflow", _name(), nullable=False),
        sa.Column("state", _name(), nullable=False),
        sa.Column("open", sa.SmallInteger(), nullable=False),
        sa.Column("exercise", _name(), nullable=False),
        sa.Column("updated", _big(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="One row per case as it stands now, made of its events and made anew from them at any time.",
    )
    op.create_table(
        "case_parties",
        sa.Column("party", _name(), nullable=False),
        sa.Column("open", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("updated", _big(), autoincrement=False, nullable=False),
        sa.Column("id", _name(), nullable=False),
        sa.PrimaryKeyConstraint("party", "open", "updated", "id"),
        sqlite_with_rowid=False,
        comment="One row per case and organisation that takes part in it, to be read newest first.",
    )
    op.create_index("case_parties_by_case", "case_parties", ["id"])
    op.create_table(
        "case_dues",
        sa.Column("party", _name(), nullable=False),
        sa.Column("owes", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("due", _big(), autoincrement=False, nullable=False),
        sa.Column("id", _name(), nullable=False),
        sa.Column("deadline", _name(), nullable=False),
        sa.Column("start", _big(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("party", "owes", "due", "id", "deadline", "start"),
        sqlite_with_rowid=False,
        comment="One row per thing that is owed in an open case and organisation that takes part in it; it owes it "
        "itself where owes is 1.",
    )
    op.create_index("case_dues_by_case", "case_dues", ["id"])
