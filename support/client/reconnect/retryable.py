"""Whether to retry: the network, a full or restarting deployment: yes. A bad token: no.

The dialect knows which statuses and close codes are final. Everything else may succeed the next
time, above all a connection lost without a close frame (what other libraries report as 1006).
"""

from __future__ import annotations

from support.dialects.schema import DialectData
from support.journal import records

End = records.Refused | records.Closed


def is_final(end: End | None, dialect: DialectData) -> bool:
    """True when another attempt, with the same token, can only end in the same way."""
    if isinstance(end, records.Closed):
        return end.code in dialect.closing.final
    if isinstance(end, records.Refused):
        if end.how == "error":  # the connection could have stayed open: it is the caller
            return True
        final = dialect.closing.final if end.how == "close" else dialect.handshake.final
        return end.status in final
    return False


def reason(end: End | None) -> str:
    """How it ended, for people."""
    if isinstance(end, records.Refused):
        return end.detail or f"refused ({end.how})"
    if isinstance(end, records.Closed):
        code = f", code {end.code}" if end.code is not None else ""
        return f"ended by the {end.by}{code}"
    return "the connection was never established"
