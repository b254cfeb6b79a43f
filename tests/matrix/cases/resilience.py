"""What the scenarios of the category resilience catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

CASES = (
    Case(
        "silent-client-kept",
        "A user whose app has hung is disconnected after one to three heartbeats",
        r"the connection is still held",
        # Slow heartbeats are waited for, too.
        ("-Dreference.settings=chat.heartbeat_s=6",),
    ),
    Case(
        "silent-client-dropped-early",
        "A user whose app has hung is disconnected after one to three heartbeats",
        r"disconnected too early",
    ),
    Case(
        "silent-client-dropped-late",
        "A user whose app has hung is disconnected after one to three heartbeats",
        r"only after",
    ),
    Case(
        "no-heartbeat",
        "A quiet conversation outlives a load balancer that cuts quiet lines",
        r"the line was lost after",
    ),
    Case(
        "missed-not-replayed",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "replay-promised-only",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "replay-doubled",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "replay-out-of-order",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "replay-skips-first",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "replay-skips-last",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "replay-starts-too-early",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "run-stops-when-user-leaves",
        "The agent goes on working while its user is away",
        r"the run had no end",
    ),
    Case(
        "run-pauses-while-away",
        "The agent goes on working while its user is away",
        r"only [\d.]+ s after the user had come back",
    ),
    Case(
        "resume-always-refused",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "protocol-pings-not-answered",
        "A service that falls silent is noticed within two heartbeats",
        r"the line was given up although|no heartbeat was answered|the line was lost",
    ),
    Case(
        "replay-after-live",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
)
