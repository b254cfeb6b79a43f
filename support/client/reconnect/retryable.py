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
        return end.status in (final or _refuses_tokens(dialect, end.how))
    return False


def _refuses_tokens(dialect: DialectData, how: str) -> list[int]:
    """How bad tokens are refused: final, unless the file says what is."""
    refusals = dialect.handshake.refusals.get("token", [])
    codes = (one.close if how == "close" else one.http for one in refusals)
    return [code for code in codes if code is not None]


def reason(end: End | None) -> str:
    """How it ended, for people."""
    if isinstance(end, records.Refused):
        return end.detail or f"refused ({end.how})"
    if isinstance(end, records.Closed):
        code = f", code {end.code}" if end.code is not None else ""
        return f"ended by the {end.by}{code}"
    return "the connection was never established"
