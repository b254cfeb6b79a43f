"""Defects in the events of a run: missing, incomplete, out of order, too many."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Any

from support.reference.agent import AFTER_THINKING, Agent, Event
from support.reference.defects.catalogue import defect
from support.reference.messages import Rejected
from support.reference.plan import Call, Plan, plan
from support.reference.runs import Runs
from support.reference.store import Run
from support.reference.streams import Streams

REQUIRED = {
    "agent_started": "request",
    "agent_thinking": "text",
    "tool_executing": "arguments",
    "tool_completed": "result",
    "agent_completed": "response",
}
Data = dict[str, Any]


def _never_sent(missing: str) -> type[Agent]:
    class NeverSent(Agent):
        def publish(self, run: Run, type_: str, data: Data) -> None:
            if type_ != missing:
                super().publish(run, type_, data)

    return NeverSent


def _missing_field(incomplete: str, name: str) -> type[Agent]:
    class MissingField(Agent):
        def publish(self, run: Run, type_: str, data: Data) -> None:
            if type_ == incomplete:
                data = {key: value for key, value in data.items() if key != name}
            super().publish(run, type_, data)

    return MissingField


for _type, _field in REQUIRED.items():
    _kebab = _type.replace("_", "-")
    defect(f"{_kebab}-never-sent", "A1", "A2", summary=f"The event {_type} is never sent")(
        _never_sent(_type)
    )
    defect(
        f"{_kebab}-missing-field", "A1", summary=f"The event {_type} comes without its {_field}"
    )(_missing_field(_type, _field))


@defect("thinking-after-tool", "A2")
class ThinkingAfterTool(Agent):
    """The agent's thought arrives after the first tool has completed"""

    def publish(self, run: Run, type_: str, data: Data) -> None:
        if type_ == "agent_thinking":
            return
        super().publish(run, type_, data)
        if type_ == "tool_completed" and len(run.results) == 1:
            super().publish(run, *self.thinking(run))


@defect("tool-completed-before-executing", "A2")
class ToolCompletedBeforeExecuting(Agent):
    """A tool is reported completed before it is reported executing"""

    @cached_property
    def late(self) -> dict[str, Event]:
        """What each run holds back."""
        return {}

    def publish(self, run: Run, type_: str, data: Data) -> None:
        if type_ == "tool_executing":
            self.late[run.run_id] = (type_, data)
            return
        super().publish(run, type_, data)
        if type_ == "tool_completed":
            super().publish(run, *self.late.pop(run.run_id))


@defect("agent-started-twice", "A2")
class StartedTwice(Agent):
    """Every run is reported started twice"""

    def publish(self, run: Run, type_: str, data: Data) -> None:
        super().publish(run, type_, data)
        if type_ == "agent_started":
            super().publish(run, type_, data)


@defect("tool-completed-twice", "A2", "A3")
class ToolCompletedTwice(Agent):
    """Every tool call is reported completed twice"""

    def publish(self, run: Run, type_: str, data: Data) -> None:
        super().publish(run, type_, data)
        if type_ == "tool_completed":
            super().publish(run, type_, data)


@defect("agent-completed-twice", "A2")
class CompletedTwice(Agent):
    """Every run is reported completed twice"""

    def publish(self, run: Run, type_: str, data: Data) -> None:
        super().publish(run, type_, data)
        if type_ == "agent_completed":
            super().publish(run, type_, data)


@defect("event-after-completion", "A2")
class EventAfterCompletion(Agent):
    """The agent goes on thinking after it has reported its run completed"""

    def publish(self, run: Run, type_: str, data: Data) -> None:
        super().publish(run, type_, data)
        if type_ == "agent_completed":
            super().publish(run, *self.thinking(run))


@defect("tool-completed-by-another-call", "A2", "A3")
class CompletedByAnotherCall(Agent):
    """A tool's completion carries the id of a call that was never made"""

    def result(self, run: Run, call: Call, result: str, ok: bool, duration_ms: float) -> Event:
        type_, data = super().result(run, call, result, ok, duration_ms)
        return type_, {**data, "call_id": f"{data['call_id']}0"}


