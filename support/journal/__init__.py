"""What happened: append-only, timestamped, one writer. Nothing in here judges."""

from support.journal.compressed import compress as compress
from support.journal.history import ConnectionHistory as ConnectionHistory
from support.journal.history import History as History
from support.journal.history import Seen as Seen
from support.journal.journal import Journal as Journal
from support.journal.journal import JournalError as JournalError
from support.journal.journal import Zero as Zero
from support.journal.journal import read_journal as read_journal
from support.journal.merge import merge_journals as merge_journals
from support.journal.redaction import EARLIER as EARLIER
from support.journal.redaction import SECRETS as SECRETS
from support.journal.redaction import UNKNOWN_USER as UNKNOWN_USER
from support.journal.redaction import UNKNOWN_USERS as UNKNOWN_USERS
from support.journal.redaction import UNMISTAKABLE as UNMISTAKABLE
from support.journal.redaction import Examined as Examined
from support.journal.redaction import Known as Known
from support.journal.redaction import Redactor as Redactor
