"""What the scenarios of users who reconnect catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

RIGHT_AFTER = 'The connection drops right after "{}"'
IN_THE_MIDDLE = 'The connection drops in the middle of "{}"'
AGAIN = "The connection drops again while missed events are replayed"
REFUSED = "Resuming from {} is refused"
TWICE = "Resuming twice from the same position shows the same"
DEVICES = "Two devices that reconnect at the same moment both receive everything"
CRASH = "A crash in the middle of runs loses nothing that was accepted"
REPEATED = "A request that is repeated after a crash runs once"
EXPIRED = "Nobody can resume with an expired token"
RECONNECTS = "A user reconnects in the middle of a run and misses nothing"
LONG = "A user who returns after a long conversation receives what was missed"
AWAY = "The agent keeps working while its user is away"
OUTLIVED = r"with a token that has expired since it was accepted a client received"

CASES = (
    Case("missed-not-replayed", RIGHT_AFTER.format("agent_started"), BROKEN_STORY),
    Case("missed-not-replayed", RIGHT_AFTER.format("agent_thinking"), BROKEN_STORY),
    Case("missed-not-replayed", RIGHT_AFTER.format("tool_executing"), BROKEN_STORY),
    Case("missed-not-replayed", RIGHT_AFTER.format("tool_completed"), BROKEN_STORY),
    Case("resume-always-refused", RIGHT_AFTER.format("agent_completed"), r"not recovered"),
    Case("join-loses-one", RECONNECTS, BROKEN_STORY),
    Case("join-doubles-one", RIGHT_AFTER.format("agent_started"), BROKEN_STORY),
    Case("missed-not-replayed", IN_THE_MIDDLE.format("agent_started"), BROKEN_STORY),
    Case("missed-not-replayed", IN_THE_MIDDLE.format("agent_thinking"), BROKEN_STORY),
    Case("missed-not-replayed", IN_THE_MIDDLE.format("tool_executing"), BROKEN_STORY),
    Case("missed-not-replayed", IN_THE_MIDDLE.format("tool_completed"), BROKEN_STORY),
    Case("missed-not-replayed", IN_THE_MIDDLE.format("agent_completed"), BROKEN_STORY),
    Case("replay-given-once", AGAIN, r"the run never ended|missing"),
    Case("replay-capped", LONG, r"was missed, and the replay leaves it out"),
    Case("replay-loses-long-events", LONG, r"missed events were promised, \d+ came"),
    Case(
        "any-epoch-accepted",
        REFUSED.format("a position in another stream"),
        r"claims to have recovered everything",
    ),
    Case(
        "next-position-accepted",
        REFUSED.format("a future position"),
        r"claims to have recovered everything",
    ),
    Case(
        "future-position-accepted",
        REFUSED.format("a future position"),
        r"claims to have recovered everything",
    ),
    Case(
        "expired-position-silent",
        REFUSED.format("a position that is no longer kept"),
        r"claims to have recovered everything",
    ),
    Case("replayed-events-emptied", LONG, r"\(agent_thinking\) says something else than at first"),
    Case("replay-loses-at-batch", LONG, r"missed events were promised|is missing|leaves it out"),
    Case("second-resume-differs", TWICE, r"not all of them were promised|it differs"),
    Case("one-resume-at-a-time", DEVICES, r"missed events were promised|" + BROKEN_STORY),
    Case("accepted-lost-on-crash", CRASH, r"the run never ended|no event of the run"),
    Case("interrupted-runs-stay-open", CRASH, r"the run never ended"),
    Case("run-ids-given-again-after-restart", CRASH, r"agent_started came 2 times"),
    Case("no-resume-after-restart", CRASH, r"not recovered|the run never ended"),
    Case("requests-forgotten-on-restart", REPEATED, r"accepted 1 times|recognised|runs"),
    Case("ended-tokens-resume", EXPIRED, OUTLIVED),
    Case("accepted-tokens-remembered", EXPIRED, OUTLIVED),
    Case("missed-not-replayed", RECONNECTS, BROKEN_STORY),
    Case("duration-in-seconds", RECONNECTS, r"data\.duration_ms is [\d.]+, but its events lie"),
    Case("replay-promised-only", RECONNECTS, BROKEN_STORY),
    Case("replay-doubled", RECONNECTS, BROKEN_STORY),
    Case("replay-out-of-order", RECONNECTS, BROKEN_STORY),
    Case("replay-skips-first", RECONNECTS, BROKEN_STORY),
    Case("replay-skips-last", RECONNECTS, BROKEN_STORY),
    Case("replay-starts-too-early", RECONNECTS, BROKEN_STORY),
    Case("resume-always-refused", RECONNECTS, BROKEN_STORY),
    Case("replay-after-live", RECONNECTS, BROKEN_STORY),
    Case("run-stops-when-user-leaves", AWAY, r"the run never ended"),
    Case("run-pauses-while-away", AWAY, r"only [\d.]+ s after the user had come back"),
)