@defect("tool-results-swapped", "A3")
class ResultsSwapped(Agent):
    """With several tools in a run, each call carries the result of the one before"""

    def result(self, run: Run, call: Call, result: str, ok: bool, duration_ms: float) -> Event:
        earlier = run.results[-2] if len(run.results) > 1 else result
        return super().result(run, call, earlier, ok, duration_ms)


@defect("tool-results-of-other-runs", "A3", "A5")
class ResultsOfOtherRuns(Agent):
    """A tool is reported completed with the result of the user's last call in another run"""

    @cached_property
    def last(self) -> dict[str, tuple[str, str]]:
        """User → run and result of their last call."""
        return {}

    def result(self, run: Run, call: Call, result: str, ok: bool, duration_ms: float) -> Event:
        run_id, other = self.last.get(run.user_id, (run.run_id, result))
        self.last[run.user_id] = run.run_id, result
        told = result if run_id == run.run_id else other
        return super().result(run, call, told, ok, duration_ms)


@defect("request-of-another-run", "A5")
class RequestOfAnotherRun(Agent):
    """A run is reported started with the request of the one that its user has started before"""

    @cached_property
    def last(self) -> dict[str, str]:
        """User → their last request."""
        return {}

    def started(self, run: Run) -> Event:
        type_, data = super().started(run)
        request = self.last.get(run.user_id, run.content)
        self.last[run.user_id] = run.content
        return type_, {**data, "request": request}


@defect("answer-ignores-tools", "A3", "A7")
class AnswerIgnoresTools(Agent):
    """The answer makes no use of what the tools found"""

    def answer(self, run: Run, intent: Plan) -> str:
        return "I have taken care of it."


@defect("only-first-tool-used", "A3")
class OnlyFirstToolUsed(Agent):
    """Of several tools that a message asks for only the first is used"""

    def plan(self, run: Run) -> Plan:
        whole = super().plan(run)
        return Plan(whole.wait_ms, whole.failure, whole.calls[:1], whole.plain)


@defect("failure-shows-internals", "A4")
class FailureShowsInternals(Agent):
    """A failure tells the user a stack trace and a database password"""

    def failure(self, code: str, message: str) -> Event:
        trace = 'Traceback (most recent call last):\n  File "/srv/agent/run.py", line 7, in perform'
        return super().failure(
            code, f"{trace}\nOperationalError: password=hunter2 host=db.internal"
        )


@defect("failure-shows-source-lines", "A4")
class FailureShowsSourceLines(Agent):
    """A failure tells the user where in the source code it arose, in the words of .NET"""

    def failure(self, code: str, message: str) -> Event:
        trace = "   at Chat.Tools.Run(String call) in C:\\build\\Chat\\Tools.cs:line 42"
        return super().failure(code, f"{message}\n{trace}")


@defect("failure-never-sent", "A4")
class FailureNeverSent(Agent):
    """A run that fails ends in silence"""

    def publish(self, run: Run, type_: str, data: Data) -> None:
        if type_ != "agent_failed":
            super().publish(run, type_, data)


@defect("failure-reported-as-success", "A4")
class FailureReportedAsSuccess(Agent):
    """A run that fails is reported completed"""

    def failure(self, code: str, message: str) -> Event:
        return "agent_completed", {"response": "", "status": "succeeded", "duration_ms": 1.0}


@defect("silence-after-failure", "A4")
class SilenceAfterFailure(Runs):
    """After a run has failed, the user's next requests are accepted and never worked on"""

    @cached_property
    def failed(self) -> set[str]:
        """The users who have seen a failure."""
        return set()

    def start(self, run: Run) -> None:
        if run.user_id not in self.failed:
            super().start(run)
        if plan(run.content).failure is not None:
            self.failed.add(run.user_id)


@defect("cancel-ignored", "A5")
class CancelIgnored(Runs):
    """A cancelled run goes on as if nothing had been asked"""

    def cancel(self, user_id: str, run_id: str) -> None:
        return


@defect("cancel-blocks-user", "A5")
class CancelBlocksUser(Runs):
    """A user who has cancelled a run is never answered again"""

    @cached_property
    def blocked(self) -> set[str]:
        return set()

    def cancel(self, user_id: str, run_id: str) -> None:
        super().cancel(user_id, run_id)
        self.blocked.add(user_id)

    def start(self, run: Run) -> None:
        if run.user_id not in self.blocked:
            super().start(run)


