"""How a user's connection heals itself: backoff, circuit breaker, what is worth retrying, pool.

`AutoReconnect` is the shell that ties them together; the rest decides, and does no I/O. The pool
does.
"""

from support.client.reconnect.auto_reconnect import AutoReconnect
from support.client.reconnect.backoff import Backoff
from support.client.reconnect.breaker import Breaker, State
from support.client.reconnect.lending import acquire, release
from support.client.reconnect.pool import Pool
from support.client.reconnect.retryable import is_final, told

__all__ = [
    "AutoReconnect",
    "Backoff",
    "Breaker",
    "Pool",
    "State",
    "acquire",
    "is_final",
    "release",
    "told",
]
