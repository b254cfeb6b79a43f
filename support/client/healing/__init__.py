"""How a user's connection heals itself: backoff, circuit breaker, what is worth retrying, pool.

`Healer` is the shell that ties them together; the rest decides, and does no I/O. The pool does.
"""

from support.client.healing.backoff import Backoff
from support.client.healing.breaker import Breaker, State
from support.client.healing.healer import Healer
from support.client.healing.lending import put_aside, take_again
from support.client.healing.pool import Pool
from support.client.healing.retryable import is_final, told

__all__ = [
    "Backoff",
    "Breaker",
    "Healer",
    "Pool",
    "State",
    "is_final",
    "put_aside",
    "take_again",
    "told",
]
