"""Which scenario catches which defect, and by what words; proven by `test_matrix.py`."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """With `defect` built in, `scenario` fails, and its reason matches `reason` (a regex).

    `flags` shorten what would only take long.
    """

    defect: str
    scenario: str
    reason: str
    flags: tuple[str, ...] = ()


#: What a lost, doubled or misplaced event is told as; which of these depends on where it hits.
BROKEN_STORY = (
    r"went wrong|begins with|before the first|not executing|came after|came twice|\d times|never|"
    r"missing|promised|what came first|order of the stream|no event of the run|nobody asked for"
)

CASES = (
    Case(
        "runs-interleave-ids",
        "Several runs at once keep apart, and cancelling one leaves the others",
        BROKEN_STORY,
    ),
    Case(
        "signature-not-checked",
        "A visitor with a token signed with another secret stays out",
        r"with a token signed with another secret a visitor was told:",
    ),
    Case(
        "signature-compared-in-part",
        "A visitor with a truncated token stays out",
        r"with a truncated token a visitor was told: \{",
    ),
    Case(
        "nbf-not-checked",
        "A visitor with a token that is not valid yet stays out",
        r"with a token that is not valid yet a visitor was told: \{",
    ),
    Case(
        "iss-not-checked",
        "A visitor with a token of another issuer stays out",
        r"with a token of another issuer a visitor was told: \{",
    ),
    Case(
        "aud-not-checked",
        "A visitor with a token for another audience stays out",
        r"with a token for another audience a visitor was told: \{",
    ),
    Case(
        "exp-not-checked",
        "A visitor with an expired token stays out",
        r"with an expired token a visitor was told: \{",
    ),
    Case(
        "refresh-token-accepted",
        "A visitor with a refresh token stays out",
        r"with a refresh token a visitor was told: \{",
    ),
    Case(
        "alg-none-accepted",
        "A visitor with a token without a signature stays out",
        r"with a token without a signature a visitor was told: \{",
    ),
    Case(
        "anonymous-admitted",
        "A visitor with no token stays out",
        r"with no token a visitor was told: \{",
    ),
    Case(
        "malformed-token-accepted",
        "A visitor with a garbled token stays out",
        r"with a garbled token a visitor was told: \{",
    ),
    Case(
        "valid-token-refused",
        "A valid token is not refused, however often it is used",
        r"refused: HTTP",
    ),
    Case(
        "token-works-once",
        "A valid token is not refused, however often it is used",
        r"refused: HTTP",
    ),
    Case(
        "secrets-differ",
        "A token just issued by the sign-in service is accepted by the chat",
        r"refused: HTTP",
    ),
    Case(
        "leaky-refusal",
        "A visitor with no token stays out",
        r"with no token a visitor was told: \{",
    ),
    Case(
        "malformed-token-crashes",
        "A visitor with a garbled token stays out",
        r"with a garbled token a visitor was not refused as agreed: HT",
    ),
    Case(
        "every-tenth-message-lost",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "every-tenth-message-doubled",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "every-tenth-event-doubled",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "every-tenth-event-lost",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "answer-of-another-request",
        "A long series of messages loses nothing and doubles nothing",
        r"went wrong; question",
    ),
    Case(
        "event-id-gap",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "wrong-run-id",
        "A whole run arrives in the order in which it happened",
        r"no tool was used",
    ),
    Case(
        "dropped-when-busy",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "neighbouring-events-swapped",
        "A long series of messages loses nothing and doubles nothing",
        BROKEN_STORY,
    ),
    Case(
        "duplicate-runs-twice",
        "A request that is sent twice runs once",
        r"it started",
    ),
    Case(
        "bad-json-ends-connection",
        "half a message is turned down, and everybody goes on",
        r"to half a message: the connection was ended by the target, c",
    ),
    Case(
        "errors-swallowed",
        "half a message is turned down, and everybody goes on",
        r"to half a message: no answer",
    ),
    Case(
        "errors-show-internals",
        "half a message is turned down, and everybody goes on",
        r"to half a message: error None",
    ),
    Case(
        "bad-message-hurts-everyone",
        "half a message is turned down, and everybody goes on",
        r"to half a message: the connection was ended by the target, c",
    ),
    Case(
        "binary-accepted",
        "a picture instead of text is turned down, and everybody goes on",
        r"to a picture instead of text: error invalid_json",
    ),
    Case(
        "large-messages-refused",
        "A message just below the limit arrives whole",
        r"the question was never accepted",
    ),
    Case(
        "oversize-accepted",
        "A message over the limit is refused as agreed, and the user can go on",
        r"it was accepted",
    ),
    Case(
        "fragments-lost",
        "A message of many-byte characters, in fragments arrives whole",
        r"the question was never accepted",
    ),
    Case(
        "one-device-only",
        "Two devices of one user show the same",
        r"events and saw",
    ),
    Case(
        "announcement-not-for-all",
        "An announcement reaches everybody, once",
        r"it reached",
    ),
    Case(
        "announcement-as-event",
        "An announcement reaches everybody, once",
        r"it came as if it were somebody's own event",
    ),
    Case(
        "agent-started-never-sent",
        'Each step of the agent reaches the user: "agent_started"',
        r"no agent_started arrived",
    ),
    Case(
        "agent-started-missing-field",
        'Each step of the agent reaches the user: "agent_started"',
        r"agent_started arrived, but data\.\w+ is missing",
    ),
    Case(
        "agent-thinking-never-sent",
        'Each step of the agent reaches the user: "agent_thinking"',
        r"no agent_thinking arrived",
    ),
    Case(
        "agent-thinking-missing-field",
        'Each step of the agent reaches the user: "agent_thinking"',
        r"agent_thinking arrived, but data\.\w+ is missing",
    ),
    Case(
        "tool-executing-never-sent",
        'Each step of the agent reaches the user: "tool_executing"',
        r"no tool_executing arrived",
    ),
    Case(
        "tool-executing-missing-field",
        'Each step of the agent reaches the user: "tool_executing"',
        r"tool_executing arrived, but data\.\w+ is missing",
    ),
    Case(
        "tool-completed-never-sent",
        'Each step of the agent reaches the user: "tool_completed"',
        r"no tool_completed arrived",
    ),
    Case(
        "tool-completed-missing-field",
        'Each step of the agent reaches the user: "tool_completed"',
        r"tool_completed arrived, but data\.\w+ is missing",
    ),
    Case(
        "agent-completed-never-sent",
        'Each step of the agent reaches the user: "agent_completed"',
        r"no agent_completed arrived",
    ),
    Case(
        "agent-completed-missing-field",
        'Each step of the agent reaches the user: "agent_completed"',
        r"agent_completed arrived, but data\.\w+ is missing",
    ),
    Case(
        "thinking-after-tool",
        "A whole run arrives in the order in which it happened",
        r"no agent_thinking before the first tool_executing",
    ),
    Case(
        "tool-completed-before-executing",
        "A whole run arrives in the order in which it happened",
        r"tool_completed came for a call that was not executing",
    ),
    Case(
        "agent-started-twice",
        "A whole run arrives in the order in which it happened",
        r"agent_started came",
    ),
    Case(
        "tool-completed-twice",
        "A whole run arrives in the order in which it happened",
        r"tool_completed came twice for one call",
    ),
    Case(
        "agent-completed-twice",
        "A whole run arrives in the order in which it happened",
        r"the run ended",
    ),
    Case(
        "event-after-completion",
        "A whole run arrives in the order in which it happened",
        r"agent_thinking came after the end of the run",
    ),
    Case(
        "tool-completed-by-another-call",
        "A whole run arrives in the order in which it happened",
        r"tool_completed came for a call that was not executing",
    ),
    Case(
        "answer-ignores-tools",
        "Several tools in one run keep their results apart",
        r"the answer lacks",
    ),
    Case(
        "only-first-tool-used",
        "Several tools in one run keep their results apart",
        r"tool\(s\) were used",
    ),
    Case(
        "failure-shows-internals",
        "A run that fails says so, shows nothing internal, and the conversation goes on",
        r"agent_failed shows something internal",
    ),
    Case(
        "failure-never-sent",
        "A run that fails says so, shows nothing internal, and the conversation goes on",
        r"the run never ended",
    ),
    Case(
        "failure-reported-as-success",
        "A run that fails says so, shows nothing internal, and the conversation goes on",
        r"the run ended in agent_completed",
    ),
    Case(
        "silence-after-failure",
        "A run that fails says so, shows nothing internal, and the conversation goes on",
        r"no event of the run arrived",
    ),
    Case(
        "cancel-ignored",
        "Several runs at once keep apart, and cancelling one leaves the others",
        r"the cancelled run ended as succeeded",
    ),
    Case(
        "cancel-ends-all",
        "Several runs at once keep apart, and cancelling one leaves the others",
        r"another run ended as cancelled",
    ),
    Case(
        "events-without-thread-id",
        'Each step of the agent reaches the user: "agent_started"',
        r"agent_started arrived, but thread_id is missing",
    ),
    Case(
        "events-without-user-id",
        'Each step of the agent reaches the user: "agent_started"',
        r"agent_started arrived, but user_id is missing",
    ),
    Case(
        "events-without-timestamp",
        'Each step of the agent reaches the user: "agent_started"',
        r"agent_started arrived, but timestamp is missing",
    ),
    Case(
        "events-to-everyone",
        "Two users at work see their own events and nothing of each other",
        r"received the secret of",
    ),
    Case(
        "tool-results-to-everyone",
        "Two users at work see their own events and nothing of each other",
        r"received the run id of",
    ),
    Case(
        "leak-in-a-crowd",
        "A crowd at work at once stays apart",
        r"received the secret of",
    ),
    Case(
        "anothers-data-in-event",
        "Two users at work see their own events and nothing of each other",
        r"received the secret of",
    ),
    Case(
        "anothers-note-in-answer",
        "Two users at work see their own events and nothing of each other",
        r"received the secret of",
    ),
    Case(
        "anothers-user-id-in-data",
        "Two users at work see their own events and nothing of each other",
        r"received the user id of",
    ),
    Case(
        "wrong-user-id-on-event",
        "Two users at work see their own events and nothing of each other",
        r"received agent_started of somebody unknown",
    ),
    Case(
        "healthy-but-closed",
        "A service that calls itself healthy lets users in",
        r"the service calls itself healthy, and users do not get in: r",
    ),
    Case(
        "degraded-but-open",
        "A service that calls itself healthy lets users in",
        r"the service calls itself not healthy",
    ),
    Case(
        "health-crashes",
        "A service that calls itself healthy lets users in",
        r"the service calls itself not healthy",
    ),
    Case(
        "wrong-close-code",
        "A user connects, talks and leaves",
        r"the connection was ended by the user, with code",
    ),
    Case(
        "close-not-answered",
        "A user connects, talks and leaves",
        r"the target never answered the close",
    ),
    Case(
        "closes-after-ten-messages",
        "A long series of messages loses nothing and doubles nothing",
        r"went wrong; question",
    ),
    Case(
        "ready-never-sent",
        "A user connects, talks and leaves",
        r"the connection opened, but the target never greeted",
    ),
    Case(
        "connections-leak",
        "Whoever leaves, cleanly or by a cut, frees the connection",
        r"connections",
        ("-Dpatience.scale=0.3",),
    ),
    Case(
        "events-late",
        "Everybody sees events as promptly as promised while several people chat",
        r"events \(clocks ±",
    ),
    Case(
        "events-sometimes-late",
        "Everybody sees events as promptly as promised while several people chat",
        r"events \(clocks ±",
    ),
    Case(
        "events-later-and-later",
        "Everybody sees events as promptly as promised while several people chat",
        r"events \(clocks ±",
    ),
    Case(
        "first-event-slow",
        "The first sign of an answer comes quickly while several people chat",
        r"took longer, the worst",
        ("-Dsizes.load_runs=4",),
    ),
    Case(
        "pongs-late",
        "The line stays alive while the agent is at work",
        r"answers were late, by up to",
    ),
    Case(
        "pings-not-answered",
        "The line stays alive while the agent is at work",
        r"pings were not answered \(application level",
    ),
    Case(
        "pong-with-wrong-nonce",
        "The line stays alive while the agent is at work",
        r"pings were not answered \(application level",
    ),
    Case(
        "connect-slow",
        "A user connects, talks and leaves",
        r"it took",
    ),
    Case(
        "violations-close-as-internal-error",
        "A message over the limit is refused as agreed, and the user can go on",
        r"closed by the target, code",
    ),
    Case(
        "silent-client-kept",
        "A user whose app has hung is let go after two heartbeats",
        r"the connection is still held",
    ),
    Case(
        "no-heartbeat",
        "A quiet conversation outlives a load balancer that cuts quiet lines",
        r"the line was lost after",
    ),
    Case(
        "protocol-pings-not-answered",
        "The line stays alive while the agent is at work",
        r"pings were not answered \(protocol level",
    ),
    Case(
        "pings-wait-for-run",
        "The line stays alive while the agent is at work",
        r"pings at application level wait while the agent is at work",
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
        "stream-lost-on-restart",
        "A planned restart in the middle of runs is announced and loses nothing",
        r"not recovered",
    ),
    Case(
        "run-starts-over-after-restart",
        "A planned restart in the middle of runs is announced and loses nothing",
        BROKEN_STORY,
    ),
    Case(
        "restart-not-announced",
        "A planned restart in the middle of runs is announced and loses nothing",
        r"was not told",
    ),
    Case(
        "restart-without-return-time",
        "A planned restart in the middle of runs is announced and loses nothing",
        r"was not told when to come back",
    ),
    Case(
        "restart-cuts",
        "A planned restart in the middle of runs is announced and loses nothing",
        r"was not told",
    ),
    Case(
        "restart-loses-runs",
        "A planned restart in the middle of runs is announced and loses nothing",
        r"the run ended as failed, not as succeeded",
    ),
    Case(
        "errors-show-internals",
        "a list instead of a message is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "errors-show-internals",
        "a message with fields of the wrong kind is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "errors-show-internals",
        "a message that lacks its content is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "errors-show-internals",
        "a message of an unknown kind is turned down, and everybody goes on",
        r"error None",
    ),
    Case(
        "bad-json-ends-connection",
        "a message nested ten thousand levels deep is turned down, and everybody goes on",
        r"to a message nested ten thousand levels deep: the connection",
    ),
    Case(
        "answer-of-another-request",
        "Hundreds of messages of several users lose nothing and double nothing",
        r"the answer lacks",
    ),
    Case(
        "answer-of-another-request",
        "A conversation from hello to goodbye",
        r"the answer lacks",
    ),
    Case(
        "large-messages-refused",
        "A message of exactly the limit arrives whole",
        r"the question was never accepted",
    ),
    Case(
        "protocol-pings-not-answered",
        "A service that falls silent is noticed within two heartbeats",
        r"the line was given up although|no heartbeat was answered|the line was lost",
    ),
    Case(
        "signature-not-checked",
        "A visitor with a token edited after it was signed stays out",
        r"with a token edited after it was signed a visitor was told:",
    ),
    Case(
        "compressed-messages-damaged",
        "Compressed messages arrive whole",
        r"was never accepted",
    ),
    Case(
        "large-answers-cut",
        "A message of a page, to be quoted back arrives whole",
        r"the answer lacks",
    ),
    Case(
        "tool-results-swapped",
        "Several tools in one run keep their results apart",
        r"one and the same result",
    ),
    Case(
        "notebook-shared",
        "What a tool keeps for one user stays with that user",
        r"received the secret of",
    ),
    Case(
        "no-subprotocol-selected",
        "A user connects, talks and leaves",
        r"selected the subprotocol None",
    ),
    Case(
        "every-fifth-handshake-fails",
        "Ten users at once, fifty messages in all, nothing lost and nothing mixed",
        r"refused: HTTP 503",
    ),
    Case(
        "replay-after-live",
        "A user comes back in the middle of a run and sees the whole story",
        BROKEN_STORY,
    ),
    Case(
        "answer-of-another-request",
        "Messages written while offline go out in order afterwards",
        r"the answer lacks",
    ),
    Case(
        "answer-of-another-request",
        "Messages that do not fit into the outbox are reported, never dropped in silence",
        r"the answer lacks",
    ),
    Case(
        "events-to-everyone",
        "A message to one user is answered to that user alone",
        r"received \d+ events",
    ),
)

#: Defects whose scenario is yet to be written, with the rows it will prove.
AWAITING = {
    "expiry-not-enforced": "F4",
    "expiry-wrong-code": "F4",
    "refresh-fails": "F4 O6",
    "refreshed-token-expired": "F4 O6",
    "any-origin-accepted": "F5",
    "origin-prefix-accepted": "F5",
    "no-origin-refused": "F5",
    "query-token-accepted": "F6",
    "token-echoed": "F6 F8",
    "browser-tokens-refused": "F6",
    "connection-cap-missing": "G5",
    "payload-user-believed": "E5",
    "anyones-run-cancelled": "E5 E6",
    "refusal-tells-existence": "E6",
    "anyones-thread-continued": "E6",
    "anyones-stream-resumed": "E6",
    "readers-may-talk": "E7",
    "anyone-may-connect": "E7",
    "anyone-may-announce": "E7 E8",
    "drops-now-and-then": "B1 J2 N3",
    "tools-slow": "K2",
    "one-run-at-a-time": "K4 L2",
    "memory-leak": "L3 N3",
    "sign-in-slow": "K3",
    "violations-cut": "G1",
    "invalid-utf8-accepted": "G1",
    "flood-not-limited": "G3",
    "flood-not-cut": "G3",
    "flood-slows-everyone": "G3",
    "slow-reader-unbounded": "G4",
    "slow-reader-slows-everyone": "G4",
    "slow-handshakes-kept": "G5",
    "replay-slow": "H8 H9",
    "expired-position-silent": "H4",
    "any-epoch-accepted": "H4 E6",
    "future-position-accepted": "H4",
    "second-resume-differs": "H5",
    "one-resume-at-a-time": "H5",
    "accepted-lost-on-crash": "H7",
    "store-outage-hidden": "H10",
    "store-outage-loses-events": "H10",
    "store-outage-not-told": "H10",
    "interrupted-runs-stay-open": "H7",
}
