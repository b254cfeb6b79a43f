"""What the scenarios of automatic reconnects catch; most defects are the client's own."""

from __future__ import annotations

from case import BROKEN_STORY, Case

RECONNECTS = "An app reconnects by itself after a network failure"
GIVES_UP = "An app that cannot reconnect gives up after five attempts"
JITTER = "Users who were disconnected together do not reconnect at the same moment"
REFUSED = "An app that is refused for good does not retry"
BREAKER_OPENS = "A circuit breaker stops attempts while the network is down"
BREAKER_CLOSES = "A circuit breaker closes after the failure, and queued questions are sent"
SHOWN_ONCE = "An event that arrives twice is shown once"
SENT_AGAIN = "A question whose confirmation was lost is sent again and runs once"
CONTINUES = "After a disconnect the conversation continues where it was"
POOL = "A pooled connection is given to nobody but its own user"

#: A defect that keeps the app from its answer is caught at the deadline: no need for a long one.
SOON = ("-Dchaos.within_s=15",)

CASES = (
    Case("client-no-backoff", RECONNECTS, r"the pause before attempt 1 was to be 0\.000 s"),
    Case("client-constant-pauses", RECONNECTS, r"the pause before attempt \d was to be"),
    Case("client-pauses-not-kept", RECONNECTS, r"attempt 1 came after .* s, not after"),
    Case("client-never-comes-back", RECONNECTS, r"unknown: too few attempts to show a pace: 0"),
    Case("client-no-cap", GIVES_UP, r"the pause before attempt 5 was to be"),
    Case("client-never-gives-up", GIVES_UP, r"there was an attempt 6, and 5 is the most"),
    Case("client-no-jitter", JITTER, r"people came back within \d+ ms"),
    Case("client-little-jitter", JITTER, r"people came back within \d+ ms"),
    Case("client-same-jitter", JITTER, r"people came back within \d+ ms"),
    Case("first-return-refused", JITTER, r"20 of 4\d succeeded"),
    Case("client-insists", REFUSED, r"more times? after a permanent rejection"),
    Case("client-breaker-never-opens", BREAKER_OPENS, r"it is still closed after \d+ failures"),
    Case("client-breaker-opens-early", BREAKER_OPENS, r"it opened after 3"),
    Case("client-breaker-ignored", BREAKER_OPENS, r"attempts? cost a connection while it was open"),
    Case("client-breaker-never-closes", BREAKER_CLOSES, r"it never closed again: it is half-open"),
    Case("client-queue-dropped", BREAKER_CLOSES, r"21 waited, 0 went out", SOON),
    Case("client-queue-reversed", BREAKER_CLOSES, r"in another order"),
    Case("client-queue-sent-twice", BREAKER_CLOSES, r"21 waited, 42 went out"),
    Case("client-repeats-shown", SHOWN_ONCE, r"event \d+ was shown twice"),
    Case("client-never-sends-again", SENT_AGAIN, r"never accepted: \d+ request"),
    Case("client-sends-anew", SENT_AGAIN, r"never accepted: \d+ request"),
    Case("client-place-forgotten", CONTINUES, BROKEN_STORY + r"|had forgotten its place"),
    Case("client-place-mistaken", CONTINUES, BROKEN_STORY + r"|went on after event"),
    Case("client-thread-forgotten", CONTINUES, r"the app had forgotten the conversation"),
    Case("client-pool-shared", POOL, r"was given a connection of"),
    Case("client-pool-forgets", POOL, r"there was none when its own user asked"),
)
