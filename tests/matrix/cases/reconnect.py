"""What the scenarios of the self-healing client catch; the defects are the client's own."""

from __future__ import annotations

from case import BROKEN_STORY, Case

BACK = "An app comes back by itself after the network was away for a while"
GIVES_UP = "An app that cannot come back gives up after five attempts"
APART = "People who were cut off together do not come back at the same moment"
INSISTS = "An app that is turned away for good does not insist"
BREAKER = "A circuit breaker spares a network that is down, and loses nothing that was written"
REPEATS = "What arrives twice is shown once"
AGAIN = "A question whose confirmation was lost is sent again and runs once"
GOES_ON = "After an outage the conversation goes on where it was"
POOL = "A connection that was put aside is given to nobody but its own user"

CASES = (
    Case("client-no-backoff", BACK, r"the pause before attempt 1 was to be 0\.000 s"),
    Case("client-constant-pauses", BACK, r"the pause before attempt \d was to be"),
    Case("client-no-cap", GIVES_UP, r"the pause before attempt 5 was to be"),
    Case("client-pauses-not-kept", BACK, r"attempt 1 came after .* s, not after"),
    Case("client-never-comes-back", BACK, r"attempt\(s\) show no pace"),
    Case("client-never-gives-up", GIVES_UP, r"there was an attempt 6, and 5 is the most"),
    Case("client-no-jitter", APART, r"people came back within \d+ ms"),
    Case("client-little-jitter", APART, r"people came back within \d+ ms"),
    Case("client-same-jitter", APART, r"people came back within \d+ ms"),
    Case("first-return-refused", APART, r"20 of 40 succeeded"),
    Case("client-insists", INSISTS, r"more time\(s\) after it had been turned away for good"),
    Case("client-breaker-never-opens", BREAKER, r"it is still closed after \d+ failures"),
    Case("client-breaker-opens-early", BREAKER, r"it opened after 3"),
    Case("client-breaker-ignored", BREAKER, r"attempt\(s\) cost a connection while it was open"),
    Case("client-breaker-never-closes", BREAKER, r"it never closed again: it is half-open"),
    Case("client-queue-dropped", BREAKER, r"20 waited, 0 went out"),
    Case("client-queue-reversed", BREAKER, r"in another order"),
    Case("client-queue-sent-twice", BREAKER, r"20 waited, 40 went out"),
    Case("client-repeats-shown", REPEATS, r"event \d+ was shown twice"),
    Case("client-never-sends-again", AGAIN, r"request\(s\) were never accepted"),
    Case("client-sends-anew", AGAIN, r"request\(s\) were never accepted"),
    Case("client-place-forgotten", GOES_ON, f"{BROKEN_STORY}|had forgotten its place"),
    Case("client-place-mistaken", GOES_ON, f"{BROKEN_STORY}|went on after event"),
    Case("client-thread-forgotten", GOES_ON, r"the app had forgotten the conversation"),
    Case("client-pool-shared", POOL, r"was given a connection of"),
    Case("client-pool-forgets", POOL, r"there was none when its own user asked"),
)
