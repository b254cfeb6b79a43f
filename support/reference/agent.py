"""The deterministic agent: turns a run into events, step by step, and can be stopped anywhere.

A run's ``step`` counts the events it has emitted; it is stored with them, so that after a restart
the agent goes on exactly where the stored story ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from support.reference.plan import Call, Plan, plan
from support.reference.store import Run
from support.reference.streams import Streams
from support.reference.tools import Toolbox, ToolError

Event = tuple[str, dict[str, Any]]
AFTER_THINKING = 2


class Agent:
    """Performs runs. All its events go through ``emit``."""

    name = "reference-agent"

    def __init__(self, streams: Streams, toolbox: Toolbox, step_s: float) -> None:
        self.streams = streams
        self.toolbox = toolbox
        self.step_s = step_s

    async def perform(self, run: Run) -> None:
        """Carry ``run`` on from its current step to its end. Safe to cancel between events."""
        intent = self.plan(run)
        for number, step in enumerate(self.steps(run, intent)):
            if number < run.step:
                continue
            await self.pace(run, intent)
            self.emit(run, *step())

    def plan(self, run: Run) -> Plan:
        """Return what is to be done about the run's message."""
        return plan(run.content)

    def steps(self, run: Run, intent: Plan) -> list[Callable[[], Event]]:
        """Return the events of the run, in order, each to be made when its time has come."""
        steps: list[Callable[[], Event]] = [
            partial(self.started, run),
            partial(self.thinking, run),
        ]
        for call in intent.calls:
            steps += [partial(self.executing, run, call), partial(self.completed, run, call)]
        return [*steps, partial(self.ended, run, intent)]

    async def pace(self, run: Run, intent: Plan) -> None:
        """Wait as long as is due before the run's next event."""
        if run.step == AFTER_THINKING and intent.wait_ms:
            await asyncio.sleep(max(0.0, run.accepted_at + intent.wait_ms / 1000 - time.time()))
        elif run.step >= AFTER_THINKING:
            await asyncio.sleep(self.step_s)

    def emit(self, run: Run, type_: str, data: dict[str, Any]) -> None:
        """Publish the run's next event and note how far the run has come."""
        self.publish(run, type_, data)
        run.step += 1
        run.finished = type_ in ("agent_completed", "agent_failed")

    def publish(self, run: Run, type_: str, data: dict[str, Any]) -> None:
        """Append an event to the stream of the run's user."""
        self.streams.publish(run, type_, data)

    def cancel(self, run: Run) -> None:
        """Publish what is missing for an orderly end, with the status ``cancelled``."""
        intent = self.plan(run)
        while run.step < AFTER_THINKING:
            self.emit(run, *self.steps(run, intent)[run.step]())
        calls_done, call_open = divmod(run.step - AFTER_THINKING, 2)
        if call_open:
            self.emit(run, *self.result(run, intent.calls[calls_done], "cancelled", False, 0.0))
        self.emit(run, *self.end(run, "The run was cancelled.", "cancelled"))

    def interrupt(self, run: Run) -> None:
        """End a run that cannot go on."""
        self.emit(run, *self.failure("interrupted", "The run was interrupted."))

    def started(self, run: Run) -> Event:
        """Return the first event of a run."""
        return "agent_started", {"agent": self.name, "request": run.content}

    def thinking(self, run: Run) -> Event:
        """Return the agent's one thought."""
        return "agent_thinking", {"text": "Working out what to do.", "step": 1}

    def executing(self, run: Run, call: Call) -> Event:
        """Return the announcement of a tool call."""
        return "tool_executing", {
            "tool": call.tool,
            "call_id": self.call_id(run, call),
            "arguments": call.arguments,
        }

    def completed(self, run: Run, call: Call) -> Event:
        """Use the tool and return its outcome."""
        began = time.perf_counter()
        try:
            result = self.toolbox.use(
                run.user_id, call.tool, self.call_id(run, call), call.arguments
            )
            ok = True
        except ToolError as error:
            result, ok = str(error), False
        run.results.append(result)
        return self.result(run, call, result, ok, (time.perf_counter() - began) * 1000)

    def ended(self, run: Run, intent: Plan) -> Event:
        """Return the last event of a run that was not cancelled."""
        if intent.failure is not None:
            return self.failure(intent.failure, "The request could not be completed.")
        return self.end(run, self.answer(run, intent), "succeeded")

    def answer(self, run: Run, intent: Plan) -> str:
        """Return the text for the user, made of the results of the tools."""
        if intent.plain:
            return f'You said: "{run.content}". I looked that up. {run.results[0]}'
        return " ".join(map(self.sentence, intent.calls, run.results))

    def sentence(self, call: Call, result: str) -> str:
        """Return what the answer says about one tool call."""
        if call.tool == "calculator":
            return f"{call.arguments['expression']} = {result}."
        if call.tool == "knowledge_search":
            return f"I found: {result}"
        if call.arguments["action"] == "remember":
            return f"{result} I will remember: {call.arguments['note']}."
        return f"You asked me to remember: {result}."

    def result(self, run: Run, call: Call, result: str, ok: bool, duration_ms: float) -> Event:
        """Return the outcome of a tool call."""
        return "tool_completed", {
            "tool": call.tool,
            "call_id": self.call_id(run, call),
            "result": result,
            "ok": ok,
            "duration_ms": round(duration_ms, 3),
        }

    def end(self, run: Run, response: str, status: str) -> Event:
        """Return a completion. Its duration counts from acceptance, restarts included."""
        duration_ms = max(0.0, (time.time() - run.accepted_at) * 1000)
        return "agent_completed", {
            "response": response,
            "status": status,
            "duration_ms": round(duration_ms, 3),
        }

    def failure(self, code: str, message: str) -> Event:
        """Return a failure that tells nothing internal."""
        return "agent_failed", {"code": code, "message": message}

    def call_id(self, run: Run, call: Call) -> str:
        """Return the id of a tool call, the same after a restart."""
        return f"{run.run_id}.{call.number + 1}"
