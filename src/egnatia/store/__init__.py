"""Where records live: the log, its indexes, and what a node must remember. SQLite or PostgreSQL."""

from egnatia.store.custody import Custody
from egnatia.store.entry import Appended, Batch, Conflict, Cursor, Entry, Lift, Note, Page, Recall, Relabel, Row
from egnatia.store.keeping import Known, Token
from egnatia.store.query import EVERYTHING, Query
from egnatia.store.reading import Lean, LeanPage
from egnatia.store.store import Store

__all__ = [
    "EVERYTHING",
    "Appended",
    "Batch",
    "Conflict",
    "Cursor",
    "Custody",
    "Entry",
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
    "Store",
    "Token",
]