@defect("cancelled-end-blocks-user", "A5")
class CancelledEndBlocksUser(CancelBlocksUser):
    """A cancelled run ends a moment later, and from then on its user is never answered again"""

    def cancel(self, user_id: str, run_id: str) -> None:
        run = self.find(user_id, run_id)
        if run is None or run.finished:
            raise Rejected("not_found", "There is no such run.")
        self.tasks[run_id].cancel()
        asyncio.get_running_loop().call_later(0.1, super().cancel, user_id, run_id)


@defect("cancel-in-tool-blocks-user", "A5")
class CancelInToolBlocksUser(CancelBlocksUser):
    """Tools take a while, and a user who cancels a run meanwhile is never answered again"""

    def start(self, run: Run) -> None:
        self.agent.step_s = 0.1
        super().start(run)

    def cancel(self, user_id: str, run_id: str) -> None:
        run = self.find(user_id, run_id)
        in_tool = run is not None and run.step > AFTER_THINKING and run.step % 2 == 1
        Runs.cancel(self, user_id, run_id)
        if in_tool:
            self.blocked.add(user_id)


@defect("cancel-ends-all", "A5")
class CancelEndsAll(Runs):
    """Cancelling one run ends all of the user's runs"""

    def cancel(self, user_id: str, run_id: str) -> None:
        for other in [run_id, *(self.of(user_id) - {run_id})]:
            super().cancel(user_id, other)


@defect("late-cancellation-unanswered", "A5")
class LateCancellationUnanswered(Runs):
    """A user who cancels a run of their own that has ended is told nothing"""

    @cached_property
    def ended(self) -> set[tuple[str, str]]:
        """The runs that have ended, each with its user."""
        return set()

    def forget(self, run: Run) -> None:
        super().forget(run)
        self.ended.add((run.user_id, run.run_id))

    def cancel(self, user_id: str, run_id: str) -> None:
        if (user_id, run_id) not in self.ended:
            super().cancel(user_id, run_id)


@defect("duration-in-seconds", "A1")
class DurationInSeconds(Agent):
    """The duration of a run is told in seconds, where milliseconds are promised"""

    def end(self, run: Run, response: str, status: str) -> Event:
        type_, data = super().end(run, response, status)
        return type_, {**data, "duration_ms": data["duration_ms"] / 1000}


@defect("duration-below-zero", "A1")
class DurationBelowZero(Agent):
    """The duration of a tool call is the negative of what it took"""

    def result(self, run: Run, call: Call, result: str, ok: bool, duration_ms: float) -> Event:
        return super().result(run, call, result, ok, -1.0 - duration_ms)


@defect("ended-runs-end-again", "A2", "A5")
class EndedRunsEndAgain(Runs):
    """Cancelling a run that has ended already is reported as its end once more"""

    @cached_property
    def ended(self) -> dict[tuple[str, str], Run]:
        """The runs that are over, by user and run id."""
        return {}

    def forget(self, run: Run) -> None:
        super().forget(run)
        self.ended[run.user_id, run.run_id] = run

    def cancel(self, user_id: str, run_id: str) -> None:
        run = self.ended.get((user_id, run_id))
        if run is None or not run.finished:
            return super().cancel(user_id, run_id)
        self.agent.emit(run, *self.agent.end(run, "The run was cancelled.", "cancelled"))


@defect("events-without-thread-id", "A1")
class WithoutThreadId(Streams):
    """Events do not say which conversation they belong to"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        del event["thread_id"]
        return event


@defect("events-without-user-id", "A1", "E9")
class WithoutUserId(Streams):
    """Events do not say whose they are"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        del event["user_id"]
        return event


@defect("events-without-timestamp", "A1", "K1")
class WithoutTimestamp(Streams):
    """Events do not say when they happened"""

    def compose(self, run: Run, type_: str, data: Data, event_id: int, epoch: str) -> Data:
        event = super().compose(run, type_, data, event_id, epoch)
        del event["timestamp"]
        return event
