"""What happened: append-only, timestamped, one writer. Nothing in here judges."""

from support.journal.history import ConnectionHistory, History, Seen
from support.journal.journal import Journal, JournalError, read_journal
from support.journal.redaction import EARLIER, NOBODY, Redactor

__all__ = [
    "EARLIER",
    "NOBODY",
    "ConnectionHistory",
    "History",
    "Journal",
    "JournalError",
    "Redactor",
    "Seen",
    "read_journal",
]
