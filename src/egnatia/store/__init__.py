"""Where records live: the log, its indexes, and what a node must remember. SQLite or PostgreSQL."""

from egnatia.store.auditing import AuditPage, Sought
from egnatia.store.condition import BackedUp, Condition
from egnatia.store.custody import Custody
from egnatia.store.entry import (
    Appended,
    Batch,
    Conflict,
    Cursor,
    Entry,
    Gone,
    Keep,
    Lift,
    Note,
    Page,
    Recall,
    Relabel,
    Row,
    Signing,
)
from egnatia.store.keeping import Known, Token
from egnatia.store.query import EVERYTHING, Query
from egnatia.store.reading import Lean, LeanPage
from egnatia.store.store import Store
from egnatia.store.tying import Tie, Tied

__all__ = [
    "EVERYTHING",
    "Appended",
    "AuditPage",
    "BackedUp",
    "Batch",
    "Condition",
    "Conflict",
    "Cursor",
    "Custody",
    "Entry",
    "Gone",
    "Keep",
    "Known",
    "Lean",
    "LeanPage",
    "Lift",
    "Note",
    "Page",
    "Query",
    "Recall",
    "Relabel",
    "Row",
    "Signing",
    "Sought",
    "Store",
    "Tie",
    "Tied",
    "Token",
]
