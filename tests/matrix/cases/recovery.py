"""What the scenarios of recovery and of outages catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

AT = 'The connection drops at "{}", right after it and in the middle of it'
AGAIN = "The connection drops again while the missed events are coming"
LOST = "Whoever comes back to {} is told that it cannot be had"
TWICE = "Coming back twice from the same place shows the same"
BOTH = "Two devices that come back at the same moment both see everything"
CRASH = "A crash in the middle of runs loses nothing that was accepted"
STORE = "A store that is away is admitted, and everything goes on once it is back"
AUTH = "While nobody can sign in, those who are signed in go on"
ENDED = "Nobody comes back with a token that has ended"
CLAIMED = r"claims to have recovered everything"

CASES = (
    Case("missed-not-replayed", AT.format("agent_started"), BROKEN_STORY),
    Case("missed-not-replayed", AT.format("agent_thinking"), BROKEN_STORY),
    Case("missed-not-replayed", AT.format("tool_executing"), BROKEN_STORY),
    Case("missed-not-replayed", AT.format("tool_completed"), BROKEN_STORY),
    Case("missed-not-replayed", AT.format("agent_completed"), BROKEN_STORY),
    Case("join-loses-one", AT.format("agent_thinking"), BROKEN_STORY),
    Case("join-doubles-one", AT.format("agent_started"), BROKEN_STORY),
    Case("replay-given-once", AGAIN, r"the run never ended|missing"),
    Case("any-epoch-accepted", LOST.format("a position in another stream"), CLAIMED),
    Case("future-position-accepted", LOST.format("a future position"), CLAIMED),
    Case("expired-position-silent", LOST.format("a position that is no longer kept"), CLAIMED),
    Case("second-resume-differs", TWICE, r"not all of them were promised|it differs"),
    Case("one-resume-at-a-time", BOTH, r"missed events were promised|" + BROKEN_STORY),
    Case("accepted-lost-on-crash", CRASH, r"the run never ended|no event of the run"),
    Case("interrupted-runs-stay-open", CRASH, r"the run never ended"),
    Case("requests-forgotten-on-restart", CRASH, r"accepted 1 times|recognised|runs"),
    Case("no-resume-after-restart", CRASH, r"not recovered|the run never ended"),
    Case("store-outage-hidden", STORE, r"health went on saying that all is well"),
    Case("health-silent-in-outage", STORE, r"health gave no answer"),
    Case("store-outage-not-told", STORE, r"a request was accepted, and then"),
    Case("store-outage-silent", STORE, r"neither rejected nor accepted"),
    Case("store-outage-loses-events", STORE, BROKEN_STORY),
    Case("ended-tokens-resume", ENDED, r"with an expired token a visitor was told"),
    Case("accounts-forgotten-on-restart", AUTH, r"refresh failed"),
    Case("unwell-after-outage", STORE, r"still not well"),
)
