"""What the scenarios of the events of a run catch."""

from __future__ import annotations

from case import BROKEN_STORY, Case

RUN = "A run arrives complete and in order"
CANCELLED = "Cancelling one of several runs leaves the others running"
ELSEWHERE = "A run that is cancelled on another device ends on all of them"
IN_TOOL = "Cancelling a run after a tool has started does not block the conversation"
SUBSCRIBED = "A device receives events once it has subscribed, and each of them once"
DEVICES = "All devices of a user receive the same events"
EVENT = 'Every agent event reaches the user: "{}"'
TOOLS = "Several tools in one run keep their results apart"
FAILED = "A failed run shows no internal details, and the conversation goes on"

CASES = (
    Case(
        "thought-in-half-a-character", RUN, r"Alice received half a surrogate pair in data\.text; "
    ),
    Case("wrong-run-id", RUN, r"no tool was used"),
    Case("thinking-after-tool", RUN, r"no agent_thinking before the first tool_executing"),
    Case(
        "tool-completed-before-executing",
        RUN,
        r"tool_completed came for a call that was not executing",
    ),
    Case("duration-below-zero", RUN, r"data\.duration_ms is -[\d.]+, below zero"),
    Case("agent-started-twice", RUN, r"agent_started came"),
    Case("tool-completed-twice", RUN, r"tool_completed came twice for one call"),
    Case("agent-completed-twice", RUN, r"the run ended"),
    Case("event-after-completion", RUN, r"agent_thinking came after the end of the run"),
    Case(
        "tool-completed-by-another-call",
        RUN,
        r"tool_completed came for a call that was not executing",
    ),
    Case("runs-interleave-ids", CANCELLED, BROKEN_STORY),
    Case("tool-results-of-other-runs", CANCELLED, r"the result of calculator lacks “84”"),
    Case("request-of-another-run", CANCELLED, r"carries the request of another"),
    Case(
        "cancel-slow",
        CANCELLED,
        r"the cancelled run ended after 12\.\d s",
        ("-Dpatience.answer_s=15",),
    ),
    Case(
        "runs-in-turn",
        CANCELLED,
        r"ends with agent_|went wrong|no event of the run|never",
        ("-Dpatience.answer_s=10",),
    ),
    Case("cancel-ignored", CANCELLED, r"the cancelled run ended as succeeded"),
    Case("cancel-blocks-user", CANCELLED, r"no event of the run"),
    Case("cancelled-end-blocks-user", CANCELLED, r"no event of the run"),
    Case("unsuccessful-ends-to-everyone", CANCELLED, r"received the (run|user) id of Alice"),
    Case("ended-runs-end-again", CANCELLED, r"the run ended 2 times"),
    Case("late-cancellation-unanswered", CANCELLED, r"that had ended was not rejected"),
    Case("cancel-ends-all", CANCELLED, r"another run ended as cancelled"),
    Case("cancelled-only-where-asked", ELSEWHERE, r"the cancelled run ended as succeeded"),
    Case("unsuccessful-ends-to-one-device", ELSEWHERE, r"event \d+ is missing|missed \d events"),
    Case("cancel-in-tool-blocks-user", IN_TOOL, r"no event of the run"),
    Case("second-subscription-silences", SUBSCRIBED, r"events and saw"),
    Case("second-subscription-doubles", SUBSCRIBED, r"event \d+ came twice"),
    Case("second-run-before-subscription", SUBSCRIBED, r"came before any subscription"),
    Case("events-without-subscription", SUBSCRIBED, r"came before any subscription"),
    Case("one-device-only", DEVICES, r"events and saw"),
    Case("one-device-misses-events", DEVICES, r"device \d missed \d events and saw"),
    Case(
        "third-device-disordered", DEVICES, r"the order of the events is not the same on device 3"
    ),
    Case("second-devices-see-others", DEVICES, r"received the secret of Bob"),
    Case("agent-started-never-sent", EVENT.format("agent_started"), r"no agent_started arrived"),
    Case(
        "agent-started-missing-field",
        EVENT.format("agent_started"),
        r"agent_started arrived, but data\.\w+ is missing",
    ),
    Case("agent-thinking-never-sent", EVENT.format("agent_thinking"), r"no agent_thinking arrived"),
    Case(
        "agent-thinking-missing-field",
        EVENT.format("agent_thinking"),
        r"agent_thinking arrived, but data\.\w+ is missing",
    ),
    Case("tool-executing-never-sent", EVENT.format("tool_executing"), r"no tool_executing arrived"),
    Case(
        "tool-executing-missing-field",
        EVENT.format("tool_executing"),
        r"tool_executing arrived, but data\.\w+ is missing",
    ),
    Case("tool-completed-never-sent", EVENT.format("tool_completed"), r"no tool_completed arrived"),
    Case(
        "tool-completed-missing-field",
        EVENT.format("tool_completed"),
        r"tool_completed arrived, but data\.\w+ is missing",
    ),
    Case(
        "agent-completed-never-sent", EVENT.format("agent_completed"), r"no agent_completed arrived"
    ),
    Case(
        "agent-completed-missing-field",
        EVENT.format("agent_completed"),
        r"agent_completed arrived, but data\.\w+ is missing",
    ),
    Case(
        "events-without-thread-id",
        EVENT.format("agent_started"),
        r"agent_started arrived, but thread_id is missing",
    ),
    Case(
        "events-without-user-id",
        EVENT.format("agent_started"),
        r"agent_started arrived, but user_id is missing",
    ),
    Case(
        "events-without-timestamp",
        EVENT.format("agent_started"),
        r"agent_started arrived, but timestamp is missing",
    ),
    Case("answer-ignores-tools", TOOLS, r"the answer lacks"),
    Case("only-first-tool-used", TOOLS, r"used: 1 tool"),
    Case("tool-results-swapped", TOOLS, r"one and the same result"),
    Case("failure-shows-internals", FAILED, r"agent_failed shows something internal"),
    Case("failure-shows-source-lines", FAILED, r"agent_failed shows something internal"),
    Case("failure-never-sent", FAILED, r"the run never ended"),
    Case("failure-reported-as-success", FAILED, r"the run ended in agent_completed"),
    Case("unsuccessful-ends-to-everyone", FAILED, r"received the (run|user) id of Alice"),
    Case("silence-after-failure", FAILED, r"no event of the run arrived"),
)
