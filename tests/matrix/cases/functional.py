"""What the scenarios of the category functional catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

CASES = (
    Case(
        "thought-in-half-a-character",
        "A whole run arrives in the order in which it happened",
        r"Alice received half a surrogate pair in data\.text; ",
    ),
    Case(
        "greeting-in-half-a-character",
        "A user connects, talks and leaves",
        r"Alice received half a surrogate pair in name; ",
    ),
    *(
        Case(
            defect,
            "A user connects, talks and leaves",
            rf"the greeting announces an impossible {limit} = ",
        )
        for defect, limit in (
            ("huge-message-limit", "message_bytes"),
            ("negative-message-limit", "message_bytes"),
            ("endless-rate", "messages_per_s"),
            ("no-connections-announced", "connections_per_user"),
            ("endless-history", "retained_events"),
            ("impossible-heartbeat", "heartbeat_s"),
            ("impossible-position", "position"),
        )
    ),
    Case(
        "runs-interleave-ids",
        "Several runs at once keep apart, and cancelling one leaves the others",
        BROKEN_STORY,
    ),
    Case(
        "wrong-run-id",
        "A whole run arrives in the order in which it happened",
        r"no tool was used",
    ),
    Case(
        "one-device-only",
        "Two devices of one user show the same",
        r"events and saw",
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
        "cancel-slow",
        "Several runs at once keep apart, and cancelling one leaves the others",
        r"the cancelled run ended after 12\.\d s",
        ("-Dpatience.answer_s=15",),
    ),
    Case(
        "runs-in-turn",
        "Several runs at once keep apart, and cancelling one leaves the others",
        r"ends with agent_|went wrong|no event of the run|never",
        ("-Dpatience.answer_s=10",),
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
        r"the deployment never answered the close",
    ),
    Case(
        "ready-never-sent",
        "A user connects, talks and leaves",
        r"the connection opened, but the deployment never greeted",
    ),
    Case(
        "connections-leak",
        "Whoever leaves, cleanly or by a cut, frees the connection",
        r"connections",
        ("-Dpatience.scale=0.3",),
    ),
    Case(
        "pongs-late",
        "The line stays alive while the agent is at work",
        r"answers \(application level\) were late, up to",
    ),
    Case(
        "pongs-a-little-late",
        "The line stays alive while the agent is at work",
        r"answers \(application level\) were late, up to 3\d\d ms",
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
        "protocol-pings-not-answered",
        "The line stays alive while the agent is at work",
        r"pings were not answered \(protocol level",
    ),
    Case(
        "pings-wait-for-run",
        "The line stays alive while the agent is at work",
        r"answers \(application level\) were late",
    ),
    Case(
        "stream-lost-on-restart",
        "A planned restart in the middle of runs is announced and loses nothing",
        r"not recovered|the run never ended|missing",
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
        "tool-results-swapped",
        "Several tools in one run keep their results apart",
        r"one and the same result",
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
        "drops-now-and-then",
        "A long conversation does not fill the service's memory",
        r"unstable connection|nobody can say|lost",
    ),
)
