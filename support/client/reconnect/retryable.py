"""Is it worth trying again? The network, a full or restarting deployment: yes. A bad token: no.

Which statuses and close codes are final is the dialect's to know; everything else, a connection
lost without a word above all (what other libraries report as 1006), may be better the next time.
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
        final = dialect.closing.final if end.how == "close" else dialect.handshake.final
        return end.status in final
    return False


def told(end: End | None) -> str:
    """How it ended, in words for people."""
    if isinstance(end, records.Refused):
        return end.detail or f"refused ({end.how})"
    if isinstance(end, records.Closed):
        code = f", code {end.code}" if end.code is not None else ""
        return f"ended by the {end.by}{code}"
    return "the conversation did not come about"
